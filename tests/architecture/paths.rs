//! Finds every path that a source file names, in `use` trees of any shape and elsewhere, and says from where it comes. Reads just enough
//! Rust for that: comments and literals are skipped, macros are read like code.

/// A piece of code that is no literal and no comment.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Token {
    Word(String),
    /// `::`
    Colons,
    Other(char),
}

/// All paths in that code, each from its root: `crate`, or the name that it begins with. `module` is where the code stands, such as
/// `["flow", "deliver"]`. What stands for the whole crate is the path `crate` alone.
pub(crate) fn paths(code: &str, module: &[&str]) -> Vec<Vec<String>> {
    let tokens = tokens(code);
    let mut reader = Reader { tokens: &tokens, at: 0, module: module.iter().map(|name| (*name).to_owned()).collect(), found: Vec::new() };
    reader.block();
    reader.found
}

struct Reader<'t> {
    tokens: &'t [Token],
    at: usize,
    module: Vec<String>,
    found: Vec<Vec<String>>,
}

impl Reader<'_> {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at)
    }

    fn takes(&mut self, token: &Token) -> bool {
        let is_there = self.peek() == Some(token);
        self.at += usize::from(is_there);
        is_there
    }

    fn word(&mut self) -> Option<String> {
        let Some(Token::Word(word)) = self.peek().cloned() else { return None };
        self.at += 1;
        Some(word)
    }

    /// Up to the brace that closes it, or the end.
    fn block(&mut self) {
        while let Some(token) = self.peek().cloned() {
            match token {
                Token::Other('}') => {
                    self.at += 1;
                    return;
                }
                Token::Other('{') => {
                    self.at += 1;
                    self.block();
                }
                Token::Word(word) if word == "use" => {
                    self.at += 1;
                    self.tree(&[]);
                }
                Token::Word(word) if word == "mod" => {
                    self.at += 1;
                    let name = self.word();
                    if let (Some(name), true) = (name, self.takes(&Token::Other('{'))) {
                        self.module.push(name);
                        self.block();
                        self.module.pop();
                    }
                }
                Token::Word(word) if word == "extern" => {
                    self.at += 1;
                    if self.takes(&Token::Word("crate".to_owned())) {
                        let name = self.word();
                        self.keep(name.into_iter().collect());
                    }
                }
                Token::Word(_) | Token::Colons => self.path(),
                Token::Other(_) => self.at += 1,
            }
        }
    }

    /// A path in an expression or a type; a name alone is none.
    fn path(&mut self) {
        let mut path = Vec::new();
        self.takes(&Token::Colons);
        while let Some(word) = self.word() {
            path.push(word);
            if !self.takes(&Token::Colons) {
                break;
            }
        }
        if path.len() > 1 {
            self.keep(path);
        }
    }

    /// The rest of a `use`, below that path.
    fn tree(&mut self, above: &[String]) {
        let mut path = above.to_vec();
        self.takes(&Token::Colons);
        loop {
            if self.takes(&Token::Other('{')) {
                while !self.takes(&Token::Other('}')) && self.at < self.tokens.len() {
                    self.tree(&path);
                    self.takes(&Token::Other(','));
                }
                return;
            }
            if self.takes(&Token::Other('*')) {
                break;
            }
            let Some(word) = self.word() else {
                // No `use` at all, as in a bound `use<'a>`.
                self.at += 1;
                return;
            };
            path.push(word);
            if !self.takes(&Token::Colons) {
                break;
            }
        }
        if self.takes(&Token::Word("as".to_owned())) {
            self.word();
        }
        self.keep(path);
    }

    fn keep(&mut self, path: Vec<String>) {
        let mut rest = path.into_iter().peekable();
        let mut from = match rest.peek().map(String::as_str) {
            Some("crate") => {
                rest.next();
                Some(Vec::new())
            }
            Some("self" | "super") => Some(self.module.clone()),
            _ => None,
        };
        if let Some(from) = &mut from {
            while let Some("self" | "super") = rest.peek().map(String::as_str) {
                if rest.next().as_deref() == Some("super") {
                    from.pop();
                }
            }
        }
        let root = from.map(|from| std::iter::once("crate".to_owned()).chain(from));
        let whole: Vec<String> = root.into_iter().flatten().chain(rest).filter(|word| word != "self").collect();
        self.found.push(whole);
    }
}

fn tokens(code: &str) -> Vec<Token> {
    let letters: Vec<char> = code.chars().collect();
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(&letter) = letters.get(at) {
        let rest = &letters[at..];
        let next = rest.get(1).copied();
        at += match (letter, next) {
            ('/', Some('/')) => rest.iter().position(|letter| *letter == '\n').unwrap_or(rest.len()),
            ('/', Some('*')) => comment(rest),
            ('"', _) => literal(rest, '"'),
            ('\'', _) => quote(rest),
            ('r' | 'b' | 'c', Some('"' | '#' | 'r' | '\'')) if prefixed(rest).is_some() => prefixed(rest).unwrap_or(1),
            (':', Some(':')) => {
                tokens.push(Token::Colons);
                2
            }
            (letter, _) if is_of_word(letter) => {
                let word: String = rest.iter().take_while(|letter| is_of_word(**letter)).collect();
                let length = word.chars().count();
                tokens.push(Token::Word(word));
                length
            }
            (letter, _) if letter.is_whitespace() => 1,
            (letter, _) => {
                tokens.push(Token::Other(letter));
                1
            }
        };
    }
    tokens
}

fn is_of_word(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

/// The length of a block comment, which may hold others.
fn comment(letters: &[char]) -> usize {
    let (mut depth, mut at) = (0_usize, 0);
    while at < letters.len() {
        match (letters[at], letters.get(at + 1)) {
            ('/', Some('*')) => (depth, at) = (depth + 1, at + 2),
            ('*', Some('/')) => (depth, at) = (depth - 1, at + 2),
            _ => at += 1,
        }
        if depth == 0 {
            break;
        }
    }
    at
}

/// The length of a literal between two of that quote.
fn literal(letters: &[char], quote: char) -> usize {
    let mut at = 1;
    while at < letters.len() && letters[at] != quote {
        at += if letters[at] == '\\' { 2 } else { 1 };
    }
    at + 1
}

/// The length of a character, or of a lifetime's tick.
fn quote(letters: &[char]) -> usize {
    let is_character = letters.get(1) == Some(&'\\') || letters.get(2) == Some(&'\'');
    if is_character { literal(letters, '\'') } else { 1 }
}

/// The length of a literal with letters before it, such as `br#"…"#` and `b'x'`, if it is one.
fn prefixed(letters: &[char]) -> Option<usize> {
    let start = letters.iter().position(|letter| !matches!(letter, 'r' | 'b' | 'c'))?;
    let hashes = letters[start..].iter().take_while(|letter| **letter == '#').count();
    let opens = letters.get(start + hashes)?;
    let is_raw = letters[..start].contains(&'r');
    match opens {
        '\'' if hashes == 0 && !is_raw => Some(start + literal(&letters[start..], '\'')),
        '"' if is_raw => {
            let inside = start + hashes + 1;
            let ends = |at: &usize| {
                letters[*at] == '"' && letters[at + 1..].iter().take(hashes).filter(|letter| **letter == '#').count() == hashes
            };
            let end = (inside..letters.len()).find(ends)?;
            Some(end + 1 + hashes)
        }
        '"' if hashes == 0 => Some(start + literal(&letters[start..], '"')),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(code: &str) -> Vec<String> {
        paths(code, &["flow", "deliver"]).iter().map(|path| path.join("::")).collect()
    }

    #[test]
    fn use_trees_of_any_shape_are_read() {
        for (code, expected) in [
            ("use crate::store::Store;", vec!["crate::store::Store"]),
            ("use crate::{flow::X, store};", vec!["crate::flow::X", "crate::store"]),
            (
                "use crate::{\n  flow::{self, a::{B as C, d::*}},\n  store,\n};",
                vec!["crate::flow", "crate::flow::a::B", "crate::flow::a::d", "crate::store"],
            ),
            ("use super::super::store::Store;", vec!["crate::store::Store"]),
            ("use super::{super::{store as s}, x};", vec!["crate::store", "crate::flow::x"]),
            ("use self::inner::X;", vec!["crate::flow::deliver::inner::X"]),
            ("pub(in crate::flow) use super::*;", vec!["crate::flow", "crate::flow"]),
            ("use crate as all;", vec!["crate"]),
            ("use {axum::Router, ::hyper};", vec!["axum::Router", "hyper"]),
            ("use axum;", vec!["axum"]),
            ("extern crate axum;", vec!["axum"]),
            ("mod inner { use super::super::super::http; }", vec!["crate::http"]),
            ("mod inner { mod deep {} use super::x; } use super::y;", vec!["crate::flow::deliver::x", "crate::flow::y"]),
            ("mod other; use super::y;", vec!["crate::flow::y"]),
            ("fn f<'a>() -> impl Fn() + use<'a> { super::super::store::x() }", vec!["crate::store::x"]),
        ] {
            assert_eq!(found(code), expected, "{code}");
        }
    }

    #[test]
    fn paths_elsewhere_are_read() {
        for (code, expected) in [
            ("fn f() -> crate::http::Door { axum::serve::<T>() }", vec!["crate::http::Door", "axum::serve"]),
            ("let x = (super :: super\n:: http::y)(1);", vec!["crate::http::y"]),
            ("m!($crate::store::Z)", vec!["crate::store::Z"]),
            ("#[derive(serde::Deserialize)] struct A;", vec!["serde::Deserialize"]),
            ("a.b::<C>(x)", vec!["b"]),
        ] {
            let found: Vec<String> = found(code).into_iter().filter(|path| path.contains("::")).collect();
            let expected: Vec<&str> = expected.into_iter().filter(|path| path.contains("::")).collect();
            assert_eq!(found, expected, "{code}");
        }
    }

    #[test]
    fn comments_and_literals_are_not_read() {
        for code in [
            "// use crate::http;",
            "/* a /* use crate::http; */ crate::store::x */",
            "let x = \"crate::http::\\\"crate::store::x\";",
            "let x = r#\"crate::http::x \" crate::store::y\"#;",
            "let x = br\"crate::http::x\";",
            "let x = b\"crate::http::x\";",
            "let x = ['\"', '\\'', b'\"', 'x'];",
        ] {
            assert_eq!(found(code), Vec::<String>::new(), "{code}");
            let behind = format!("{code}\n'a: loop {{ crate::http::x }}");
            assert_eq!(found(&behind), ["crate::http::x"], "{behind}");
        }
    }
}
