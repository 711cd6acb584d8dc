//! The words and rules of Rebound: what an event is, what a follow-up is, what a card shows, when a post is sent.
//!
//! Pure: no async, no I/O, no clock (`now` is always an argument), no third-party types but serde, chrono and url.
//! Everything else in the crate may import this module; it imports nothing of ours.

pub mod act;
pub mod command;
pub mod event;
pub mod follow_up;
pub mod hours;
pub mod identity;
pub mod list;
pub mod message;
pub mod platform;
pub mod post;
pub mod reason;
pub mod rebook;
pub mod remind;
pub mod route;
pub mod side;
pub mod snooze;
pub mod story;
pub mod team;
pub mod when;
