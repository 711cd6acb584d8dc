//! The rules of Block Kit's interactive elements: where each may stand, its keys and its lengths. Pure functions.

use std::ops::RangeInclusive;

use serde_json::Value;

use super::super::judge::{Judge, list, string};
use super::blocks::{CODE, Kind, count, image, keys, text, text_object, words};
use super::rules::MAX_ID;

/// Where an element stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    Section,
    Actions,
    Input,
}

/// One kind of element: its keys, and the places where it may stand.
struct Rule {
    kind: &'static str,
    keys: &'static [&'static str],
    places: &'static [Place],
}

const EVERYWHERE: &[Place] = &[Place::Section, Place::Actions, Place::Input];
const NOT_IN_INPUT: &[Place] = &[Place::Section, Place::Actions];
const NOT_IN_ACTIONS: &[Place] = &[Place::Section, Place::Input];
const ONLY_IN_INPUT: &[Place] = &[Place::Input];

#[rustfmt::skip]
const RULES: &[Rule] = &[
    Rule { kind: "button", keys: &["text", "value", "url", "style", "confirm", "accessibility_label"], places: NOT_IN_INPUT },
    Rule { kind: "workflow_button", keys: &["text", "workflow", "style", "accessibility_label"], places: NOT_IN_INPUT },
    Rule { kind: "overflow", keys: &["options", "confirm"], places: NOT_IN_INPUT },
    Rule { kind: "image", keys: &["image_url", "slack_file", "alt_text"], places: &[Place::Section] },
    Rule { kind: "static_select", keys: &["placeholder", "options", "option_groups", "initial_option", "confirm", "focus_on_load"], places: EVERYWHERE },
    Rule { kind: "external_select", keys: &["placeholder", "initial_option", "min_query_length", "confirm", "focus_on_load"], places: EVERYWHERE },
    Rule { kind: "users_select", keys: &["placeholder", "initial_user", "confirm", "focus_on_load"], places: EVERYWHERE },
    Rule { kind: "conversations_select", keys: &["placeholder", "initial_conversation", "default_to_current_conversation", "confirm", "response_url_enabled", "filter", "focus_on_load"], places: EVERYWHERE },
    Rule { kind: "channels_select", keys: &["placeholder", "initial_channel", "confirm", "response_url_enabled", "focus_on_load"], places: EVERYWHERE },
    Rule { kind: "multi_static_select", keys: &["placeholder", "options", "option_groups", "initial_options", "max_selected_items", "confirm", "focus_on_load"], places: NOT_IN_ACTIONS },
    Rule { kind: "multi_users_select", keys: &["placeholder", "initial_users", "max_selected_items", "confirm", "focus_on_load"], places: NOT_IN_ACTIONS },
    Rule { kind: "datepicker", keys: &["placeholder", "initial_date", "confirm", "focus_on_load"], places: EVERYWHERE },
    Rule { kind: "timepicker", keys: &["placeholder", "initial_time", "confirm", "focus_on_load", "timezone"], places: EVERYWHERE },
    Rule { kind: "datetimepicker", keys: &["initial_date_time", "confirm", "focus_on_load"], places: &[Place::Actions, Place::Input] },
    Rule { kind: "checkboxes", keys: &["options", "initial_options", "confirm", "focus_on_load"], places: EVERYWHERE },
    Rule { kind: "radio_buttons", keys: &["options", "initial_option", "confirm", "focus_on_load"], places: EVERYWHERE },
    Rule { kind: "plain_text_input", keys: &["placeholder", "initial_value", "multiline", "min_length", "max_length", "dispatch_action_config", "focus_on_load"], places: ONLY_IN_INPUT },
    Rule { kind: "email_text_input", keys: &["placeholder", "initial_value", "dispatch_action_config", "focus_on_load"], places: ONLY_IN_INPUT },
    Rule { kind: "url_text_input", keys: &["placeholder", "initial_value", "dispatch_action_config", "focus_on_load"], places: ONLY_IN_INPUT },
    Rule { kind: "number_input", keys: &["placeholder", "initial_value", "is_decimal_allowed", "min_value", "max_value", "dispatch_action_config", "focus_on_load"], places: ONLY_IN_INPUT },
];

pub(super) fn element(judge: &mut Judge, element: &Value, place: Place) {
    let kind = string(element, "type");
    let Some(rule) = RULES.iter().find(|rule| rule.kind == kind && rule.places.contains(&place)) else {
        judge.object(CODE, format!("unsupported type: {kind}"));
        return;
    };
    keys(judge, element, rule.keys);
    words(judge, element, "action_id", 1..=MAX_ID, false);
    text(judge, element, "placeholder", 1..=150, Kind::Plain, false);
    confirm(judge, element);
    match kind {
        "button" => button(judge, element),
        "image" => image(judge, element),
        "static_select" | "multi_static_select" => select(judge, element),
        "overflow" => options(judge, element, 1..=5),
        "checkboxes" | "radio_buttons" => options(judge, element, 1..=10),
        "plain_text_input" => {
            words(judge, element, "initial_value", 0..=3_000, false);
            let number = |key| element.get(key).and_then(Value::as_u64);
            if number("min_length").is_some_and(|n| n > 3_000) || number("max_length").is_some_and(|n| !(1..=3_000).contains(&n)) {
                judge.object(CODE, "min_length and max_length must be at most 3000");
            }
        }
        _ => {}
    }
}

fn button(judge: &mut Judge, element: &Value) {
    text(judge, element, "text", 1..=75, Kind::Plain, true);
    words(judge, element, "value", 1..=2_000, false);
    words(judge, element, "url", 1..=3_000, false);
    words(judge, element, "accessibility_label", 1..=75, false);
    if !matches!(element.get("style").and_then(Value::as_str), None | Some("primary" | "danger")) {
        judge.object(CODE, "style must be primary or danger");
    }
}

fn select(judge: &mut Judge, element: &Value) {
    match (element.get("options"), element.get("option_groups")) {
        (Some(_), None) => options(judge, element, 1..=100),
        (None, Some(_)) => {
            count(judge, element, "option_groups", 1..=100);
            judge.each(element, "option_groups", |j, group| {
                text(j, group, "label", 1..=75, Kind::Plain, true);
                options(j, group, 1..=100);
            });
        }
        _ => judge.object(CODE, "either options or option_groups is needed"),
    }
    if let Some(initial) = element.get("initial_option") {
        let groups = list(element, "option_groups").iter().flat_map(|group| list(group, "options"));
        if !list(element, "options").iter().chain(groups).any(|option| option == initial) {
            judge.object(CODE, "initial_option must be one of the options");
        }
    }
}

fn options(judge: &mut Judge, parent: &Value, range: RangeInclusive<usize>) {
    count(judge, parent, "options", range);
    judge.each(parent, "options", |j, option| {
        text(j, option, "text", 1..=75, Kind::Any, true);
        words(j, option, "value", 1..=150, true);
        text(j, option, "description", 1..=75, Kind::Any, false);
        keys(j, option, &["text", "value", "description", "url"]);
    });
}

fn confirm(judge: &mut Judge, element: &Value) {
    let Some(dialog) = element.get("confirm").filter(|value| !value.is_null()) else { return };
    judge.at("confirm", |j| {
        keys(j, dialog, &["title", "text", "confirm", "deny", "style"]);
        text(j, dialog, "title", 1..=100, Kind::Plain, true);
        match dialog.get("text") {
            Some(body) => j.at("text", |j| text_object(j, body, 1..=300, Kind::Any)),
            None => j.object(CODE, "missing required field: text"),
        }
        text(j, dialog, "confirm", 1..=30, Kind::Plain, true);
        text(j, dialog, "deny", 1..=30, Kind::Plain, true);
    });
}
