//! Buttons and pickers, within Discord's limits.

use serenity::all::{ButtonStyle, CreateActionRow, CreateButton, CreateSelectMenu, CreateSelectMenuKind, CreateSelectMenuOption};

use crate::chat::text::{CUT, cut, one_line};
use crate::domain::list::Listing;
use crate::domain::message::{Block, Control, ControlKind, Entry, FieldKind, Form, Message};
use crate::domain::post::DeliveryKey;

// https://docs.discord.com/developers/components/reference
/// Characters of a button's label.
const LABEL_MOST: usize = 80;
/// Characters of a menu's placeholder.
const PLACEHOLDER_MOST: usize = 150;
/// Characters of an option.
const OPTION_MOST: usize = 100;
/// Options of a menu.
const OPTIONS_MOST: usize = 25;
/// Rows of a message.
pub(super) const ROWS_MOST: usize = 5;
/// Buttons of a row.
const BUTTONS_MOST: usize = 5;

/// A row for each entry of the message, then its own.
pub(super) fn all_rows(message: &Message, key: Option<&DeliveryKey>) -> Vec<CreateActionRow> {
    let entries = message.body.iter().filter_map(|block| match block {
        Block::Entry(entry) => Some(entry_row(entry)),
        Block::Paragraph(_) | Block::Fields(_) | Block::Quote(_) | Block::Small(_) | Block::List(_) | Block::Divider => None,
    });
    let own = key.map(|key| rows(&message.controls, key)).unwrap_or_default();
    entries.flatten().chain(own).take(ROWS_MOST).collect()
}

/// A menu for each choice of a form; choosing sends the form off. Its id is `f:{key}:{form}:{field}`.
pub(super) fn menus(form: &Form, key: &DeliveryKey) -> Vec<CreateActionRow> {
    let menu = |(name, label, options): (&str, &str, &Vec<(String, String)>)| {
        let option = |(label, value): &(String, String)| CreateSelectMenuOption::new(words(label, OPTION_MOST), value.clone());
        let options = options.iter().take(OPTIONS_MOST).map(option).collect();
        let id = format!("f:{key}:{}:{name}", form.kind.name());
        let menu = CreateSelectMenu::new(id, CreateSelectMenuKind::String { options });
        CreateActionRow::SelectMenu(menu.placeholder(words(label, PLACEHOLDER_MOST)))
    };
    let choices = form.fields.iter().filter_map(|field| match &field.kind {
        FieldKind::Choice(options) if !options.is_empty() => Some((field.name, field.label.as_str(), options)),
        // Only a modal can hold these.
        FieldKind::Choice(_) | FieldKind::Lines(_) | FieldKind::Time(_) => None,
    });
    choices.map(menu).take(ROWS_MOST).collect()
}

/// Buttons stand below the whole message, so the first one of a row says what they are about.
fn entry_row(entry: &Entry) -> Option<CreateActionRow> {
    let mut controls = entry.controls.clone();
    if let Some(first) = controls.first_mut() {
        first.label = format!("{} · {}", entry.name, first.label);
    }
    let mark = entry.list.map_or_else(|| "d".to_owned(), Listing::name);
    rows_of(&controls, &entry.key, &mark).into_iter().next()
}

/// Rows of five buttons, then each picker in a row of its own.
pub(super) fn rows(controls: &[Control], key: &DeliveryKey) -> Vec<CreateActionRow> {
    rows_of(controls, key, "d")
}

/// The id of a control is `{mark}:{key}:{press}`; the mark is `d`, or the list of its line.
fn rows_of(controls: &[Control], key: &DeliveryKey, mark: &str) -> Vec<CreateActionRow> {
    let mut seen = Vec::new();
    let (mut buttons, mut pickers) = (Vec::new(), Vec::new());
    for control in controls {
        // An id must be unique in its message.
        if seen.contains(&control.press) {
            continue;
        }
        seen.push(control.press);
        let id = format!("{mark}:{key}:{}", control.press.name());
        let label = one_line(&control.label);
        let label = if label.is_empty() { control.press.name() } else { &label };
        let button = |style| CreateButton::new(id.clone()).label(cut(label, LABEL_MOST)).style(style);
        match control.kind {
            ControlKind::PrimaryButton => buttons.push(button(ButtonStyle::Primary)),
            ControlKind::Button => buttons.push(button(ButtonStyle::Secondary)),
            ControlKind::PeoplePicker => {
                let kind = CreateSelectMenuKind::User { default_users: None };
                pickers.push(CreateActionRow::SelectMenu(CreateSelectMenu::new(id, kind).placeholder(cut(label, PLACEHOLDER_MOST))));
            }
        }
    }
    let rows = buttons.chunks(BUTTONS_MOST).map(|row| CreateActionRow::Buttons(row.to_vec()));
    rows.chain(pickers).take(ROWS_MOST).collect()
}

/// Never empty.
fn words(text: &str, most: usize) -> String {
    let line = cut(&one_line(text), most);
    if line.trim().is_empty() { CUT.to_owned() } else { line }
}
