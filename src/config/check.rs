//! What no key tells alone: names that must exist, things that must not be twice, what looks unintended.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use url::Url;

use super::addresses::{is_unencrypted, is_unencrypted_database};
use super::mistake::quoted;
use super::similar::nearest;
use super::table::Table;
use super::{DatabaseUrl, LEASE_MARGIN, Secret};
use crate::domain::identity::{normal_email, normal_name};
use crate::domain::platform::{Address, Channel, Platform};
use crate::domain::remind::Rules;
use crate::domain::route::{Route, When};
use crate::domain::team::Teammate;

/// Values read from a list of tables, each with its table.
type Listed<'r, T> = [(Table<'r>, T)];

/// A list that is there has something in it.
pub(super) fn not_empty<T>(table: &Table<'_>, key: &str, list: Option<&[T]>, problem: &str) {
    if list.is_some_and(<[T]>::is_empty) {
        table.mistake(key, problem);
    }
}

/// Names and addresses of the channels so far, each with the first table that has it.
#[derive(Default)]
pub(super) struct Seen {
    names: BTreeMap<String, String>,
    addresses: BTreeMap<Address, String>,
}

impl Seen {
    /// No two channels have one name.
    pub(super) fn name(&mut self, table: &Table<'_>, name: &str) {
        match self.names.entry(name.to_owned()) {
            Entry::Vacant(entry) => drop(entry.insert(table.described())),
            Entry::Occupied(first) => table.mistake("name", format!("{} is already the name of {}", quoted(name), first.get())),
        }
    }

    /// No two channels are one.
    pub(super) fn address(&mut self, table: &Table<'_>, address: &Address) {
        match self.addresses.entry(address.clone()) {
            Entry::Vacant(entry) => drop(entry.insert(table.described())),
            Entry::Occupied(first) => {
                let problem = format!("the same channel as {}; every card would be there twice", first.get());
                table.mistake(address.platform.name(), problem);
            }
        }
    }
}

/// A name in `to` is that of a channel.
pub(super) fn known_channel(name: &str, channels: &Seen) -> Result<String, String> {
    let names = &channels.names;
    if names.contains_key(name) {
        return Ok(name.to_owned());
    }
    let hint = match nearest(name, names.keys().map(String::as_str)) {
        Some(meant) => format!("did you mean {}?", quoted(meant)),
        None if names.is_empty() => "there are no channels".to_owned(),
        None => format!("known are {}", names.keys().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")),
    };
    Err(format!("no [[channel]] is called {}; {hint}", quoted(name)))
}

/// Warns of what crosses networks unencrypted.
pub(super) fn encryption(root: &Table<'_>, public_url: Option<&Url>, database_url: Option<&DatabaseUrl>) {
    if public_url.is_some_and(is_unencrypted) {
        root.warning("public_url", "not https: the webhook's token and people's data can be read on the way");
    }
    if database_url.is_some_and(is_unencrypted_database) {
        root.warning(
            "database_url",
            "another machine's database without encryption; add ?sslmode=verify-full or at least ?sslmode=require",
        );
    }
}

/// Warns of tokens that cross networks unencrypted.
pub(super) fn api_encryption(table: &Table<'_>, api_url: Option<&Url>) {
    if api_url.is_some_and(is_unencrypted) {
        table.warning("api_url", "not https: the token can be read on the way");
    }
}

/// Warns of a rotation that changes nothing.
pub(super) fn rotation(table: &Table<'_>, token: Option<&Secret>, previous: Option<&Secret>) {
    if let (Some(token), Some(previous)) = (token, previous)
        && token.matches(previous.expose())
    {
        table.warning("webhook_token_previous", "the same as webhook_token, so it does nothing");
    }
}

/// There is a platform, and channels are on platforms that are there.
pub(super) fn platforms(root: &Table<'_>, channels: &Listed<'_, Channel>, slack: bool, discord: bool) {
    if !slack && !discord {
        root.mistake("", "neither [slack] nor [discord] is there; one of them is needed");
    }
    for (platform, configured) in [(Platform::Slack, slack), (Platform::Discord, discord)] {
        let mut on_it = channels.iter().filter(|(_, channel)| channel.address.platform == platform).peekable();
        if configured && on_it.peek().is_none() && !channels.is_empty() {
            root.warning(platform.name(), format!("no [[channel]] is on {platform}, so no card will be there"));
        }
        for (table, _) in on_it.filter(|_| !configured) {
            table.mistake(platform.name(), format!("there is no [{platform}] with its tokens"));
        }
    }
}

/// There are channels.
pub(super) fn channels(root: &Table<'_>) {
    if !root.has_tables("channel") {
        root.mistake("channel", "missing: at least one [[channel]] is needed, where cards go");
    }
}

/// Warns of routes that never count, and of what they leave out.
pub(super) fn routes(routes: &Listed<'_, Route>, channels: &Listed<'_, Channel>) {
    let Some((first, _)) = routes.first() else {
        return;
    };
    let takes_all = |route: &Route| route.when == When::default();
    let mut earlier: Vec<&(Table<'_>, Route)> = Vec::new();
    for listed @ (table, route) in routes {
        if let Some((last, _)) = earlier.iter().find(|(_, route)| takes_all(route) && !route.r#continue) {
            let problem = format!("never reached: {} takes everything; move it to the end, or give it continue = true", last.described());
            table.warning("", problem);
        } else if let Some((same, _)) = earlier.iter().find(|(_, earlier)| earlier == route) {
            table.warning("", format!("the same as {}", same.described()));
        }
        earlier.push(listed);
    }
    if !routes.iter().any(|(_, route)| takes_all(route)) {
        first
            .warning("", "no route takes everything, so what matches none goes to every channel; a last route without `when` changes that");
        return;
    }
    let named: BTreeSet<&str> = routes.iter().flat_map(|(_, route)| route.to.iter().map(String::as_str)).collect();
    for (table, _) in channels.iter().filter(|(_, channel)| !named.contains(channel.name.as_str())) {
        table.warning("", "no route leads here, so no card will be here");
    }
}

/// A lease outlives a request.
pub(super) fn lease(table: &Table<'_>, request_timeout: Option<Duration>, lease: Option<Duration>) {
    let shortest = request_timeout.map(|timeout| timeout + LEASE_MARGIN);
    if let (Some(shortest), Some(lease)) = (shortest, lease)
        && lease < shortest
    {
        table.mistake("lease", format!("must be at least request_timeout and 10 s, which is {shortest:?}, not {lease:?}"));
    }
}

/// Warns where what somebody may still send could be taken for lost.
pub(super) fn settle(table: &Table<'_>, lease: Option<Duration>, settle: Option<Duration>) {
    if let (Some(lease), Some(settle)) = (lease, settle)
        && settle < lease
    {
        let risk = "what is still on its way may be taken for lost and posted twice";
        table.warning("settle", format!("{settle:?} is less than lease, which is {lease:?}: {risk}"));
    }
}

/// Warns where managers are to be told and there is none who could be.
pub(super) fn managers(root: &Table<'_>, teammates: &Listed<'_, Teammate>, reminders: Option<&Rules>, slack: bool, discord: bool) {
    let escalates = reminders.is_some_and(|rules| rules.usual.escalate.is_some() || rules.soon.escalate.is_some());
    // Slack tells who has an address.
    let is_in_slack = |mate: &Teammate| mate.slack.is_some() || mate.email.is_some();
    let can_be_told = |mate: &Teammate| mate.manager && (slack && is_in_slack(mate) || discord && mate.discord.is_some());
    // Where nobody is named, nobody expects to be told.
    if escalates && !teammates.is_empty() && !teammates.iter().any(|(_, mate)| can_be_told(mate)) {
        root.warning(
            "teammate",
            "no manager = true has an id on a configured platform, so nobody hears of what waits too long; escalate_after = \"off\" and \
             escalate_after_soon = \"off\" in [follow_up] say that this is meant",
        );
    }
}

/// No two teammates are the same person.
pub(super) fn teammates(teammates: &Listed<'_, Teammate>) {
    let mut seen = BTreeMap::new();
    for (table, mate) in teammates {
        let ids =
            [("email", mate.email.as_deref().and_then(normal_email)), ("slack", mate.slack.clone()), ("discord", mate.discord.clone())];
        for (key, id) in ids {
            let first = id.and_then(|id| seen.insert((key, id), table));
            if let Some(first) = first {
                table.mistake(key, format!("already that of {}", first.described()));
            }
        }
        let namesake = normal_name(&mate.name).and_then(|name| seen.insert(("name", name), table));
        if let Some(first) = namesake {
            table.warning("name", format!("the same as that of {}; only an e-mail address tells them apart", first.described()));
        }
    }
}
