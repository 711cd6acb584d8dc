//! Reads bodies whole, within a limit and a time, before anything else is done with them.

use std::time::Duration;

use axum::body::{Body, Bytes};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};
use http_body_util::{BodyExt, LengthLimitError, Limited};

/// How long a client may take to send a body.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why a body is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BadBody {
    /// It is longer than the limit.
    TooLarge,
    /// It did not arrive in time.
    TooSlow,
    /// It is compressed; nobody who sends to us does that, and it may unpack to anything.
    Encoded,
    /// The connection broke, or the framing is wrong.
    Broken,
}

impl IntoResponse for BadBody {
    fn into_response(self) -> Response {
        let (status, text) = match self {
            Self::TooLarge => (StatusCode::PAYLOAD_TOO_LARGE, "the body is too large\n"),
            Self::TooSlow => (StatusCode::REQUEST_TIMEOUT, "the body did not arrive in time\n"),
            Self::Encoded => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "send the body without content encoding\n"),
            Self::Broken => (StatusCode::BAD_REQUEST, "the body could not be read\n"),
        };
        // What is left of the body is not read, so the connection cannot be used again.
        (status, [(header::CONNECTION, "close")], text).into_response()
    }
}

/// The whole body, if it is at most `limit` bytes.
pub(super) async fn read(headers: &HeaderMap, body: Body, limit: usize) -> Result<Bytes, BadBody> {
    if headers.get(header::CONTENT_ENCODING).is_some_and(|encoding| encoding != "identity") {
        return Err(BadBody::Encoded);
    }
    let announced = headers.get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse::<u64>().ok());
    if announced.is_some_and(|length| length > limit as u64) {
        return Err(BadBody::TooLarge);
    }
    match tokio::time::timeout(PATIENCE, Limited::new(body, limit).collect()).await {
        Err(_) => Err(BadBody::TooSlow),
        Ok(Ok(whole)) => Ok(whole.to_bytes()),
        Ok(Err(error)) if error.is::<LengthLimitError>() => Err(BadBody::TooLarge),
        Ok(Err(_)) => Err(BadBody::Broken),
    }
}
