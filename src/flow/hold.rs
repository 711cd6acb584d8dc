//! One person books for a follow-up at a time, in all instances; and iClosed's webhook, which may be faster than its answer, finds here
//! who it is.
//!
//! It must not book anything.

use chrono::{DateTime, TimeDelta, Utc};

use super::Flow;
use super::act::{actor_of, past_ownership};
use super::book::BOOK_WITHIN;
use crate::chat::Visitor;
use crate::domain::act::Actor;
use crate::domain::platform::Platform;
use crate::domain::team::Team;
use crate::store::StoreError;

/// How much longer than a booking may take others are kept from booking, should we end meanwhile.
const MARGIN: TimeDelta = TimeDelta::seconds(15);

/// Who books which time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) platform: Platform,
    pub(super) user: String,
    pub(super) start: DateTime<Utc>,
    /// What their platform calls them; empty where an older version wrote it.
    name: String,
}

impl Held {
    fn by(who: &Visitor, start: DateTime<Utc>) -> Self {
        Self { platform: who.platform, user: who.id.clone(), start, name: who.name.clone() }
    }

    /// `None` for what another version wrote.
    pub(super) fn read(what: &str) -> Option<Self> {
        let mut parts = what.splitn(4, ' ');
        let (platform, user, start) = (Platform::from_name(parts.next()?)?, parts.next()?.to_owned(), parts.next()?);
        let start = DateTime::parse_from_rfc3339(start).ok()?.to_utc();
        Some(Self { platform, user, start, name: parts.next().unwrap_or_default().to_owned() })
    }

    fn written(&self) -> String {
        format!("{} {} {} {}", self.platform, self.user, self.start.to_rfc3339(), self.name)
    }

    /// As the rules know them, and as the audit trail names them. Whoever has the follow-up by now, they have booked.
    pub(super) fn actor(&self, team: &Team) -> (Actor, String) {
        (past_ownership(actor_of(team, (self.platform, &self.user), &self.name)), format!("{}:{}", self.platform, self.user))
    }
}

impl Flow {
    /// Keeps others from booking; gives who does already, and which time.
    pub(super) async fn hold(&self, follow_up: i64, start: DateTime<Utc>, who: &Visitor) -> Result<Option<Held>, StoreError> {
        let now = self.clock.now();
        let until = now + TimeDelta::from_std(BOOK_WITHIN).unwrap_or(MARGIN) + MARGIN;
        let own = Held::by(who, start);
        let what = own.written();
        let held = self.store.write_behind(move |tx| Box::pin(async move { tx.hold_booking(follow_up, &what, until, now).await })).await?;
        // What cannot be read was left by another version: nobody knows who, but somebody does.
        Ok(held.map(|held| Held::read(&held).unwrap_or(Held { user: String::new(), ..own })))
    }

    /// Ends that hold, and no other: it may have run out, and somebody else may book by now.
    pub(super) async fn let_go(&self, follow_up: i64, start: DateTime<Utc>, who: &Visitor) {
        let what = Held::by(who, start).written();
        if let Err(error) = self.store.write_behind(move |tx| Box::pin(async move { tx.end_booking(follow_up, &what).await })).await {
            tracing::error!(%error, follow_up, "nobody can book for this follow-up for a minute");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_held_is_read_again_and_so_is_what_an_older_version_wrote() {
        let start = "2026-11-27T14:00:00Z".parse().expect("a time");
        let held = |name: &str| Held { platform: Platform::Slack, user: "U1".to_owned(), start, name: name.to_owned() };
        for name in ["", "Kim", "Kim de la Closer"] {
            assert_eq!(Held::read(&held(name).written()), Some(held(name)));
        }
        assert_eq!(Held::read("slack U1 2026-11-27T14:00:00+00:00"), Some(held("")));
        assert_eq!(Held::read("a man with a plan"), None);
    }
}
