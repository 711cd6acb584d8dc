//! iClosed's API: a new time is offered, cancellations whose webhooks never came are found.

use std::time::Duration;

use chrono::TimeDelta;
use rebound::flow::Checked;
use rebound::sandbox::{Fault, FaultKind};
use serde_json::json;

use super::act::{BOTH, On, everywhere, opened};
use super::calls::cancelled;
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
