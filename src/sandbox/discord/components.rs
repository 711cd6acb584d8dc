//! The rules of Discord's components: rows, buttons, selects, and modals with their fields. Pure functions.

use serde_json::Value;

use super::super::judge::{Judge, Objection, list, string};
use super::rules::{length, web_address};

const COMPONENTS_V2: u64 = 1 << 15;
const SELECTS: [u64; 5] = [3, 5, 6, 7, 8];

/// The components of a message.
pub(super) fn rows(judge: &mut Judge, message: &Value) {
    let v2 = message.get("flags").and_then(Value::as_u64).unwrap_or(0) & COMPONENTS_V2 != 0;
    if v2 {
        let legacy = ["content", "embeds"]
            .into_iter()
            .find(|key| message.get(key).is_some_and(|v| v != "" && v.as_array().is_none_or(|a| !a.is_empty()) && !v.is_null()));
        if let Some(key) = legacy {
            judge.at(key, |j| {
                j.object(
                    "MESSAGE_CANNOT_USE_LEGACY_FIELDS_WITH_COMPONENTS_V2",
                    format!("The '{key}' field cannot be used with MessageFlags.IS_COMPONENTS_V2"),
                );
            });
        }
    } else if list(message, "components").len() > 5 {
        judge.at("components", |j| j.object("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length."));
    }
    let mut ids = Vec::new();
    judge.each(message, "components", |j, row| match kind(row) {
        1 => action_row(j, row, &mut ids),
        9..=17 if v2 => {}
        _ => j.at("type", |j| j.object("UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (1,).")),
    });
}

pub(super) fn modal_objections(modal: &Value) -> Vec<Objection> {
    let mut judge = Judge::default();
    let j = &mut judge;
    length(j, modal, "title", 1..=45, true);
    length(j, modal, "custom_id", 1..=100, true);
    if !(1..=5).contains(&list(modal, "components").len()) {
        j.at("components", |j| j.object("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length."));
    }
    let mut ids = Vec::new();
    j.each(modal, "components", |j, top| match kind(top) {
        1 => {
            if list(top, "components").len() != 1 {
                j.at("components", |j| j.object("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 1 in length."));
            }
            j.each(top, "components", |j, field| modal_field(j, field, &mut ids));
        }
        10 => length(j, top, "content", 1..=4_000, true),
        18 => {
            length(j, top, "label", 1..=45, true);
            length(j, top, "description", 0..=100, false);
            match top.get("component") {
                Some(field) => j.at("component", |j| modal_field(j, field, &mut ids)),
                None => j.at("component", |j| j.object("BASE_TYPE_REQUIRED", "This field is required")),
            }
        }
        _ => j.at("type", |j| j.object("UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (1, 10, 18).")),
    });
    judge.found
}

fn action_row(judge: &mut Judge, row: &Value, ids: &mut Vec<String>) {
    let children = list(row, "components");
    if children.is_empty() || children.len() > 5 {
        judge.at("components", |j| j.object("BASE_TYPE_BAD_LENGTH", "Must be between 1 and 5 in length."));
    }
    if children.len() > 1 && children.iter().any(|child| SELECTS.contains(&kind(child))) {
        judge.at("components", |j| {
            j.object("COMPONENT_LAYOUT_WIDTH_EXCEEDED", "The component layout width is exceeded: a select fills its row");
        });
    }
    judge.each(row, "components", |j, child| match kind(child) {
        2 => button(j, child, ids),
        k if SELECTS.contains(&k) => select(j, child, ids),
        _ => j.at("type", |j| j.object("UNION_TYPE_CHOICES", "Value of field \"type\" must be one of (2, 3, 5, 6, 7, 8).")),
    });
}

fn button(j: &mut Judge, button: &Value, ids: &mut Vec<String>) {
    length(j, button, "label", 0..=80, false);
    if string(button, "label").is_empty() && button.get("emoji").is_none() {
        j.object("BUTTON_COMPONENT_REQUIRES_LABEL_OR_EMOJI", "A button must have a label or an emoji");
    }
    match (button.get("style").and_then(Value::as_u64), button.get("custom_id"), button.get("url")) {
        (Some(5), None, Some(_)) => web_address(j, button, "url"),
        (Some(5), _, _) => j.object("BUTTON_COMPONENT_INVALID_LINK", "A link button has a url and no custom id"),
        (Some(1..=4), Some(_), None) => custom_id(j, button, ids),
        (Some(1..=4), _, _) => j.object("BUTTON_COMPONENT_CUSTOM_ID_REQUIRED", "A custom id is required, and a url is not allowed"),
        (Some(6), _, _) => {}
        _ => j.at("style", |j| j.object("BASE_TYPE_CHOICES", "Value must be one of (1, 2, 3, 4, 5, 6).")),
    }
}

fn select(j: &mut Judge, select: &Value, ids: &mut Vec<String>) {
    custom_id(j, select, ids);
    length(j, select, "placeholder", 0..=150, false);
    for key in ["min_values", "max_values"] {
        if select.get(key).and_then(Value::as_u64).is_some_and(|n| n > 25) {
            j.at(key, |j| j.object("NUMBER_TYPE_MAX", "int value should be less than or equal to 25."));
        }
    }
    if kind(select) == 3 {
        options(j, select, 25);
    }
}

fn modal_field(j: &mut Judge, field: &Value, ids: &mut Vec<String>) {
    match kind(field) {
        4 => {
            custom_id(j, field, ids);
            length(j, field, "label", 1..=45, false);
            length(j, field, "placeholder", 0..=100, false);
            length(j, field, "value", 0..=4_000, false);
            if !matches!(field.get("style").and_then(Value::as_u64), Some(1 | 2)) {
                j.at("style", |j| j.object("BASE_TYPE_CHOICES", "Value must be one of (1, 2)."));
            }
        }
        k if SELECTS.contains(&k) => select(j, field, ids),
        21 | 22 => {
            custom_id(j, field, ids);
            options(j, field, 10);
        }
        19 | 23 => custom_id(j, field, ids),
        _ => j.at("type", |j| j.object("UNION_TYPE_CHOICES", "Value of field \"type\" is not allowed in a modal.")),
    }
}

fn options(j: &mut Judge, parent: &Value, most: usize) {
    if !(1..=most).contains(&list(parent, "options").len()) {
        j.at("options", |j| j.object("BASE_TYPE_BAD_LENGTH", format!("Must be between 1 and {most} in length.")));
    }
    let mut values = Vec::new();
    j.each(parent, "options", |j, option| {
        length(j, option, "label", 1..=100, true);
        length(j, option, "value", 1..=100, true);
        length(j, option, "description", 0..=100, false);
        let value = string(option, "value");
        if values.contains(&value) {
            j.at("value", |j| j.object("SELECT_COMPONENT_OPTION_VALUE_DUPLICATED", "The specified option value is already used"));
        }
        values.push(value);
    });
}

fn custom_id(j: &mut Judge, component: &Value, ids: &mut Vec<String>) {
    length(j, component, "custom_id", 1..=100, true);
    let id = string(component, "custom_id").to_owned();
    if ids.contains(&id) {
        j.at("custom_id", |j| j.object("COMPONENT_CUSTOM_ID_DUPLICATED", "Component custom id cannot be duplicated"));
    }
    ids.push(id);
}

fn kind(component: &Value) -> u64 {
    component.get("type").and_then(Value::as_u64).unwrap_or(0)
}
