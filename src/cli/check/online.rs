//! Asks each configured platform what it thinks of the configuration, and tells it line by line.

use chrono::TimeDelta;

use super::words;
use crate::app;
use crate::chat::discord::Discord;
use crate::chat::slack::Slack;
use crate::chat::{Account, Complaint};
use crate::cli::{Failure, say};
use crate::config::Config;
use crate::domain::platform::{Channel, Platform};
use crate::flow::Clock;

/// Clocks further apart than that are worth a word: signed requests are refused from five minutes on.
const CLOCK_MOST: TimeDelta = TimeDelta::seconds(30);

pub(super) async fn run(config: &Config, clock: &Clock) -> Result<(), Failure> {
    let failed = |error: crate::chat::BuildError| Failure::Failed(error.to_string());
    let mut report = Report::default();
    if let Some(slack) = app::slack(config).map_err(failed)? {
        ask_slack(&slack, config, clock, &mut report).await?;
    }
    if let Some(discord) = app::discord(config).map_err(failed)? {
        ask_discord(&discord, config, clock, &mut report).await?;
    }
    match report.wrong {
        0 => Ok(()),
        1 => Err(Failure::Failed("1 thing is wrong".to_owned())),
        more => Err(Failure::Failed(format!("{more} things are wrong"))),
    }
}

async fn ask_slack(slack: &Slack, config: &Config, clock: &Clock, report: &mut Report) -> Result<(), Failure> {
    if !report.account(Platform::Slack, slack.examine_account().await, clock)? {
        return Ok(());
    }
    for channel in channels(config, Platform::Slack) {
        report.channel(channel, &slack.examine_channel(&channel.address.id).await)?;
    }
    Ok(())
}

async fn ask_discord(discord: &Discord, config: &Config, clock: &Clock, report: &mut Report) -> Result<(), Failure> {
    let account = discord.examine_account().await;
    let is_another = |complaint: &Complaint| matches!(complaint, Complaint::Application { .. });
    // What another application may do says nothing about the configured one.
    let is_ours = account.as_ref().is_ok_and(|account| !account.complaints.iter().any(is_another));
    if !report.account(Platform::Discord, account, clock)? {
        return Ok(());
    }
    let server = match discord.examine_server().await {
        Ok(server) => server,
        Err(complaint) => return report.platform(Platform::Discord, &complaint),
    };
    if is_ours && let Err(complaint) = discord.examine_commands().await {
        report.platform(Platform::Discord, &complaint)?;
    }
    for channel in channels(config, Platform::Discord) {
        report.channel(channel, &discord.examine_channel(&server, &channel.address.id).await)?;
    }
    Ok(())
}

fn channels(config: &Config, platform: Platform) -> impl Iterator<Item = &Channel> {
    config.channels.iter().filter(move |channel| channel.address.platform == platform)
}

/// Tells what was found, and counts what is wrong.
#[derive(Default)]
struct Report {
    wrong: usize,
}

impl Report {
    /// Tells about the token; is there any use in asking further?
    fn account(&mut self, platform: Platform, account: Result<Account, Complaint>, clock: &Clock) -> Result<bool, Failure> {
        let account = match account {
            Ok(account) => account,
            Err(complaint) => return self.platform(platform, &complaint).map(|()| false),
        };
        say(format_args!("{platform}: the token is that of {}", account.name))?;
        let ahead = account.date.map(|date| clock.now() - date).filter(|ahead| ahead.abs() > CLOCK_MOST);
        if let Some(ahead) = ahead {
            self.wrong += 1;
            say(format_args!("{platform}: {}", words::clock(ahead)))?;
        }
        for complaint in &account.complaints {
            self.platform(platform, complaint)?;
        }
        Ok(true)
    }

    fn platform(&mut self, platform: Platform, complaint: &Complaint) -> Result<(), Failure> {
        self.wrong += 1;
        say(format_args!("{platform}: {}", words::what_to_do(complaint, platform)))
    }

    fn channel(&mut self, channel: &Channel, complaints: &[Complaint]) -> Result<(), Failure> {
        let Channel { name, address } = channel;
        let platform = address.platform;
        if complaints.is_empty() {
            say(format_args!("{platform}: {name} ({}): good", address.id))?;
        }
        for complaint in complaints {
            self.wrong += 1;
            say(format_args!("{platform}: {name} ({}): {}", address.id, words::what_to_do(complaint, platform)))?;
        }
        Ok(())
    }
}
