//! The delivery machine under a simulated world: platforms that fail before and after accepting, histories that lag and fail, processes
//! that are killed at any step. What the simulated platform holds in the end decides, not what the rows say.
//!
//! `SEED=7 cargo test --test delivery_simulation` replays a run.

#![expect(clippy::disallowed_methods, clippy::print_stdout, reason = "a seed may be given, and is printed to be given again")]

mod dice;

use chrono::{DateTime, TimeDelta, Utc};
use dice::Dice;
use rebound::domain::platform::Platform;
use rebound::domain::post::{Extent, MessageRef, Outcome, Phase, Post, Step, Timings, claim, lapse, next_step, settle};

/// Messages of each run.
const MESSAGES: u64 = 10_000;

#[test]
fn slack_loses_nothing_and_doubles_nothing() {
    assert_eq!(run(Platform::Slack, Accepts::InTime, settle), Tally::default());
}

#[test]
fn discord_loses_nothing_and_doubles_nothing() {
    assert_eq!(run(Platform::Discord, Accepts::InTime, settle), Tally::default());
}

/// A platform that accepts what we gave up on, up to three minutes later, makes doubles that no look can prevent. They do not last.
#[test]
fn what_a_platform_accepts_too_late_is_healed() {
    for platform in Platform::ALL {
        let tally = run(platform, Accepts::TooLate, settle);
        assert!(tally.ever_doubled > 10, "{platform}: too few to show anything, {tally:?}");
        assert_eq!(Tally { ever_doubled: 0, ..tally }, Tally::default(), "{platform}");
    }
}

/// The simulation sees: what ordinary queues do, sending again whatever was not confirmed, doubles in it.
#[test]
fn sending_again_without_looking_doubles() {
    let careless = |post: Post, step: &Step, outcome: Outcome, platform: Platform, now: DateTime<Utc>, jitter: f64, timings: &Timings| {
        let outcome = if let Outcome::Unclear { why } = outcome {
            Outcome::NotDone { retry_after: None, extent: Extent::Channel, why }
        } else {
            outcome
        };
        let mut next = settle(post, step, outcome, platform, now, jitter, timings);
        if next.phase == Phase::Unclear {
            next.phase = Phase::Idle;
        }
        next
    };
    let tally = run(Platform::Slack, Accepts::InTime, careless);
    assert!(tally.ever_doubled > MESSAGES / 20, "{tally:?}");
}

#[derive(Debug, PartialEq, Eq, Default)]
struct Tally {
    lost: u64,
    /// Two messages at the end.
    doubled: u64,
    /// Two messages at any time.
    ever_doubled: u64,
    stale: u64,
}

/// When a platform that gave no answer makes the message, if it does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Accepts {
    InTime,
    TooLate,
}

type Settle = fn(Post, &Step, Outcome, Platform, DateTime<Utc>, f64, &Timings) -> Post;

fn run(platform: Platform, accepts: Accepts, settle: Settle) -> Tally {
    let seed = std::env::var("SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(2_611);
    println!("SEED={seed}");
    let mut dice = Dice(seed);
    let mut tally = Tally::default();
    for _ in 0..MESSAGES {
        let world = one_message(platform, accepts, settle, &mut dice);
        let mut live = world.messages.iter().filter(|message| !message.removed);
        let first = live.next();
        tally.lost += u64::from(first.is_none());
        tally.stale += u64::from(first.is_some_and(|message| message.shows != world.wanted));
        tally.doubled += u64::from(live.next().is_some());
        tally.ever_doubled += u64::from(world.messages.len() > 1);
    }
    tally
}

/// What the platform holds.
#[derive(Default)]
struct World {
    messages: Vec<Posted>,
    wanted: i64,
}

struct Posted {
    accepted_at: DateTime<Utc>,
    /// When a history first shows it.
    visible_at: DateTime<Utc>,
    shows: i64,
    removed: bool,
}

fn one_message(platform: Platform, accepts: Accepts, settle: Settle, dice: &mut Dice) -> World {
    let timings = Timings {
        lease: TimeDelta::seconds(30),
        settle: TimeDelta::seconds(60),
        look_every: TimeDelta::seconds(15),
        retry: [1, 5, 30].map(TimeDelta::seconds).to_vec(),
    };
    let mut now = DateTime::UNIX_EPOCH + TimeDelta::days(20_000);
    let mut world = World { wanted: 1, ..World::default() };
    let mut post = Post::new(1, now);
    for _ in 0..600 {
        let quiet = post.phase == Phase::Idle && post.shown == post.wanted;
        if quiet && post.sweep_at.is_none() && dice.one_in(2) {
            break;
        }
        if world.wanted < 4 && dice.one_in(6) {
            world.wanted += 1;
            post.wanted = world.wanted;
        }
        if dice.one_in(20) {
            // The channel must wait: another post of it is in flight, or the platform asked for a pause.
            now += TimeDelta::seconds(i64::from(dice.below(900)));
        }
        let Some(step) = next_step(&post, now) else {
            let next = if quiet { post.sweep_at.unwrap_or(now) } else { post.due_at };
            now = next.max(now + TimeDelta::milliseconds(500));
            continue;
        };
        post = claim(post, &step, now, &timings);
        let outcome = platform_does(platform, accepts, &mut world, &step, now, dice);
        now += TimeDelta::milliseconds(50 + i64::from(dice.below(2_000)));
        if dice.one_in(20) {
            // Killed between the platform's act and our commit: the row stays claimed until its lease runs out.
            now = post.lease_until.unwrap_or(now) + TimeDelta::milliseconds(1);
            post = lapse(post);
            continue;
        }
        post = settle(post, &step, outcome, platform, now, fraction(dice), &timings);
    }
    world
}

fn platform_does(platform: Platform, accepts: Accepts, world: &mut World, step: &Step, now: DateTime<Utc>, dice: &mut Dice) -> Outcome {
    let unclear = || Outcome::Unclear { why: "reset".into() };
    let limited = || Outcome::NotDone { retry_after: Some(TimeDelta::seconds(2)), extent: Extent::Channel, why: "429".into() };
    match step {
        Step::Create { version } => match dice.below(10) {
            0 => limited(),
            1 => unclear(),
            2 => {
                let late = if accepts == Accepts::TooLate { i64::from(dice.below(180)) } else { 0 };
                accept(platform, world, *version, now + TimeDelta::seconds(late), dice);
                unclear()
            }
            _ => Outcome::Posted(accept(platform, world, *version, now, dice)),
        },
        Step::Edit { version, message } => match dice.below(10) {
            0 => limited(),
            1 => unclear(),
            lucky => {
                if let Some(message) = message.0.parse().ok().and_then(|at: usize| world.messages.get_mut(at)) {
                    message.shows = *version;
                }
                if lucky == 2 { unclear() } else { Outcome::Posted(message.clone()) }
            }
        },
        Step::Look { since } | Step::Sweep { since } => match dice.below(10) {
            0 | 1 => unclear(),
            2 => limited(),
            _ => {
                let visible = |message: &Posted| message.visible_at <= now && message.accepted_at >= *since - TimeDelta::minutes(2);
                let mut seen = world.messages.iter_mut().enumerate().filter(|(_, message)| !message.removed && visible(message));
                let Some((first, _)) = seen.next() else {
                    return Outcome::NotFound;
                };
                let twice = seen.map(|(_, extra)| extra.removed = true).count() > 0;
                let first = MessageRef(first.to_string());
                if twice { Outcome::FoundTwice(first) } else { Outcome::Found(first) }
            }
        },
    }
}

/// Discord gives the older message back while it remembers the nonce; Slack posts another one.
fn accept(platform: Platform, world: &mut World, version: i64, now: DateTime<Utc>, dice: &mut Dice) -> MessageRef {
    let remembered = world.messages.iter().position(|message| {
        let age = now - message.accepted_at;
        platform == Platform::Discord && age >= TimeDelta::zero() && age < TimeDelta::minutes(3)
    });
    let at = remembered.unwrap_or_else(|| {
        let lag = TimeDelta::milliseconds(i64::from(dice.below(20_000)));
        world.messages.push(Posted { accepted_at: now, visible_at: now + lag, shows: version, removed: false });
        world.messages.len() - 1
    });
    MessageRef(at.to_string())
}

fn fraction(dice: &mut Dice) -> f64 {
    f64::from(dice.below(1_000)) / 1_000.0
}
