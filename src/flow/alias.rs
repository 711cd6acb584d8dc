//! Whoever says who cancelled explains a name, and the next cancellation by that name is known.
//!
//! A name is only asked for where it fits neither the invitee nor the team: what a payload proves, nobody has to say.

use chrono::{DateTime, Utc};

use super::Flow;
use super::understand::{Reading, routed};
use crate::domain::act::Action;
use crate::domain::follow_up::FollowUp;
use crate::domain::side::{SideEvidence, alias_key};
use crate::store::{StoreError, Tx};

/// Remembers the name, where the action explains one.
pub(super) async fn remember(
    tx: &Tx,
    follow_up: &FollowUp,
    action: &Action,
    person: Option<&str>,
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let Action::SideIs { side } = action else {
        return Ok(());
    };
    let cancellation = &follow_up.case.cancellation;
    match cancellation.canceller.as_deref().and_then(alias_key) {
        Some(name) => tx.remember_alias(&name, &cancellation.call.invitee.identity(), *side, person, now).await,
        None => Ok(()),
    }
}

impl Flow {
    /// Gives cancellations by names that somebody explained their sides, and the channels that should know then.
    pub(super) async fn know_aliases(&self, readings: Vec<&mut Reading>) -> Result<(), StoreError> {
        let mut unknown = Vec::new();
        for reading in readings {
            let cancellation = &reading.case.cancellation;
            let name = cancellation.canceller.as_deref().and_then(alias_key);
            if let Some(name) = name.filter(|_| reading.case.side_evidence == SideEvidence::Nobody) {
                unknown.push(((name, cancellation.call.invitee.identity()), reading));
            }
        }
        let (asked, readings): (Vec<_>, Vec<_>) = unknown.into_iter().unzip();
        for (reading, side) in readings.into_iter().zip(self.store.aliases(&asked).await?) {
            if let Some(side) = side {
                (reading.case.side, reading.case.side_evidence) = (side, SideEvidence::Told);
                reading.routed = routed(&reading.case, &self.rules);
            }
        }
        Ok(())
    }
}
