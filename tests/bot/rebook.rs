//! Rebooked by itself: who books again ends their follow-up everywhere, a namesake nobody's, and a move alarms nobody.

use chrono::{SecondsFormat, TimeDelta};
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
    }
}
