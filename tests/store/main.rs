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
mod place;
