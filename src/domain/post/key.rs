//! The key by which a message is known again, whoever made it and whenever.

use std::fmt;

use serde::{Deserialize, Serialize};

/// The derived key of a message: 22 letters and digits, the same again after a restore. Fits every platform's marker (Discord's nonce
/// takes 25 characters). Opaque: it cannot be guessed and tells nothing.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
pub struct DeliveryKey(String);

impl DeliveryKey {
    /// Characters of every key.
    pub const LENGTH: usize = 22;

    /// Reads a key that came back from a platform or the database; `None` for what cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() == Self::LENGTH && text.bytes().all(|b| b.is_ascii_alphanumeric())).then(|| Self(text.to_owned()))
    }

    /// Base 62 of 128 bits.
    #[must_use]
    pub fn from_bits(bits: u128) -> Self {
        const DIGITS: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
        let mut rest = bits;
        let mut key = [b'0'; Self::LENGTH];
        for place in key.iter_mut().rev() {
            *place = DIGITS[usize::try_from(rest % 62).unwrap_or_default()];
            rest /= 62;
        }
        Self(key.iter().map(|digit| char::from(*digit)).collect())
    }

    /// The key as it stands in nonces, metadata, block ids and values of buttons.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for DeliveryKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
