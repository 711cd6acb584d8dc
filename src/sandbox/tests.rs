//! Drives the stand-ins over HTTP as the bot does.
