//! Finds things in messages and forms by their visible words, as a person does, on both platforms. It changes nothing.

use serde_json::Value;

use super::judge::{list, objects, string};
use super::settings::Platform;

/// Something that can be pressed, chosen or filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Control {
    /// The words that say what it is: its label, else its placeholder.
    pub label: String,
    /// How it is used.
    pub kind: ControlKind,
    /// `action_id` or `custom_id`.
    pub id: String,
    /// Slack's `block_id`; empty on Discord.
    pub block: String,
    /// Words and value of each option.
    pub options: Vec<(String, String)>,
    /// Whether a form can be sent without it.
    pub optional: bool,
    /// The element itself.
    pub node: Value,
}

/// How a control is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ControlKind {
    /// Pressed.
    Button,
    /// One of some options.
    Choice,
    /// Any of some options.
    Choices,
    /// A person.
    Person,
    /// A channel.
    Channel,
    /// Typed.
    Text,
    /// `2026-11-25`.
    Date,
    /// `10:30`.
    Time,
    /// Seconds since 1970.
    DateTime,
}

impl Control {
    /// The option with these words, or this very value.
    pub(super) fn option(&self, wanted: &str) -> Result<(String, String), String> {
        let exact = self.options.iter().find(|(words, value)| value == wanted || same(words, wanted));
        let near = || self.options.iter().find(|(words, _)| contains(words, wanted));
        exact.or_else(near).cloned().ok_or_else(|| {
            let there: Vec<_> = self.options.iter().map(|(words, _)| words.as_str()).collect();
            format!("no option {wanted:?} in {:?}; there are {there:?}", self.label)
        })
    }
}

/// The control with these visible words, or this very id (`block_id/action_id` or `custom_id`).
pub(super) fn find(controls: &[Control], wanted: &str, kinds: &[ControlKind]) -> Result<Control, String> {
    let fitting = || controls.iter().filter(|c| kinds.is_empty() || kinds.contains(&c.kind));
    let full = |c: &Control| format!("{}/{}", c.block, c.id) == wanted;
    fitting()
        .find(|c| full(c))
        .or_else(|| fitting().find(|c| c.id == wanted))
        .or_else(|| fitting().find(|c| same(&c.label, wanted)))
        .or_else(|| fitting().find(|c| contains(&c.label, wanted)))
        .cloned()
        .ok_or_else(|| {
            let there: Vec<_> = controls.iter().map(|c| c.label.as_str()).collect();
            format!("there is no {wanted:?} here; there are {there:?}")
        })
}

/// Everything that can be used in a message, view or modal, in order.
pub(super) fn controls(platform: Platform, root: &Value) -> Vec<Control> {
    match platform {
        Platform::Slack => slack(root),
        Platform::Discord => {
            let mut found = Vec::new();
            discord(list(root, "components"), &Value::Null, &mut found);
            found
        }
    }
}

/// Every text of a message, view or modal, one a line, in the order of reading.
pub(super) fn text(root: &Value) -> String {
    const ORDER: [&str; 21] = [
        "content",
        "title",
        "pretext",
        "text",
        "author",
        "description",
        "label",
        "hint",
        "name",
        "value",
        "fields",
        "blocks",
        "attachments",
        "embeds",
        "accessory",
        "elements",
        "element",
        "placeholder",
        "components",
        "component",
        "options",
    ];
    fn collect(value: &Value, lines: &mut Vec<String>) {
        match value {
            Value::String(text) if !text.is_empty() => lines.push(text.clone()),
            Value::Array(items) => items.iter().for_each(|item| collect(item, lines)),
            Value::Object(map) => {
                let labelled = map.contains_key("text") || map.contains_key("label");
                let shown = ORDER.iter().filter(|key| !(labelled && matches!(**key, "value" | "name")));
                shown.filter_map(|key| map.get(*key)).for_each(|child| collect(child, lines));
                map.get("footer").into_iter().for_each(|child| collect(child, lines));
            }
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let mut lines = Vec::new();
    collect(root, &mut lines);
    lines.join("\n")
}

fn slack(root: &Value) -> Vec<Control> {
    let nested = list(root, "attachments").iter().flat_map(|attachment| list(attachment, "blocks"));
    let blocks = list(root, "blocks").iter().chain(nested);
    blocks.flat_map(|block| objects(block).into_iter().filter_map(|node| slack_control(block, node))).collect()
}

fn slack_control(block: &Value, node: &Value) -> Option<Control> {
    let kind = match string(node, "type") {
        "button" => ControlKind::Button,
        "static_select" | "overflow" | "radio_buttons" => ControlKind::Choice,
        "checkboxes" | "multi_static_select" => ControlKind::Choices,
        "users_select" | "multi_users_select" => ControlKind::Person,
        "channels_select" | "conversations_select" => ControlKind::Channel,
        "plain_text_input" | "email_text_input" | "url_text_input" | "number_input" => ControlKind::Text,
        "datepicker" => ControlKind::Date,
        "timepicker" => ControlKind::Time,
        "datetimepicker" => ControlKind::DateTime,
        _ => return None,
    };
    let words = |parent: &Value, key: &str| parent.get(key).map_or("", |text| string(text, "text")).to_owned();
    let labels = [words(block, "label"), words(node, "text"), words(node, "placeholder"), words(block, "text")];
    let grouped = list(node, "option_groups").iter().flat_map(|group| list(group, "options"));
    let options = list(node, "options").iter().chain(grouped);
    Some(Control {
        label: labels.into_iter().find(|label| !label.is_empty()).unwrap_or_default(),
        kind,
        id: string(node, "action_id").to_owned(),
        block: string(block, "block_id").to_owned(),
        options: options.map(|option| (words(option, "text"), string(option, "value").to_owned())).collect(),
        optional: string(block, "type") != "input" || block.get("optional") == Some(&Value::Bool(true)),
        node: node.clone(),
    })
}

fn discord(components: &[Value], label: &Value, found: &mut Vec<Control>) {
    for node in components {
        let kind = match node.get("type").and_then(Value::as_u64) {
            Some(2) => Some(ControlKind::Button),
            Some(3) => {
                Some(if node.get("max_values").and_then(Value::as_u64) > Some(1) { ControlKind::Choices } else { ControlKind::Choice })
            }
            Some(4) => Some(ControlKind::Text),
            Some(5 | 7) => Some(ControlKind::Person),
            Some(8) => Some(ControlKind::Channel),
            Some(21) => Some(ControlKind::Choice),
            Some(22 | 23) => Some(ControlKind::Choices),
            _ => None,
        };
        if let Some(kind) = kind {
            let labels = [string(label, "label"), string(node, "label"), string(node, "placeholder")];
            let options = list(node, "options").iter();
            found.push(Control {
                label: labels.into_iter().find(|words| !words.is_empty()).unwrap_or_default().to_owned(),
                kind,
                id: string(node, "custom_id").to_owned(),
                block: String::new(),
                options: options.map(|o| (string(o, "label").to_owned(), string(o, "value").to_owned())).collect(),
                optional: node.get("required") == Some(&Value::Bool(false)),
                node: node.clone(),
            });
        }
        discord(list(node, "components"), label, found);
        if let Some(inner) = node.get("component") {
            discord(std::slice::from_ref(inner), node, found);
        }
        if let Some(inner) = node.get("accessory") {
            discord(std::slice::from_ref(inner), label, found);
        }
    }
}

fn same(left: &str, right: &str) -> bool {
    left.trim().to_lowercase() == right.trim().to_lowercase()
}

fn contains(words: &str, wanted: &str) -> bool {
    !wanted.trim().is_empty() && words.to_lowercase().contains(&wanted.trim().to_lowercase())
}
