//! The command line: the real program against the sandbox.

mod check;
mod export;
mod manifest;
mod register;
mod replay;

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use rebound::sandbox::Sandbox;
use rebound::store::{Location, Store, WriterTasks};
use secrecy::SecretString;
use tempfile::TempDir;

use super::world::{configuration, database, start_sandbox};

/// A folder with a configuration, and the platforms that it names.
struct Desk {
    sandbox: Sandbox,
    folder: TempDir,
    sandbox_url: String,
    database: String,
}

/// What the program said, and its exit status.
struct Said {
    status: i32,
    out: String,
    err: String,
}

impl Desk {
    async fn new() -> Self {
        let (sandbox, url) = start_sandbox().await;
        let folder = TempDir::new().expect("a folder");
        let database = database(&folder).await;
        let text = configuration(&url, &database, "");
        let desk = Self { sandbox, folder, sandbox_url: url, database };
        desk.configure(&text);
        desk
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("rebound.toml")
    }

    fn configure(&self, text: &str) {
        std::fs::write(self.file(), text).expect("a configuration");
    }

    /// Writes the configuration anew, with something else in the place of `from`.
    fn change(&self, from: &str, to: &str) {
        let text = std::fs::read_to_string(self.file()).expect("a configuration");
        assert!(text.contains(from), "{from}");
        self.configure(&text.replace(from, to));
    }

    /// The database, opened beside whoever else uses it.
    async fn store(&self) -> (Store, WriterTasks) {
        let location = match self.database.strip_prefix("sqlite://") {
            Some(path) => Location::Sqlite(path.into()),
            None => Location::Postgres(SecretString::from(self.database.as_str())),
        };
        Store::open(&location).await.expect("the database")
    }

    /// Runs the program in the folder of the configuration.
    async fn run(&self, arguments: &[&str]) -> Said {
        run(self.folder.path(), arguments).await
    }
}

/// Runs the program in that folder, and waits for its end while everything else goes on.
async fn run(folder: &Path, arguments: &[&str]) -> Said {
    let mut command = Command::new(env!("CARGO_BIN_EXE_rebound"));
    command.args(arguments).current_dir(folder).env_remove("REBOUND_CONFIG");
    let done = tokio::task::spawn_blocking(move || command.output()).await.expect("no panic").expect("the program");
    let said = Said::of(&done);
    assert!(!said.out.contains("canary") && !said.err.contains("canary"), "a secret: {}{}", said.out, said.err);
    said
}

impl Said {
    fn of(done: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8(bytes.to_vec()).expect("text");
        Self { status: done.status.code().expect("an exit status"), out: text(&done.stdout), err: text(&done.stderr) }
    }

    #[track_caller]
    fn ends(self, status: i32) -> Self {
        assert_eq!(self.status, status, "{}\n{}", self.out, self.err);
        self
    }

    /// Says all of that, on standard output or error.
    #[track_caller]
    fn says(self, words: &[&str]) -> Self {
        for word in words {
            assert!(self.out.contains(word) || self.err.contains(word), "{word:?} is not in\n{}\n{}", self.out, self.err);
        }
        self
    }
}

#[tokio::test]
async fn every_command_has_help_with_an_example() {
    let desk = Desk::new().await;
    for command in ["serve", "demo", "check", "preview", "replay", "export", "manifest", "register"] {
        let said = desk.run(&[command, "--help"]).await.ends(0);
        assert!(said.out.contains("Example") && said.out.contains(&format!("rebound {command}")), "{command}: {}", said.out);
    }
}
