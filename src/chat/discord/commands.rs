//! The slash command of the configured server: <https://docs.discord.com/developers/interactions/application-commands>.

use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::answer::{self, Asked};
use super::{ANSWER_MOST, Discord};
use crate::domain::command::Takes;
use crate::domain::post::Outcome;

/// A slash command.
const CHAT_INPUT: u8 = 1;
/// A verb of one.
const SUBCOMMAND: u8 = 1;
/// A text that a verb takes.
const TEXT: u8 = 3;
/// A whole number that a verb takes.
const NUMBER: u8 = 4;

/// A person that a verb takes.
const USER: u8 = 6;

/// All commands of ours, as Discord wants them.
#[derive(Debug, Clone, PartialEq)]
pub struct Commands(Value);

impl Commands {
    /// `/cancellations` with these verbs: each with its description and what it takes, by name and description.
    #[must_use]
    pub fn new<'a>(about: &str, verbs: impl IntoIterator<Item = (&'a str, &'a str, Vec<(&'a str, &'a str, Takes)>)>) -> Self {
        let option = |(name, about, takes): (&str, &str, Takes)| {
            let option = |kind: u8, required: bool| json!({ "type": kind, "name": name, "description": about, "required": required });
            match takes {
                Takes::Words => {
                    let mut option = option(TEXT, true);
                    option["autocomplete"] = json!(true);
                    option
                }
                Takes::Page => {
                    let mut option = option(NUMBER, false);
                    option["min_value"] = json!(1);
                    option
                }
                Takes::Person => option(USER, true),
            }
        };
        let verb = |(name, about, takes): (&'a str, &'a str, Vec<(&'a str, &'a str, Takes)>)| {
            let options: Vec<Value> = takes.into_iter().map(option).collect();
            json!({ "type": SUBCOMMAND, "name": name, "description": about, "options": options })
        };
        let options: Vec<Value> = verbs.into_iter().map(verb).collect();
        Self(json!([{ "type": CHAT_INPUT, "name": "cancellations", "description": about, "options": options }]))
    }
}

impl Discord {
    /// Changes whenever the commands do, or the application or the server that they belong to.
    #[must_use]
    pub fn digest(&self, commands: &Commands) -> String {
        hex::encode(Sha256::digest(format!("{}\n{}", self.path(), commands.0)))
    }

    /// Puts these commands in the place of all that the application has on the server. May be repeated.
    ///
    /// # Errors
    /// What came of it instead.
    pub async fn register(&self, commands: &Commands) -> Result<(), Outcome> {
        let answer = self.send(Method::PUT, &self.path(), Some(&commands.0), ANSWER_MOST).await?;
        answer::outcome(Asked::Reply, &answer)
    }

    fn path(&self) -> String {
        format!("/applications/{}/guilds/{}/commands", self.settings.application_id, self.settings.guild_id)
    }
}
