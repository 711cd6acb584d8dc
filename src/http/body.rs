//! Reads bodies whole, within a limit and a time, before anything else is done with them.
//!
//! Slack's and Discord's signatures are over the whole body, so bodies of strangers are held until they have come. What all of them may
//! hold together is bounded.

use std::pin::pin;
use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::BodyExt;
use tokio::sync::Semaphore;

/// How long a client may take to send a body.
const PATIENCE: Duration = Duration::from_secs(5);
/// Bytes of each body that are always taken; hardly any good body is longer.
const FREE: usize = 16 * 1024;
/// Bytes that all bodies on their way may hold together beyond those.
const TOGETHER: usize = 32 * 1024 * 1024;

/// Why a body is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadBody {
    /// It is longer than the limit.
    TooLarge,
    /// It did not arrive in time.
    TooSlow,
    /// It is compressed; nobody who sends to us does that, and it may unpack to anything.
    Encoded,
    /// Too many long bodies are on their way.
    Crowded,
    /// The connection broke, or the framing is wrong.
    Broken,
}

/// What bodies on their way may still take.
pub(super) struct Allowance(Semaphore);

impl Default for Allowance {
    fn default() -> Self {
        Self(Semaphore::new(TOGETHER))
    }
}

impl IntoResponse for BadBody {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "the body is too large\n"),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time\n"),
            Self::Encoded => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "send the body without content encoding\n"),
            Self::Crowded => (StatusCode::SERVICE_UNAVAILABLE, "too many long bodies are on their way\n"),
            Self::Broken => (StatusCode::BAD_REQUEST, "the body could not be read\n"),
        };
        // What is left of the body is not read, so the connection cannot be used again.
        let mut answer = (status, [(header::CONNECTION, "close")], text).into_response();
        if self == Self::Crowded {
            answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from_static("10"));
        }
        answer
    }
}

/// The whole body, if it is at most `limit` bytes.
pub(super) async fn read(headers: &HeaderMap, body: Body, limit: usize, allowance: &Allowance) -> Result<Bytes, BadBody> {
    if headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(BadBody::Encoded);
    }
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(BadBody::TooLarge);
    }
    tokio::time::timeout(PATIENCE, collect(body, limit, allowance)).await.unwrap_or(Err(BadBody::TooSlow))
}

async fn collect(body: Body, limit: usize, allowance: &Allowance) -> Result<Bytes, BadBody> {
    let mut body = pin!(body);
    let mut whole = Vec::new();
    let mut taken = allowance.0.try_acquire_many(0).map_err(|_| BadBody::Crowded)?;
    while let Some(frame) = body.frame().await {
        let Ok(data) = frame.map_err(|_| BadBody::Broken)?.into_data() else { continue };
        if whole.len() + data.len() > limit {
            return Err(BadBody::TooLarge);
        }
        whole.extend_from_slice(&data);
        let beyond = whole.len().saturating_sub(FREE).saturating_sub(taken.num_permits());
        let more = u32::try_from(beyond).ok().and_then(|beyond| allowance.0.try_acquire_many(beyond).ok());
        taken.merge(more.ok_or(BadBody::Crowded)?);
    }
    Ok(whole.into())
}
