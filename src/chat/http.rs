//! The one way out: a client that follows nothing, waits only so long and reads only so much, and says of each failure whether the
//! request may have arrived. What both platforms' signed requests have in common is checked here, too.

use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::header::{DATE, HeaderMap, HeaderValue, RETRY_AFTER};
use reqwest::{Client, RequestBuilder, Url, redirect};
use secrecy::{ExposeSecret, SecretString};

use super::Denied;
use crate::domain::post::{Extent, Outcome};

/// Longest wait for a connection.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// Longest answer to a message that is read; what is longer is no answer of the platform's.
pub(super) const ANSWER_MOST: usize = 1 << 20;
/// Longest page of a channel's history that is read: a hundred messages of the greatest size.
pub(super) const PAGE_MOST: usize = 4 << 20;
/// How often one look asks again for a page of a history.
const AGAIN_MOST: u32 = 3;
/// The longest `Retry-After` that is believed at all, in seconds; the domain shortens it further.
const RETRY_AFTER_MOST: f64 = 86_400.0;

/// How far the time of a signature may be from ours, in seconds; both platforms say five minutes.
const SIGNATURE_AGE: u64 = 300;

/// The client could not be made.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// An address is not http(s), or has a query or a fragment.
    #[error("an address is not http or https, or has a ? or # in it")]
    Address,
    /// The token has characters that no header can carry.
    #[error("the token has characters that no token has")]
    Token,
    /// The HTTP client could not be set up.
    #[error("the HTTP client could not be set up")]
    Client,
}

/// An answer that arrived whole.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) status: u16,
    /// What `Retry-After` asks for.
    pub(super) retry_after: Option<TimeDelta>,
    /// What time the platform says it is.
    pub(super) date: Option<DateTime<Utc>>,
    pub(super) body: Vec<u8>,
}

/// What time the platform said it was in its last answer, until somebody compares it with ours.
#[derive(Debug, Default)]
pub(super) struct LastDate(Mutex<Option<(DateTime<Utc>, Instant)>>);

impl LastDate {
    pub(super) fn note(&self, answer: &Answer) {
        if let Some(date) = answer.date {
            *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some((date, Instant::now()));
        }
    }

    /// What time it is there by now. Once only: an old answer says ever less about it.
    pub(super) fn take(&self) -> Option<DateTime<Utc>> {
        let (date, heard) = self.0.lock().unwrap_or_else(PoisonError::into_inner).take()?;
        Some(date + TimeDelta::from_std(heard.elapsed()).ok()?)
    }
}

/// No whole answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Failure {
    /// Nothing of the request left us.
    NotSent,
    /// The request may have arrived.
    Unknown(&'static str),
}

impl From<Failure> for Outcome {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::NotSent => Self::NotDone { retry_after: None, extent: Extent::Channel, why: "no connection".to_owned() },
            Failure::Unknown(why) => Self::Unclear { why: why.to_owned() },
        }
    }
}

/// The client of one platform.
pub(super) fn client(user_agent: &str, request_timeout: Duration) -> Result<Client, BuildError> {
    Client::builder()
        .user_agent(user_agent)
        .redirect(redirect::Policy::none())
        .no_proxy()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(request_timeout)
        .build()
        .map_err(|_| BuildError::Client)
}

/// An address below which there are others: http(s), without query and fragment.
pub(super) fn base(address: &str) -> Result<Url, BuildError> {
    let url = Url::parse(address).map_err(|_| BuildError::Address)?;
    if !matches!(url.scheme(), "http" | "https") || url.query().is_some() || url.fragment().is_some() {
        return Err(BuildError::Address);
    }
    Ok(url)
}

/// The address of what lies below: a path that begins with a slash, and may have a query.
pub(super) fn below(base: &Url, path: &str) -> Url {
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query)));
    let mut url = base.clone();
    url.set_path(&format!("{}{path}", base.path().trim_end_matches('/')));
    url.set_query(query);
    url
}

/// The value of `Authorization`; it does not show itself.
pub(super) fn secret_header(scheme: &str, token: &SecretString) -> Result<HeaderValue, BuildError> {
    let mut value = HeaderValue::from_str(&format!("{scheme} {}", token.expose_secret())).map_err(|_| BuildError::Token)?;
    value.set_sensitive(true);
    Ok(value)
}

/// Sends once and reads the answer, of which at most `most` bytes are taken.
pub(super) async fn send(request: RequestBuilder, most: usize) -> Result<Answer, Failure> {
    Ok(send_and_see(request, most).await?.0)
}

/// The same, with the headers of the answer.
pub(super) async fn send_and_see(request: RequestBuilder, most: usize) -> Result<(Answer, HeaderMap), Failure> {
    let mut response = request.send().await.map_err(|error| failure(&error))?;
    let status = response.status().as_u16();
    let headers = response.headers().clone();
    let retry_after = retry_after(&headers);
    let mut body = Vec::new();
    while let Some(chunk) = response.chunk().await.map_err(|error| failure(&error))? {
        if body.len() + chunk.len() > most {
            return Err(Failure::Unknown("answer too long"));
        }
        body.extend_from_slice(&chunk);
    }
    let date = date(&headers);
    Ok((Answer { status, retry_after, date, body }, headers))
}

/// The pages that one look reads, counted, since they are what a platform limits.
#[derive(Debug, Default)]
pub(super) struct Pages {
    /// Requests that were made.
    pub(super) requests: u32,
    again: u32,
}

impl Pages {
    /// Reads one: what gave no answer is asked for again at once, a few times in a look, since one page that is missing leaves the look
    /// incomplete. A platform that asks to wait is obeyed.
    pub(super) async fn read<T, F>(&mut self, read: impl Fn() -> F) -> Result<T, Outcome>
    where
        F: Future<Output = Result<T, Outcome>>,
    {
        loop {
            self.requests += 1;
            match read().await {
                Err(Outcome::Unclear { .. } | Outcome::NotDone { retry_after: None, .. }) if self.again < AGAIN_MOST => self.again += 1,
                read => return read,
            }
        }
    }
}

/// What time the platform says it is.
pub(super) fn date(headers: &HeaderMap) -> Option<DateTime<Utc>> {
    let date = headers.get(DATE)?.to_str().ok()?;
    DateTime::parse_from_rfc2822(date).ok().map(|date| date.to_utc())
}

/// Seconds, whole or not, as [`TimeDelta`]; `None` for what asks for no time that we would keep.
pub(super) fn seconds(asked: f64) -> Option<TimeDelta> {
    #[expect(clippy::cast_possible_truncation, reason = "bounded above and below")]
    let milliseconds = (asked.min(RETRY_AFTER_MOST) * 1_000.0).ceil() as i64;
    (asked.is_finite() && asked >= 0.0).then(|| TimeDelta::milliseconds(milliseconds))
}

fn retry_after(headers: &HeaderMap) -> Option<TimeDelta> {
    headers.get(RETRY_AFTER)?.to_str().ok()?.trim().parse().ok().and_then(seconds)
}

/// What the error says of the request; its own words would hold the address.
fn failure(error: &reqwest::Error) -> Failure {
    if error.is_builder() || error.is_connect() {
        Failure::NotSent
    } else if error.is_timeout() {
        Failure::Unknown("no answer in time")
    } else if error.is_body() || error.is_decode() {
        Failure::Unknown("answer cut off")
    } else {
        Failure::Unknown("connection lost")
    }
}

/// The only value of a header.
pub(super) fn only<'a>(headers: &'a HeaderMap, name: &str) -> Result<&'a str, Denied> {
    let mut values = headers.get_all(name).iter();
    let first = values.next().ok_or(Denied::Missing)?;
    match values.next() {
        None => first.to_str().map_err(|_| Denied::Malformed),
        Some(_) => Err(Denied::Malformed),
    }
}

/// Checks the time of a signature: unsigned decimal digits, within five minutes of `now` either way.
pub(super) fn check_time(timestamp: &str, now: DateTime<Utc>) -> Result<(), Denied> {
    if timestamp.is_empty() || !timestamp.bytes().all(|b| b.is_ascii_digit()) {
        return Err(Denied::Malformed);
    }
    // More digits than fit are a time far away.
    let signed_at: i64 = timestamp.parse().map_err(|_| Denied::Stale)?;
    if now.timestamp().abs_diff(signed_at) <= SIGNATURE_AGE { Ok(()) } else { Err(Denied::Stale) }
}

/// Bytes of lower-case hexadecimal digits.
pub(super) fn unhex<const N: usize>(text: &str) -> Option<[u8; N]> {
    let mut bytes = [0; N];
    let is_read = !text.contains(|letter: char| letter.is_ascii_uppercase()) && hex::decode_to_slice(text, &mut bytes).is_ok();
    is_read.then_some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_put_below_every_address() {
        for (address, path, expected) in [
            ("https://h.example", "/x", "https://h.example/x"),
            ("https://h.example/", "/x", "https://h.example/x"),
            ("https://h.example/api", "/x", "https://h.example/api/x"),
            ("https://h.example/api//", "/x", "https://h.example/api/x"),
            ("http://127.0.0.1:8080", "/x/@me", "http://127.0.0.1:8080/x/@me"),
            ("https://h.example/api", "/x?limit=1&after=2", "https://h.example/api/x?limit=1&after=2"),
            ("https://h.example", "/x?a=b?c", "https://h.example/x?a=b?c"),
            ("https://h.example", "/a b#c/d%2Fe", "https://h.example/a%20b%23c/d%2Fe"),
        ] {
            let base = base(address).unwrap_or_else(|error| panic!("{address}: {error}"));
            assert_eq!(below(&base, path).as_str(), expected, "{address} {path}");
        }
    }

    #[test]
    fn what_nothing_lies_below_is_refused() {
        for address in ["", "h.example", "ftp://h.example", "mailto:a@h.example", "https://h.example/?a=b", "https://h.example/#a"] {
            assert!(matches!(base(address), Err(BuildError::Address)), "{address}");
        }
    }
}
