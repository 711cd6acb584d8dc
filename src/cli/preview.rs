//! `rebound preview`: what would become of webhooks in files. Sends nothing, opens no database, needs no secret.

use std::path::{Path, PathBuf};

use chrono::{DateTime, Utc};
use clap::ValueEnum;
use serde::Serialize;

use super::{DEFAULT_CONFIG, Failure, load, misconfigured, say};
use crate::app;
use crate::chat::{Outgoing, discord, slack};
use crate::config::{self, Config, Environment};
use crate::domain::event::Event;
use crate::domain::follow_up::{FollowUp, State};
use crate::domain::identity::ShortId;
use crate::domain::platform::{Channel, Platform};
use crate::domain::post::DeliveryKey;
use crate::domain::remind::Watch;
use crate::flow::{Clock, Reading, Rules, read_cancellation};
use crate::render::{Renderer, card_as_text};
use crate::source::iclosed;

/// Show what would become of webhooks in files, without sending anything.
#[derive(clap::Args)]
#[command(after_help = "Example:\n  rebound preview cancelled.json --format json\n  rebound preview cancelled.json --config rebound.toml")]
pub(super) struct Arguments {
    /// Files that hold a webhook's body
    #[arg(required = true, value_name = "FILE")]
    files: Vec<PathBuf>,
    /// What to print
    #[arg(long, value_enum, default_value = "text")]
    format: Format,
}

#[derive(Clone, Copy, ValueEnum)]
enum Format {
    /// For reading
    Text,
    /// One JSON object a call
    Json,
    /// The request bodies for Slack, one a line
    Slack,
    /// The request bodies for Discord, one a line
    Discord,
}

/// Stands in where there is no configuration file: both platforms, one channel each, no team, no routes.
const NO_CONFIGURATION: &str = include_str!("preview.toml");

pub(super) fn run(arguments: &Arguments, file: &Path) -> Result<(), Failure> {
    let config = configuration(file)?;
    let renderer = app::load_templates(&config).map_err(misconfigured)?;
    let rules = app::rules(&config);
    let now = Clock::system().now();
    let mut wrong = Vec::new();
    for file in &arguments.files {
        let before = wrong.len();
        let readings = read_file(file, &rules, now, &mut wrong);
        if readings.is_empty() && wrong.len() == before {
            wrong.push(format!("{}: holds no cancellation, so there would be no card", file.display()));
        }
        for reading in readings {
            let follow_up = as_if_opened(reading.case.clone(), now);
            show(arguments.format, &renderer, &config, &reading, &follow_up, now)?;
        }
    }
    if wrong.is_empty() { Ok(()) } else { Err(Failure::Failed(wrong.join("\n"))) }
}

/// The file that was named, or `rebound.toml` where there is one, else none at all.
fn configuration(file: &Path) -> Result<Config, Failure> {
    if file == Path::new(DEFAULT_CONFIG) && !file.exists() {
        config::parse(NO_CONFIGURATION, "preview.toml", &Environment::default()).map_err(misconfigured)
    } else {
        load(file)
    }
}

/// Every cancellation in the file; what stands in the way of a card is added to `wrong`, and harms no other.
fn read_file(file: &Path, rules: &Rules, now: DateTime<Utc>, wrong: &mut Vec<String>) -> Vec<Reading> {
    let place = file.display();
    let items = match std::fs::read(file)
        .map_err(|error| error.to_string())
        .and_then(|body| iclosed::split(&body).map_err(|why| why.to_string()))
    {
        Ok(items) => items,
        Err(why) => {
            wrong.push(format!("{place}: {why}"));
            return Vec::new();
        }
    };
    let mut readings = Vec::new();
    for (at, item) in items.iter().enumerate() {
        match iclosed::read(&item.raw, rules.defaults) {
            Ok(Event::Cancelled(cancellation)) => readings.push(read_cancellation(*cancellation, rules, now)),
            Ok(Event::Booked(_) | Event::Other(_)) => {}
            Err(why) => wrong.push(format!("{place}: item {} would be quarantined: {why}", at + 1)),
        }
    }
    readings
}

fn as_if_opened(case: crate::domain::follow_up::Case, now: DateTime<Utc>) -> FollowUp {
    let short_id = ShortId::from_random(*b"PREVIEW1", 4);
    FollowUp {
        id: 0,
        short_id,
        version: 1,
        state: State::Open,
        snoozed_until: None,
        last_owner: None,
        opened_at: now,
        watch: Watch::new(now),
        case,
    }
}

fn show(
    format: Format,
    renderer: &Renderer,
    config: &Config,
    reading: &Reading,
    follow_up: &FollowUp,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    match format {
        Format::Text => show_text(renderer, reading, follow_up, now),
        Format::Json => show_json(renderer, reading, follow_up, now),
        Format::Slack => show_bodies(Platform::Slack, renderer, config, reading, follow_up, now),
        Format::Discord => show_bodies(Platform::Discord, renderer, config, reading, follow_up, now),
    }
}

fn show_text(renderer: &Renderer, reading: &Reading, follow_up: &FollowUp, now: DateTime<Utc>) -> Result<(), Failure> {
    let case = &reading.case;
    say(format_args!("side      {} ({})", case.side, case.side_evidence.name()))?;
    say(format_args!("reason    {}", case.reason_class))?;
    say(format_args!("notice    {}", case.notice.minutes().map_or_else(|| "unknown".to_owned(), |minutes| format!("{minutes} minutes"))))?;
    let unrouted = if reading.routed.unrouted { " (no route matches, so all of them)" } else { "" };
    say(format_args!("channels  {}{unrouted}", reading.routed.channels.join(", ")))?;
    say("")?;
    say(card_as_text(&renderer.card(follow_up, Platform::Slack, now)))?;
    say("")
}

/// What `--format json` prints for a call; names are part of the outside contract.
#[derive(Serialize)]
struct Shown<'a> {
    call_uuid: &'a str,
    side: &'static str,
    side_evidence: &'static str,
    reason_class: &'static str,
    notice_minutes: Option<i64>,
    channels: &'a [String],
    unrouted: bool,
    text: String,
}

fn show_json(renderer: &Renderer, reading: &Reading, follow_up: &FollowUp, now: DateTime<Utc>) -> Result<(), Failure> {
    let case = &reading.case;
    let shown = Shown {
        call_uuid: &case.cancellation.call.id,
        side: case.side.name(),
        side_evidence: case.side_evidence.name(),
        reason_class: case.reason_class.name(),
        notice_minutes: case.notice.minutes(),
        channels: &reading.routed.channels,
        unrouted: reading.routed.unrouted,
        text: card_as_text(&renderer.card(follow_up, Platform::Slack, now)),
    };
    say(serde_json::to_string(&shown).map_err(|error| Failure::Failed(error.to_string()))?)
}

fn show_bodies(
    platform: Platform,
    renderer: &Renderer,
    config: &Config,
    reading: &Reading,
    follow_up: &FollowUp,
    now: DateTime<Utc>,
) -> Result<(), Failure> {
    let message = renderer.card(follow_up, platform, now);
    let key = DeliveryKey::from_bits(0);
    let shown = |channel: &&Channel| channel.address.platform == platform && reading.routed.channels.contains(&channel.name);
    for channel in config.channels.iter().filter(shown) {
        let outgoing = Outgoing {
            channel: &channel.address.id,
            key: &key,
            version: follow_up.version,
            message: &message,
            thread: None,
            thread_name: "",
            broadcast: false,
            ping: None,
            plain: false,
        };
        say(match platform {
            Platform::Slack => slack::request_body(&outgoing),
            Platform::Discord => discord::request_body(&outgoing, &config.public_url),
        })?;
    }
    Ok(())
}
