//! Slack's home of the bot shows what somebody has, so it is shown anew when others or time change that.
//!
//! Best effort: only to those who have opened it since the start, and everybody else sees it as it is when they do.

use std::collections::HashSet;
use std::sync::{Mutex, PoisonError};

use super::Flow;
use crate::chat::Visitor;
use crate::domain::platform::Platform;

/// People who are remembered at once; beyond that everybody is forgotten until they open it again.
const OPENED_MOST: usize = 1_000;

/// Who has opened the bot's home, by their Slack id.
#[derive(Debug, Default)]
pub struct Homes {
    opened: Mutex<HashSet<String>>,
}

impl Homes {
    pub(super) fn remember(&self, id: &str) {
        let mut opened = self.opened.lock().unwrap_or_else(PoisonError::into_inner);
        if opened.len() >= OPENED_MOST {
            opened.clear();
        }
        opened.insert(id.to_owned());
    }

    fn is_empty(&self) -> bool {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).is_empty()
    }

    fn has(&self, id: &str) -> bool {
        self.opened.lock().unwrap_or_else(PoisonError::into_inner).contains(id)
    }
}

impl Flow {
    /// The Slack id of who has that follow-up, or had it when it was closed, where they have opened the bot's home.
    pub(super) async fn at_home(&self, follow_up: i64) -> Option<String> {
        if self.homes.is_empty() {
            return None;
        }
        let follow_up = self.store.follow_up(follow_up).await.ok().flatten()?;
        let owner = follow_up.owner().or(follow_up.last_owner.as_ref())?;
        owner.id_on(Platform::Slack).filter(|id| self.homes.has(id)).map(str::to_owned)
    }

    /// Shows the homes of those who had it and who have it now.
    pub(super) fn homes_later(&self, before: Option<String>, after: Option<String>) {
        let both = before.into_iter().chain(after).collect::<HashSet<String>>();
        for id in both {
            let who = Visitor { platform: Platform::Slack, id, name: String::new(), team: None, home: true, direct: true };
            self.home_later(&who);
        }
    }
}
