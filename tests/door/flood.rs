//! Thousands who hold the line at once, and the good clients among them.
//!
//! ```text
//! cargo test --test door flood                              200 of each kind; part of every run
//! FLOOD=1000 cargo test --test door flood -- --nocapture    more than there are places, on a machine that does nothing else
//! ```

use std::net::SocketAddr;
use std::time::Duration;

use chrono::Utc;
use rustix::process::{Resource, getrlimit, setrlimit};
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::calls::cancelled;
use crate::program::{Place, Program};
use crate::raw::{KINDS, Kind};
use crate::world::{client, until};

/// Of each kind, where nothing else is asked for and the system gives so many file descriptors.
const EACH: u64 = 200;
/// Their answers fill the system's memory, not ours.
const NEVER_READ: u64 = 50;
/// More connections than the program itself and the good clients need.
const OWN: usize = 40;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hundreds_of_each_kind_harm_no_good_client() {
    let place = Place::new("").await;
    let program = place.start().await;
    let address: SocketAddr = program.url.trim_start_matches("http://").parse().expect("an address");
    let at_rest = program.memory();
    let each = how_many();
    let (over, calm) = watch::channel(false);
    let good: Vec<_> = (0..4).map(|_| tokio::spawn(sends_until(program.webhooks(), calm.clone()))).collect();

    let began = Instant::now();
    let mut bad = JoinSet::new();
    let mut ticks = tokio::time::interval(Duration::from_millis(5));
    for at in 0..each {
        ticks.tick().await;
        for kind in KINDS {
            if kind != Kind::NeverReads || at < NEVER_READ {
                bad.spawn(tokio::time::timeout(Duration::from_secs(20), kind.harm(address)));
            }
        }
    }
    let all_came = began.elapsed();
    // What counts is what the program holds: a client may believe in a connection that the system never gave it.
    let left = until("all are let go", async || Some(program.connections().unwrap_or_default()).filter(|held| *held < OWN)).await;
    let all_left = began.elapsed();
    let _ = over.send(true);
    let (mut took, mut cut) = (Vec::new(), 0);
    for client in good {
        let of_one = client.await.expect("every webhook was answered 200");
        took.extend(of_one.0);
        cut += of_one.1;
    }
    took.sort_unstable();
    let p99 = took[took.len() * 99 / 100];
    println!(
        "{each} of each kind came in {all_came:?}, all but {left} were let go after {all_left:?}; {} good webhooks, p50 {:?}, p99 {p99:?}, \
         slowest {:?}, cut {cut}; memory in MiB (now, most) {at_rest:?} before, {:?} after",
        took.len(),
        took[took.len() / 2],
        took[took.len() - 1],
        program.memory()
    );
    assert!(all_left < Duration::from_secs(20), "{all_left:?}");
    assert!(took.len() > 20, "the good clients hardly got through: {}", took.len());
    assert!(cut * 20 <= took.len(), "good clients were cut {cut} times in {}", took.len());
    // The same processors play 9,000 clients meanwhile. iClosed waits 5 s.
    assert!(p99 < Duration::from_secs(5), "{p99:?}");
    is_well(&place, &program).await;
}

/// As many connections as a process here may have, but for what the test itself needs.
fn how_many() -> u64 {
    let mut limit = getrlimit(Resource::Nofile);
    limit.current = limit.maximum;
    // Where it may not be raised, fewer will do.
    let _ = setrlimit(Resource::Nofile, limit);
    let files = getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX);
    let wanted = std::env::var("FLOOD").ok().and_then(|given| given.parse().ok()).unwrap_or(EACH);
    let each = (files.saturating_sub(300) / KINDS.len() as u64).min(wanted);
    if each < wanted {
        println!("\n*** only {files} file descriptors are allowed: {each} connections of each kind instead of {wanted} ***\n");
    }
    each
}

/// A good client, on a new connection each time, which tries again at once when it is cut; how long each answer took, and how often it
/// was cut.
async fn sends_until(url: String, mut calm: watch::Receiver<bool>) -> (Vec<Duration>, usize) {
    let (mut took, mut cut) = (Vec::new(), 0);
    let mut ticks = tokio::time::interval(Duration::from_millis(50));
    while !*calm.borrow_and_update() {
        ticks.tick().await;
        let (since, body) = (Instant::now(), cancelled(Utc::now()).to_string());
        loop {
            match client().post(&url).body(body.clone()).send().await {
                Ok(answer) => {
                    let (status, text) = (answer.status(), answer.text().await);
                    break assert_eq!(status, 200, "{text:?}");
                }
                Err(_) => cut += 1,
            }
        }
        took.push(since.elapsed());
    }
    (took, cut)
}

async fn is_well(place: &Place, program: &Program) {
    assert_eq!(program.get("/readyz").await.map(|answer| answer.0), Some(200));
    let log = place.log();
    assert!(!log.contains("panicked") && !log.contains("could not be accepted"), "{log}");
}
