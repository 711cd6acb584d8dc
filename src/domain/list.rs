//! Lists of follow-ups: what is the most urgent, and what can be done about one right in the list.

use std::cmp::Reverse;

use chrono::{DateTime, Utc};

use super::follow_up::{FollowUp, State};
use super::identity::normal_name;
use super::message::{ControlKind, Press};

/// A list that can be shown anew: which, and which page of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Listing {
    /// Only those of whoever asks?
    pub mine: bool,
    /// Counted from 1.
    pub page: u16,
}

impl Listing {
    /// The name in ids: `o2`, `m1`.
    #[must_use]
    pub fn name(self) -> String {
        format!("{}{}", if self.mine { 'm' } else { 'o' }, self.page)
    }

    /// The list of that [`name`](Self::name).
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        let (mine, page) = match name.split_at_checked(1)? {
            ("m", page) => (true, page),
            ("o", page) => (false, page),
            _ => return None,
        };
        let number: u16 = page.parse().ok()?;
        (number > 0 && number.to_string() == page).then_some(Self { mine, page: number })
    }
}

/// Sorts them, the most urgent first: calls that were to start soonest, then those whose time is over, the latest first; equals by
/// notice, the shorter first, then by age. What sleeps comes last.
pub fn by_urgency(follow_ups: &mut [FollowUp], now: DateTime<Utc>) {
    follow_ups.sort_by_key(|follow_up| {
        let case = &follow_up.case;
        let start = case.cancellation.call.start.instant().map(|start| start.timestamp_millis());
        let ahead = start.filter(|start| *start >= now.timestamp_millis());
        let notice = case.notice.minutes().unwrap_or(i64::MAX);
        (follow_up.snoozed_until.is_some(), ahead.is_none(), ahead, Reverse(start), notice, follow_up.opened_at, follow_up.id)
    });
}

/// Those of the invitees with that name; where there are none, those whose names have all its words.
#[must_use]
pub fn named(follow_ups: Vec<FollowUp>, typed: &str) -> Vec<FollowUp> {
    let Some(wanted) = normal_name(typed) else {
        return Vec::new();
    };
    let names = |follow_up: &FollowUp| -> Vec<String> {
        let invitee = &follow_up.case.cancellation.call.invitee;
        invitee.name.iter().chain(&invitee.other_names).filter_map(|name| normal_name(name)).collect()
    };
    let (same, others): (Vec<FollowUp>, Vec<FollowUp>) = follow_ups.into_iter().partition(|follow_up| names(follow_up).contains(&wanted));
    if !same.is_empty() {
        return same;
    }
    let has_all = |name: &String| wanted.split(' ').all(|word| name.split(' ').any(|other| other == word));
    others.into_iter().filter(|follow_up| names(follow_up).iter().any(has_all)).collect()
}

/// Could it be meant by what somebody typed so far: the begin of its id, or a part of the lead's name or address?
#[must_use]
pub fn begins(follow_up: &FollowUp, typed: &str) -> bool {
    let typed = typed.trim().trim_start_matches('#').to_lowercase();
    let invitee = &follow_up.case.cancellation.call.invitee;
    let mut known = invitee.name.iter().chain(&invitee.email);
    follow_up.short_id.as_str().to_lowercase().starts_with(&typed) || known.any(|known| known.to_lowercase().contains(&typed))
}

impl FollowUp {
    /// What its line in a list offers to press.
    #[must_use]
    pub fn controls_in_list(&self) -> &'static [(Press, ControlKind)] {
        const REST: [(Press, ControlKind); 2] = [(Press::Close, ControlKind::Button), (Press::Details, ControlKind::Button)];
        const OPEN: [(Press, ControlKind); 3] = [(Press::Claim, ControlKind::Button), REST[0], REST[1]];
        const OWNED: [(Press, ControlKind); 3] = [(Press::TakeOver, ControlKind::Button), REST[0], REST[1]];
        const CLOSED: [(Press, ControlKind); 2] = [(Press::Reopen, ControlKind::Button), (Press::Details, ControlKind::Button)];
        match self.state {
            State::Open => &OPEN,
            State::Assigned { .. } => &OWNED,
            State::Rebooked { .. } | State::Lost | State::Dismissed => &CLOSED,
        }
    }

    /// What its line in its owner's own list offers to press.
    #[must_use]
    pub fn controls_for_owner(&self) -> &'static [(Press, ControlKind)] {
        const OWN: [(Press, ControlKind); 4] = [
            (Press::Reschedule, ControlKind::Button),
            (Press::Snooze, ControlKind::Button),
            (Press::Close, ControlKind::Button),
            (Press::Details, ControlKind::Button),
        ];
        &OWN
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_known_by_their_names_to_the_letter() {
        for list in [Listing { mine: true, page: 1 }, Listing { mine: false, page: 40 }] {
            assert_eq!(Listing::parse(&list.name()), Some(list));
        }
        for odd in ["", "o", "d", "o0", "o-1", "o+1", "o01", "m99999999", "x1", "\u{f6}1"] {
            assert_eq!(Listing::parse(odd), None, "{odd}");
        }
    }
}
