//! A call as the API lists it; a cancelled one is written as the webhook that never came, so that one reader reads both.

use chrono::{DateTime, Utc};
use chrono_tz::Tz;
use serde_json::{Value, json};

use crate::domain::event::Staff;
use crate::domain::side::Side;

/// A cancelled call of the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Missed {
    /// How webhooks name it.
    pub call_id: String,
    /// When it was to start.
    pub start: Option<DateTime<Utc>>,
    /// When iClosed changed it last: as far as anyone knows, when it was cancelled.
    pub changed_at: Option<DateTime<Utc>>,
    /// Who cancelled it, where the list says so: webhooks never do. [`Side::Unknown`] where it does not.
    pub side: Side,
    /// The webhook as it would have been.
    pub payload: String,
}

/// A call that is to take place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Planned {
    /// How webhooks name it.
    pub call_id: String,
    /// When it starts.
    pub start: DateTime<Utc>,
    /// `account/event`, where told.
    pub link_prefix: Option<String>,
    /// The calendar, where told.
    pub event_name: Option<String>,
    /// Whose call it is, where told.
    pub host: Option<Staff>,
}

/// A call that webhooks told of, as iClosed has it now.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Standing {
    /// It is to take place; `None` for one that is cancelled or that iClosed does not know.
    pub planned: Option<Planned>,
    /// What else is known of it.
    pub about: About,
}

/// What webhooks do not tell of a call.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct About {
    /// Where the invitee lives by the clock.
    pub invitee_zone: Option<Tz>,
    /// `account/event`.
    pub link_prefix: Option<String>,
}

/// The calls of an answer.
pub(super) fn items(told: &Value) -> &[Value] {
    let lists = [&told["data"]["eventCalls"], &told["eventCalls"], &told["data"]];
    lists.into_iter().find_map(Value::as_array).map(Vec::as_slice).unwrap_or_default()
}

/// The id, which is a number.
pub(super) fn id(item: &Value) -> Option<String> {
    ["id", "callId"].into_iter().find_map(|name| match &item[name] {
        Value::Number(number) => Some(number.to_string()),
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Null | Value::Bool(_) | Value::String(_) | Value::Array(_) | Value::Object(_) => None,
    })
}

/// `dateTimeUTC`; the zone of `dateTime` is not documented.
pub(super) fn start(item: &Value) -> Option<DateTime<Utc>> {
    instant(&item["dateTimeUTC"])
}

/// `None` for an item without id or time.
pub(super) fn planned(item: &Value) -> Option<Planned> {
    let (link_prefix, event_name) = (named(item, "linkPrefix"), named(item, "name"));
    Some(Planned { call_id: id(item)?, start: start(item)?, link_prefix, event_name, host: host(item) })
}

/// What it tells of them.
pub(super) fn about(item: &Value) -> About {
    let zone = item["inviteTimeZone"].as_str().and_then(|name| name.trim().parse().ok());
    About { invitee_zone: zone, link_prefix: named(item, "linkPrefix") }
}

/// The names and the address beside the call are its closer's.
fn host(item: &Value) -> Option<Staff> {
    let text = |name: &str| item[name].as_str().unwrap_or_default();
    staff(&[text("firstName"), text("lastName")].join(" "), text("email"))
}

/// `None` for nobody.
pub(super) fn staff(name: &str, email: &str) -> Option<Staff> {
    let text = |text: &str| Some(text.trim().to_owned()).filter(|text| !text.is_empty());
    let staff = Staff { name: text(name), email: text(email), timezone: None };
    (staff != Staff::default()).then_some(staff)
}

/// Of the call, or of its calendar.
fn named(item: &Value, name: &str) -> Option<String> {
    [&item[name], &item["event"][name]].into_iter().find_map(Value::as_str).filter(|text| !text.is_empty()).map(str::to_owned)
}

/// `None` for an item without an id.
pub(super) fn missed(item: &Value) -> Option<Missed> {
    let call_id = id(item)?;
    let changed_at = ["cancelledAt", "canceledAt", "updatedAt", "deletedAt"].into_iter().find_map(|name| instant(&item[name]));
    let text = |name: &str| item[name].as_str().unwrap_or_default();
    let closer = [text("firstName"), text("lastName")].join(" ");
    let prefix = [&item["linkPrefix"], &item["event"]["linkPrefix"]].into_iter().find_map(Value::as_str).unwrap_or_default();
    let event_name = [&item["name"], &item["event"]["name"]].into_iter().find_map(Value::as_str);
    let answers = |list: &Value| -> Vec<Value> { list.as_array().into_iter().flatten().filter_map(answer).collect() };
    let given = [answers(&item["questions"]), answers(&item["secondaryAnswers"])].concat();
    let payload = json!({
        "hookType": "Call canceled",
        "event_type": {
            "name": event_name, "slug": prefix.rsplit('/').next().filter(|slug| !slug.is_empty()),
            "duration": item["duration"], "durationUnit": item["durationUnit"]
        },
        "event": {
            "uuid": item.get("id").or_else(|| item.get("callId")), "closerName": closer.trim(), "closerEmail": item["email"],
            "closerTimezone": item["userAvailabilityTimezone"], "utc_start_time": item["dateTimeUTC"], "start_time": item["dateTimeUTC"],
            "location": item["locationLink"], "canceled": true, "canceler_name": item["cancelledBy"], "cancel_reason": item["cancelReason"],
            "canceled_at": changed_at.map(|at| at.to_rfc3339()), "listed_side": side(item).name(),
            "eventLink": if prefix.is_empty() { Value::Null } else { json!(format!("https://app.iclosed.io/e/{prefix}")) }
        },
        "invitee": {
            "uuid": item["contactId"], "name": item["inviteeName"], "email": item["inviteeEmail"], "text_reminder_number": item["phoneNumber"],
            "timezone": item["inviteTimeZone"]
        },
        "questions_and_answers": given
    });
    Some(Missed { call_id, start: start(item), changed_at, side: side(item), payload: payload.to_string() })
}

/// The outcome of a call that did not take place says it, where there is one: in its tasks, or where the setter's claim stands.
fn side(item: &Value) -> Side {
    let tasks = item["task"].as_array().map_or(std::slice::from_ref(&item["task"]), Vec::as_slice);
    let reasons = tasks.iter().map(|task| &task["noSaleReason"]).chain([&item["noSaleReason"], &item["SettedClaim"]["outcome"]]);
    let (mut invitee, mut host) = (false, false);
    for reason in reasons.filter_map(Value::as_str) {
        invitee |= reason == "CONTACT_CANCELLED";
        host |= reason == "ADMIN_CANCELLED";
    }
    match (invitee, host) {
        (true, false) => Side::Invitee,
        (false, true) => Side::Host,
        (true, true) | (false, false) => Side::Unknown,
    }
}

/// An answer is a text, or a list of them.
fn answer(asked: &Value) -> Option<Value> {
    let given = match &asked["answer"] {
        Value::String(text) => text.clone(),
        Value::Array(parts) => parts.iter().filter_map(|part| part["answer"].as_str()).collect::<Vec<_>>().join(", "),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => return None,
    };
    Some(json!({ "question": asked["statement"].as_str()?, "answer": given }))
}

fn instant(value: &Value) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(value.as_str()?).ok().map(|time| time.to_utc())
}
