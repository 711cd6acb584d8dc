//! Drives the stand-ins over HTTP as the bot does, and as people do through a small bot of their own.

mod discord;
mod faults;
mod page;
mod rules;
mod slack;
mod world;
