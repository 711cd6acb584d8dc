//! The slash command is put to Discord when it has changed. Slack's is part of the app's manifest.

use chrono::{DateTime, Utc};

use super::Flow;
use crate::chat::discord::{Commands, Discord};
use crate::domain::post::Outcome;
use crate::render::Renderer;
use crate::store::{Store, StoreError};

/// The name of what is remembered.
const DISCORD_COMMANDS: &str = "discord_commands";

/// Why the command is not registered.
#[derive(Debug, thiserror::Error)]
pub enum RegisterError {
    /// Discord did not take it.
    #[error("Discord did not take the slash command: {0}")]
    Discord(String),
    /// What Discord took could not be looked up or remembered.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl Flow {
    /// Puts the slash command to Discord if it is not there as it should be; says whether it had to.
    ///
    /// # Errors
    /// See [`RegisterError`]; nothing is lost by trying again.
    pub async fn register(&self) -> Result<bool, RegisterError> {
        let Some(discord) = &self.discord else {
            return Ok(false);
        };
        let wanted = discord.digest(&commands(&self.renderer));
        if self.store.registration(DISCORD_COMMANDS).await?.as_ref() == Some(&wanted) {
            return Ok(false);
        }
        register(discord, &self.renderer, &self.store, self.clock.now()).await?;
        Ok(true)
    }
}

/// Puts the slash command to Discord, and remembers that.
///
/// # Errors
/// See [`RegisterError`].
pub async fn register(discord: &Discord, renderer: &Renderer, store: &Store, now: DateTime<Utc>) -> Result<(), RegisterError> {
    let commands = commands(renderer);
    discord.register(&commands).await.map_err(refused)?;
    let digest = discord.digest(&commands);
    store.write(move |tx| Box::pin(async move { tx.registered(DISCORD_COMMANDS, &digest, now).await })).await?;
    Ok(())
}

fn commands(renderer: &Renderer) -> Commands {
    let words = renderer.command();
    let verbs = words.verbs.iter().map(|verb| {
        let takes = verb.options.iter().map(|(name, about, takes)| (*name, about.as_str(), *takes));
        (verb.name, verb.about.as_str(), takes.collect())
    });
    Commands::new(&words.about, verbs)
}

fn refused(outcome: Outcome) -> RegisterError {
    RegisterError::Discord(match outcome {
        Outcome::NotDone { why, .. }
        | Outcome::Closed { why, .. }
        | Outcome::Refused { why }
        | Outcome::Unclear { why }
        | Outcome::LookRefused { why } => why,
        Outcome::Posted(_) | Outcome::Found(_) | Outcome::FoundTwice(_) | Outcome::NotFound | Outcome::Deleted => {
            "no answer to what was asked".to_owned()
        }
    })
}
