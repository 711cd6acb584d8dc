//! Discord's Ed25519 signature
//! (<https://docs.discord.com/developers/interactions/overview#setting-up-an-endpoint-validating-security-request-headers>), checked
//! before anything is read. Discord itself sends wrong ones from time to time and takes the address away if one is let in.

use chrono::{DateTime, Utc};
use ed25519_dalek::{Signature, VerifyingKey};
use reqwest::header::HeaderMap;

use crate::chat::Denied;
use crate::chat::http::{check_time, only, unhex};

/// Lets in what Discord signed within five minutes of `now`.
pub(super) fn verify(key: &VerifyingKey, headers: &HeaderMap, body: &[u8], now: DateTime<Utc>) -> Result<(), Denied> {
    let timestamp = only(headers, "x-signature-timestamp")?;
    let signature = only(headers, "x-signature-ed25519")?;
    let signature = Signature::from_bytes(&unhex(signature).ok_or(Denied::Malformed)?);
    check_time(timestamp, now)?;
    let signed = [timestamp.as_bytes(), body].concat();
    // Strict: no second spelling of a signature and no weak key is taken.
    key.verify_strict(&signed, &signature).map_err(|_| Denied::Wrong)
}

#[cfg(test)]
mod tests {
    use ed25519_dalek::{Signer, SigningKey};
    use reqwest::header::HeaderValue;

    use super::*;

    const NOW: i64 = 1_795_705_200;
    const BODY: &[u8] = br#"{"type":1}"#;

    fn sign(seed: u8, stamp: &str, body: &[u8]) -> String {
        hex::encode(SigningKey::from_bytes(&[seed; 32]).sign(&[stamp.as_bytes(), body].concat()).to_bytes())
    }

    /// Signature headers, time headers, body, and why it is not let in.
    type Case<'a> = (&'a [&'a str], &'a [&'a str], &'a [u8], Denied);

    fn check(signature: &[&str], stamp: &[&str], body: &[u8]) -> Result<(), Denied> {
        let key = SigningKey::from_bytes(&[7; 32]).verifying_key();
        let mut headers = HeaderMap::new();
        for value in signature {
            headers.append("x-signature-ed25519", HeaderValue::from_str(value).expect("a header value"));
        }
        for value in stamp {
            headers.append("x-signature-timestamp", HeaderValue::from_str(value).expect("a header value"));
        }
        verify(&key, &headers, body, DateTime::from_timestamp(NOW, 0).expect("a time"))
    }

    #[test]
    fn what_discord_signed_is_let_in_for_five_minutes_either_way() {
        for (age, expected) in [(0, Ok(())), (300, Ok(())), (-300, Ok(())), (301, Err(Denied::Stale)), (-301, Err(Denied::Stale))] {
            let stamp = (NOW + age).to_string();
            assert_eq!(check(&[&sign(7, &stamp, BODY)], &[&stamp], BODY), expected, "{age}");
        }
    }

    #[test]
    fn nothing_else_is_let_in() {
        let stamp = NOW.to_string();
        let good = sign(7, &stamp, BODY);
        let huge = "9".repeat(30);
        let cases: &[Case<'_>] = &[
            (&[], &[&stamp], BODY, Denied::Missing),
            (&[&good], &[], BODY, Denied::Missing),
            (&[&good, &good], &[&stamp], BODY, Denied::Malformed),
            (&[&good], &[&stamp, &stamp], BODY, Denied::Malformed),
            (&[&good[..126]], &[&stamp], BODY, Denied::Malformed),
            (&[&format!("{good}00")], &[&stamp], BODY, Denied::Malformed),
            (&["zz"], &[&stamp], BODY, Denied::Malformed),
            (&[&good.to_uppercase()], &[&stamp], BODY, Denied::Malformed),
            (&[&"0".repeat(128)], &[&stamp], BODY, Denied::Wrong),
            (&[&"f".repeat(128)], &[&stamp], BODY, Denied::Wrong),
            (&[&sign(8, &stamp, BODY)], &[&stamp], BODY, Denied::Wrong),
            (&[&good], &[&stamp], b"{}", Denied::Wrong),
            (&[&good], &[&(NOW - 1).to_string()], BODY, Denied::Wrong),
            (&[&sign(7, "now", BODY)], &["now"], BODY, Denied::Malformed),
            (&[&sign(7, &huge, BODY)], &[&huge], BODY, Denied::Stale),
        ];
        for (signature, stamp, body, why) in cases {
            assert_eq!(check(signature, stamp, body), Err(*why), "{signature:?} {stamp:?}");
        }
    }
}
