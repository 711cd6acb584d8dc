//! The verbs of the bot. Webhook, button, slash command and timer all end here; how they arrived does not matter.
//!
//! - [`Flow::receive`]: an event arrives and is put on disk.
//! - [`Flow::understand`]: events become follow-ups and posts, in the transaction that marks them understood.
//! - [`Flow::deliver`]: one post is brought up to date on its platform.
//! - [`Flow::begin`], [`Flow::alive`]: a process begins to work, and says from time to time that it does.
//! - [`Flow::respond`]: a person acts, and is answered in private.
//! - [`Flow::tick`]: time passes: snoozes end, people are reminded.
//! - [`Flow::learn_people`]: Slack tells who the teammates are there.
//! - [`Flow::check_missed`]: cancellations whose webhooks never came are brought in.
//! - [`Flow::register`]: the slash command is put to Discord when it has changed.
//! - [`replay_event`], [`replay_post`]: what was put aside is tried again.
//!
//! No HTTP call happens inside a transaction, and no message that others can see leaves but through `deliver`.

mod act;
mod alias;
mod ask;
mod book;
mod check;
mod clock;
mod closed;
mod deliver;
mod direct;
mod errands;
mod forms;
mod guests;
mod hold;
mod homes;
mod life;
mod look;
mod open;
mod outcome;
mod people;
mod rebook;
mod receive;
mod register;
mod remind;
mod replay;
mod reschedule;
mod respond;
mod skew;
mod story;
mod tell;
mod understand;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64};

use chrono::TimeDelta;
use tokio::sync::Notify;

use crate::chat::discord::Discord;
use crate::chat::slack::Slack;
use crate::config;
use crate::domain::platform::{Channel, Platform};
use crate::domain::post::Timings;
use crate::domain::remind::Rules as ReminderRules;
use crate::domain::route::Route;
use crate::domain::team::Team;
use crate::render::Renderer;
use crate::source::iclosed::{Api, Defaults};
use crate::store::{Store, StoreError};
use crate::telemetry::{Figures, Metrics};

pub use check::Checked;
pub use clock::Clock;
pub use closed::Closed;
pub use deliver::{Done, Job};
pub use errands::{Errand, Errands};
pub use guests::Guests;
pub use homes::Homes;
pub use receive::{Receipt, ReceiveError};
pub use register::{RegisterError, register};
pub use replay::{Replayed, replay_event, replay_post};
pub use respond::Answer;
pub use skew::Skews;
pub use understand::{Reading, Understood, read_cancellation};

/// Everything that the verbs work with.
pub struct Flow {
    /// What time it is.
    pub clock: Clock,
    /// Events, follow-ups and posts on disk.
    pub store: Store,
    /// Words and structure of messages.
    pub renderer: Renderer,
    /// `None` where Slack is not configured.
    pub slack: Option<Slack>,
    /// `None` where Discord is not configured.
    pub discord: Option<Discord>,
    /// `None` without an API key.
    pub iclosed: Option<Api>,
    /// What the operator decided.
    pub rules: Rules,
    /// Counters.
    pub metrics: Metrics,
    /// Wakes whoever waits for work.
    pub bells: Bells,
    /// Private answers that wait to be sent.
    pub errands: Errands,
    /// How far the platforms' clocks are from ours.
    pub skews: Skews,
    /// Who of Slack belongs to the workspace.
    pub guests: Guests,
    /// Who has opened the bot's home in Slack.
    pub homes: Homes,
    /// When claims that ran out were searched for last, in milliseconds since 1970.
    pub kept_house: AtomicI64,
    /// Did iClosed refuse the API key?
    pub key_refused: AtomicBool,
}

/// What the operator decided, as far as the verbs ask.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Every configured channel.
    pub channels: Vec<Channel>,
    /// Which of them see which cancellation.
    pub routes: Vec<Route>,
    /// Who is who.
    pub team: Team,
    /// How long a cancellation that asks for another time waits for its move before it is shown.
    pub move_wait: TimeDelta,
    /// When people work, and when they are reminded.
    pub reminders: ReminderRules,
    /// Are people outside the team refused?
    pub team_only: bool,
    /// How the closer is told whose call was cancelled.
    pub notify_host: config::Notify,
    /// How whoever booked it is told.
    pub notify_setter: config::Notify,
    /// For snoozes of people who have no zone of their own.
    pub timezone: chrono_tz::Tz,
    /// How times without a zone are read.
    pub defaults: Defaults,
    /// When posts are tried again, looked for, given up.
    pub timings: Timings,
    /// How long a request to a platform may take.
    pub request_timeout: TimeDelta,
    /// Between two checks for webhooks that never came.
    pub check_every: TimeDelta,
    /// Between two messages into one Slack channel.
    pub slack_interval: TimeDelta,
    /// Between two messages into one Discord channel.
    pub discord_interval: TimeDelta,
}

impl Rules {
    fn interval(&self, platform: Platform) -> TimeDelta {
        match platform {
            Platform::Slack => self.slack_interval,
            Platform::Discord => self.discord_interval,
        }
    }
}

/// Rung when there is something to do, so that nobody has to ask the database all the time.
#[derive(Debug, Clone, Default)]
pub struct Bells {
    /// An event waits to be understood.
    pub events: Arc<Notify>,
    /// A post may be due.
    pub posts: Arc<Notify>,
}

impl Flow {
    /// The figures that are counted in the database, of the platforms that are configured.
    ///
    /// # Errors
    /// [`StoreError`] when it cannot be asked.
    pub async fn figures(&self) -> Result<Figures, StoreError> {
        let backlog = self.store.backlog(&self.platforms()).await?;
        let now = self.clock.now();
        let mut waiting: Vec<(&'static str, u64)> = Vec::new();
        for platform in self.platforms() {
            let posts = backlog.waiting.iter().filter(|(of, _)| *of == platform).map(|(_, posts)| posts).sum();
            waiting.push((platform.name(), posts));
        }
        let closed = self.closed().await?;
        let tokens = self.platforms().into_iter().map(|platform| (platform.name(), closed.contains(&Closed::Platform(platform))));
        let key = self.iclosed.is_some().then(|| ("iclosed", closed.contains(&Closed::Iclosed)));
        Ok(Figures {
            channels_closed: self
                .platforms()
                .into_iter()
                .map(|platform| (platform.name(), closed.iter().map(|one| u64::from(one.is_channel_of(platform))).sum()))
                .collect(),
            tokens_refused: tokens.chain(key).collect(),
            waiting,
            unclear: backlog.unclear,
            held: backlog.held,
            dead: backlog.dead,
            oldest_waiting_seconds: backlog.oldest.map_or(0.0, |oldest| (now - oldest).as_seconds_f64().max(0.0)),
        })
    }

    /// The platforms that are configured.
    #[must_use]
    pub fn platforms(&self) -> Vec<Platform> {
        let configured = |platform: &Platform| match platform {
            Platform::Slack => self.slack.is_some(),
            Platform::Discord => self.discord.is_some(),
        };
        Platform::ALL.into_iter().filter(configured).collect()
    }
}
