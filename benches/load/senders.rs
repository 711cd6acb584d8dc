//! Those who send webhooks: one thread and one connection each, written for the least work, since they share the machine with what
//! they measure.
//!
//! At a given rate every request has its time, fixed in advance, and the answer's time is counted from then: a program that stalls is
//! charged with all that waited meanwhile, not only with the one request that happened to be under way.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use crate::bodies::Body;

/// Longer than any answer may take; who waits longer has failed.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whom to send to.
#[derive(Clone)]
pub(crate) struct Target {
    pub(crate) address: SocketAddr,
    pub(crate) path: String,
    pub(crate) channels: u64,
    /// Numbers of calls; shared by all who send to one program, so that none is told twice.
    pub(crate) next: Arc<AtomicU64>,
}

/// How the answers came.
#[derive(Debug, Default)]
pub(crate) struct Answers {
    /// Of each good answer, sorted.
    pub(crate) latencies: Vec<Duration>,
    /// Answers that were not 200, and requests without any.
    pub(crate) failed: usize,
    /// Over how long they came.
    pub(crate) took: Duration,
    /// When each request was meant to be sent, by its call's number.
    pub(crate) intended: Vec<(u64, Instant)>,
}

impl Answers {
    pub(crate) fn per_second(&self) -> f64 {
        self.latencies.len() as f64 / self.took.as_secs_f64()
    }

    /// The latency, in milliseconds, that so many of 1,000 answers stay within.
    pub(crate) fn of_thousand(&self, good: usize) -> f64 {
        of_thousand(&self.latencies, good)
    }

    pub(crate) fn add(&mut self, other: Self) {
        self.latencies.extend(other.latencies);
        self.latencies.sort_unstable();
        self.failed += other.failed;
        self.took += other.took;
        self.intended.extend(other.intended);
    }
}

/// The value, in milliseconds, that so many of 1,000 stay within. `sorted` is.
pub(crate) fn of_thousand(sorted: &[Duration], good: usize) -> f64 {
    let at = (sorted.len() * good).div_ceil(1_000).saturating_sub(1);
    sorted.get(at).map_or(f64::NAN, |latency| latency.as_secs_f64() * 1_000.0)
}

/// Everybody sends the next request as soon as the last one is answered; what comes within `warm_up` is not counted.
pub(crate) fn as_fast_as_possible(target: &Target, connections: usize, warm_up: Duration, counted: Duration) -> Answers {
    let from = Instant::now() + warm_up;
    let until = from + counted;
    let mut answers = with_threads(connections, || {
        let mut sender = Sender::new(target);
        let mut mine = Answers::default();
        while Instant::now() < until {
            let sent = Instant::now();
            let good = sender.send(target.next.fetch_add(1, Ordering::Relaxed));
            let now = Instant::now();
            if (from..until).contains(&now) {
                mine.note(good, now - sent);
            }
        }
        mine
    });
    answers.took = counted;
    answers
}

/// So many requests a second, each at its time, whatever becomes of those before.
pub(crate) fn at_a_rate(target: &Target, per_second: f64, how_long: Duration) -> Answers {
    let turns = AtomicU64::new(0);
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "few")]
    let all = (per_second * how_long.as_secs_f64()) as u64;
    // Enough that one is always free, unless the program stalls for seconds.
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "few")]
    let connections = (per_second * 0.3).clamp(8.0, 64.0) as usize;
    let start = Instant::now() + Duration::from_millis(50);
    let mut answers = with_threads(connections, || {
        let mut sender = Sender::new(target);
        let mut mine = Answers::default();
        loop {
            let turn = turns.fetch_add(1, Ordering::Relaxed);
            if turn >= all {
                return mine;
            }
            let intended = start + Duration::from_secs_f64(turn as f64 / per_second);
            if let Some(early) = intended.checked_duration_since(Instant::now()) {
                std::thread::sleep(early);
            }
            let number = target.next.fetch_add(1, Ordering::Relaxed);
            mine.intended.push((number, intended));
            let good = sender.send(number);
            mine.note(good, intended.elapsed());
        }
    });
    answers.took = how_long;
    answers
}

fn with_threads(threads: usize, work: impl Fn() -> Answers + Sync) -> Answers {
    let mut all = Answers::default();
    std::thread::scope(|scope| {
        let threads: Vec<_> = (0..threads).map(|_| scope.spawn(&work)).collect();
        for thread in threads {
            let answers = thread.join().expect("a sender");
            all.latencies.extend(answers.latencies);
            all.failed += answers.failed;
            all.intended.extend(answers.intended);
        }
    });
    all.latencies.sort_unstable();
    all
}

impl Answers {
    fn note(&mut self, good: bool, latency: Duration) {
        if good {
            self.latencies.push(latency);
        } else {
            self.failed += 1;
        }
    }
}

struct Sender {
    address: SocketAddr,
    channels: u64,
    body: Body,
    stream: Option<TcpStream>,
    answer: Vec<u8>,
}

impl Sender {
    fn new(target: &Target) -> Self {
        let body = Body::new(&target.path);
        Self { address: target.address, channels: target.channels, body, stream: None, answer: vec![0; 16 * 1024] }
    }

    /// Sends a webhook; was it answered 200?
    fn send(&mut self, number: u64) -> bool {
        let kept = self.stream.take();
        let was_kept = kept.is_some();
        let request = self.body.request(number, self.channels);
        let once = |stream: Option<TcpStream>, answer: &mut [u8]| -> std::io::Result<(TcpStream, bool)> {
            let mut stream = match stream {
                Some(stream) => stream,
                None => connect(self.address)?,
            };
            stream.write_all(request)?;
            let good = read_answer(&mut stream, answer)?;
            Ok((stream, good))
        };
        let mut sent = once(kept, &mut self.answer);
        if sent.is_err() && was_kept {
            // The program may have closed a connection that was idle; nothing was lost by that.
            sent = once(None, &mut self.answer);
        }
        let Ok((stream, good)) = sent else {
            return false;
        };
        self.stream = Some(stream);
        good
    }
}

/// The status and the body of a GET, for what is not measured.
pub(crate) fn get(address: SocketAddr, path: &str) -> std::io::Result<(u16, String)> {
    let mut stream = connect(address)?;
    stream.write_all(format!("GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes())?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    let status = answer.get(9..12).and_then(|status| status.parse().ok()).unwrap_or_default();
    Ok((status, answer.split_once("\r\n\r\n").map(|(_, body)| body.to_owned()).unwrap_or_default()))
}

fn connect(address: SocketAddr) -> std::io::Result<TcpStream> {
    let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

/// Reads a whole answer; is it 200?
fn read_answer(stream: &mut TcpStream, buffer: &mut [u8]) -> std::io::Result<bool> {
    let mut filled = 0;
    loop {
        let read = stream.read(&mut buffer[filled..])?;
        if read == 0 {
            return Err(std::io::ErrorKind::UnexpectedEof.into());
        }
        filled += read;
        let Some(head) = buffer[..filled].windows(4).position(|window| window == b"\r\n\r\n") else {
            continue;
        };
        let length = content_length(&buffer[..head]);
        let all = head + 4 + length;
        if all > buffer.len() {
            return Err(std::io::ErrorKind::InvalidData.into());
        }
        if filled < all {
            stream.read_exact(&mut buffer[filled..all])?;
        }
        return Ok(buffer.starts_with(b"HTTP/1.1 200"));
    }
}

fn content_length(head: &[u8]) -> usize {
    let head = std::str::from_utf8(head).unwrap_or_default();
    let line = head.lines().find(|line| line.len() > 15 && line[..15].eq_ignore_ascii_case("content-length:"));
    line.and_then(|line| line[15..].trim().parse().ok()).unwrap_or_default()
}
