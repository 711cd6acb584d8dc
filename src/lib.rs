//! Rebound: one card for each cancelled call, in every Slack and Discord channel that should know.
//!
//! `docs/ARCHITECTURE.md` is the map: which module is for what, and which may import which.
//! `tests/architecture.rs` holds the code to it.

pub mod app;
pub mod chat;
pub mod cli;
pub mod config;
pub mod domain;
pub mod flow;
pub mod http;
pub mod render;
pub mod sandbox;
pub mod source;
pub mod store;
pub mod telemetry;
pub mod worker;
