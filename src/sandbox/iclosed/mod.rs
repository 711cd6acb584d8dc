//! iClosed's public API: a stateful stand-in that knows the calls of the samples, their free times, and what is booked.
//!
//! What changes a call fires the webhook that iClosed would send.

mod api;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

use super::common::{Common, lock};
use super::desk::{Desk, House};
use super::fault::Fault;
use super::journal::Call;
use super::sign::SignedRequest;

pub(super) use api::router;

/// Days that have free times, from tomorrow.
const DAYS: i64 = 5;
/// Hours of a day (UTC) at which a call can start.
const HOURS: [i64; 3] = [10, 14, 16];

/// The account, to look at and to break.
pub struct Iclosed {
    common: Arc<Common>,
    desk: Desk,
    state: Mutex<State>,
}

#[derive(Default)]
struct State {
    calls: BTreeMap<i64, Known>,
    taken: Vec<DateTime<Utc>>,
    /// The API refuses to move a cancelled call.
    no_moves: bool,
    empty_days: i64,
}

struct Known {
    /// The webhook that told of it last.
    webhook: Value,
    cancelled: bool,
    start: DateTime<Utc>,
    changed_at: DateTime<Utc>,
}

impl Iclosed {
    pub(super) fn new(common: Arc<Common>) -> Self {
        Self { desk: Desk::new(House::Iclosed, Arc::clone(&common)), common, state: Mutex::default() }
    }

    /// Makes the call of this webhook one of the account's.
    pub fn know(&self, webhook: &Value) {
        let webhook = webhook.get(0).unwrap_or(webhook);
        let event = &webhook["event"];
        let uuid = event["uuid"].as_i64().or_else(|| event["uuid"].as_str()?.parse().ok());
        let start = ["utc_start_time", "start_time"].into_iter().find_map(|name| instant(&event[name]));
        if let (Some(uuid), Some(start)) = (uuid, start) {
            let known = Known {
                webhook: webhook.clone(),
                cancelled: event["canceled"] == true,
                start,
                changed_at: instant(&event["canceled_at"]).unwrap_or_else(|| self.common.clock.now()),
            };
            lock(&self.state).calls.insert(uuid, known);
        }
    }

    /// When a call takes place; `None` while it is cancelled, and for one that nobody knows.
    #[must_use]
    pub fn start_of(&self, webhook: &Value) -> Option<DateTime<Utc>> {
        let state = lock(&self.state);
        state.calls.get(&webhook["event"]["uuid"].as_i64()?).filter(|call| !call.cancelled).map(|call| call.start)
    }

    /// How many calls there are.
    #[must_use]
    pub fn count(&self) -> usize {
        lock(&self.state).calls.len()
    }

    /// Refuses from now on to move a call that is cancelled.
    pub fn refuse_moves(&self) {
        lock(&self.state).no_moves = true;
    }

    /// So many days from today are full.
    pub fn set_empty_days(&self, days: i64) {
        lock(&self.state).empty_days = days;
    }

    /// Every request so far, oldest first.
    #[must_use]
    pub fn journal(&self) -> Vec<Call> {
        self.desk.journal.calls()
    }

    /// Switches a fault on.
    pub fn fault(&self, fault: Fault) {
        self.desk.faults.add(fault);
    }

    /// Switches all faults off; requests that hang are let go.
    pub fn heal(&self) {
        self.desk.faults.heal();
    }

    /// The times at which a call can start, from that day on; nothing where the first day is full, as iClosed has it.
    fn free(&self, from: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        let state = lock(&self.state);
        let today = midnight(self.common.clock.now());
        let first = today + TimeDelta::days(1 + state.empty_days);
        if midnight(from) < first - TimeDelta::days(1) {
            return Vec::new();
        }
        let days = (0..DAYS).map(|day| first + TimeDelta::days(day));
        let times = days.flat_map(|day| HOURS.map(|hour| day + TimeDelta::hours(hour)));
        times.filter(|time| *time >= midnight(from) && !state.taken.contains(time)).collect()
    }

    /// Moves a call, or says why not.
    fn reschedule(&self, id: i64, start: DateTime<Utc>) -> Result<Value, (u16, &'static str)> {
        let mut state = lock(&self.state);
        if state.taken.contains(&start) {
            return Err((400, "The selected slot is no longer available"));
        }
        let no_moves = state.no_moves;
        let now = self.common.clock.now();
        let call = state.calls.get_mut(&id).ok_or((404, "Event call not found"))?;
        if call.cancelled && no_moves {
            return Err((400, "Cancelled calls cannot be rescheduled"));
        }
        let old = call.webhook["event"]["start_time"].clone();
        call.webhook = moved(&call.webhook, start, "Call rescheduled");
        call.webhook["event"]["old_start_time"] = old;
        (call.start, call.cancelled, call.changed_at) = (start, false, now);
        let webhook = call.webhook.clone();
        state.taken.push(start);
        drop(state);
        self.fire(&webhook);
        Ok(json!({ "data": { "eventCall": { "message": "Call rescheduled successfully", "status": 200 } } }))
    }

    /// Books a call for whoever has that contact id, address or number.
    fn book(&self, wanted: &Value, start: DateTime<Utc>) -> Result<Value, (u16, &'static str)> {
        let mut state = lock(&self.state);
        if state.taken.contains(&start) {
            return Err((400, "The selected slot is no longer available"));
        }
        let theirs = |call: &&Known| {
            let invitee = &call.webhook["invitee"];
            [("contactId", "uuid"), ("email", "email"), ("phoneNumber", "text_reminder_number")]
                .into_iter()
                .any(|(asked, known)| !wanted[asked].is_null() && wanted[asked] == invitee[known])
        };
        let earlier = state.calls.values().find(theirs);
        let mut webhook = earlier.map(|call| moved(&call.webhook, start, "Call booked")).ok_or((404, "Contact not found"))?;
        let id = state.calls.keys().max().copied().unwrap_or(0) + 1_000_000;
        webhook["event"]["uuid"] = json!(id);
        webhook["event"]["callPreviewId"] = json!(format!("call_{id}"));
        let known = Known { webhook: webhook.clone(), cancelled: false, start, changed_at: self.common.clock.now() };
        state.calls.insert(id, known);
        state.taken.push(start);
        drop(state);
        self.fire(&webhook);
        let event = &webhook["event"];
        let booked = json!({
            "id": id, "startTime": spelt(start), "closerName": event["closerName"], "closerEmail": event["closerEmail"],
            "timeZone": wanted["timeZone"]
        });
        Ok(json!({ "data": { "eventCall": { "message": "Booked", "status": 200, "data": booked } } }))
    }

    /// The calls of a list.
    fn list(&self, wanted: &Value) -> Value {
        let state = lock(&self.state);
        let text = |name: &str| wanted[name].as_str();
        let is_wanted = |(id, call): &(&i64, &Known)| {
            text("ids").is_none_or(|ids| ids.split(',').any(|one| one == id.to_string()))
                && text("inviteeEmails").is_none_or(|emails| emails.split(',').any(|one| call.webhook["invitee"]["email"] == one))
                && text("contactId").is_none_or(|contact| call.webhook["invitee"]["uuid"].as_i64() == contact.parse().ok())
                && text("search").is_none_or(|searched| call.webhook["invitee"]["text_reminder_number"] == searched)
                && text("types").is_none_or(|types| {
                    types.split(',').any(|one| match one {
                        "cancelled_events" => call.cancelled,
                        "scheduled_events" | "rescheduled_events" => !call.cancelled,
                        _ => true,
                    })
                })
        };
        let mut calls: Vec<_> = state.calls.iter().filter(is_wanted).collect();
        calls.sort_by_key(|(_, call)| std::cmp::Reverse(call.changed_at));
        let items: Vec<Value> = calls.into_iter().map(|(id, call)| item(*id, call)).collect();
        json!({ "data": { "count": items.len(), "eventCalls": items } })
    }

    /// Tells the bot, as iClosed does, and does not care about the answer.
    fn fire(&self, webhook: &Value) {
        let common = Arc::clone(&self.common);
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        let request = SignedRequest { url: common.bot(&common.settings.webhook_path), headers, body: webhook.to_string() };
        tokio::spawn(async move { common.send(&request).await });
    }
}

/// The webhook of a call that has another time and is not cancelled any more.
fn moved(webhook: &Value, start: DateTime<Utc>, kind: &str) -> Value {
    let mut webhook = webhook.clone();
    webhook["hookType"] = json!(kind);
    for part in ["event", "invitee"] {
        for key in ["canceled", "canceler_name", "cancel_reason", "canceled_at"] {
            if let Some(part) = webhook[part].as_object_mut() {
                part.remove(key);
            }
        }
    }
    webhook["event"]["start_time"] = json!(spelt(start));
    webhook["event"]["utc_start_time"] = json!(spelt(start));
    webhook
}

fn item(id: i64, call: &Known) -> Value {
    let Known { webhook, cancelled, start, changed_at } = call;
    let (event, invitee) = (&webhook["event"], &webhook["invitee"]);
    let (first, last) = event["closerName"].as_str().and_then(|name| name.split_once(' ')).unwrap_or_default();
    json!({
        "id": id, "callId": id, "firstName": first, "lastName": last, "email": event["closerEmail"],
        "contactId": invitee["uuid"], "inviteeName": invitee["name"], "inviteeEmail": invitee["email"], "phoneNumber": invitee["text_reminder_number"],
        "dateTimeUTC": spelt(*start), "dateTime": start.format("%Y-%m-%d %H:%M:%S.000").to_string(), "updatedAt": spelt(*changed_at),
        "duration": webhook["event_type"]["duration"], "durationUnit": webhook["event_type"]["durationUnit"],
        "name": webhook["event_type"]["name"], "linkPrefix": format!("acme/{}", webhook["event_type"]["slug"].as_str().unwrap_or("call")),
        "userAvailabilityTimezone": event["closerTimezone"], "inviteTimeZone": "Europe/Paris",
        "cancelledBy": if *cancelled { event["canceler_name"].clone() } else { Value::Null },
        "task": if *cancelled { json!([{ "noSaleReason": event["noSaleReason"] }]) } else { json!([]) },
        "cancelReason": if *cancelled { event["cancel_reason"].clone() } else { Value::Null },
        "questions": [], "secondaryAnswers": []
    })
}

fn midnight(time: DateTime<Utc>) -> DateTime<Utc> {
    time.date_naive().and_time(chrono::NaiveTime::MIN).and_utc()
}

fn instant(value: &Value) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(value.as_str()?).ok().map(|time| time.to_utc())
}

fn spelt(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}
