//! How people and calls are recognised: normalised names, addresses and numbers, and the short id of a follow-up.
//!
//! Normal forms are for comparing only; what is shown is always what was written.

use serde::{Deserialize, Serialize};

/// The longest address that mail servers take (RFC 5321, 4.5.3.1): what is longer is nobody's, and no key of an index.
const EMAIL_MOST: usize = 320;

/// The e-mail address in lower case without surrounding blanks; `None` for what has no `@` between other characters, or is too long.
///
/// iClosed puts the phone number into the e-mail field when a form was left early, hence the check.
#[must_use]
pub fn normal_email(written: &str) -> Option<String> {
    let email = written.trim().to_lowercase();
    let (user, host) = email.rsplit_once('@')?;
    let fits = !user.is_empty() && !host.is_empty() && email.len() <= EMAIL_MOST && !email.contains(char::is_whitespace);
    fits.then_some(email)
}

/// The name in lower case, words separated by one blank, without punctuation; `None` when nothing is left.
#[must_use]
pub fn normal_name(written: &str) -> Option<String> {
    if written.is_ascii() {
        let words = written.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
        let normal =
            words.fold(
                String::with_capacity(written.len()),
                |normal, word| {
                    if normal.is_empty() { word.to_owned() } else { normal + " " + word }
                },
            );
        return (!normal.is_empty()).then(|| normal.to_ascii_lowercase());
    }
    let plain: String = written.chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let words: Vec<String> = plain.split_whitespace().map(str::to_lowercase).collect();
    (!words.is_empty()).then(|| words.join(" "))
}

/// The digits of a complete international phone number; `None` for a masked (`+33*********`) or too short one.
///
/// A national zero after the country code of France (`+330…`, seen in production) is dropped, so that both spellings agree.
#[must_use]
pub fn normal_phone(written: &str) -> Option<String> {
    if written.contains(['*', 'x', 'X', '•']) {
        return None;
    }
    let digits: String = written.chars().filter(char::is_ascii_digit).collect();
    let digits = match digits.strip_prefix("330") {
        Some(rest) => format!("33{rest}"),
        None => digits,
    };
    (8..=15).contains(&digits.len()).then_some(digits)
}

/// By what one invitee is known again, strongest first; never a name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Identity {
    /// [`normal_email`].
    pub email: Option<String>,
    /// iClosed's contact id.
    pub contact: Option<String>,
    /// [`normal_phone`].
    pub phone: Option<String>,
}

impl Identity {
    /// Do they agree in any of the three? Nothing proves nothing.
    #[must_use]
    pub fn is_of(&self, other: &Self) -> bool {
        let same = |one: &Option<String>, other: &Option<String>| one.is_some() && one == other;
        same(&self.email, &other.email) || same(&self.contact, &other.contact) || same(&self.phone, &other.phone)
    }
}

/// The short id of a follow-up: four to six capital letters and digits, at least one digit, such as `K7Q2`.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct ShortId(String);

impl ShortId {
    /// Without 0/O, 1/I/L and U: they are misread or spell words.
    const LETTERS: &[u8] = b"ABCDEFGHJKMNPQRSTVWXYZ";
    const DIGITS: &[u8] = b"23456789";

    /// A short id of `length` (4 to 6) characters made of `random`; the same bytes give the same id.
    #[must_use]
    pub fn from_random(random: [u8; 8], length: usize) -> Self {
        let length = length.clamp(4, 6);
        let both: Vec<u8> = [Self::LETTERS, Self::DIGITS].concat();
        let pick = |set: &[u8], byte: u8| char::from(set[usize::from(byte) % set.len()]);
        let digit_at = usize::from(random[7]) % length;
        Self((0..length).map(|at| if at == digit_at { pick(Self::DIGITS, random[at]) } else { pick(&both, random[at]) }).collect())
    }

    /// Reads what a person typed: any case, with or without `#`.
    #[must_use]
    pub fn parse(typed: &str) -> Option<Self> {
        let id = typed.trim().trim_start_matches('#').to_ascii_uppercase();
        let fits = (4..=6).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_alphanumeric()) && id.bytes().any(|b| b.is_ascii_digit());
        fits.then_some(Self(id))
    }

    /// The id as it is shown, without `#`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl std::fmt::Display for ShortId {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emails_are_compared_without_case_and_blanks() {
        assert_eq!(normal_email(" Jane@Example.COM ").as_deref(), Some("jane@example.com"));
        let long = format!("{}@b.example", "a".repeat(320));
        for no_email in ["+15551234567", "", "@", "a@", "@b", "a b@c", &long] {
            assert_eq!(normal_email(no_email), None, "{no_email:?}");
        }
    }

    #[test]
    fn names_are_compared_by_their_words() {
        assert_eq!(normal_name("  Doe,  JANE "), normal_name("doe jane"));
        assert_eq!(normal_name(" \u{a0}-"), None);
    }

    #[test]
    fn phones_are_compared_by_digits_and_masked_ones_not_at_all() {
        assert_eq!(normal_phone("+33 0 664 92 93 87"), normal_phone("+33664929387"));
        for useless in ["+33*********", "12", "", "call me"] {
            assert_eq!(normal_phone(useless), None, "{useless:?}");
        }
    }

    #[test]
    fn short_ids_have_a_digit_and_survive_typing() {
        for seed in 0..=255 {
            let id = ShortId::from_random([seed, seed ^ 0x5b, 3, 200, seed.wrapping_mul(7), 1, 2, seed], 4 + usize::from(seed % 3));
            assert_eq!(ShortId::parse(&format!(" #{} ", id.as_str().to_lowercase())), Some(id));
        }
        for no_id in ["", "#", "ABC", "ABCD", "K7Q2XYZ", "K7 2"] {
            assert_eq!(ShortId::parse(no_id), None, "{no_id:?}");
        }
    }
}
