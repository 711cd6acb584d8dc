//! PostgreSQL that goes away in the middle: killed sessions, a server that is down, a network that swallows everything.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use chrono::Utc;
use sea_orm::ConnectionTrait;
use tempfile::TempDir;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use super::calls::cancelled;
use super::place::{Place, Program, call};
use super::world::{database, free_port, until};

/// How the way to the server is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Open,
    /// Nobody listens, and all connections are cut.
    Down,
    /// What is sent arrives nowhere, on connections of before as on new ones.
    Silent,
}

/// A way to PostgreSQL on which a test can stand.
struct Network {
    way: watch::Sender<Way>,
    address: String,
}

impl Network {
    async fn to(server: String) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", free_port())).await.expect("a port");
        let address = listener.local_addr().expect("an address").to_string();
        let (way, ways) = watch::channel(Way::Open);
        tokio::spawn(accept(listener, address.clone(), server, ways));
        Self { way, address }
    }

    fn is(&self, way: Way) {
        self.way.send_replace(way);
    }
}

async fn accept(listener: TcpListener, address: String, server: String, mut ways: watch::Receiver<Way>) {
    let mut listener = Some(listener);
    let mut connections = JoinSet::new();
    loop {
        let Some(open) = &listener else {
            if ways.wait_for(|way| *way != Way::Down).await.is_err() {
                return;
            }
            listener = Some(TcpListener::bind(&address).await.expect("the same port"));
            continue;
        };
        let accepted = tokio::select! {
            accepted = open.accept() => Some(accepted.expect("a connection").0),
            _ = ways.wait_for(|way| *way == Way::Down) => None,
        };
        match accepted {
            Some(from) => _ = connections.spawn(carry(from, server.clone(), ways.clone())),
            None => listener = None,
        }
    }
}

async fn carry(from: TcpStream, server: String, mut ways: watch::Receiver<Way>) {
    let to = TcpStream::connect(&server).await.expect("the server");
    // A connection that met silence has lost bytes; it stays silent for ever.
    let swallows = Arc::new(AtomicBool::new(*ways.borrow() == Way::Silent));
    let (questions, back) = from.into_split();
    let (answers, forth) = to.into_split();
    let asking = pass(questions, forth, Arc::clone(&swallows));
    let answering = pass(answers, back, Arc::clone(&swallows));
    let cut = async {
        while ways.changed().await.is_ok() {
            match *ways.borrow_and_update() {
                Way::Open => {}
                Way::Down => return,
                Way::Silent => swallows.store(true, Ordering::SeqCst),
            }
        }
    };
    tokio::select! {
        () = asking => {}
        () = answering => {}
        () = cut => {}
    }
}

async fn pass(mut from: impl AsyncRead + Unpin, mut to: impl AsyncWrite + Unpin, swallows: Arc<AtomicBool>) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(read @ 1..) = from.read(&mut bytes).await {
        if !swallows.load(Ordering::SeqCst) && to.write_all(&bytes[..read]).await.is_err() {
            return;
        }
    }
}

/// A place on PostgreSQL that is reached over a network of ours; `None`, loudly, where there is no PostgreSQL.
async fn over_network() -> Option<(Place, Network)> {
    let folder = TempDir::new().expect("a folder");
    let direct = database(&folder).await;
    let Some((user, rest)) = direct.strip_prefix("postgres://").and_then(|rest| rest.split_once('@')) else {
        eprintln!("\n*** REBOUND_TEST_DATABASE_URL is not set: a test of the way to PostgreSQL is SKIPPED ***\n");
        return None;
    };
    let (server, name) = rest.split_once('/').expect("a database");
    let network = Network::to(server.to_owned()).await;
    let told = format!("postgres://{user}@{}/{name}", network.address);
    Some((Place::told(folder, direct, &told).await, network))
}

/// Four senders that repeat each webhook until it is acknowledged, until they are told to end.
fn senders(program: &Program, over: &watch::Receiver<bool>) -> JoinSet<BTreeSet<String>> {
    let mut senders = JoinSet::new();
    for _ in 0..4 {
        let (door, over) = (program.door(), over.clone());
        senders.spawn(async move {
            let mut kept = BTreeSet::new();
            let mut ticks = tokio::time::interval(Duration::from_millis(100));
            while !*over.borrow() {
                ticks.tick().await;
                let body = cancelled(Utc::now());
                door.insist(&body).await;
                kept.insert(call(&body));
            }
            kept
        });
    }
    senders
}

async fn judge(place: &Place, program: Program, senders: JoinSet<BTreeSet<String>>) {
    let kept: BTreeSet<String> = senders.join_all().await.into_iter().flatten().collect();
    program.kill();
    let there = place.calls().await;
    assert_eq!(kept.difference(&there).collect::<Vec<_>>(), Vec::<&String>::new(), "acknowledged and gone");
    assert!(kept.len() > 9, "{} acknowledged", kept.len());
}

#[tokio::test]
async fn sessions_that_are_killed_lose_nothing() {
    let Some((place, _network)) = over_network().await else { return };
    let program = place.started(&[]).await;
    let (end, over) = watch::channel(false);
    let senders = senders(&program, &over);
    let mut ticks = tokio::time::interval(Duration::from_millis(150));
    let other = place.connect().await;
    for _ in 0..20 {
        ticks.tick().await;
        let kill = "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()";
        other.execute_unprepared(kill).await.expect("killed");
    }
    let _ = end.send(true);
    program.ready().await;
    judge(&place, program, senders).await;
}

#[tokio::test]
async fn a_server_that_is_down_for_a_while_loses_nothing() {
    away_for_a_while(Way::Down).await;
}

#[tokio::test]
async fn a_network_that_swallows_everything_for_a_while_loses_nothing() {
    away_for_a_while(Way::Silent).await;
}

async fn away_for_a_while(way: Way) {
    let Some((place, network)) = over_network().await else { return };
    let program = place.started(&[]).await;
    let (end, over) = watch::channel(false);
    let senders = senders(&program, &over);
    until("some webhooks", async || (place.calls().await.len() > 5).then_some(())).await;
    network.is(way);
    until("not ready", async || (program.get("/readyz").await? == 503).then_some(())).await;
    let began = Instant::now();
    let (status, again) = program.webhook(&cancelled(Utc::now())).await.expect("an answer");
    assert_eq!((status, again.as_deref()), (503, Some("10")));
    assert!(began.elapsed().as_millis() < 4_900, "iClosed waits five seconds, this took {:?}", began.elapsed());
    assert_eq!(program.get("/livez").await, Some(200));
    network.is(Way::Open);
    program.ready().await;
    let before = place.calls().await.len();
    until("more webhooks", async || (place.calls().await.len() > before + 5).then_some(())).await;
    let _ = end.send(true);
    // What is read goes over other connections than what is written.
    until("every event understood", async || (place.ask_number(WAITING).await == 0).then_some(())).await;
    judge(&place, program, senders).await;
}

const WAITING: &str = "select count(*) from event where understood_at is null";
