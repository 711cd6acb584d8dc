//! Who somebody is on Slack, for teammates of whom the configuration gives only an address: Slack is asked for them after the start, and
//! tells it of whoever else is asked for.
//!
//! Nothing waits for it. Only addresses count, and only of members: a name proves nothing, and a guest is nobody of the team.

use super::Flow;
use crate::chat::{Profile, Standing};
use crate::domain::platform::Platform;
use crate::domain::team::Teammate;

impl Flow {
    /// Asks Slack for every teammate who is known by their address only, until it fails. Whoever has no account yet may have one later.
    pub async fn learn_people(&self) {
        let Some(slack) = &self.slack else {
            return;
        };
        // What belongs to our workspace is not known otherwise.
        if slack.know_home().await.is_err() {
            return;
        }
        let unknown: Vec<Teammate> = self.rules.team.known_by_email_only().cloned().collect();
        for mate in unknown {
            match slack.profile_of_email(mate.email.as_deref().unwrap_or_default()).await {
                Ok(Some(profile)) => self.learn(&profile),
                Ok(None) => tracing::debug!(teammate = mate.name, "Slack knows nobody with the address of a teammate"),
                Err(outcome) => {
                    tracing::warn!(?outcome, "Slack did not tell who has the address of a teammate");
                    return;
                }
            }
        }
    }

    /// Is there somebody left to be asked for?
    #[must_use]
    pub fn is_anybody_unknown(&self) -> bool {
        self.slack.is_some() && self.rules.team.known_by_email_only().next().is_some()
    }

    /// Notes whose account on Slack that is, where a teammate has its address and no account yet.
    pub(super) fn learn(&self, profile: &Profile) {
        let team = &self.rules.team;
        if profile.standing != Standing::Member || profile.email.is_none() || team.on(Platform::Slack, &profile.id).is_some() {
            return;
        }
        if let Some(mate) = team.find(profile.email.as_deref(), None).filter(|mate| mate.id_on(Platform::Slack).is_none()) {
            mate.learned_slack.learn(&profile.id);
            tracing::info!(person = profile.id, "Slack told who a teammate is there");
        }
    }
}
