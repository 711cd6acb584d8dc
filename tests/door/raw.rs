//! Clients that no HTTP library would be: bytes on a connection, and what comes back.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::time::Instant;

use crate::world::TOKEN;

/// How a client harms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// Connects and says nothing.
    Silent,
    /// Sends one byte.
    OneByte,
    /// Sends a half of the request line.
    HalfLine,
    /// Sends a half of the headers.
    HalfHead,
    /// Sends the head byte by byte, and never ends.
    DripsHead,
    /// Sends a half of the body.
    HalfBody,
    /// Sends the body byte by byte.
    DripsBody,
    /// Sends chunks without end.
    EndlessChunks,
    /// Asks once, as it should, and stays.
    Stays,
    /// Asks again and again, and never reads an answer.
    NeverReads,
}

pub(crate) const KINDS: [Kind; 10] = [
    Kind::Silent,
    Kind::OneByte,
    Kind::HalfLine,
    Kind::HalfHead,
    Kind::DripsHead,
    Kind::HalfBody,
    Kind::DripsBody,
    Kind::EndlessChunks,
    Kind::Stays,
    Kind::NeverReads,
];

/// Between two pieces of what drips.
const DRIP: Duration = Duration::from_millis(500);

impl Kind {
    /// Connects and does harm until the other side ends the connection; how long that took since nothing could be sent any more for who
    /// never reads, since the beginning for the others.
    pub(crate) async fn harm(self, address: SocketAddr) -> io::Result<Duration> {
        let socket = TcpSocket::new_v4()?;
        if self == Self::NeverReads {
            socket.set_recv_buffer_size(4_096)?;
            socket.set_send_buffer_size(4_096)?;
        }
        let mut stream = socket.connect(address).await?;
        let since = Instant::now();
        let head = format!("POST /webhooks/iclosed/{TOKEN} HTTP/1.1\r\nhost: x\r\n");
        match self {
            Self::Silent => ended(&mut stream).await,
            Self::OneByte => says(&mut stream, b"P").await,
            Self::HalfLine => says(&mut stream, b"POST /webhooks/icl").await,
            Self::HalfHead => says(&mut stream, format!("{head}content-len").as_bytes()).await,
            Self::DripsHead => drips(&mut stream, head.as_bytes(), b"x").await,
            Self::HalfBody => says(&mut stream, format!("{head}content-length: 1000\r\n\r\n[").as_bytes()).await,
            Self::DripsBody => drips(&mut stream, format!("{head}content-length: 1000\r\n\r\n[").as_bytes(), b" ").await,
            Self::EndlessChunks => {
                let chunk = format!("4000\r\n{}\r\n", " ".repeat(0x4000));
                drips(&mut stream, format!("{head}transfer-encoding: chunked\r\n\r\n").as_bytes(), chunk.as_bytes()).await;
            }
            Self::Stays => says(&mut stream, b"GET /livez HTTP/1.1\r\nhost: x\r\n\r\n").await,
            Self::NeverReads => return Ok(never_reads(&mut stream).await),
        }
        Ok(since.elapsed())
    }
}

async fn says(stream: &mut TcpStream, bytes: &[u8]) {
    if stream.write_all(bytes).await.is_ok() {
        ended(stream).await;
    }
}

async fn drips(stream: &mut TcpStream, bytes: &[u8], drop: &[u8]) {
    if stream.write_all(bytes).await.is_err() {
        return;
    }
    let (mut answers, mut requests) = stream.split();
    let reads = async { while matches!(answers.read(&mut [0; 1024]).await, Ok(1..)) {} };
    let writes = async {
        let mut ticks = tokio::time::interval(DRIP);
        while requests.write_all(drop).await.is_ok() {
            ticks.tick().await;
        }
    };
    tokio::select! {
        () = reads => {}
        () = writes => {}
    }
}

async fn ended(stream: &mut TcpStream) {
    while matches!(stream.read(&mut [0; 1024]).await, Ok(1..)) {}
}

/// Only a write tells that the other side is gone, as nothing is read.
async fn never_reads(stream: &mut TcpStream) -> Duration {
    let request = b"GET /metrics HTTP/1.1\r\nhost: x\r\n\r\n".repeat(100);
    let mut ticks = tokio::time::interval(Duration::from_millis(50));
    let mut stuck = Instant::now();
    loop {
        ticks.tick().await;
        match stream.try_write(&request) {
            Ok(_) => stuck = Instant::now(),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => {}
            Err(_) => return stuck.elapsed(),
        }
    }
}

/// Sends bytes and reads all that comes until the connection ends, or for that long.
pub(crate) async fn ask(address: SocketAddr, bytes: &[u8], patience: Duration) -> io::Result<String> {
    let mut stream = TcpStream::connect(address).await?;
    // The other side may answer and go before it has everything.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let mut piece = [0; 4096];
    let all = async {
        while let Ok(length @ 1..) = stream.read(&mut piece).await {
            answer.extend_from_slice(&piece[..length]);
        }
    };
    let _ = tokio::time::timeout(patience, all).await;
    Ok(String::from_utf8_lossy(&answer).into_owned())
}
