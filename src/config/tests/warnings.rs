//! What is allowed but looks unintended.

use super::*;

#[test]
fn a_good_configuration_has_no_warning() {
    let config = read(GOOD).unwrap();
    assert!(config.warnings.is_empty(), "{:?}", config.warnings);
    assert_eq!((config.channels.len(), config.routes.len(), config.team.0.len()), (2, 2, 1));
    assert_eq!(config.routes[1].to, ["sales", "alerts"]);
    assert_eq!(config.slack.unwrap().api_url.as_str(), "https://slack.com/api");
}

#[test]
fn each_warning_names_place_and_key() {
    #[rustfmt::skip]
    let cases = [
        ("https://", "http://", "rebound.toml:1: public_url: not https"),
        ("timezone = ", "database_url = \"postgres://u:canary@db.example/d\"\ntimezone = ", "rebound.toml:2: database_url: another machine's"),
        ("guild_id", "api_url = \"http://canary.example\"\nguild_id", "rebound.toml:15: discord.api_url: not https"),
        ("\n[slack]", "webhook_token_previous = \"canary-webhook-9f86d081884c7d659a2feaa0c55ad015\"\n[slack]", "rebound.toml:6: iclosed.webhook_token_previous: the same"),
        ("when = { cancelled_by = [\"host\"] }\n", "", "rebound.toml:28: route[2]: never reached: route[1] (line 25)"),
        ("to = [\"sales\", \"alerts\"]", "when = { cancelled_by = [\"host\"] }\nto = [\"alerts\"]", "rebound.toml:29: route[2]: the same as route[1] (line 25)"),
        ("to = [\"sales\", \"alerts\"]", "when = {reason = [\"none\"]}\nto = [\"sales\"]", "rebound.toml:25: route[1]: no route takes everything"),
        ("to = [\"sales\", \"alerts\"]", "to = [\"alerts\"]", "rebound.toml:17: channel[1]: no route leads here"),
        ("[[teammate]]", "[[teammate]]\nname = \"alex  closer\"\n[[teammate]]", "rebound.toml:35: teammate[2].name: the same as that of teammate[1] (line 32)"),
        ("[[teammate]]", "[follow_up]\nholidays = [\"2026-12-25\"]\n[[teammate]]", "rebound.toml:33: follow_up.holidays: does nothing without business_hours"),
        ("[[teammate]]", "[delivery]\nsettle = \"5s\"\n[[teammate]]", "rebound.toml:33: delivery.settle: 5s is less than lease, which is 30s"),
        ("manager = true\n", "", "rebound.toml:32: teammate: no manager"),
        ("email = \"alex@acme.example\"\nslack = \"U01ALEX0001\"\ndiscord = \"811111111111111101\"\n", "", "rebound.toml:32: teammate: no manager"),
        ("slack = \"C01SALES001\"", "discord = \"844444444444444402\"", "rebound.toml:7: slack: no [[channel]] is on slack"),
    ];
    for (from, to, begins) in cases {
        let warnings = read(&changed(from, to)).unwrap().warnings;
        assert!(warnings.iter().any(|warning| warning.starts_with(begins)), "{from} -> {to}: {warnings:#?}");
        assert!(!warnings.concat().contains("canary"), "{warnings:#?}");
    }
}

/// Slack tells who has an address.
#[test]
fn a_manager_who_is_known_by_address_only_can_be_told_on_slack() {
    let warnings = read(&changed("slack = \"U01ALEX0001\"\ndiscord = \"811111111111111101\"\n", "")).unwrap().warnings;
    assert_eq!(warnings, Vec::<String>::new());
}
