//! The platforms' limits, one row for each: a good message passes, and each way to break it is named.

use serde_json::{Value, json};

use super::super::{discord_rules, slack_rules};
use super::world::{discord_rows, slack_blocks};

fn long(length: usize) -> String {
    "x".repeat(length)
}

fn plain(text: &str) -> Value {
    json!({"type": "plain_text", "text": text})
}

fn section(text: &str) -> Value {
    json!({"type": "section", "text": {"type": "mrkdwn", "text": text}})
}

fn actions(elements: &Value) -> Value {
    json!({"type": "actions", "elements": elements})
}

#[test]
fn slack_takes_what_is_just_short_enough() {
    let blocks = json!([
        {"type": "header", "text": plain(&long(150))},
        {"type": "section", "text": plain(&long(3_000)), "fields": vec![plain("x"); 10]},
        {"type": "context", "elements": vec![plain("x"); 10]},
        actions(&json!([{"type": "button", "action_id": long(255), "value": long(2_000), "text": plain(&long(75)), "style": "danger"}])),
        {"type": "divider"},
    ]);
    for message in [
        json!({"text": long(4_000)}),
        json!({"text": "x", "blocks": blocks}),
        json!({"text": "x", "blocks": slack_blocks()}),
        json!({"text": "x", "metadata": {"event_type": "a", "event_payload": {"key": "k"}}}),
        json!({"text": "x", "attachments": [{"color": "#daa038", "blocks": slack_blocks()}]}),
    ] {
        assert_eq!(slack_rules::objections(&message), [""; 0], "{message}");
    }
}

#[test]
fn slack_names_what_is_wrong_with_a_message() {
    for (message, said) in [
        (json!({}), "no_text"),
        (json!({"text": long(4_001)}), "msg_too_long"),
        (json!({"text": "x", "blocks": vec![section("x"); 51]}), "no more than 50 items"),
        (json!({"text": "x", "blocks": vec![section(&long(2_999)); 5]}), "msg_blocks_too_long"),
        (json!({"text": "x", "blocks": {}}), "invalid_blocks_format"),
        (json!({"text": "x", "blocks": [{"type": "divider", "block_id": "a"}, {"type": "divider", "block_id": "a"}]}), "already exists"),
        (json!({"text": "x", "metadata": {"event_type": "a", "event_payload": {"n": 1}}}), "event_payload.n is not a string"),
        (json!({"text": "x", "metadata": {"event_payload": {}}}), "event_type is missing"),
    ] {
        expect(&slack_rules::objections(&message), said, &message);
    }
}

#[test]
fn slack_names_what_is_wrong_with_a_block() {
    let button = |more: Value| {
        let mut button = json!({"type": "button", "action_id": "a", "text": plain("x")});
        button.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        actions(&json!([button]))
    };
    let select = |options: Value| actions(&json!([{"type": "static_select", "action_id": "a", "options": options}]));
    for (block, said) in [
        (json!({"type": "header", "text": {"type": "mrkdwn", "text": "x"}}), "must be plain_text"),
        (json!({"type": "header", "text": plain(&long(151))}), "less than 151 characters [json-pointer:/blocks/0/text/text]"),
        (section(""), "more than 0 characters"),
        (section(" "), "must not be blank"),
        (section(&long(3_001)), "less than 3001"),
        (json!({"type": "section"}), "missing required field: text"),
        (json!({"type": "section", "fields": vec![plain("x"); 11]}), "1 to 10 items"),
        (json!({"type": "section", "fields": [plain(&long(2_001))]}), "less than 2001"),
        (json!({"type": "context", "elements": [{"type": "users_select"}]}), "unsupported type: users_select"),
        (json!({"type": "context", "elements": vec![plain("x"); 11]}), "1 to 10 items"),
        (actions(&json!(vec![json!({"type": "button", "text": plain("x")}); 26])), "1 to 25 items"),
        (
            actions(
                &json!([{"type": "button", "action_id": "a", "text": plain("x")}, {"type": "button", "action_id": "a", "text": plain("y")}]),
            ),
            "already exists in this block",
        ),
        (button(json!({"text": plain(&long(76))})), "less than 76"),
        (button(json!({"value": long(2_001)})), "less than 2001"),
        (button(json!({"url": long(3_001)})), "less than 3001"),
        (button(json!({"style": "secondary"})), "primary or danger"),
        (button(json!({"label": "x"})), "invalid additional property: label"),
        (button(json!({"confirm": {"title": plain("x")}})), "missing required field: confirm"),
        (select(json!([])), "1 to 100 items"),
        (select(json!([{"text": plain("x"), "value": long(151)}])), "less than 151"),
        (json!({"type": "marquee"}), "unsupported type: marquee"),
        (json!({"type": "divider", "block_id": long(256)}), "less than 256"),
    ] {
        expect(&slack_rules::objections(&json!({"text": "x", "blocks": [block]})), said, &block);
    }
}

#[test]
fn slack_names_what_is_wrong_with_a_view() {
    let modal = |more: Value| {
        let mut view = json!({"type": "modal", "title": plain("x"), "blocks": []});
        view.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        view
    };
    let input = json!([{"type": "input", "label": plain("x"), "element": {"type": "plain_text_input", "action_id": "a"}}]);
    assert_eq!(slack_rules::view_objections(&modal(json!({"blocks": input, "submit": plain("Save")}))), [""; 0]);
    for (view, said) in [
        (modal(json!({"title": plain(&long(25))})), "less than 25"),
        (modal(json!({"blocks": input})), "needs submit"),
        (modal(json!({"private_metadata": long(3_001)})), "less than 3001"),
        (modal(json!({"blocks": vec![section("x"); 101]})), "no more than 100 items"),
        (json!({"type": "window", "blocks": []}), "must be modal or home"),
        (json!({"type": "home"}), "missing required field: blocks"),
    ] {
        expect(&slack_rules::view_objections(&view), said, &view);
    }
}

#[test]
fn slack_finds_what_is_live() {
    let verbatim = |text: &str, verbatim: bool| json!({"blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": text, "verbatim": verbatim}}]});
    let mentions = |text, on| slack_rules::live_mentions(&verbatim(text, on));
    assert_eq!(mentions("<!channel> <@U1|sam> <#C1> <!date^1^{time}|x> <https://a.example|b>", true), ["<!channel>", "<@U1|sam>", "<#C1>"]);
    assert_eq!(mentions("&lt;!channel&gt; @everyone", true), [""; 0]);
    assert_eq!(mentions("hello @everyone!", false), ["@everyone!"]);
    let links = |text, on| slack_rules::live_links(&verbatim(text, on));
    assert_eq!(links("<https://a.example|b> https://c.example", true), ["https://a.example"]);
    assert_eq!(links("https://c.example", false), ["https://c.example"]);
    assert_eq!(
        slack_rules::live_links(&json!({"blocks": [actions(&json!([{"type": "button", "url": "https://d.example"}]))]})),
        ["https://d.example"]
    );
}

#[test]
fn discord_takes_what_is_just_short_enough() {
    let fields = vec![json!({"name": "n", "value": "v"}); 25];
    let select = json!([{"type": 1, "components": [{"type": 3, "custom_id": long(100), "options": [{"label": long(100), "value": "v"}]}]}]);
    for message in [
        json!({"content": long(2_000), "nonce": long(25), "enforce_nonce": true, "allowed_mentions": {"parse": []}}),
        json!({"embeds": [{"title": long(256), "description": long(4_096), "fields": fields, "color": 0x00FF_FFFF, "timestamp": "2026-11-23T08:00:00.000Z"}]}),
        json!({"content": "x", "components": discord_rows()}),
        json!({"content": "x", "components": select}),
    ] {
        assert_eq!(discord_rules::objections(&message), [""; 0], "{message}");
    }
}

#[test]
fn discord_names_what_is_wrong_with_a_message() {
    let embed = |embed: Value| json!({"embeds": [embed]});
    for (message, said) in [
        (json!({"content": long(2_001)}), "content: Must be 2000 or fewer"),
        (embed(json!({"title": long(257)})), "embeds.0.title: Must be 256 or fewer"),
        (embed(json!({"description": long(4_097)})), "embeds.0.description"),
        (embed(json!({"fields": vec![json!({"name": "n", "value": "v"}); 26]})), "embeds.0.fields: Must be 25"),
        (embed(json!({"fields": [{"name": " ", "value": "v"}]})), "embeds.0.fields.0.name: This field is required"),
        (embed(json!({"fields": [{"name": "n", "value": long(1_025)}]})), "embeds.0.fields.0.value"),
        (embed(json!({"footer": {"text": long(2_049)}})), "embeds.0.footer.text"),
        (embed(json!({"color": 0x0100_0000})), "embeds.0.color"),
        (embed(json!({"timestamp": "tomorrow"})), "embeds.0.timestamp"),
        (embed(json!({"url": "javascript:x"})), "embeds.0.url"),
        (json!({"embeds": [{"description": long(3_001)}, {"description": long(3_000)}]}), "MAX_EMBED_SIZE_EXCEEDED"),
        (json!({"content": "x", "nonce": long(26)}), "nonce"),
        (json!({"content": "x", "enforce_nonce": true}), "nonce: This field is required"),
        (json!({"content": "x", "allowed_mentions": {"parse": ["users"], "users": ["1"]}}), "mutually exclusive"),
        (json!({"content": "x", "allowed_mentions": {"parse": ["all"]}}), "allowed_mentions.parse.0"),
    ] {
        expect(&discord_rules::objections(&message), said, &message);
    }
}

#[test]
fn discord_names_what_is_wrong_with_components() {
    let button = |id: &str| json!({"type": 2, "style": 1, "label": "x", "custom_id": id});
    let row = |children: Value| json!({"type": 1, "components": children});
    let select = json!({"type": 3, "custom_id": "s", "options": [{"label": "a", "value": "a"}]});
    for (rows, said) in [
        (json!(vec![row(json!([button("a")])); 6]), "Must be between 1 and 5"),
        (
            json!([row(json!((0..6).map(|n| button(&n.to_string())).collect::<Vec<_>>()))]),
            "components.0.components: Must be between 1 and 5",
        ),
        (json!([row(json!([button("a"), select]))]), "COMPONENT_LAYOUT_WIDTH_EXCEEDED"),
        (json!([row(json!([button("a")])), row(json!([button("a")]))]), "COMPONENT_CUSTOM_ID_DUPLICATED"),
        (json!([row(json!([button(&long(101))]))]), "custom_id: Must be between 1 and 100"),
        (json!([row(json!([{"type": 2, "style": 1, "label": long(81), "custom_id": "a"}]))]), "label"),
        (
            json!([row(json!([{"type": 2, "style": 5, "label": "x", "url": "https://a.example", "custom_id": "a"}]))]),
            "BUTTON_COMPONENT_INVALID_LINK",
        ),
        (json!([row(json!([{"type": 2, "style": 1, "custom_id": "a"}]))]), "REQUIRES_LABEL_OR_EMOJI"),
        (json!([row(json!([{"type": 3, "custom_id": "s", "options": []}]))]), "options: Must be between 1 and 25"),
        (json!([button("a")]), "UNION_TYPE_CHOICES"),
    ] {
        expect(&discord_rules::objections(&json!({"content": "x", "components": rows})), said, &rows);
    }
}

#[test]
fn discord_names_what_is_wrong_with_a_modal() {
    let field = json!({"type": 18, "label": "Why", "component": {"type": 4, "custom_id": "w", "style": 1}});
    let modal = |title: &str, fields: Value| json!({"custom_id": "m", "title": title, "components": fields});
    assert_eq!(discord_rules::modal_objections(&modal("x", json!([field]))), [""; 0]);
    for (modal, said) in [
        (modal(&long(46), json!([field])), "title"),
        (modal("x", json!([])), "components: Must be between 1 and 5"),
        (modal("x", json!([field, field])), "COMPONENT_CUSTOM_ID_DUPLICATED"),
        (modal("x", json!([{"type": 18, "label": long(46), "component": field["component"]}])), "label"),
        (modal("x", json!([{"type": 18, "label": "x"}])), "component: This field is required"),
    ] {
        expect(&discord_rules::modal_objections(&modal), said, &modal);
    }
}

#[test]
fn discord_finds_what_is_live_outside_code() {
    let message = |text: &str| json!({"embeds": [{"description": text, "title": "<@1>"}]});
    assert_eq!(discord_rules::live_mentions(&message("<@1> <@&2> <#3> @everyone <t:1:F>")), ["<@1>", "<@&2>", "<#3>", "@everyone"]);
    assert_eq!(discord_rules::live_mentions(&message("`<@1>` ```\n@everyone\n```")), [""; 0]);
    assert_eq!(
        discord_rules::live_links(&message("[x](https://a.example) https://b.example `https://c.example`")),
        ["https://a.example", "https://b.example"]
    );
}

fn expect(objections: &[String], said: &str, of: &Value) {
    assert!(objections.iter().any(|objection| objection.contains(said)), "{said:?} is not in {objections:?} of {of}");
}
