//! The composition root: a configuration becomes a running Rebound. One straight line, deliberately without helpers that hide it.

use std::fs::File;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64};
use std::time::Duration;

use axum::Router;
use chrono::TimeDelta;
use secrecy::SecretString;
use tokio::net::TcpListener;

use crate::chat::discord::{self, Discord};
use crate::chat::slack::{self, Slack};
use crate::config::{Config, DatabaseUrl};
use crate::domain::platform::Platform;
use crate::domain::post::Timings;
use crate::flow::{Clock, Flow, Rules, Understood};
use crate::http::{self, Door};
use crate::render::{self, Renderer, TemplateMistakes};
use crate::source::iclosed::{Api, Defaults, Signature};
use crate::store::{Location, Store, StoreError, WriterTasks};
use crate::telemetry::Metrics;
use crate::worker::{Behind, Workers};

/// How much longer than one request to a platform is waited for what is in flight when Rebound stops, so that its outcome is written.
const DRAIN_MARGIN: Duration = Duration::from_secs(1);
/// The longest wait for what is in flight, whatever the configuration: with the door's 5 s and the last writes it is over in 20 s.
const DRAIN_MOST: Duration = Duration::from_secs(12);
/// How long the last writes may take when Rebound stops.
const LAST_WRITES: Duration = Duration::from_secs(2);

/// A Rebound that is ready to serve.
pub struct App {
    flow: Arc<Flow>,
    door: Arc<Door>,
    writers: WriterTasks,
    lock: Option<File>,
}

/// A part of Rebound ended by itself; the log says which.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("a part of Rebound ended by itself; see the log, and start it again")]
pub struct Broken;

/// Why no Rebound can be made of a configuration.
#[derive(Debug, thiserror::Error)]
pub enum BuildError {
    /// Templates that cannot be rendered.
    #[error("{0}")]
    Templates(#[from] TemplateMistakes),
    /// The database cannot be opened, or belongs to another process.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// There can be no client for a platform.
    #[error("{0}")]
    Chat(#[from] crate::chat::BuildError),
    /// There can be no client for iClosed's API.
    #[error("iClosed: {0}")]
    Iclosed(#[from] crate::source::iclosed::BuildError),
}

impl App {
    /// Opens the database, loads the templates and makes the clients. Asks no platform anything.
    ///
    /// # Errors
    /// See [`BuildError`].
    pub async fn build(config: &Config, clock: Clock) -> Result<Self, BuildError> {
        let renderer = load_templates(config)?;
        let (slack, discord) = (slack(config)?, discord(config)?);
        let location = location(config);
        let lock = location.lock()?;
        let (store, writers) = Store::open(&location).await?;
        let flow = Arc::new(Flow {
            clock,
            store,
            renderer,
            slack,
            discord,
            iclosed: iclosed_api(config)?,
            rules: rules(config),
            metrics: Metrics::new(),
            bells: crate::flow::Bells::default(),
            errands: crate::flow::Errands::default(),
            skews: crate::flow::Skews::default(),
            guests: crate::flow::Guests::default(),
            homes: crate::flow::Homes::default(),
            kept_house: AtomicI64::new(0),
            key_refused: AtomicBool::new(false),
        });
        let platforms: Vec<&'static str> = flow.platforms().into_iter().map(Platform::name).collect();
        flow.metrics.will_count(&platforms, &[platforms.as_slice(), &["iclosed"]].concat());
        flow.begin().await?;
        let (token, previous) = (config.iclosed.webhook_token.clone(), config.iclosed.webhook_token_previous.clone());
        let is_token = move |given: &str| {
            // Both are always compared, so that the time tells nothing.
            let (now, before) = (token.matches(given), previous.as_ref().is_some_and(|previous| previous.matches(given)));
            now | before
        };
        let door = Arc::new(Door::new(Arc::clone(&flow), is_token, webhook_signature(config)));
        Ok(Self { flow, door, writers, lock })
    }

    /// All routes of the outside contract.
    pub fn router(&self) -> Router {
        self.door.router()
    }

    /// Serves `router` until `shutdown` is ready; then stops in order: not ready, nothing new claimed, what is in flight settled while the
    /// door still takes what comes, no new connections, the last writes on disk.
    ///
    /// # Errors
    /// [`Broken`] when a part of Rebound ended by itself. It stops in order then, too, and should be started again.
    pub async fn serve(self, listener: TcpListener, router: Router, shutdown: impl Future<Output = ()>) -> Result<(), Broken> {
        let Self { flow, door, mut writers, lock } = self;
        let behind = Behind::start().map_err(|error| {
            tracing::error!(%error, "the system gives no descriptors for the thread of the loops");
            Broken
        })?;
        let mut workers = Workers::start(&flow, &behind);
        let request_timeout = flow.rules.request_timeout.to_std().unwrap_or(DRAIN_MOST);
        let mut ended = Ok(());
        let stop = async {
            tokio::select! {
                () = shutdown => {}
                () = workers.one_broke() => ended = Err(Broken),
                () = writers.one_ended() => ended = Err(Broken),
            }
            tracing::info!("stopping");
            door.start_draining();
            let patience = (request_timeout + DRAIN_MARGIN).min(DRAIN_MOST);
            if tokio::time::timeout(patience, workers.drain()).await.is_err() {
                tracing::warn!("messages in flight were left unfinished; they are looked for after the next start");
            }
        };
        http::serve(listener, router, stop).await;
        drop(door);
        drop(flow);
        if tokio::time::timeout(LAST_WRITES, writers.all_ended()).await.is_err() {
            tracing::warn!("the database was still writing when Rebound stopped");
        }
        // Not before: the door may have used connections that were opened there.
        drop(behind);
        drop(lock);
        tracing::info!("stopped");
        ended
    }

    /// Does all work that is due now, in this task; for tests and tools that do not [`serve`](Self::serve).
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn drain(&self) -> Result<(), StoreError> {
        let flow = &self.flow;
        flow.alive().await?;
        loop {
            let quiet = flow.understand().await? == Understood::Nothing && flow.tick().await? == 0;
            let room: Vec<_> = flow.platforms().into_iter().map(|platform| (platform, u64::from(u16::MAX))).collect();
            let jobs = flow.claim(&room).await?;
            let idle = quiet && jobs.is_empty();
            for job in jobs {
                flow.deliver(job).await?;
            }
            let mut answered = false;
            while let Some(errand) = flow.waiting_errand().await {
                flow.run_errand(errand).await;
                answered = true;
            }
            if idle && !answered {
                return Ok(());
            }
        }
    }

    /// The verbs, for whoever drives Rebound without its door.
    #[must_use]
    pub fn flow(&self) -> &Arc<Flow> {
        &self.flow
    }
}

/// The client for Slack, where it is configured. Asks nothing yet.
///
/// # Errors
/// When there can be none.
pub fn slack(config: &Config) -> Result<Option<Slack>, crate::chat::BuildError> {
    config.slack.as_ref().map(|slack| Slack::new(slack_settings(config, slack))).transpose()
}

/// The client for Discord, where it is configured. Asks nothing yet.
///
/// # Errors
/// When there can be none.
pub fn discord(config: &Config) -> Result<Option<Discord>, crate::chat::BuildError> {
    config.discord.as_ref().map(|discord| Discord::new(discord_settings(config, discord))).transpose()
}

/// The database for a command that runs beside `serve`: no lock, and the writing task ends when the store is dropped.
///
/// # Errors
/// [`StoreError`] with a sentence for the operator.
pub async fn open_store(config: &Config) -> Result<(Store, WriterTasks), StoreError> {
    Store::open(&location(config)).await
}

/// The same for a command that has nothing to say where `serve` never ran.
///
/// # Errors
/// [`StoreError`] with a sentence for the operator: also where there is no database.
pub async fn open_existing_store(config: &Config) -> Result<(Store, WriterTasks), StoreError> {
    let location = location(config);
    location.must_exist()?;
    Store::open(&location).await
}

/// The templates that this configuration wants.
///
/// # Errors
/// [`TemplateMistakes`], all at once.
pub fn load_templates(config: &Config) -> Result<Renderer, TemplateMistakes> {
    let settings = render::Settings {
        timezone: config.timezone,
        highlight: config.card.highlight.clone(),
        link_hosts: config.card.link_hosts.clone(),
        public_url: config.public_url.clone(),
        team: config.team.clone(),
    };
    Renderer::load(config.templates_dir.as_deref(), settings)
}

/// The client for iClosed's API, where there is a key. Asks nothing yet.
fn iclosed_api(config: &Config) -> Result<Option<Api>, crate::source::iclosed::BuildError> {
    let Some(key) = &config.iclosed.api_key else {
        return Ok(None);
    };
    let key = SecretString::from(key.expose());
    Api::new(config.iclosed.api_url.as_str(), &key, config.delivery.request_timeout).map(Some)
}

/// What the verbs need of the configuration.
#[must_use]
pub fn rules(config: &Config) -> Rules {
    let delivery = &config.delivery;
    Rules {
        channels: config.channels.clone(),
        routes: config.routes.clone(),
        team: config.team.clone(),
        move_wait: span(config.follow_up.move_wait),
        reminders: config.follow_up.reminders.clone(),
        team_only: config.team_rules.team_only,
        notify_host: config.team_rules.notify_host,
        notify_setter: config.team_rules.notify_setter,
        timezone: config.timezone,
        defaults: Defaults { zone_fallback: config.iclosed.hosts_time_zone_fallback },
        timings: Timings {
            lease: span(delivery.lease),
            settle: span(delivery.settle),
            look_every: span(delivery.look_every),
            retry: delivery.retry.iter().copied().map(span).collect(),
        },
        request_timeout: span(delivery.request_timeout),
        check_every: span(config.iclosed.check_every),
        slack_interval: span(delivery.slack_interval),
        discord_interval: span(delivery.discord_interval),
    }
}

/// Durations of the configuration are far below the most that a `TimeDelta` holds.
fn span(duration: Duration) -> TimeDelta {
    TimeDelta::from_std(duration).unwrap_or(TimeDelta::MAX)
}

fn location(config: &Config) -> Location {
    match &config.database_url {
        DatabaseUrl::Sqlite(path) => Location::Sqlite(path.clone()),
        DatabaseUrl::Postgres(url) => Location::Postgres(SecretString::from(url.expose())),
    }
}

fn webhook_signature(config: &Config) -> Option<Signature> {
    config.iclosed.signature.as_ref().map(|signature| Signature {
        header: signature.header.clone(),
        prefix: signature.prefix.clone(),
        secret: SecretString::from(signature.secret.expose()),
    })
}

fn slack_settings(config: &Config, slack: &crate::config::Slack) -> slack::Settings {
    slack::Settings {
        bot_token: SecretString::from(slack.bot_token.expose()),
        signing_secret: SecretString::from(slack.signing_secret.expose()),
        api_url: slack.api_url.to_string(),
        request_timeout: config.delivery.request_timeout,
    }
}

fn discord_settings(config: &Config, discord: &crate::config::Discord) -> discord::Settings {
    discord::Settings {
        bot_token: SecretString::from(discord.bot_token.expose()),
        application_id: discord.application_id.clone(),
        public_key: discord.public_key,
        guild_id: discord.guild_id.clone(),
        api_url: discord.api_url.to_string(),
        public_url: config.public_url.to_string(),
        request_timeout: config.delivery.request_timeout,
    }
}
