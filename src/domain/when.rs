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
            Self::AfterStart(nearest_minute(-notice))
        } else if notice <= Self::LATE {
            Self::Late(nearest_minute(notice))
        } else {
            Self::Early(nearest_minute(notice))
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

fn nearest_minute(span: TimeDelta) -> Minutes {
    (span + TimeDelta::seconds(30)).num_minutes()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn notice_is_late_within_a_day_and_after_the_start_its_own() {
        let start = DateTime::from_timestamp(1_795_000_000, 0);
        for (seconds_before, expected) in [
            (48 * 3_600, Notice::Early(2_880)),
            (24 * 3_600 + 60, Notice::Early(1_441)),
            (24 * 3_600, Notice::Late(1_440)),
            (2_399, Notice::Late(40)),
            (10, Notice::Late(0)),
            (0, Notice::AfterStart(0)),
            (-600, Notice::AfterStart(10)),
        ] {
            let cancelled = start.map(|start| start - TimeDelta::seconds(seconds_before));
            assert_eq!(Notice::between(cancelled, start), expected, "{seconds_before} s before");
        }
        assert_eq!(Notice::between(None, start), Notice::Unknown);
        assert_eq!(Notice::between(start, None).minutes(), None);
    }
}
