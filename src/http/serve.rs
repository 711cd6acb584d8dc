//! The accept loop: our own, because `axum::serve` waits without end for clients that never finish a request.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::Request;
use hyper::body::Incoming;
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, timeout_at};
use tower::ServiceExt;

use super::line::Line;
use super::room::{Place, Room};

/// From a connection's start, or the end of the last answer, to the end of the next request's headers.
const HEADERS_WITHIN: Duration = Duration::from_secs(5);
/// Headers of one request.
const MOST_HEADERS: usize = 64;
/// Bytes of one request's head.
const MOST_HEAD: usize = 16 * 1024;
/// Bytes of answers that wait in the system for one client.
const SEND_BUFFER: usize = 64 * 1024;
/// How long requests that came before the end may take to be answered.
const FINISH_WITHIN: Duration = Duration::from_secs(5);
/// After the end, so long is listened to connections that are there, and to the door: what was sent before is on its way through the system.
const LAST_REQUESTS: Duration = Duration::from_millis(100);
/// So many connections may wait in the system until we accept them.
const MOST_WAITING: usize = 1_024;
/// The pause after the system refused a connection, as when it is out of file descriptors.
const AFTER_FAILURE: Duration = Duration::from_millis(100);

/// Serves until `shutdown` is ready, then answers what came before, for at most 5 s.
pub async fn serve(listener: TcpListener, router: Router, shutdown: impl Future<Output = ()>) {
    let room = Room::new();
    let (stop, stopping) = watch::channel(());
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        let accepted = tokio::select! {
            () = &mut shutdown => break,
            accepted = listener.accept() => accepted,
            Some(ended) = connections.join_next(), if !connections.is_empty() => {
                tell(ended);
                continue;
            }
        };
        match accepted {
            Ok((stream, _)) => {
                // Whoever was let in is answered, even when there is no room and the end has come.
                let (place, is_last) = tokio::select! {
                    place = room.enter() => (place, false),
                    () = &mut shutdown => (room.squeeze_in(), true),
                };
                connections.spawn(talk(stream, place, router.clone(), stopping.clone()));
                if is_last {
                    break;
                }
            }
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                room.show_out();
                tokio::time::sleep(AFTER_FAILURE).await;
            }
        }
    }
    // These have a connection already, even if the system has not yet shown it to us; to close the door would reset what they sent.
    let close_at = Instant::now() + LAST_REQUESTS;
    for _ in 0..MOST_WAITING {
        let Ok(Ok((stream, _))) = timeout_at(close_at, listener.accept()).await else { break };
        connections.spawn(talk(stream, room.squeeze_in(), router.clone(), stopping.clone()));
    }
    drop(listener);
    let _ = stop.send(());
    let all_ended = async {
        while let Some(ended) = connections.join_next().await {
            tell(ended);
        }
    };
    if tokio::time::timeout(FINISH_WITHIN, all_ended).await.is_err() {
        tracing::warn!("connections that did not end in time were cut");
    }
}

fn tell(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(task = %error.id(), "a connection ended by a panic");
    }
}

async fn talk(stream: TcpStream, place: Arc<Place>, router: Router, mut stopping: watch::Receiver<()>) {
    // Small answers should leave at once.
    let _ = stream.set_nodelay(true);
    // The system would hold megabytes for a client that asks and asks and never reads.
    let _ = rustix::net::sockopt::set_socket_send_buffer_size(&stream, SEND_BUFFER);
    let asking = Arc::clone(&place);
    let service = hyper::service::service_fn(move |request: Request<Incoming>| {
        let (router, asking) = (router.clone(), Arc::clone(&asking));
        asking.heard(Instant::now());
        async move {
            let answer = router.oneshot(request.map(Body::new)).await.unwrap_or_else(|never| match never {});
            asking.heard(Instant::now());
            Ok::<_, Infallible>(answer)
        }
    });
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEADERS_WITHIN)
        .max_headers(MOST_HEADERS)
        .max_buf_size(MOST_HEAD)
        .serve_connection(TokioIo::new(Line::new(stream)), service);
    tokio::pin!(connection);
    let ended = tokio::select! {
        ended = connection.as_mut() => ended,
        () = place.has_to_leave() => return,
        _ = stopping.changed() => {
            if let Ok(ended) = tokio::time::timeout(LAST_REQUESTS, connection.as_mut()).await {
                ended
            } else {
                connection.as_mut().graceful_shutdown();
                connection.await
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(%error, "a connection ended badly");
    }
}
