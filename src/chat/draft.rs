//! A text as long as it would like to be, to be cut once it is known how much room there is. Nearly always there is enough, so that it is
//! written once.

use super::text::length;

/// A text, and how to write it within fewer characters.
pub(super) struct Draft<T> {
    of: T,
    write: fn(&T, usize) -> String,
    limit: usize,
    text: String,
}

impl<T> Draft<T> {
    /// What `write` makes of it in at most so many characters.
    pub(super) fn new(of: T, limit: usize, write: fn(&T, usize) -> String) -> Self {
        let text = write(&of, limit);
        Self { of, write, limit, text }
    }

    /// The length that counts against a limit.
    pub(super) fn length(&self) -> usize {
        length(&self.text)
    }

    /// The text in at most so many characters.
    pub(super) fn fit(self, limit: usize) -> String {
        if limit < self.limit { (self.write)(&self.of, limit) } else { self.text }
    }
}
