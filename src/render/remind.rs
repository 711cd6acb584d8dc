//! Reminders in words: to one person, or as a line below the card.

use chrono::{DateTime, Utc};

use super::context::Wanted;
use super::facts::Facts;
use super::marks::Subjects;
use super::sentence::private;
use super::words::Said;
use super::{Inline, Message, Renderer};
use crate::domain::follow_up::FollowUp;
use crate::domain::platform::Platform;
use crate::domain::remind::Reminder;
use crate::domain::story::More;

impl Renderer {
    /// What a reminder says.
    pub(super) fn reminder(
        &self,
        about: Reminder,
        since: DateTime<Utc>,
        follow_up: &FollowUp,
        platform: Platform,
        now: DateTime<Utc>,
    ) -> Message {
        let key = match (about, follow_up.owner()) {
            (Reminder::Yours, _) => "sentence.remind_yours",
            (Reminder::Back, _) => "sentence.remind_back",
            (Reminder::Waiting, Some(_)) => "sentence.remind_waiting",
            (Reminder::Waiting, None) => "sentence.remind_waiting_nobody",
            (Reminder::Nobodys, _) => "sentence.remind_nobody",
            (Reminder::NobodysBack, _) => "sentence.remind_nobody_back",
            (Reminder::OwnerTold, owner) => {
                let more = More { to: owner.cloned(), ..More::default() };
                return self.line(None, "reminded", &more, platform, now);
            }
            (Reminder::ManagersTold, _) => return self.line(None, "escalated", &More::default(), platform, now),
        };
        let around = self.around(&self.set, platform, now);
        let ago = around.clock().known(since).relative;
        let facts = Facts::new(follow_up, around, Wanted { invitee_name: true, ..Wanted::NONE });
        let mut subjects = Subjects::default();
        let owner = follow_up.owner().map(|owner| subjects.person(owner.clone())).unwrap_or_default();
        let invitee = facts.shortish().0.invitee_name.as_str();
        let values = [("invitee", Said::from(invitee)), ("ago", ago.into()), ("owner", owner.into())];
        let values: std::collections::BTreeMap<&str, Said> = values.into_iter().collect();
        let said = self.set.words.sentence(key, &values, &subjects);
        let said = said.or_else(|_| self.built_in.words.sentence(key, &values, &subjects));
        private(said.unwrap_or_else(|_| vec![Inline::Text(key.to_owned())]), Vec::new())
    }
}
