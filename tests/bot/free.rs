//! iClosed's API: a new time is offered, cancellations whose webhooks never came are found.

use std::time::Duration;

use chrono::TimeDelta;
use rebound::flow::Checked;
use rebound::sandbox::{Fault, FaultKind};
use serde_json::{Value, json};

use super::act::{BOTH, On, everywhere, opened};
use super::calls::{booked_again, cancelled, cancelled_again, cancelled_by};
use super::world::{DISCORD, KIM, SLACK, World, plain};

/// A world with a key to the account that the sandbox plays.
pub(crate) async fn with_key() -> World {
    keyed("iclosed_canary").await
}

async fn keyed(key: &str) -> World {
    World::with_api(&format!("api_key = \"{key}\"")).await
}

async fn found(world: &World) -> Checked {
    world.app.flow().check_missed().await.expect("the database works")
}

#[tokio::test]
async fn a_new_time_is_marked_as_offered_and_every_card_says_so() {
    for on in BOTH {
        let (world, body) = opened().await;
        on.press(&world, KIM, &body, "Reschedule").await;
        let answered = match on {
            On::Slack => {
                let private = world.sandbox.slack().private().pop().expect("an answer");
                world.sandbox.slack().press(KIM.slack, SLACK, &private.id, "Mark as offered").await
            }
            On::Discord => {
                let private = world.sandbox.discord().private().pop().expect("an answer");
                world.sandbox.discord().press(KIM.discord, DISCORD, &private.id, "Mark as offered").await
            }
        };
        assert!(answered.is_ok(), "{on:?}: {:?} {}", answered.error, answered.immediate);
        everywhere(&world, &body, "New time offered").await;
        assert_eq!(world.count("select count(*) from history where act = 'offered'").await, 1);
        on.press(&world, KIM, &body, "Details").await;
        assert!(on.told(&world, KIM).contains("New time offered"));
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn a_cancellation_whose_webhook_never_came_is_found_once() {
    let world = with_key().await;
    let (told, missed) = (cancelled(world.now()), cancelled(world.now()));
    for body in [&told, &missed] {
        world.sandbox.iclosed().know(body);
    }
    world.webhook(&told).await;
    world.drain().await;
    // Its webhook may still be on its way.
    assert_eq!(found(&world).await, Checked::Done { found: 0 });
    world.pass(TimeDelta::minutes(3));
    assert_eq!(found(&world).await, Checked::Done { found: 1 });
    assert_eq!(found(&world).await, Checked::Done { found: 0 });
    everywhere(&world, &missed, "Found by the check").await;
    assert!(!plain(&world.card(SLACK, &told).text()).contains("Found by the check"));
    assert_eq!(world.count("select count(*) from event where found_by = 'check'").await, 1);
    // The webhook comes after all: it tells nothing new.
    world.webhook(&missed).await;
    world.live(TimeDelta::seconds(3)).await;
    assert_eq!(world.cards(SLACK, &missed).len(), 1);
    world.assert_no_objections();
}

#[tokio::test]
async fn what_was_cancelled_long_ago_is_left_alone() {
    let world = with_key().await;
    world.sandbox.iclosed().know(&cancelled(world.now()));
    world.pass(TimeDelta::hours(25));
    assert_eq!(found(&world).await, Checked::Done { found: 0 });
}

#[tokio::test]
async fn what_iclosed_changed_after_its_webhook_was_told_stays_one_follow_up() {
    for webhook_first in [false, true] {
        let world = with_key().await;
        assert_eq!(found(&world).await, Checked::Done { found: 0 });
        let body = cancelled(world.now());
        let mut listed = body.clone();
        // The list knows when the call was changed last, which is some time after it was cancelled.
        listed["event"]["canceled_at"] = json!((world.now() + TimeDelta::minutes(1)).to_rfc3339());
        world.sandbox.iclosed().know(&listed);
        if webhook_first {
            world.webhook(&body).await;
            world.drain().await;
        }
        world.pass(TimeDelta::minutes(5));
        assert_eq!(found(&world).await, Checked::Done { found: u64::from(!webhook_first) });
        world.live(TimeDelta::seconds(3)).await;
        if !webhook_first {
            world.webhook(&body).await;
            world.live(TimeDelta::seconds(3)).await;
        }
        assert_eq!(world.count("select count(*) from follow_up").await, 1, "{webhook_first}");
        // The same call, booked once more and cancelled at another time, is another cancellation.
        let booking = booked_again(&body, true, world.now());
        world.webhook(&booking).await;
        world.live(TimeDelta::seconds(3)).await;
        world.webhook(&cancelled_again(&booking, world.now())).await;
        world.live(TimeDelta::seconds(3)).await;
        assert_eq!(world.count("select count(*) from follow_up").await, 2, "{webhook_first}");
    }
}

#[tokio::test]
async fn what_was_cancelled_before_the_first_check_is_left_alone_for_ever() {
    let world = with_key().await;
    let changed = |body: &Value, world: &World| {
        let mut body = body.clone();
        body["event"]["canceled_at"] = json!(world.now().to_rfc3339());
        world.sandbox.iclosed().know(&body);
    };
    let (old, mut over) = (cancelled(world.now()), cancelled(world.now()));
    changed(&old, &world);
    world.pass(TimeDelta::hours(1));
    // The first look, which fails, and the second one.
    world.sandbox.iclosed().fault(Fault::new(FaultKind::ErrorBefore(500)));
    assert_eq!(found(&world).await, Checked::Failed { retry_after: None });
    world.sandbox.iclosed().heal();
    let fresh = cancelled(world.now());
    changed(&fresh, &world);
    world.pass(TimeDelta::minutes(5));
    assert_eq!(found(&world).await, Checked::Done { found: 1 });
    // Somebody changes what was cancelled long ago: an outcome, a note.
    changed(&old, &world);
    // And one that is not in the first list, since only so many are told; its start is over.
    over["event"]["utc_start_time"] = json!((world.now() - TimeDelta::days(40)).to_rfc3339());
    over["event"]["start_time"] = over["event"]["utc_start_time"].clone();
    changed(&over, &world);
    let world = world.restarted().await;
    world.pass(TimeDelta::minutes(5));
    assert_eq!(found(&world).await, Checked::Done { found: 0 });
    // What is cancelled from now on is found as ever, also where it is the old call at a new time.
    let again = cancelled_again(&booked_again(&old, true, world.now()), world.now());
    world.sandbox.iclosed().know(&again);
    world.pass(TimeDelta::minutes(5));
    assert_eq!(found(&world).await, Checked::Done { found: 1 });
}

#[tokio::test]
async fn a_check_that_fails_is_told_apart_from_a_key_that_is_refused() {
    let world = with_key().await;
    let failed = |fault: FaultKind| {
        world.sandbox.iclosed().heal();
        world.sandbox.iclosed().fault(Fault::new(fault));
        found(&world)
    };
    let limited = json!({ "code": "RATE_LIMIT_EXCEEDED", "message": "Too many requests", "retryAfter": 3 });
    let after = Some(TimeDelta::seconds(3));
    assert_eq!(failed(FaultKind::Answers { status: 429, body: limited }).await, Checked::Failed { retry_after: after });
    assert_eq!(failed(FaultKind::RateLimited { retry_after: Duration::from_secs(3) }).await, Checked::Failed { retry_after: after });
    for fault in [FaultKind::ErrorBefore(500), FaultKind::DropBefore, FaultKind::HtmlAfter, FaultKind::CutBody] {
        assert_eq!(failed(fault.clone()).await, Checked::Failed { retry_after: None }, "{fault:?}");
    }
    world.sandbox.iclosed().heal();
    assert_eq!(found(&world).await, Checked::Done { found: 0 });
    for key in ["iclosed_wrong", "iclosed-canary"] {
        let world = keyed(key).await;
        assert_eq!(found(&world).await, Checked::KeyRefused, "{key}");
        assert!(world.get("/metrics").await.1.contains("rebound_checks_total{result=\"key_refused\"} 1"), "{key}");
        assert_eq!(world.get("/readyz").await, (200, "ok\niclosed does not take the API key\n".to_owned()), "{key}");
    }
    assert_eq!(found(&World::new().await).await, Checked::Off);
}

#[tokio::test]
async fn who_cancelled_is_learned_from_the_list_where_only_that_says_it() {
    for (reason, says) in [("CONTACT_CANCELLED", "↩"), ("ADMIN_CANCELLED", "cancelled on")] {
        let world = with_key().await;
        let told = cancelled_by("Somebody Unheard Of", world.now());
        let mut listed = told.clone();
        world.webhook(&told).await;
        world.live(TimeDelta::seconds(3)).await;
        assert!(plain(&world.card(SLACK, &told).text()).contains("Cancelled: "));
        let changed = world.count("select changed_at from follow_up").await;
        listed["event"]["noSaleReason"] = json!(reason);
        world.sandbox.iclosed().know(&listed);
        for _ in 0..2 {
            assert_eq!(found(&world).await, Checked::Done { found: 0 });
            world.live(TimeDelta::seconds(5)).await;
        }
        for channel in [SLACK, DISCORD] {
            let card = plain(&world.card(channel, &told).text());
            assert!(card.contains(says) && !card.contains("Cancelled: "), "{reason} {channel}: {card}");
        }
        assert_eq!(world.count("select count(*) from history where act = 'side_listed'").await, 1);
        assert_eq!(world.count("select count(*) from alias").await, 0, "a list explains no name");
        assert_eq!(world.count("select changed_at from follow_up").await, changed, "nobody did anything, so reminders go on");
    }
}

/// Who should know depends on the side, and what went to the wrong channel cannot be taken back.
#[tokio::test]
async fn what_the_check_finds_goes_at_once_where_its_listed_side_belongs() {
    let world = with_key().await;
    assert_eq!(found(&world).await, Checked::Done { found: 0 });
    let mut missed = cancelled_by("Somebody Unheard Of", world.now());
    missed["event"]["noSaleReason"] = json!("CONTACT_CANCELLED");
    world.sandbox.iclosed().know(&missed);
    world.pass(TimeDelta::minutes(3));
    assert_eq!(found(&world).await, Checked::Done { found: 1 });
    world.drain().await;
    assert!(plain(&world.card(SLACK, &missed).text()).contains("↩"));
    assert_eq!(world.text("select side from follow_up").await, "invitee");
    assert_eq!(world.count("select count(*) from history where act = 'side_listed'").await, 0);
}
