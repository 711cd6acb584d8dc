//! The sales team as the configuration knows it, and how a name or an e-mail address becomes a teammate.

use std::sync::{Arc, OnceLock};

use serde::{Deserialize, Serialize};

use super::identity::{normal_email, normal_name};
use super::platform::Platform;

/// A person of the sales team: one `[[teammate]]` of `rebound.toml`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Teammate {
    /// The name by which cards call them.
    pub name: String,
    /// The address that iClosed knows them by; joins hosts and setters to teammates.
    pub email: Option<String>,
    /// Slack user id (`U…`).
    pub slack: Option<String>,
    /// Discord user id (a snowflake).
    pub discord: Option<String>,
    /// Managers may assign, close and reopen what others own.
    pub manager: bool,
    /// Their own time zone, for private messages and snoozes.
    pub timezone: Option<chrono_tz::Tz>,
    /// Their Slack user id as Slack told it of their address, where the configuration gives none.
    pub learned_slack: Learned,
}

/// What is not known at the start and learned once; every copy of it learns with it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Learned(Arc<OnceLock<String>>);

impl Learned {
    /// What was learned first stays.
    pub fn learn(&self, what: &str) {
        self.0.get_or_init(|| what.to_owned());
    }
}

impl Teammate {
    /// The user id on that platform, where it is known.
    #[must_use]
    pub fn id_on(&self, platform: Platform) -> Option<&str> {
        match platform {
            Platform::Slack => self.slack.as_deref().or_else(|| self.learned_slack.0.get().map(String::as_str)),
            Platform::Discord => self.discord.as_deref(),
        }
    }
}

/// Everyone of the team.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Team(pub Vec<Teammate>);

impl Team {
    /// The teammate with that e-mail address (case and surrounding blanks do not matter), else the only one of that name.
    ///
    /// A name that two teammates share identifies nobody.
    #[must_use]
    pub fn find(&self, email: Option<&str>, name: Option<&str>) -> Option<&Teammate> {
        let by_email = email
            .and_then(normal_email)
            .and_then(|wanted| self.0.iter().find(|mate| mate.email.as_deref().and_then(normal_email).as_deref() == Some(wanted.as_str())));
        by_email.or_else(|| {
            let wanted = normal_name(name?)?;
            let mut named = self.0.iter().filter(|mate| normal_name(&mate.name).as_deref() == Some(wanted.as_str()));
            named.next().filter(|_| named.next().is_none())
        })
    }

    /// Those whom Slack has yet to tell us: they have an address, and no id there.
    pub fn known_by_email_only(&self) -> impl Iterator<Item = &Teammate> {
        self.0.iter().filter(|mate| mate.email.is_some() && mate.id_on(Platform::Slack).is_none())
    }

    /// The teammate with that user id on that platform.
    #[must_use]
    pub fn on(&self, platform: Platform, id: &str) -> Option<&Teammate> {
        self.0.iter().find(|mate| mate.id_on(platform) == Some(id))
    }
}

/// Somebody whom a message names: a teammate where we know one, else a name from a payload.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Person {
    /// The name to show where the platform cannot or must not mention.
    pub name: String,
    /// Slack user id, where known.
    pub slack: Option<String>,
    /// Discord user id, where known.
    pub discord: Option<String>,
}

impl Person {
    /// Somebody of whom only the name is known.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self { name: name.into(), slack: None, discord: None }
    }

    /// The user id on that platform, where known.
    #[must_use]
    pub fn id_on(&self, platform: Platform) -> Option<&str> {
        match platform {
            Platform::Slack => self.slack.as_deref(),
            Platform::Discord => self.discord.as_deref(),
        }
    }

    /// Are they one human being? They are when an id on a platform says so; names prove nothing.
    #[must_use]
    pub fn is(&self, other: &Self) -> bool {
        let same = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
        same(&self.slack, &other.slack) || same(&self.discord, &other.discord)
    }

    /// The same with a user id on that platform, unless one is known already.
    #[must_use]
    pub fn known_on(mut self, platform: Platform, id: &str) -> Self {
        let known = match platform {
            Platform::Slack => &mut self.slack,
            Platform::Discord => &mut self.discord,
        };
        known.get_or_insert_with(|| id.to_owned());
        self
    }
}

impl From<&Teammate> for Person {
    fn from(mate: &Teammate) -> Self {
        let id = |platform| mate.id_on(platform).map(str::to_owned);
        Self { name: mate.name.clone(), slack: id(Platform::Slack), discord: id(Platform::Discord) }
    }
}
