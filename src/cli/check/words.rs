//! What is wrong and what to do about it, in words for whoever runs Rebound.

use chrono::TimeDelta;

use crate::chat::Complaint;
use crate::domain::platform::Platform;

pub(super) fn what_to_do(complaint: &Complaint, platform: Platform) -> String {
    match complaint {
        Complaint::NoAnswer { why } => {
            format!(
                "no answer that could be understood ({why}); is the network there, and is {platform}.api_url right? Try again in a minute"
            )
        }
        Complaint::Token { why } => match platform {
            Platform::Slack => format!(
                "the token is not taken ({why}); copy the Bot User OAuth Token from OAuth & Permissions of your app into slack.bot_token"
            ),
            Platform::Discord => {
                format!(
                    "the token is not taken ({why}); make a new one with Reset Token on the page Bot of your app, for discord.bot_token"
                )
            }
        },
        Complaint::Scopes(missing) => format!(
            "the app lacks the scopes {}; add them on the page OAuth & Permissions of your app, or paste what `rebound manifest slack` prints \
             on its page App Manifest, and reinstall the app to the workspace",
            missing.join(", ")
        ),
        Complaint::Application { is } => {
            format!("the token belongs to the application {is}, not to discord.application_id; copy both from the same application")
        }
        Complaint::Server { why } => format!(
            "the bot is not on the server of discord.guild_id ({why}); copy the server's id again, or add the bot with the address of the \
             OAuth2 URL generator"
        ),
        Complaint::Commands { why } => format!(
            "the app may not have slash commands on the server ({why}); add the bot again with the address of the OAuth2 URL generator, and \
             tick applications.commands beside bot"
        ),
        Complaint::Hidden { why } => match platform {
            Platform::Slack => {
                format!(
                    "there is no such channel, or it is private and the app is not in it ({why}); check the id, or type /invite @Rebound there"
                )
            }
            Platform::Discord => {
                format!("there is no such channel, or the bot may not see it ({why}); check the id, or give the bot View Channel there")
            }
        },
        Complaint::Archived => "the channel is archived; bring it back, or take it out of the configuration".to_owned(),
        Complaint::NotInvited => {
            "the app is not in the channel, so it cannot read there what it posted; type /invite @Rebound there".to_owned()
        }
        Complaint::Elsewhere => "the channel is not on the server of discord.guild_id; copy the id of a channel of that server".to_owned(),
        Complaint::NoMessages => "the channel takes no plain messages; choose a text channel".to_owned(),
        Complaint::Permissions(missing) => {
            format!("the bot lacks {}; allow it in Edit Channel, Permissions, or for the bot's role", missing.join(", "))
        }
        Complaint::History { why } => match platform {
            Platform::Slack => format!(
                "the history may not be read ({why}), so a card of unclear outcome would be held; grant channels:history and groups:history, \
                 and type /invite @Rebound there"
            ),
            Platform::Discord => format!(
                "the history may not be read ({why}), so a card of unclear outcome would be held; give the bot Read Message History there"
            ),
        },
    }
}

pub(super) fn clock(ahead: TimeDelta) -> String {
    let direction = if ahead > TimeDelta::zero() { "ahead of" } else { "behind" };
    format!(
        "this machine's clock is {} s {direction} theirs; let it follow a time server, since signed requests are refused from 300 s on",
        ahead.num_seconds().abs()
    )
}
