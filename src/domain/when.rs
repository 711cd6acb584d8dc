//! Times as iClosed gives them: an instant where one can be read, else the words as written.

use chrono::{DateTime, FixedOffset, TimeDelta, Utc};
use serde::{Deserialize, Serialize};

/// When something is or was.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Moment {
    /// An instant that the payload states without doubt.
    Known(DateTime<Utc>),
    /// An instant that was read from local time in a zone that may be wrong (`hosts_time_zone_fallback`).
    Assumed(DateTime<Utc>),
    /// Words that no instant could be read from, as written.
    Unreadable(String),
    /// Nothing was said.
    Missing,
}

impl Moment {
    /// The instant, known or assumed.
    #[must_use]
    pub fn instant(&self) -> Option<DateTime<Utc>> {
        match self {
            Self::Known(at) | Self::Assumed(at) => Some(*at),
            Self::Unreadable(_) | Self::Missing => None,
        }
    }
}

/// The local clock of the invitee at the start of the call, as the payload's offset gives it.
pub type LocalTime = DateTime<FixedOffset>;

/// How long before the start a call was cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// More than [`Notice::LATE`] before the start.
    Early(Minutes),
    /// At most [`Notice::LATE`] before the start.
    Late(Minutes),
    /// At or after the start; minutes since the start.
    AfterStart(Minutes),
    /// Start or time of cancellation is not known.
    Unknown,
}

/// Whole minutes, never negative.
pub type Minutes = i64;

impl Notice {
    /// A cancellation this close to the start is a late one: the slot can hardly be filled again.
    pub const LATE: TimeDelta = TimeDelta::hours(24);

    /// The notice given by a cancellation at `cancelled_at` of a call that starts at `start`.
    #[must_use]
    pub fn between(cancelled_at: Option<DateTime<Utc>>, start: Option<DateTime<Utc>>) -> Self {
        let (Some(cancelled_at), Some(start)) = (cancelled_at, start) else {
            return Self::Unknown;
        };
        let notice = start - cancelled_at;
        if notice <= TimeDelta::zero() {
            Self::AfterStart(-notice.num_minutes())
        } else if notice <= Self::LATE {
            Self::Late(notice.num_minutes())
        } else {
            Self::Early(notice.num_minutes())
        }
    }

    /// Minutes before the start; negative after it.
    #[must_use]
    pub fn minutes(self) -> Option<i64> {
        match self {
            Self::Early(minutes) | Self::Late(minutes) => Some(minutes),
            Self::AfterStart(minutes) => Some(-minutes),
            Self::Unknown => None,
        }
    }
}
