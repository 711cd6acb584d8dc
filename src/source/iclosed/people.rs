//! The people of a call: who it was for, whose it was, who booked it. Names and addresses stay as written.

use crate::domain::event::{Invitee, Staff};
use crate::domain::identity::{normal_email, normal_name, normal_phone};

use super::tolerant::{Fields, Node, Shape};

/// The prospect, from both sections that tell of them.
pub(super) fn invitee(invitee: &Fields<'_>, contact: &Fields<'_>) -> Invitee {
    let mut names = names(invitee, contact).into_iter();
    let emails = [invitee.text("email"), contact.text("email")];
    let phones = ["text_reminder_number", "phone_number", "phone"].into_iter();
    let phones: Vec<String> =
        phones.clone().filter_map(|key| invitee.text(key)).chain(phones.filter_map(|key| contact.text(key))).collect();
    Invitee {
        name: names.next(),
        other_names: names.collect(),
        email: email(&emails),
        phone: phone(&phones).or_else(|| emails.into_iter().flatten().find(|written| is_phone(written))),
        contact_id: contact.id("id").or_else(|| invitee.id("uuid")),
    }
}

/// Full names first, so that a first name stands for the whole only where nothing better is told.
fn names(invitee: &Fields<'_>, contact: &Fields<'_>) -> Vec<String> {
    let both = [invitee, contact];
    let part = |key: &'static str| both.iter().filter_map(move |section| section.text(key));
    let full = both.iter().flat_map(|section| {
        let parts = section.text("first_name").zip(section.text("last_name"));
        [section.text("name"), parts.map(|(first, last)| format!("{first} {last}"))]
    });
    let mut names: Vec<String> = Vec::new();
    for name in full.flatten().chain(part("first_name")) {
        if !names.contains(&name) {
            names.push(name);
        }
    }
    if names.is_empty() { part("last_name").take(1).collect() } else { names }
}

/// Whose call it was.
pub(super) struct HostAndOthers {
    pub host: Option<Staff>,
    pub co_hosts: Vec<Staff>,
}

/// The host is the closer, else the primary one of those to whom the call was assigned, else the first of them.
pub(super) fn staff(event: &Fields<'_>) -> HostAndOthers {
    let mut people: Vec<Staff> = Vec::new();
    let timezone = event.text("closerTimezone");
    let closer = Staff { name: event.text("closerName"), email: event.text("closerEmail"), timezone: None };
    let assigned = ["extended_assigned_to", "assigned_to"].into_iter().filter_map(|key| event.node(key)).flat_map(assigned);
    for person in Some(closer).into_iter().chain(assigned).filter(is_somebody) {
        match people.iter_mut().find(|known| is_same(known, &person)) {
            Some(known) => complete(known, person),
            None => people.push(person),
        }
    }
    let mut people = people.into_iter();
    let host = people.next().map(|host| Staff { timezone: timezone.or_else(|| host.timezone.clone()), ..host });
    HostAndOthers { host, co_hosts: people.collect() }
}

/// Who booked the call; iClosed sends blanks for nobody.
pub(super) fn setter(event: &Fields<'_>) -> Option<Staff> {
    event.node("setter").and_then(person).filter(is_somebody)
}

/// A name, a person, a list of them, or an object whose keys are numbers: all were seen. The primary one comes first.
fn assigned(node: Node<'_>) -> Vec<Staff> {
    let nodes: Vec<Node<'_>> = match node.shape() {
        Shape::Null => Vec::new(),
        Shape::List(nodes) => nodes,
        Shape::Map(fields) if !is_person(&fields) => {
            let mut numbered: Vec<_> = fields.iter().map(|field| (field.key.parse::<u64>().unwrap_or(u64::MAX), field.value)).collect();
            numbered.sort_by_key(|(number, _)| *number);
            numbered.into_iter().map(|(_, node)| node).collect()
        }
        Shape::Scalar(_) | Shape::Map(_) => vec![node],
    };
    let (primary, others): (Vec<_>, Vec<_>) = nodes.into_iter().partition(|node| is_primary(*node));
    primary.into_iter().chain(others).filter_map(person).collect()
}

fn person(node: Node<'_>) -> Option<Staff> {
    match node.shape() {
        Shape::Null | Shape::List(_) => None,
        Shape::Scalar(_) => node.text().map(|text| match normal_email(&text) {
            Some(_) => Staff { email: Some(text), ..Staff::default() },
            None => Staff { name: Some(text), ..Staff::default() },
        }),
        Shape::Map(fields) => {
            let parts: Vec<String> = ["first_name", "last_name"].into_iter().filter_map(|key| fields.text(key)).collect();
            let name = fields.text("name").or_else(|| (!parts.is_empty()).then(|| parts.join(" ")));
            Some(Staff { name, email: fields.text("email"), timezone: fields.text("timezone") })
        }
    }
}

fn is_person(fields: &Fields<'_>) -> bool {
    fields.iter().any(|field| ["name", "firstname", "lastname", "email"].contains(&field.folded().as_str()))
}

fn is_primary(node: Node<'_>) -> bool {
    match node.shape() {
        Shape::Map(fields) => fields.flag("primary"),
        Shape::Null | Shape::Scalar(_) | Shape::List(_) => false,
    }
}

fn is_somebody(person: &Staff) -> bool {
    person.name.is_some() || person.email.is_some()
}

/// The same address, or the same name where one of them gives no address.
fn is_same(a: &Staff, b: &Staff) -> bool {
    let email = |person: &Staff| person.email.as_deref().and_then(normal_email);
    let name = |person: &Staff| person.name.as_deref().and_then(normal_name);
    match (email(a), email(b)) {
        (Some(a), Some(b)) => a == b,
        (Some(_) | None, None) | (None, Some(_)) => name(a).is_some() && name(a) == name(b),
    }
}

fn complete(known: &mut Staff, more: Staff) {
    known.name = known.name.take().or(more.name);
    known.email = known.email.take().or(more.email);
    known.timezone = known.timezone.take().or(more.timezone);
}

/// The first that is an address, else the first that is no phone number: forms left early put one there.
fn email(candidates: &[Option<String>]) -> Option<String> {
    let said = || candidates.iter().flatten();
    said().find(|text| text.contains('@')).or_else(|| said().find(|text| !is_phone(text))).cloned()
}

/// The first number that can be dialled, else the first at all.
fn phone(candidates: &[String]) -> Option<String> {
    candidates.iter().find(|text| normal_phone(text).is_some()).or_else(|| candidates.first()).cloned()
}

/// Digits, signs and what masks digits, and enough of them.
fn is_phone(text: &str) -> bool {
    text.len() >= 6 && text.chars().all(|c| c.is_ascii_digit() || "+-(). /*•".contains(c))
}
