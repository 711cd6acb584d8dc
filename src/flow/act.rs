//! A person acts on a follow-up, or time does: the rule is asked within the transaction that writes its answer down.

use chrono::{DateTime, SubsecRound, Utc};
use serde::Serialize;
use serde_json::json;

use super::alias::remember;
use super::story::line_of;
use super::understand::routed;
use super::{Flow, Rules};
use crate::chat::{ReplyTo, Visitor};
use crate::domain::act::{Action, Actor, Note, Refusal, apply};
use crate::domain::follow_up::{FollowUp, State};
use crate::domain::platform::{Address, Platform};
use crate::domain::team::{Person, Team};
use crate::store::{Act, NewPost, StoreError, Tx};

/// From where somebody acted whom Slack names no channel of: the bot's home.
const HOME: &str = "home";
/// Snoozes that end in one turn.
const WAKE_AT_ONCE: u64 = 100;

/// What came of an action.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Acted {
    /// It is done, and on disk.
    Done,
    /// The same press was done before; nothing was done now.
    Repeated,
    /// The rules say no; the follow-up is as they saw it.
    Refused(Refusal, Box<FollowUp>),
    /// There is no such follow-up.
    Nothing,
}

/// Who asked for an action, and from where.
pub(super) struct Origin {
    actor: Actor,
    person: Option<String>,
    channel: Option<String>,
    press: Option<String>,
    /// Who is to be told directly.
    tell: Option<Address>,
    /// Where who cancelled is told, others may have to know: by which rules.
    reroute: Option<Box<Rules>>,
}

impl Origin {
    /// Time, and nobody.
    pub(super) fn rebound() -> Self {
        Self { actor: Actor::Rebound, person: None, channel: None, press: None, tell: None, reroute: None }
    }

    /// The source, whose list says who cancelled.
    pub(super) fn source(rules: &Rules) -> Self {
        Self { reroute: Some(Box::new(rules.clone())), ..Self::rebound() }
    }
}

impl Flow {
    /// Does what somebody asks, if they may.
    pub(super) async fn act(&self, id: i64, action: Action, who: &Visitor, reply: &ReplyTo) -> Result<Acted, StoreError> {
        let origin = self.origin(&action, who, reply);
        self.act_as(id, action, origin).await
    }

    /// Writes down what somebody did outside of Rebound already, whoever has the follow-up by now.
    pub(super) async fn act_after_the_fact(&self, id: i64, action: Action, who: &Visitor, reply: &ReplyTo) -> Result<Acted, StoreError> {
        let origin = self.origin(&action, who, reply);
        self.act_as(id, action, Origin { actor: past_ownership(origin.actor), ..origin }).await
    }

    fn origin(&self, action: &Action, who: &Visitor, reply: &ReplyTo) -> Origin {
        Origin {
            actor: self.actor(who),
            person: Some(format!("{}:{}", who.platform, who.id)),
            channel: reply.channel().or((who.platform == Platform::Slack).then_some(HOME)).map(str::to_owned),
            press: reply.once(),
            tell: self.to_be_told(action, who),
            reroute: matches!(action, Action::SideIs { .. }).then(|| Box::new(self.rules.clone())),
        }
    }

    /// Ends the snoozes that are over, and says how many there were.
    pub(super) async fn wake(&self) -> Result<usize, StoreError> {
        let over = self.store.snoozes_over(self.clock.now(), WAKE_AT_ONCE).await?;
        for id in &over {
            match self.act_as(*id, Action::Wake, Origin::rebound()).await {
                Ok(_) => {}
                // The others must not sleep on because of one.
                Err(unreadable @ StoreError::Row { .. }) => tracing::error!(%unreadable, "the snooze of a follow-up does not end"),
                Err(error) => return Err(error),
            }
        }
        Ok(over.len())
    }

    /// Who acts, by the team's list; of others the platform's word counts.
    pub(super) fn actor(&self, who: &Visitor) -> Actor {
        actor_of(&self.rules.team, (who.platform, &who.id), &who.name)
    }

    /// Whoever is given a follow-up by somebody else hears of it once: on the platform of whoever gave it, else on the other one.
    fn to_be_told(&self, action: &Action, who: &Visitor) -> Option<Address> {
        let Action::Assign { person } = action else {
            return None;
        };
        let Actor::Human { person: by, .. } = self.actor(who) else {
            return None;
        };
        let address =
            self.platforms_from(who.platform).into_iter().find_map(|platform| Some(Address::direct(platform, person.id_on(platform)?)));
        address.filter(|_| !by.is(person))
    }

    pub(super) async fn act_as(&self, id: i64, action: Action, origin: Origin) -> Result<Acted, StoreError> {
        let (now, name) = (self.clock.now(), action.name());
        let person = origin.person.clone();
        let before = self.at_home(id).await;
        let acted = self.store.write_behind(move |tx| Box::pin(async move { act(tx, id, &action, origin, now).await })).await?;
        if acted == Acted::Done {
            tracing::info!(follow_up = id, person, act = name, "a follow-up was acted on");
            self.bells.posts.notify_one();
            self.homes_later(before, self.at_home(id).await);
        }
        Ok(acted)
    }
}

/// Does it, if the rules allow.
pub(super) async fn act(tx: &Tx, id: i64, action: &Action, origin: Origin, now: DateTime<Utc>) -> Result<Acted, StoreError> {
    // First, so that instances wait for each other here, and not crosswise for each other's posts.
    tx.alone().await?;
    let Some(before) = tx.follow_up_to_change(id).await? else {
        return Ok(Acted::Nothing);
    };
    if let Some(press) = &origin.press
        && tx.is_done(press).await?
    {
        return Ok(Acted::Repeated);
    }
    let after = match apply(&before, action, &origin.actor, now) {
        Ok(after) => after,
        Err(refusal) => return Ok(Acted::Refused(refusal, Box::new(before))),
    };
    let detail = detail(action, &before, &after, origin.channel.as_deref());
    let person = origin.person.clone();
    let row = Act { name: action.name(), person: origin.person, detail, press: origin.press };
    let Some(number) = tx.change(&before, &after, row, now).await? else {
        return Err(StoreError::NotDone);
    };
    remember(tx, &before, action, person.as_deref(), now).await?;
    // What is over is news for nobody.
    if let Some(rules) = origin.reroute.as_ref().filter(|_| !after.state.is_closed()) {
        show_to_others(tx, &after, rules, now).await?;
    }
    tx.add_notes(id, number, &line_of(action, &origin.actor), now).await?;
    if let (Some(to), Actor::Human { person: by, .. }) = (origin.tell, origin.actor) {
        tx.add_direct(id, number, &Note::Given { by }, to, now).await?;
    }
    Ok(Acted::Done)
}

/// The channels that see cancellations by that side get a card, too; those that have one keep it.
async fn show_to_others(tx: &Tx, follow_up: &FollowUp, rules: &Rules, now: DateTime<Utc>) -> Result<(), StoreError> {
    let (event_key, names) = (tx.event_key(follow_up.id).await?, routed(&follow_up.case, rules).channels);
    let channels = rules.channels.iter().filter(|channel| names.contains(&channel.name)).cloned();
    let post = |channel| NewPost {
        follow_up_id: follow_up.id,
        event_key: event_key.clone(),
        channel,
        wanted: follow_up.version,
        maybe_sent: None,
        due_at: now,
    };
    tx.add_posts(channels.map(post).collect(), now).await
}

/// Who acts with that account, by the team's list; `name`: what the platform calls everybody else.
pub(super) fn actor_of(team: &Team, (platform, id): (Platform, &str), name: &str) -> Actor {
    match team.on(platform, id) {
        Some(mate) => Actor::Human { person: Person::from(mate), manager: mate.manager },
        None => Actor::Human { person: Person::named(name).known_on(platform, id), manager: false },
    }
}

/// The same person, who may act although somebody else has the follow-up: it is done already.
pub(super) fn past_ownership(actor: Actor) -> Actor {
    match actor {
        Actor::Human { person, .. } => Actor::Human { person, manager: true },
        Actor::Rebound => Actor::Rebound,
    }
}

/// The audit trail's own words: from where, what was and what is, and what was said.
fn detail(action: &Action, before: &FollowUp, after: &FollowUp, channel: Option<&str>) -> String {
    let mut detail = json!({ "from": channel, "version": after.version, "old": as_it_is(before), "new": as_it_is(after) });
    match action {
        Action::Snooze { until } => detail["until"] = json!(until),
        Action::Expire { since } => detail["until"] = json!(since),
        Action::Close { outcome, reason, note } => {
            detail["outcome"] = json!(outcome.name());
            detail["reason"] = json!(reason.name());
            detail["note"] = json!(note);
        }
        Action::Note { text } => detail["note"] = json!(text),
        Action::SideIs { side } | Action::SideListed { side } => detail["side"] = json!(side.name()),
        Action::Booked { start, .. } => detail["start"] = json!(start),
        Action::Claim
        | Action::TakeOver
        | Action::Rouse
        | Action::Assign { .. }
        | Action::Reopen
        | Action::Offer
        | Action::Wake
        | Action::Rebook { .. } => {}
    }
    detail.to_string()
}

/// All of a follow-up that an act can change, for the audit trail.
#[derive(Serialize)]
pub(super) struct AsItIs<'a> {
    #[serde(flatten)]
    state: &'a State,
    /// To the millisecond, as the database keeps it.
    snoozed_until: Option<DateTime<Utc>>,
    side: &'static str,
    offered: bool,
}

/// The follow-up as the audit trail tells it.
pub(super) fn as_it_is(follow_up: &FollowUp) -> AsItIs<'_> {
    let FollowUp { state, case, .. } = follow_up;
    let snoozed_until = follow_up.snoozed_until.map(|until| until.trunc_subsecs(3));
    AsItIs { state, snoozed_until, side: case.side.name(), offered: case.offered }
}
