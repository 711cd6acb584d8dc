//! The configuration as operators meet it: mistakes, the environment, secrets in files, the example.

mod canary;
mod environment;
mod example;
mod mistakes;
mod random;
mod reminders;
mod warnings;

use super::{Config, Environment, Mistakes, parse};

/// A configuration without mistakes and warnings.
const GOOD: &str = r#"public_url = "https://rebound.example.com"
timezone = "America/New_York"

[iclosed]
webhook_token = "canary-webhook-9f86d081884c7d659a2feaa0c55ad015"

[slack]
bot_token = "xoxb-canary-slack"
signing_secret = "canary-signing"

[discord]
bot_token = "canary.discord"
application_id = "833333333333333301"
public_key = "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a"
guild_id = "822222222222222201"

[[channel]]
name = "sales"
slack = "C01SALES001"

[[channel]]
name = "alerts"
discord = "844444444444444401"

[[route]]
when = { cancelled_by = ["host"] }
to = ["alerts"]

[[route]]
to = ["sales", "alerts"]

[[teammate]]
name = "Alex Closer"
email = "alex@acme.example"
slack = "U01ALEX0001"
discord = "811111111111111101"
manager = true
"#;

fn environment(variables: &[(&str, &str)]) -> Environment {
    variables.iter().copied().collect()
}

fn read(text: &str) -> Result<Config, Mistakes> {
    parse(text, "rebound.toml", &Environment::default())
}

/// [`GOOD`] with one piece replaced, which must be there.
fn changed(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    GOOD.replacen(from, to, 1)
}

/// The mistakes, one a line.
fn mistakes(result: Result<Config, Mistakes>) -> String {
    match result {
        Ok(config) => panic!("no mistake was found in {config:#?}"),
        Err(mistakes) => mistakes.to_string(),
    }
}
