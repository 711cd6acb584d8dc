//! A secret: it can be used and compared, but not printed, serialised or compared by `==`.

use std::fmt;

use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

/// Text that must never be seen; wiped from memory when it is dropped.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Takes the text over.
    #[must_use]
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The text itself, to be handed to where it is needed and nowhere else.
    #[must_use]
    pub fn expose(&self) -> &str {
        self.0.expose_secret()
    }

    /// Is that the secret? The time it takes tells nothing about where they differ, nor about the secret's length.
    #[must_use]
    pub fn matches(&self, given: &str) -> bool {
        let (own, given) = (Sha256::digest(self.expose()), Sha256::digest(given));
        own.as_slice().ct_eq(given.as_slice()).into()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_same_text_matches() {
        let secret = Secret::new("canary");
        assert!(secret.matches("canary"));
        for other in ["", "canar", "canary ", "Canary", "canarycanary"] {
            assert!(!secret.matches(other), "{other:?}");
        }
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?} {:#?}", Secret::new("canary"), Secret::new("canary")), "Secret(…) Secret(…)");
    }
}
