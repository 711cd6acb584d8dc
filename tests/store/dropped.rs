//! Callers that go away in the middle: nothing that others were told is kept may go with them.

use std::collections::BTreeSet;
use std::time::Duration;

use chrono::Utc;
use rebound::store::{Store, StoreError, Verdict};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

use super::calls::cancelled;
use super::dice::Dice;
use super::place::{Place, call, event};
use super::world::TOKEN;

const CALLERS: usize = 8;
const CALLS: usize = 60;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_stays_when_other_callers_are_dropped() {
    let place = Place::new().await;
    let (store, mut tasks) = Store::open(&place.location()).await.expect("the database");
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let (store, mut dice) = (store.clone(), Dice(caller as u64));
        callers.spawn(async move {
            let mut kept = BTreeSet::new();
            for number in 0..CALLS {
                let name = format!("{caller}-{number}");
                let patience = patience(&mut dice);
                match tokio::time::timeout(patience, keep(&store, &name)).await {
                    Ok(verdict) => assert!(matches!(verdict, Ok(Verdict::New(_))), "{verdict:?}"),
                    Err(_) => continue,
                }
                kept.insert(name);
            }
            kept
        });
    }
    let kept: BTreeSet<String> = callers.join_all().await.into_iter().flatten().collect();
    drop(store);
    tasks.all_ended().await;
    let there = place.calls().await;
    assert_eq!(kept.difference(&there).collect::<Vec<_>>(), Vec::<&String>::new(), "acknowledged and gone");
    assert!(kept.len() > 20 && kept.len() < CALLERS * CALLS - 20, "not both kinds of callers: {} waited", kept.len());
}

/// Every other one waits for as long as it takes; the rest give up at any time before, or soon after, the end.
fn patience(dice: &mut Dice) -> Duration {
    if dice.one_in(2) { Duration::from_mins(1) } else { Duration::from_micros(u64::from(dice.below(8_000))) }
}

async fn keep(store: &Store, name: &str) -> Result<Verdict, StoreError> {
    let event = event(name);
    store.write(move |tx| Box::pin(async move { tx.keep_event(event, Utc::now()).await })).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_acknowledged_stays_when_other_senders_hang_up() {
    let place = Place::new().await;
    let program = place.started(&[]).await;
    let address = place.url.strip_prefix("http://").expect("a URL").to_owned();
    let mut senders = JoinSet::new();
    for sender in 0..CALLERS {
        let (address, mut dice) = (address.clone(), Dice(sender as u64));
        senders.spawn(async move {
            let mut kept = BTreeSet::new();
            for _ in 0..CALLS {
                let body = cancelled(Utc::now());
                let patience = patience(&mut dice);
                if let Ok(status) = tokio::time::timeout(patience, send(&address, &body.to_string())).await {
                    assert!(status.starts_with("HTTP/1.1 200"), "{status}");
                    kept.insert(call(&body));
                }
            }
            kept
        });
    }
    let kept: BTreeSet<String> = senders.join_all().await.into_iter().flatten().collect();
    program.kill();
    let there = place.calls().await;
    assert_eq!(kept.difference(&there).collect::<Vec<_>>(), Vec::<&String>::new(), "acknowledged and gone");
    assert!(kept.len() > 20 && kept.len() < CALLERS * CALLS - 20, "not both kinds of senders: {} waited", kept.len());
}

/// Sends a webhook over a connection of its own, which ends when this is dropped; the head of the answer.
async fn send(address: &str, body: &str) -> String {
    let mut stream = TcpStream::connect(address).await.expect("a connection");
    let request = format!("POST /webhooks/iclosed/{TOKEN} HTTP/1.1\r\nHost: rebound\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut head = [0; 64];
    let read = stream.read(&mut head).await.expect("an answer");
    String::from_utf8_lossy(&head[..read]).into_owned()
}
