//! What happens to leads in iClosed, and the webhooks about it: late, twice, and in any order.

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

use super::calls::{booked_again, cancelled, email};
use super::dice::Dice;

/// One lead, of whom one call after another is booked.
pub(crate) struct Lead {
    /// The webhook from which all others of this lead are made.
    base: Value,
    /// The last call is the one that counts.
    calls: Vec<Call>,
    /// The last call was booked or moved, and not cancelled since.
    is_live: bool,
    /// What iClosed has not told yet.
    pub untold: Vec<(String, Value)>,
}

#[derive(Clone)]
struct Call {
    id: u64,
    start: DateTime<Utc>,
}

impl Lead {
    /// Somebody whose call takes place in two days; nothing was told of it.
    pub(crate) fn new(now: DateTime<Utc>) -> Self {
        let base = cancelled(now);
        let id = base["event"]["uuid"].as_u64().expect("an id");
        Self { base, calls: vec![Call { id, start: whole(now) + TimeDelta::hours(48) }], is_live: true, untold: Vec::new() }
    }

    pub(crate) fn email(&self) -> &str {
        email(&self.base)
    }

    /// The call that counts, where it is cancelled.
    pub(crate) fn lost_call(&self) -> Option<(String, DateTime<Utc>)> {
        let last = self.calls.last().expect("a call");
        (!self.is_live).then(|| (last.id.to_string(), last.start))
    }

    /// Something happens; its webhooks are untold.
    pub(crate) fn happen(&mut self, dice: &mut Dice, now: DateTime<Utc>) -> &'static str {
        let last = self.calls.last().expect("a call").clone();
        // No two starts are alike, so that nothing comes back to where it was.
        let start = whole(now) + TimeDelta::hours(72) + TimeDelta::minutes(i64::from(dice.below(20_000)));
        match (self.is_live, dice.below(3)) {
            (true, 0 | 1) => {
                self.is_live = false;
                self.cancel(&last, now, dice.one_in(3));
                "a call is cancelled"
            }
            (live, 0 | 2) => {
                self.is_live = true;
                let moved = Call { start, ..last };
                let mut body = booked_again(&self.base, true, now);
                put(&mut body, &moved);
                body["event"]["old_start_time"] = seconds(last.start);
                self.untold.push(("move".to_owned(), body));
                if live && dice.one_in(2) {
                    self.cancel(&last, now, false);
                }
                self.calls.push(moved);
                "a call is moved"
            }
            (_, _) => {
                self.is_live = true;
                let mut body = booked_again(&self.base, false, now);
                let id = body["event"]["uuid"].as_u64().expect("an id");
                let call = Call { id, start };
                put(&mut body, &call);
                body["event"]["created_at"] = seconds(now);
                self.untold.push(("booking".to_owned(), body));
                self.calls.push(call);
                "a call is booked"
            }
        }
    }

    fn cancel(&mut self, call: &Call, now: DateTime<Utc>, twice: bool) {
        let mut body = self.base.clone();
        put(&mut body, call);
        for ahead in if twice { vec![0, 1] } else { vec![0] } {
            for part in ["event", "invitee"] {
                body[part]["canceled_at"] = seconds(now + TimeDelta::seconds(ahead));
            }
            self.untold.push(("cancellation".to_owned(), body.clone()));
        }
    }
}

fn put(body: &mut Value, call: &Call) {
    let event = &mut body["event"];
    (event["uuid"], event["callPreviewId"]) = (json!(call.id), json!(format!("call_{}", call.id)));
    (event["start_time"], event["utc_start_time"]) = (seconds(call.start), seconds(call.start));
}

fn whole(at: DateTime<Utc>) -> DateTime<Utc> {
    DateTime::from_timestamp(at.timestamp(), 0).expect("a time")
}

fn seconds(at: DateTime<Utc>) -> Value {
    json!(at.to_rfc3339_opts(SecondsFormat::Secs, true))
}
