//! Writes CSV as RFC 4180 has it, and keeps spreadsheets from taking what strangers wrote for formulas.

/// One line with its end.
pub(super) fn line<const N: usize>(cells: [String; N]) -> String {
    cells.map(quoted).join(",") + "\r\n"
}

/// The text, with an apostrophe before what a spreadsheet would run: <https://owasp.org/www-community/attacks/CSV_Injection>.
pub(super) fn harmless(text: &str) -> String {
    let dangerous = text.starts_with(['=', '+', '-', '@', '\t', '\r']);
    if dangerous { format!("'{text}") } else { text.to_owned() }
}

fn quoted(cell: String) -> String {
    if cell.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quotes_where_needed_and_nowhere_else() {
        let cells = ["plain text", "a,b", "say \"hi\"", "two\nlines", "", "\rx"].map(str::to_owned);
        assert_eq!(line(cells), "plain text,\"a,b\",\"say \"\"hi\"\"\",\"two\nlines\",,\"\rx\"\r\n");
    }

    #[test]
    fn formulas_are_only_text() {
        for formula in ["=1+1", "+1555", "-2", "@SUM(A1)", "\t=1", "\r=1", "=HYPERLINK(\"http://x\")"] {
            assert_eq!(harmless(formula), format!("'{formula}"));
        }
        for text in ["Jane", "1-2", "a=b", "", " =1", "“=”"] {
            assert_eq!(harmless(text), text);
        }
    }
}
