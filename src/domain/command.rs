//! What people type after `/cancellations`, read. Pure; it must not know what the verbs do.

/// A verb of the command.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Verb {
    /// What can be asked?
    Help,
    /// What is there to do?
    Open,
    /// What do I have to do?
    Mine,
    /// Everything about one follow-up.
    Show,
    /// Give one to somebody.
    Assign,
    /// The numbers.
    Stats,
    /// All of them as a file.
    Export,
}

impl Verb {
    /// All of them, in the order of the help.
    pub const ALL: [Self; 7] = [Self::Help, Self::Open, Self::Mine, Self::Show, Self::Assign, Self::Stats, Self::Export];
    /// Those that are answered by now; the others say that they are not.
    pub const ANSWERED: [Self; 5] = [Self::Help, Self::Open, Self::Mine, Self::Show, Self::Assign];

    /// The name as it is typed.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Help => "help",
            Self::Open => "open",
            Self::Mine => "mine",
            Self::Show => "show",
            Self::Assign => "assign",
            Self::Stats => "stats",
            Self::Export => "export",
        }
    }

    fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verb| verb.name().eq_ignore_ascii_case(name))
    }
}

/// The user id in a mention as platforms write it: `<@U0123456789|kim>`, `<@998877665544332211>`, `<@!998877665544332211>`.
#[must_use]
pub fn mentioned(text: &str) -> Option<&str> {
    let inner = text.strip_prefix("<@")?.strip_suffix('>')?;
    let id = inner.strip_prefix('!').unwrap_or(inner).split('|').next()?;
    (!id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric())).then_some(id)
}

/// What a verb takes where it is chosen and not typed (Discord).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Takes {
    /// Words that must be there; what is open is suggested.
    Words,
    /// A page of a list, which need not be there.
    Page,
    /// A person, who must be there.
    Person,
}

/// What somebody typed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Command<'t> {
    /// What can be asked?
    Help,
    /// What is open: that page, counted from 1.
    Open {
        /// Which.
        page: usize,
    },
    /// What they have: that page, counted from 1.
    Mine {
        /// Which.
        page: usize,
    },
    /// Everything about what is found by these words; they may be empty.
    Show {
        /// An id, an e-mail address or a name.
        what: &'t str,
    },
    /// To give one to somebody; either may be empty.
    Assign {
        /// Which.
        id: &'t str,
        /// To whom: a mention, an e-mail address or a name.
        whom: &'t str,
    },
    /// A verb that is not answered yet.
    NotYet(Verb),
    /// No verb of ours.
    Unknown {
        /// What stands in its place.
        typed: &'t str,
        /// The verb that is a slip or two away.
        meant: Option<Verb>,
    },
}

/// Reads what was typed; blanks around it and case do not matter.
#[must_use]
pub fn read(text: &str) -> Command<'_> {
    let text = text.trim();
    let (first, rest) = text.split_once(char::is_whitespace).unwrap_or((text, ""));
    let page = || rest.trim().parse().unwrap_or(1).max(1);
    match Verb::from_name(first) {
        _ if first.is_empty() => Command::Help,
        Some(Verb::Help) => Command::Help,
        Some(Verb::Open) => Command::Open { page: page() },
        Some(Verb::Mine) => Command::Mine { page: page() },
        Some(Verb::Show) => Command::Show { what: rest.trim() },
        Some(Verb::Assign) => {
            let (id, whom) = rest.trim().split_once(char::is_whitespace).unwrap_or((rest.trim(), ""));
            Command::Assign { id, whom: whom.trim() }
        }
        Some(verb @ (Verb::Stats | Verb::Export)) => Command::NotYet(verb),
        None => Command::Unknown { typed: first, meant: nearest(first) },
    }
}

/// The verb that two slips at most make of these letters.
fn nearest(typed: &str) -> Option<Verb> {
    /// More slips than that make any word of any other.
    const SLIPS: usize = 2;
    let typed: Vec<char> = typed.chars().flat_map(char::to_lowercase).take(16).collect();
    let slips = |verb: &Verb| slips(&typed, &verb.name().chars().collect::<Vec<_>>());
    let near = Verb::ALL.into_iter().min_by_key(slips)?;
    (slips(&near) <= SLIPS && typed.len() > SLIPS).then_some(near)
}

/// Letters to insert, delete, replace or swap with their neighbour to get from one word to the other.
fn slips(from: &[char], to: &[char]) -> usize {
    let mut rows = vec![(0..=to.len()).collect::<Vec<usize>>()];
    for (row, letter) in from.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, other) in to.iter().enumerate() {
            let above = &rows[row];
            let mut best = (above[column] + usize::from(letter != other)).min(above[column + 1] + 1).min(current[column] + 1);
            if row > 0 && column > 0 && *letter == to[column - 1] && from[row - 1] == *other {
                best = best.min(rows[row - 1][column - 1] + 1);
            }
            current.push(best);
        }
        rows.push(current);
    }
    rows[from.len()][to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_typed_is_read() {
        for (typed, meant) in [
            ("", Command::Help),
            (" \t ", Command::Help),
            ("HELP me", Command::Help),
            ("open", Command::Open { page: 1 }),
            ("open  2 ", Command::Open { page: 2 }),
            ("open 0", Command::Open { page: 1 }),
            ("open 99999999999999999999999999", Command::Open { page: 1 }),
            ("mine x", Command::Mine { page: 1 }),
            ("show  Jane  Doe ", Command::Show { what: "Jane  Doe" }),
            ("show", Command::Show { what: "" }),
            ("stats 7d", Command::NotYet(Verb::Stats)),
            ("assign k7q2  Kim Closer ", Command::Assign { id: "k7q2", whom: "Kim Closer" }),
            ("assign K7Q2", Command::Assign { id: "K7Q2", whom: "" }),
            ("assign", Command::Assign { id: "", whom: "" }),
        ] {
            assert_eq!(read(typed), meant, "{typed:?}");
        }
    }

    #[test]
    fn mentions_are_read() {
        for (text, id) in [
            ("<@U0123456789|kim>", Some("U0123456789")),
            ("<@U0123456789>", Some("U0123456789")),
            ("<@!998877665544332211>", Some("998877665544332211")),
            ("<@>", None),
            ("<@U1 OR 1=1>", None),
            ("@kim", None),
            ("<!here>", None),
        ] {
            assert_eq!(mentioned(text), id, "{text}");
        }
    }

    #[test]
    fn slips_are_recognised_and_other_words_are_not() {
        for (typed, meant) in [
            ("asign", Some(Verb::Assign)),
            ("stast", Some(Verb::Stats)),
            ("opne", Some(Verb::Open)),
            ("hepl", Some(Verb::Help)),
            ("Mnie", Some(Verb::Mine)),
            ("frobnicate", None),
            ("--", None),
            ("\u{202e}\u{200b}", None),
            ("';", None),
        ] {
            assert_eq!(read(typed), Command::Unknown { typed, meant }, "{typed:?}");
        }
        let long = "x".repeat(3_000);
        assert_eq!(read(&long), Command::Unknown { typed: &long, meant: None });
    }
}
