//! No secret is in anything that can be printed.

use super::super::Secret;
use super::*;

#[test]
fn no_secret_is_in_the_debug_output() {
    let more = [
        ("REBOUND_DATABASE_URL", "postgres://user:canary-database@localhost/rebound"),
        ("REBOUND_ICLOSED__API_KEY", "canary-api-key"),
        ("REBOUND_ICLOSED__WEBHOOK_TOKEN_PREVIOUS", "canary-previous-c7d659a2feaa0c55ad015"),
        ("REBOUND_ICLOSED__SIGNATURE__SECRET", "canary-signature"),
        ("REBOUND_ICLOSED__SIGNATURE__HEADER", "x-signature"),
    ];
    let variables = environment(&more);
    let config = parse(GOOD, "rebound.toml", &variables).unwrap();
    assert_eq!(config.iclosed.api_key.as_ref().map(Secret::expose), Some("canary-api-key"), "the canary is in there");
    for shown in [format!("{config:?}"), format!("{config:#?}"), format!("{variables:?}")] {
        assert!(!shown.contains("canary"), "{shown}");
    }
}

/// Each secret of [`GOOD`] is put wherever a value can be, so that every message about a wrong value is made.
#[test]
fn no_secret_is_in_a_mistake_about_it() {
    for broken in
        ["\"canary\u{7}…\"", "canary", "\"canary", "'''canary", "[\"canary\"]", "{ canary = \"canary\" }", "canary-1 = 5", "\"\\canary\""]
    {
        for key in ["webhook_token", "bot_token", "signing_secret", "public_key", "application_id", "database_url", "public_url"] {
            let mut text: String = GOOD.split_inclusive('\n').filter(|line| !line.starts_with(key)).collect();
            let value = format!("{key} = {broken}\n");
            match key {
                "webhook_token" => text = text.replace("[iclosed]\n", &format!("[iclosed]\n{value}")),
                "signing_secret" | "bot_token" => text = text.replace("[slack]\n", &format!("[slack]\n{value}")),
                "public_key" | "application_id" => text = text.replace("[discord]\n", &format!("[discord]\n{value}")),
                _ => text.insert_str(0, &value),
            }
            let found = read(&text).unwrap_err();
            let shown = format!("{found}\n{found:?}").replace("canary-1", "").replace(".canary", "");
            assert!(!shown.contains("canary"), "{value}{shown}");
        }
    }
}
