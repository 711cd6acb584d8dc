//! Rebound: one card for each cancelled call, in every Slack and Discord channel that should know.
//!
//! `docs/ARCHITECTURE.md` is the map: which module is for what, and which may import which.
//! `tests/architecture.rs` holds the code to it.

pub mod domain;
pub mod render;
pub mod sandbox;
