//! From a request's body to items. Knows JSON's outside only: what an item means is read later.

use serde_json::value::RawValue;

/// One element of a body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Item {
    /// The JSON text exactly as received, without the white space around it.
    pub raw: String,
}

/// Why a body is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NotJson {
    /// Nothing but white space.
    #[error("the body is empty")]
    Empty,
    /// Not UTF-8, which JSON has to be.
    #[error("the body is not UTF-8")]
    NotText,
    /// Nested deeper than any sender would.
    #[error("the body is nested too deep")]
    TooDeep,
    /// Cut off, or never was JSON.
    #[error("the body is not JSON")]
    Malformed,
}

impl NotJson {
    /// The name in the database, in metrics and in logs.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotText => "not_text",
            Self::TooDeep => "too_deep",
            Self::Malformed => "malformed",
        }
    }
}

/// How deep lists and objects may nest. iClosed's go five deep; everything after this may recurse without fear.
pub(super) const MAX_DEPTH: usize = 128;

/// Splits a body into its items: the elements of a JSON array, else the one JSON value that it is.
///
/// A byte order mark is dropped. The documentation shows an array of one, production sends the object itself.
///
/// # Errors
/// When the body is not JSON. One malformed element spoils the whole, since nothing tells where the next one begins.
pub fn split(body: &[u8]) -> Result<Vec<Item>, NotJson> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let text = std::str::from_utf8(body).map_err(|_| NotJson::NotText)?.trim_matches([' ', '\t', '\r', '\n']);
    if text.is_empty() {
        return Err(NotJson::Empty);
    }
    // Counted first, since that is much faster and most often enough.
    let opened = text.bytes().filter(|byte| matches!(byte, b'[' | b'{')).count();
    if opened > MAX_DEPTH && depth(text) > MAX_DEPTH {
        return Err(NotJson::TooDeep);
    }
    let items: Vec<&RawValue> =
        if text.starts_with('[') { serde_json::from_str(text) } else { serde_json::from_str(text).map(|one| vec![one]) }
            .map_err(|_| NotJson::Malformed)?;
    Ok(items.into_iter().map(|item| Item { raw: item.get().to_owned() }).collect())
}

/// How deep the text nests, for a text that need not be JSON.
fn depth(text: &str) -> usize {
    let (mut now, mut deepest): (usize, usize) = (0, 0);
    let (mut quoted, mut escaped) = (false, false);
    for byte in text.bytes() {
        match byte {
            _ if escaped => escaped = false,
            b'\\' if quoted => escaped = true,
            b'"' => quoted = !quoted,
            b'[' | b'{' if !quoted => {
                now += 1;
                deepest = deepest.max(now);
            }
            b']' | b'}' if !quoted => now = now.saturating_sub(1),
            _ => {}
        }
    }
    deepest
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raws(body: &[u8]) -> Result<Vec<String>, NotJson> {
        split(body).map(|items| items.into_iter().map(|item| item.raw).collect())
    }

    #[test]
    fn items_keep_their_text() {
        for (body, expected) in [
            (r#"{"a": 1.0 }"#, vec![r#"{"a": 1.0 }"#]),
            ("\u{feff}{}", vec!["{}"]),
            (" \r\n[ ] ", vec![]),
            (r#" [ {"b":1,"a":1e999} , null,5,"x",[ ]] "#, vec![r#"{"b":1,"a":1e999}"#, "null", "5", r#""x""#, "[ ]"]),
            (r#""\ud83d""#, vec![r#""\ud83d""#]),
            ("5", vec!["5"]),
        ] {
            assert_eq!(raws(body.as_bytes()).as_deref(), Ok(&expected.iter().map(ToString::to_string).collect::<Vec<_>>()[..]), "{body}");
        }
    }

    #[test]
    fn what_is_not_json_is_refused() {
        let utf16: Vec<u8> = "\u{feff}{}".encode_utf16().flat_map(u16::to_le_bytes).collect();
        let bottomless = "[".repeat(200_000);
        let deep = format!("{}{}", "[".repeat(100_000), "]".repeat(100_000));
        for (body, expected) in [
            (&b""[..], NotJson::Empty),
            (b"\xef\xbb\xbf \n", NotJson::Empty),
            (b"hello", NotJson::Malformed),
            (b"{\"a\":1", NotJson::Malformed),
            (b"{} {}", NotJson::Malformed),
            (b"[{},]", NotJson::Malformed),
            (b"{\"a\":NaN}", NotJson::Malformed),
            (b"\"\xff\"", NotJson::NotText),
            (&utf16, NotJson::NotText),
            (bottomless.as_bytes(), NotJson::TooDeep),
            (deep.as_bytes(), NotJson::TooDeep),
        ] {
            assert_eq!(raws(body), Err(expected), "{:?}", String::from_utf8_lossy(&body[..body.len().min(20)]));
        }
    }

    #[test]
    fn many_brackets_side_by_side_do_not_nest() {
        let text = format!(r#"{{"a":[{}[]]}}"#, "[],".repeat(1_000));
        assert_eq!(raws(text.as_bytes()), Ok(vec![text]));
        for (levels, refused) in [(MAX_DEPTH, false), (MAX_DEPTH + 1, true)] {
            let text = format!("{}{}", "[".repeat(levels), "]".repeat(levels));
            assert_eq!(raws(text.as_bytes()) == Err(NotJson::TooDeep), refused, "{levels}");
        }
    }

    #[test]
    fn brackets_inside_texts_do_not_nest() {
        let text = format!(r#"{{"a":"\"{}"}}"#, "[".repeat(1_000));
        assert_eq!(raws(text.as_bytes()), Ok(vec![text]));
    }
}
