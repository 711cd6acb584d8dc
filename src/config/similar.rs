//! "Did you mean": which known word is nearest to a misspelt one.

/// The known word that a typing slip or two away is `word`, if there is one; case does not matter.
pub(super) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let word: Vec<char> = word.to_lowercase().chars().collect();
    let allowed = (word.len() / 3).clamp(1, 3);
    let distances = known.into_iter().filter_map(|candidate| {
        let letters: Vec<char> = candidate.to_lowercase().chars().collect();
        let may_fit = letters.len().abs_diff(word.len()) <= allowed;
        may_fit.then(|| (distance(&word, &letters), candidate))
    });
    distances.filter(|(distance, _)| *distance <= allowed).min().map(|(_, candidate)| candidate)
}

/// Letters to insert, delete, replace or swap with their neighbour to get from one word to the other.
fn distance(from: &[char], to: &[char]) -> usize {
    let mut before: Vec<usize> = Vec::new();
    let mut above: Vec<usize> = (0..=to.len()).collect();
    for (row, letter) in from.iter().enumerate() {
        let mut current = vec![row + 1];
        for (column, other) in to.iter().enumerate() {
            let replaced = above[column] + usize::from(letter != other);
            let mut best = replaced.min(above[column + 1] + 1).min(current[column] + 1);
            let swapped = row > 0 && column > 0 && *letter == to[column - 1] && from[row - 1] == *other;
            if swapped {
                best = best.min(before[column - 1] + 1);
            }
            current.push(best);
        }
        before = std::mem::replace(&mut above, current);
    }
    above[to.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_are_recognised_and_other_words_are_not() {
        let known = ["listen", "public_url", "bot_token", "to"];
        for (typed, expected) in [
            ("lisen", Some("listen")),
            ("public_ulr", Some("public_url")),
            ("Bot-Token", Some("bot_token")),
            ("bottoken", Some("bot_token")),
            ("ot", Some("to")),
            ("", None),
            ("webhook", None),
            ("url", None),
        ] {
            assert_eq!(nearest(typed, known), expected, "{typed:?}");
        }
    }
}
