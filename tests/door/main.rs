//! The door of the real program: clients that hang, bad inputs, secrets, and how it stops.
//!
//! ```text
//! cargo test --test door                       as in every run
//! cargo test --test door -- --nocapture        with its figures
//! ```

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    reason = "tests play the outside world, which has a clock, an environment and a screen"
)]

#[path = "../bot/calls.rs"]
#[expect(dead_code, reason = "shared with the tests of the bot")]
mod calls;
#[path = "../bot/world.rs"]
#[expect(dead_code, reason = "shared with the tests of the bot")]
mod world;

mod flood;
mod interactions;
mod lines;
mod panics;
mod patience;
mod program;
mod raw;
mod secrets;
mod stopping;
mod webhooks;
