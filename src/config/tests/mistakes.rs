//! Each mistake is named with its line, its key and what would be right; all of them at once.

use std::fmt::Write;
use std::path::Path;

use super::super::load;
use super::*;

/// What is changed in [`GOOD`], into what, and what the one line of the answer begins with and holds.
#[rustfmt::skip]
const MISTAKES: &[(&str, &str, &str, &[&str])] = &[
    // Keys
    ("timezone = ", "lisen = \"127.0.0.1:1\"\ntimezone = ", "rebound.toml:2: lisen: ", &["did you mean listen?"]),
    ("signing_secret", "bot_tokn = \"canary\"\nsigning_secret", "rebound.toml:9: slack.bot_tokn: ", &["did you mean bot_token?"]),
    ("signing_secret", "colour = \"red\"\nsigning_secret", "rebound.toml:9: slack.colour: ", &["known are api_url, bot_token, bot_token_file"]),
    ("signing_secret", "listen = \"0.0.0.0:1\"\nsigning_secret", "rebound.toml:9: slack.listen: ", &["top of the file"]),
    ("slack = \"C01", "guild_id = \"1\"\nslack = \"C01", "rebound.toml:19: channel[1].guild_id: ", &["belongs into [discord]"]),
    ("[[teammate]]", "[delivry]\nlease = \"1s\"\n[[teammate]]", "rebound.toml:32: delivry: ", &["did you mean delivery?"]),
    ("{ cancelled_by", "{ cancelled_bye", "rebound.toml:26: route[1].when.cancelled_bye: ", &["did you mean cancelled_by?"]),
    ("[[teammate]]", "[escalation]\n[[teammate]]", "rebound.toml:32: escalation: ", &["unknown key"]),
    ("timezone = ", "\"\\u001b[2J\" = 1\ntimezone = ", "rebound.toml:2: \\u{1b}[2J: ", &["unknown key"]),
    // Kinds
    ("\"America/New_York\"", "5", "rebound.toml:2: timezone: ", &["text in quotes", "number"]),
    ("timezone = ", "card = 5\ntimezone = ", "rebound.toml:2: card: ", &["[card]"]),
    ("[[route]]\nwhen = { cancelled_by = [\"host\"] }", "[[route]]\nwhen = { cancelled_by = \"host\" }", "rebound.toml:26: route[1].when.cancelled_by: ", &["list"]),
    ("manager = true", "manager = \"true\"", "rebound.toml:37: teammate[1].manager: ", &["true or false", "without quotes"]),
    ("\"xoxb-canary-slack\"", "123456", "rebound.toml:8: slack.bot_token: ", &["text in quotes"]),
    // Values at the top
    ("https://rebound.example.com", "nonsense", "rebound.toml:1: public_url: ", &["https://"]),
    ("https://rebound.example.com", "https://rebound.example.com?a=b", "rebound.toml:1: public_url: ", &["without ?"]),
    ("public_url", "#", "rebound.toml: public_url: missing", &["REBOUND_PUBLIC_URL"]),
    ("timezone = ", "listen = \"nowhere\"\ntimezone = ", "rebound.toml:2: listen: ", &["127.0.0.1:8080"]),
    ("timezone = ", "listen = \"127.0.0.1:99999\"\ntimezone = ", "rebound.toml:2: listen: ", &["port"]),
    ("America/New_York", "Mars/Olympus", "rebound.toml:2: timezone: ", &["Mars/Olympus"]),
    ("timezone = ", "database_url = \"oracle://canary\"\ntimezone = ", "rebound.toml:2: database_url: ", &["sqlite://", "postgres://"]),
    ("timezone = ", "database_url = \"sqlite::memory:\"\ntimezone = ", "rebound.toml:2: database_url: ", &["restart"]),
    ("timezone = ", "templates_dir = \"no/such/folder\"\ntimezone = ", "rebound.toml:2: templates_dir: ", &["no/such/folder"]),
    // Secrets
    ("signing_secret =", "#", "rebound.toml:7: slack.signing_secret: missing", &["signing_secret_file", "REBOUND_SLACK__SIGNING_SECRET"]),
    ("canary.discord", "", "rebound.toml:12: discord.bot_token: ", &["empty"]),
    ("xoxb-canary-slack", "changeme", "rebound.toml:8: slack.bot_token: ", &["placeholder"]),
    ("xoxb-canary-slack", "${UNSET}", "rebound.toml:8: slack.bot_token: ", &["placeholder"]),
    ("xoxb-canary-slack", "xoxb-canary\\n", "rebound.toml:8: slack.bot_token: ", &["line break"]),
    ("canary-webhook-9f86d081884c7d659a2feaa0c55ad015", "canary-2", "rebound.toml:5: iclosed.webhook_token: ", &["openssl rand -hex 32"]),
    ("webhook_token =", "#", "rebound.toml:4: iclosed.webhook_token: missing", &["openssl rand -hex 32"]),
    ("\n[slack]", "webhook_token_previous = \"canary\"\n[slack]", "rebound.toml:6: iclosed.webhook_token_previous: ", &["openssl rand -hex 32"]),
    ("\n[slack]", "signature = { header = \"x-signature\" }\n[slack]", "rebound.toml:6: iclosed.signature.secret: missing", &["REBOUND_ICLOSED__SIGNATURE__SECRET"]),
    ("bot_token = \"xoxb", "bot_token_file = \"/no/such/file\"\nbot_token = \"xoxb", "rebound.toml:9: slack.bot_token: ", &["twice", "bot_token_file"]),
    ("bot_token = \"xoxb-canary-slack\"", "bot_token_file = \"/no/such/file\"", "rebound.toml:8: slack.bot_token_file: ", &["/no/such/file", "cannot be read"]),
    ("bot_token = \"xoxb-canary-slack\"", "bot_token_file = \"xoxb-canary-slack-1234567890\"", "rebound.toml:8: slack.bot_token_file: ", &["not the secret"]),
    ("timezone = ", "database_url_file = \"postgres://user:canary@host/database\"\ntimezone = ", "rebound.toml:2: database_url_file: ", &["not the secret"]),
    // Discord
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "abc", "rebound.toml:14: discord.public_key: ", &["64 hex digits"]),
    ("d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511", "rebound.toml:14: discord.public_key: ", &["64 hex digits"]),
    ("833333333333333301", "rebound", "rebound.toml:13: discord.application_id: ", &["digits"]),
    ("guild_id = ", "api_url = \"discord.com\"\nguild_id = ", "rebound.toml:15: discord.api_url: ", &["absolute"]),
    // Channels
    ("C01SALES001", "#sales", "rebound.toml:19: channel[1].slack: ", &["name", "id is wanted"]),
    ("C01SALES001", "general", "rebound.toml:19: channel[1].slack: ", &["id is wanted"]),
    ("844444444444444401", "alerts", "rebound.toml:23: channel[2].discord: ", &["digits"]),
    ("name = \"sales\"", "name = \"alerts\"", "rebound.toml:22: channel[2].name: \"alerts\" is already the name of channel[1] (line 17)\nrebound.toml:30: ", &["\"sales\""]),
    ("discord = \"844444444444444401\"", "slack = \"C01SALES001\"", "rebound.toml:23: channel[2].slack: ", &["same channel as channel[1]"]),
    ("discord = \"844444444444444401\"", "slack = \"C01SALES001\"\ndiscord = \"844444444444444401\"", "rebound.toml:24: channel[2].discord: ", &["one platform"]),
    ("name = \"sales\"", "name = \" \"", "rebound.toml:18: channel[1].name: empty\nrebound.toml:30: route[2].to: ", &["\"sales\""]),
    ("slack = \"C01SALES001\"", "slack = \"C01SALES001\"\ndiscord = \"844444444444444402\"", "rebound.toml:20: channel[1].discord: ", &["one platform"]),
    ("slack = \"C01SALES001\"", "", "rebound.toml:17: channel[1]: ", &["where is it?"]),
    // Routes
    ("to = [\"sales\", \"alerts\"]", "to = [\n  \"sales\",\n  \"no-such-channel\",\n]", "rebound.toml:32: route[2].to: ", &["no-such-channel", "\"alerts\""]),
    ("to = [\"sales\", \"alerts\"]", "to = [\"slaes\"]", "rebound.toml:30: route[2].to: ", &["did you mean \"sales\"?"]),
    ("to = [\"sales\", \"alerts\"]", "to = []", "rebound.toml:30: route[2].to: ", &["at least one"]),
    ("to = [\"sales\", \"alerts\"]", "", "rebound.toml:29: route[2].to: missing", &[]),
    ("{ cancelled_by = [\"host\"] }", "{ reason = [\"bored\"] }", "rebound.toml:26: route[1].when.reason: ", &["bored", "no_longer_interested"]),
    ("{ cancelled_by = [\"host\"] }", "{ cancelled_by = [\"hots\"] }", "rebound.toml:26: route[1].when.cancelled_by: ", &["invitee, host, unknown", "did you mean host?"]),
    ("{ cancelled_by = [\"host\"] }", "{ cancelled_by = [] }", "rebound.toml:26: route[1].when.cancelled_by: ", &["never"]),
    ("{ cancelled_by = [\"host\"] }", "{ host_email = [\"acme.com\"] }", "rebound.toml:26: route[1].when.host_email: ", &["*@acme.com"]),
    // Teammates and the rest
    ("name = \"Alex Closer\"", "", "rebound.toml:32: teammate[1].name: missing", &[]),
    ("manager = true", "[[teammate]]\nname = \"A\"\nemail = \" ALEX@acme.example\"", "rebound.toml:39: teammate[2].email: ", &["teammate[1] (line 32)"]),
    ("manager = true", "[[teammate]]\nname = \"A\"\nslack = \"U01ALEX0001\"", "rebound.toml:39: teammate[2].slack: ", &["teammate[1]"]),
    ("manager = true", "timezone = \"Berlin\"", "rebound.toml:37: teammate[1].timezone: ", &["Berlin"]),
    ("[[teammate]]", "[team]\nnotify_host = \"shout\"\n[[teammate]]", "rebound.toml:33: team.notify_host: ", &["dm, mention, off"]),
    ("[[teammate]]", "[log]\nlevel = \"inof\"\n[[teammate]]", "rebound.toml:33: log.level: ", &["did you mean info?"]),
    ("[[teammate]]", "[card]\nlink_hosts = [\"https://x.example\"]\n[[teammate]]", "rebound.toml:33: card.link_hosts: ", &["name of a host"]),
    ("[[teammate]]", "[follow_up]\nbusiness_hours = \"9 to 5\"\n[[teammate]]", "rebound.toml:33: follow_up.business_hours: ", &["09:00-18:00", "9 to 5"]),
    ("[[teammate]]", "[follow_up]\nbusiness_hours = \"09:00-24:01\"\n[[teammate]]", "rebound.toml:33: follow_up.business_hours: ", &["two times of day"]),
    ("[[teammate]]", "[follow_up]\nbusiness_hours = \"18:00-09:00\"\n[[teammate]]", "rebound.toml:33: follow_up.business_hours: ", &["later on the same day", "24:00"]),
    ("[[teammate]]", "[follow_up]\nbusiness_hours = \"09:00-18:00\"\ntime_zone = \"Berlin\"\n[[teammate]]", "rebound.toml:34: follow_up.time_zone: ", &["Berlin"]),
    ("[[teammate]]", "[follow_up]\nbusiness_hours = \"09:00-18:00\"\nbusiness_days = []\n[[teammate]]", "rebound.toml:34: follow_up.business_days: ", &["at least one day"]),
    ("[[teammate]]", "[follow_up]\nbusiness_hours = \"09:00-18:00\"\nbusiness_days = [\"monday\"]\n[[teammate]]", "rebound.toml:34: follow_up.business_days: ", &["mon, tue"]),
    ("[[teammate]]", "[follow_up]\nbusiness_hours = \"09:00-18:00\"\nholidays = [\"25.12.2026\"]\n[[teammate]]", "rebound.toml:34: follow_up.holidays: ", &["2026-12-25"]),
    ("[[teammate]]", "[follow_up]\nremind_after = \"3h\"\n[[teammate]]", "rebound.toml:32: follow_up.escalate_after: ", &["remind_after", "10800s", "7200s"]),
    ("[[teammate]]", "[follow_up]\nescalate_after_soon = \"9m\"\n[[teammate]]", "rebound.toml:33: follow_up.escalate_after_soon: ", &["remind_after_soon"]),
    ("[[teammate]]", "[follow_up]\nstale_after = \"never\"\n[[teammate]]", "rebound.toml:33: follow_up.stale_after: ", &["1d", "off"]),
    ("[[teammate]]", "[delivery]\nlease = \"15\"\n[[teammate]]", "rebound.toml:33: delivery.lease: ", &["250ms"]),
    ("[[teammate]]", "[delivery]\nlease = \"19s\"\n[[teammate]]", "rebound.toml:33: delivery.lease: ", &["20s"]),
    ("[[teammate]]", "[delivery]\nrequest_timeout = \"21s\"\n[[teammate]]", "rebound.toml:32: delivery.lease: ", &["31s", "30s"]),
    ("[[teammate]]", "[delivery]\nretry = []\n[[teammate]]", "rebound.toml:33: delivery.retry: ", &["at least one"]),
    ("[[teammate]]", "[delivery]\nretry = [\"1s\",\n\"0s\"]\n[[teammate]]", "rebound.toml:34: delivery.retry: ", &["longer than nothing"]),
    // No TOML
    ("[slack]", "[slack", "rebound.toml:7: not TOML at column 7: ", &[]),
    ("timezone = ", "public_url = \"https://canary.example\"\ntimezone = ", "rebound.toml:2: not TOML at column 1: duplicate key", &[]),
    ("\"xoxb-canary-slack\"", "\"xoxb-canary-slack", "rebound.toml:8: not TOML", &[]),
    ("\"xoxb-canary-slack\"", "xoxb-canary-slack", "rebound.toml:8: not TOML", &[]),
];

#[test]
fn each_mistake_is_told_in_one_line() {
    let mut failures = String::new();
    for (from, to, begins, holds) in MISTAKES {
        let told = mistakes(read(&changed(from, to)));
        let is_told = told.starts_with(begins) && holds.iter().all(|words| told.contains(words));
        let is_one = told.lines().count() == begins.lines().count();
        if !is_told || !is_one || told.contains("canary") || told.contains('\u{1b}') {
            writeln!(failures, "{from} -> {to}:\n{told}\nbut expected {begins} {holds:?}\n").unwrap();
        }
    }
    assert!(failures.is_empty(), "{failures}");
}

#[test]
fn all_mistakes_are_told_at_once_in_the_order_of_the_file() {
    let text = changed("https://rebound.example.com", "nonsense")
        .replace("timezone", "lisen")
        .replace("signing_secret =", "#")
        .replace("canary.discord", "")
        .replace("to = [\"alerts\"]", "to = [\"no-such-channel\"]");
    let told = mistakes(read(&text));
    let lines: Vec<&str> = told.lines().collect();
    for (line, words) in
        lines.iter().zip(["1: public_url", "2: lisen", "7: slack.signing_secret", "12: discord.bot_token", "27: route[1].to"])
    {
        assert!(line.starts_with(&format!("rebound.toml:{words}")), "{told}");
    }
    assert_eq!(lines.len(), 5, "{told}");
}

#[test]
fn an_empty_file_is_told_what_is_needed() {
    for empty in ["", "\u{feff}", "\r\n", "# nothing\n", "channel = []"] {
        let told = mistakes(read(empty));
        for needed in ["public_url: missing", "iclosed.webhook_token: missing", "neither [slack] nor [discord]", "channel: missing"] {
            assert!(told.contains(needed), "{empty:?}\n{told}");
        }
        assert_eq!(told.lines().count(), 4, "{empty:?}\n{told}");
    }
}

#[test]
fn a_list_of_tables_is_written_with_two_brackets() {
    for (text, told_first) in [
        ("[channel]\nname = \"a\"", "rebound.toml:1: channel: a list of tables is wanted, each written [[channel]]"),
        ("channel = 5", "rebound.toml:1: channel: a list of tables is wanted, each written [[channel]]"),
        ("\nchannel = [{},\n5]", "rebound.toml:3: channel[2]: a table is wanted, written [[channel]]"),
    ] {
        let told = mistakes(read(text));
        assert!(told.lines().any(|line| line == told_first), "{told}");
    }
}

#[test]
fn what_is_twice_is_told_beside_another_mistake() {
    for (to, first, second) in [
        (
            "name = \"sales\"\ndiscord = \"x\"",
            "rebound.toml:22: channel[2].name: \"sales\" is already the name of channel[1] (line 17)",
            "rebound.toml:23: channel[2].discord: an id of 15 to 20 digits",
        ),
        (
            "name = \" \"\nslack = \"C01SALES001\"",
            "rebound.toml:22: channel[2].name: empty",
            "rebound.toml:23: channel[2].slack: the same channel as channel[1] (line 17)",
        ),
    ] {
        let told = mistakes(read(&changed("name = \"alerts\"\ndiscord = \"844444444444444401\"", to)));
        let mut lines = told.lines();
        assert_eq!(lines.next(), Some(first), "{told}");
        assert!(lines.next().is_some_and(|line| line.starts_with(second)), "{told}");
    }
}

#[test]
fn a_channel_needs_its_platform() {
    let without_slack = changed("[slack]\nbot_token = \"xoxb-canary-slack\"\nsigning_secret = \"canary-signing\"\n", "");
    assert_eq!(mistakes(read(&without_slack)), "rebound.toml:16: channel[1].slack: there is no [slack] with its tokens");
}

#[test]
fn line_ends_and_marks_of_other_systems_do_not_matter() {
    let told = mistakes(read(&format!("\u{feff}{}", changed("America/New_York", "Mars/Olympus")).replace('\n', "\r\n")));
    assert!(told.starts_with("rebound.toml:2: timezone: "), "{told}");
}

#[test]
fn a_file_that_cannot_be_read_is_a_mistake() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, bytes: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, bytes).unwrap();
        path
    };
    for (path, words) in [
        (folder.path().join("missing.toml"), "cannot be read"),
        (folder.path().to_owned(), "cannot be read"),
        (file("latin.toml", b"# one\nname = \"caf\xe9\""), "line 2 is not UTF-8"),
        (file("large.toml", &vec![b'#'; 5 * 1024 * 1024]), "larger than 1024 KiB"),
    ] {
        let told = mistakes(load(&path, &Environment::default()));
        assert!(told.starts_with(path.to_str().unwrap()) && told.contains(words), "{told}");
    }
    assert!(load(&file("good.toml", GOOD.as_bytes()), &Environment::default()).is_ok());
    assert!(load(Path::new(""), &Environment::default()).is_err());
}

#[test]
fn a_flood_of_mistakes_is_cut() {
    let flood: Vec<String> = (0..1000).map(|n| format!("x{n} = 1")).collect();
    let told = mistakes(read(&flood.join("\n")));
    assert!(told.lines().count() == 101 && told.ends_with("more mistakes"), "{told}");
}
