//! Guests of the Slack workspace: what Slack sends of a press does not say that somebody is one, so that it is asked.
//!
//! Teammates of the configuration are known and never asked for. Nothing of a person is kept but whether they belong.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};

use super::Flow;
use crate::chat::{Interaction, Standing, Visitor};
use crate::domain::message::Press;
use crate::domain::platform::Platform;

/// So long an answer of Slack holds: a guest who became a member does not wait for long, and whoever works a pile is asked for once.
const KNOWN_FOR: TimeDelta = TimeDelta::minutes(10);
/// People who are remembered at once; beyond that everybody is forgotten and asked for anew.
const KNOWN_MOST: usize = 10_000;

/// Who was asked for lately, by their Slack id, and whether they belong to the workspace.
#[derive(Debug, Default)]
pub struct Guests {
    known: Mutex<HashMap<String, (DateTime<Utc>, bool)>>,
}

impl Guests {
    fn belongs(&self, id: &str, now: DateTime<Utc>) -> Option<bool> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        known.get(id).filter(|(asked, _)| (now - *asked).abs() < KNOWN_FOR).map(|(_, belongs)| *belongs)
    }

    fn remember(&self, id: &str, belongs: bool, now: DateTime<Utc>) {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= KNOWN_MOST {
            known.clear();
        }
        known.insert(id.to_owned(), (now, belongs));
    }
}

impl Flow {
    /// The interaction, by somebody who is not at home if Slack says that they are a guest or a program. `None` where Slack does not tell
    /// and the answer would show more of leads than the channel does: then they should try again. What stands in a channel they see
    /// already, so there other presses count.
    pub(super) async fn examined<'i>(&self, interaction: &'i Interaction) -> Option<Cow<'i, Interaction>> {
        let (who, shows_leads) = match interaction {
            Interaction::Press { who, press, .. } => (who, matches!(press, Press::Details | Press::Reschedule)),
            Interaction::Form { who, .. } => (who, false),
            Interaction::Command { who, .. } | Interaction::HomeOpened { who } => (who, true),
            Interaction::Ping
            | Interaction::UrlVerification { .. }
            | Interaction::Completion { .. }
            | Interaction::Forged { .. }
            | Interaction::Ignored => return Some(Cow::Borrowed(interaction)),
        };
        match self.belongs(who).await {
            None if shows_leads => None,
            Some(true) | None => Some(Cow::Borrowed(interaction)),
            Some(false) => {
                let mut stranger = interaction.clone();
                if let Interaction::Press { who, .. }
                | Interaction::Form { who, .. }
                | Interaction::Command { who, .. }
                | Interaction::HomeOpened { who } = &mut stranger
                {
                    who.home = false;
                }
                Some(Cow::Owned(stranger))
            }
        }
    }

    /// Whether somebody belongs here, as far as the platform has to be asked for that; `None` when it does not tell.
    async fn belongs(&self, who: &Visitor) -> Option<bool> {
        // In Discord whoever sees the channel was let in by the server, and of other workspaces nobody may act.
        if who.platform == Platform::Discord || !who.home || self.rules.team.on(who.platform, &who.id).is_some() {
            return Some(true);
        }
        // Those who may not act need no question either, unless their address could show that they are a teammate.
        if self.rules.team_only && self.rules.team.known_by_email_only().next().is_none() {
            return Some(true);
        }
        let now = self.clock.now();
        if let Some(belongs) = self.guests.belongs(&who.id, now) {
            return Some(belongs);
        }
        let profile = self.ask_profile(who.platform, &who.id).await?;
        let belongs = match profile.standing {
            Standing::Member => true,
            Standing::Guest | Standing::Elsewhere | Standing::Bot | Standing::Gone => false,
        };
        self.guests.remember(&who.id, belongs, now);
        Some(belongs)
    }
}
