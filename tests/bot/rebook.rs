//! Rebooked by itself: who books again ends their follow-up everywhere, a namesake nobody's, and a move alarms nobody.

use std::time::Duration;

use chrono::{DateTime, SecondsFormat, TimeDelta, Utc};
use rebound::sandbox::{Fault, FaultKind, Operation};
use serde_json::{Value, json};

use super::act::{BOTH, On};
use super::calls::{booked_again, cancelled, cancelled_again};
use super::world::{DISCORD, KIM, SLACK, SLACK_HOSTS, World, plain};

const CHANNELS: [&str; 3] = [SLACK, SLACK_HOSTS, DISCORD];

async fn told(world: &World, body: &Value) {
    assert_eq!(world.webhook(body).await.0, 200);
    world.drain().await;
}

fn says(world: &World, channel: &str, body: &Value) -> String {
    plain(&world.card(channel, body).text())
}

#[tokio::test]
async fn who_books_again_is_rebooked_on_every_card_and_nobody_else() {
    for on in BOTH {
        let world = World::new().await;
        let (body, other) = (cancelled(world.now()), cancelled(world.now()));
        told(&world, &body).await;
        world.pass(TimeDelta::seconds(2));
        told(&world, &other).await;
        on.press(&world, KIM, &body, "Claim").await;
        world.live(TimeDelta::seconds(5)).await;
        told(&world, &booked_again(&body, false, world.now())).await;
        world.live(TimeDelta::seconds(5)).await;
        for channel in CHANNELS {
            let card = says(&world, channel, &body);
            assert!(card.contains("rebooked for") && card.contains("Reopen") && !card.contains("Claim"), "{channel}: {card}");
            assert!(says(&world, channel, &other).contains("Claim"), "{channel}");
        }
        let said: Vec<String> = replies(&world, &body);
        assert_eq!(said.iter().filter(|said| said.contains("booked again") && said.contains("Thank you")).count(), 3, "{said:?}");
        assert_eq!(world.count("select count(*) from history where act = 'rebooked'").await, 1);
        world.assert_no_objections();
    }
}

/// What stands below the cards.
fn replies(world: &World, body: &Value) -> Vec<String> {
    let slack = |channel: &str| world.sandbox.slack().thread(channel, &world.card(channel, body).id);
    let discord = world.sandbox.discord().thread(DISCORD, &world.card(DISCORD, body).id);
    [slack(SLACK), slack(SLACK_HOSTS), discord].concat().iter().map(|message| plain(&message.text())).collect()
}

#[tokio::test]
async fn a_namesake_an_old_booking_and_the_cancelled_one_change_nothing() {
    let world = World::new().await;
    let body = cancelled(world.now());
    told(&world, &body).await;
    let before = says(&world, SLACK, &body);
    let namesake = booked_again(&cancelled(world.now()), false, world.now());
    let mut late = booked_again(&body, false, world.now());
    late["event"]["uuid"] = body["event"]["uuid"].clone();
    let mut old = booked_again(&body, false, world.now());
    old["event"]["created_at"] = json!((world.now() - TimeDelta::days(3)).to_rfc3339_opts(SecondsFormat::Secs, true));
    for booking in [namesake, late, old] {
        told(&world, &booking).await;
        world.live(TimeDelta::seconds(2)).await;
        assert_eq!(says(&world, SLACK, &body), before);
    }
}

#[tokio::test]
async fn a_card_that_has_not_gone_out_goes_out_as_what_it_is() {
    let world = World::new().await;
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.drain_understanding().await;
    world.webhook(&booked_again(&body, false, world.now())).await;
    world.drain().await;
    for channel in CHANNELS {
        assert!(says(&world, channel, &body).contains("rebooked for"), "{channel}");
    }
}

#[tokio::test]
async fn a_move_alarms_nobody_in_whatever_order_it_is_told() {
    let world = World::new().await;
    let mut body = cancelled(world.now());
    for part in ["event", "invitee"] {
        body[part]["cancel_reason"] = json!("I need to reschedule to next week");
    }
    let moved = booked_again(&body, true, world.now());
    for order in [[&moved, &body], [&body, &moved]] {
        let world = World::new().await;
        for webhook in order {
            told(&world, webhook).await;
            world.pass(TimeDelta::seconds(2));
        }
        world.live(TimeDelta::seconds(20)).await;
        for channel in CHANNELS {
            assert!(world.messages(channel).is_empty(), "{channel}: {:?}", world.messages(channel));
        }
    }
    // Without its move it is shown after all, only later.
    told(&world, &body).await;
    assert!(world.messages(SLACK).is_empty());
    world.live(TimeDelta::seconds(7)).await;
    assert!(says(&world, SLACK, &body).contains("open"));
    told(&world, &moved).await;
    world.live(TimeDelta::seconds(3)).await;
    assert!(says(&world, SLACK, &body).contains("rebooked for"));
}

#[tokio::test]
async fn a_booking_that_is_cancelled_again_is_a_second_cancellation() {
    let world = World::new().await;
    let body = cancelled(world.now());
    told(&world, &body).await;
    world.live(TimeDelta::seconds(3)).await;
    let booking = booked_again(&body, false, world.now());
    told(&world, &booking).await;
    world.live(TimeDelta::seconds(3)).await;
    told(&world, &cancelled_again(&booking, world.now())).await;
    world.live(TimeDelta::seconds(3)).await;
    for on in [On::Slack, On::Discord] {
        let cards = world.cards(on.channel(), &body);
        let said: Vec<String> = cards.iter().map(|card| plain(&card.text())).collect();
        assert_eq!(said.len(), 2, "{said:?}");
        assert!(said[0].contains("rebooked for") && said[1].contains("2nd cancellation") && said[1].contains("open"), "{said:?}");
        let (way, written) = (cards[0].id.replace('.', ""), cards[1].text());
        assert!(written.contains(&way), "the way to the card before, {way}: {written}");
    }
}

fn seconds(at: DateTime<Utc>) -> Value {
    json!(at.to_rfc3339_opts(SecondsFormat::Secs, true))
}

/// As iClosed tells it when the webhook is late: what it is about is some minutes over.
fn cancelled_ago(world: &World, minutes: i64) -> Value {
    let mut body = cancelled(world.now());
    for part in ["event", "invitee"] {
        body[part]["canceled_at"] = seconds(world.now() - TimeDelta::minutes(minutes));
    }
    body
}

/// The move of a call from one time to another one.
fn moved(body: &Value, from: DateTime<Utc>, to: DateTime<Utc>) -> Value {
    let mut moved = booked_again(body, true, from);
    (moved["event"]["old_start_time"], moved["event"]["start_time"]) = (seconds(from), seconds(to));
    moved["event"]["utc_start_time"] = seconds(to);
    moved
}

/// When the call was to start.
fn start(body: &Value) -> DateTime<Utc> {
    body["event"]["start_time"].as_str().and_then(|start| start.parse().ok()).expect("a start")
}

/// The same call cancelled at another start, some seconds later.
fn starting(body: &Value, at: DateTime<Utc>, cancelled_at: DateTime<Utc>) -> Value {
    let mut body = body.clone();
    (body["event"]["start_time"], body["event"]["utc_start_time"]) = (seconds(at), seconds(at));
    body["event"]["canceled_at"] = seconds(cancelled_at);
    body
}

#[tokio::test]
async fn a_cancellation_that_is_told_after_the_next_booking_alarms_nobody() {
    let world = World::with("team = { notify_host = \"dm\" }\nfollow_up = { remind_after = '10m' }").await;
    let body = cancelled_ago(&world, 10);
    let mut booking = booked_again(&body, false, world.now());
    booking["event"]["created_at"] = seconds(world.now() - TimeDelta::minutes(5));
    told(&world, &booking).await;
    told(&world, &body).await;
    world.live(TimeDelta::seconds(5)).await;
    for channel in CHANNELS {
        let card = says(&world, channel, &body);
        assert!(card.contains("rebooked for") && card.contains("Reopen"), "{channel}: {card}");
    }
    assert_eq!(world.count("select count(*) from history where act = 'rebooked'").await, 1);
    assert_eq!(world.count("select count(*) from post where channel_name = 'direct'").await, 0, "the closer is told of what is over");
    world.pass(TimeDelta::minutes(30));
    world.drain().await;
    assert_eq!(world.count("select count(*) from post where kind = 'reminder'").await, 0, "somebody is reminded of what is over");
    world.assert_no_objections();
}

#[tokio::test]
async fn a_booking_from_before_the_cancellation_or_one_that_was_cancelled_too_ends_nothing() {
    let world = World::new().await;
    let (first, second) = (cancelled_ago(&world, 10), cancelled_ago(&world, 10));
    let mut earlier = booked_again(&first, false, world.now());
    earlier["event"]["created_at"] = seconds(world.now() - TimeDelta::minutes(15));
    told(&world, &earlier).await;
    told(&world, &first).await;
    let mut booking = booked_again(&second, false, world.now());
    booking["event"]["created_at"] = seconds(world.now() - TimeDelta::minutes(5));
    told(&world, &booking).await;
    told(&world, &cancelled_again(&booking, world.now())).await;
    told(&world, &second).await;
    world.live(TimeDelta::seconds(5)).await;
    assert_eq!(world.count("select count(*) from follow_up where state = 'open'").await, 3);
    assert_eq!(world.count("select count(*) from follow_up where state = 'rebooked'").await, 0);
}

#[tokio::test]
async fn the_move_of_the_new_booking_is_the_time_that_a_late_card_tells() {
    let world = World::new().await;
    let body = cancelled_ago(&world, 10);
    let mut booking = booked_again(&body, false, world.now());
    booking["event"]["created_at"] = seconds(world.now() - TimeDelta::minutes(5));
    let later = start(&booking) + TimeDelta::days(40);
    for webhook in [&booking, &moved(&booking, start(&booking), later), &body] {
        told(&world, webhook).await;
    }
    world.live(TimeDelta::seconds(5)).await;
    let said = format!("rebooked for {}", later.with_timezone(&chrono_tz::America::New_York).format("%a %-d %b"));
    assert!(says(&world, SLACK, &body).contains(&said), "{said}: {}", says(&world, SLACK, &body));
}

#[tokio::test]
async fn a_move_that_left_another_time_ends_nothing() {
    let world = World::new().await;
    let body = cancelled(world.now());
    told(&world, &body).await;
    let (cancelled_start, hours) = (start(&body), TimeDelta::hours);
    // Long before the cancellation, and told after it.
    told(&world, &moved(&body, cancelled_start - hours(8), cancelled_start - hours(3))).await;
    world.live(TimeDelta::seconds(3)).await;
    assert!(says(&world, SLACK, &body).contains("· open"), "{}", says(&world, SLACK, &body));
    told(&world, &moved(&body, cancelled_start, cancelled_start + hours(24))).await;
    world.live(TimeDelta::seconds(3)).await;
    assert!(says(&world, SLACK, &body).contains("rebooked for"));
}

#[tokio::test]
async fn each_time_that_a_chain_of_moves_left_is_left_and_the_last_one_is_not() {
    for order in [[0, 1], [1, 0]] {
        let world = World::with("team = { notify_host = \"dm\" }").await;
        let body = cancelled(world.now());
        let ten = start(&body);
        let (fifteen, twenty) = (ten + TimeDelta::hours(5), ten + TimeDelta::hours(10));
        let moves = [moved(&body, ten, fifteen), moved(&body, fifteen, twenty)];
        for at in order {
            told(&world, &moves[at]).await;
        }
        for left in [ten, fifteen] {
            told(&world, &starting(&body, left, world.now())).await;
            world.live(TimeDelta::seconds(15)).await;
            assert_eq!(world.count("select count(*) from follow_up").await, 0, "{order:?} {left}");
        }
        told(&world, &starting(&body, twenty, world.now())).await;
        assert!(says(&world, SLACK, &body).contains("· open"), "{order:?}");
    }
    // There and back again.
    let world = World::new().await;
    let body = cancelled(world.now());
    let (ten, fifteen) = (start(&body), start(&body) + TimeDelta::hours(5));
    for webhook in [moved(&body, ten, fifteen), moved(&body, fifteen, ten), starting(&body, fifteen, world.now())] {
        told(&world, &webhook).await;
    }
    assert_eq!(world.count("select count(*) from follow_up").await, 0);
    world.pass(TimeDelta::minutes(1));
    told(&world, &starting(&body, ten, world.now())).await;
    assert!(says(&world, SLACK, &body).contains("· open"));
}

#[tokio::test]
async fn an_invitee_is_known_again_by_their_number_or_contact_alone() {
    for same in ["text_reminder_number", "uuid"] {
        let world = World::new().await;
        let body = cancelled(world.now());
        told(&world, &body).await;
        world.live(TimeDelta::seconds(2)).await;
        let mut booking = booked_again(&cancelled(world.now()), false, world.now());
        booking["invitee"][same] = body["invitee"][same].clone();
        told(&world, &booking).await;
        world.live(TimeDelta::seconds(5)).await;
        for channel in CHANNELS {
            assert!(says(&world, channel, &body).contains("rebooked for"), "{same} {channel}");
        }
    }
}

#[tokio::test]
async fn the_new_call_is_told_with_its_time_and_its_host() {
    let world = World::new().await;
    let body = cancelled(world.now());
    told(&world, &body).await;
    world.live(TimeDelta::seconds(2)).await;
    let mut booking = booked_again(&body, false, world.now());
    (booking["event"]["closerName"], booking["event"]["closerEmail"]) = (json!(KIM.name), json!("kim@acme.example"));
    booking["event"]["assigned_to"] = json!({ "1": KIM.name });
    told(&world, &booking).await;
    world.live(TimeDelta::seconds(5)).await;
    for (channel, mention) in [(SLACK, KIM.slack), (SLACK_HOSTS, KIM.slack), (DISCORD, KIM.discord)] {
        let card = world.card(channel, &body).json.to_string();
        let new_call = card.split_once("New call").map(|(_, new_call)| new_call).unwrap_or_default();
        assert!(new_call.contains(&format!("with <@{mention}>")), "{channel}: {card}");
    }
    for line in replies(&world, &body) {
        assert!(
            line.contains("booked again: ") && line.contains("with ") && (line.contains("Kim") || line.contains(KIM.discord)),
            "{line}"
        );
    }
    for on in BOTH {
        on.press(&world, KIM, &body, "Details").await;
        let told = on.told(&world, KIM);
        assert!(
            told.contains("with Kim Closer") || told.contains(&format!("with <@{}>", KIM.slack)) || told.contains(KIM.discord),
            "{told}"
        );
    }
    world.assert_no_objections();
}

#[tokio::test]
async fn a_move_for_whatever_reason_alarms_nobody_or_not_for_long() {
    let world = World::new().await;
    let body = cancelled(world.now());
    let moved = booked_again(&body, true, world.now());
    told(&world, &moved).await;
    told(&world, &body).await;
    world.live(TimeDelta::seconds(15)).await;
    assert!(world.messages(SLACK).is_empty(), "told after its move");
    let world = World::new().await;
    told(&world, &body).await;
    world.live(TimeDelta::seconds(3)).await;
    assert!(says(&world, SLACK, &body).contains("· open"), "it does not ask for another time, so nobody waits for one");
    told(&world, &moved).await;
    world.live(TimeDelta::seconds(5)).await;
    for channel in CHANNELS {
        assert!(says(&world, channel, &body).contains("rebooked for"), "{channel}");
    }
}

#[tokio::test]
async fn how_long_a_move_is_waited_for_is_the_operator_s_to_say() {
    for (wait, shown_after) in [("20s", 20), ("1s", 1)] {
        let world = World::with(&format!("follow_up = {{ move_wait = \"{wait}\" }}")).await;
        let mut body = cancelled(world.now());
        for part in ["event", "invitee"] {
            body[part]["cancel_reason"] = json!("I need to reschedule to next week");
        }
        told(&world, &body).await;
        if shown_after > 2 {
            world.live(TimeDelta::seconds(shown_after - 2)).await;
            assert!(world.messages(SLACK).is_empty(), "{wait}");
        }
        world.live(TimeDelta::seconds(4)).await;
        assert!(says(&world, SLACK, &body).contains("· open"), "{wait}");
    }
}

#[tokio::test]
async fn one_cancellation_told_twice_around_what_is_told_late_is_one_follow_up() {
    let world = World::new().await;
    let body = cancelled(world.now());
    let (last, again) = (start(&body), world.now() + TimeDelta::seconds(1));
    let late = moved(&body, last - TimeDelta::hours(8), last - TimeDelta::hours(3));
    for webhook in [&body, &late, &starting(&body, last, again)] {
        told(&world, webhook).await;
    }
    assert_eq!(world.count("select count(*) from follow_up").await, 1);
    // Two cancellations within seconds of two starts are two.
    told(&world, &starting(&body, last + TimeDelta::hours(1), again + TimeDelta::seconds(1))).await;
    assert_eq!(world.count("select count(*) from follow_up").await, 2);
}

#[tokio::test]
async fn what_is_cancelled_long_after_a_move_is_shown_although_the_way_back_was_never_told() {
    let world = World::new().await;
    let body = cancelled(world.now());
    told(&world, &moved(&body, start(&body), start(&body) + TimeDelta::hours(3))).await;
    world.pass(TimeDelta::minutes(11));
    told(&world, &starting(&body, start(&body), world.now())).await;
    world.live(TimeDelta::seconds(3)).await;
    for channel in CHANNELS {
        assert!(says(&world, channel, &body).contains("· open"), "{channel}");
    }
}

#[tokio::test]
async fn a_move_withdraws_nothing_of_what_somebody_has_seen() {
    let world = World::new().await;
    let body = cancelled(world.now());
    let limited = FaultKind::RateLimited { retry_after: Duration::from_mins(1) };
    world.sandbox.discord().fault(Fault::new(limited).on(Operation::Create).channel(DISCORD).times(1));
    told(&world, &body).await;
    world.live(TimeDelta::seconds(2)).await;
    On::Slack.press(&world, KIM, &body, "Claim").await;
    world.drain().await;
    told(&world, &booked_again(&body, true, world.now())).await;
    world.live(TimeDelta::minutes(3)).await;
    for channel in CHANNELS {
        assert!(says(&world, channel, &body).contains("rebooked for"), "{channel}");
    }
}

#[tokio::test]
async fn half_of_a_move_that_nobody_has_seen_is_no_cancellation_whichever_half_was_told_first() {
    for cancellation_first in [true, false] {
        let world = World::new().await;
        let mut half = cancelled(world.now());
        for part in ["event", "invitee"] {
            half[part]["cancel_reason"] = json!("I need to reschedule to next week");
        }
        let mut both = [half.clone(), booked_again(&half, true, world.now())];
        if !cancellation_first {
            both.reverse();
        }
        for webhook in &both {
            told(&world, webhook).await;
        }
        world.live(TimeDelta::seconds(30)).await;
        let later = start(&booked_again(&half, true, world.now()));
        let mut real = starting(&half, later, world.now());
        for part in ["event", "invitee"] {
            real[part]["cancel_reason"] = json!("no budget");
        }
        told(&world, &real).await;
        world.live(TimeDelta::seconds(8)).await;
        let card = says(&world, SLACK, &real);
        assert!(card.contains("· open") && !card.contains("2nd"), "{cancellation_first}: {card}");
    }
}
