//! What came back of a form becomes an action; who was picked becomes a person.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

use super::Flow;
use crate::chat::{Profile, Standing, Visitor};
use crate::domain::act::{Action, ClosingReason, Ending, NOTE_MOST, Refusal};
use crate::domain::message::FormKind;
use crate::domain::platform::Platform;
use crate::domain::post::DeliveryKey;
use crate::domain::snooze::{Snooze, read_own};
use crate::domain::team::Person;
use crate::render::{Sentence, Unfit};

/// How long Slack may take to tell who somebody is: the answer to the press has to leave within 3 s.
const PROFILE_WITHIN: Duration = Duration::from_secs(1);

impl Flow {
    /// What the values of a form ask for, or what is wrong with which field.
    pub(super) fn read_values(
        &self,
        kind: FormKind,
        values: &[(String, String)],
        who: &Visitor,
    ) -> Result<Action, (&'static str, Sentence<'static>)> {
        let value = |wanted: &str| values.iter().find(|(name, _)| name == wanted).map(|(_, value)| value.as_str());
        match kind {
            FormKind::Snooze => {
                let own_zone = self.rules.team.on(who.platform, &who.id).and_then(|mate| mate.timezone);
                let zone = own_zone.unwrap_or(self.rules.timezone);
                // Whoever typed a time means it, whatever stands above.
                let until = if let Some(written) = value("at") {
                    read_own(written, zone).ok_or(("at", Sentence::BadTime))?
                } else {
                    let chosen = value("when").and_then(Snooze::from_name).ok_or(("when", Sentence::BadTime))?;
                    chosen.until(self.clock.now(), zone).ok_or(("at", Sentence::BadTime))?
                };
                Ok(Action::Snooze { until })
            }
            FormKind::Close => {
                let outcome = value("outcome").and_then(Ending::from_name).ok_or(("outcome", Sentence::BadChoice))?;
                let reason = value("reason").and_then(ClosingReason::from_name).ok_or(("reason", Sentence::BadChoice))?;
                let note = value("note").map(str::trim).filter(|note| !note.is_empty()).map(str::to_owned);
                Ok(Action::Close { outcome, reason, note })
            }
            FormKind::Book => {
                let start = value("time").and_then(|time| DateTime::parse_from_rfc3339(time).ok()).map(|time| time.to_utc());
                let start = start.filter(|start| *start > self.clock.now()).ok_or(("time", Sentence::BadTime))?;
                Ok(Action::Booked { start, host: None })
            }
            FormKind::Note => {
                let text = value("text").map(str::trim).unwrap_or_default();
                if text.is_empty() || text.chars().count() > NOTE_MOST {
                    return Err(("text", Sentence::BadNote));
                }
                Ok(Action::Note { text: text.to_owned() })
            }
        }
    }

    /// Who was picked on the platform of whoever picked, as somebody whom both platforms know; or why they cannot have a follow-up.
    pub(super) async fn candidate(&self, who: &Visitor, picked: &str, told: Option<&Profile>) -> Result<Person, Unfit> {
        let team = &self.rules.team;
        let profile = match told {
            Some(profile) => Some(profile.clone()),
            None => self.ask_profile(who.platform, picked).await,
        };
        if let Some(profile) = &profile {
            match profile.standing {
                Standing::Member => {}
                Standing::Guest => return Err(Unfit::Guest),
                Standing::Elsewhere => return Err(Unfit::Elsewhere),
                Standing::Bot => return Err(Unfit::Bot),
                Standing::Gone => return Err(Unfit::Gone),
            }
        }
        let email = profile.as_ref().and_then(|profile| profile.email.as_deref());
        // By address only: a name that a person gave themselves proves nothing.
        let mate = team.on(who.platform, picked).or_else(|| team.find(email, None));
        match (mate, profile) {
            (Some(mate), _) => Ok(Person::from(mate).known_on(who.platform, picked)),
            (None, _) if self.rules.team_only => Err(Unfit::Stranger),
            (None, Some(profile)) => Ok(Person::named(profile.name).known_on(who.platform, picked)),
            (None, None) => Err(Unfit::Unknown),
        }
    }

    /// Best effort: a teammate of the configuration needs no profile.
    pub(super) async fn ask_profile(&self, platform: Platform, id: &str) -> Option<Profile> {
        match (platform, &self.slack) {
            (Platform::Slack, Some(slack)) => match tokio::time::timeout(PROFILE_WITHIN, slack.profile(id)).await {
                Ok(Ok(profile)) => {
                    self.learn(&profile);
                    Some(profile)
                }
                Ok(Err(outcome)) => {
                    tracing::warn!(?outcome, "Slack did not tell who somebody is");
                    None
                }
                Err(_) => {
                    tracing::warn!("Slack did not tell in time who somebody is");
                    None
                }
            },
            (Platform::Slack | Platform::Discord, _) => None,
        }
    }
}

/// The id of a form: its kind, a blank, and the key of the card.
pub(super) fn read_form(form: &str) -> Option<(FormKind, DeliveryKey)> {
    let (kind, key) = form.split_once(' ')?;
    FormKind::from_name(kind).zip(DeliveryKey::parse(key))
}

/// An action as a form may ask for, to try whether it would be of any use.
pub(super) fn trial(kind: FormKind, now: DateTime<Utc>) -> Action {
    match kind {
        FormKind::Snooze => Action::Snooze { until: now + TimeDelta::hours(1) },
        FormKind::Close => Action::Close { outcome: Ending::Dismissed, reason: ClosingReason::Other, note: None },
        FormKind::Book => Action::Booked { start: now + TimeDelta::hours(1), host: None },
        FormKind::Note => Action::Note { text: kind.name().to_owned() },
    }
}

/// Where to say what is wrong with a form as a whole.
pub(super) fn first_field(kind: FormKind) -> &'static str {
    match kind {
        FormKind::Snooze => "when",
        FormKind::Close => "outcome",
        FormKind::Note => "text",
        FormKind::Book => "time",
    }
}

/// Where to say why nothing was done.
pub(super) fn field_of(kind: FormKind, refusal: &Refusal) -> &'static str {
    match (kind, refusal) {
        (FormKind::Close, Refusal::BadNote) => "note",
        (FormKind::Snooze | FormKind::Close | FormKind::Note | FormKind::Book, _) => first_field(kind),
    }
}
