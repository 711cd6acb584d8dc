//! Starts what is measured, the program itself or one of its limits, each as a process of its own on a database of its own.

use std::io::Read;
use std::net::{SocketAddr, TcpListener};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::AtomicU64;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::arguments::Arguments;
use crate::limits::Limit;
use crate::places::{Database, Place};
use crate::platforms::Platforms;
use crate::senders::{Target, get};

const TOKEN: &str = "load-9f86d081884c7d659a2feaa0c55ad015";
/// Longer than any start may take.
const PATIENCE: Duration = Duration::from_secs(30);
/// What is kept of the log, to be shown when something goes wrong.
const LOG: usize = 4 * 1024;

/// A running process, killed when dropped.
pub(crate) struct Program {
    child: Child,
    pub(crate) target: Target,
    pub(crate) database: Arc<Database>,
    /// From its start until it said that it is ready.
    pub(crate) ready_after: Duration,
    log: Arc<Mutex<Vec<u8>>>,
}

impl Program {
    /// Rebound on a fresh database.
    pub(crate) fn start(place: &Place, arguments: &Arguments, platforms: &Platforms) -> Self {
        Self::start_on(Arc::new(place.database()), arguments, platforms)
    }

    /// Rebound on a database that may have been used before.
    pub(crate) fn start_on(database: Arc<Database>, arguments: &Arguments, platforms: &Platforms) -> Self {
        let address = free_address();
        let configuration = database.folder().join("rebound.toml");
        std::fs::write(&configuration, configured(address, &database.url, platforms.address, arguments.channels)).expect("a configuration");
        let mut command = Command::new(&arguments.program);
        command.args(["serve", "--config"]).arg(configuration);
        Self::run(command, address, format!("/webhooks/iclosed/{TOKEN}"), arguments.channels, database)
    }

    /// A limit, on a fresh database where it needs one.
    pub(crate) fn limit(limit: Limit, place: &Place, arguments: &Arguments) -> Self {
        let (address, database) = (free_address(), Arc::new(place.database()));
        let mut command = Command::new(std::env::current_exe().expect("this program"));
        command.args(["--limit", limit.name(), "--listen", &address.to_string(), "--database", &database.url]);
        Self::run(command, address, "/".to_owned(), arguments.channels, database)
    }

    fn run(mut command: Command, address: SocketAddr, path: String, channels: u64, database: Arc<Database>) -> Self {
        let started = Instant::now();
        let mut child = command.stdout(Stdio::null()).stderr(Stdio::piped()).spawn().expect("the program");
        let log = Arc::<Mutex<Vec<u8>>>::default();
        let stderr = child.stderr.take().expect("its log");
        let kept = Arc::clone(&log);
        std::thread::spawn(move || keep_the_end(stderr, &kept));
        let target = Target { address, path, channels, next: Arc::new(AtomicU64::new(0)) };
        let mut program = Self { child, target, database, ready_after: Duration::ZERO, log };
        while !get(address, "/readyz").is_ok_and(|(status, _)| status == 200) {
            let ended = program.child.try_wait().expect("its state");
            let alive = ended.is_none() && started.elapsed() < PATIENCE;
            assert!(alive, "it does not become ready: {ended:?}\n{}", program.end_of_log());
            std::thread::sleep(Duration::from_millis(1));
        }
        program.ready_after = started.elapsed();
        program
    }

    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Continues the numbers of calls where another program on the same database ended.
    pub(crate) fn count_from(&self, number: u64) {
        self.target.next.store(number, std::sync::atomic::Ordering::Relaxed);
    }

    /// Ends it in order, so that the database is as a stop leaves it.
    pub(crate) fn stop(mut self) {
        let told = Command::new("kill").args(["-TERM", &self.id().to_string()]).status().expect("kill");
        assert!(told.success(), "it cannot be told to stop");
        let ended = self.child.wait().expect("its end");
        assert!(ended.success(), "{ended}\n{}", self.end_of_log());
    }

    pub(crate) fn end_of_log(&self) -> String {
        String::from_utf8_lossy(&self.log.lock().unwrap_or_else(PoisonError::into_inner)).into_owned()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads the log, as whoever collects logs would, so that writing it costs what it does in production.
fn keep_the_end(mut from: impl Read, kept: &Mutex<Vec<u8>>) {
    let mut piece = vec![0; 64 * 1024];
    while let Ok(read @ 1..) = from.read(&mut piece) {
        let mut kept = kept.lock().unwrap_or_else(PoisonError::into_inner);
        kept.extend_from_slice(&piece[..read]);
        let surplus = kept.len().saturating_sub(LOG);
        kept.drain(..surplus);
    }
}

fn free_address() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port")
}

/// As an operator would write it, with routes by which each cancellation goes to one channel of each platform.
fn configured(listen: SocketAddr, database: &str, platforms: SocketAddr, channels: u64) -> String {
    let mut text = format!(
        r#"
listen = "{listen}"
public_url = "https://rebound.example.com"
database_url = "{database}"
timezone = "America/New_York"
[iclosed]
webhook_token = "{TOKEN}"
[slack]
bot_token = "xoxb-load"
signing_secret = "load"
api_url = "http://{platforms}/slack/api"
[discord]
bot_token = "load"
application_id = "300000000000000001"
public_key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
guild_id = "300000000000000002"
api_url = "http://{platforms}/discord"
[delivery]
slack_interval = "1ms"
discord_interval = "1ms"
# Both cards are measured. All calls here have the same closer, whom thousands of direct messages would reach one after the other.
[team]
notify_host = "off"
[[teammate]]
name = "Alex Closer"
email = "alex@acme.example"
slack = "U0TESTALX1"
discord = "300000000000000021"
"#
    );
    for channel in 0..channels {
        text += &format!(
            r#"
[[channel]]
name = "slack-{channel:02}"
slack = "C0LOAD000{channel:02}"
[[channel]]
name = "discord-{channel:02}"
discord = "3000000000000100{channel:02}"
[[route]]
when.event_slug = ["strategy-{channel:02}"]
to = ["slack-{channel:02}", "discord-{channel:02}"]
"#
        );
    }
    text
}
