//! JSON that is read as it is asked for: any scalar is a text, any spelling of a key will do, a wrong type is as good as absent.
//!
//! Built on raw slices because `serde_json`'s own numbers refuse `1e999` and with it the whole item,
//! its texts refuse the halves of an emoji that a sender cut in two, and its maps forget the order of keys.

use std::borrow::Cow;
use std::collections::HashMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::number;

/// Fields of an object that are compared one by one.
const FEW: usize = 48;

/// One JSON value, not looked into yet.
#[derive(Debug, Clone, Copy)]
pub(super) struct Node<'a>(&'a RawValue);

/// What a value is, one level deep.
#[derive(Debug)]
pub(super) enum Shape<'a> {
    Null,
    /// A text, a number in its [plain](number::plain) spelling, or `true`/`false`.
    Scalar(String),
    List(Vec<Node<'a>>),
    Map(Fields<'a>),
}

/// The fields of an object in their order, each key once: the last of several wins.
#[derive(Debug, Default)]
pub(super) struct Fields<'a>(Vec<Field<'a>>);

#[derive(Debug)]
pub(super) struct Field<'a> {
    /// As written.
    pub key: Cow<'a, str>,
    pub value: Node<'a>,
}

impl<'a> Node<'a> {
    /// `None` when the text is not JSON.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok().map(Self)
    }

    /// The text as received.
    pub(super) fn raw(self) -> &'a str {
        self.0.get()
    }

    pub(super) fn shape(self) -> Shape<'a> {
        let raw = self.raw();
        let read = match raw.bytes().next() {
            Some(b'{') => serde_json::from_str(raw).ok().map(Shape::Map),
            Some(b'[') => serde_json::from_str::<Vec<&RawValue>>(raw).ok().map(|list| Shape::List(list.into_iter().map(Node).collect())),
            Some(b'"') => serde_json::from_str::<Text<'_>>(raw).ok().map(|text| Shape::Scalar(text.0.into_owned())),
            Some(b'n') | None => None,
            Some(_) => Some(Shape::Scalar(number::plain(raw).unwrap_or_else(|| raw.to_owned()))),
        };
        read.unwrap_or(Shape::Null)
    }

    /// A scalar that says something, without the blanks around it.
    pub(super) fn text(self) -> Option<String> {
        match self.shape() {
            Shape::Scalar(text) => said(&text),
            Shape::Null | Shape::List(_) | Shape::Map(_) => None,
        }
    }

    /// The text of a scalar, or of the scalars in lists and in the objects that some forms wrap answers in.
    pub(super) fn flat_text(self) -> Option<String> {
        self.flat_text_within(4)
    }

    fn flat_text_within(self, levels: u8) -> Option<String> {
        let levels = levels.checked_sub(1)?;
        match self.shape() {
            Shape::Null => None,
            Shape::Scalar(text) => said(&text),
            Shape::List(nodes) => {
                let texts: Vec<String> = nodes.into_iter().filter_map(|node| node.flat_text_within(levels)).collect();
                (!texts.is_empty()).then(|| texts.join(", "))
            }
            Shape::Map(fields) => {
                ["answer", "value", "label", "name"].into_iter().find_map(|key| fields.node(key)?.flat_text_within(levels))
            }
        }
    }
}

impl<'a> Fields<'a> {
    pub(super) fn iter(&self) -> impl Iterator<Item = &Field<'a>> {
        self.0.iter()
    }

    /// Every value of that key, the one in the very spelling first, then those that differ in case and `_` only.
    fn nodes(&self, key: &str) -> impl Iterator<Item = Node<'a>> {
        let exact = self.0.iter().filter(move |field| field.key == key);
        let similar = self.0.iter().filter(move |field| field.key != key && are_similar(&field.key, key));
        exact.chain(similar).map(|field| field.value)
    }

    /// The first value of that key that is not null.
    pub(super) fn node(&self, key: &str) -> Option<Node<'a>> {
        self.nodes(key).find(|node| node.raw() != "null")
    }

    /// The first value of that key that is a text and says something.
    pub(super) fn text(&self, key: &str) -> Option<String> {
        self.nodes(key).find_map(Node::text)
    }

    /// The object under that key; empty when there is none.
    pub(super) fn section(&self, key: &str) -> Self {
        let maps = |node: Node<'a>| match node.shape() {
            Shape::Map(fields) => Some(fields),
            Shape::Null | Shape::Scalar(_) | Shape::List(_) => None,
        };
        self.nodes(key).find_map(maps).unwrap_or_default()
    }

    /// `true`, `"True"`, `1` and the like.
    pub(super) fn flag(&self, key: &str) -> bool {
        self.text(key).is_some_and(|text| ["true", "1", "yes"].contains(&text.to_lowercase().as_str()))
    }

    /// An id in its [safe](super::key::safe_id) spelling.
    pub(super) fn id(&self, key: &str) -> Option<String> {
        self.text(key).map(|text| super::key::safe_id(&text))
    }
}

impl Field<'_> {
    /// The key in lower case without `_`.
    pub(super) fn folded(&self) -> String {
        fold(&self.key)
    }
}

fn are_similar(one: &str, other: &str) -> bool {
    if one.is_ascii() && other.is_ascii() {
        // Every key that was ever seen; a good part of the time that reading takes is spent here.
        let [one, other] = [one, other].map(|key| key.bytes().filter(|byte| *byte != b'_').map(|byte| byte.to_ascii_lowercase()));
        return one.eq(other);
    }
    fold(one) == fold(other)
}

fn fold(key: &str) -> String {
    key.chars().filter(|c| *c != '_').flat_map(char::to_lowercase).collect()
}

/// The text without the blanks around it; `None` when nothing visible is left.
///
/// NUL is dropped: nobody can see it, and PostgreSQL cannot store it.
fn said(text: &str) -> Option<String> {
    let text = text.replace('\0', "");
    let visible =
        |c: char| !(c.is_whitespace() || c.is_control() || matches!(c, '\u{ad}' | '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}'));
    text.contains(visible).then(|| text.trim().to_owned())
}

/// A JSON text in which half an emoji became U+FFFD.
struct Text<'a>(Cow<'a, str>);

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Lossy;
        impl<'de> Visitor<'de> for Lossy {
            type Value = Text<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text")
            }
            fn visit_borrowed_bytes<E>(self, bytes: &'de [u8]) -> Result<Text<'de>, E> {
                Ok(Text(String::from_utf8_lossy(bytes)))
            }
            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Text<'de>, E> {
                Ok(Text(String::from_utf8_lossy(bytes).into_owned().into()))
            }
        }
        deserializer.deserialize_bytes(Lossy)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Fields<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct InOrder;
        impl<'de> Visitor<'de> for InOrder {
            type Value = Fields<'de>;
            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }
            fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Fields<'de>, M::Error> {
                let mut written: Vec<(Cow<'_, str>, &RawValue)> = Vec::new();
                while let Some((Text(key), value)) = map.next_entry::<Text<'_>, &RawValue>()? {
                    written.push((key, value));
                }
                let last: HashMap<&str, usize> = match written.len() {
                    // To compare a few is faster than to hash them.
                    0..=FEW => HashMap::new(),
                    _ => written.iter().enumerate().map(|(at, (key, _))| (key.as_ref(), at)).collect(),
                };
                let counts = |at: usize| {
                    let key = written[at].0.as_ref();
                    if last.is_empty() { written[at + 1..].iter().all(|(later, _)| later != key) } else { last.get(key) == Some(&at) }
                };
                let counts: Vec<bool> = (0..written.len()).map(counts).collect();
                let field = |(key, value)| Field { key, value: Node(value) };
                Ok(Fields(written.into_iter().zip(counts).filter(|(_, counts)| *counts).map(|(written, _)| field(written)).collect()))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fields(text: &str) -> Fields<'_> {
        let Shape::Map(fields) = Node::parse(text).expect("JSON").shape() else { panic!("{text}") };
        fields
    }

    #[test]
    fn any_scalar_is_a_text_and_blanks_are_absent() {
        for (json, expected) in [
            (r#""x""#, Some("x")),
            (r#"" x\u0000y ""#, Some("xy")),
            ("45526.0", Some("45526")),
            ("1e999", Some("1e999")),
            ("true", Some("true")),
            ("null", None),
            (r#"" \t\u00a0\u3000\u200b\ufeff""#, None),
            ("[1]", None),
            ("{}", None),
            (r#""a\ud83d""#, Some("a\u{fffd}\u{fffd}\u{fffd}")),
            (r#""\ud83d\ude00""#, Some("😀")),
        ] {
            assert_eq!(Node::parse(json).expect("JSON").text().as_deref(), expected, "{json}");
        }
    }

    #[test]
    fn keys_are_found_in_any_spelling_and_the_last_of_equal_ones_wins() {
        let read = fields(r#"{"firstName":"","First_Name":"B","first_name":"A","first_name":"C","flag":"TRUE","n":null,"\ud83d":1}"#);
        assert_eq!(read.text("first_name").as_deref(), Some("C"));
        assert_eq!(read.text("firstName").as_deref(), Some("B"), "a blank gives way to another spelling");
        assert!(read.flag("flag") && !read.flag("first_name") && !read.flag("absent"));
        assert!(read.node("n").is_none() && read.section("first_name").iter().next().is_none());
        assert_eq!(read.iter().map(|field| field.key.as_ref()).collect::<Vec<_>>()[..3], ["firstName", "First_Name", "first_name"]);
    }

    #[test]
    fn lists_and_wrapped_answers_are_flattened() {
        for (json, expected) in [
            (r#"["a", 2.50, null, [true]]"#, Some("a, 2.5, true")),
            (r#"[{"inputType":"SINGLE_SELECT","answer":"Yes"}]"#, Some("Yes")),
            ("[[[[[1]]]]]", None),
            ("[]", None),
            ("{}", None),
        ] {
            assert_eq!(Node::parse(json).expect("JSON").flat_text().as_deref(), expected, "{json}");
        }
    }
}
