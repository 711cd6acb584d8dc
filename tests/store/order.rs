//! "A 2xx means it is on disk", seen by the calls that the program makes to the system: write, sync, answer, in this order.

use std::collections::BTreeMap;

use chrono::Utc;
use sea_orm::ConnectionTrait;
use serde_json::Value;

use super::calls::{cancelled, email};
use super::place::Place;

/// Everything that writes to a file or a socket, or syncs.
const CALLS: &str = "trace=fsync,fdatasync,write,writev,pwrite64,pwritev,sendto,sendmsg";

#[tokio::test]
async fn what_is_acknowledged_was_synced_before() {
    if !super::has_strace() {
        return;
    }
    let place = Place::on_sqlite().await;
    let program = place.started(&["strace", "-D", "-f", "-q", "-yy", "-s", "5000", "-o", "trace", "-e", CALLS]).await;
    let bodies: Vec<Value> = (0..30).map(|_| cancelled(Utc::now())).collect();
    for body in &bodies {
        // One after the other, so that the third answer is the answer to the third.
        assert_eq!(program.webhook(body).await.map(|(status, _)| status), Some(200));
    }
    let trace = Trace::of(&std::fs::read(place.file("trace")).expect("a trace"));
    assert_eq!(trace.answers.len(), bodies.len(), "answers to webhooks in the trace");
    for (body, answer) in bodies.iter().zip(&trace.answers) {
        let written = trace.writes.iter().find(|(_, what)| what.contains(email(body))).expect("the event in the log of the database").0;
        let synced = trace.syncs.iter().any(|(begin, end)| written < *begin && end < answer);
        assert!(synced, "written in line {written}, acknowledged in line {answer} of the trace, and not synced between them");
    }
    program.kill();
}

/// What the last process wrote and did not sync is on disk before anything is acknowledged that may rest on it.
#[tokio::test]
async fn what_was_there_at_the_start_is_synced_before_the_first_acknowledgement() {
    if !super::has_strace() {
        return;
    }
    let place = Place::on_sqlite().await;
    let program = place.started(&[]).await;
    let body = cancelled(Utc::now());
    program.door().insist(&body).await;
    // Whoever closes a file last syncs it in any case; here somebody else has it open.
    let other = place.connect().await;
    other.execute_unprepared("select id from event").await.expect("an answer");
    program.kill();
    let program = place.started(&["strace", "-D", "-f", "-q", "-yy", "-o", "trace", "-e", "trace=fsync,fdatasync,bind"]).await;
    let trace = std::fs::read_to_string(place.file("trace")).expect("a trace");
    let port = place.url.rsplit(':').next().expect("a port");
    let (before, _) = trace.split_once(&format!("htons({port})")).expect("where it begins to listen");
    let synced = |name: &str| before.lines().any(|line| line.contains("sync(") && line.contains(&format!("/{name}>")));
    assert!(synced("rebound.db-wal") && synced("rebound.db"), "{before}");
    program.kill();
    drop(other);
}

/// What the program did, by the line of the trace.
#[derive(Default)]
struct Trace {
    /// Writes to the write-ahead log of the database, and what was written.
    writes: Vec<(usize, String)>,
    /// Begin and end of each sync of it that succeeded.
    syncs: Vec<(usize, usize)>,
    /// Acknowledgements of webhooks.
    answers: Vec<usize>,
}

impl Trace {
    fn of(text: &[u8]) -> Self {
        let mut trace = Self::default();
        let mut syncing = BTreeMap::new();
        for (at, line) in String::from_utf8_lossy(text).lines().enumerate() {
            let (thread, call) = line.split_once(' ').unwrap_or_default();
            let (call, good) = (call.trim_start(), line.ends_with("= 0"));
            let of_log = call.contains("/rebound.db-wal>");
            if call.starts_with("<... f") && call.contains("sync resumed") {
                let begin = syncing.remove(thread);
                trace.syncs.extend(begin.filter(|_| good).map(|begin| (begin, at)));
            } else if call.starts_with('f') && call.contains("sync(") && of_log {
                if good {
                    trace.syncs.push((at, at));
                } else {
                    syncing.insert(thread.to_owned(), at);
                }
            } else if call.starts_with("pwrite") && of_log {
                trace.writes.push((at, call.to_owned()));
            } else if call.contains("HTTP/1.1 200") && call.contains("received") {
                trace.answers.push(at);
            }
        }
        trace
    }
}
