//! JSON that is read as it is asked for: any scalar is a text, any spelling of a key will do, a wrong type is as good as absent.
//!
//! Built on raw slices because `serde_json`'s own numbers refuse `1e999` and with it the whole item,
//! its texts refuse the halves of an emoji that a sender cut in two, and its maps forget the order of keys.

use std::borrow::Cow;
use std::collections::HashSet;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::value::RawValue;

use super::number;

/// Fields of an object that are compared one by one, when one is asked for.
const FEW: usize = 48;
/// Fields that there is room for from the start; hardly an object has more.
const ROOM: usize = 32;

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

/// The fields of an object in their order. Of several with one key the last one counts; more than [`FEW`] are unique already.
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
            Some(b'{') => Fields::parse(raw).map(Shape::Map),
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
    /// `None` when the text is not JSON, or no object. A control character in a key is let pass, which JSON forbids.
    pub(super) fn parse(text: &'a str) -> Option<Self> {
        serde_json::from_str(text).ok()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Field<'a>> {
        self.counting(|_| true)
    }

    /// The fields that count among those that are wanted; to be wanted is asked first, since it is most often not the case.
    fn counting(&self, is_wanted: impl Fn(&Field<'a>) -> bool) -> impl Iterator<Item = &Field<'a>> {
        let counts = |at: usize, field: &Field<'a>| self.0.len() > FEW || self.0.iter().skip(at + 1).all(|later| later.key != field.key);
        self.0.iter().enumerate().filter(move |(at, field)| is_wanted(field) && counts(*at, field)).map(|(_, field)| field)
    }

    /// Every value of that key, the one in the very spelling first, then those that differ in case and `_` only.
    fn nodes(&self, key: &str) -> impl Iterator<Item = Node<'a>> {
        let exact = self.counting(move |field| field.key == key);
        let similar = self.counting(move |field| field.key != key && are_similar(&field.key, key));
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
    let first = |key: &str| key.bytes().next().filter(|byte| byte.is_ascii() && *byte != b'_').map(|byte| byte.to_ascii_lowercase());
    if let (Some(one), Some(other)) = (first(one), first(other))
        && one != other
    {
        return false;
    }
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
                // Most texts are whole, and to see that is quicker than to look for what is not.
                Ok(Text(std::str::from_utf8(bytes).map_or_else(|_| String::from_utf8_lossy(bytes), Cow::Borrowed)))
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
                let mut fields = Vec::with_capacity(ROOM);
                while let Some((Text(key), value)) = map.next_entry::<Text<'_>, &RawValue>()? {
                    fields.push(Field { key, value: Node(value) });
                }
                Ok(Fields(if fields.len() > FEW { last_of_each(fields) } else { fields }))
            }
        }
        deserializer.deserialize_map(InOrder)
    }
}

/// The last field of each key, in their order.
fn last_of_each(mut fields: Vec<Field<'_>>) -> Vec<Field<'_>> {
    let mut seen = HashSet::new();
    let mut counts: Vec<bool> = fields.iter().rev().map(|field| seen.insert(field.key.clone())).collect();
    fields.retain(|_| counts.pop().unwrap_or_default());
    fields
}

#[cfg(test)]
mod tests {
    use proptest::{prop_assert_eq, proptest};

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
    fn of_many_fields_the_last_of_each_key_counts_as_well() {
        for others in [FEW - 5, FEW - 4, 10 * FEW] {
            let others: Vec<String> = (0..others).map(|at| format!(r#""k{at}":0"#)).collect();
            let text = format!(r#"{{"a":1,"A_":"similar",{},"a":2,"b":1,"b":"last"}}"#, others.join(","));
            let read = fields(&text);
            assert_eq!((read.text("a").as_deref(), read.text("b").as_deref()), (Some("2"), Some("last")));
            let keys: Vec<&str> = read.iter().map(|field| field.key.as_ref()).collect();
            assert_eq!((keys[0], &keys[keys.len() - 2..]), ("A_", &["a", "b"][..]), "{keys:?}");
        }
    }

    proptest! {
        #[test]
        fn similar_keys_are_those_that_fold_to_the_same(one in "[_aAkK\u{212a}éÉİß]{0,4}", other in "[_aAkK\u{212a}éÉİß]{0,4}") {
            prop_assert_eq!(are_similar(&one, &other), fold(&one) == fold(&other));
        }
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
