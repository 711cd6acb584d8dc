//! Discord
