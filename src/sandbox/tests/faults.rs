//! Faults, limits and lags, on both platforms.

use std::time::Duration;

use serde_json::{Value, json};

use super::super::{Fault, FaultKind, Operation};
use super::world::{ALERTS, SALES, World};

fn card() -> Value {
    json!({"channel": SALES, "text": "x"})
}

#[tokio::test]
async fn a_fault_hits_its_operation_so_many_times() {
    let world = World::start().await;
    let slack = world.sandbox.slack();
    slack.fault(Fault::new(FaultKind::RateLimited { retry_after: Duration::from_millis(1_500) }).on(Operation::Create).times(1));
    assert_eq!(world.slack("auth.test", json!({})).await["ok"], true);
    let limited = world.slack_response("chat.postMessage", card()).await.unwrap();
    assert_eq!((limited.status().as_u16(), limited.headers()["retry-after"].to_str().unwrap()), (429, "2"));
    assert_eq!(world.slack("chat.postMessage", card()).await["ok"], true);
    assert_eq!(slack.journal()[1].fault, Some(FaultKind::RateLimited { retry_after: Duration::from_millis(1_500) }));
}

#[tokio::test]
async fn the_same_seed_gives_the_same_faults() {
    let fates = async |seed| {
        let world = World::start().await;
        world.sandbox.slack().seed_faults(seed);
        world.sandbox.slack().fault(Fault::new(FaultKind::ErrorBefore(500)).fraction(0.3));
        for _ in 0..200 {
            world.slack_response("chat.postMessage", card()).await.unwrap();
        }
        world.sandbox.slack().journal().into_iter().map(|call| call.fault.is_some()).collect::<Vec<_>>()
    };
    let first = fates(7).await;
    assert_eq!(first, fates(7).await);
    assert_ne!(first, fates(8).await);
    let hit = first.iter().filter(|hit| **hit).count();
    assert!((40..80).contains(&hit), "{hit} of 200");
}

#[tokio::test]
async fn before_does_nothing_and_after_does_all() {
    for (kind, messages) in [
        (FaultKind::ErrorBefore(500), 0),
        (FaultKind::ErrorAfter(500), 1),
        (FaultKind::DropBefore, 0),
        (FaultKind::DropAfter, 1),
        (FaultKind::HtmlAfter, 1),
        (FaultKind::CutBody, 1),
        (FaultKind::Answers { status: 200, body: json!({"ok": false, "error": "token_revoked"}) }, 0),
    ] {
        let world = World::start().await;
        world.sandbox.slack().fault(Fault::new(kind.clone()));
        let heard = match world.slack_response("chat.postMessage", card()).await {
            Ok(response) => response.json::<Value>().await.ok(),
            Err(_) => None,
        };
        assert_ne!(heard.map_or(json!(null), |body| body["ok"].clone()), true, "{kind:?}");
        assert_eq!(world.sandbox.slack().messages(SALES).len(), messages, "{kind:?}");
        assert_eq!(world.sandbox.slack().journal()[0].done, messages == 1, "{kind:?}");
    }
}

#[tokio::test]
async fn a_dropped_connection_says_not_even_a_status() {
    let world = World::start().await;
    world.sandbox.discord().fault(Fault::new(FaultKind::DropAfter));
    let answer = world.discord_response("POST", &format!("/channels/{ALERTS}/messages"), json!({"content": "x"})).await;
    assert!(answer.is_err(), "{answer:?}");
    assert_eq!(world.sandbox.discord().messages(ALERTS).len(), 1);
}

#[tokio::test]
async fn a_cut_answer_has_a_status_and_half_a_body() {
    let world = World::start().await;
    world.sandbox.slack().fault(Fault::new(FaultKind::CutBody));
    let answer = world.slack_response("chat.postMessage", card()).await.unwrap();
    assert_eq!(answer.status().as_u16(), 200);
    assert!(answer.bytes().await.is_err());
}

#[tokio::test]
async fn who_hangs_is_let_go_by_heal() {
    let world = World::start().await;
    world.sandbox.slack().fault(Fault::new(FaultKind::HangAfter).on(Operation::Create));
    let call = world.slack_response("chat.postMessage", card());
    let heal = async {
        while world.sandbox.slack().journal().is_empty() {
            tokio::task::yield_now().await;
        }
        world.sandbox.slack().heal();
    };
    let (answer, ()) = tokio::join!(call, heal);
    assert!(answer.is_err());
    assert_eq!(world.sandbox.slack().messages(SALES).len(), 1);
}

#[tokio::test]
async fn a_channel_limit_is_kept_on_both_platforms() {
    let world = World::start().await;
    world.sandbox.slack().set_channel_limit(Some((1, Duration::from_mins(1))));
    world.sandbox.discord().set_channel_limit(Some((1, Duration::from_mins(1))));
    world.slack("chat.postMessage", card()).await;
    let limited = world.slack_response("chat.postMessage", card()).await.unwrap();
    assert_eq!((limited.status().as_u16(), limited.headers()["retry-after"].to_str().unwrap()), (429, "60"));
    let path = format!("/channels/{ALERTS}/messages");
    world.discord("POST", &path, json!({"content": "x"})).await;
    let (status, limited) = world.discord("POST", &path, json!({"content": "x"})).await;
    assert_eq!(status, 429);
    assert!(limited["retry_after"].as_f64().unwrap() > 50.0);
}

#[tokio::test]
async fn a_lagging_history_does_not_show_what_was_just_posted() {
    let world = World::start().await;
    world.slack("chat.postMessage", card()).await;
    world.sandbox.slack().set_history_lag(Duration::from_mins(1));
    assert_eq!(world.slack("conversations.history", card()).await["messages"], json!([]));
    world.sandbox.slack().set_history_lag(Duration::ZERO);
    assert_eq!(world.slack("conversations.history", card()).await["messages"].as_array().unwrap().len(), 1);
}
