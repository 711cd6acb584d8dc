//! Several who say the same at the same moment: one is kept, the others are its duplicates, and nobody fails.

use std::time::Duration;

use chrono::Utc;
use rebound::store::{NewEvent, Readable, Release, Store, StoreError, Verdict};
use tokio::sync::oneshot;

use super::place::{Place, event};
use super::world::until;

#[tokio::test]
async fn a_webhook_that_comes_while_its_twin_is_replayed_makes_that_a_duplicate() {
    let place = Place::new().await;
    // As two processes have them.
    let (ours, _our_tasks) = Store::open(&place.location()).await.expect("the database");
    let (theirs, _their_tasks) = Store::open(&place.location()).await.expect("the database");
    let aside = put_aside(&ours, "aside").await;
    let (kept, is_kept) = oneshot::channel();
    let (go_on, may_go_on) = oneshot::channel::<()>();
    let webhook = ours.write(move |tx| {
        Box::pin(async move {
            let verdict = tx.keep_event(event("7"), Utc::now()).await;
            let _ = kept.send(());
            let _ = may_go_on.await;
            verdict
        })
    });
    let replay = async {
        is_kept.await.expect("kept, and not yet committed");
        release(&theirs, aside, "7").await
    };
    let meanwhile = async {
        if !place.is_sqlite() {
            let waits = "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()";
            until("the replay waits", async || (place.ask_number(waits).await == 1).then_some(())).await;
        }
        let _ = go_on.send(());
    };
    let (webhook, replay, ()) = tokio::join!(webhook, replay, meanwhile);
    assert!(matches!(webhook, Ok(Verdict::New(_))), "{webhook:?}");
    assert_eq!(replay.expect("the replay ends well"), Release::Duplicate);
}

#[tokio::test]
async fn of_two_replays_at_once_one_releases() {
    let place = Place::new().await;
    let (ours, _our_tasks) = Store::open(&place.location()).await.expect("the database");
    let (theirs, _their_tasks) = Store::open(&place.location()).await.expect("the database");
    for round in 0..20 {
        let call = round.to_string();
        let (one, other) = (put_aside(&ours, &format!("one {round}")).await, put_aside(&ours, &format!("other {round}")).await);
        // Two events that say the same, each replayed by both.
        let (a, b, c, d) = tokio::join!(
            release(&ours, one, &call),
            release(&theirs, other, &call),
            release(&theirs, one, &call),
            release(&ours, other, &call)
        );
        let mut became = [a, b, c, d].map(|release| format!("{:?}", release.expect("the replay ends well")));
        became.sort();
        assert_eq!(became, ["Duplicate", "Gone", "Gone", "Released"], "round {round}");
    }
}

async fn put_aside(store: &Store, key: &str) -> i64 {
    let event = NewEvent { key: key.to_owned(), kind: "unreadable", quarantined: Some("unknown_kind".to_owned()), ..event("0") };
    let kept = store.write(move |tx| Box::pin(async move { tx.keep_event(event, Utc::now()).await })).await;
    match kept.expect("kept") {
        Verdict::New(id) => id,
        Verdict::Duplicate => panic!("{key} was there before"),
    }
}

/// Releases it as what [`event`] of that call says.
async fn release(store: &Store, id: i64, call: &str) -> Result<Release, StoreError> {
    let says = Readable { key: event(call).key, kind: "call_booked", call_id: Some(call.to_owned()) };
    let released = store.write(move |tx| Box::pin(async move { tx.release_event(id, says, Utc::now()).await }));
    tokio::time::timeout(Duration::from_secs(30), released).await.expect("in time")
}
