//! What breaks off inside is seen: in the log by its place, in the figures by its number, and by the end of the program where a loop did.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use chrono::{DateTime, Utc};
use rebound::app::{App, Broken};
use rebound::config::{self, Environment};
use rebound::flow::Clock;
use sea_orm::{ConnectionTrait, Database};
use serde_json::Value;
use tokio::net::TcpListener;

use crate::calls::cancelled;
use crate::program::Place;
use crate::world::{client, until};

/// A time that nobody can reckon with, as no version of Rebound writes it.
#[tokio::test]
async fn a_panic_is_a_line_of_the_log_and_a_figure() {
    let place = Place::new("").await;
    let program = place.start().await;
    assert!(program.get("/metrics").await.expect("figures").1.contains("rebound_panics_total 0\n"));
    let first = DateTime::<Utc>::MIN_UTC.timestamp_millis();
    let never = format!("update instance set blind_from = {first}, blind_until = {}", Utc::now().timestamp_millis());
    Database::connect(&place.database).await.expect("the database").execute_unprepared(&never).await.expect("changed");
    client().post(program.webhooks()).body(cancelled(Utc::now()).to_string()).send().await.expect("an answer");
    let text =
        until("a panic", async || program.get("/metrics").await.map(|answer| answer.1).filter(|text| !text.contains("panics_total 0\n")))
            .await;
    assert!(text.contains("rebound_panics_total "), "{text}");
    let log = place.log();
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap_or_else(|_| panic!("no JSON: {line}"))).collect();
    let told = lines.iter().find(|line| line["message"].as_str().is_some_and(|message| message.starts_with("a panic"))).expect("a line");
    assert!(told["place"].as_str().is_some_and(|place| place.starts_with("src/store/life.rs:")), "{told}");
    assert!(!log.contains("overflow"), "what was said may quote anything: {log}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_loop_that_panics_ends_rebound() {
    let place = Place::new("").await;
    let config = config::load(&place.file(), &Environment::default()).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let stopped = Arc::new(AtomicBool::new(false));
    let (system, broken) = (Clock::system(), Arc::clone(&stopped));
    let clock = Clock::of(move || {
        assert!(!broken.load(Ordering::SeqCst), "a clock that breaks");
        system.now()
    });
    let app = App::build(&config, clock).await.expect("built");
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let router = app.router();
    let served = tokio::spawn(app.serve(listener, router, std::future::pending()));
    stopped.store(true, Ordering::SeqCst);
    let ended = tokio::time::timeout(Duration::from_secs(30), served).await.expect("it ends").expect("no panic");
    assert_eq!(ended, Err(Broken));
}
