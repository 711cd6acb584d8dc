//! Environment variables that belong to Rebound: `REBOUND_` and a key's path with `__` between its parts.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use super::similar::nearest;

const PREFIX: &str = "REBOUND_";

/// Not configuration, but read by the command line and the tests.
const NOT_KEYS: [&str; 4] = ["REBOUND_CONFIG", "REBOUND_TEST_DATABASE_URL", "REBOUND_BIN", "REBOUND_START_DIR"];

/// The beginnings of names that others set: the conformance kit, and Kubernetes for a service that is called `rebound`.
const NOT_OURS: [&str; 3] = ["REBOUND_CONFORMANCE_", "REBOUND_SERVICE_", "REBOUND_PORT"];

/// A copy of the environment; `Debug` shows names only.
#[derive(Clone, Default)]
pub struct Environment(BTreeMap<String, String>);

/// The variables of this process that begin with `REBOUND_`.
#[must_use]
pub fn environment_of_process() -> Environment {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value)))
        .filter(|(name, _)| name.starts_with(PREFIX))
        .map(|(name, value)| (name, value.to_string_lossy().into_owned()))
        .collect()
}

impl<N: Into<String>, V: Into<String>> FromIterator<(N, V)> for Environment {
    fn from_iter<I: IntoIterator<Item = (N, V)>>(variables: I) -> Self {
        Self(variables.into_iter().map(|(name, value)| (name.into(), value.into())).collect())
    }
}

impl fmt::Debug for Environment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// A variable that no key is read from.
pub(super) struct Stray<'e> {
    pub(super) name: &'e str,
    /// It is surely meant to be a key, so that leaving it out would change what the operator decided.
    pub(super) is_mistake: bool,
    pub(super) problem: String,
}

impl Environment {
    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }

    /// Is any variable below that table, such as `REBOUND_SLACK__BOT_TOKEN` below `slack`?
    pub(super) fn has_below(&self, table: &str) -> bool {
        let prefix = format!("{}__", variable(table));
        self.0.keys().any(|name| name.starts_with(&prefix))
    }

    /// The variables of ours that are not among the known ones.
    pub(super) fn strays(&self, known: &BTreeSet<String>) -> Vec<Stray<'_>> {
        let own = self.0.keys().map(String::as_str).filter(|name| name.starts_with(PREFIX) && !known.contains(*name));
        let foreign = |name: &str| NOT_KEYS.contains(&name) || NOT_OURS.iter().any(|prefix| name.starts_with(prefix));
        own.filter(|name| name.contains("__") || !foreign(name)).map(|name| stray(name, known)).collect()
    }
}

/// The name of the variable for a key's path.
pub(super) fn variable(path: &str) -> String {
    format!("{PREFIX}{}", path.to_uppercase().replace('.', "__"))
}

fn stray<'e>(name: &'e str, known: &BTreeSet<String>) -> Stray<'e> {
    if name.starts_with("REBOUND_CHANNEL__") || name.starts_with("REBOUND_ROUTE__") || name.starts_with("REBOUND_TEAMMATE__") {
        let problem = "channels, routes and teammates come from the file only".to_owned();
        return Stray { name, is_mistake: true, problem };
    }
    let meant = nearest(name, known.iter().map(String::as_str));
    let problem = match meant {
        Some(meant) => format!("unknown variable; did you mean {meant}?"),
        None => "unknown variable; rebound.example.toml lists the keys".to_owned(),
    };
    Stray { name, is_mistake: meant.is_some() || name.contains("__"), problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strays_are_mistakes_where_they_look_like_keys() {
        let known = BTreeSet::from(["REBOUND_LISTEN".to_owned(), "REBOUND_SLACK__BOT_TOKEN".to_owned()]);
        let given: Environment = [
            ("REBOUND_LISTEN", "canary"),
            ("REBOUND_LISEN", "canary"),
            ("REBOUND_SLACK__BOT_TOKN", "canary"),
            ("REBOUND_SLACK__COLOUR", "canary"),
            ("REBOUND_CHANNEL__0__NAME", "canary"),
            ("REBOUND_HOME", "canary"),
            ("REBOUND_CONFIG", "canary"),
            ("REBOUND_CONFORMANCE_PATIENCE", "canary"),
            ("REBOUND_PORT_8080_TCP", "canary"),
        ]
        .into_iter()
        .collect();
        let strays: Vec<(&str, bool)> = given.strays(&known).iter().map(|stray| (stray.name, stray.is_mistake)).collect();
        let expected = [
            ("REBOUND_CHANNEL__0__NAME", true),
            ("REBOUND_HOME", false),
            ("REBOUND_LISEN", true),
            ("REBOUND_SLACK__BOT_TOKN", true),
            ("REBOUND_SLACK__COLOUR", true),
        ];
        assert_eq!(strays, expected);
        assert!(!format!("{given:?}").contains("canary"));
    }
}
