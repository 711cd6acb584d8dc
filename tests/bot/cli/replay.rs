//! `rebound replay`, beside a bot that runs.

use chrono::{TimeDelta, Utc};
use rebound::sandbox::{Fault, FaultKind, Operation};
use rebound::store::{NewEvent, Store, StoreError, Verdict};
use serde_json::{Value, json};

use super::{Desk, run};
use crate::calls::cancelled;
use crate::kill::{Program, cards};
use crate::world::{SLACK, SLACK_HOSTS, World, until};

/// Puts something aside as an earlier version would have done that could not read it.
async fn put_aside(store: &Store, body: &Value) -> Result<String, StoreError> {
    let key = format!("unreadable:{}", body["event"]["uuid"]);
    let event = NewEvent {
        source: "iclosed",
        key,
        kind: "unreadable",
        call_id: None,
        body: body.to_string().into_bytes(),
        found_by: "webhook",
        quarantined: Some("unknown_kind".to_owned()),
    };
    match store.write(move |tx| Box::pin(async move { tx.keep_event(event, Utc::now()).await })).await? {
        Verdict::New(id) => Ok(id.to_string()),
        Verdict::Duplicate => panic!("it is there already"),
    }
}

#[tokio::test]
async fn an_event_that_can_be_read_by_now_becomes_a_card() {
    let world = World::new().await;
    let body = cancelled(world.now());
    let id = put_aside(&world.app.flow().store, &body).await.expect("kept");
    world.drain().await;
    assert!(world.cards(SLACK, &body).is_empty());
    let listed = run(world.folder(), &["replay", "--list"]).await.ends(0).says(&[&id, "quarantined event", "unknown_kind"]);
    assert!(!listed.out.contains("prospect.example"), "{}", listed.out);
    run(world.folder(), &["replay", &id]).await.ends(0).says(&["can be read now"]);
    world.drain().await;
    world.card(SLACK, &body);
    // The webhook itself, sent again, is known now.
    assert_eq!(world.webhook(&body).await.1["duplicates"], json!(1));
    run(world.folder(), &["replay", &id]).await.ends(1).says(&[&id, "nothing of this id"]);
    run(world.folder(), &["replay", "--list"]).await.ends(0).says(&["nothing is quarantined, held or dead"]);
}

/// Who is in the wrong folder must not hear that all is well, nor leave a file there.
#[tokio::test]
async fn where_there_is_no_database_nothing_is_made_and_nothing_is_well() {
    let desk = Desk::new().await;
    desk.change(&desk.database, "sqlite://elsewhere.db");
    for arguments in [&["replay", "--list"][..], &["replay", "--all"], &["replay", "1"], &["export"]] {
        let said = desk.run(arguments).await.ends(1).says(&["there is no database at /", "/elsewhere.db", "rebound serve"]);
        assert_eq!(said.out, "");
        assert!(!desk.folder.path().join("elsewhere.db").exists());
    }
}

#[tokio::test]
async fn what_another_event_says_is_not_done_twice() {
    let world = World::new().await;
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.drain().await;
    let id = put_aside(&world.app.flow().store, &body).await.expect("kept");
    run(world.folder(), &["replay", &id]).await.ends(0).says(&["says what another event says"]);
    world.drain().await;
    world.card(SLACK, &body);
    run(world.folder(), &["replay", "--list"]).await.ends(0).says(&["nothing is quarantined"]);
}

#[tokio::test]
async fn what_cannot_be_read_stays_and_is_told() {
    let world = World::new().await;
    assert_eq!(world.post(&format!("/webhooks/iclosed/{}", crate::world::TOKEN), b"{\"a\": secret".to_vec()).await.0, 400);
    world.webhook(&json!({ "hookType": "Something new" })).await;
    let listed = run(world.folder(), &["replay", "--list"]).await.ends(0);
    let ids: Vec<&str> = listed.out.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(ids.len(), 2, "{}", listed.out);
    assert!(!listed.out.contains("secret"));
    run(world.folder(), &["replay", ids[0]]).await.ends(1).says(&["can never be read (not_json)", "not tried again"]);
    run(world.folder(), &["replay", "--all"]).await.ends(0).says(&["still cannot be read (unknown_kind)", "0 of 2 will be tried again"]);
    assert_eq!(run(world.folder(), &["replay", "--list"]).await.ends(0).out, listed.out);
}

#[tokio::test]
async fn posts_that_were_given_up_are_due_again_and_appear_once() {
    let world = World::new().await;
    let body = cancelled(world.now());
    let gone = json!({ "ok": false, "error": "channel_not_found" });
    world.sandbox.slack().fault(Fault::new(FaultKind::Answers { status: 200, body: gone }).on(Operation::Create));
    world.webhook(&body).await;
    world.drain().await;
    world.pass(TimeDelta::hours(25));
    world.drain().await;
    let listed = run(world.folder(), &["replay", "--list"]).await.ends(0);
    let line = listed.out.lines().find(|line| line.contains("(slack C0TEST00001)")).expect("the post");
    assert!(
        line.contains("dead post for sales") && line.ends_with("channel_not_found") && listed.out.lines().count() == 2,
        "{}",
        listed.out
    );
    let key = line.split_whitespace().next().expect("a key");
    world.sandbox.slack().heal();
    world.pass(TimeDelta::hours(1));
    run(world.folder(), &["replay", key]).await.ends(0).says(&["is due again"]);
    world.drain().await;
    world.card(SLACK, &body);
    assert!(world.cards(SLACK_HOSTS, &body).is_empty());
    run(world.folder(), &["replay", key]).await.ends(1).says(&[key]);
    run(world.folder(), &["replay", "--all"]).await.ends(0).says(&["1 of 1 will be tried again"]);
    world.live(TimeDelta::seconds(5)).await;
    for channel in [SLACK, SLACK_HOSTS] {
        world.card(channel, &body);
    }
}

/// A card of unclear outcome in each channel of Slack, whose histories may not be read: a person must say what became of them.
async fn held(world: &World) -> (Value, [String; 2]) {
    let body = cancelled(world.now());
    let refused = json!({ "ok": false, "error": "missing_scope" });
    world.sandbox.slack().fault(Fault::new(FaultKind::Answers { status: 200, body: refused }).on(Operation::History));
    world.sandbox.slack().fault(Fault::new(FaultKind::ErrorBefore(500)).on(Operation::Create));
    world.webhook(&body).await;
    for _ in 0..40 {
        world.drain().await;
        world.pass(TimeDelta::minutes(1));
    }
    let listed = run(world.folder(), &["replay", "--list"]).await.ends(0);
    let keys: Vec<String> = listed.out.lines().filter_map(|line| line.split_whitespace().next()).map(str::to_owned).collect();
    assert!(listed.out.lines().all(|line| line.contains("held post for") && line.ends_with("missing_scope")), "{}", listed.out);
    assert!(world.get("/metrics").await.1.contains("rebound_posts_held 2"));
    world.sandbox.slack().heal();
    (body, keys.try_into().expect("two posts"))
}

#[tokio::test]
async fn what_is_held_is_sent_again_when_a_person_says_that_it_is_missing() {
    let world = World::new().await;
    let (body, keys) = held(&world).await;
    world.live(TimeDelta::seconds(30)).await;
    assert!(world.cards(SLACK, &body).is_empty(), "nobody has said anything yet");
    run(world.folder(), &["replay", "--send-again", &keys[0], &keys[1]]).await.ends(0).says(&["is due again"]);
    world.live(TimeDelta::seconds(5)).await;
    for channel in [SLACK, SLACK_HOSTS] {
        world.card(channel, &body);
    }
}

#[tokio::test]
async fn what_is_held_is_left_alone_when_a_person_says_that_it_is_there() {
    let world = World::new().await;
    let (body, keys) = held(&world).await;
    run(world.folder(), &["replay", "--it-is-there", &keys[0], &keys[1]]).await.ends(0).says(&["left alone"]);
    world.live(TimeDelta::minutes(3)).await;
    assert!(world.cards(SLACK, &body).is_empty());
    run(world.folder(), &["replay", "--list"]).await.ends(0).says(&["nothing is quarantined"]);
    run(world.folder(), &["replay", "--it-is-there", "17"]).await.ends(1).says(&["nothing of this id"]);
    run(world.folder(), &["replay", "--it-is-there", "--send-again", &keys[0]]).await.ends(2);
    run(world.folder(), &["replay", "--send-again", "--all"]).await.ends(2);
}

#[tokio::test]
async fn serve_takes_up_what_is_replayed_beside_it() {
    let desk = Desk::new().await;
    let program = Program::start(&desk.folder, &desk.sandbox_url, &desk.database).await;
    let body = cancelled(Utc::now());
    let (store, mut writers) = desk.store().await;
    put_aside(&store, &body).await.expect("kept");
    drop(store);
    writers.all_ended().await;
    desk.run(&["replay", "--all"]).await.ends(0).says(&["1 of 1 will be tried again"]);
    until("the card in both", async || (cards(&desk.sandbox, &body) == [1, 1]).then_some(())).await;
    program.kill();
}

#[tokio::test]
async fn wrong_usage_and_unknown_ids_are_told() {
    let desk = Desk::new().await;
    desk.run(&["replay"]).await.ends(2);
    desk.run(&["replay", "--list", "--all"]).await.ends(2);
    desk.run(&["replay", "--all", "1"]).await.ends(2);
    drop(desk.store().await);
    desk.run(&["replay", "K7Q2", "17", "99999999999999999999999999"]).await.ends(1).says(&["not tried again: K7Q2, 17, 99999"]);
    desk.change("webhook_token = ", "webhook_tokn = ");
    desk.run(&["replay", "--list"]).await.ends(2).says(&["webhook_tokn"]);
}
