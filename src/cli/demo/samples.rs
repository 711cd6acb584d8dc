//! Cancellations to send with a click: one for each thing that a card has to say, in the form in which iClosed sends them.

use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::sandbox::Sample;

/// One call that is cancelled.
struct Call {
    serial: u64,
    now: DateTime<Utc>,
    name: &'static str,
    event: &'static str,
    host: (&'static str, &'static str),
    setter: Option<(&'static str, &'static str)>,
    canceller: String,
    reason: &'static str,
    starts_in: TimeDelta,
    answers: Vec<(&'static str, String)>,
}

const ALEX: (&str, &str) = ("Alex Closer", "alex@acme.example");
const KIM: (&str, &str) = ("Kim Closer", "kim@acme.example");
const SAM: (&str, &str) = ("Sam Setter", "sam@acme.example");

const LEADS: [(&str, &str); 12] = [
    ("Jane Doe", "Between 20k and 50k"),
    ("Mateo García", "Under 5k"),
    ("Aisha Khan", "50k to 100k"),
    ("Lukas Weber", "Between 20k and 50k"),
    ("Chloé Martin", "5k to 20k"),
    ("Noah Williams", "More than 100k"),
    ("Sofia Rossi", "Between 20k and 50k"),
    ("Ethan Nguyen", "5k to 20k"),
    ("Priya Patel", "50k to 100k"),
    ("João Silva", "Under 5k"),
    ("Emma Johansson", "More than 100k"),
    ("Omar Haddad", "5k to 20k"),
];

const HOSTILE: &str = "<!channel> @everyone <@U0DEMOALEX> *bold* [click me](https://evil.example) {{ 7 * 7 }} https://evil.example :tada:";

/// All samples, in the order in which they are offered.
pub(super) fn all() -> Vec<Sample> {
    vec![
        sample("Invitee cancels", "A prospect cancels two days ahead and says why.", |serial, now| vec![call(serial, now).body()]),
        sample("Host cancels", "A closer cancels; the team owes an apology and a new time.", |serial, now| {
            vec![Call { canceller: ALEX.0.to_owned(), reason: "Family emergency, I have to fly home tonight", ..call(serial, now) }.body()]
        }),
        sample("Unknown side", "The name that iClosed gives fits nobody.", |serial, now| {
            vec![Call { canceller: "Front Desk".to_owned(), reason: "Double booked", ..call(serial, now) }.body()]
        }),
        sample("Late", "Forty minutes before the call.", |serial, now| {
            vec![Call { starts_in: TimeDelta::minutes(40), reason: "Something urgent came up at work", ..call(serial, now) }.body()]
        }),
        sample("After the start", "The call should have begun ten minutes ago.", |serial, now| {
            vec![Call { starts_in: TimeDelta::minutes(-10), reason: "The link did not work", ..call(serial, now) }.body()]
        }),
        sample("No reason", "Not a word why.", |serial, now| vec![Call { reason: "", ..call(serial, now) }.body()]),
        sample("Repeat", "The same prospect each time: 2nd, 3rd, 4th cancellation.", |serial, now| {
            let mut body = Call {
                name: "Ruth Again",
                reason: "I need to reschedule once more, sorry",
                canceller: "Ruth Again".into(),
                ..call(serial, now)
            }
            .body();
            for part in ["invitee", "contact"] {
                body[part]["email"] = json!("ruth.again@prospect.example");
            }
            vec![body]
        }),
        sample("Hostile text", "Mentions, links, markup and templates in every field.", |serial, now| vec![hostile(serial, now)]),
        sample("Twelve at once", "A closer falls ill, and the whole day is cancelled.", |serial, now| {
            (0..12)
                .map(|at| {
                    let (starts_in, serial) = (TimeDelta::minutes(90 + 45 * i64::try_from(at).unwrap_or_default()), serial * 100 + at);
                    Call {
                        canceller: KIM.0.to_owned(),
                        host: KIM,
                        reason: "I am sick, doctor says two days in bed",
                        starts_in,
                        ..call(serial, now)
                    }
                    .body()
                })
                .collect()
        }),
    ]
}

fn sample(name: &str, about: &str, make: impl Fn(u64, DateTime<Utc>) -> Vec<Value> + Send + Sync + 'static) -> Sample {
    Sample { name: name.to_owned(), about: about.to_owned(), make: Arc::new(make) }
}

/// An ordinary cancellation by the invitee; the serial number picks who it is.
fn call(serial: u64, now: DateTime<Utc>) -> Call {
    let (name, revenue) = usize::try_from(serial).ok().and_then(|at| LEADS.get(at % LEADS.len())).copied().unwrap_or(LEADS[0]);
    Call {
        serial,
        now,
        name,
        event: "Strategy Call",
        host: ALEX,
        setter: Some(SAM),
        canceller: name.to_owned(),
        reason: "We picked another vendor, sorry about that",
        starts_in: TimeDelta::hours(46),
        answers: vec![
            ("What is your monthly revenue?", revenue.to_owned()),
            ("What would make this call a success?", "A clear plan to get from referrals to a steady pipeline".to_owned()),
            ("How did you hear about us?", "A friend sent me your newsletter".to_owned()),
            ("Anything we should know before the call?", "My co-founder may join for the second half".to_owned()),
        ],
    }
}

impl Call {
    fn body(self) -> Value {
        let id = 1_800_000 + self.serial;
        let start = quarter(self.now + self.starts_in, self.starts_in);
        let lead_zone = chrono::FixedOffset::east_opt(3_600).map_or_else(|| start.fixed_offset(), |zone| start.with_timezone(&zone));
        let (first, last) = self.name.split_once(' ').unwrap_or((self.name, ""));
        let email = format!("{}.{id}@prospect.example", ascii(first));
        let phone = format!("+1555{id:07}");
        let cancelled = self.now.to_rfc3339_opts(SecondsFormat::Millis, true);
        let minutes = |minutes| (start + TimeDelta::minutes(minutes)).to_rfc3339_opts(SecondsFormat::Secs, true);
        let answers: Vec<Value> = std::iter::once(json!({ "question": "Phone Number", "answer": phone }))
            .chain(self.answers.iter().map(|(question, answer)| json!({ "question": question, "answer": answer })))
            .collect();
        let setter = self.setter.map(|(name, email)| json!({ "name": name, "email": email }));
        json!({
            "hookType": "Call canceled",
            "event_type": {
                "uuid": 22084, "kind": "Round Robin", "slug": "strategy-call", "name": self.event, "duration": 45,
                "durationUnit": "MINUTES", "owner": { "type": "closer" }, "type": "STRATEGY_EVENT"
            },
            "event": {
                "uuid": id, "callPreviewId": format!("call_demo{id}"),
                "closerName": self.host.0, "closerEmail": self.host.1, "closerTimezone": "America/New_York",
                "assigned_to": { "1": self.host.0 },
                "extended_assigned_to": { "1": { "name": self.host.0, "email": self.host.1, "primary": true } },
                "utc_start_time": minutes(0), "start_time": minutes(0), "end_time": minutes(45),
                "invitee_start_time": lead_zone.to_rfc3339_opts(SecondsFormat::Secs, true),
                "created_at": (self.now - TimeDelta::days(3)).to_rfc3339_opts(SecondsFormat::Secs, true),
                "type": "STRATEGY_CALL", "location": "https://meet.google.com/abc-defg-hij",
                "eventLink": "https://app.iclosed.io/e/acme/strategy-call",
                "rescheduleLink": format!("https://app.iclosed.io/r/demo-{id}"), "cancelLink": format!("https://app.iclosed.io/c/demo-{id}"),
                "canceled": true, "canceler_name": self.canceller, "cancel_reason": self.reason, "canceled_at": cancelled,
                "setter": setter
            },
            "invitee": {
                "uuid": id, "first_name": first, "last_name": last, "name": self.name, "email": email, "text_reminder_number": phone,
                "previewUrl": format!("https://app.iclosed.io/app/global-data?contactPreviewId=contact_demo{id}"), "is_reschedule": false,
                "canceled": true, "canceler_name": self.canceller, "cancel_reason": self.reason, "canceled_at": cancelled
            },
            "contact": { "id": id, "previewId": format!("contact_demo{id}"), "firstName": first, "lastName": last, "email": email, "phoneNumber": phone },
            "questions_and_answers": answers,
            "tracking": { "utm_source": "newsletter", "utm_medium": "email", "utm_campaign": "spring-launch" }
        })
    }
}

fn hostile(serial: u64, now: DateTime<Utc>) -> Value {
    let mut body = Call { reason: HOSTILE, ..call(serial, now) }.body();
    let name = format!("Zoë {HOSTILE}");
    body["invitee"]["name"] = json!(name);
    body["invitee"]["first_name"] = json!(name);
    body["event"]["canceler_name"] = json!(name);
    body["invitee"]["canceler_name"] = json!(name);
    body["event_type"]["name"] = json!(format!("Call {HOSTILE}"));
    body["invitee"]["previewUrl"] = json!("javascript:alert(1)");
    body["questions_and_answers"] = json!([{ "question": HOSTILE, "answer": HOSTILE }]);
    body["tracking"]["utm_source"] = json!(HOSTILE);
    body
}

/// Calls that lie ahead begin on a quarter of an hour, as booked calls do.
fn quarter(at: DateTime<Utc>, starts_in: TimeDelta) -> DateTime<Utc> {
    if starts_in < TimeDelta::hours(1) {
        return at;
    }
    let quarter = 15 * 60;
    DateTime::from_timestamp(at.timestamp() / quarter * quarter, 0).unwrap_or(at)
}

fn ascii(name: &str) -> String {
    let letters: String = name.chars().filter(char::is_ascii_alphabetic).collect();
    letters.to_lowercase()
}
