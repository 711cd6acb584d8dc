//! Conversations with people that are open: to open one costs a request of a limit that is low, and its id never changes.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// By user. Only what a platform told, and only in memory: whoever starts anew asks again.
#[derive(Debug, Default)]
pub(super) struct Conversations(Mutex<HashMap<String, String>>);

/// More people than any team has; beyond, all are asked for again.
const MOST: usize = 10_000;

impl Conversations {
    pub(super) fn with(&self, user: &str) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(user).cloned()
    }

    pub(super) fn remember(&self, user: &str, conversation: &str) {
        let mut opened = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if opened.len() >= MOST {
            opened.clear();
        }
        opened.insert(user.to_owned(), conversation.to_owned());
    }
}
