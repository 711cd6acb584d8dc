//! What is said to one person directly leads to the card.

use url::Url;

use super::Flow;
use super::deliver::Reach;
use super::outcome::not_yet;
use crate::domain::post::Outcome;
use crate::store::Claimed;

/// How often a direct message waits for its card: the first word to somebody must not hang on a channel that does not work.
const WAITS: u32 = 3;

impl Flow {
    /// The way to the card of a direct message; none where it cannot be had, which keeps nothing from being said.
    pub(super) async fn way_to_card(&self, claimed: &Claimed) -> Result<Option<Url>, Outcome> {
        if claimed.note.is_none() || claimed.channel.address.to_user().is_none() {
            return Ok(None);
        }
        let platform = claimed.channel.address.platform;
        let (channel, message) = match self.store.card_of(claimed.follow_up_id, platform).await {
            Ok((Some(card), _)) => card,
            Ok((None, true)) if claimed.post.attempt < WAITS => {
                return Err(not_yet("the card is not there yet"));
            }
            Ok((None, _)) => return Ok(None),
            Err(error) => {
                tracing::warn!(%error, "the card of a direct message cannot be looked up");
                return Ok(None);
            }
        };
        Ok(match self.platform(platform) {
            Some(Reach::Slack(slack)) => match slack.link(&channel, &message).await {
                Ok(url) => Some(url),
                Err(outcome) => {
                    tracing::warn!(?outcome, "Slack did not tell the way to a card");
                    None
                }
            },
            Some(Reach::Discord(discord)) => discord.link(&channel, &message),
            None => None,
        })
    }
}
