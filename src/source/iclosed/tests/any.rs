//! Whatever proptest makes of payloads.

use proptest::prelude::*;

use super::*;

/// Any JSON text, as deep and odd as a few kilobytes can be.
fn any_json() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        "\\PC{0,12}".prop_map(Value::from),
        "[0-9TZ:+. -]{0,30}".prop_map(Value::from),
    ];
    let key = prop_oneof!["[a-z_]{1,8}", "(1_question|1_response|name|email|primary|utmKey_1|utmValue_1|uuid|start_time)"];
    leaf.prop_recursive(4, 40, 5, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..5).prop_map(Value::from),
            prop::collection::btree_map(key.clone(), inner, 0..5).prop_map(|map| Value::from(serde_json::Map::from_iter(map))),
        ]
    })
}

/// Every place of a value that may be replaced.
fn places(value: &Value, here: &str, all: &mut Vec<String>) {
    all.push(here.to_owned());
    match value {
        Value::Object(map) => map.iter().for_each(|(key, inner)| places(inner, &format!("{here}/{key}"), all)),
        Value::Array(list) => list.iter().enumerate().for_each(|(at, inner)| places(inner, &format!("{here}/{at}"), all)),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
    }
}

/// The same value with its keys in another order, other white space and numbers as texts where that is wanted.
fn respelt(value: &Value, numbers: u8, blank: &str) -> String {
    match value {
        Value::Object(map) => {
            let fields: Vec<String> = map
                .iter()
                .rev()
                .map(|(key, inner)| format!("{blank}{}{blank}:{}", Value::from(key.clone()), respelt(inner, numbers, blank)))
                .collect();
            format!("{{{}{blank}}}", fields.join(","))
        }
        Value::Array(list) => format!("[{blank}{}]", list.iter().map(|inner| respelt(inner, numbers, blank)).collect::<Vec<_>>().join(",")),
        Value::Number(number) => match numbers % 3 {
            0 => number.to_string(),
            1 => format!("\"{number}\""),
            _ if number.is_f64() => number.to_string(),
            _ => format!("{number}.0"),
        },
        Value::Null | Value::Bool(_) | Value::String(_) => value.to_string(),
    }
}

proptest! {
    #[test]
    fn no_json_makes_it_panic(value in any_json(), kind in "(Call canceled|Call booked|Call rescheduled|Contact updated|Outcome added|x)") {
        let mut value = value;
        if let Some(map) = value.as_object_mut() {
            map.insert("hookType".to_owned(), Value::from(kind));
        }
        let event = read(&value.to_string(), Defaults { zone_fallback: Some(chrono_tz::America::New_York) });
        prop_assert_eq!(label(&value.to_string()).err(), event.err());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200), text in "[\\[\\]{}\",:0-9eE.\\\\u -]{0,60}") {
        for body in [&bytes[..], text.as_bytes()] {
            for item in split(body).unwrap_or_default() {
                prop_assert_eq!(label(&item.raw).err(), read(&item.raw, Defaults::default()).err());
            }
        }
    }

    #[test]
    fn damaged_examples_do_not_make_it_panic(at in any::<prop::sample::Index>(), long in 0usize..40, by in "[\\[\\]{}\",:0-9eE.\\\\u -]{0,6}") {
        for example in [DOCS, PRODUCTION, OUTCOME] {
            let mut damaged = example.to_owned();
            let from = at.index(example.len());
            damaged.replace_range(from..(from + long).min(example.len()), &by);
            for item in split(damaged.as_bytes()).unwrap_or_default() {
                prop_assert_eq!(label(&item.raw).err(), read(&item.raw, Defaults::default()).err());
            }
            prop_assert_eq!(label(&damaged).err(), read(&damaged, Defaults::default()).err());
        }
    }

    #[test]
    fn a_change_outside_id_and_times_costs_no_cancellation(value in any_json(), at in any::<prop::sample::Index>()) {
        let mut body = production();
        let mut all = Vec::new();
        places(&body, "", &mut all);
        all.retain(|place| !matches!(place.as_str(), "" | "/event" | "/event/uuid" | "/hookType"));
        let place: &String = at.get(&all);
        *body.pointer_mut(place).expect("a place") = value;
        let label = label(&body.to_string());
        prop_assert_eq!(label.map(|label| label.call_id), Ok(Some("1809761".to_owned())));
    }

    #[test]
    fn spelling_does_not_change_the_key(
        value in any_json(), kind in "(Call canceled|Call booked|Contact updated)", numbers in 0u8..3, blank in "[ \t\r\n]{0,3}",
    ) {
        let mut body = production();
        body["hookType"] = Value::from(kind);
        body["brandNew"] = value;
        let key = |text: &str| label(text).map(|label| label.key);
        prop_assert_eq!(key(&respelt(&body, numbers, &blank)), key(&body.to_string()));
    }
}
