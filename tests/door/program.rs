//! The real program, as an operator starts it.

use std::fs::{File, OpenOptions};
use std::path::PathBuf;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rebound::sandbox::Sandbox;
use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::world::{TOKEN, client, configuration, database, free_port, start_sandbox, until};

/// Where the program runs, and the platforms that it talks to.
pub(crate) struct Place {
    pub sandbox: Sandbox,
    pub folder: TempDir,
    pub database: String,
    pub sandbox_url: String,
    port: u16,
}

/// One life of the program; killed when dropped.
pub(crate) struct Program {
    child: Child,
    pub url: String,
}

impl Place {
    /// With more configuration, which stands above all tables.
    pub(crate) async fn new(more: &str) -> Self {
        let (sandbox, url) = start_sandbox().await;
        let folder = TempDir::new().expect("a folder");
        let database = database(&folder).await;
        let port = free_port();
        let text = configuration(&url, &database, more).replace("127.0.0.1:0", &format!("127.0.0.1:{port}"));
        std::fs::write(folder.path().join("rebound.toml"), text).expect("a configuration");
        sandbox.set_bot_url(format!("http://127.0.0.1:{port}"));
        Self { sandbox, folder, database, sandbox_url: url, port }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("rebound.toml")
    }

    /// Writes the configuration anew, with something else in the place of `from`.
    pub(crate) fn change(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.file()).expect("a configuration");
        assert!(text.contains(from), "{from}");
        std::fs::write(self.file(), text.replace(from, to)).expect("a configuration");
    }

    /// Starts the program and waits until it is ready.
    pub(crate) async fn start(&self) -> Program {
        let program = self.start_without_waiting();
        until("ready", async || (program.get("/readyz").await?.0 == 200).then_some(())).await;
        program
    }

    pub(crate) fn start_without_waiting(&self) -> Program {
        let log = || -> File { OpenOptions::new().create(true).append(true).open(self.folder.path().join("log")).expect("a log") };
        let child = Command::new(env!("CARGO_BIN_EXE_rebound"))
            .args(["serve", "--config"])
            .arg(self.file())
            .current_dir(self.folder.path())
            .stdout(Stdio::from(log()))
            .stderr(Stdio::from(log()))
            .spawn()
            .expect("the program");
        Program { child, url: format!("http://127.0.0.1:{}", self.port) }
    }

    /// What all lives of the program wrote.
    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.path().join("log")).expect("a log")
    }
}

impl Program {
    pub(crate) fn webhooks(&self) -> String {
        format!("{}/webhooks/iclosed/{TOKEN}", self.url)
    }

    /// Status and text, or `None` where there is no answer.
    pub(crate) async fn get(&self, path: &str) -> Option<(u16, String)> {
        let answer = client().get(format!("{}{path}", self.url)).send().await.ok()?;
        Some((answer.status().as_u16(), answer.text().await.ok()?))
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let id = i32::try_from(self.child.id()).ok().and_then(Pid::from_raw).expect("a process");
        kill_process(id, signal).expect("the process takes signals");
    }

    /// How it ended, within that time.
    pub(crate) async fn end_within(&mut self, patience: Duration) -> Option<ExitStatus> {
        let mut ticks = tokio::time::interval(Duration::from_millis(10));
        let ended = async {
            loop {
                ticks.tick().await;
                if let Some(status) = self.child.try_wait().expect("a state") {
                    return status;
                }
            }
        };
        tokio::time::timeout(patience, ended).await.ok()
    }

    /// Connections that it holds, its own to the platforms and the database included; nothing where the system does not tell.
    pub(crate) fn connections(&self) -> Option<usize> {
        let open = std::fs::read_dir(format!("/proc/{}/fd", self.child.id())).ok()?;
        Some(open.flatten().filter(|file| file.path().read_link().is_ok_and(|to| to.to_string_lossy().starts_with("socket:"))).count())
    }

    /// Memory in use now and at most so far, in MiB; nothing where the system does not tell.
    pub(crate) fn memory(&self) -> Option<[u64; 2]> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let field = |name: &str| -> Option<u64> {
            let line = status.lines().find(|line| line.starts_with(name))?;
            Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1024)
        };
        Some([field("VmRSS:")?, field("VmHWM:")?])
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        // It may be gone already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
