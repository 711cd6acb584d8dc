//! Whatever the file holds, the answer is a configuration or mistakes, never a panic and never nothing.

use proptest::prelude::*;

use super::*;

fn key() -> impl Strategy<Value = String> {
    let known = "listen|public_url|database_url|timezone|iclosed|slack|discord|channel|route|teammate|name|to|when|reason|email|bot_token|\
                 bot_token_file|card|highlight|delivery|lease|retry|signature|webhook_token|public_key|log|level|continue|\"\"";
    prop_oneof![4 => known, 1 => "[a-z]{1,4}", 1 => "\"[^\"\\\\[:cntrl:]]{0,6}\""]
}

fn value() -> impl Strategy<Value = String> {
    let plain = prop_oneof![
        "[0-9]{1,4}",
        "true|false|inf|1979-05-27|0x1F",
        "\"[^\"\\\\[:cntrl:]]{0,12}\"",
        "\"([0-9]{1,20}(ms|s|m|h|d|)|https?://[a-z.:@/?]{0,12}|sqlite://[a-z/]{0,5}|[CGDU][A-Z0-9]{0,9}|[0-9a-f]{64})\"",
    ];
    plain.prop_recursive(3, 12, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(", "))),
            prop::collection::vec((key(), inner), 0..3).prop_map(|pairs| format!(
                "{{ {} }}",
                pairs.iter().map(|(key, value)| format!("{key} = {value}")).collect::<Vec<_>>().join(", ")
            )),
        ]
    })
}

fn document() -> impl Strategy<Value = String> {
    let line = prop_oneof![
        4 => (key(), value()).prop_map(|(key, value)| format!("{key} = {value}")),
        1 => (key(), key(), value()).prop_map(|(table, key, value)| format!("{table}.{key} = {value}")),
        1 => key().prop_map(|key| format!("[{key}]")),
        1 => key().prop_map(|key| format!("[[{key}]]")),
    ];
    prop::collection::vec(line, 0..12).prop_map(|lines| lines.join("\n"))
}

fn check(text: &str) {
    if let Err(mistakes) = read(text) {
        assert!(!mistakes.0.is_empty() && !mistakes.to_string().is_empty(), "{text}");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_text(text in ".*") {
        check(&text);
    }

    #[test]
    fn any_lines_of_toml(text in document()) {
        check(&text);
    }

    #[test]
    fn a_good_file_with_any_value_replaced(line in 0usize..40, value in value()) {
        let replaced = |(number, text): (usize, &str)| match text.split_once(" = ") {
            Some((key, _)) if number == line => format!("{key} = {value}\n"),
            _ => format!("{text}\n"),
        };
        check(&GOOD.lines().enumerate().map(replaced).collect::<String>());
    }

    #[test]
    fn a_good_file_cut_anywhere(end in 0usize..GOOD.len()) {
        check(&GOOD[..end]);
    }

    #[test]
    fn any_environment(name in "(slack__|iclosed__|delivery__|card__|)(bot_token|retry|highlight|signature__header|listen|x)(_file|)", value in ".*") {
        let variables = environment(&[(&format!("REBOUND_{}", name.to_uppercase()), &value)]);
        if let Err(mistakes) = parse(GOOD, "rebound.toml", &variables) {
            assert!(!mistakes.0.is_empty());
        }
    }
}
