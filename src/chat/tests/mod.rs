//! What both platforms' modules are tested with, and what is true of both.

mod limits;
mod sample;
mod server;
mod snapshots;
mod wire;
