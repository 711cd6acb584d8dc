//! Slack's signature v0 (<https://docs.slack.dev/authentication/verifying-requests-from-slack>), checked before anything is read.
//!
//! slack-morphism's verifier reads the clock itself and wants the body as text; this one takes both as they come and accepts only the
//! one spelling that Slack uses.

use chrono::{DateTime, Utc};
use hmac::{Hmac, KeyInit, Mac};
use reqwest::header::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

use crate::chat::Denied;
use crate::chat::http::{check_time, only, unhex};

/// Lets in what Slack signed within the last five minutes. The comparison takes the same time whatever differs.
pub(super) fn verify(secret: &SecretString, headers: &HeaderMap, body: &[u8], now: DateTime<Utc>) -> Result<(), Denied> {
    let timestamp = only(headers, "x-slack-request-timestamp")?;
    let signature = only(headers, "x-slack-signature")?;
    let signature: [u8; 32] = signature.strip_prefix("v0=").and_then(unhex).ok_or(Denied::Malformed)?;
    check_time(timestamp, now)?;
    let secret = secret.expose_secret().as_bytes();
    // An empty secret would let in whoever knows that it is empty.
    if secret.is_empty() {
        return Err(Denied::Wrong);
    }
    let mut mac = Hmac::<Sha256>::new_from_slice(secret).map_err(|_| Denied::Wrong)?;
    for part in [b"v0:", timestamp.as_bytes(), b":", body] {
        mac.update(part);
    }
    mac.verify_slice(&signature).map_err(|_| Denied::Wrong)
}

#[cfg(test)]
mod tests {
    use reqwest::header::HeaderValue;

    use super::*;

    /// The example of Slack's own page.
    const SECRET: &str = "8f742231b10e8888abcd99yyyzzz85a5";
    const STAMP: &str = "1531420618";
    const SIGNATURE: &str = "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503";
    const BODY: &str = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar&user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com%2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";

    fn headers(pairs: &[(&'static str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in pairs {
            headers.append(*name, HeaderValue::from_str(value).expect("a header value"));
        }
        headers
    }

    fn check(signature: &str, stamp: &str, body: &str, age: i64) -> Result<(), Denied> {
        let now = DateTime::from_timestamp(1_531_420_618 + age, 0).expect("a time");
        let headers = headers(&[("x-slack-signature", signature), ("x-slack-request-timestamp", stamp)]);
        verify(&SecretString::from(SECRET), &headers, body.as_bytes(), now)
    }

    #[test]
    fn slacks_own_example_is_let_in_for_five_minutes_either_way() {
        for age in [0, 300, -300] {
            assert_eq!(check(SIGNATURE, STAMP, BODY, age), Ok(()));
        }
        for age in [301, -301, 86_400] {
            assert_eq!(check(SIGNATURE, STAMP, BODY, age), Err(Denied::Stale));
        }
    }

    #[test]
    fn nothing_else_is_let_in() {
        let upper = SIGNATURE.to_uppercase().replace("V0", "v0");
        let cases: &[(&str, &str, &str, Denied)] = &[
            (SIGNATURE, STAMP, "other", Denied::Wrong),
            (&format!("v0={}", "0".repeat(64)), STAMP, BODY, Denied::Wrong),
            (&upper, STAMP, BODY, Denied::Malformed),
            (&SIGNATURE.replace("v0=", "v1="), STAMP, BODY, Denied::Malformed),
            (&SIGNATURE[..66], STAMP, BODY, Denied::Malformed),
            (&format!("{SIGNATURE}00"), STAMP, BODY, Denied::Malformed),
            (&format!("v0={}", "zz".repeat(32)), STAMP, BODY, Denied::Malformed),
            ("", STAMP, BODY, Denied::Malformed),
            (SIGNATURE, "1531420617", BODY, Denied::Wrong),
            (SIGNATURE, "-1531420618", BODY, Denied::Malformed),
            (SIGNATURE, "+1531420618", BODY, Denied::Malformed),
            (SIGNATURE, "now", BODY, Denied::Malformed),
            (SIGNATURE, "", BODY, Denied::Malformed),
            (SIGNATURE, "999999999999999999999999999999", BODY, Denied::Stale),
            (SIGNATURE, "9223372036854775807", BODY, Denied::Stale),
        ];
        for (signature, stamp, body, why) in cases {
            assert_eq!(check(signature, stamp, body, 0), Err(*why), "{signature} {stamp}");
        }
    }

    #[test]
    fn both_headers_stand_there_once() {
        let now = DateTime::from_timestamp(1_531_420_618, 0).expect("a time");
        let secret = SecretString::from(SECRET);
        let (sign, stamp) = (("x-slack-signature", SIGNATURE), ("x-slack-request-timestamp", STAMP));
        for (pairs, why) in [
            (vec![], Denied::Missing),
            (vec![sign], Denied::Missing),
            (vec![stamp], Denied::Missing),
            (vec![sign, sign, stamp], Denied::Malformed),
            (vec![sign, stamp, stamp], Denied::Malformed),
        ] {
            assert_eq!(verify(&secret, &headers(&pairs), BODY.as_bytes(), now), Err(why));
        }
        assert_eq!(verify(&SecretString::from(""), &headers(&[sign, stamp]), BODY.as_bytes(), now), Err(Denied::Wrong));
    }
}
