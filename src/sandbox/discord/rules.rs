//! What Discord refuses in messages, with its own codes, and what in a message is live. Pure functions only.

use std::ops::RangeInclusive;

use serde_json::{Value, json};

use super::super::judge::{Judge, Objection, list, string};
use super::components;

const MAX_CONTENT: usize = 2_000;
const MAX_EMBEDS: usize = 10;
const MAX_EMBED_SUM: usize = 6_000;
const MAX_NONCE: usize = 25;

/// Everything that Discord refuses in the body of a new or edited message.
#[must_use]
pub fn objections(message: &Value) -> Vec<String> {
    message_objections(message).iter().map(sentence).collect()
}

/// Everything that Discord refuses in a modal (the `data` of an answer of type 9).
#[must_use]
pub fn modal_objections(modal: &Value) -> Vec<String> {
    components::modal_objections(modal).iter().map(sentence).collect()
}

/// Mentions that a reader would find live in content and embeds, outside code.
#[must_use]
pub fn live_mentions(message: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for text in markdown(message) {
        let text = without_code(text);
        let inside = text.split('<').skip(1).filter_map(|rest| rest.split_once('>')).map(|(inside, _)| inside);
        let mentions = inside.filter(|inside| {
            let digits = inside.trim_start_matches(['@', '#', '!', '&']);
            inside.starts_with(['@', '#']) && !digits.is_empty() && digits.bytes().all(|b| b.is_ascii_digit())
        });
        found.extend(mentions.map(|inside| format!("<{inside}>")));
        found.extend(["@everyone", "@here"].iter().filter(|broadcast| text.contains(**broadcast)).map(|b| (*b).to_owned()));
    }
    found
}

/// Addresses that a reader could click: bare ones, masked links, titles and link buttons.
#[must_use]
pub fn live_links(message: &Value) -> Vec<String> {
    let mut found = Vec::new();
    for text in markdown(message) {
        let text = without_code(text);
        for scheme in ["https://", "http://"] {
            let starts = text.match_indices(scheme).map(|(at, _)| &text[at..]);
            found.extend(starts.map(|rest| {
                rest.split(|c: char| c.is_whitespace() || matches!(c, ')' | '>' | '<' | '"')).next().unwrap_or_default().to_owned()
            }));
        }
    }
    found.extend(list(message, "embeds").iter().map(|embed| string(embed, "url")).filter(|url| !url.is_empty()).map(str::to_owned));
    let buttons = super::super::judge::objects(message.get("components").unwrap_or(&Value::Null));
    found.extend(buttons.into_iter().map(|node| string(node, "url")).filter(|url| !url.is_empty()).map(str::to_owned));
    found
}

/// Whom a new message really makes ring: what its content mentions and `allowed_mentions` allows.
pub(super) fn pinged(message: &Value) -> Vec<String> {
    let content = json!({"content": message.get("content").cloned().unwrap_or_default()});
    let rule = message.get("allowed_mentions");
    let parses = |kind: &str| rule.is_none_or(|rule| list(rule, "parse").iter().any(|k| k == kind));
    let named = |id: &str| rule.is_some_and(|rule| list(rule, "users").iter().chain(list(rule, "roles")).any(|u| u.as_str() == Some(id)));
    let rings = |mention: &String| {
        let id = mention.trim_matches(|c: char| !c.is_ascii_digit());
        match mention.as_str() {
            m if m.starts_with("<#") => false,
            "@everyone" | "@here" => parses("everyone"),
            m if m.starts_with("<@&") => parses("roles") || named(id),
            _ => parses("users") || named(id),
        }
    };
    live_mentions(&content).into_iter().filter(rings).collect()
}

pub(super) fn sentence(objection: &Objection) -> String {
    if objection.path.is_empty() {
        return format!("{} ({})", objection.message, objection.code);
    }
    format!("{}: {} ({})", objection.path.join("."), objection.message, objection.code)
}

/// The body of a 400 with code 50035.
pub(super) fn refusal(objections: &[Objection]) -> Value {
    let mut errors = json!({});
    for objection in objections {
        let place = objection.path.iter().fold(&mut errors, |node, key| {
            if !node[key].is_object() {
                node[key] = json!({});
            }
            &mut node[key]
        });
        let error = json!({"code": objection.code, "message": objection.message});
        match place["_errors"].as_array_mut() {
            Some(list) => list.push(error),
            None => place["_errors"] = json!([error]),
        }
    }
    json!({"message": "Invalid Form Body", "code": 50035, "errors": errors})
}

pub(super) fn message_objections(message: &Value) -> Vec<Objection> {
    let mut judge = Judge::default();
    let j = &mut judge;
    length(j, message, "content", 0..=MAX_CONTENT, false);
    for key in ["embeds", "components"] {
        if message.get(key).is_some_and(|value| !value.is_array() && !value.is_null()) {
            j.at(key, |j| j.object("LIST_TYPE_CONVERT", "Only iterables may be used in a ListType"));
        }
    }
    if list(message, "embeds").len() > MAX_EMBEDS {
        j.at("embeds", |j| j.object("BASE_TYPE_MAX_LENGTH", format!("Must be {MAX_EMBEDS} or fewer in length.")));
    }
    j.each(message, "embeds", embed);
    let sum: usize = list(message, "embeds").iter().map(embed_size).sum();
    if sum > MAX_EMBED_SUM {
        j.at("embeds", |j| j.object("MAX_EMBED_SIZE_EXCEEDED", format!("Embed size exceeds maximum size of {MAX_EMBED_SUM}")));
    }
    components::rows(j, message);
    nonce(j, message);
    allowed_mentions(j, message);
    judge.found
}

/// The text at `key` has so many characters, counted as Discord does: without white space around it.
pub(super) fn length(judge: &mut Judge, parent: &Value, key: &str, range: RangeInclusive<usize>, required: bool) {
    let count = match parent.get(key) {
        None | Some(Value::Null) if required => {
            judge.at(key, |j| j.object("BASE_TYPE_REQUIRED", "This field is required"));
            return;
        }
        None | Some(Value::Null) => return,
        Some(Value::String(text)) => text.trim().chars().count(),
        Some(_) => {
            judge.at(key, |j| j.object("STRING_TYPE_CONVERT", "Could not interpret value as string."));
            return;
        }
    };
    let (least, most) = (range.start(), range.end());
    match count {
        0 if *least > 0 => judge.at(key, |j| j.object("BASE_TYPE_REQUIRED", "This field is required")),
        n if n > *most && *least > 0 => {
            judge.at(key, |j| j.object("BASE_TYPE_BAD_LENGTH", format!("Must be between {least} and {most} in length.")));
        }
        n if n > *most => judge.at(key, |j| j.object("BASE_TYPE_MAX_LENGTH", format!("Must be {most} or fewer in length."))),
        _ => {}
    }
}

fn embed(j: &mut Judge, embed: &Value) {
    if !embed.is_object() {
        j.object("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType");
    }
    length(j, embed, "title", 0..=256, false);
    length(j, embed, "description", 0..=4_096, false);
    web_address(j, embed, "url");
    if list(embed, "fields").len() > 25 {
        j.at("fields", |j| j.object("BASE_TYPE_MAX_LENGTH", "Must be 25 or fewer in length."));
    }
    j.each(embed, "fields", |j, field| {
        length(j, field, "name", 1..=256, true);
        length(j, field, "value", 1..=1_024, true);
    });
    if let Some(footer) = embed.get("footer").filter(|footer| !footer.is_null()) {
        j.at("footer", |j| length(j, footer, "text", 0..=2_048, true));
    }
    if let Some(author) = embed.get("author").filter(|author| !author.is_null()) {
        j.at("author", |j| length(j, author, "name", 0..=256, true));
    }
    if embed.get("color").is_some_and(|color| !color.is_null() && color.as_u64().is_none_or(|color| color > 0x00FF_FFFF)) {
        j.at("color", |j| j.object("NUMBER_TYPE_MAX", "int value should be less than or equal to 16777215."));
    }
    let timestamp = string(embed, "timestamp");
    if !timestamp.is_empty() && chrono::DateTime::parse_from_rfc3339(timestamp).is_err() {
        j.at("timestamp", |j| j.object("DATE_TIME_TYPE_PARSE", "Could not parse value. Should be ISO8601."));
    }
}

/// Everything that counts towards the sum of 6000.
fn embed_size(embed: &Value) -> usize {
    let inner = |key: &str, part: &str| embed.get(key).map_or("", |inner| string(inner, part)).to_owned();
    let single =
        [string(embed, "title").to_owned(), string(embed, "description").to_owned(), inner("footer", "text"), inner("author", "name")];
    let fields = list(embed, "fields").iter().flat_map(|field| [string(field, "name"), string(field, "value")]);
    let count = |text: &str| text.trim().chars().count();
    single.iter().map(|text| count(text)).sum::<usize>() + fields.map(count).sum::<usize>()
}

pub(super) fn web_address(j: &mut Judge, parent: &Value, key: &str) {
    let address = string(parent, key);
    let scheme = ["https://", "http://", "discord://", "attachment://"].iter().any(|scheme| address.starts_with(scheme));
    if !address.is_empty() && !scheme {
        j.at(key, |j| j.object("URL_TYPE_INVALID_SCHEME", "Scheme must be one of ('http', 'https')."));
    }
    length(j, parent, key, 0..=2_048, false);
}

fn nonce(j: &mut Judge, message: &Value) {
    match message.get("nonce") {
        Some(Value::String(text)) if text.chars().count() > MAX_NONCE => {
            j.at("nonce", |j| j.object("NONCE_TYPE_TOO_LONG", format!("Nonces must be {MAX_NONCE} or fewer in length.")));
        }
        Some(Value::Bool(_) | Value::Array(_) | Value::Object(_)) => {
            j.at("nonce", |j| j.object("NONCE_TYPE_INVALID", "Must be a string or an integer."));
        }
        _ => {}
    }
    if message.get("enforce_nonce") == Some(&Value::Bool(true)) && message.get("nonce").is_none_or(Value::is_null) {
        j.at("nonce", |j| j.object("BASE_TYPE_REQUIRED", "This field is required"));
    }
}

fn allowed_mentions(j: &mut Judge, message: &Value) {
    let Some(rule) = message.get("allowed_mentions").filter(|rule| !rule.is_null()) else { return };
    j.at("allowed_mentions", |j| {
        if !rule.is_object() {
            j.object("MODEL_TYPE_CONVERT", "Only dictionaries may be used in a ModelType");
        }
        j.each(rule, "parse", |j, kind| {
            if !matches!(kind.as_str(), Some("users" | "roles" | "everyone")) {
                j.object("BASE_TYPE_CHOICES", "Value must be one of ('everyone', 'users', 'roles').");
            }
        });
        for key in ["users", "roles"] {
            let (named, parsed) = (list(rule, key), list(rule, "parse").iter().any(|kind| kind == key));
            if named.len() > 100 {
                j.at(key, |j| j.object("BASE_TYPE_MAX_LENGTH", "Must be 100 or fewer in length."));
            }
            if parsed && !named.is_empty() {
                j.object(
                    "MESSAGE_ALLOWED_MENTIONS_PARSE_EXCLUSIVE",
                    format!("parse:[\"{key}\"] and {key}: [ids...] are mutually exclusive."),
                );
            }
        }
    });
}

/// Every text in which Discord reads Markdown with mentions and links.
fn markdown(message: &Value) -> Vec<&str> {
    let embeds = list(message, "embeds").iter().flat_map(|embed| {
        let values = list(embed, "fields").iter().map(|field| string(field, "value"));
        std::iter::once(string(embed, "description")).chain(values)
    });
    let displays = super::super::judge::objects(message.get("components").unwrap_or(&Value::Null));
    let displays = displays.into_iter().filter(|node| node["type"] == 10).map(|node| string(node, "content"));
    std::iter::once(string(message, "content")).chain(embeds).chain(displays).filter(|text| !text.is_empty()).collect()
}

/// The text without code blocks and inline code, in which nothing is live.
fn without_code(text: &str) -> String {
    let outside_blocks: String = text.split("```").step_by(2).collect::<Vec<_>>().join(" ");
    outside_blocks.split('`').step_by(2).collect::<Vec<_>>().join(" ")
}
