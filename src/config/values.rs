//! Reads single values: names, ids, times, choices, credentials. What fails says what would be right.

use std::path::PathBuf;
use std::time::Duration;

use chrono_tz::Tz;
use ed25519_dalek::VerifyingKey;

use super::Secret;
use super::mistake::quoted;
use super::similar::nearest;
use crate::domain::identity::normal_email;

/// Text on one line with something in it.
pub(super) fn line(text: &str) -> Result<String, String> {
    if text.trim().is_empty() {
        return Err("empty".to_owned());
    }
    if text.contains(char::is_control) {
        return Err("one line without control characters is wanted".to_owned());
    }
    Ok(text.to_owned())
}

/// Any text without control characters, even none.
pub(super) fn maybe_empty(text: &str) -> Result<String, String> {
    if text.is_empty() { Ok(String::new()) } else { line(text) }
}

/// A folder that exists.
pub(super) fn folder(text: &str) -> Result<PathBuf, String> {
    let path = PathBuf::from(line(text)?);
    if path.is_dir() { Ok(path) } else { Err(format!("there is no folder {}", quoted(text))) }
}

/// An IANA time zone.
pub(super) fn timezone(text: &str) -> Result<Tz, String> {
    text.parse().map_err(|_| {
        let meant = nearest(text, chrono_tz::TZ_VARIANTS.iter().map(|zone| zone.name()));
        let hint = meant.map_or_else(|| "a name such as Europe/Berlin is wanted".to_owned(), |meant| format!("did you mean {meant}?"));
        format!("no time zone is called {}; {hint}", quoted(text))
    })
}

/// A whole number and a unit; longer than nothing, at most a year.
pub(super) fn duration(text: &str) -> Result<Duration, String> {
    const LONGEST: Duration = Duration::from_hours(366 * 24);
    let wanted = || format!("a whole number and a unit are wanted, such as 250ms, 10s, 5m, 2h or 1d, not {}", quoted(text));
    let digits = text.len() - text.trim_start_matches(|letter: char| letter.is_ascii_digit()).len();
    let (number, unit) = text.split_at(digits);
    let number: u64 = number.parse().map_err(|_| wanted())?;
    let milliseconds: u64 = match unit {
        "ms" => 1,
        "s" => 1000,
        "m" => 60 * 1000,
        "h" => 60 * 60 * 1000,
        "d" => 24 * 60 * 60 * 1000,
        _ => return Err(wanted()),
    };
    match number.checked_mul(milliseconds).map(Duration::from_millis) {
        Some(duration) if duration.is_zero() => Err("must be longer than nothing".to_owned()),
        Some(duration) if duration <= LONGEST => Ok(duration),
        _ => Err("must not be longer than a year".to_owned()),
    }
}

/// One of a few words.
pub(super) fn choice<T: Copy>(choices: &[(&'static str, T)]) -> impl Fn(&str) -> Result<T, String> {
    move |text| {
        let found = choices.iter().find(|(name, _)| *name == text).map(|(_, value)| *value);
        found.ok_or_else(|| {
            let names: Vec<&str> = choices.iter().map(|(name, _)| *name).collect();
            let hint = nearest(text, names.iter().copied()).map(|meant| format!("; did you mean {meant}?")).unwrap_or_default();
            format!("unknown word {}, known are {}{hint}", quoted(text), names.join(", "))
        })
    }
}

/// An id of Discord.
pub(super) fn snowflake(text: &str) -> Result<String, String> {
    let fits = (15..=20).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit());
    if fits {
        return Ok(text.to_owned());
    }
    Err("an id of 15 to 20 digits is wanted; in Discord turn on Settings > Advanced > Developer Mode, then right-click and Copy ID"
        .to_owned())
}

/// The id of a Slack channel.
pub(super) fn slack_channel(text: &str) -> Result<String, String> {
    let found = slack_id(text, &['C', 'G', 'D']);
    found.ok_or_else(|| {
        let what = if text.starts_with('#') { "that is the channel's name; its" } else { "the channel's" };
        format!("{what} id is wanted, such as C0123456789; in Slack click the channel's name, the id is at the end of About")
    })
}

/// The id of a Slack user.
pub(super) fn slack_user(text: &str) -> Result<String, String> {
    let found = slack_id(text, &['U', 'W']);
    found.ok_or_else(|| {
        let what = if text.starts_with('@') { "that is the person's name; their" } else { "the person's" };
        format!("{what} member id is wanted, such as U0123456789; in Slack open their profile, then More > Copy member ID")
    })
}

fn slack_id(text: &str, first: &[char]) -> Option<String> {
    let rest = text.strip_prefix(first)?;
    let fits = rest.len() >= 2 && rest.bytes().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit());
    fits.then(|| text.to_owned())
}

/// An e-mail address.
pub(super) fn email(text: &str) -> Result<String, String> {
    if normal_email(text).is_some() { line(text) } else { Err("an e-mail address is wanted, such as alex@acme.com".to_owned()) }
}

/// A pattern for e-mail addresses.
pub(super) fn email_pattern(text: &str) -> Result<String, String> {
    if text.contains(['@', '*']) { line(text) } else { Err(format!("{} fits no address; write *@acme.com", quoted(text))) }
}

/// The name of an HTTP header, in lower case.
pub(super) fn header_name(text: &str) -> Result<String, String> {
    let fits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte));
    if fits { Ok(text.to_lowercase()) } else { Err("the name of a header is wanted, such as x-signature".to_owned()) }
}

/// The key with which Discord signs.
pub(super) fn public_key(text: &str) -> Result<VerifyingKey, String> {
    const WANTED: &str = "64 hex digits are wanted: Public Key on the application's General Information page";
    let mut key = [0; 32];
    hex::decode_to_slice(text, &mut key).map_err(|_| WANTED)?;
    match VerifyingKey::from_bytes(&key) {
        Ok(key) if !key.is_weak() => Ok(key),
        _ => Err(format!("these hex digits are no Ed25519 key; {WANTED}")),
    }
}

/// A secret of any form.
pub(super) fn credential(text: &str) -> Result<Secret, String> {
    if text.is_empty() {
        return Err("empty".to_owned());
    }
    if text.contains(|letter: char| letter.is_control() || letter.is_whitespace() || letter == '\u{fffd}') {
        return Err("holds a blank, a line break or something else that no secret has".to_owned());
    }
    if is_placeholder(text) {
        return Err("still a placeholder; put the real secret here".to_owned());
    }
    Ok(Secret::new(text))
}

/// The secret part of the webhook's address: at least 128 bits, safe in a URL.
pub(super) fn webhook_token(text: &str) -> Result<Secret, String> {
    const RUN: &str = "make one with `openssl rand -hex 32`";
    let secret = credential(text).map_err(|problem| format!("{problem}; {RUN}"))?;
    if !text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"._~-".contains(&byte)) {
        return Err(format!("it becomes part of an address, so only letters, digits and . _ ~ - are allowed; {RUN}"));
    }
    // So many characters of that kind hold 128 bits.
    let least = if text.bytes().all(|byte| byte.is_ascii_digit()) {
        39
    } else if text.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        32
    } else {
        22
    };
    if text.len() < least { Err(format!("too easy to guess: at least {least} such characters make 128 bits; {RUN}")) } else { Ok(secret) }
}

fn is_placeholder(text: &str) -> bool {
    const WORDS: [&str; 9] =
        ["changeme", "change-me", "change_me", "replaceme", "replace-me", "replace_me", "placeholder", "secret", "todo"];
    let word = text.to_lowercase();
    let is_variable = text.starts_with("${") || text.starts_with("$(") || text.starts_with("{{");
    let is_bracketed = text.starts_with('<') && text.ends_with('>');
    text.contains('…') || text.ends_with("...") || is_variable || is_bracketed || WORDS.contains(&word.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_a_unit() {
        for (text, expected) in [("250ms", 250), ("10s", 10_000), ("1m", 60_000), ("2h", 7_200_000), ("1d", 86_400_000)] {
            assert_eq!(duration(text), Ok(Duration::from_millis(expected)), "{text}");
        }
        for wrong in
            ["", "10", "s", "1.5s", "-1s", "0s", " 1s", "1 s", "1w", "99999999999999999999s", "18446744073709551615d", "400d", "١s"]
        {
            assert!(duration(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn time_zones_are_iana_names() {
        assert_eq!(timezone("America/New_York"), Ok(Tz::America__New_York));
        assert!(timezone("America/NewYork").is_err_and(|problem| problem.contains("did you mean America/New_York?")));
        assert!(timezone("Mars/Olympus").is_err_and(|problem| problem.contains("Mars/Olympus")));
    }

    #[test]
    fn ids_are_not_names() {
        assert!(slack_channel("C0123456789").is_ok() && slack_channel("G01").is_ok());
        for wrong in ["#general", "general", "C1", "c0123456789", "U0123456789", "", "C0123é"] {
            assert!(slack_channel(wrong).is_err(), "{wrong}");
        }
        assert!(slack_channel("#general").is_err_and(|problem| problem.contains("name")));
        assert!(slack_user("U0123456789").is_ok() && slack_user("@alex").is_err());
        assert!(snowflake("1122334455667788990").is_ok());
        for wrong in ["", "12345678901234", "123456789012345678901", "alerts", "١١٢٢٣٣٤٤٥٥٦٦٧٧"] {
            assert!(snowflake(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn public_keys_are_points_of_the_curve() {
        let key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a";
        assert!(public_key(key).is_ok() && public_key(&key.to_uppercase()).is_ok());
        let [zeros, no_point] = ["0".repeat(64), format!("{}{}", "02", "0".repeat(62))];
        for wrong in ["", "abc", &key[1..], &format!("{key}00"), &zeros, &no_point, &"é".repeat(32)] {
            assert!(public_key(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn placeholders_are_no_secrets() {
        for wrong in ["", "…", "xoxb-…", "xoxb-...", "ChangeMe", "${UNSET}", "<your token>", "a b", "a\nb", "<token>", "{{token}}"] {
            assert!(credential(wrong).is_err(), "{wrong}");
        }
        assert!(credential("ODMzMzMz.c0nform.discord-bot-token-7d6c5b4a").is_ok());
    }

    #[test]
    fn webhook_tokens_are_long_and_safe_in_a_url() {
        for good in ["c0nf0rmance-9f86d081884c7d659a2feaa0c55ad015", "abcdefghijklmnopqrstuv", &"0f".repeat(16), &"7".repeat(39)] {
            assert!(webhook_token(good).is_ok(), "{good}");
        }
        for wrong in
            ["canary-2", "abcdefghijklmnopqrstu", &"0f".repeat(15), &"7".repeat(38), "abcdefghijklmnopqrstuv/", "abcdefghijklmnopqrstuvé"]
        {
            assert!(webhook_token(wrong).is_err_and(|problem| problem.contains("openssl rand -hex 32")), "{wrong}");
        }
    }
}
