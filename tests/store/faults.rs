//! What disks and other processes do to a SQLite file: whatever it is, nobody is told that something is kept which is not.

use std::collections::BTreeSet;
use std::process::Command;
use std::time::Duration;

use chrono::Utc;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use tokio::task::JoinSet;

use super::calls::cancelled;
use super::place::{Place, Program, call};
use super::world::{answer_within, until};

/// Webhooks of one sender, and what became of them.
#[derive(Default)]
struct Sender {
    kept: BTreeSet<String>,
    refused: usize,
}

impl Sender {
    /// Sends one webhook, large enough to need room, and says whether it was acknowledged; `None` when there was no answer.
    async fn send(&mut self, program: &Program, body: &Value) -> Option<bool> {
        let (status, again) = program.webhook(body).await?;
        match status {
            200 => _ = self.kept.insert(call(body)),
            503 => {
                assert_eq!(again.as_deref(), Some("10"), "Retry-After");
                self.refused += 1;
            }
            other => panic!("a webhook was answered {other}"),
        }
        Some(status == 200)
    }

    /// Sends webhooks until one is not acknowledged, and returns it.
    async fn until_refused(&mut self, program: &Program) -> Value {
        for _ in 0..200 {
            let body = large();
            if self.send(program, &body).await != Some(true) {
                return body;
            }
        }
        panic!("every webhook was acknowledged");
    }

    /// Sends that webhook, as its sender does, until it is acknowledged.
    async fn insist(&mut self, program: &Program, body: &Value) {
        until("an acknowledgement", async || (self.send(program, body).await == Some(true)).then_some(())).await;
    }

    /// Everything that was acknowledged is there after a kill and a start.
    async fn judge(&self, place: &Place, program: Program) {
        program.kill();
        place.started(&[]).await.kill();
        let there = place.calls().await;
        assert_eq!(self.kept.difference(&there).collect::<Vec<_>>(), Vec::<&String>::new(), "acknowledged and gone");
        assert!(self.kept.len() > 1 && self.refused > 0, "{} acknowledged, {} refused", self.kept.len(), self.refused);
        let whole = place.ask("pragma integrity_check").await;
        assert_eq!(whole, "ok");
    }
}

fn large() -> Value {
    let mut body = cancelled(Utc::now());
    body["filler"] = json!("x".repeat(100_000));
    body
}

/// A limit on the size of files is a full disk that needs no rights: writing beyond it fails.
#[tokio::test]
async fn without_room_webhooks_are_refused_until_there_is_room() {
    let place = Place::on_sqlite().await;
    let program = place.started(&["sh", "-c", "trap '' XFSZ; ulimit -S -f 3000; exec \"$0\" \"$@\""]).await;
    let mut sender = Sender::default();
    let refused = sender.until_refused(&program).await;
    assert_eq!(program.get("/livez").await, Some(200));
    let room = Command::new("prlimit").args(["--pid", &program.id(), "--fsize=unlimited"]).status();
    assert!(room.expect("prlimit of util-linux").success());
    program.ready().await;
    sender.insist(&program, &refused).await;
    sender.judge(&place, program).await;
}

#[tokio::test]
async fn while_another_process_writes_webhooks_are_refused_in_time() {
    let place = Place::on_sqlite().await;
    let program = place.started(&[]).await;
    let mut sender = Sender::default();
    sender.insist(&program, &cancelled(Utc::now())).await;
    let other = place.connect().await;
    other.execute_unprepared("begin immediate").await.expect("the lock");
    assert_eq!(program.get("/readyz").await, Some(503));
    let began = std::time::Instant::now();
    let refused = sender.until_refused(&program).await;
    assert!(began.elapsed().as_millis() < 4_900, "iClosed waits five seconds, this took {:?}", began.elapsed());
    // For longer than a writer waits.
    until("a write that gave up", async || program.log().contains("a commit failed").then_some(())).await;
    assert_eq!(program.get("/livez").await, Some(200));
    other.execute_unprepared("rollback").await.expect("the lock is free");
    program.ready().await;
    sender.insist(&program, &refused).await;
    sender.judge(&place, program).await;
}

/// A disk that is full for a while, and one that fails for a while.
#[tokio::test]
async fn writes_that_fail_for_a_while_are_refused_for_a_while() {
    for error in ["ENOSPC", "EIO"] {
        let place = Place::on_sqlite().await;
        let Some(program) = broken(&place, "rebound.db-wal", &format!("pwrite64:error={error}:when=300..420")).await else { return };
        let mut sender = Sender::default();
        let refused = sender.until_refused(&program).await;
        program.ready().await;
        sender.insist(&program, &refused).await;
        sender.judge(&place, program).await;
    }
}

/// After a sync that failed, nobody knows what the disk holds: the program ends, and the next one starts from what is there.
#[tokio::test]
async fn a_failed_sync_is_no_acknowledgement_and_ends_the_program() {
    // The sync of a commit of one webhook, of several, and of other works.
    for which in [12, 20, 24, 28, 32] {
        let place = Place::on_sqlite().await;
        // The schema is made before, however many migrations that takes.
        place.started(&[]).await.kill();
        let Some(mut program) = broken(&place, "rebound.db-wal", &format!("fsync,fdatasync:error=EIO:when={which}")).await else { return };
        // They are small, so that no checkpoint comes first.
        let mut crowd = JoinSet::new();
        for _ in 0..8 {
            let door = program.door();
            crowd.spawn(async move { while matches!(door.webhook(&cancelled(Utc::now())).await, Some((200, _))) {} });
        }
        let mut sender = Sender::default();
        let refused = sender.until_refused(&program).await;
        let ended = program.ended().await;
        crowd.join_all().await;
        assert_eq!(ended.code(), Some(1), "{}", program.log());
        assert!(program.log().contains("the disk did not keep what was written"), "{}", program.log());
        let trace = std::fs::read_to_string(place.file("trace")).expect("a trace");
        let (_, after) = trace.split_once("(INJECTED)").expect("a sync that failed");
        assert!(!after.contains("pwrite64("), "written after the sync that failed:\n{after}");
        drop(program);
        let program = place.started(&[]).await;
        sender.refused += 1;
        sender.insist(&program, &refused).await;
        sender.insist(&program, &cancelled(Utc::now())).await;
        sender.judge(&place, program).await;
    }
}

/// What an operator does to the files of a running program: they are removed, or a copy is put in their place.
#[tokio::test]
async fn a_file_that_is_gone_or_another_is_no_acknowledgement_and_ends_the_program() {
    for order in ["rm rebound.db*", "rm rebound.db-wal", "cp rebound.db copy.db && mv copy.db rebound.db"] {
        let place = Place::on_sqlite().await;
        let mut program = place.started(&[]).await;
        let (mut before, mut after) = (Sender::default(), Sender::default());
        before.insist(&program, &cancelled(Utc::now())).await;
        let done = Command::new("sh").args(["-c", order]).current_dir(place.folder.path()).status();
        assert!(done.expect("a shell").success(), "{order}");
        assert_ne!(program.get("/readyz").await, Some(200), "{order}");
        let refused = after.until_refused(&program).await;
        assert_eq!(after.kept, BTreeSet::new(), "acknowledged after `{order}`");
        let ended = program.ended().await;
        assert_eq!(ended.code(), Some(1), "{order}: {}", program.log());
        assert!(program.log().contains("was removed or replaced"), "{order}: {}", program.log());
        drop(program);
        let program = place.started(&[]).await;
        after.refused += 1;
        after.insist(&program, &refused).await;
        after.insist(&program, &cancelled(Utc::now())).await;
        after.judge(&place, program).await;
    }
}

/// A checkpoint whose sync fails takes nothing back that was acknowledged; the next one does its work.
#[tokio::test]
async fn a_failed_checkpoint_loses_nothing() {
    let place = Place::on_sqlite().await;
    let Some(program) = broken(&place, "rebound.db", "fsync,fdatasync:error=EIO:when=3+").await else { return };
    let mut sender = Sender { refused: 1, ..Sender::default() };
    until("a checkpoint failed", async || {
        let trace = || std::fs::read_to_string(place.file("trace")).expect("a trace");
        let syncs = trace().matches("sync(").count();
        sender.insist(&program, &large()).await;
        // A checkpoint syncs only what nobody writes to meanwhile.
        answer_within(Duration::from_secs(7), async || (trace().matches("sync(").count() > syncs).then_some(())).await;
        trace().contains("INJECTED").then_some(())
    })
    .await;
    sender.judge(&place, program).await;
}

/// The program with an error in its calls on one file; `None`, loudly, where there is no `strace`.
async fn broken(place: &Place, file: &str, inject: &str) -> Option<Program> {
    if !super::has_strace() {
        return None;
    }
    let (file, inject) = (place.file(file).display().to_string(), format!("inject={inject}"));
    let calls = format!("trace=pwrite64,{}", inject.trim_start_matches("inject=").split(':').next().unwrap_or_default());
    Some(place.started(&["strace", "-D", "-f", "-q", "-o", "trace", "-P", &file, "-e", &calls, "-e", &inject]).await)
}
