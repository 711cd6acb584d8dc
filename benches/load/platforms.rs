//! Stand-ins for Slack and Discord that do next to nothing: they answer every creation at once, or never.
//!
//! The sandbox of the demo keeps whole workspaces and would cost more than what is measured.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use axum::Router;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use tokio::net::TcpListener;
use tokio::runtime::Runtime;

use crate::bodies::number_in;

/// Of the stand-ins, as `nice` counts.
const NICENESS: i32 = 10;

/// Both platforms, until dropped.
pub(crate) struct Platforms {
    pub(crate) address: SocketAddr,
    state: Arc<Seen>,
    /// Ends with its tasks when this is dropped.
    _runtime: Runtime,
}

#[derive(Default)]
struct Seen {
    hanging: AtomicBool,
    noting: AtomicBool,
    created: AtomicU64,
    arrivals: Mutex<Vec<(u64, Instant)>>,
}

impl Platforms {
    /// Starts both on one port, with a thread of their own, which has what nobody else wants: in life they are other machines.
    pub(crate) fn start() -> Self {
        let stand_back = || {
            // Elsewhere than on Linux this would be the niceness of the whole process.
            if cfg!(target_os = "linux") && rustix::process::setpriority_process(None, NICENESS).is_err() {
                eprintln!("the stand-ins compete with what is measured");
            }
        };
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).on_thread_start(stand_back).enable_all().build();
        let runtime = runtime.expect("a runtime");
        let state = Arc::<Seen>::default();
        let router = Router::new()
            .route("/slack/api/chat.postMessage", post(slack))
            .route("/discord/api/v10/channels/{channel}/messages", post(discord))
            .fallback(async || ([(CONTENT_TYPE, "application/json")], "[]"))
            .with_state(Arc::clone(&state));
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).expect("a port");
        let address = listener.local_addr().expect("an address");
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self { address, state, _runtime: runtime }
    }

    /// From now on no message is ever answered.
    pub(crate) fn hang(&self) {
        self.state.hanging.store(true, Ordering::Release);
    }

    /// From now on it is noted when each message came.
    pub(crate) fn note_arrivals(&self) {
        self.state.noting.store(true, Ordering::Release);
    }

    /// Messages that were created, or asked for in vain.
    pub(crate) fn created(&self) -> u64 {
        self.state.created.load(Ordering::Acquire)
    }

    /// When the messages came, with the numbers of their calls.
    pub(crate) fn arrivals(&self) -> Vec<(u64, Instant)> {
        self.state.arrivals.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Waits for that many messages; how many there are in the end.
    pub(crate) fn wait_for(&self, messages: u64, patience: Duration) -> u64 {
        let until = Instant::now() + patience;
        while self.created() < messages && Instant::now() < until {
            std::thread::sleep(Duration::from_millis(20));
        }
        self.created()
    }
}

impl Seen {
    /// The number of the new message.
    async fn create(&self, body: &[u8]) -> u64 {
        if self.noting.load(Ordering::Acquire) {
            let call = number_in(body).expect("a card shows whom it is about");
            self.arrivals.lock().unwrap_or_else(PoisonError::into_inner).push((call, Instant::now()));
        }
        let number = self.created.fetch_add(1, Ordering::AcqRel);
        if self.hanging.load(Ordering::Acquire) {
            std::future::pending::<()>().await;
        }
        number
    }
}

async fn slack(State(seen): State<Arc<Seen>>, body: Bytes) -> Response {
    let number = seen.create(&body).await;
    let channel = after(&body, r#""channel":""#);
    json(format!(r#"{{"ok":true,"channel":"{channel}","ts":"1790000000.{number:06}","message":{{"type":"message"}}}}"#))
}

async fn discord(State(seen): State<Arc<Seen>>, Path(channel): Path<String>, body: Bytes) -> Response {
    let number = seen.create(&body).await;
    json(format!(r#"{{"id":"{}","channel_id":"{channel}"}}"#, 1_400_000_000_000_000_000 + number))
}

fn json(text: String) -> Response {
    ([(CONTENT_TYPE, "application/json")], text).into_response()
}

/// The text between that and the next quotation mark.
fn after<'b>(body: &'b [u8], what: &str) -> &'b str {
    let text = std::str::from_utf8(body).unwrap_or_default();
    text.split_once(what).and_then(|(_, rest)| rest.split('"').next()).unwrap_or_default()
}
