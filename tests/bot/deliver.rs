//! Once in each channel, whatever the platforms do: limits, faults, silence, people who delete.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use rebound::domain::platform::Platform;
use rebound::sandbox::{Fault, FaultKind, Operation};
use rebound::store::{NewPost, Pause};

use super::calls::cancelled;
use super::limits::invalid_blocks;
use super::world::{DISCORD, KIM, SLACK, SLACK_HOSTS, World, plain};

const BOTH: [(Platform, u64); 2] = [(Platform::Slack, 10), (Platform::Discord, 10)];
const CREATE: Operation = Operation::Create;
/// Long enough for two looks after the settling time.
const LONG: TimeDelta = TimeDelta::seconds(180);
/// So that a request which never ends costs the test little.
const QUICK: &str = "delivery = { request_timeout = \"500ms\" }";

fn creations(world: &World, channel: &str) -> usize {
    let journal = if channel == DISCORD { world.sandbox.discord().journal() } else { world.sandbox.slack().journal() };
    journal.iter().filter(|call| call.operation == CREATE && call.channel.as_deref() == Some(channel)).count()
}

#[tokio::test]
async fn every_fault_ends_with_exactly_one_card() {
    let kinds = [
        FaultKind::RateLimited { retry_after: Duration::from_secs(3) },
        FaultKind::ErrorBefore(500),
        FaultKind::ErrorAfter(500),
        FaultKind::ErrorAfter(502),
        FaultKind::DropBefore,
        FaultKind::DropAfter,
        FaultKind::HangBefore,
        FaultKind::HangAfter,
        FaultKind::HtmlAfter,
        FaultKind::CutBody,
    ];
    for kind in kinds {
        let world = World::with(QUICK).await;
        world.sandbox.slack().fault(Fault::new(kind.clone()).on(CREATE).times(1));
        world.sandbox.discord().fault(Fault::new(kind.clone()).on(CREATE).times(1));
        let body = cancelled(world.now());
        world.webhook(&body).await;
        world.live(LONG).await;
        for channel in [SLACK, SLACK_HOSTS, DISCORD] {
            assert_eq!(world.cards(channel, &body).len(), 1, "{kind:?} in {channel}");
        }
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn what_was_accepted_and_not_confirmed_is_found_and_not_repeated() {
    let world = World::new().await;
    world.sandbox.slack().fault(Fault::new(FaultKind::ErrorAfter(500)).on(CREATE));
    world.sandbox.discord().fault(Fault::new(FaultKind::ErrorAfter(500)).on(CREATE));
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.live(LONG).await;
    for channel in [SLACK, SLACK_HOSTS, DISCORD] {
        world.card(channel, &body);
        assert_eq!(creations(&world, channel), 1, "creations in {channel}");
    }
}

#[tokio::test]
async fn a_history_that_lags_is_no_proof() {
    let world = World::new().await;
    world.sandbox.slack().set_history_lag(Duration::from_hours(1));
    world.sandbox.slack().fault(Fault::new(FaultKind::ErrorAfter(500)).on(CREATE).times(2));
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.live(TimeDelta::seconds(45)).await;
    assert_eq!(creations(&world, SLACK), 1, "repeated before the settling time was over");
    world.sandbox.slack().set_history_lag(Duration::ZERO);
    world.live(LONG).await;
    world.card(SLACK, &body);
    assert_eq!(creations(&world, SLACK), 1);
}

#[tokio::test]
async fn retry_after_is_obeyed_by_the_whole_channel() {
    let world = World::new().await;
    world
        .sandbox
        .slack()
        .fault(Fault::new(FaultKind::RateLimited { retry_after: Duration::from_secs(30) }).on(CREATE).channel(SLACK).times(1));
    let (first, second) = (cancelled(world.now()), cancelled(world.now()));
    world.webhook(&first).await;
    world.webhook(&second).await;
    world.live(TimeDelta::seconds(29)).await;
    assert_eq!(creations(&world, SLACK), 1, "asked again before the platform's time");
    world.card(SLACK_HOSTS, &second);
    world.live(TimeDelta::seconds(10)).await;
    world.card(SLACK, &first);
    world.card(SLACK, &second);
}

#[tokio::test]
async fn a_restart_between_claim_and_answer_repeats_nothing() {
    let world = World::new().await;
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.app.flow().understand().await.expect("understood");
    let claimed = world.app.flow().claim(&BOTH).await.expect("claimed");
    assert_eq!(claimed.len(), 3);
    let world = world.restarted().await;
    world.drain().await;
    assert!(world.messages(SLACK).is_empty(), "what may have been sent is looked for first");
    world.live(LONG).await;
    for channel in [SLACK, SLACK_HOSTS, DISCORD] {
        world.card(channel, &body);
        assert_eq!(creations(&world, channel), 1);
    }
}

#[tokio::test]
async fn nobody_is_woken_for_what_cannot_be_claimed() {
    let world = World::new().await;
    world.webhook(&cancelled(world.now())).await;
    let flow = world.app.flow();
    flow.understand().await.expect("understood");
    let (now, pause) = (world.now(), TimeDelta::minutes(10));
    for channel in flow.rules.channels.clone() {
        let paced =
            flow.store.write(move |tx| Box::pin(async move { tx.pause(&[&(Pause::Channel(channel.address), now + pause)], now).await }));
        paced.await.expect("written");
    }
    let next_due = async |platforms: &[Platform]| {
        let due = flow.store.next_due(platforms).await.expect("an answer")?;
        Some((due - world.now()).num_minutes())
    };
    assert_eq!(next_due(&[Platform::Slack]).await, Some(9), "when the pause ends");
    assert_eq!(next_due(&[]).await, None);
    assert!(flow.claim(&BOTH).await.expect("claimed").is_empty());
    world.pass(pause);
    assert!(next_due(&[Platform::Discord]).await.is_some_and(|minutes| minutes <= 0));
    assert_eq!(flow.claim(&BOTH).await.expect("claimed").len(), 3);
}

#[tokio::test]
async fn a_long_queue_is_not_slow_to_claim_from() {
    const WAITING: u32 = 1_200;
    let world = World::new().await;
    let body = cancelled(world.now());
    let call_id = body["event"]["uuid"].to_string();
    world.webhook(&body).await;
    let flow = world.app.flow();
    flow.understand().await.expect("understood");
    assert_eq!(flow.claim(&BOTH).await.expect("claimed").len(), 3);
    let (channels, now) = (flow.rules.channels.clone(), world.now());
    let waiting = flow.store.write(move |tx| {
        Box::pin(async move {
            let (follow_up, _) = tx.twin(&call_id, None, Some((now, TimeDelta::hours(1)))).await?.expect("a follow-up");
            for number in 0..WAITING {
                for channel in &channels {
                    let post = NewPost {
                        follow_up_id: follow_up.id,
                        event_key: number.to_string(),
                        channel: channel.clone(),
                        wanted: 1,
                        maybe_sent: None,
                        due_at: now,
                    };
                    tx.add_posts(vec![post], now).await?;
                }
            }
            Ok(())
        })
    });
    waiting.await.expect("written");
    // Every channel has a post in flight, which every post that waits is held against.
    let began = Instant::now();
    assert!(flow.claim(&BOTH).await.expect("claimed").is_empty());
    let took = began.elapsed();
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[tokio::test]
async fn a_channel_that_is_closed_is_left_alone_and_delays_no_other() {
    let world = World::new().await;
    world.sandbox.slack().archive(SLACK, true);
    let bodies = [cancelled(world.now()), cancelled(world.now()), cancelled(world.now())];
    for body in &bodies {
        world.webhook(body).await;
    }
    world.live(TimeDelta::seconds(20)).await;
    for body in &bodies {
        world.card(SLACK_HOSTS, body);
        world.card(DISCORD, body);
    }
    assert!((1..=3).contains(&creations(&world, SLACK)), "{} tries", creations(&world, SLACK));
    world.sandbox.slack().archive(SLACK, false);
    world.live(TimeDelta::minutes(12)).await;
    for body in &bodies {
        world.card(SLACK, body);
    }
}

#[tokio::test]
async fn what_is_closed_stands_in_the_details_and_the_figures() {
    let world = World::with_key("").await;
    let figure = async |name: &str| {
        let (_, text) = world.get("/metrics").await;
        text.lines().find_map(|line| line.strip_prefix(&format!("rebound_{name} "))).map(str::to_owned)
    };
    assert_eq!(world.get("/readyz").await, (200, "ok\n".to_owned()));
    assert_eq!(figure("channels_closed{platform=\"slack\"}").await.as_deref(), Some("0"));
    world.sandbox.slack().archive(SLACK, true);
    let removed = FaultKind::Answers { status: 403, body: serde_json::json!({ "message": "Missing Access", "code": 50001 }) };
    world.sandbox.discord().fault(Fault::new(removed).on(CREATE).channel(DISCORD));
    let body = cancelled(world.now());
    let since = world.now();
    world.webhook(&body).await;
    world.live(TimeDelta::minutes(6)).await;
    let (status, details) = world.get("/readyz").await;
    assert_eq!((status, details.lines().count()), (200, 3), "{details}");
    for (name, why) in [("slack channel sales", "is_archived"), ("discord channel alerts", "50001")] {
        let line = details.lines().find(|line| line.starts_with(name)).expect("a line for each");
        let (_, told) = line.split_once(" since ").expect("a time");
        let (at, told) = told.split_once(": ").expect("a reason");
        let at = chrono::DateTime::parse_from_rfc3339(at).expect("a time").to_utc();
        assert!((at - since).num_seconds() < 10 && told.contains(why), "{line}");
    }
    assert_eq!(figure("channels_closed{platform=\"slack\"}").await.as_deref(), Some("1"));
    assert_eq!(figure("channels_closed{platform=\"discord\"}").await.as_deref(), Some("1"));
    world.sandbox.slack().archive(SLACK, false);
    world.sandbox.discord().heal();
    world.live(TimeDelta::minutes(16)).await;
    assert_eq!(world.cards(SLACK, &body).len(), 1);
    assert_eq!(world.get("/readyz").await, (200, "ok\n".to_owned()));
    assert_eq!(figure("channels_closed{platform=\"discord\"}").await.as_deref(), Some("0"));
}

#[tokio::test]
async fn an_older_card_that_may_be_edited_does_not_open_its_channel() {
    let world = World::new().await;
    let older = cancelled(world.now());
    world.webhook(&older).await;
    world.live(TimeDelta::seconds(10)).await;
    let forbidden = FaultKind::Answers { status: 403, body: serde_json::json!({ "message": "Missing Permissions", "code": 50013 }) };
    world.sandbox.discord().fault(Fault::new(forbidden).on(CREATE).channel(DISCORD));
    world.webhook(&cancelled(world.now())).await;
    world.live(TimeDelta::seconds(10)).await;
    assert!(world.get("/readyz").await.1.contains("discord channel alerts"));
    world.pass(TimeDelta::minutes(6));
    // The new card waits longer than its channel, as its back-off may have it; meanwhile the older one changes.
    world.sql("update post set due_at = due_at + 600000 where message is null").await;
    world.sql("update follow_up set version = 2 where id = (select min(id) from follow_up)").await;
    world.sql("update post set wanted = 2 where kind = 'card' and follow_up_id = (select min(id) from follow_up)").await;
    world.live(TimeDelta::seconds(10)).await;
    let edited = "select count(*) from post where kind = 'card' and platform = 'discord' and shown = 2";
    assert_eq!(world.count(edited).await, 1);
    let (_, details) = world.get("/readyz").await;
    assert!(details.contains("discord channel alerts"), "{details}");
}

#[tokio::test]
async fn a_row_that_cannot_be_read_delays_only_itself() {
    let world = World::new().await;
    let broken = cancelled(world.now());
    world.webhook(&broken).await;
    world.drain_understanding().await;
    world.sql("update follow_up set facts = 'x' || facts").await;
    let whole = cancelled(world.now());
    world.webhook(&whole).await;
    world.live(TimeDelta::seconds(20)).await;
    for channel in [SLACK, SLACK_HOSTS, DISCORD] {
        world.card(channel, &whole);
        assert_eq!(creations(&world, channel), 1, "something was sent of a row that cannot be read");
    }
    world.sql("update follow_up set facts = substr(facts, 2) where facts like 'x%'").await;
    world.live(TimeDelta::minutes(11)).await;
    for channel in [SLACK, SLACK_HOSTS, DISCORD] {
        world.card(channel, &broken);
    }
}

#[tokio::test]
async fn a_refused_card_is_sent_in_plain_words_once() {
    let world = World::new().await;
    world.sandbox.slack().fault(Fault::new(invalid_blocks()).on(CREATE).channel(SLACK).times(1));
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.live(TimeDelta::seconds(10)).await;
    world.card(SLACK, &body);
    assert_eq!(creations(&world, SLACK), 2);
}

#[tokio::test]
async fn cards_ping_nobody() {
    let world = World::new().await;
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.drain().await;
    for channel in [SLACK, SLACK_HOSTS, DISCORD] {
        assert_eq!(world.card(channel, &body).pinged, Vec::<String>::new(), "{channel}");
    }
}

#[tokio::test]
async fn two_instances_on_one_postgresql_post_once() {
    if std::env::var("REBOUND_TEST_DATABASE_URL").is_err() {
        return eprintln!("\n*** SKIPPED: two instances need PostgreSQL, and REBOUND_TEST_DATABASE_URL is not set ***\n");
    }
    let world = World::new().await;
    let other = world.another_instance().await;
    let bodies: Vec<_> = (0..12).map(|_| cancelled(world.now())).collect();
    for body in &bodies {
        world.webhook(body).await;
    }
    for _ in 0..40 {
        let (one, two) = tokio::join!(world.app.drain(), other.drain());
        one.expect("the first instance works");
        two.expect("the second instance works");
        world.pass(TimeDelta::seconds(1));
    }
    for body in &bodies {
        for channel in [SLACK, SLACK_HOSTS, DISCORD] {
            world.card(channel, body);
        }
    }
    assert_eq!(creations(&world, SLACK), bodies.len());
}

/// Who died while it was sending keeps nobody waiting until its claim runs out, where nobody else can be at work.
#[tokio::test]
async fn claims_end_with_their_process() {
    let world = World::new().await;
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.drain().await;
    // Longer than the one between two messages, much shorter than a claim.
    let pause = TimeDelta::seconds(2);
    world.pass(pause);
    let card = world.card(SLACK, &body);
    world.sandbox.slack().press(KIM.slack, SLACK, &card.id, "Claim").await;
    assert_eq!(world.app.flow().claim(&BOTH).await.expect("claimed").len(), 3);
    let world = world.restarted().await;
    world.pass(pause);
    world.drain().await;
    for channel in [SLACK, SLACK_HOSTS, DISCORD] {
        assert!(plain(&world.card(channel, &body).text()).contains("Kim"), "{channel}");
    }
}

#[tokio::test]
async fn what_a_living_instance_claimed_is_left_to_it() {
    if std::env::var("REBOUND_TEST_DATABASE_URL").is_err() {
        return eprintln!("\n*** SKIPPED: two instances need PostgreSQL, and REBOUND_TEST_DATABASE_URL is not set ***\n");
    }
    let world = World::new().await;
    world.webhook(&cancelled(world.now())).await;
    world.app.flow().understand().await.expect("understood");
    assert_eq!(world.app.flow().claim(&BOTH).await.expect("claimed").len(), 3);
    let other = world.another_instance().await;
    other.drain().await.expect("the other instance works");
    assert_eq!(world.count("select count(*) from post where phase = 'creating' and lease_until is not null").await, 3);
}
