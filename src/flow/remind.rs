//! Time passes: snoozes end, whoever has a follow-up or nobody is reminded of it, managers hear of it, and what nobody cares for is closed.
//!
//! What is due, and when, is `domain::remind`'s to say. It is asked within the transaction that writes down what is said, so that a
//! reminder is written once however many instances look, and a person who acts is never overtaken by one.

use std::collections::BTreeMap;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::json;

use super::act::{Acted, Origin, act, as_it_is};
use super::{Flow, Rules};
use crate::domain::act::{Action, Note};
use crate::domain::follow_up::FollowUp;
use crate::domain::platform::{Address, Platform};
use crate::domain::remind::{Due, Next, Reminder, Stage};
use crate::domain::team::Person;
use crate::store::{Act, Look, StoreError, Tx};

/// Follow-ups that are looked at in one transaction.
const LOOK_AT_ONCE: u64 = 100;
/// What is given up is edited in every channel: so many at once, and not again before that time, so that a pile of years keeps no fresh
/// change waiting.
const EXPIRE_AT_ONCE: usize = 5;
const EXPIRE_EVERY: TimeDelta = TimeDelta::seconds(30);
/// The names under which the store remembers which rules hold, and when follow-ups were given up last.
const RULES: &str = "reminders";
const EXPIRED: &str = "expired";

impl Flow {
    /// Does what the time has come for, at most so much at once, and says how much it was.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn tick(&self) -> Result<usize, StoreError> {
        let woken = self.wake().await;
        let taken_back = self.keep_quiet().await;
        let looked_at = self.remind().await;
        taken_back?;
        Ok(woken? + looked_at?)
    }

    /// To be called before the first [`tick`](Self::tick): where other rules hold than before, what they would have said already is not
    /// said at once about everything that is open.
    pub(super) async fn plan_reminders(&self) -> Result<(), StoreError> {
        let (digest, now) = (format!("{:?}", self.rules.reminders), self.clock.now());
        self.store.write_behind(move |tx| Box::pin(async move { tx.plan_anew(RULES, &digest, now).await })).await?;
        self.keep_quiet().await
    }

    /// Outside of business hours, what could not be said within them is taken back and due again when they begin.
    async fn keep_quiet(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        let Some(opening) = self.rules.reminders.hours.as_ref().map(|hours| hours.opening(now)).filter(|opening| *opening > now) else {
            return Ok(());
        };
        let mut back: BTreeMap<i64, Vec<Unsent>> = BTreeMap::new();
        for (id, written_at, note) in self.store.unsent_reminders(opening).await? {
            if let Some((about, since)) = note.reminds()
                && let Some(stage) = about.taken_back()
            {
                back.entry(id).or_default().push(Unsent { stage, since, written_at });
            }
        }
        if back.is_empty() {
            return Ok(());
        }
        tracing::info!(follow_ups = back.len(), "reminders that could not be sent in business hours wait for the next ones");
        let take_back = async move |tx: &Tx| {
            tx.alone().await?;
            for (id, unsent) in back {
                let mut again: Option<Stage> = None;
                for Unsent { stage, since, written_at } in unsent {
                    let untouched = tx.is_untouched(id, since).await?;
                    if untouched && tx.is_said_in_part(id, written_at).await? {
                        // Whoever heard nothing yet hears it then; the others do not hear it again.
                        tx.put_off_reminders_of(id, written_at, opening).await?;
                        continue;
                    }
                    tx.withdraw_reminders_of(id, written_at).await?;
                    if untouched {
                        again = Some(again.map_or(stage, |first| first.min(stage)));
                    }
                }
                if let Some(stage) = again {
                    tx.look_again(id, stage, Some(opening)).await?;
                }
            }
            Ok(())
        };
        self.store.write_behind(move |tx| Box::pin(take_back(tx))).await
    }

    async fn remind(&self) -> Result<usize, StoreError> {
        let now = self.clock.now();
        let ids = self.store.to_look_at(now, LOOK_AT_ONCE).await?;
        if ids.is_empty() {
            return Ok(0);
        }
        let (looks, watchman) = (ids.len(), Watchman { rules: self.rules.clone(), platforms: self.platforms(), now });
        let done = self.store.write_behind(move |tx| Box::pin(async move { watchman.look_at_all(tx, &ids).await })).await?;
        for (follow_up, act) in &done {
            tracing::info!(follow_up, act, "time passed, and nobody did anything about a follow-up");
            self.homes_later(None, self.at_home(*follow_up).await);
        }
        if !done.is_empty() {
            self.bells.posts.notify_one();
        }
        Ok(looks)
    }
}

/// A reminder of which nothing was sent yet.
struct Unsent {
    /// Where it goes back to, to be due again.
    stage: Stage,
    /// Since when nobody has done anything.
    since: DateTime<Utc>,
    written_at: DateTime<Utc>,
}

/// Looks after what nobody does anything about.
struct Watchman {
    rules: Rules,
    /// Those that are configured, in the order in which people are told.
    platforms: Vec<Platform>,
    now: DateTime<Utc>,
}

/// What is said, and to whom.
struct Words {
    act: &'static str,
    to: Vec<Address>,
    directly: Reminder,
    below: Option<Note>,
}

impl Watchman {
    /// What was done about which of them.
    async fn look_at_all(&self, tx: &Tx, ids: &[i64]) -> Result<Vec<(i64, &'static str)>, StoreError> {
        // First, so that instances wait for each other here, and not crosswise for each other's posts.
        tx.alone().await?;
        // How many more may be given up; nobody asked yet whether it is time for that.
        let mut room = None;
        let mut done = Vec::new();
        for id in ids {
            if let Some(Look { follow_up, unplanned }) = tx.look_at(*id, self.now).await? {
                done.extend(self.look_at(tx, follow_up, unplanned, &mut room).await?.map(|act| (*id, act)));
            }
        }
        Ok(done)
    }

    async fn look_at(
        &self,
        tx: &Tx,
        mut follow_up: FollowUp,
        unplanned: bool,
        room: &mut Option<usize>,
    ) -> Result<Option<&'static str>, StoreError> {
        let rules = &self.rules.reminders;
        if unplanned {
            follow_up.watch.stage = rules.caught_up(&follow_up, self.now);
        }
        let (id, watch) = (follow_up.id, follow_up.watch);
        let due = match rules.next(&follow_up, self.now) {
            Some(Next { at, due }) if at <= self.now => due,
            next => {
                tx.look_again(id, watch.stage, next.map(|next| next.at)).await?;
                return Ok(None);
            }
        };
        if due == Due::Expire {
            return self.expire(tx, &follow_up, room).await;
        }
        let said = self.say(tx, &follow_up, due).await?;
        follow_up.watch.stage = watch.stage.after(due);
        let next = rules.next(&follow_up, self.now);
        tx.look_again(id, follow_up.watch.stage, next.map(|next| next.at)).await?;
        Ok(said)
    }

    /// Closes it as lost, unless too many were closed just now.
    async fn expire(&self, tx: &Tx, follow_up: &FollowUp, room: &mut Option<usize>) -> Result<Option<&'static str>, StoreError> {
        let left = match *room {
            Some(left) => left,
            None if tx.take_turn(EXPIRED, EXPIRE_EVERY, self.now).await? => EXPIRE_AT_ONCE,
            None => 0,
        };
        *room = Some(left.saturating_sub(1));
        let expire = Action::Expire { since: follow_up.watch.since };
        let name = expire.name();
        if left > 0 && act(tx, follow_up.id, &expire, Origin::rebound(), self.now).await? == Acted::Done {
            return Ok(Some(name));
        }
        tx.look_again(follow_up.id, follow_up.watch.stage, Some(self.now + EXPIRE_EVERY)).await?;
        Ok(None)
    }

    /// Writes down what is said; `None` where there is nobody to hear it.
    async fn say(&self, tx: &Tx, follow_up: &FollowUp, due: Due) -> Result<Option<&'static str>, StoreError> {
        let (id, since) = (follow_up.id, follow_up.watch.since);
        let Some(Words { act, to, directly, below }) = self.words(follow_up, due) else {
            return Ok(None);
        };
        let detail = json!({
            "from": null, "version": follow_up.version, "old": as_it_is(follow_up), "new": as_it_is(follow_up), "since": since, "told": to.len()
        });
        let number = tx.record(id, Act { name: act, person: None, detail: detail.to_string(), press: None }, self.now).await?;
        for to in to {
            tx.add_direct(id, number, &Note::Reminder { about: directly, since }, to, self.now).await?;
        }
        if let Some(below) = below {
            tx.add_notes(id, number, &below, self.now).await?;
        }
        Ok(Some(act))
    }

    fn words(&self, follow_up: &FollowUp, due: Due) -> Option<Words> {
        let since = follow_up.watch.since;
        let below = |about| Note::Reminder { about, since };
        let (owners, nobodys, line) = match due {
            Due::Remind => (Reminder::Yours, Reminder::Nobodys, Some(below(Reminder::OwnerTold))),
            // That it came back stands below its cards already.
            Due::Return => (Reminder::Back, Reminder::NobodysBack, None),
            Due::Escalate => {
                let managers = self.rules.team.0.iter().filter(|mate| mate.manager).map(Person::from);
                // Who has it was reminded before.
                let others = managers.filter(|manager| follow_up.owner().is_none_or(|owner| !owner.is(manager)));
                let to: Vec<Address> = others.filter_map(|manager| self.way_to(&manager)).collect();
                let below = Some(below(Reminder::ManagersTold));
                return (!to.is_empty()).then_some(Words { act: "escalated", to, directly: Reminder::Waiting, below });
            }
            Due::Expire => return None,
        };
        let Some(owner) = follow_up.owner() else {
            return Some(Words { act: "called_out", to: Vec::new(), directly: nobodys, below: Some(below(nobodys)) });
        };
        let (to, below) = match self.way_to(owner) {
            Some(way) => (vec![way], line),
            // Nobody can reach them but those who read the thread.
            None => (Vec::new(), Some(Note::Mention { person: owner.clone(), of: Box::new(below(owners)) })),
        };
        Some(Words { act: "reminded", to, directly: owners, below })
    }

    /// Everybody is told on one platform.
    fn way_to(&self, person: &Person) -> Option<Address> {
        self.platforms.iter().find_map(|platform| Some(Address::direct(*platform, person.id_on(*platform)?)))
    }
}
