//! The real app, driven over signed HTTP against the sandbox. Work in the background is drained by calling it; nothing sleeps.
//!
//! Every test runs on SQLite, and on PostgreSQL when `REBOUND_TEST_DATABASE_URL` names a server, as CI always does.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stderr,
    reason = "tests play the outside world, which has a clock, an environment and a screen"
)]

mod act;
mod ask;
mod calls;
mod cards;
mod cli;
mod deliver;
#[path = "../dice/mod.rs"]
mod dice;
mod form;
mod free;
mod interact;
mod kill;
mod leads;
mod limits;
mod lists;
mod look;
mod people;
mod rebook;
mod receive;
mod remind;
mod sequences;
mod story;
mod tell;
mod trail;
mod world;

/// Says loudly which database is not tested.
#[test]
fn says_whether_postgresql_is_tested() {
    if std::env::var("REBOUND_TEST_DATABASE_URL").is_err() {
        eprintln!("\n*** REBOUND_TEST_DATABASE_URL is not set: all tests run on SQLite only, PostgreSQL is NOT tested ***\n");
    }
}
