//! `rebound replay`: what was put aside is listed, or tried again. Works beside a running `serve`, which does the posting.

use chrono::{DateTime, SecondsFormat, Utc};
use clap::ArgGroup;

use super::{Failure, say};
use crate::app;
use crate::config::Config;
use crate::domain::post::{DeliveryKey, Ruling};
use crate::flow::{Clock, Replayed, replay_event, replay_post};
use crate::source::iclosed::Defaults;
use crate::store::{GivenUp, Quarantined, Store, StoreError};

/// Try again what was put aside: events that could not be read, posts that were given up or held.
///
/// A running `rebound serve` takes up within seconds what is tried again; nothing is posted twice.
#[derive(clap::Args)]
#[command(
    group = ArgGroup::new("what").required(true),
    after_help = "Examples:\n  rebound replay --list\n  rebound replay 1887436800000123456\n  rebound replay --all\n  rebound replay --send-again 3Jm0x9QkWz1aBcDeFgHiJk"
)]
#[expect(clippy::struct_excessive_bools, reason = "one for each flag that a person types")]
pub(super) struct Arguments {
    /// One line each: id, when, what, why
    #[arg(long, group = "what")]
    list: bool,
    /// Everything that is listed
    #[arg(long, group = "what")]
    all: bool,
    /// Ids as they are listed
    #[arg(value_name = "ID", group = "what")]
    ids: Vec<String>,
    /// The posts of these ids are not in their channels, as you have seen there: send them, without looking
    #[arg(long, requires = "ids", conflicts_with_all = ["list", "all", "it_is_there"])]
    send_again: bool,
    /// The posts of these ids are in their channels, as you have seen there: do nothing more with them
    #[arg(long, requires = "ids", conflicts_with_all = ["list", "all"])]
    it_is_there: bool,
}

/// Rows that are read at once.
const PAGE: u64 = 200;

pub(super) async fn run(arguments: &Arguments, config: &Config, clock: &Clock) -> Result<(), Failure> {
    let (store, mut writers) = app::open_existing_store(config).await.map_err(failed)?;
    let desk = Desk { store, defaults: app::rules(config).defaults, clock: clock.clone() };
    let done = match arguments {
        Arguments { list: true, .. } => desk.list().await,
        Arguments { all: true, .. } => desk.replay_all().await,
        Arguments { ids, send_again: true, .. } => desk.replay_these(ids, Ruling::Missing).await,
        Arguments { ids, it_is_there: true, .. } => desk.replay_these(ids, Ruling::Arrived).await,
        Arguments { ids, .. } => desk.replay_these(ids, Ruling::Retry).await,
    };
    drop(desk);
    // The last write is on disk already; this only closes the connection in order.
    writers.all_ended().await;
    done
}

struct Desk {
    store: Store,
    defaults: Defaults,
    clock: Clock,
}

impl Desk {
    async fn list(&self) -> Result<(), Failure> {
        let mut lines = 0;
        let mut after = 0;
        while let Some(last) = self.list_events(after, &mut lines).await? {
            after = last;
        }
        let mut after = String::new();
        while let Some(last) = self.list_posts(&after, &mut lines).await? {
            after = last;
        }
        if lines == 0 { say("nothing is quarantined, held or dead") } else { Ok(()) }
    }

    async fn list_events(&self, after: i64, lines: &mut usize) -> Result<Option<i64>, Failure> {
        let page = self.store.quarantined_after(after, PAGE).await.map_err(failed)?;
        for Quarantined { id, received_at, why, body } in &page {
            say(format_args!("{id}  {}  quarantined event of {} bytes  {why}", shown(*received_at), body.len()))?;
        }
        *lines += page.len();
        Ok(page.last().map(|event| event.id))
    }

    async fn list_posts(&self, after: &str, lines: &mut usize) -> Result<Option<String>, Failure> {
        let page = self.store.given_up_after(after, PAGE).await.map_err(failed)?;
        for GivenUp { key, phase, channel, created_at, why } in &page {
            let (platform, name) = (channel.address.platform, &channel.name);
            let why = why.as_deref().unwrap_or("unknown");
            say(format_args!(
                "{key}  {}  {} post for {name} ({platform} {})  {why}",
                shown(*created_at),
                phase.name(),
                channel.address.id
            ))?;
        }
        *lines += page.len();
        Ok(page.last().map(|post| post.key.to_string()))
    }

    /// As much as can be done; what cannot is said, and stays where it is.
    async fn replay_all(&self) -> Result<(), Failure> {
        let (mut tried, mut again) = (0_usize, 0_usize);
        let mut count = |replayed: Replayed| {
            tried += 1;
            again += usize::from(matches!(replayed, Replayed::Released | Replayed::Revived));
        };
        let mut after = 0;
        loop {
            let page = self.store.quarantined_after(after, PAGE).await.map_err(failed)?;
            let Some(last) = page.last() else { break };
            after = last.id;
            for event in page {
                count(self.replay(&event.id.to_string(), Ruling::Retry).await?);
            }
        }
        let mut after = String::new();
        loop {
            let page = self.store.given_up_after(&after, PAGE).await.map_err(failed)?;
            let Some(last) = page.last() else { break };
            after = last.key.to_string();
            for post in page {
                count(self.replay(post.key.as_str(), Ruling::Retry).await?);
            }
        }
        say(format_args!("{again} of {tried} will be tried again"))
    }

    async fn replay_these(&self, ids: &[String], ruling: Ruling) -> Result<(), Failure> {
        let mut failures = Vec::new();
        for id in ids {
            match self.replay(id, ruling).await? {
                Replayed::Released | Replayed::Revived | Replayed::Settled | Replayed::Duplicate => {}
                Replayed::Unknown | Replayed::Unreadable { .. } => failures.push(id.as_str()),
            }
        }
        if failures.is_empty() { Ok(()) } else { Err(Failure::Failed(format!("not tried again: {}", failures.join(", ")))) }
    }

    async fn replay(&self, id: &str, ruling: Ruling) -> Result<Replayed, Failure> {
        let now = self.clock.now();
        let replayed = match (id.parse(), DeliveryKey::parse(id)) {
            // Of an event nothing can be said but that it is to be tried again.
            (Ok(_), _) if ruling != Ruling::Retry => Ok(Replayed::Unknown),
            (Ok(event), _) => replay_event(&self.store, event, self.defaults, now).await,
            (Err(_), Some(post)) => replay_post(&self.store, post, ruling, now).await,
            (Err(_), None) => Ok(Replayed::Unknown),
        };
        let replayed = replayed.map_err(|error| Failure::Failed(format!("{id}: {error}")))?;
        say(format_args!("{id}: {}", words(replayed)))?;
        Ok(replayed)
    }
}

fn words(replayed: Replayed) -> String {
    match replayed {
        Replayed::Released => "can be read now, and waits for `rebound serve`".to_owned(),
        Replayed::Duplicate => "can be read now, and says what another event says; nothing is left to do".to_owned(),
        Replayed::Unreadable { why, forever: true } => format!("can never be read ({why}); if it matters, have its sender send it again"),
        Replayed::Unreadable { why, forever: false } => format!("still cannot be read ({why})"),
        Replayed::Revived => "is due again, and waits for `rebound serve`".to_owned(),
        Replayed::Settled => "is said to be there, and is left alone".to_owned(),
        Replayed::Unknown => "there is nothing of this id to be tried again; `rebound replay --list` tells the ids".to_owned(),
    }
}

fn shown(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}

#[expect(clippy::needless_pass_by_value, reason = "as map_err gives it")]
fn failed(error: StoreError) -> Failure {
    Failure::Failed(error.to_string())
}
