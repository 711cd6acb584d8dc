//! Who cancelled: the invitee, the host's side, or nobody knows.
//!
//! iClosed gives only a free-text name, so a side is claimed only on evidence, and the evidence is kept.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::event::Cancellation;
use super::identity::{normal_email, normal_name};
use super::team::Team;

/// Who cancelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Side {
    /// The prospect.
    Invitee,
    /// The closer, or somebody else of the team.
    Host,
    /// The payload does not say, or what it says fits nobody or both.
    Unknown,
}

impl Side {
    /// All three, in the order of the templates.
    pub const ALL: [Self; 3] = [Self::Invitee, Self::Host, Self::Unknown];

    /// `invitee`, `host` or `unknown`: in logs, configuration, templates and the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Invitee => "invitee",
            Self::Host => "host",
            Self::Unknown => "unknown",
        }
    }

    /// The side of that [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|side| side.name() == name)
    }
}

impl fmt::Display for Side {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Why we believe a [`Side`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SideEvidence {
    /// The canceller's name is the invitee's.
    InviteeName,
    /// The canceller's name is the invitee's e-mail address.
    InviteeEmail,
    /// The canceller's name is the host's.
    HostName,
    /// The canceller's name is the host's e-mail address.
    HostEmail,
    /// The canceller is a teammate, though not the host of this call.
    Teammate,
    /// The payload names no canceller.
    NoName,
    /// The name fits the invitee and the host alike.
    Both,
    /// The name fits nobody whom the payload or the configuration knows.
    Nobody,
    /// Somebody of the team said so.
    Told,
    /// The source lists the call as cancelled by that side.
    Listed,
}

impl SideEvidence {
    /// The name in `preview --format json` and in the database.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::InviteeName => "invitee_name",
            Self::InviteeEmail => "invitee_email",
            Self::HostName => "host_name",
            Self::HostEmail => "host_email",
            Self::Teammate => "teammate",
            Self::NoName => "no_name",
            Self::Both => "both",
            Self::Nobody => "nobody",
            Self::Told => "told",
            Self::Listed => "listed",
        }
    }

    /// Does it rest on what somebody said, so that somebody may say otherwise? A payload proves the rest.
    #[must_use]
    pub fn may_be_corrected(self) -> bool {
        match self {
            Self::Told | Self::Listed => true,
            Self::InviteeName
            | Self::InviteeEmail
            | Self::HostName
            | Self::HostEmail
            | Self::Teammate
            | Self::NoName
            | Self::Both
            | Self::Nobody => false,
        }
    }
}

/// Compares the canceller's name with everyone whom the payload and the team know; where that tells nothing, the source's list is
/// believed.
///
/// A side is claimed only when the name fits that side and not the other: an address that is equal, the same words in any
/// order and case, or the words of a shorter form of the name (at least two). A bare first name counts for the invitee and for
/// the call's hosts; a teammate's or setter's first name only casts doubt.
///
/// Words like `Invitee` or `Host` are names like any other and fit nobody: whether iClosed ever sends them as roles is not known.
#[must_use]
pub fn who_cancelled(cancellation: &Cancellation, team: &Team) -> (Side, SideEvidence) {
    match (by_name(cancellation, team), cancellation.listed_side) {
        ((Side::Unknown, _), Some(listed @ (Side::Invitee | Side::Host))) => (listed, SideEvidence::Listed),
        (named, Some(Side::Invitee | Side::Host | Side::Unknown) | None) => named,
    }
}

fn by_name(cancellation: &Cancellation, team: &Team) -> (Side, SideEvidence) {
    let Some(canceller) = cancellation.canceller.as_deref().and_then(Signature::read) else {
        return (Side::Unknown, SideEvidence::NoName);
    };
    let by_invitee = invitee_fit(&canceller, cancellation);
    let by_host = host_fit(&canceller, cancellation, team);
    let by_team = team_fit(&canceller, cancellation, team);
    match (by_invitee, by_host.or(by_team)) {
        (Some(_), Some(_)) => (Side::Unknown, SideEvidence::Both),
        (Some(Fit::Email), None) => (Side::Invitee, SideEvidence::InviteeEmail),
        (Some(Fit::Name | Fit::FirstName), None) => (Side::Invitee, SideEvidence::InviteeName),
        (None, Some(_)) => match (by_host, by_team) {
            (Some(Fit::Email), _) => (Side::Host, SideEvidence::HostEmail),
            (Some(Fit::Name | Fit::FirstName), _) => (Side::Host, SideEvidence::HostName),
            (None, Some(Fit::Email | Fit::Name)) => (Side::Host, SideEvidence::Teammate),
            (None, Some(Fit::FirstName) | None) => (Side::Unknown, SideEvidence::Nobody),
        },
        (None, None) => (Side::Unknown, SideEvidence::Nobody),
    }
}

/// The canceller's name in the form in which two of them are compared; `None` for one that names nobody, or that is no name any more.
#[must_use]
pub fn alias_key(written: &str) -> Option<String> {
    /// Bytes; longer than any name, and short enough for an index.
    const MOST: usize = 400;
    let Signature { mut emails, words } = Signature::read(written)?;
    emails.sort();
    emails.extend(words);
    Some(emails.join(" ")).filter(|key| key.len() <= MOST)
}

/// How well a name fits somebody, best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    Email,
    Name,
    /// One word that is the first of the other's name: many people share it.
    FirstName,
}

fn invitee_fit(canceller: &Signature, cancellation: &Cancellation) -> Option<Fit> {
    let invitee = &cancellation.call.invitee;
    let names = invitee.name.iter().chain(&invitee.other_names).map(String::as_str);
    canceller.fit(invitee.email.as_deref(), names)
}

/// A host is known by what the payload says and by what the team's list says of the same person.
fn host_fit(canceller: &Signature, cancellation: &Cancellation, team: &Team) -> Option<Fit> {
    let hosts = || cancellation.call.host.iter().chain(&cancellation.call.co_hosts);
    let told = hosts().filter_map(|host| canceller.fit(host.email.as_deref(), host.name.as_deref()));
    let listed = hosts().filter_map(|host| team.find(host.email.as_deref(), host.name.as_deref()));
    told.chain(listed.filter_map(|mate| canceller.fit(mate.email.as_deref(), [mate.name.as_str()]))).min()
}

fn team_fit(canceller: &Signature, cancellation: &Cancellation, team: &Team) -> Option<Fit> {
    let mates = team.0.iter().filter_map(|mate| canceller.fit(mate.email.as_deref(), [mate.name.as_str()]));
    let setter = cancellation.call.setter.iter().filter_map(|setter| canceller.fit(setter.email.as_deref(), setter.name.as_deref()));
    mates.chain(setter).min()
}

/// What the canceller goes by: `Jane Doe`, `jane@example.com`, or both in one text.
struct Signature {
    emails: Vec<String>,
    /// Normalised and sorted, so that `Doe, Jane` is `Jane Doe`.
    words: Vec<String>,
}

impl Signature {
    /// `None` when the text names nobody.
    fn read(text: &str) -> Option<Self> {
        let bare = |token: &str| normal_email(token.trim_matches(|c: char| "<>()[]{}\"',;:.".contains(c)));
        let emails: Vec<String> = text.split_whitespace().filter_map(bare).collect();
        let rest: Vec<&str> = text.split_whitespace().filter(|token| bare(token).is_none()).collect();
        let words = sorted_words(&rest.join(" "));
        (!emails.is_empty() || !words.is_empty()).then_some(Self { emails, words })
    }

    fn fit<'a>(&self, email: Option<&str>, names: impl IntoIterator<Item = &'a str>) -> Option<Fit> {
        if email.and_then(normal_email).is_some_and(|email| self.emails.contains(&email)) {
            return Some(Fit::Email);
        }
        names.into_iter().filter_map(|name| self.fit_name(name)).min()
    }

    fn fit_name(&self, name: &str) -> Option<Fit> {
        let words = sorted_words(name);
        match (self.words.as_slice(), words.as_slice()) {
            ([], _) | (_, []) => None,
            ([one], _) => {
                let first = normal_name(name)?;
                first.split(' ').next().is_some_and(|first| first == one).then_some(Fit::FirstName)
            }
            (_, [_]) => None,
            (mine, theirs) => (contains_all(mine, theirs) || contains_all(theirs, mine)).then_some(Fit::Name),
        }
    }
}

fn sorted_words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = normal_name(name).iter().flat_map(|name| name.split(' ')).map(str::to_owned).collect();
    words.sort();
    words
}

/// Are all words of `part` in `whole`, each as often? Both are sorted.
fn contains_all(whole: &[String], part: &[String]) -> bool {
    let mut rest = whole.iter();
    part.iter().all(|wanted| rest.any(|word| word == wanted))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::event::{Call, Invitee, Links, Staff};
    use crate::domain::team::Teammate;
    use crate::domain::when::Moment;

    fn staff(name: &str, email: &str) -> Staff {
        Staff { name: Some(name.to_owned()), email: Some(email.to_owned()), timezone: None }
    }

    fn cancelled_by(canceller: Option<&str>, invitee: &str, host: Option<Staff>) -> (Side, SideEvidence) {
        listed_as(None, canceller, invitee, host)
    }

    fn listed_as(listed_side: Option<Side>, canceller: Option<&str>, invitee: &str, host: Option<Staff>) -> (Side, SideEvidence) {
        let first = invitee.split(' ').next().unwrap_or_default().to_owned();
        let invitee = Invitee {
            name: Some(invitee.to_owned()),
            other_names: vec![first],
            email: Some("Jane@Prospect.example".to_owned()),
            ..Invitee::default()
        };
        let call = Call {
            id: "1".to_owned(),
            preview_id: None,
            event_name: None,
            event_slug: None,
            duration_minutes: None,
            invitee,
            host,
            co_hosts: vec![staff("Cora Cohost", "cora@acme.example")],
            setter: Some(staff("Sid Setter", "sid@acme.example")),
            start: Moment::Missing,
            end: Moment::Missing,
            start_for_invitee: None,
            booked_at: None,
            links: Links::default(),
            answers: vec![],
            tracking: vec![],
        };
        let mate = Teammate {
            name: "Mona Manager".to_owned(),
            email: Some("mona@acme.example".to_owned()),
            slack: None,
            discord: None,
            manager: true,
            timezone: None,
            learned_slack: super::super::team::Learned::default(),
        };
        let canceller = canceller.map(str::to_owned);
        let cancellation = Cancellation { call, canceller, reason: None, cancelled_at: Moment::Missing, listed_side };
        who_cancelled(&cancellation, &Team(vec![mate]))
    }

    #[test]
    fn a_list_is_believed_where_names_tell_nothing() {
        use SideEvidence::*;
        for (canceller, listed, side, evidence) in [
            (Some("Somebody Unheard Of"), Some(Side::Host), Side::Host, Listed),
            (None, Some(Side::Invitee), Side::Invitee, Listed),
            (Some("Jane Doe"), Some(Side::Host), Side::Invitee, InviteeName),
            (Some("Somebody Unheard Of"), Some(Side::Unknown), Side::Unknown, Nobody),
            (None, None, Side::Unknown, NoName),
        ] {
            assert_eq!(listed_as(listed, canceller, "Jane Doe", None), (side, evidence), "{canceller:?} {listed:?}");
        }
    }

    #[test]
    fn a_name_that_fits_one_side_tells_it() {
        use SideEvidence::*;
        for (canceller, side, evidence) in [
            ("Jane Doe", Side::Invitee, InviteeName),
            (" DOE,  jane ", Side::Invitee, InviteeName),
            ("Jane", Side::Invitee, InviteeName),
            ("Jane M. Doe", Side::Invitee, InviteeName),
            ("jane@prospect.EXAMPLE", Side::Invitee, InviteeEmail),
            ("J. D. <jane@prospect.example>", Side::Invitee, InviteeEmail),
            ("Alex Closer", Side::Host, HostName),
            ("closer alex", Side::Host, HostName),
            ("Alex", Side::Host, HostName),
            ("alex@acme.example", Side::Host, HostEmail),
            ("Cora Cohost", Side::Host, HostName),
            ("cora@acme.example", Side::Host, HostEmail),
            ("Mona Manager", Side::Host, Teammate),
            ("mona@acme.example", Side::Host, Teammate),
            ("Sid Setter", Side::Host, Teammate),
            ("Doe", Side::Unknown, Nobody),
            ("Mona", Side::Unknown, Nobody),
            ("John Doe", Side::Unknown, Nobody),
            ("Jane Doe Closer Alex", Side::Unknown, Both),
            ("alex@acme.example / jane@prospect.example", Side::Unknown, Both),
            ("Invitee", Side::Unknown, Nobody),
            ("Host", Side::Unknown, Nobody),
            ("Somebody Unheard-of", Side::Unknown, Nobody),
            ("someone@else.example", Side::Unknown, Nobody),
            ("-", Side::Unknown, NoName),
            (" \u{a0}", Side::Unknown, NoName),
        ] {
            assert_eq!(
                cancelled_by(Some(canceller), "Jane Doe", Some(staff("Alex Closer", "alex@acme.example"))),
                (side, evidence),
                "{canceller:?}"
            );
        }
        assert_eq!(cancelled_by(None, "Jane Doe", None), (Side::Unknown, NoName));
    }

    #[test]
    fn a_name_that_fits_both_sides_tells_nothing() {
        for (canceller, invitee, host, expected) in [
            ("Alex Closer", "Alex Closer", "Alex Closer", SideEvidence::Both),
            ("Alex", "Alex Prospect", "Alex Closer", SideEvidence::Both),
            ("Alex", "Alex", "Alex Closer", SideEvidence::Both),
            ("Mona", "Mona Lisa", "Alex Closer", SideEvidence::Both),
            ("Ana Lopez", "Ana Lopez", "Ana Lopez Garcia", SideEvidence::Both),
            ("Mona Manager", "Mona Manager", "Alex Closer", SideEvidence::Both),
            ("Alex Prospect", "Alex Prospect", "Alex Closer", SideEvidence::InviteeName),
            ("José Pérez", "josé pérez", "Jose Perez", SideEvidence::InviteeName),
        ] {
            let (side, evidence) = cancelled_by(Some(canceller), invitee, Some(staff(host, "host@acme.example")));
            assert_eq!(evidence, expected, "{canceller} {invitee} {host}");
            assert_eq!(side == Side::Unknown, expected == SideEvidence::Both);
        }
    }

    #[test]
    fn the_list_of_the_team_completes_a_host() {
        let mona = || Some(Staff { name: None, email: Some("MONA@acme.example".to_owned()), timezone: None });
        assert_eq!(cancelled_by(Some("Mona Manager"), "Jane Doe", mona()), (Side::Host, SideEvidence::HostName));
        assert_eq!(cancelled_by(Some("Mona"), "Jane Doe", mona()), (Side::Host, SideEvidence::HostName));
        assert_eq!(cancelled_by(Some("Mona"), "Mona Lisa", mona()), (Side::Unknown, SideEvidence::Both));
    }

    #[test]
    fn evidence_has_a_name_for_the_database() {
        assert_eq!(serde_json::to_value(SideEvidence::InviteeEmail).ok(), Some(SideEvidence::InviteeEmail.name().into()));
    }
}
