//! What is wrong with a team's templates, all of it at once, in lines that say where and what would be right.

use std::fmt;

/// Everything that is wrong with the templates; one line each when displayed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub struct TemplateMistakes(Vec<Mistake>);

impl TemplateMistakes {
    /// The mistakes, without repetitions, ordered by file and line.
    pub(super) fn of(mut all: Vec<Mistake>) -> Self {
        all.sort_by(|a, b| (&a.file, a.line, &a.what).cmp(&(&b.file, b.line, &b.what)));
        // A mistake that several samples show is one mistake.
        all.dedup_by(|a, b| (&a.file, a.line, &a.what) == (&b.file, b.line, &b.what));
        Self(all)
    }

    /// One line for each mistake, such as `card/invitee.md:3: unknown variable "emial", did you mean "email"?`.
    pub fn lines(&self) -> impl Iterator<Item = String> {
        self.0.iter().map(Mistake::to_string)
    }
}

impl fmt::Display for TemplateMistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (at, line) in self.lines().enumerate() {
            write!(f, "{}{line}", if at > 0 { "\n" } else { "" })?;
        }
        Ok(())
    }
}

/// One thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Mistake {
    /// The template's name, or the path of what could not be read.
    pub file: String,
    /// The line, from 1, where it is known.
    pub line: Option<usize>,
    /// The sample with which it showed, where it is not wrong with every one.
    pub sample: Option<&'static str>,
    /// What is wrong and what would be right.
    pub what: String,
}

impl Mistake {
    pub(super) fn new(file: impl Into<String>, line: impl Into<Option<usize>>, what: impl Into<String>) -> Self {
        Self { file: file.into(), line: line.into(), sample: None, what: what.into() }
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        write!(f, ": {}", self.what)?;
        match self.sample {
            Some(sample) => write!(f, " (seen with the sample \"{sample}\")"),
            None => Ok(()),
        }
    }
}

/// `, did you mean "…"?` where one of the known words is close, else nothing.
pub(super) fn did_you_mean<'a>(written: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let most = (written.chars().count() / 3).clamp(1, 3);
    let close = known.into_iter().map(|word| (distance(written, word), word)).filter(|(distance, _)| *distance <= most);
    close.min().map(|(_, word)| format!(", did you mean \"{word}\"?")).unwrap_or_default()
}

/// How many letters must change to make one word of the other (Levenshtein), where two neighbours that changed places count as one.
fn distance(a: &str, b: &str) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.to_lowercase().chars().collect(), b.to_lowercase().chars().collect());
    let mut rows: Vec<Vec<usize>> = vec![(0..=b.len()).collect()];
    for (i, &x) in a.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, &y) in b.iter().enumerate() {
            let swap = if i > 0 && j > 0 && x == b[j - 1] && a[i - 1] == y { rows[i - 1][j - 1] + 1 } else { usize::MAX };
            row.push((rows[i][j] + usize::from(x != y)).min(rows[i][j + 1] + 1).min(row[j] + 1).min(swap));
        }
        rows.push(row);
    }
    rows[a.len()][b.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn close_words_are_suggested() {
        let known = ["email", "event_name", "reason", "repeat"];
        assert_eq!(did_you_mean("emial", known), ", did you mean \"email\"?");
        assert_eq!(did_you_mean("evnt_name", known), ", did you mean \"event_name\"?");
        assert_eq!(did_you_mean("Reason", known), ", did you mean \"reason\"?");
        assert_eq!(did_you_mean("no_such_variable", known), "");
    }

    #[test]
    fn every_mistake_is_one_line_and_said_once() {
        let mistake = |line, sample| Mistake { sample, ..Mistake::new("card/host.md", line, "no") };
        let all = TemplateMistakes::of(vec![mistake(Some(3), Some("late")), mistake(None, None), mistake(Some(3), Some("bare"))]);
        assert_eq!(all.to_string(), "card/host.md: no\ncard/host.md:3: no (seen with the sample \"late\")");
    }
}
