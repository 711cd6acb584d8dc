//! Routes: which channels see which cancellation.

use serde::{Deserialize, Serialize};

use super::reason::ReasonClass;
use super::side::Side;

/// One `[[route]]`: what it asks for and where it leads.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Route {
    /// The conditions; all must hold.
    pub when: When,
    /// Names of channels.
    pub to: Vec<String>,
    /// Whether later routes are asked, too, when this one matched.
    pub r#continue: bool,
}

/// The conditions of a route. An absent one always holds; of a list, one entry must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct When {
    /// Who cancelled.
    pub cancelled_by: Option<Vec<Side>>,
    /// Patterns for the calendar's slug; `*` stands for any text, case does not matter.
    pub event_slug: Option<Vec<String>>,
    /// Patterns for the host's e-mail address.
    pub host_email: Option<Vec<String>>,
    /// Classes of cancel reasons.
    pub reason: Option<Vec<ReasonClass>>,
}

/// What routes look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Routable<'a> {
    /// Who cancelled.
    pub side: Side,
    /// The calendar's slug, empty where unknown.
    pub event_slug: &'a str,
    /// The host's e-mail address, empty where unknown.
    pub host_email: &'a str,
    /// The class of the cancel reason.
    pub reason: ReasonClass,
}

/// Where a cancellation goes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Routed {
    /// Names of channels, each once, in the order of the configuration.
    pub channels: Vec<String>,
    /// There are routes, but none matched: it goes to every channel, lest it be lost.
    pub unrouted: bool,
}

/// The channels that should show a cancellation: those of the first route that matches, and of later ones while `continue` says so.
///
/// No routes at all means every channel.
#[must_use]
pub fn route(routes: &[Route], all_channels: &[&str], call: Routable<'_>) -> Routed {
    let mut wanted: Vec<&str> = Vec::new();
    let mut matched = false;
    for candidate in routes.iter().filter(|route| route.when.holds(call)) {
        matched = true;
        wanted.extend(candidate.to.iter().map(String::as_str));
        if !candidate.r#continue {
            break;
        }
    }
    let channels = all_channels.iter().filter(|name| !matched || wanted.contains(name)).map(|name| (*name).to_owned()).collect();
    Routed { channels, unrouted: !matched && !routes.is_empty() }
}

impl When {
    fn holds(&self, call: Routable<'_>) -> bool {
        one_of(self.cancelled_by.as_deref(), |side| *side == call.side)
            && one_of(self.reason.as_deref(), |reason| *reason == call.reason)
            && one_of(self.event_slug.as_deref(), |pattern| fits(pattern, call.event_slug))
            && one_of(self.host_email.as_deref(), |pattern| fits(pattern, call.host_email))
    }
}

fn one_of<T>(wanted: Option<&[T]>, fits: impl Fn(&T) -> bool) -> bool {
    wanted.is_none_or(|wanted| wanted.iter().any(fits))
}

/// Does the pattern, in which `*` stands for any text, fit the whole text? Case does not matter.
fn fits(pattern: &str, text: &str) -> bool {
    let (pattern, text) = (pattern.to_lowercase(), text.trim().to_lowercase());
    let mut parts = pattern.split('*');
    let first = parts.next().unwrap_or_default();
    let Some(mut rest) = text.strip_prefix(first) else {
        return false;
    };
    let middle: Vec<&str> = parts.collect();
    let Some((last, middle)) = middle.split_last() else {
        return rest.is_empty();
    };
    for part in middle {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    rest.ends_with(last)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_fit_the_whole_text() {
        for (pattern, text, expected) in [
            ("strategy-*", "strategy-call", true),
            ("strategy-*", "x-strategy-call", false),
            ("*@acme.com", "Alex@ACME.com ", true),
            ("*@acme.com", "alex@acme.com.evil", false),
            ("a*b*c", "a-b-b-c", true),
            ("a*b*c", "acb", false),
            ("ab*ba", "aba", false),
            ("*", "", true),
            ("", "x", false),
            ("demo", "demo", true),
        ] {
            assert_eq!(fits(pattern, text), expected, "{pattern} {text}");
        }
    }

    #[test]
    fn the_first_match_wins_unless_it_continues() {
        let call = Routable { side: Side::Host, event_slug: "strategy-call", host_email: "alex@acme.com", reason: ReasonClass::None };
        let to = |name: &str, side: Side, go_on: bool| Route {
            when: When { cancelled_by: Some(vec![side]), ..When::default() },
            to: vec![name.to_owned()],
            r#continue: go_on,
        };
        let all = ["a", "b", "c"];
        let routed = |routes: &[Route]| route(routes, &all, call);
        assert_eq!(routed(&[]), Routed { channels: vec!["a".into(), "b".into(), "c".into()], unrouted: false });
        assert_eq!(routed(&[to("b", Side::Host, false), to("a", Side::Host, false)]).channels, ["b"]);
        assert_eq!(routed(&[to("b", Side::Host, true), to("a", Side::Host, false)]).channels, ["a", "b"]);
        let nowhere = routed(&[to("b", Side::Invitee, false)]);
        assert!(nowhere.unrouted && nowhere.channels.len() == 3);
    }
}
