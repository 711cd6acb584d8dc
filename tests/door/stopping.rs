//! The program is told to stop, or to start while nobody else is there.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use chrono::Utc;
use rebound::sandbox::{Fault, FaultKind, Operation, Sandbox};
use rustix::process::Signal;
use sea_orm::{ConnectionTrait, Database, Statement};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::calls::{cancelled, email};
use crate::program::{Place, Program};
use crate::world::{DISCORD, KIM_SLACK, SLACK, World, client, plain, until};

const SENDERS: usize = 4;

fn timings(request_timeout: &str) -> String {
    format!(
        "delivery = {{ request_timeout = \"{request_timeout}\", lease = \"16s\", settle = \"1s\", look_every = \"300ms\", \
         slack_interval = \"10ms\", discord_interval = \"10ms\" }}\n"
    )
}

/// One column of an answer of the database.
async fn ask(place: &Place, question: &str) -> BTreeSet<String> {
    let database = Database::connect(&place.database).await.expect("the database opens");
    let rows = database.query_all_raw(Statement::from_string(database.get_database_backend(), question)).await.expect("an answer");
    rows.iter().map(|row| row.try_get_by_index::<String>(0).expect("a text")).collect()
}

fn hang(sandbox: &Sandbox, kind: &FaultKind) {
    sandbox.slack().fault(Fault::new(kind.clone()));
    sandbox.discord().fault(Fault::new(kind.clone()));
}

fn heal(sandbox: &Sandbox) {
    sandbox.slack().heal();
    sandbox.discord().heal();
}

/// Cards about that call in a channel of each platform.
fn cards(sandbox: &Sandbox, email: &str) -> [usize; 2] {
    let about = |text: String| plain(&text).contains(email);
    [
        sandbox.slack().messages(SLACK).iter().filter(|message| about(message.text())).count(),
        sandbox.discord().messages(DISCORD).iter().filter(|message| about(message.text())).count(),
    ]
}

async fn send(program: &Program) -> String {
    let body = cancelled(Utc::now());
    let answer = client().post(program.webhooks()).body(body.to_string()).send().await.expect("an answer");
    assert_eq!(answer.status(), 200);
    email(&body).to_owned()
}

async fn creations_are_asked_for(sandbox: &Sandbox) {
    until("a creation in both", async || {
        let asks = |journal: Vec<rebound::sandbox::Call>| journal.iter().any(|call| call.operation == Operation::Create);
        (asks(sandbox.slack().journal()) && asks(sandbox.discord().journal())).then_some(())
    })
    .await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn told_to_stop_under_load_it_answers_what_came_and_keeps_what_it_answered() {
    for signal in [Signal::TERM, Signal::INT] {
        let place = Place::new(&timings("2s")).await;
        let mut program = place.start().await;
        let (told, sent) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
        let mut senders = JoinSet::new();
        for _ in 0..SENDERS {
            let (url, told, sent) = (program.webhooks(), Arc::clone(&told), Arc::clone(&sent));
            senders.spawn(async move {
                // Keeps its connection, as a reverse proxy does.
                let (client, mut kept, mut unanswered) = (client(), Vec::new(), 0);
                loop {
                    let body = cancelled(Utc::now());
                    let came_before = !told.load(Ordering::SeqCst);
                    match client.post(&url).body(body.to_string()).send().await.map(|answer| answer.status().as_u16()) {
                        Ok(200) => kept.push(body["event"]["uuid"].to_string()),
                        Ok(status) => panic!("answered {status}"),
                        Err(_) if came_before => unanswered += 1,
                        Err(_) => return (kept, unanswered),
                    }
                    sent.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        until("load", async || (sent.load(Ordering::SeqCst) > 40).then_some(())).await;
        told.store(true, Ordering::SeqCst);
        program.signal(signal);
        let began = Instant::now();
        let status = program.end_within(Duration::from_secs(20)).await.expect("it ends within 20 s");
        println!("{signal:?} under load: ended after {:?}", began.elapsed());
        assert!(status.success(), "{status}");
        let mut kept = BTreeSet::new();
        while let Some(sender) = senders.join_next().await {
            let (of_one, unanswered) = sender.expect("no panic");
            assert_eq!(unanswered, 0, "requests that came before and were not answered");
            kept.extend(of_one);
        }
        let events = ask(&place, "select call_id from event").await;
        assert_eq!(kept.difference(&events).collect::<Vec<_>>(), Vec::<&String>::new(), "answered 200 but not there");
        assert_eq!(ask(&place, "select phase from post where phase <> 'idle'").await, BTreeSet::new(), "nothing is cut in flight");
        assert!(place.log().contains("\"stopped\""), "{}", place.log());
    }
}

/// While what is in flight is waited for, the door still takes webhooks and says that others should be asked.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn while_both_platforms_hang_it_stops_in_time_and_heals_later() {
    let place = Place::new(&timings("4s")).await;
    let mut program = place.start().await;
    hang(&place.sandbox, &FaultKind::HangAfter);
    let mut all = vec![send(&program).await];
    creations_are_asked_for(&place.sandbox).await;
    let began = Instant::now();
    program.signal(Signal::TERM);
    until("draining", async || program.get("/readyz").await.filter(|answer| *answer == (503, "draining\n".to_owned()))).await;
    all.push(send(&program).await);
    assert_eq!(program.get("/livez").await.map(|answer| answer.0), Some(200));
    let status = program.end_within(Duration::from_secs(20)).await.expect("it ends within 20 s");
    println!("while both hang: ended after {:?}", began.elapsed());
    assert!(status.success(), "{status}");
    // One request, a second to write its outcome, and the end of the connections.
    assert!(began.elapsed() < Duration::from_secs(4 + 1 + 5), "{:?}", began.elapsed());
    heal(&place.sandbox);
    let _program = place.start().await;
    for email in all {
        until("one card in both", async || (cards(&place.sandbox, &email) == [1, 1]).then_some(())).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn told_twice_it_goes_at_once_and_heals_later() {
    let place = Place::new(&timings("5s")).await;
    let mut program = place.start().await;
    hang(&place.sandbox, &FaultKind::HangAfter);
    let email = send(&program).await;
    creations_are_asked_for(&place.sandbox).await;
    program.signal(Signal::TERM);
    until("draining", async || program.get("/readyz").await.filter(|answer| answer.0 == 503)).await;
    let began = Instant::now();
    program.signal(Signal::TERM);
    let status = program.end_within(Duration::from_secs(20)).await.expect("it ends");
    assert!(!status.success() && began.elapsed() < Duration::from_secs(1), "{status} after {:?}", began.elapsed());
    heal(&place.sandbox);
    let _program = place.start().await;
    until("one card in both", async || (cards(&place.sandbox, &email) == [1, 1]).then_some(())).await;
}

/// The system has accepted connections that the program has not seen yet.
#[tokio::test]
async fn what_waits_at_the_door_is_answered_before_it_closes() {
    let world = World::new().await;
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
    let address = listener.local_addr().expect("an address");
    let mut clients = Vec::new();
    for _ in 0..50 {
        let mut client = TcpStream::connect(address).await.expect("a connection");
        client.write_all(b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n").await.expect("sent");
        clients.push(client);
    }
    rebound::http::serve(listener, world.app.router(), std::future::ready(())).await;
    for mut client in clients {
        let mut answer = String::new();
        client.read_to_string(&mut answer).await.expect("no reset");
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer:?}");
    }
}

/// A client that does not finish its request keeps nobody from stopping.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_holds_the_line_does_not_hold_the_end() {
    let place = Place::new(&timings("1s")).await;
    let mut program = place.start().await;
    let address = program.url.trim_start_matches("http://").parse().expect("an address");
    let mut bad = JoinSet::new();
    for kind in crate::raw::KINDS {
        bad.spawn(kind.harm(address));
    }
    until("all are there", async || (program.connections().unwrap_or(usize::MAX) >= crate::raw::KINDS.len()).then_some(())).await;
    let began = Instant::now();
    program.signal(Signal::TERM);
    let status = program.end_within(Duration::from_secs(20)).await.expect("it ends within 20 s");
    println!("with clients that hold the line: ended after {:?}", began.elapsed());
    assert!(status.success() && began.elapsed() < Duration::from_secs(10), "{status} after {:?}", began.elapsed());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn it_is_ready_without_the_platforms() {
    let place = Place::new(&timings("1s")).await;
    hang(&place.sandbox, &FaultKind::HangBefore);
    let unreachable = Place::new(&timings("1s")).await;
    for platform in ["/slack/api", "/discord"] {
        unreachable.change(&format!("{}{platform}", unreachable.sandbox_url), "http://127.0.0.1:9");
    }
    for place in [place, unreachable] {
        let began = Instant::now();
        let program = place.start().await;
        println!("ready after {:?}", began.elapsed());
        assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
        send(&program).await;
    }
}

/// More private answers than are sent at once, and Slack takes none of them until later.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn private_answers_that_wait_are_sent_before_the_end() {
    const PRESSES: usize = 40;
    let place = Place::new(&timings("5s")).await;
    let mut program = place.start().await;
    send(&program).await;
    let slack = place.sandbox.slack();
    let card = until("a card", async || slack.messages(SLACK).first().map(|card| card.id.clone())).await;
    slack.fault(Fault::new(FaultKind::HangAfter).on(Operation::Private));
    for _ in 0..PRESSES {
        slack.press(KIM_SLACK, SLACK, &card, "Details").await;
    }
    let asked = || slack.journal().iter().filter(|call| call.operation == Operation::Private).count();
    until("as many as are sent at once", async || (asked() == 32).then_some(())).await;
    program.signal(Signal::TERM);
    until("draining", async || program.get("/readyz").await.filter(|answer| answer.0 == 503)).await;
    heal(&place.sandbox);
    let status = program.end_within(Duration::from_secs(20)).await.expect("it ends");
    assert!(status.success(), "{status}");
    assert_eq!((asked(), slack.private().len()), (PRESSES, PRESSES));
}
