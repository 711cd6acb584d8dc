//! Requests that no HTTP library would send: refused or closed, never taken for two, and nobody else is harmed.

use std::net::SocketAddr;
use std::time::Duration;

use chrono::Utc;

use crate::calls::cancelled;
use crate::raw::ask;
use crate::world::{SLACK, TOKEN, World};

/// What is sent, and with what the answer begins; nothing where the connection may also end without one.
type Case = (&'static str, String, &'static [&'static str]);

const REFUSED: &[&str] = &["HTTP/1.1 400"];
const TOO_LONG: &[&str] = &["HTTP/1.1 431"];
const TAKEN: &[&str] = &["HTTP/1.1 200"];

fn cases(body: &str) -> Vec<Case> {
    let path = format!("/webhooks/iclosed/{TOKEN}");
    let length = body.len();
    let post = format!("POST {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n");
    let chunked = format!("{length:x}\r\n{body}\r\n0\r\n\r\n");
    let smuggled = format!("POST {path} HTTP/1.1\r\nhost: x\r\ncontent-length: 2\r\n\r\n[]");
    let many = "x: 1\r\n".repeat(200);
    let long = "x".repeat(64 * 1024);
    vec![
        ("two lengths", format!("{post}content-length: {length}\r\ncontent-length: 2\r\n\r\n{body}"), REFUSED),
        ("two lengths in one header", format!("{post}content-length: {length}, 2\r\n\r\n{body}"), REFUSED),
        ("a negative length", format!("{post}content-length: -1\r\n\r\n{body}"), REFUSED),
        ("a length with a sign", format!("{post}content-length: +{length}\r\n\r\n{body}"), REFUSED),
        ("a length beyond all", format!("{post}content-length: 99999999999999999999999\r\n\r\n{body}"), REFUSED),
        ("a great length", format!("{post}content-length: 99999999999\r\n\r\n{body}"), &["HTTP/1.1 413"]),
        (
            "length and chunks, and another request behind",
            format!("{post}content-length: 4\r\ntransfer-encoding: chunked\r\n\r\n{chunked}{smuggled}"),
            TAKEN,
        ),
        ("an encoding that is not the last", format!("{post}transfer-encoding: chunked, gzip\r\n\r\n{chunked}"), REFUSED),
        ("an unknown encoding", format!("{post}transfer-encoding: rot13\r\n\r\n{chunked}"), REFUSED),
        ("a chunk of a wrong length", format!("{post}transfer-encoding: chunked\r\n\r\nzz\r\n{body}\r\n0\r\n\r\n"), REFUSED),
        ("a chunk beyond all", format!("{post}transfer-encoding: chunked\r\n\r\nfffffffffffffffffff\r\n"), REFUSED),
        ("200 headers", format!("{post}{many}content-length: {length}\r\n\r\n{body}"), TOO_LONG),
        ("a header of 64 KiB", format!("{post}x: {long}\r\ncontent-length: {length}\r\n\r\n{body}"), TOO_LONG),
        ("a path of 64 KiB", format!("POST /{long} HTTP/1.1\r\nhost: x\r\n\r\n"), &["HTTP/1.1 414", "HTTP/1.1 431"]),
        ("a blank before the colon", format!("{post}content-length : {length}\r\n\r\n{body}"), REFUSED),
        ("a header of two lines", format!("{post}x: a\r\n b\r\ncontent-length: {length}\r\n\r\n{body}"), REFUSED),
        ("no name of a header", format!("{post}: a\r\n\r\n{body}"), REFUSED),
        ("a zero byte", format!("{post}x: a\0b\r\ncontent-length: {length}\r\n\r\n{body}"), REFUSED),
        ("HTTP/0.9", "GET /livez\r\n".to_owned(), REFUSED),
        ("HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), &["", "HTTP/1.1 400", "HTTP/1.1 505"]),
        ("HTTP/3.7", "GET /livez HTTP/3.7\r\nhost: x\r\n\r\n".to_owned(), REFUSED),
        ("TLS", "\u{16}\u{3}\u{1}\u{0}\u{0}".to_owned(), REFUSED),
        (
            "a proxy's request",
            "CONNECT internal:80 HTTP/1.1\r\nhost: x\r\n\r\n".to_owned(),
            &["HTTP/1.1 404", "HTTP/1.1 405", "HTTP/1.1 400"],
        ),
        (
            "expects to be told",
            format!("{post}expect: 100-continue\r\ncontent-length: {length}\r\n\r\n{body}"),
            &["HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200"],
        ),
        ("HTTP/1.0", format!("POST {path} HTTP/1.0\r\ncontent-length: {length}\r\n\r\n{body}"), &["HTTP/1.0 200"]),
    ]
}

#[tokio::test]
async fn odd_requests_are_refused_and_nothing_is_smuggled() {
    let world = World::new().await;
    let address: SocketAddr = world.url.trim_start_matches("http://").parse().expect("an address");
    let body = cancelled(Utc::now()).to_string();
    let mut wrong = Vec::new();
    for (what, request, expected) in cases(&body) {
        let answer = ask(address, request.as_bytes(), Duration::from_secs(20)).await.expect("a connection");
        let fits = expected.iter().any(|begins| if begins.is_empty() { answer.is_empty() } else { answer.starts_with(begins) });
        let answers = answer.matches("HTTP/1.").count() - answer.matches("100 Continue").count();
        if !fits || answers > 1 {
            wrong.push(format!("{what}: {answers} answers, {answer:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    world.drain().await;
    assert_eq!(world.messages(SLACK).len(), 1, "the same call each time, so one card");
    assert_eq!(world.get("/readyz").await.0, 200);
}
