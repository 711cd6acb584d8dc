//! The environment wins over the file, and every secret may be in a file of its own.

use std::path::PathBuf;
use std::time::Duration;

use super::super::{LogFormat, Notify};
use super::*;

const SLACK_TOKEN: &str = "bot_token = \"xoxb-canary-slack\"\n";

fn parsed(text: &str, variables: &[(&str, &str)]) -> Result<Config, Mistakes> {
    parse(text, "rebound.toml", &environment(variables))
}

fn slack_token(text: &str, variables: &[(&str, &str)]) -> String {
    parsed(text, variables).unwrap().slack.unwrap().bot_token.expose().to_owned()
}

fn secret_file(folder: &tempfile::TempDir, content: &str) -> String {
    let path: PathBuf = folder.path().join("secret");
    std::fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

#[test]
fn every_kind_of_value_can_come_from_the_environment() {
    let config = parsed(
        GOOD,
        &[
            ("REBOUND_LISTEN", "[::1]:0"),
            ("REBOUND_DATABASE_URL", "postgres://user:canary@localhost/rebound"),
            ("REBOUND_TEAM__TEAM_ONLY", "true"),
            ("REBOUND_TEAM__NOTIFY_SETTER", "mention"),
            ("REBOUND_LOG__FORMAT", "pretty"),
            ("REBOUND_CARD__HIGHLIGHT", "[\"Budget, monthly?\", 'Size']"),
            ("REBOUND_CARD__LINK_HOSTS", "meet.example.com, Zoom.example"),
            ("REBOUND_DELIVERY__RETRY", "250ms,2s"),
            ("REBOUND_ICLOSED__HOSTS_TIME_ZONE_FALLBACK", "Europe/Paris"),
            ("REBOUND_ICLOSED__SIGNATURE__HEADER", "X-Signature"),
            ("REBOUND_ICLOSED__SIGNATURE__SECRET", "canary-signature"),
        ],
    )
    .unwrap();
    assert_eq!(config.listen, "[::1]:0".parse().unwrap());
    assert!(config.team_rules.team_only && config.team_rules.notify_setter == Notify::Mention);
    assert_eq!(config.log.format, LogFormat::Pretty);
    assert_eq!(config.card.highlight, ["Budget, monthly?", "Size"]);
    assert_eq!(config.card.link_hosts, ["meet.example.com", "zoom.example"]);
    assert_eq!(config.delivery.retry, [Duration::from_millis(250), Duration::from_secs(2)]);
    assert_eq!(config.iclosed.hosts_time_zone_fallback, Some(chrono_tz::Europe::Paris));
    assert!(
        config.iclosed.signature.is_some_and(|signature| signature.header == "x-signature" && signature.secret.matches("canary-signature"))
    );
}

#[test]
fn the_environment_wins_and_its_mistakes_name_the_variable() {
    assert_eq!(slack_token(GOOD, &[("REBOUND_SLACK__BOT_TOKEN", "xoxb-other")]), "xoxb-other");
    for (name, value, begins) in [
        ("REBOUND_PUBLIC_URL", "nonsense", "REBOUND_PUBLIC_URL: public_url: "),
        ("REBOUND_SLACK__BOT_TOKEN", "", "REBOUND_SLACK__BOT_TOKEN: slack.bot_token: empty"),
        ("REBOUND_TEAM__TEAM_ONLY", "yes", "REBOUND_TEAM__TEAM_ONLY: team.team_only: true or false"),
        ("REBOUND_CARD__HIGHLIGHT", "[canary", "REBOUND_CARD__HIGHLIGHT: card.highlight: a list"),
        ("REBOUND_CARD__HIGHLIGHT", "[5]", "REBOUND_CARD__HIGHLIGHT: card.highlight: a list"),
        ("REBOUND_SLACK__BOT_TOKN", "canary", "REBOUND_SLACK__BOT_TOKN: unknown variable; did you mean REBOUND_SLACK__BOT_TOKEN?"),
        ("REBOUND_CHANNEL__0__NAME", "canary", "REBOUND_CHANNEL__0__NAME: channels, routes"),
    ] {
        let told = mistakes(parsed(GOOD, &[(name, value)]));
        assert!(told.starts_with(begins) && told.lines().count() == 1 && !told.contains("canary"), "{told}");
    }
}

#[test]
fn a_platform_can_be_configured_by_the_environment_alone() {
    let without = changed("[slack]\n", "").replace(SLACK_TOKEN, "").replace("signing_secret = \"canary-signing\"\n", "");
    let token = ("REBOUND_SLACK__BOT_TOKEN", "xoxb-canary");
    assert_eq!(slack_token(&without, &[token, ("REBOUND_SLACK__SIGNING_SECRET", "canary")]), "xoxb-canary");
    let told = mistakes(parsed(&without, &[token]));
    assert!(told.starts_with("rebound.toml: slack.signing_secret: missing") && told.lines().count() == 1, "{told}");
}

#[test]
fn a_secret_can_be_in_a_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = secret_file(&folder, "xoxb-from-file\r\n");
    let without = changed(SLACK_TOKEN, "");
    let in_file = changed(SLACK_TOKEN, &format!("bot_token_file = '{path}'\n"));
    assert_eq!(slack_token(&in_file, &[]), "xoxb-from-file");
    assert_eq!(slack_token(&without, &[("REBOUND_SLACK__BOT_TOKEN_FILE", &path)]), "xoxb-from-file");
    assert_eq!(slack_token(GOOD, &[("REBOUND_SLACK__BOT_TOKEN_FILE", &path)]), "xoxb-from-file", "the environment wins");
    assert_eq!(slack_token(&in_file, &[("REBOUND_SLACK__BOT_TOKEN", "xoxb-other")]), "xoxb-other");

    let both = [("REBOUND_SLACK__BOT_TOKEN_FILE", path.as_str()), ("REBOUND_SLACK__BOT_TOKEN", "xoxb-canary")];
    let told = mistakes(parsed(&without, &both));
    assert!(told.starts_with("REBOUND_SLACK__BOT_TOKEN: slack.bot_token: given twice") && told.lines().count() == 1, "{told}");
}

#[test]
fn a_secret_file_without_a_secret_is_a_mistake() {
    let folder = tempfile::tempdir().unwrap();
    for (content, words) in
        [("\n", "empty"), ("changeme\n", "placeholder"), ("canary\ncanary\n", "line break"), (&"canary".repeat(4000), "larger than")]
    {
        let path = secret_file(&folder, content);
        let told = mistakes(parsed(GOOD, &[("REBOUND_SLACK__BOT_TOKEN_FILE", &path)]));
        assert!(told.starts_with("REBOUND_SLACK__BOT_TOKEN_FILE: slack.bot_token_file: ") && told.contains(words), "{told}");
        assert!(!told.contains("canary"), "{told}");
    }
}

#[cfg(unix)]
#[test]
fn a_secret_file_that_all_may_read_is_worth_a_warning() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = secret_file(&folder, "xoxb-from-file");
    for (mode, warned) in [(0o644, true), (0o640, false), (0o600, false)] {
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(mode)).unwrap();
        let config = parsed(GOOD, &[("REBOUND_SLACK__BOT_TOKEN_FILE", &path)]).unwrap();
        assert_eq!(config.warnings.iter().any(|warning| warning.contains("chmod 600")), warned, "{mode:o} {:?}", config.warnings);
    }
}

#[test]
fn a_variable_that_is_no_key_is_worth_a_warning() {
    let config = parsed(GOOD, &[("REBOUND_HOME", "canary"), ("REBOUND_CONFIG", "x"), ("REBOUND_SERVICE_HOST", "10.0.0.1")]).unwrap();
    assert_eq!(config.warnings.len(), 1, "{:?}", config.warnings);
    assert!(config.warnings[0].starts_with("REBOUND_HOME: unknown variable") && !config.warnings[0].contains("canary"));
}
