//! What an outcome means for others than its own post: who must rest and for how long, what it says of the token, what it is called.

use chrono::{DateTime, TimeDelta, Utc};

use super::Flow;
use crate::domain::platform::{Address, Platform};
use crate::domain::post::{BROKEN_PAUSE, Extent, Outcome, Step, pause_asked};
use crate::store::{Claimed, Method, Pause, Token};

impl Flow {
    /// What must rest after this send, and until when.
    pub(super) fn pauses_after(
        &self,
        claimed: &Claimed,
        outcome: &Outcome,
        asked: bool,
        now: DateTime<Utc>,
    ) -> Vec<(Pause, DateTime<Utc>)> {
        let address = &claimed.channel.address;
        // Slack counts edits by method, whatever the channel: https://docs.slack.dev/apis/web-api/rate-limits. They go out between two
        // messages. Discord counts both by channel.
        let is_paced = match (address.platform, &claimed.step) {
            (Platform::Slack, Step::Edit { .. }) => false,
            (Platform::Slack | Platform::Discord, _) => asked,
        };
        // Only a new message there proves that the channel takes them: Discord lets edits through that need no right, threads may be open.
        let is_new = matches!(claimed.step, Step::Create { .. }) && claimed.note.as_ref().is_none_or(|below| below.card.is_none());
        let is_proof = is_new && matches!(outcome, Outcome::Posted(_));
        let paced = if is_proof { Pause::Open(address.clone()) } else { Pause::Channel(address.clone()) };
        let own_pace = is_paced.then(|| (paced, now + self.rules.interval(address.platform)));
        // A thread may be closed to us, or nobody may start one, while the channel takes cards: then only the line waits.
        let only_the_thread = claimed.note.as_ref().is_some_and(|below| below.card.is_some())
            && matches!(outcome, Outcome::Closed { extent: Extent::Channel, .. });
        let wanted = rest(outcome, claimed.post.attempt).filter(|_| !only_the_thread).and_then(|Rest { extent, all, span }| {
            let pause = match extent {
                Extent::Message => return None,
                Extent::Channel => closed(address, outcome).unwrap_or_else(|| Pause::Channel(address.clone())),
                Extent::Method => Pause::Method(address.platform, Method::Edit),
                Extent::Opening => Pause::Method(address.platform, Method::Open),
                Extent::Platform => Pause::Method(address.platform, all),
            };
            Some((pause, now + span))
        });
        own_pace.into_iter().chain(wanted).collect()
    }
}

fn closed(address: &Address, outcome: &Outcome) -> Option<Pause> {
    if let Outcome::Closed { why, .. } = outcome { Some(Pause::Closed(address.clone(), why.clone())) } else { None }
}

/// What an answer says of the token that it was asked with.
pub(super) fn token_after(outcome: &Outcome) -> Token {
    match outcome {
        Outcome::Closed { extent: Extent::Platform, .. } => Token::Refused,
        Outcome::NotDone { .. } | Outcome::Unclear { .. } => Token::Unheard,
        Outcome::Closed { .. }
        | Outcome::Posted(_)
        | Outcome::Refused { .. }
        | Outcome::Deleted
        | Outcome::Found(_)
        | Outcome::FoundTwice(_)
        | Outcome::NotFound
        | Outcome::LookRefused { .. } => Token::Taken,
    }
}

/// Nothing was asked of anybody, or nothing that others could see.
pub(super) fn not_yet(why: &str) -> Outcome {
    Outcome::NotDone { retry_after: None, extent: Extent::Channel, why: why.to_owned() }
}

/// What a platform wants after an outcome.
pub(super) struct Rest {
    /// What is to rest.
    pub(super) extent: Extent,
    /// The pause where that is the whole platform.
    pub(super) all: Method,
    /// For how long.
    pub(super) span: TimeDelta,
}

/// What must rest after this outcome, before which so many tries failed; our own pace aside.
pub(super) fn rest(outcome: &Outcome, attempt: u32) -> Option<Rest> {
    match outcome {
        Outcome::NotDone { retry_after: Some(asked), extent, .. } => {
            Some(Rest { extent: *extent, all: Method::Any, span: pause_asked(*asked, *extent, attempt) })
        }
        Outcome::Closed { extent, .. } => Some(Rest { extent: *extent, all: Method::Token, span: BROKEN_PAUSE }),
        Outcome::Posted(_)
        | Outcome::NotDone { retry_after: None, .. }
        | Outcome::Refused { .. }
        | Outcome::Deleted
        | Outcome::Unclear { .. }
        | Outcome::Found(_)
        | Outcome::FoundTwice(_)
        | Outcome::NotFound
        | Outcome::LookRefused { .. } => None,
    }
}

/// The platform was taken out of the configuration while posts were waiting for it.
pub(super) fn not_configured() -> Outcome {
    Outcome::Closed { extent: Extent::Channel, why: "not_configured".to_owned() }
}

/// The label of metrics and logs, and why it did not succeed.
pub(super) fn in_words(outcome: &Outcome) -> (&'static str, Option<&str>) {
    match outcome {
        Outcome::Posted(_) => ("posted", None),
        Outcome::Found(_) => ("found", None),
        Outcome::FoundTwice(_) => ("found_twice", None),
        Outcome::NotFound => ("not_found", None),
        Outcome::Deleted => ("deleted", None),
        Outcome::NotDone { why, .. } => ("not_done", Some(why)),
        Outcome::Closed { why, .. } => ("closed", Some(why)),
        Outcome::Refused { why } => ("refused", Some(why)),
        Outcome::Unclear { why } => ("unclear", Some(why)),
        Outcome::LookRefused { why } => ("look_refused", Some(why)),
    }
}
