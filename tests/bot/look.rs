//! Looks, and the last nets: one look for a whole channel, doubles removed, a restored database, dead tokens, clocks that differ.

use std::time::Duration;

use chrono::TimeDelta;
use rebound::sandbox::{Call, Fault, FaultKind, Message, Operation};
use serde_json::{Value, json};

use super::calls::cancelled;
use super::world::{DISCORD, SLACK, SLACK_HOSTS, World, client};

/// Long enough for two looks after the settling time.
const LONG: TimeDelta = TimeDelta::seconds(180);

fn calls(world: &World, operation: Operation, channel: &str) -> Vec<Call> {
    let journal = if channel == DISCORD { world.sandbox.discord().journal() } else { world.sandbox.slack().journal() };
    journal.into_iter().filter(|call| call.operation == operation && call.channel.as_deref() == Some(channel)).collect()
}

#[tokio::test]
async fn one_look_serves_all_that_is_unclear_in_a_channel() {
    let world = World::new().await;
    world.sandbox.slack().fault(Fault::new(FaultKind::ErrorAfter(500)).on(Operation::Create));
    world.sandbox.discord().fault(Fault::new(FaultKind::ErrorAfter(500)).on(Operation::Create));
    let bodies: Vec<Value> = (0..12).map(|_| cancelled(world.now())).collect();
    for body in &bodies {
        world.webhook(body).await;
    }
    world.live(LONG).await;
    for channel in [SLACK, SLACK_HOSTS, DISCORD] {
        for body in &bodies {
            world.card(channel, body);
        }
        assert_eq!(calls(&world, Operation::Create, channel).len(), bodies.len(), "creations in {channel}");
        let looks = calls(&world, Operation::History, channel).len();
        assert!((1..=bodies.len() * 2 / 3).contains(&looks), "{looks} looks in {channel}");
    }
}

#[tokio::test]
async fn a_look_reads_as_many_pages_as_there_are_and_pays_for_them() {
    let world = World::new().await;
    world.sandbox.slack().fault(Fault::new(FaultKind::ErrorAfter(500)).on(Operation::Create).channel(SLACK).times(1));
    // Below a hundred older messages, the card stands on the second page.
    let body = cancelled(world.now());
    let url = format!("{}/chat.postMessage", world.slack_api());
    world.webhook(&body).await;
    world.drain().await;
    for at in 0..120 {
        let said = json!({ "channel": SLACK, "text": format!("talk {at}") });
        let sent = client().post(&url).bearer_auth("xoxb-canary-slack-token").json(&said).send().await.expect("an answer");
        assert!(sent.json::<Value>().await.expect("JSON")["ok"] == true);
    }
    world.live(TimeDelta::seconds(10)).await;
    world.card(SLACK, &body);
    let looks = calls(&world, Operation::History, SLACK);
    assert_eq!(looks.len(), 2, "pages of one look");
    assert!(looks[1].body["cursor"].as_str().is_some_and(|cursor| !cursor.is_empty()), "{}", looks[1].body);
    let creations = calls(&world, Operation::Create, SLACK);
    assert_eq!(creations.iter().filter(|call| call.body.get("metadata").is_some()).count(), 1);
}

/// Slack shows a message long after it was sent, against all that was seen: only then there are two.
async fn doubled(world: &World) -> (Value, Vec<Message>) {
    world.sandbox.slack().fault(Fault::new(FaultKind::ErrorBefore(500)).on(Operation::Create).channel(SLACK).times(1));
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.live(TimeDelta::seconds(100)).await;
    let made = world.card(SLACK, &body);
    let first = calls(world, Operation::Create, SLACK).remove(0);
    let url = format!("{}/chat.postMessage", world.slack_api());
    let late = client().post(url).bearer_auth("xoxb-canary-slack-token").json(&first.body).send().await.expect("an answer");
    assert!(late.json::<Value>().await.expect("JSON")["ok"] == true);
    let both = world.cards(SLACK, &body);
    assert_eq!((both.len(), &both[0].id), (2, &made.id));
    (body, both)
}

#[tokio::test]
async fn a_double_is_removed_within_two_minutes() {
    let world = World::new().await;
    let (body, both) = doubled(&world).await;
    world.live(TimeDelta::seconds(120)).await;
    assert_eq!(world.card(SLACK, &body).id, both[0].id, "the older one stays");
    assert!(world.get("/metrics").await.1.contains("rebound_doubles_healed_total 1"));
    let looks = calls(&world, Operation::History, SLACK).len();
    world.live(TimeDelta::minutes(15)).await;
    let more = calls(&world, Operation::History, SLACK).len() - looks;
    assert!((5..=11).contains(&more), "{more} sweeps more");
    world.live(TimeDelta::minutes(5)).await;
    assert_eq!(calls(&world, Operation::History, SLACK).len(), looks + more, "the suspicion never ends");
}

#[tokio::test]
async fn of_two_the_one_that_people_answered_stays() {
    let world = World::new().await;
    let (body, both) = doubled(&world).await;
    reply(&world, &both[1]).await;
    world.live(TimeDelta::seconds(120)).await;
    assert_eq!(world.card(SLACK, &body).id, both[1].id);
    world.assert_no_objections();
}

#[tokio::test]
async fn where_people_answered_both_nothing_is_deleted() {
    let world = World::new().await;
    let (body, both) = doubled(&world).await;
    reply(&world, &both[0]).await;
    reply(&world, &both[1]).await;
    world.live(TimeDelta::seconds(120)).await;
    assert_eq!(world.card(SLACK, &body).id, both[0].id);
    let disowned = world.sandbox.slack().message(SLACK, &both[1].id).expect("still there");
    assert!(disowned.text().contains("twice by mistake"), "{}", disowned.text());
    assert_eq!(disowned.buttons(), Vec::<String>::new());
    world.assert_no_objections();
}

async fn reply(world: &World, message: &Message) {
    let body = json!({ "channel": SLACK, "thread_ts": message.id, "text": "I have called her" });
    let url = format!("{}/chat.postMessage", world.slack_api());
    let sent = client().post(url).bearer_auth("xoxb-canary-slack-token").json(&body).send().await.expect("an answer");
    assert!(sent.json::<Value>().await.expect("JSON")["ok"] == true);
}

#[tokio::test]
async fn a_restored_database_posts_nothing_again() {
    let world = World::new().await;
    let (before, after) = (cancelled(world.now()), cancelled(world.now()));
    world.webhook(&before).await;
    world.drain_understanding().await;
    let Some(backup) = world.backup().await else {
        return eprintln!("\n*** SKIPPED: the backup of this test is a file of SQLite ***\n");
    };
    world.webhook(&after).await;
    world.live(TimeDelta::seconds(5)).await;
    world.pass(TimeDelta::hours(3));
    let world = world.restored(&backup).await;
    // iClosed has an answer for both, so it does not repeat them; whoever replays its log does.
    world.webhook(&before).await;
    world.webhook(&after).await;
    let new = cancelled(world.now());
    world.webhook(&new).await;
    world.live(LONG).await;
    for channel in [SLACK, SLACK_HOSTS, DISCORD] {
        for body in [&before, &after, &new] {
            world.card(channel, body);
        }
        assert_eq!(calls(&world, Operation::Create, channel).len(), 3, "creations in {channel}");
    }
    // They are ours again: what is known of them is shown.
    assert_eq!(calls(&world, Operation::Edit, SLACK).len(), 2);
}

#[tokio::test]
async fn after_a_short_stop_nothing_waits_for_a_look() {
    let world = World::new().await;
    world.drain().await;
    let (before, after) = (cancelled(world.now()), cancelled(world.now()));
    world.webhook(&before).await;
    world.drain_understanding().await;
    world.pass(TimeDelta::seconds(30));
    let world = world.restarted().await;
    world.webhook(&after).await;
    world.live(TimeDelta::seconds(2)).await;
    for channel in [SLACK, SLACK_HOSTS, DISCORD] {
        world.card(channel, &before);
        world.card(channel, &after);
        assert_eq!(calls(&world, Operation::History, channel).len(), 0);
    }
}

#[tokio::test]
async fn a_dead_token_pauses_its_platform_until_the_next_start() {
    let world = World::new().await;
    let refusal = FaultKind::Answers { status: 200, body: json!({ "ok": false, "error": "token_revoked" }) };
    world.sandbox.slack().fault(Fault::new(refusal));
    let bodies: Vec<Value> = (0..10).map(|_| cancelled(world.now())).collect();
    for body in &bodies {
        world.webhook(body).await;
    }
    world.live(TimeDelta::minutes(4)).await;
    let tries = world.sandbox.slack().journal().len();
    assert!((1..=2).contains(&tries), "{tries} requests with a dead token");
    assert_eq!(world.messages(DISCORD).len(), 10, "the other platform goes on");
    assert_eq!(world.get("/readyz").await, (200, "ok\nslack does not take the token\n".to_owned()));
    assert!(world.get("/metrics").await.1.contains("rebound_tokens_refused{platform=\"slack\"} 1"));
    world.sandbox.slack().heal();
    let world = world.restarted().await;
    world.live(TimeDelta::seconds(30)).await;
    assert_eq!(world.get("/readyz").await, (200, "ok\n".to_owned()));
    for body in &bodies {
        world.card(SLACK, body);
        world.card(SLACK_HOSTS, body);
    }
}

#[tokio::test]
async fn a_limit_on_edits_or_histories_does_not_keep_new_cards_waiting() {
    let world = World::new().await;
    world.sandbox.slack().fault(Fault::new(FaultKind::ErrorAfter(500)).on(Operation::Create).times(1));
    let limited = FaultKind::RateLimited { retry_after: Duration::from_mins(1) };
    world.sandbox.slack().fault(Fault::new(limited).on(Operation::History).times(1));
    let (first, second) = (cancelled(world.now()), cancelled(world.now()));
    world.webhook(&first).await;
    world.live(TimeDelta::seconds(20)).await;
    world.webhook(&second).await;
    world.live(TimeDelta::seconds(3)).await;
    world.card(SLACK, &second);
    world.card(SLACK_HOSTS, &second);
    world.live(TimeDelta::seconds(20)).await;
    let looks = |channel| calls(&world, Operation::History, channel).len();
    assert_eq!(looks(SLACK) + looks(SLACK_HOSTS), 1, "asked again before the platform's time");
}

#[tokio::test]
async fn a_clock_that_is_hours_off_hides_no_message() {
    let world = World::new().await;
    world.go_wrong(TimeDelta::hours(5));
    world.sandbox.slack().fault(Fault::new(FaultKind::ErrorAfter(500)).on(Operation::Create).channel(SLACK).times(1));
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.live(LONG).await;
    world.card(SLACK, &body);
    assert_eq!(calls(&world, Operation::Create, SLACK).len(), 1);
    let metrics = world.get("/metrics").await.1;
    assert!(metrics.contains("rebound_clock_skew_seconds{platform=\"slack\"} -18"), "{metrics}");
}

#[tokio::test]
async fn what_the_whole_bot_is_asked_to_wait_holds_after_a_restart() {
    let world = World::new().await;
    let limited = json!({ "message": "You are being rate limited.", "retry_after": 600.0, "global": true });
    world.sandbox.discord().fault(Fault::new(FaultKind::Answers { status: 429, body: limited }).on(Operation::Create).times(1));
    let (first, second) = (cancelled(world.now()), cancelled(world.now()));
    world.webhook(&first).await;
    world.live(TimeDelta::seconds(5)).await;
    world.card(SLACK, &first);
    let world = world.restarted().await;
    world.webhook(&second).await;
    world.live(TimeDelta::minutes(9)).await;
    world.card(SLACK, &second);
    assert_eq!(calls(&world, Operation::Create, DISCORD).len(), 1, "asked again before the platform's time");
    world.live(TimeDelta::minutes(2)).await;
    world.card(DISCORD, &first);
    world.card(DISCORD, &second);
}

#[tokio::test]
async fn a_long_queue_is_doubted_whole_and_an_unreadable_row_keeps_nobody_from_starting() {
    let world = World::new().await;
    world.drain().await;
    let bodies: Vec<Value> = (0..3).map(|_| cancelled(world.now())).collect();
    for body in &bodies {
        world.webhook(body).await;
    }
    world.drain_understanding().await;
    world.sql("update post set platform = 'elsewhere' where key = (select min(key) from post)").await;
    world.pass(TimeDelta::minutes(10));
    let world = world.restarted().await;
    world.live(LONG).await;
    let shown: usize = [SLACK, SLACK_HOSTS, DISCORD].iter().map(|channel| world.messages(channel).len()).sum();
    assert_eq!(shown, bodies.len() * 3 - 1);
    for channel in [SLACK, SLACK_HOSTS, DISCORD] {
        assert!(!calls(&world, Operation::History, channel).is_empty(), "nobody looked in {channel}");
    }
}

#[tokio::test]
async fn a_clock_that_differs_from_the_database_is_noticed() {
    let world = World::new().await;
    if world.backup().await.is_some() {
        return eprintln!("SKIPPED: a file has no clock of its own");
    }
    world.go_wrong(TimeDelta::seconds(40));
    world.drain().await;
    let metrics = world.get("/metrics").await.1;
    let skew = metrics.lines().find_map(|line| line.strip_prefix("rebound_clock_skew_seconds{platform=\"database\"} "));
    let skew: f64 = skew.and_then(|skew| skew.parse().ok()).expect("a figure");
    assert!((skew + 40.0).abs() < 2.0, "{skew}");
}
