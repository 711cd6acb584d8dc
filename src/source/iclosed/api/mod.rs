//! iClosed's public API: free times, new times, bookings, and the list of cancelled calls.
//!
//! Each function asks once, waits only so long, and says surely done, surely not done, or unclear. It must not repeat what changes
//! something, and no JSON value leaves it.

mod answer;
mod call;

use std::time::Duration;

use chrono::{DateTime, Days, NaiveDate, SecondsFormat, TimeDelta, Utc};
use chrono_tz::Tz;
use reqwest::header::{AUTHORIZATION, HeaderValue};
use reqwest::{Client, Method, RequestBuilder, Url, redirect};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};

use crate::domain::event::Staff;
use crate::domain::identity::normal_phone;

pub use call::{About, Missed, Planned, Standing};

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Longest answer that is read: a hundred calls with long forms.
const ANSWER_MOST: usize = 4 << 20;
/// Days that are asked for.
const DAYS: u64 = 7;
/// With so many free times no further day is asked for: iClosed takes twenty requests in ten seconds.
const ENOUGH: usize = 12;
/// Free times that are given: both platforms take 25 in a menu.
const TIMES: usize = 25;

/// iClosed's API with one account's key.
pub struct Api {
    client: Client,
    base: String,
    key: HeaderValue,
}

/// There can be no client.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// The key has characters that no header can carry.
    #[error("the API key has characters that no key has")]
    Key,
    /// The HTTP client could not be set up.
    #[error("the HTTP client could not be set up")]
    Client,
}

/// What was not done, or perhaps not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApiError {
    /// Not done: iClosed says why.
    Refused(String),
    /// Not done: the key is missing, wrong, expired, or may not do that.
    KeyRefused,
    /// Not done: too many requests.
    Limited {
        /// When to ask again.
        retry_after: TimeDelta,
    },
    /// Not done: nothing left us.
    NotSent,
    /// Nobody knows: no answer, half of one, or a failure of theirs.
    Unclear,
}

impl ApiError {
    /// The name in logs and metrics.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Refused(_) => "refused",
            Self::KeyRefused => "key_refused",
            Self::Limited { .. } => "limited",
            Self::NotSent => "not_sent",
            Self::Unclear => "unclear",
        }
    }

    /// When to ask again, where iClosed says so.
    #[must_use]
    pub fn retry_after(&self) -> Option<TimeDelta> {
        match self {
            Self::Limited { retry_after } => Some(*retry_after),
            Self::Refused(_) | Self::KeyRefused | Self::NotSent | Self::Unclear => None,
        }
    }
}

/// A booking.
#[derive(Debug, Clone)]
pub struct NewCall<'a> {
    /// `account/event`.
    pub link_prefix: &'a str,
    /// When it starts.
    pub start: DateTime<Utc>,
    /// The invitee's zone.
    pub zone: Tz,
    /// The invitee.
    pub who: Who<'a>,
    /// The invitee's name.
    pub name: Option<&'a str>,
}

/// By what iClosed knows an invitee.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who<'a> {
    /// An address.
    Email(&'a str),
    /// iClosed's own number of the contact.
    Contact(i64),
    /// A whole number with its country code.
    Phone(&'a str),
}

impl Api {
    /// A client; asks nothing yet.
    ///
    /// # Errors
    /// [`BuildError`]
    pub fn new(base: &str, key: &SecretString, request_timeout: Duration) -> Result<Self, BuildError> {
        let mut key = HeaderValue::from_str(&format!("Bearer {}", key.expose_secret())).map_err(|_| BuildError::Key)?;
        key.set_sensitive(true);
        let client = Client::builder()
            .user_agent(concat!("rebound/", env!("CARGO_PKG_VERSION")))
            .redirect(redirect::Policy::none())
            .no_proxy()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(request_timeout)
            .build()
            .map_err(|_| BuildError::Client)?;
        Ok(Self { client, base: base.trim_end_matches('/').to_owned(), key })
    }

    /// When that event can be booked in the next days, soonest first, of several days if there are several. iClosed answers nothing for a
    /// day that is over although later ones are free, and how many days one answer is about is not documented, so each day is asked for
    /// that no answer was about.
    ///
    /// # Errors
    /// [`ApiError`], where not even some times are known.
    pub async fn free_times(&self, link_prefix: &str, zone: Tz, now: DateTime<Utc>) -> Result<Vec<DateTime<Utc>>, ApiError> {
        let today = now.with_timezone(&zone).date_naive();
        let mut times: Vec<DateTime<Utc>> = Vec::new();
        let mut enough = false;
        for day in (0..DAYS).filter_map(|days| today.checked_add_days(Days::new(days))) {
            if times.last().is_some_and(|last| last.with_timezone(&zone).date_naive() >= day) {
                continue;
            }
            match self.free_times_of(link_prefix, zone, day).await {
                Ok(told) => times.extend(answer::slots(&told, zone).into_iter().filter(|time| *time > now)),
                Err(error) if times.is_empty() => return Err(error),
                Err(_) => break,
            }
            times.sort_unstable();
            times.dedup();
            let days = [times.first(), times.last()].map(|time| time.map(|time| time.with_timezone(&zone).date_naive()));
            // Where all of them are of one day, one more is asked for and no more: somebody waits.
            if enough || times.len() >= ENOUGH && days[0] != days[1] {
                break;
            }
            enough = times.len() >= ENOUGH;
        }
        Ok(answer::spread(times, zone, TIMES))
    }

    /// Gives the call another time, told on the invitee's clock; gives whose call it is, where iClosed says so.
    ///
    /// # Errors
    /// [`ApiError`]
    pub async fn reschedule(&self, id: i64, start: DateTime<Utc>, zone: Tz, reason: &str) -> Result<Option<Staff>, ApiError> {
        let body = json!({ "id": id, "dateTime": spelt(start), "timeZone": zone.name(), "rescheduleReason": reason });
        let told = self.send(self.ask(Method::PUT, "/v1/eventCalls/reschedule", &[])?.json(&body)).await?;
        answer::confirmed(&told)
    }

    /// Books a call; gives whose call it is, where iClosed says so.
    ///
    /// # Errors
    /// [`ApiError`]
    pub async fn book(&self, call: &NewCall<'_>) -> Result<Option<Staff>, ApiError> {
        let (first, last) = call.name.map_or(("", ""), |name| name.split_once(' ').unwrap_or((name, "")));
        let (key, who) = match call.who {
            Who::Email(email) => ("email", json!(email)),
            Who::Contact(id) => ("contactId", json!(id)),
            Who::Phone(number) => ("phoneNumber", json!(number)),
        };
        let body = json!({
            "dateTime": spelt(call.start), "timeZone": call.zone.name(), "linkPrefix": call.link_prefix, key: who,
            "firstName": first.chars().take(25).collect::<String>(), "lastName": last.chars().take(25).collect::<String>()
        });
        let told = self.send(self.ask(Method::POST, "/v1/eventCalls", &[])?.json(&body)).await?;
        answer::confirmed(&told)
    }

    /// Whether the call takes place, and what iClosed knows of it.
    ///
    /// # Errors
    /// [`ApiError`]
    pub async fn standing(&self, id: &str) -> Result<Standing, ApiError> {
        let is_it = |item: &&Value| call::id(item).as_deref() == Some(id);
        let told = self.send(self.ask(Method::GET, "/v1/eventCalls", &[("ids", id)])?).await?;
        // Whether the list without types holds cancelled calls is not known.
        let cancelled = self.send(self.ask(Method::GET, "/v1/eventCalls", &[("ids", id), ("types", "cancelled_events")])?).await?;
        let (listed, cancelled) = (call::items(&told).iter().find(is_it), call::items(&cancelled).iter().find(is_it));
        let planned = if cancelled.is_some() { None } else { listed.and_then(call::planned) };
        Ok(Standing { planned, about: listed.or(cancelled).map(call::about).unwrap_or_default() })
    }

    /// The calls of that invitee that are still to come, as far as they are not cancelled.
    ///
    /// # Errors
    /// [`ApiError`]
    pub async fn planned(&self, who: Who<'_>, now: DateTime<Utc>) -> Result<Vec<Planned>, ApiError> {
        let contact;
        let by = match who {
            Who::Email(email) => ("inviteeEmails", email),
            Who::Contact(id) => {
                contact = id.to_string();
                ("contactId", contact.as_str())
            }
            Who::Phone(number) => ("search", number),
        };
        let query = [by, ("types", "scheduled_events,rescheduled_events"), ("limit", "100")];
        let told = self.send(self.ask(Method::GET, "/v1/eventCalls", &query)?).await?;
        // What is searched for may be found in other fields.
        let theirs = |item: &&Value| match who {
            Who::Email(_) | Who::Contact(_) => true,
            Who::Phone(number) => item["phoneNumber"].as_str().and_then(normal_phone) == normal_phone(number),
        };
        Ok(call::items(&told).iter().filter(theirs).filter_map(call::planned).filter(|call| call.start > now).collect())
    }

    /// What iClosed knows of a call besides its webhook; `None` where it knows no such call.
    ///
    /// # Errors
    /// [`ApiError`]
    pub async fn about(&self, id: &str) -> Result<Option<About>, ApiError> {
        let told = self.send(self.ask(Method::GET, "/v1/eventCalls", &[("ids", id), ("types", "cancelled_events")])?).await?;
        Ok(call::items(&told).iter().find(|item| call::id(item).as_deref() == Some(id)).map(call::about))
    }

    /// The calls that were cancelled last, at most a hundred.
    ///
    /// # Errors
    /// [`ApiError`]
    pub async fn cancelled(&self) -> Result<Vec<Missed>, ApiError> {
        let query = [("types", "cancelled_events"), ("orderColumn", "updatedAt"), ("orderBy", "desc"), ("limit", "100")];
        let told = self.send(self.ask(Method::GET, "/v1/eventCalls", &query)?).await?;
        Ok(call::items(&told).iter().filter_map(call::missed).collect())
    }

    async fn free_times_of(&self, link_prefix: &str, zone: Tz, day: NaiveDate) -> Result<Value, ApiError> {
        let body = json!({ "linkPrefix": link_prefix, "timeZone": zone.name(), "currentDate": day.to_string() });
        self.send(self.ask(Method::POST, "/v1/events/eventDates", &[])?.json(&body)).await
    }

    fn ask(&self, method: Method, path: &str, query: &[(&str, &str)]) -> Result<RequestBuilder, ApiError> {
        let address = format!("{}{path}", self.base);
        let url = if query.is_empty() { Url::parse(&address) } else { Url::parse_with_params(&address, query) };
        Ok(self.client.request(method, url.map_err(|_| ApiError::NotSent)?).header(AUTHORIZATION, self.key.clone()))
    }

    async fn send(&self, request: RequestBuilder) -> Result<Value, ApiError> {
        let failed = |error: &reqwest::Error| if error.is_builder() || error.is_connect() { ApiError::NotSent } else { ApiError::Unclear };
        let mut response = request.send().await.map_err(|error| failed(&error))?;
        let (status, mut body) = (response.status().as_u16(), Vec::new());
        while let Some(chunk) = response.chunk().await.map_err(|_| ApiError::Unclear)? {
            if body.len() + chunk.len() > ANSWER_MOST {
                return Err(ApiError::Unclear);
            }
            body.extend_from_slice(&chunk);
        }
        answer::read(status, &body)
    }
}

fn spelt(time: DateTime<Utc>) -> String {
    time.to_rfc3339_opts(SecondsFormat::Millis, true)
}
