//! The keys, table by table: what each is called, its default, how it is read.
//!
//! Every function reads all of its keys before the first `?`, so that all mistakes are found at once.

use std::cell::RefCell;

use chrono_tz::Tz;
use url::Url;

use super::reminders::reminders;
use super::table::Table;
use super::values::{choice, credential, duration, line};
use super::{
    Card, Config, Delivery, Discord, FollowUp, Iclosed, Log, LogFormat, LogLevel, Notify, Signature, Slack, TeamRules, addresses, check,
    values,
};
use crate::domain::platform::{Address, Channel, Platform};
use crate::domain::reason::ReasonClass;
use crate::domain::route::{Route, When};
use crate::domain::side::Side;
use crate::domain::team::{Learned, Team, Teammate};

/// The whole file; `None` when there is a mistake.
pub(super) fn config(root: &Table<'_>) -> Option<Config> {
    let listen = root.key("listen").or("127.0.0.1:8080").text(addresses::socket);
    let public_url = public_url(root);
    let database_url = root.key("database_url").secret().or("sqlite://rebound.db").text(addresses::database);
    let timezone = root.key("timezone").or("UTC").text(values::timezone);
    let templates_dir = root.key("templates_dir").text(values::folder);
    let iclosed = root.table("iclosed", iclosed);
    let slack = root.optional_table("slack", slack);
    let discord = root.optional_table("discord", discord);
    let seen = RefCell::default();
    let channels = root.tables("channel", |table| channel(table, &seen));
    let routes = root.tables("route", |table| route(table, &seen.borrow()));
    let teammates = root.tables("teammate", teammate);
    let team_rules = root.table("team", team_rules);
    let card = root.table("card", card);
    let log = root.table("log", log);
    let follow_up = root.table("follow_up", |table| follow_up(table, timezone));
    let delivery = root.table("delivery", delivery);

    check::encryption(root, public_url.as_ref(), database_url.as_ref());
    check::platforms(root, &channels, slack.is_some(), discord.is_some());
    check::channels(root);
    check::routes(&routes, &channels);
    check::teammates(&teammates);
    check::managers(root, &teammates, follow_up.as_ref().map(|follow_up| &follow_up.reminders), slack.is_some(), discord.is_some());
    Some(Config {
        listen: listen?,
        public_url: public_url?,
        database_url: database_url?,
        timezone: timezone?,
        templates_dir,
        iclosed: iclosed?,
        slack: slack.flatten(),
        discord: discord.flatten(),
        channels: without_tables(channels),
        routes: without_tables(routes),
        team: Team(without_tables(teammates)),
        team_rules: team_rules?,
        card: card?,
        log: log?,
        follow_up: follow_up?,
        delivery: delivery?,
        warnings: Vec::new(),
    })
}

/// The one key that is needed before there is any token.
pub(super) fn public_url(root: &Table<'_>) -> Option<Url> {
    root.key("public_url")
        .required("the address at which Rebound is reached from outside, such as https://rebound.example.com")
        .text(addresses::base_url)
}

fn iclosed(table: &Table<'_>) -> Option<Iclosed> {
    let token = "the secret end of the webhook's address (make one with `openssl rand -hex 32`)";
    let webhook_token = table.key("webhook_token").secret().required(token).text(values::webhook_token);
    let webhook_token_previous = table.key("webhook_token_previous").secret().text(values::webhook_token);
    let api_key = table.key("api_key").secret().text(credential);
    let api_url = table.key("api_url").or("https://public.api.iclosed.io").text(addresses::base_url);
    let check_every = table.key("check_every").or("5m").text(duration);
    let hosts_time_zone_fallback = table.key("hosts_time_zone_fallback").text(values::timezone);
    let signature = table.optional_table("signature", signature);
    check::api_encryption(table, api_url.as_ref());
    check::rotation(table, webhook_token.as_ref(), webhook_token_previous.as_ref());
    Some(Iclosed {
        webhook_token: webhook_token?,
        webhook_token_previous,
        api_key,
        api_url: api_url?,
        check_every: check_every?,
        hosts_time_zone_fallback,
        signature: signature.flatten(),
    })
}

fn signature(table: &Table<'_>) -> Option<Signature> {
    let header = table.key("header").required("the header that holds the signature").text(values::header_name);
    let secret = table.key("secret").secret().required("the key of the signature").text(credential);
    let prefix = table.key("prefix").or("").text(values::maybe_empty);
    Some(Signature { header: header?, secret: secret?, prefix: prefix? })
}

fn slack(table: &Table<'_>) -> Option<Slack> {
    let bot_token = table.key("bot_token").secret().required("Bot User OAuth Token of the Slack app").text(credential);
    let signing_secret = table.key("signing_secret").secret().required("Signing Secret of the Slack app").text(credential);
    let api_url = table.key("api_url").or("https://slack.com/api").text(addresses::base_url);
    check::api_encryption(table, api_url.as_ref());
    Some(Slack { bot_token: bot_token?, signing_secret: signing_secret?, api_url: api_url? })
}

fn discord(table: &Table<'_>) -> Option<Discord> {
    let bot_token = table.key("bot_token").secret().required("the token on the Bot page of the Discord application").text(credential);
    let application_id = table.key("application_id").required("Application ID of the Discord application").text(values::snowflake);
    let public_key = table.key("public_key").required("Public Key of the Discord application").text(values::public_key);
    let guild_id = table.key("guild_id").required("the id of your Discord server").text(values::snowflake);
    let api_url = table.key("api_url").or("https://discord.com").text(addresses::base_url);
    check::api_encryption(table, api_url.as_ref());
    Some(Discord {
        bot_token: bot_token?,
        application_id: application_id?,
        public_key: public_key?,
        guild_id: guild_id?,
        api_url: api_url?,
    })
}

/// What can be read of a channel is added to `seen` even when the rest is a mistake: routes may lead there, and another may be the same.
fn channel(table: &Table<'_>, seen: &RefCell<check::Seen>) -> Option<Channel> {
    let name = table.key("name").required("by which routes and logs call the channel").text(line);
    let slack = table.key("slack").text(values::slack_channel);
    let discord = table.key("discord").text(values::snowflake);
    if let Some(name) = &name {
        seen.borrow_mut().name(table, name);
    }
    let address = match (table.has("slack"), table.has("discord")) {
        (true, false) => slack.map(|id| Address { platform: Platform::Slack, id }),
        (false, true) => discord.map(|id| Address { platform: Platform::Discord, id }),
        (true, true) => {
            table.mistake("discord", "one channel is on one platform; make two of it");
            None
        }
        (false, false) => {
            table.mistake("", "where is it? give slack = \"C…\" or discord = \"…\", the id of the channel");
            None
        }
    };
    if let Some(address) = &address {
        seen.borrow_mut().address(table, address);
    }
    Some(Channel { name: name?, address: address? })
}

fn route(table: &Table<'_>, channels: &check::Seen) -> Option<Route> {
    let when = table.table("when", when);
    let to = table.key("to").required("the names of the channels that it leads to").list(|name| check::known_channel(name, channels));
    let r#continue = table.key("continue").or("false").flag();
    check::not_empty(table, "to", to.as_deref(), "a route leads to at least one channel");
    Some(Route { when, to: to?, r#continue: r#continue? })
}

/// A condition with a mistake is left out here; no route is made of it then.
fn when(table: &Table<'_>) -> When {
    let sides = Side::ALL.map(|side| (side.name(), side));
    let reasons = ReasonClass::ALL.map(|reason| (reason.name(), reason));
    let cancelled_by = table.key("cancelled_by").list(choice(&sides));
    let event_slug = table.key("event_slug").list(line);
    let host_email = table.key("host_email").list(values::email_pattern);
    let reason = table.key("reason").list(choice(&reasons));
    let never = "an empty list never fits; leave the key out where anything may fit";
    check::not_empty(table, "cancelled_by", cancelled_by.as_deref(), never);
    check::not_empty(table, "event_slug", event_slug.as_deref(), never);
    check::not_empty(table, "host_email", host_email.as_deref(), never);
    check::not_empty(table, "reason", reason.as_deref(), never);
    When { cancelled_by, event_slug, host_email, reason }
}

fn teammate(table: &Table<'_>) -> Option<Teammate> {
    let name = table.key("name").required("by which cards call this person").text(line);
    let email = table.key("email").text(values::email);
    let slack = table.key("slack").text(values::slack_user);
    let discord = table.key("discord").text(values::snowflake);
    let manager = table.key("manager").or("false").flag();
    let timezone = table.key("timezone").text(values::timezone);
    Some(Teammate { name: name?, email, slack, discord, manager: manager?, timezone, learned_slack: Learned::default() })
}

fn team_rules(table: &Table<'_>) -> Option<TeamRules> {
    let ways = [("dm", Notify::Dm), ("mention", Notify::Mention), ("off", Notify::Off)];
    let team_only = table.key("team_only").or("false").flag();
    let notify_host = table.key("notify_host").or("dm").text(choice(&ways));
    let notify_setter = table.key("notify_setter").or("off").text(choice(&ways));
    Some(TeamRules { team_only: team_only?, notify_host: notify_host?, notify_setter: notify_setter? })
}

fn card(table: &Table<'_>) -> Option<Card> {
    let highlight = table.key("highlight").or("").list(line);
    let link_hosts = table.key("link_hosts").or("").list(addresses::host);
    Some(Card { highlight: highlight?, link_hosts: link_hosts? })
}

fn log(table: &Table<'_>) -> Option<Log> {
    let formats = [("json", LogFormat::Json), ("pretty", LogFormat::Pretty)];
    let levels = [LogLevel::Error, LogLevel::Warn, LogLevel::Info, LogLevel::Debug, LogLevel::Trace].map(|level| (level.name(), level));
    let format = table.key("format").or("json").text(choice(&formats));
    let level = table.key("level").or("info").text(choice(&levels));
    Some(Log { format: format?, level: level? })
}

fn follow_up(table: &Table<'_>, timezone: Option<Tz>) -> Option<FollowUp> {
    let move_wait = table.key("move_wait").or("5s").text(duration);
    let reminders = reminders(table, timezone);
    Some(FollowUp { move_wait: move_wait?, reminders: reminders? })
}

fn delivery(table: &Table<'_>) -> Option<Delivery> {
    let request_timeout = table.key("request_timeout").or("10s").text(duration);
    let lease = table.key("lease").or("30s").text(duration);
    let settle = table.key("settle").or("60s").text(duration);
    let look_every = table.key("look_every").or("15s").text(duration);
    let retry = table.key("retry").or("1s, 5s, 30s, 2m, 10m").list(duration);
    let slack_interval = table.key("slack_interval").or("1s").text(duration);
    let discord_interval = table.key("discord_interval").or("1s").text(duration);
    check::lease(table, request_timeout, lease);
    check::settle(table, lease, settle);
    check::not_empty(table, "retry", retry.as_deref(), "at least one wait is wanted, such as [\"5s\"]");
    Some(Delivery {
        request_timeout: request_timeout?,
        lease: lease?,
        settle: settle?,
        look_every: look_every?,
        retry: retry?,
        slack_interval: slack_interval?,
        discord_interval: discord_interval?,
    })
}

fn without_tables<T>(read: Vec<(Table<'_>, T)>) -> Vec<T> {
    read.into_iter().map(|(_, value)| value).collect()
}
