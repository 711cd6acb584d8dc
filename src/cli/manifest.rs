//! `rebound manifest`: what the platform needs to make the app, ready to paste. Needs no token, since there is none before the app.

use std::path::Path;

use clap::ValueEnum;

use super::{Failure, misconfigured, say};
use crate::config;

/// Print the manifest from which the platform makes the app.
#[derive(clap::Args)]
#[command(
    after_help = "Only public_url is read from the configuration, so this works before there is any token.\n\nExample:\n  rebound manifest slack --config rebound.toml"
)]
pub(super) struct Arguments {
    /// Whose manifest
    #[arg(value_enum, value_name = "PLATFORM")]
    platform: Platform,
}

/// The platforms that make apps of manifests.
#[derive(Clone, Copy, ValueEnum)]
enum Platform {
    /// For "Create New App", "From a manifest" on <https://api.slack.com/apps>
    Slack,
}

const SLACK: &str = include_str!("slack_manifest.yaml");
/// Stands in the manifest where `public_url` belongs, always within double quotes, which no address holds.
const PUBLIC_URL: &str = "PUBLIC_URL";

pub(super) fn run(arguments: &Arguments, file: &Path) -> Result<(), Failure> {
    let public_url = config::load_public_url(file, &config::environment_of_process()).map_err(misconfigured)?;
    let manifest = match arguments.platform {
        Platform::Slack => SLACK.replace(PUBLIC_URL, public_url.as_str().trim_end_matches('/')),
    };
    say(manifest.trim_end())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chat::slack::SCOPES;

    #[test]
    fn manifest_and_readme_ask_for_the_scopes_that_are_checked() {
        let (_, scopes) = SLACK.split_once("    bot:\n").expect("the scopes");
        let listed: Vec<&str> = scopes.lines().map_while(|line| line.strip_prefix("      - ")).collect();
        assert_eq!(listed, SCOPES);
        let readme = include_str!("../../README.md");
        for scope in SCOPES {
            assert!(readme.contains(&format!("`{scope}`")), "{scope}");
        }
    }
}
