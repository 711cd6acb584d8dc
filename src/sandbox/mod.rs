//! Local stand-ins for Slack and Discord, and the page that shows them.
