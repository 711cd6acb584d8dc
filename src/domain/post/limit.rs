//! How long to wait for a platform that wants less of us.

use chrono::TimeDelta;

use super::{Extent, RETRY_AFTER};

/// Where a limit of the whole platform says no time: what stands before a platform bans an address that goes on asking.
const PLATFORM_LEAST: TimeDelta = TimeDelta::seconds(60);
/// The longest pause of a channel or a kind of request that nobody asked for in figures.
const GUESSED_MOST: TimeDelta = TimeDelta::seconds(60);

/// What is waited where a platform asked for so long, zero if it said no time that can be kept. Such a pause is guessed: it doubles with
/// each try in a row, `attempt` of which failed before.
#[must_use]
pub fn pause_asked(asked: TimeDelta, extent: Extent, attempt: u32) -> TimeDelta {
    let (least, most) = RETRY_AFTER;
    if asked > TimeDelta::zero() {
        return asked.clamp(least, most);
    }
    let (shortest, longest) = match extent {
        Extent::Message | Extent::Channel | Extent::Method | Extent::Opening => (least, GUESSED_MOST),
        Extent::Platform => (PLATFORM_LEAST, most),
    };
    (0..attempt).take(16).fold(shortest, |pause, _| (pause * 2).min(longest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_asked_is_kept_within_bounds_and_what_is_not_is_guessed() {
        for (asked, extent, attempt, expected) in [
            (1_500, Extent::Channel, 9, 1_500),
            (1, Extent::Platform, 9, 1_000),
            (86_400_000, Extent::Channel, 0, 900_000),
            (0, Extent::Channel, 0, 1_000),
            (0, Extent::Method, 3, 8_000),
            (0, Extent::Opening, 400, 60_000),
            (0, Extent::Platform, 0, 60_000),
            (0, Extent::Platform, 1, 120_000),
            (0, Extent::Platform, u32::MAX, 900_000),
        ] {
            let pause = pause_asked(TimeDelta::milliseconds(asked), extent, attempt);
            assert_eq!(pause.num_milliseconds(), expected, "{asked} {extent:?} {attempt}");
        }
    }
}
