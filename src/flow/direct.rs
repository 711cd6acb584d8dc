//! What is said to one person directly leads to the card, on the same platform where there is one; and a card to the one of the invitee's
//! cancellation before.

use std::time::Duration;

use url::Url;

use super::Flow;
use super::deliver::Reach;
use super::outcome::not_yet;
use crate::domain::follow_up::FollowUp;
use crate::domain::message::Message;
use crate::domain::platform::{Address, Platform};
use crate::domain::post::{Dress, MessageRef, Outcome};
use crate::store::Claimed;

/// How often a direct message waits for its card: the first word to somebody must not hang on a channel that does not work.
const WAITS: u32 = 3;
/// So long a card waits at most for the way to another one.
const LINK_WITHIN: Duration = Duration::from_secs(2);

impl Flow {
    /// The way to the card of a direct message; none where it cannot be had, which keeps nothing from being said.
    pub(super) async fn way_to_card(&self, claimed: &Claimed) -> Result<Option<Url>, Outcome> {
        if claimed.note.is_none() || claimed.channel.address.to_user().is_none() {
            return Ok(None);
        }
        for platform in self.platforms_from(claimed.channel.address.platform) {
            match self.store.card_of(claimed.follow_up_id, platform).await {
                Ok((Some((channel, message)), _)) => return Ok(self.link(platform, &channel, &message).await),
                Ok((None, true)) if claimed.post.attempt < WAITS => {
                    return Err(not_yet("the card is not there yet"));
                }
                // There may be one on the other platform.
                Ok((None, _)) => {}
                Err(error) => {
                    tracing::warn!(%error, "the card of a direct message cannot be looked up");
                    return Ok(None);
                }
            }
        }
        Ok(None)
    }

    /// The card with the way to that of the cancellation before, in the same channel where there is one; without where it cannot be had.
    pub(super) async fn with_earlier(&self, claimed: &Claimed, follow_up: &FollowUp, message: Message) -> Message {
        // A plain card has no place for it, and a token in doubt is tried by one request.
        let has_room = claimed.note.is_none() && claimed.post.dress == Dress::Full && !claimed.probe;
        let Some(earlier) = follow_up.case.earlier.as_ref().filter(|_| has_room) else {
            return message;
        };
        let Address { platform, id } = &claimed.channel.address;
        let way = match self.store.card_named(&earlier.short_id, *platform, id).await {
            Ok(Some((channel, message))) => {
                tokio::time::timeout(LINK_WITHIN, self.link(*platform, &channel, &message)).await.ok().flatten()
            }
            Ok(None) => None,
            Err(error) => {
                tracing::warn!(%error, "the card of a cancellation before cannot be looked up");
                None
            }
        };
        match way {
            Some(url) => self.renderer.with_way_to(message, &earlier.short_id, &url),
            None => message,
        }
    }

    /// Those that are configured, this one first.
    pub(super) fn platforms_from(&self, first: Platform) -> Vec<Platform> {
        let mut platforms = self.platforms();
        platforms.sort_by_key(|platform| *platform != first);
        platforms
    }

    /// The way to a message, where its platform tells it.
    pub(super) async fn link(&self, platform: Platform, channel: &str, message: &MessageRef) -> Option<Url> {
        match self.platform(platform) {
            Some(Reach::Slack(slack)) => match slack.link(channel, message).await {
                Ok(url) => Some(url),
                Err(outcome) => {
                    tracing::warn!(?outcome, "Slack did not tell the way to a card");
                    None
                }
            },
            Some(Reach::Discord(discord)) => discord.link(channel, message),
            None => None,
        }
    }
}
