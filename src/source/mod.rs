//! The senders of webhooks: their wire types become events of the domain here, and nowhere else.
//!
//! Parsing is pure: no clock, no I/O, no configuration but what is passed in. No JSON value leaves this module.

pub mod iclosed;
