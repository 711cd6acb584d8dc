//! Whatever people, iClosed, the platforms, time and kills do, in whatever order: once all is quiet, every card of both platforms shows
//! what the database holds, every change has one row in the audit trail, and no lost call is forgotten and no kept one mourned.
//!
//! `REBOUND_SEQUENCES=1000` plays more of them, `REBOUND_SEQUENCE=17` one.

use chrono::TimeDelta;
use rebound::domain::follow_up::{FollowUp, State};
use rebound::sandbox::{Fault, FaultKind, Message, Operation};
use serde_json::{Value, json};

use super::act::{BOTH, On};
use super::dice::Dice;
use super::leads::Lead;
use super::world::{ALEX, DISCORD, Human, KIM, OLGA, SAM, SLACK, SLACK_HOSTS, World, plain};

const CHANNELS: [&str; 3] = [SLACK, SLACK_HOSTS, DISCORD];
/// In an ordinary run.
const SEQUENCES: u64 = 16;
const STEPS: usize = 36;
/// Acts that no card shows; all others count the version up.
const SILENT: &str = "('opened', 'told_again', 'noted', 'reminded', 'called_out', 'escalated')";

#[tokio::test]
async fn once_all_is_quiet_everybody_sees_the_same_and_the_audit_trail_says_why() {
    Box::pin(play_all(|seed| seed % 2 == 0)).await;
}

/// The other half, so that they take half the time.
#[tokio::test]
async fn once_all_is_quiet_everybody_sees_the_same_again() {
    Box::pin(play_all(|seed| seed % 2 == 1)).await;
}

async fn play_all(is_ours: fn(u64) -> bool) {
    let number = |name: &str| std::env::var(name).ok().and_then(|number| number.parse::<u64>().ok());
    let seeds = match number("REBOUND_SEQUENCE") {
        Some(seed) => seed..=seed,
        None => 1..=number("REBOUND_SEQUENCES").unwrap_or(SEQUENCES),
    };
    for seed in seeds.filter(|seed| is_ours(*seed)) {
        let mut play =
            Play { seed, gentle: !seed.is_multiple_of(3), dice: Dice(seed), leads: Vec::new(), old: Vec::new(), told: Vec::new() };
        let mut world = World::with("follow_up = { stale_after = '30d' }").await;
        for _ in 0..STEPS {
            world = play.step(world).await;
        }
        play.tell_all(&world).await;
        play.settle(&world).await;
        play.compare(&world).await;
        world.assert_no_objections();
    }
}

struct Play {
    seed: u64,
    /// Nobody decides how anything ends, so that what iClosed told decides alone.
    gentle: bool,
    dice: Dice,
    leads: Vec<Lead>,
    /// Cards as they once were: buttons that people still see.
    old: Vec<Message>,
    told: Vec<String>,
}

impl Drop for Play {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("REBOUND_SEQUENCE={} plays this again:\n  {}", self.seed, self.told.join("\n  "));
        }
    }
}

impl Play {
    fn tell(&mut self, what: impl Into<String>) {
        self.told.push(what.into());
    }

    fn of<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.dice.below(u32::try_from(all.len()).expect("few")) as usize]
    }

    async fn step(&mut self, world: World) -> World {
        match self.dice.below(20) {
            0..=2 => self.happen(&world).await,
            3 | 4 => self.tell_one(&world).await,
            5..=9 => self.act(&world).await,
            10 => self.command(&world).await,
            11 | 12 => self.pass(&world).await,
            13 => self.break_something(&world),
            14..=16 if self.gentle => self.happen(&world).await,
            14..=18 => world.drain().await,
            _ => {
                self.tell("a kill and a restart");
                return world.restarted().await;
            }
        }
        world
    }

    /// iClosed tells of something at once, later, or never again before the end.
    async fn happen(&mut self, world: &World) {
        if self.leads.len() < 3 && (self.leads.is_empty() || self.dice.one_in(3)) {
            self.leads.push(Lead::new(world.now()));
        }
        let at = self.dice.below(u32::try_from(self.leads.len()).expect("few")) as usize;
        let what = self.leads[at].happen(&mut self.dice, world.now());
        self.tell(format!("{what}, of {}", self.leads[at].email()));
        world.pass(TimeDelta::seconds(2));
        if self.dice.one_in(2) {
            self.tell_one(world).await;
        }
    }

    async fn tell_one(&mut self, world: &World) {
        let waiting: Vec<usize> = (0..self.leads.len()).filter(|at| !self.leads[*at].untold.is_empty()).collect();
        if waiting.is_empty() {
            return;
        }
        let at = self.of(&waiting);
        let which = self.dice.below(u32::try_from(self.leads[at].untold.len()).expect("few")) as usize;
        let (what, body) = self.leads[at].untold.remove(which);
        self.tell(format!("told: the {what}, {} {}", body["event"]["uuid"], body["event"]["start_time"]));
        for _ in 0..=self.dice.below(2) {
            assert_eq!(world.webhook(&body).await.0, 200);
        }
        if self.dice.one_in(2) {
            world.drain().await;
        }
    }

    async fn tell_all(&mut self, world: &World) {
        while self.leads.iter().any(|lead| !lead.untold.is_empty()) {
            self.tell_one(world).await;
        }
    }

    /// Somebody presses something, on a card as it is or as it once was.
    async fn act(&mut self, world: &World) {
        let (on, who) = (self.of(&BOTH), self.of(&[ALEX, KIM, SAM, KIM, SAM, OLGA]));
        let cards = world.messages(on.channel());
        if cards.is_empty() {
            return;
        }
        // What somebody left open is in the way of what comes next.
        while let Some(form) = on.form(world, who) {
            match on {
                On::Slack => drop(world.sandbox.slack().close(who.slack, &form).await),
                On::Discord => world.sandbox.discord().close(&form),
            }
        }
        let card = cards[self.dice.below(u32::try_from(cards.len()).expect("few")) as usize].clone();
        let old: Vec<Message> = self.old.iter().filter(|old| old.channel == card.channel).cloned().collect();
        if !old.is_empty() && self.dice.one_in(4) {
            let old = &old[self.dice.below(u32::try_from(old.len()).expect("few")) as usize];
            let buttons = old.buttons();
            let buttons: Vec<&String> =
                buttons.iter().filter(|label| !self.gentle || !["Close", "Reopen"].contains(&label.as_str())).collect();
            let button = buttons[self.dice.below(u32::try_from(buttons.len()).expect("few")) as usize];
            self.tell(format!("{} presses {button} of an old card on {on:?}", who.name));
            on.press_old(world, who, old, button).await;
            return self.fill_in(world, on, who, button).await;
        }
        self.old.push(card.clone());
        let labels: Vec<String> = card.controls().into_iter().map(|control| control.label).collect();
        let labels: Vec<String> =
            labels.into_iter().filter(|label| !self.gentle || !["Close", "Reopen"].contains(&label.as_str())).collect();
        let label = labels[self.dice.below(u32::try_from(labels.len()).expect("few")) as usize].clone();
        self.tell(format!("{} uses {label} on {on:?}", who.name));
        if label == "Assign follow-up" {
            let whom = self.of(&[ALEX, KIM, SAM]);
            let picked = match on {
                On::Slack => world.sandbox.slack().pick(who.slack, SLACK, &card.id, &label, whom.slack).await,
                On::Discord => world.sandbox.discord().pick(who.discord, DISCORD, &card.id, &label, whom.discord).await,
            };
            assert!(picked.is_ok(), "{:?} {}", picked.error, picked.immediate);
            return;
        }
        on.press_at(world, who, &card.id, &label).await;
        self.fill_in(world, on, who, &label).await;
    }

    /// What opens is filled in, or left open.
    async fn fill_in(&mut self, world: &World, on: On, who: Human, label: &str) {
        let private = match on {
            On::Slack => world.sandbox.slack().private().into_iter().rfind(|private| private.person == who.slack),
            On::Discord => world.sandbox.discord().private().into_iter().rfind(|private| private.person == who.discord),
        };
        let offers =
            |words: &str| private.as_ref().filter(|private| private.message.to_string().contains(words)).map(|private| private.id.clone());
        let below = match label {
            "Details" => offers("Add note").map(|id| (id, "Add note")),
            "Reschedule" => offers("Mark as offered").map(|id| (id, "Mark as offered")),
            _ => None,
        };
        if let Some((id, button)) = below {
            on.press_at(world, who, &id, button).await;
        }
        if on.form(world, who).is_none() || self.dice.one_in(6) {
            return;
        }
        let when = self.of(&["in 30 minutes", "in 2 hours", "tomorrow morning", "next Monday"]);
        let how = self.of(&["Rebooked", "Lost", "Dismissed"]);
        let values: &[(&str, &str)] = match label {
            "Snooze" => &[("Bring it back", when)],
            "Close" => &[("How did it end?", how), ("Why?", "No answer")],
            "Details" => &[("What should the team know?", "She prefers afternoons")],
            _ => return,
        };
        self.tell(format!("and fills in {values:?}"));
        on.send_off(world, who, values).await;
    }

    async fn command(&mut self, world: &World) {
        let (on, who, text) = (self.of(&BOTH), self.of(&[ALEX, KIM, OLGA]), self.of(&["open", "mine", "help"]));
        self.tell(format!("{} asks {text} on {on:?}", who.name));
        match on {
            On::Slack => world.sandbox.slack().command(who.slack, text).await,
            On::Discord => world.sandbox.discord().command(who.discord, text).await,
        };
        world.drain().await;
    }

    async fn pass(&mut self, world: &World) {
        let minutes = self.of(if self.gentle { &[0, 0, 1, 5, 31, 130] } else { &[0, 1, 1, 5, 31, 130, 1_500, 44_000] });
        self.tell(format!("{minutes} minutes pass"));
        if minutes > 30 {
            // Faults that last for days are given up on, which other tests are about.
            self.settle(world).await;
        }
        world.pass(TimeDelta::minutes(minutes) + TimeDelta::seconds(7));
        world.drain().await;
    }

    fn break_something(&mut self, world: &World) {
        let kinds = [
            FaultKind::ErrorBefore(500),
            FaultKind::ErrorAfter(503),
            FaultKind::DropBefore,
            FaultKind::DropAfter,
            FaultKind::HtmlAfter,
            FaultKind::CutBody,
            FaultKind::RateLimited { retry_after: std::time::Duration::from_secs(3) },
        ];
        let kind = kinds[self.dice.below(7) as usize].clone();
        let (on, operation) = (self.of(&BOTH), self.of(&[Operation::Create, Operation::Edit, Operation::History]));
        self.tell(format!("{on:?} fails: {kind:?} with {operation:?}"));
        let fault = Fault::new(kind).on(operation).times(1 + self.dice.below(3) as usize);
        match on {
            On::Slack => world.sandbox.slack().fault(fault),
            On::Discord => world.sandbox.discord().fault(fault),
        }
    }

    /// All works again, and time passes until nothing waits.
    async fn settle(&mut self, world: &World) {
        world.sandbox.slack().heal();
        world.sandbox.discord().heal();
        let waiting = "select (select count(*) from event where understood_at is null and quarantined is null) + (select count(*) from post \
                       where phase not in ('idle', 'gone') or phase = 'idle' and shown < wanted)";
        for _ in 0..100 {
            world.live(TimeDelta::seconds(3)).await;
            if world.count(waiting).await == 0 {
                return;
            }
            world.pass(TimeDelta::seconds(7));
        }
        let waiting = "select key || ' ' || kind || ' ' || platform || ' ' || phase || ' ' || coalesce(last_error, '') from post \
                       where phase not in ('idle', 'gone') or shown < wanted";
        panic!("it does not come to rest: {:#?}", world.texts(waiting).await);
    }

    async fn compare(&mut self, world: &World) {
        let all = world.app.flow().store.follow_ups_after(0, None, 1_000).await.expect("the database works");
        for (follow_up, _) in &all {
            on_every_card(world, follow_up).await;
            in_the_audit_trail(world, follow_up).await;
        }
        // What people or time decided is theirs to know better.
        let decided = "select cast(follow_up_id as text) from history where act in ('closed', 'reopened', 'expired')";
        let decided = world.texts(decided).await;
        for lead in &self.leads {
            let theirs = all.iter().map(|(follow_up, _)| follow_up);
            let theirs: Vec<&FollowUp> =
                theirs.filter(|one| one.case.cancellation.call.invitee.email.as_deref() == Some(lead.email())).collect();
            if theirs.iter().any(|one| decided.contains(&one.id.to_string())) {
                continue;
            }
            let open: Vec<_> = theirs.iter().filter(|one| !one.state.is_closed()).map(|one| &one.case.cancellation.call).collect();
            match lead.lost_call() {
                None => assert!(open.is_empty(), "{} has a call, and is mourned: {open:?}", lead.email()),
                Some((id, start)) => {
                    let known = open.iter().filter(|call| call.id == id && call.start.instant() == Some(start)).count();
                    assert_eq!(known, 1, "{} has lost call {id} at {start}: {open:?}", lead.email());
                }
            }
        }
    }
}

/// Both platforms show the state that the database holds.
async fn on_every_card(world: &World, follow_up: &FollowUp) {
    let (id, short_id) = (follow_up.id, follow_up.short_id.to_string());
    let says = match &follow_up.state {
        _ if follow_up.snoozed_until.is_some() && !follow_up.state.is_closed() => "snoozed until".to_owned(),
        State::Open => "open".to_owned(),
        State::Assigned { owner } => format!("{} has it", owner.name),
        State::Rebooked { .. } => "rebooked".to_owned(),
        State::Lost => "lost".to_owned(),
        State::Dismissed => "dismissed".to_owned(),
    };
    let mut shown = Vec::new();
    for channel in CHANNELS {
        let cards: Vec<String> = world.messages(channel).iter().map(|card| plain(&card.text())).collect();
        let states = cards.iter().filter_map(|card| card.split_once(&format!("{short_id} · ")));
        let states: Vec<String> = states.map(|(_, state)| state.lines().next().unwrap_or_default().trim_matches('*').to_owned()).collect();
        assert!(states.len() <= 1, "{short_id} twice in {channel}: {states:?}");
        shown.extend(states);
    }
    let withdrawn = format!("select count(*) from post where follow_up_id = {id} and kind = 'card' and phase = 'gone'");
    assert_eq!(shown.len(), CHANNELS.len() - usize::try_from(world.count(&withdrawn).await).expect("few"), "{short_id}: {shown:?}");
    assert!(shown.iter().all(|state| state.starts_with(&says) && *state == shown[0]), "{short_id} is {says:?} and shown as {shown:?}");
    let behind = format!(
        "select count(*) from post where follow_up_id = {id} and kind = 'card' and phase = 'idle' and shown <> {}",
        follow_up.version
    );
    assert_eq!(world.count(&behind).await, 0, "{short_id}");
}

/// Each version but the first has one row that says how it came about, and each row goes on where the one before it ended.
async fn in_the_audit_trail(world: &World, follow_up: &FollowUp) {
    let (id, short_id) = (follow_up.id, &follow_up.short_id);
    let rows = world.texts(&format!("select detail from history where follow_up_id = {id} and act not in {SILENT} order by id")).await;
    let rows: Vec<Value> = rows.iter().map(|detail| serde_json::from_str(detail).expect("JSON")).collect();
    let versions: Vec<i64> = rows.iter().filter_map(|row| row["version"].as_i64()).collect();
    assert_eq!(versions, (2..=follow_up.version).collect::<Vec<_>>(), "{short_id}");
    let mut was: Option<Value> = None;
    for row in rows {
        match &was {
            None => assert_eq!(row["old"]["state"], "open", "{short_id}: {row}"),
            Some(was) => assert_eq!(row["old"], *was, "{short_id}: {row}"),
        }
        was = Some(row["new"].clone());
    }
    // What the last row says, beside what a person may have told of the side, is the state itself.
    let is = was.unwrap_or_else(|| json!({ "state": "open", "snoozed_until": null }));
    let state = json!(follow_up.state);
    for (name, value) in state.as_object().expect("a state has fields") {
        assert_eq!(is[name], *value, "{short_id}: {is}");
    }
    assert_eq!(is["snoozed_until"].is_null(), follow_up.snoozed_until.is_none(), "{short_id}: {is}");
    let opened = world.texts(&format!("select act from history where follow_up_id = {id} and act = 'opened'")).await;
    assert_eq!(opened.len(), 1, "{short_id}");
}
