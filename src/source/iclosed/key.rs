//! Keys by which a webhook is known again when it is sent twice, and ids that every database and log can take.
//!
//! Nothing personal goes in: ids, instants and hashes only.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};

use crate::domain::event::EventKind;
use crate::domain::when::Moment;

use super::number;
use super::split::MAX_DEPTH;
use super::tolerant::{Node, Shape};

/// `call_cancelled:45526:1753991499900`: told apart by when it was cancelled, else by when the call was to start.
pub(super) fn of_cancellation(call_id: &str, cancelled_at: &Moment, start: impl Fn() -> Moment) -> String {
    let told_apart = match cancelled_at.instant() {
        Some(at) => at.timestamp_millis().to_string(),
        None => by_start(cancelled_at, &start()),
    };
    format!("{}:{call_id}:{told_apart}", EventKind::CallCancelled.name())
}

fn by_start(cancelled_at: &Moment, start: &Moment) -> String {
    match start.instant() {
        Some(start) => format!("start-{}", start.timestamp_millis()),
        None => [cancelled_at, start].into_iter().find_map(words).unwrap_or_else(unsaid),
    }
}

/// `call_booked:45526:1676480400000`, and for a moved call the old start behind the new one.
pub(super) fn of_booking(kind: EventKind, call_id: &str, start: &Moment, old_start: &Moment, booked_at: Option<DateTime<Utc>>) -> String {
    let booked = || booked_at.map(|at| format!("created-{}", at.timestamp_millis()));
    let spelt = |moment: &Moment| moment.instant().map(|at| at.timestamp_millis().to_string()).or_else(|| words(moment));
    let start = spelt(start).or_else(booked).unwrap_or_else(unsaid);
    let key = format!("{}:{call_id}:{start}", kind.name());
    if kind == EventKind::CallRescheduled { format!("{key}:{}", spelt(old_start).unwrap_or_else(unsaid)) } else { key }
}

/// `contact:` and a hash over everything that the item says: neither order of keys nor white space nor number form count.
pub(super) fn of_content(kind: EventKind, root: Node<'_>) -> String {
    let mut hash = Sha256::new();
    canonical(root, MAX_DEPTH, &mut hash);
    format!("{}:{}", kind.name(), hex(&hash.finalize()))
}

/// The id where it is short and plain, else its hash: an index takes no key of kilobytes, and an id field may hold anything.
pub(super) fn safe_id(text: &str) -> String {
    let id = number::plain(text).unwrap_or_else(|| text.to_owned());
    let plain = id.len() <= 64 && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-.".contains(&byte));
    if plain { id } else { hashed(&id) }
}

fn words(moment: &Moment) -> Option<String> {
    match moment {
        Moment::Unreadable(words) => Some(hashed(words)),
        Moment::Known(_) | Moment::Assumed(_) | Moment::Missing => None,
    }
}

fn unsaid() -> String {
    "unsaid".to_owned()
}

fn hashed(text: &str) -> String {
    format!("sha-{}", hex(&Sha256::digest(text)))
}

/// Sixteen bytes are plenty against chance, and nobody but the sender can choose them.
fn hex(digest: &[u8]) -> String {
    hex::encode(digest.get(..16).unwrap_or(digest))
}

/// Feeds a spelling that no two different values share: every part is preceded by its kind and length.
fn canonical(node: Node<'_>, levels: usize, hash: &mut Sha256) {
    let mut part = |kind: char, text: &str| hash.update(format!("{kind}{}:{text}", text.len()));
    let Some(levels) = levels.checked_sub(1) else {
        return part('d', node.raw());
    };
    match node.shape() {
        Shape::Null => part('n', ""),
        Shape::Scalar(text) => part('s', &number::plain(&text).unwrap_or(text)),
        Shape::List(nodes) => {
            part('l', &nodes.len().to_string());
            for node in nodes {
                canonical(node, levels, hash);
            }
        }
        Shape::Map(fields) => {
            let mut sorted: Vec<_> = fields.iter().collect();
            sorted.sort_by(|a, b| a.key.cmp(&b.key));
            part('m', &sorted.len().to_string());
            for field in sorted {
                hash.update(format!("k{}:{}", field.key.len(), field.key));
                canonical(field.value, levels, hash);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_short_and_plain_or_hashed() {
        for (written, expected) in [("45526", "45526"), ("45526.0", "45526"), ("call_p2BrZXMehOVQ", "call_p2BrZXMehOVQ")] {
            assert_eq!(safe_id(written), expected);
        }
        for odd in ["jane@example.com".to_owned(), "a b".to_owned(), "x".repeat(100_000), "é".to_owned(), "a:b".to_owned()] {
            let id = safe_id(&odd);
            assert!(id.starts_with("sha-") && id.len() == 36, "{id}");
        }
    }

    #[test]
    fn content_is_compared_by_what_it_says() {
        let key = |json: &str| of_content(EventKind::Contact, Node::parse(json).expect("JSON"));
        let same = [
            r#"{"a":45526,"b":[true,null,"x"]}"#,
            r#"{ "b" : ["true", null, "x"], "a":"45526.0" }"#,
            r#"{"a":1,"b":[true,null,"\u0078"],"a":4.5526e4}"#,
        ];
        for json in same {
            assert_eq!(key(json), key(same[0]), "{json}");
        }
        for json in
            [r#"{"a":45526,"b":[true,null],"x":0}"#, r#"{"a":45526,"b":[true,"null","x"]}"#, r#"{"a":45526,"b":"[true,null,x]"}"#, "{}"]
        {
            assert_ne!(key(json), key(same[0]), "{json}");
        }
    }
}
