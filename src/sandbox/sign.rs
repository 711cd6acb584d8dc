//! Signs requests to the bot as Slack (HMAC-SHA256, version v0) and Discord (Ed25519) do. It sends nothing.

use chrono::{DateTime, Utc};
use ed25519_dalek::{Signer as _, SigningKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

/// A request to the bot that is ready to be sent, or to be tampered with first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedRequest {
    /// The bot's endpoint.
    pub url: String,
    /// All headers that the platform would send, signature included.
    pub headers: Vec<(String, String)>,
    /// The bytes that were signed.
    pub body: String,
}

/// What Slack would send: `at` dates it, `form` chooses between a form and JSON.
pub(super) fn slack(url: String, body: String, secret: &str, at: DateTime<Utc>, form: bool) -> SignedRequest {
    let timestamp = at.timestamp().to_string();
    let kind = if form { "application/x-www-form-urlencoded" } else { "application/json" };
    let headers = vec![
        ("content-type".to_owned(), kind.to_owned()),
        ("user-agent".to_owned(), "Slackbot 1.0 (+https://api.slack.com/robots)".to_owned()),
        ("x-slack-signature".to_owned(), slack_signature(secret, &timestamp, &body)),
        ("x-slack-request-timestamp".to_owned(), timestamp),
    ];
    SignedRequest { url, headers, body }
}

/// What Discord would send.
pub(super) fn discord(url: String, body: String, seed: &[u8; 32], at: DateTime<Utc>) -> SignedRequest {
    let timestamp = at.timestamp().to_string();
    let signature = SigningKey::from_bytes(seed).sign(format!("{timestamp}{body}").as_bytes());
    let headers = vec![
        ("content-type".to_owned(), "application/json".to_owned()),
        ("user-agent".to_owned(), "Discord-Interactions/1.0 (+https://discord.com)".to_owned()),
        ("x-signature-ed25519".to_owned(), hex::encode(signature.to_bytes())),
        ("x-signature-timestamp".to_owned(), timestamp),
    ];
    SignedRequest { url, headers, body }
}

fn slack_signature(secret: &str, timestamp: &str, body: &str) -> String {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        return String::new(); // HMAC takes keys of any length
    };
    mac.update(format!("v0:{timestamp}:{body}").as_bytes());
    format!("v0={}", hex::encode(mac.finalize().into_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slack_signature_equals_the_documented_one() {
        let body = "token=xyzz0WbapA4vBCDEFasx0q6G&team_id=T1DC2JH3J&team_domain=testteamnow&channel_id=G8PSS9T3V&channel_name=foobar\
                    &user_id=U2CERLKJA&user_name=roadrunner&command=%2Fwebhook-collect&text=&response_url=https%3A%2F%2Fhooks.slack.com\
                    %2Fcommands%2FT1DC2JH3J%2F397700885554%2F96rGlfmibIGlgcZRskXaIFfN&trigger_id=398738663015.47445629121.803a0bc887a14d10d2c447fce8b6703c";
        let signed = slack_signature("8f742231b10e8888abcd99yyyzzz85a5", "1531420618", body);
        assert_eq!(signed, "v0=a2114d57b48eac39b9ad189dd8316235a7b4a8d21a10bd27519666489c69b503");
    }

    #[test]
    fn discord_signature_can_be_verified() {
        let seed = [7; 32];
        let request = discord(String::new(), "{}".to_owned(), &seed, DateTime::UNIX_EPOCH);
        let header = |name: &str| request.headers.iter().find(|(n, _)| n == name).map(|(_, v)| v.clone()).unwrap_or_default();
        let bytes = hex::decode(header("x-signature-ed25519")).unwrap();
        let signature = ed25519_dalek::Signature::from_slice(&bytes).unwrap();
        let message = format!("{}{{}}", header("x-signature-timestamp"));
        assert!(SigningKey::from_bytes(&seed).verifying_key().verify_strict(message.as_bytes(), &signature).is_ok());
    }
}
