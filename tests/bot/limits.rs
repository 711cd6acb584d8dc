//! What platforms refuse: limits however they are said, tokens that died, one message that is not taken. Nothing storms, and only what is
//! refused waits.

use std::time::Duration;

use chrono::TimeDelta;
use rebound::domain::platform::Platform;
use rebound::sandbox::{Call, Fault, FaultKind, Operation};
use serde_json::{Value, json};

use super::act::On;
use super::calls::cancelled;
use super::tell::direct;
use super::world::{ALEX, DISCORD, KIM, SAM, SLACK, SLACK_HOSTS, World, plain};

const CREATE: Operation = Operation::Create;
/// What stands before Discord says when it has enough of an address.
const PAGE: &str = "<html>error code: 1015</html>";
const TELL: &str = "team = { notify_host = \"dm\" }";

fn calls(world: &World, platform: Platform, which: impl Fn(&Call) -> bool) -> Vec<Call> {
    let journal = match platform {
        Platform::Slack => world.sandbox.slack().journal(),
        Platform::Discord => world.sandbox.discord().journal(),
    };
    journal.into_iter().filter(which).collect()
}

fn creations(world: &World, channel: &str) -> Vec<Call> {
    let platform = if channel == DISCORD { Platform::Discord } else { Platform::Slack };
    calls(world, platform, |call| call.operation == CREATE && call.channel.as_deref() == Some(channel))
}

/// More channels, which the sandbox does not know: enough for a storm of refusals.
fn more_channels(platform: Platform, many: usize) -> String {
    let channel = |at: usize| match platform {
        Platform::Slack => format!("[[channel]]\nname = \"more-{at}\"\nslack = \"C0MORE{at:05}\"\n"),
        Platform::Discord => format!("[[channel]]\nname = \"more-{at}\"\ndiscord = \"3000000000000009{at:02}\"\n"),
    };
    (0..many).map(channel).collect()
}

/// How Slack refuses a message for what it says.
pub(crate) fn invalid_blocks() -> FaultKind {
    FaultKind::Answers { status: 200, body: json!({ "ok": false, "error": "invalid_blocks" }) }
}

/// How Discord does.
fn invalid_form() -> FaultKind {
    FaultKind::Answers { status: 400, body: json!({ "code": 50_035, "message": "Invalid Form Body" }) }
}

#[tokio::test]
async fn a_limit_holds_for_a_second_at_least_and_a_quarter_of_an_hour_at_most_however_it_is_said() {
    let cases = [
        (None, 1),
        (Some("0"), 1),
        (Some("1.5"), 2),
        (Some("-1"), 1),
        (Some("1e12"), 900),
        (Some("Wed, 21 Oct 2026 07:28:00 GMT"), 1),
        (Some("abc"), 1),
        (Some("7"), 7),
    ];
    for (retry_after, seconds) in cases {
        let world = World::new().await;
        let limited = FaultKind::OddlyLimited { retry_after, body: json!({ "ok": false, "error": "ratelimited" }) };
        world.sandbox.slack().fault(Fault::new(limited).on(CREATE).channel(SLACK).times(1));
        let body = cancelled(world.now());
        world.webhook(&body).await;
        world.live(TimeDelta::seconds(seconds + 4)).await;
        world.card(SLACK, &body);
        let tries = creations(&world, SLACK);
        assert_eq!(tries.len(), 2, "{retry_after:?}");
        let waited = (tries[1].at - tries[0].at).num_milliseconds();
        assert!((seconds * 900..seconds * 1_000 + 3_000).contains(&waited), "{retry_after:?}: {waited} ms");
    }
}

#[tokio::test]
async fn a_limit_that_says_no_time_grows_with_each_refusal() {
    let world = World::new().await;
    let limited = FaultKind::OddlyLimited { retry_after: None, body: json!({ "ok": false, "error": "ratelimited" }) };
    world.sandbox.slack().fault(Fault::new(limited).on(CREATE).channel(SLACK).times(5));
    let (first, second) = (cancelled(world.now()), cancelled(world.now()));
    world.webhook(&first).await;
    world.live(TimeDelta::seconds(25)).await;
    world.webhook(&second).await;
    world.live(TimeDelta::seconds(5)).await;
    assert_eq!(creations(&world, SLACK).len(), 5, "a second card is tried although the channel rests");
    world.live(TimeDelta::seconds(10)).await;
    world.card(SLACK, &first);
    world.card(SLACK, &second);
}

#[tokio::test]
async fn what_stands_before_a_platform_stops_all_of_its_channels() {
    let world = World::with(&more_channels(Platform::Discord, 10)).await;
    let limited = FaultKind::OddlyLimited { retry_after: None, body: json!(PAGE) };
    world.sandbox.discord().fault(Fault::new(limited).on(CREATE));
    let bodies: Vec<Value> = (0..5).map(|_| cancelled(world.now())).collect();
    for body in &bodies {
        world.webhook(body).await;
    }
    world.live(TimeDelta::seconds(55)).await;
    let tries = calls(&world, Platform::Discord, |call| call.operation == CREATE).len();
    assert!(tries <= 11, "{tries} requests in a minute to a platform that wants none");
    world.card(SLACK, &bodies[4]);
    world.sandbox.discord().heal();
    world.live(TimeDelta::seconds(30)).await;
    for body in &bodies {
        world.card(DISCORD, body);
    }
}

/// Cards whose threads have a line of unclear outcome each.
async fn unclear_lines(world: &World, many: usize) -> Vec<Value> {
    let bodies: Vec<Value> = (0..many).map(|_| cancelled(world.now())).collect();
    for body in &bodies {
        world.webhook(body).await;
    }
    world.live(TimeDelta::seconds(20)).await;
    world.sandbox.slack().fault(Fault::new(FaultKind::ErrorAfter(500)).on(CREATE));
    for body in &bodies {
        let card = world.card(SLACK, body).id;
        world.sandbox.slack().press(KIM.slack, SLACK, &card, "Claim").await;
    }
    bodies
}

fn looks(world: &World) -> usize {
    calls(world, Platform::Slack, |call| call.operation == Operation::History).len()
}

#[tokio::test]
async fn each_thread_is_a_look_of_its_own_and_looks_are_spread() {
    let world = World::new().await;
    let bodies = unclear_lines(&world, 8).await;
    for second in 1..=30 {
        let before = looks(&world);
        world.drain().await;
        assert!(looks(&world) - before <= 1, "{} looks at once in second {second}", looks(&world) - before);
        world.pass(TimeDelta::seconds(1));
    }
    assert!((8..=20).contains(&looks(&world)), "{} looks", looks(&world));
    world.live(TimeDelta::seconds(60)).await;
    for body in &bodies {
        for channel in [SLACK, SLACK_HOSTS] {
            assert_eq!(world.sandbox.slack().thread(channel, &world.card(channel, body).id).len(), 1);
        }
    }
}

#[tokio::test]
async fn a_look_that_is_limited_is_the_last_until_the_platforms_time() {
    let world = World::new().await;
    // What becomes unclear during the first of these is there when the second one is met.
    for seconds in [30, 60] {
        let limited = FaultKind::RateLimited { retry_after: Duration::from_secs(seconds) };
        world.sandbox.slack().fault(Fault::new(limited).on(Operation::History).times(1));
    }
    unclear_lines(&world, 8).await;
    world.live(TimeDelta::seconds(80)).await;
    assert_eq!(looks(&world), 2, "asked again before the platform's time");
}

#[tokio::test]
async fn a_refusal_that_is_not_discords_own_is_looked_into() {
    for status in [400, 403, 404] {
        let world = World::new().await;
        world.sandbox.discord().fault(Fault::new(FaultKind::Answers { status, body: json!(PAGE) }).on(CREATE).times(2));
        let body = cancelled(world.now());
        world.webhook(&body).await;
        world.live(TimeDelta::seconds(180)).await;
        world.card(DISCORD, &body);
    }
}

#[tokio::test]
async fn a_card_that_may_not_be_changed_closes_no_channel() {
    let world = World::new().await;
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.live(TimeDelta::seconds(3)).await;
    for code in [50_005, 50_001, 50_013] {
        world.sandbox.discord().heal();
        let refused = FaultKind::Answers { status: 403, body: json!({ "message": "no", "code": code }) };
        world.sandbox.discord().fault(Fault::new(refused).on(Operation::Edit));
        let card = world.card(DISCORD, &body).id;
        world.sandbox.discord().press(KIM.discord, DISCORD, &card, if code == 50_001 { "Take over" } else { "Claim" }).await;
        world.live(TimeDelta::seconds(3)).await;
        let new = cancelled(world.now());
        world.webhook(&new).await;
        world.live(TimeDelta::seconds(5)).await;
        world.card(DISCORD, &new);
    }
    let edits = calls(&world, Platform::Discord, |call| call.operation == Operation::Edit).len();
    assert!(edits <= 6, "{edits} edits that are refused each time");
}

#[tokio::test]
async fn an_archived_channel_is_left_alone_with_its_edits() {
    let world = World::new().await;
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.live(TimeDelta::seconds(3)).await;
    world.sandbox.slack().archive(SLACK, true);
    let card = world.card(DISCORD, &body).id;
    world.sandbox.discord().press(KIM.discord, DISCORD, &card, "Claim").await;
    world.live(TimeDelta::minutes(4)).await;
    let tries = calls(&world, Platform::Slack, |call| call.channel.as_deref() == Some(SLACK) && call.operation == Operation::Edit).len();
    assert!((1..=2).contains(&tries), "{tries} edits in an archived channel");
    world.sandbox.slack().archive(SLACK, false);
    world.live(TimeDelta::minutes(12)).await;
    assert!(plain(&world.card(SLACK, &body).text()).contains("Kim"));
}

#[tokio::test]
async fn a_limit_on_conversations_keeps_no_edit_waiting() {
    let world = World::with(TELL).await;
    let limited = FaultKind::RateLimited { retry_after: Duration::from_mins(1) };
    world.sandbox.slack().fault(Fault::new(limited).when(|call, _| call == "conversations.open").times(1));
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.live(TimeDelta::seconds(5)).await;
    let opens = |world: &World| calls(world, Platform::Slack, |call| call.name == "conversations.open").len();
    assert_eq!(opens(&world), 1);
    let card = world.card(SLACK, &body).id;
    world.sandbox.slack().press(KIM.slack, SLACK, &card, "Claim").await;
    let second = cancelled(world.now());
    world.webhook(&second).await;
    world.live(TimeDelta::seconds(10)).await;
    assert!(plain(&world.card(SLACK, &body).text()).contains("Kim"), "the edit waits for what it has nothing to do with");
    assert_eq!(opens(&world), 1, "asked again before the platform's time");
    world.live(TimeDelta::seconds(60)).await;
    assert_eq!(direct(&world, On::Slack, ALEX).len(), 2);
    assert_eq!(opens(&world), 2, "one conversation is opened once");
}

#[tokio::test]
async fn a_limit_on_opening_conversations_in_discord_holds_for_all_people() {
    let world = World::only_with("discord", "team = { notify_host = \"dm\", notify_setter = \"dm\" }").await;
    let limited = FaultKind::RateLimited { retry_after: Duration::from_mins(1) };
    world.sandbox.discord().fault(Fault::new(limited).when(|call, _| call == "open direct conversation").times(1));
    let mut body = cancelled(world.now());
    body["event"]["setter"] = json!({ "name": KIM.name });
    world.webhook(&body).await;
    world.drain_understanding().await;
    for _ in 0..30 {
        // One by one, so that the second is claimed after the first was answered.
        for job in world.app.flow().claim(&[(Platform::Discord, 1)]).await.expect("claimed") {
            world.app.flow().deliver(job).await.expect("written");
        }
        world.pass(TimeDelta::seconds(1));
    }
    assert_eq!(calls(&world, Platform::Discord, |call| call.name == "open direct conversation").len(), 1);
    world.live(TimeDelta::seconds(60)).await;
    assert_eq!((direct(&world, On::Discord, ALEX).len(), direct(&world, On::Discord, KIM).len()), (1, 1));
}

#[tokio::test]
async fn what_a_clock_that_ran_ahead_wrote_down_keeps_nobody_waiting() {
    const HOURS: TimeDelta = TimeDelta::hours(5);
    let world = World::new().await;
    world.go_wrong(HOURS);
    let limited = FaultKind::RateLimited { retry_after: Duration::from_secs(30) };
    world.sandbox.slack().fault(Fault::new(limited).on(CREATE).channel(SLACK).times(1));
    let global = json!({ "message": "You are being rate limited.", "retry_after": 600.0, "global": true });
    world.sandbox.discord().fault(Fault::new(FaultKind::Answers { status: 429, body: global }).on(CREATE).times(1));
    let first = cancelled(world.now());
    world.webhook(&first).await;
    world.live(TimeDelta::seconds(3)).await;
    world.card(SLACK_HOSTS, &first);
    world.go_wrong(-HOURS);
    let second = cancelled(world.now());
    world.webhook(&second).await;
    world.live(TimeDelta::seconds(30)).await;
    for channel in [SLACK, SLACK_HOSTS, DISCORD] {
        world.card(channel, &first);
        world.card(channel, &second);
    }
}

#[tokio::test]
async fn a_claim_of_a_clock_that_ran_ahead_runs_out() {
    const HOURS: TimeDelta = TimeDelta::hours(5);
    let world = World::new().await;
    world.go_wrong(HOURS);
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.drain_understanding().await;
    let both = [(Platform::Slack, 10), (Platform::Discord, 10)];
    let mut jobs = world.app.flow().claim(&both).await.expect("claimed");
    assert_eq!(jobs.len(), 3);
    world.app.flow().alive().await.expect("written");
    // One of them was sent, and nobody wrote down what came of it.
    world.app.flow().attend(jobs.remove(0)).await;
    world.pass(TimeDelta::minutes(20));
    world.go_wrong(-HOURS);
    world.live(TimeDelta::minutes(5)).await;
    for channel in [SLACK, SLACK_HOSTS, DISCORD] {
        world.card(channel, &body);
        assert_eq!(creations(&world, channel).len(), 1, "{channel}");
    }
}

#[tokio::test]
async fn a_dead_token_is_tried_with_one_request_until_it_is_taken_again() {
    let world = World::with(&more_channels(Platform::Slack, 8)).await;
    let refusal = FaultKind::Answers { status: 200, body: json!({ "ok": false, "error": "token_revoked" }) };
    world.sandbox.slack().fault(Fault::new(refusal));
    let bodies: Vec<Value> = (0..3).map(|_| cancelled(world.now())).collect();
    for body in &bodies {
        world.webhook(body).await;
    }
    let tries = |world: &World| world.sandbox.slack().journal().len();
    world.live(TimeDelta::seconds(30)).await;
    let at_first = tries(&world);
    assert!(at_first <= 10, "{at_first} requests: more than one for each channel");
    world.live(TimeDelta::minutes(16)).await;
    let later = tries(&world) - at_first;
    assert!((1..=4).contains(&later), "{later} more requests with a dead token");
    // A start does not forget: another token is tried with one request as well.
    let world = world.restarted().await;
    let before = tries(&world);
    world.live(TimeDelta::seconds(20)).await;
    assert_eq!(tries(&world) - before, 1);
    world.sandbox.slack().heal();
    world.live(TimeDelta::minutes(6)).await;
    for body in &bodies {
        world.card(SLACK, body);
        world.card(SLACK_HOSTS, body);
    }
}

#[tokio::test]
async fn where_slack_takes_no_direct_message_the_thread_says_it() {
    let world = World::with(TELL).await;
    let refusal = FaultKind::Answers { status: 200, body: json!({ "ok": false, "error": "messages_tab_disabled" }) };
    let direct_message = |_: &str, body: &Value| body["channel"].as_str().is_some_and(|channel| channel.starts_with('D'));
    world.sandbox.slack().fault(Fault::new(refusal).on(CREATE).when(direct_message));
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.live(TimeDelta::seconds(20)).await;
    let below: usize = [SLACK, SLACK_HOSTS]
        .into_iter()
        .flat_map(|channel| world.sandbox.slack().thread(channel, &world.card(channel, &body).id))
        .filter(|message| message.json.to_string().contains("A call of yours was cancelled"))
        .count();
    assert_eq!(below, 1);
}

#[tokio::test]
async fn six_claims_on_six_cards_are_shown_within_a_second() {
    let world = World::only("slack").await;
    let bodies: Vec<Value> = (0..6).map(|_| cancelled(world.now())).collect();
    for body in &bodies {
        world.webhook(body).await;
    }
    world.live(TimeDelta::seconds(10)).await;
    for body in &bodies {
        let card = world.card(SLACK, body).id;
        world.sandbox.slack().press(KIM.slack, SLACK, &card, "Claim").await;
    }
    world.live(TimeDelta::seconds(1)).await;
    for body in &bodies {
        assert!(plain(&world.card(SLACK, body).text()).contains("Kim"), "still waiting");
    }
    world.live(TimeDelta::seconds(8)).await;
    let lines: Vec<Call> = creations(&world, SLACK).split_off(6);
    assert_eq!(lines.len(), 6);
    for pair in lines.windows(2) {
        assert!(pair[1].at - pair[0].at >= TimeDelta::milliseconds(900), "two new messages within a second");
    }
}

#[tokio::test]
async fn many_changes_are_one_edit() {
    let world = World::new().await;
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.live(TimeDelta::seconds(3)).await;
    let card = world.card(SLACK, &body);
    for whom in [KIM, SAM, ALEX, KIM] {
        let answered = world.sandbox.slack().pick(ALEX.slack, SLACK, &card.id, "Assign follow-up", whom.slack).await;
        assert!(answered.is_ok(), "{:?}", answered.error);
    }
    world.live(TimeDelta::seconds(10)).await;
    for (platform, channel) in [(Platform::Slack, SLACK), (Platform::Slack, SLACK_HOSTS), (Platform::Discord, DISCORD)] {
        let edits = calls(&world, platform, |call| call.operation == Operation::Edit && call.channel.as_deref() == Some(channel)).len();
        assert_eq!(edits, 1, "edits in {channel}");
        assert!(plain(&world.card(channel, &body).text()).contains("Kim"), "{channel}");
    }
}

#[tokio::test]
async fn a_card_that_was_deleted_in_discord_stays_deleted_and_its_story_ends() {
    let world = World::new().await;
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.live(TimeDelta::seconds(3)).await;
    let (slack, discord) = (world.card(SLACK, &body), world.card(DISCORD, &body));
    assert!(world.sandbox.discord().remove(DISCORD, &discord.id));
    world.sandbox.slack().press(KIM.slack, SLACK, &slack.id, "Claim").await;
    world.live(TimeDelta::minutes(3)).await;
    world.sandbox.slack().press(KIM.slack, SLACK, &slack.id, "Details").await;
    assert!(world.messages(DISCORD).is_empty());
    assert_eq!(creations(&world, DISCORD).len(), 1, "something was sent below a card that is gone");
    assert_eq!(world.sandbox.slack().thread(SLACK, &slack.id).len(), 1, "the story goes on elsewhere");
    let waiting = world.count("select count(*) from post where platform = 'discord' and phase <> 'gone'").await;
    assert_eq!(waiting, 0);
}

#[tokio::test]
async fn an_outcome_that_comes_too_late_is_not_written() {
    let world = World::only("slack").await;
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.drain_understanding().await;
    let flow = world.app.flow();
    let mut late = Vec::new();
    for job in flow.claim(&[(Platform::Slack, 10)]).await.expect("claimed") {
        late.push(flow.attend(job).await);
    }
    // Nobody heard of them for so long that others look, and find.
    world.live(TimeDelta::minutes(2)).await;
    let card = world.card(SLACK, &body).id;
    world.sandbox.slack().press(KIM.slack, SLACK, &card, "Claim").await;
    world.live(TimeDelta::seconds(5)).await;
    flow.settle_and_claim(std::sync::Arc::new(late), &[]).await.expect("written");
    world.live(TimeDelta::seconds(10)).await;
    let edits = calls(&world, Platform::Slack, |call| call.operation == Operation::Edit).len();
    assert_eq!(edits, 2, "one for each of two channels");
    assert_eq!(creations(&world, SLACK).len(), 2, "the card and its line");
}

#[tokio::test]
async fn a_card_whose_buttons_are_refused_is_sent_without_them() {
    let world = World::new().await;
    let has_buttons = |_: &str, body: &Value| body["blocks"].to_string().contains("\"actions\"");
    world.sandbox.slack().fault(Fault::new(invalid_blocks()).on(CREATE).channel(SLACK).when(has_buttons));
    world.sandbox.slack().fault(Fault::new(invalid_blocks()).on(CREATE).channel(SLACK_HOSTS));
    let has_rows = |_: &str, body: &Value| body["components"].as_array().is_some_and(|rows| !rows.is_empty());
    world.sandbox.discord().fault(Fault::new(invalid_form()).on(CREATE).when(has_rows));
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.live(TimeDelta::seconds(10)).await;
    for channel in [SLACK, DISCORD] {
        assert_eq!(world.card(channel, &body).buttons(), Vec::<String>::new());
        assert_eq!(creations(&world, channel).len(), 3, "{channel}");
    }
    assert_eq!(creations(&world, SLACK_HOSTS).len(), 3, "what is refused however plain is given up");
    assert_eq!(world.count("select count(*) from post where phase = 'dead'").await, 1);
}

/// What was wrong may have been mended meanwhile.
#[tokio::test]
async fn after_a_change_that_was_given_up_the_next_one_is_shown_in_full() {
    let world = World::new().await;
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.live(TimeDelta::seconds(3)).await;
    world.sandbox.slack().fault(Fault::new(invalid_blocks()).on(Operation::Edit).channel(SLACK));
    world.sandbox.discord().fault(Fault::new(invalid_form()).on(Operation::Edit));
    let card = world.card(SLACK_HOSTS, &body).id;
    world.sandbox.slack().press(KIM.slack, SLACK_HOSTS, &card, "Claim").await;
    world.live(TimeDelta::seconds(10)).await;
    assert_eq!(world.count("select count(*) from post where kind = 'card' and phase = 'dead'").await, 2);
    world.sandbox.slack().heal();
    world.sandbox.discord().heal();
    world.sandbox.slack().press(ALEX.slack, SLACK_HOSTS, &card, "Take over").await;
    world.live(TimeDelta::seconds(10)).await;
    let whole = world.card(SLACK_HOSTS, &body).buttons();
    assert_eq!(whole[0], "Take over");
    for channel in [SLACK, DISCORD] {
        assert_eq!(world.card(channel, &body).buttons(), whole, "{channel}");
    }
}

#[tokio::test]
async fn a_line_that_waits_for_its_card_counts_as_nothing() {
    let world = World::only("slack").await;
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.live(TimeDelta::seconds(3)).await;
    let limited = FaultKind::RateLimited { retry_after: Duration::from_secs(30) };
    world.sandbox.slack().fault(Fault::new(limited).on(Operation::Edit).times(1));
    world.sandbox.slack().fault(Fault::new(FaultKind::ErrorAfter(500)).on(CREATE));
    let card = world.card(SLACK, &body).id;
    world.sandbox.slack().press(KIM.slack, SLACK, &card, "Claim").await;
    world.live(TimeDelta::minutes(4)).await;
    for channel in [SLACK, SLACK_HOSTS] {
        assert_eq!(world.sandbox.slack().thread(channel, &world.card(channel, &body).id).len(), 1);
    }
    let metrics = world.get("/metrics").await.1;
    let says = |line: &str| assert!(metrics.lines().any(|said| said == line), "{line}: {metrics}");
    says("rebound_posts_total{platform=\"slack\",result=\"not_done\"} 1");
    says("rebound_posts_total{platform=\"slack\",result=\"found\"} 2");
    says("rebound_delivery_seconds_count 2");
}
