//! Looks through the tags of a template before Tera does: only a small part of Tera is allowed here, and every name must exist.
//!
//! Tera itself finds unknown names only in what a rendering reaches, passes over misspelt fields in an `if`, bounds no work, and has
//! filters that undo escaping. It does not judge what stands outside of tags: that is `tree`'s.

use super::marks;
use super::mistake::{Mistake, did_you_mean};

/// What a template may use.
pub(super) struct Allowed<'a> {
    pub statements: &'a [&'a str],
    pub filters: &'a [&'a str],
    /// Fields of the items of lists, and of `loop`.
    pub fields: &'a [&'a str],
}

/// Loops within loops multiply the work; two deep is enough for a card.
const DEEPEST_LOOP: usize = 2;
/// As many as anybody needs; without a bound, includes of includes multiply.
const MOST_INCLUDES: usize = 8;
/// Words of Tera's own that may stand before a `[` or `(` without reading or calling something.
const KEYWORDS: [&str; 9] = ["and", "or", "not", "in", "is", "if", "elif", "else", "include"];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Token<'a> {
    Word(&'a str),
    /// What stands between quotation marks.
    Text(&'a str),
    Number,
    Sign(char),
}

/// Every mistake in the tags of `source`.
pub(super) fn mistakes(file: &str, source: &str, allowed: &Allowed<'_>) -> Vec<Mistake> {
    let mut scan = Scan { file, allowed, found: Vec::new(), loops: 0, includes: 0 };
    if let Some(at) = source.find(marks::is_own) {
        scan.mistake(line_at(source, at), "a code point that is no character (U+FDD0 to U+FDEF)".to_owned());
    }
    for tag in tags(source) {
        scan.tag(&tag);
    }
    scan.found
}

/// Every word in the tags of a template: the names of all values that it reads are among them, and many other words.
pub(super) fn words(source: &str) -> impl Iterator<Item = &str> {
    tags(source).into_iter().flat_map(|tag| tag.tokens).filter_map(|(token, _)| match token {
        Token::Word(word) => Some(word),
        Token::Text(_) | Token::Number | Token::Sign(_) => None,
    })
}

/// The names of the templates that a template includes, and perhaps other texts.
pub(super) fn included(source: &str) -> impl Iterator<Item = &str> {
    let includes = tags(source).into_iter().filter(|tag| tag.tokens.iter().any(|(token, _)| *token == Token::Word("include")));
    includes.flat_map(|tag| tag.tokens).filter_map(|(token, _)| match token {
        Token::Text(name) => Some(name),
        Token::Word(_) | Token::Number | Token::Sign(_) => None,
    })
}

/// The line, from 1, on which `name` is first used in a tag.
pub(super) fn line_of(source: &str, name: &str) -> Option<usize> {
    tags(source).into_iter().flat_map(|tag| tag.tokens).find(|(token, _)| *token == Token::Word(name)).map(|(_, line)| line)
}

struct Tag<'a> {
    statement: bool,
    line: usize,
    tokens: Vec<(Token<'a>, usize)>,
}

/// The `{{ … }}` and `{% … %}` of a template, without comments.
fn tags(source: &str) -> Vec<Tag<'_>> {
    let mut found = Vec::new();
    let mut at = 0;
    while let Some(start) = source[at..].find('{').map(|start| at + start) {
        let open = &source[start..];
        if open.starts_with("{#") {
            at = open.find("#}").map_or(source.len(), |end| start + end + 2);
        } else if open.starts_with("{{") || open.starts_with("{%") {
            let mut tag = Tag { statement: open.starts_with("{%"), line: line_at(source, start), tokens: Vec::new() };
            at = read_tag(source, start + 2, &mut tag);
            found.push(tag);
        } else {
            at = start + 1;
        }
    }
    found
}

/// Reads the tokens of a tag and gives the place after it.
fn read_tag<'a>(source: &'a str, from: usize, tag: &mut Tag<'a>) -> usize {
    let mut at = from;
    while let Some(c) = source[at..].chars().next() {
        let rest = &source[at..];
        let line = line_at(source, at);
        if rest.starts_with(if tag.statement { "%}" } else { "}}" }) {
            return at + 2;
        }
        let length = if c.is_alphabetic() || c == '_' {
            let length = rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len());
            tag.tokens.push((Token::Word(&rest[..length]), line));
            length
        } else if c.is_ascii_digit() {
            tag.tokens.push((Token::Number, line));
            rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len())
        } else if matches!(c, '"' | '\'' | '`') {
            let text = &rest[1..=text_length(&rest[1..], c)];
            tag.tokens.push((Token::Text(text), line));
            (text.len() + 2).min(rest.len())
        } else {
            if !c.is_whitespace() {
                tag.tokens.push((Token::Sign(c), line));
            }
            c.len_utf8()
        };
        at += length;
    }
    source.len()
}

/// The length of what begins between quotation marks; a mark of the text itself has a backslash before it.
fn text_length(rest: &str, mark: char) -> usize {
    let mut escaped = false;
    let ends = |c: char| {
        let ends = c == mark && !escaped;
        escaped = c == '\\' && !escaped;
        ends
    };
    rest.find(ends).unwrap_or(rest.len())
}

fn line_at(source: &str, at: usize) -> usize {
    source[..at].matches('\n').count() + 1
}

struct Scan<'a> {
    file: &'a str,
    allowed: &'a Allowed<'a>,
    found: Vec<Mistake>,
    loops: usize,
    includes: usize,
}

impl Scan<'_> {
    fn tag(&mut self, tag: &Tag<'_>) {
        let tokens: Vec<_> = tag.tokens.iter().skip_while(|(token, _)| matches!(token, Token::Sign('-' | '+'))).copied().collect();
        let rest = if tag.statement { self.statement(&tokens, tag.line) } else { &tokens[..] };
        let first = tokens.len() - rest.len();
        for at in first..tokens.len() {
            let before = at.checked_sub(1).map(|before| tokens[before].0);
            let (token, line) = tokens[at];
            self.token(before, token, tokens.get(at + 1).map(|next| next.0), line);
        }
    }

    /// Checks the word that says what a statement does, and gives what follows.
    fn statement<'t>(&mut self, tokens: &'t [(Token<'t>, usize)], line: usize) -> &'t [(Token<'t>, usize)] {
        let Some(((Token::Word(word), _), rest)) = tokens.split_first() else {
            return tokens;
        };
        if !self.allowed.statements.contains(word) {
            let near = did_you_mean(word, self.allowed.statements.iter().copied());
            self.mistake(line, format!("`{{% {word} %}}` cannot be used here{near}"));
        }
        match *word {
            "for" => {
                self.loops += 1;
                if self.loops > DEEPEST_LOOP {
                    self.mistake(line, format!("loops within loops can be {DEEPEST_LOOP} deep at most"));
                }
            }
            "endfor" => self.loops = self.loops.saturating_sub(1),
            "include" => {
                self.includes += 1;
                if self.loops > 0 {
                    self.mistake(line, "`{% include %}` cannot stand in a loop".to_owned());
                } else if self.includes > MOST_INCLUDES {
                    self.mistake(line, format!("a template can include {MOST_INCLUDES} others at most"));
                }
            }
            _ => {}
        }
        rest
    }

    fn token(&mut self, before: Option<Token<'_>>, token: Token<'_>, next: Option<Token<'_>>, line: usize) {
        match (before, token) {
            (Some(Token::Sign('|')), Token::Word(filter)) if !self.allowed.filters.contains(&filter) => {
                let near = did_you_mean(filter, self.allowed.filters.iter().copied());
                self.mistake(line, format!("unknown filter \"{filter}\"{near}"));
            }
            (Some(Token::Sign('.')), Token::Word(field)) if !self.allowed.fields.contains(&field) => {
                let near = did_you_mean(field, self.allowed.fields.iter().copied());
                self.mistake(line, format!("unknown field \"{field}\"{near}"));
            }
            (before, Token::Word(function))
                if next == Some(Token::Sign('(')) && !KEYWORDS.contains(&function) && !called_otherwise(before) =>
            {
                self.mistake(line, format!("there is no function \"{function}\": values are written without brackets"));
            }
            // Tera's own name for all values at once, which it does not list among the variables.
            (_, Token::Word("__tera_context")) => self.mistake(line, "unknown variable \"__tera_context\"".to_owned()),
            (_, Token::Word("for")) => self.mistake(line, "a loop within a value cannot be used: write `{% for … %}`".to_owned()),
            (Some(Token::Word(value)), Token::Sign('[')) if !KEYWORDS.contains(&value) => {
                self.mistake(line, format!("`{value}[…]` cannot be used: write `{value}.field`, or go through the list with a loop"));
            }
            (Some(Token::Sign(')' | ']') | Token::Text(_)), Token::Sign('[')) => {
                self.mistake(line, "`…[…]` cannot be used: go through the list with a loop".to_owned());
            }
            _ => {}
        }
    }

    fn mistake(&mut self, line: usize, what: String) {
        self.found.push(Mistake::new(self.file, line, what));
    }
}

/// A word before `(` that is a filter or a test, not a function.
fn called_otherwise(before: Option<Token<'_>>) -> bool {
    matches!(before, Some(Token::Sign('|') | Token::Word("is" | "not")))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWED: Allowed<'_> = Allowed {
        statements: &["if", "elif", "else", "endif", "for", "endfor", "set", "endset", "include"],
        filters: &["upper", "when"],
        fields: &["question", "answer", "first"],
    };

    fn said(source: &str) -> Vec<String> {
        mistakes("t.md", source, &ALLOWED).iter().map(Mistake::to_string).collect()
    }

    #[test]
    fn what_is_allowed_passes() {
        let source = "{# {% x %} {{ a | b }} #}{% if a in [\"x[\", 'y}}'] and (b) %}{{ a | when(style=\"date\") }}{% else -%}\n\
            {% for item in answers %}{{ item.question }}{% if not loop.first %}, {% endif %}{% endfor %}{% endif %}{{ n is divisible_by(2) }} { x } {{ 1.5 }}";
        assert_eq!(said(source), Vec::<String>::new());
    }

    #[test]
    fn what_is_not_allowed_is_named_with_its_line() {
        for (source, mistake) in [
            ("\n{{ a | uper }}", "t.md:2: unknown filter \"uper\", did you mean \"upper\"?"),
            ("{{ a | safe }}", "t.md:1: unknown filter \"safe\""),
            ("{% if item.questoin %}{% endif %}", "t.md:1: unknown field \"questoin\", did you mean \"question\"?"),
            ("{{ item\n.anwser }}", "t.md:2: unknown field \"anwser\", did you mean \"answer\"?"),
            ("{{ item?.x }}", "t.md:1: unknown field \"x\""),
            ("{% fro x in y %}", "t.md:1: `{% fro %}` cannot be used here, did you mean \"for\"?"),
            ("{% raw %}", "t.md:1: `{% raw %}` cannot be used here"),
            ("{{ range(end=5) }}", "t.md:1: there is no function \"range\": values are written without brackets"),
            ("{{ a[\"b\"] }}", "t.md:1: `a[…]` cannot be used: write `a.field`, or go through the list with a loop"),
            ("{% for a in b %}{% for c in d %}{% for e in f %}", "t.md:1: loops within loops can be 2 deep at most"),
            ("{% for a in b %}{% include \"x\" %}", "t.md:1: `{% include %}` cannot stand in a loop"),
            ("{{ [a for a in b] }}", "t.md:1: a loop within a value cannot be used: write `{% for … %}`"),
            ("a\n\u{fdd2}person:0\u{fdd3}", "t.md:2: a code point that is no character (U+FDD0 to U+FDEF)"),
        ] {
            assert_eq!(said(source), [mistake], "{source}");
        }
    }

    #[test]
    fn the_line_of_a_name_is_found() {
        assert_eq!(line_of("email\n\n{% if x %}{{ email }}", "email"), Some(3));
        assert_eq!(line_of("email", "email"), None);
    }

    #[test]
    fn words_and_includes_are_those_of_tags() {
        let source = "email {# late #}{% if late %}{% include 'part/x.md' %}{% endif %}{{ a.b | default(value=\"c\") }}{% set d = 'e' %}";
        assert_eq!(words(source).collect::<Vec<_>>(), ["if", "late", "include", "endif", "a", "b", "default", "value", "set", "d"]);
        assert_eq!(included(source).collect::<Vec<_>>(), ["part/x.md"]);
        assert_eq!(included("{% include \"not closed").collect::<Vec<_>>(), ["not closed"]);
        for (source, expected) in [
            (r#"{{ a | replace(from="\"", to='\\') }}{{ late }}"#, vec!["a", "replace", "from", "to", "late"]),
            (r#"{% if {"a": {"b": 1}} and late %}{% endif %}"#, vec!["if", "and", "late", "endif"]),
            ("{{ a", vec!["a"]),
            ("{{ \"ä", vec![]),
        ] {
            assert_eq!(words(source).collect::<Vec<_>>(), expected, "{source}");
        }
    }
}
