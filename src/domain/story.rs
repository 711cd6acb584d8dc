//! The story of a follow-up: what was done about it, by whom and when, as the audit trail keeps it.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use super::act::{ClosingReason, Ending};
use super::event::Staff;
use super::platform::Platform;
use super::side::Side;
use super::team::Person;

/// One step of a story.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: DateTime<Utc>,
    /// Who: a platform and the user id there; `None` for Rebound itself.
    pub by: Option<(Platform, String)>,
    /// What, by the name of the act.
    pub act: String,
    /// What else is known about it.
    pub more: More,
}

/// What a step says besides its act.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct More {
    /// To whom it was given.
    pub to: Option<Person>,
    /// Until when it sleeps, when the new call starts, or since when nobody did anything.
    pub until: Option<DateTime<Utc>>,
    /// Whose the new call is.
    #[serde(default)]
    pub host: Option<Staff>,
    /// How it ended.
    pub ending: Option<Ending>,
    /// Why.
    pub reason: Option<ClosingReason>,
    /// Who cancelled.
    pub side: Option<Side>,
    /// What was said, as typed.
    pub note: Option<String>,
}
