//! The store under fire: the real database and the real program, with what disks, networks and other processes do to them.
//!
//! On PostgreSQL when `REBOUND_TEST_DATABASE_URL` names a server, else on SQLite. What needs `strace` says loudly when it is missing.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "tests play the outside world, which has a clock, an environment and a screen"
)]

#[path = "../bot/calls.rs"]
#[expect(dead_code, reason = "shared with the tests of the bot")]
mod calls;
#[path = "../dice/mod.rs"]
mod dice;
#[path = "../bot/world.rs"]
#[expect(dead_code, reason = "shared with the tests of the bot")]
mod world;

mod dropped;
mod faults;
mod migrations;
mod network;
mod opening;
mod order;
mod place;
mod replay;
mod together;

/// Is there a `strace`? Says loudly when not.
fn has_strace() -> bool {
    let found = std::process::Command::new("strace").arg("-V").output().is_ok();
    if !found {
        eprintln!("\n*** strace is not on this machine: a test of what the disk does is SKIPPED ***\n");
    }
    found
}

/// Says loudly which database is not tested.
#[test]
fn says_whether_postgresql_is_tested() {
    if std::env::var("REBOUND_TEST_DATABASE_URL").is_err() {
        eprintln!("\n*** REBOUND_TEST_DATABASE_URL is not set: the store is tested on SQLite only ***\n");
    }
}
