//! From a file's path or text to the checked configuration.

use std::path::Path;

use url::Url;

use super::document::Document;
use super::environment::Environment;
use super::mistake::{Mistake, Mistakes, Place};
use super::reader::{Findings, Reader};
use super::table::Table;
use super::{Config, files, sections};

/// Reads the file at `path`; what the environment says wins over it.
///
/// # Errors
///
/// All mistakes, of which an unreadable file is one.
pub fn load(path: &Path, environment: &Environment) -> Result<Config, Mistakes> {
    let name = printable_path(path);
    parse(&text_of(path, &name)?, &name, environment)
}

/// Reads only `public_url`: all that is needed before there are any tokens. Whatever else is missing or wrong does not matter here.
///
/// # Errors
///
/// What is wrong with that key, or with the file as a whole.
pub fn load_public_url(path: &Path, environment: &Environment) -> Result<Url, Mistakes> {
    let name = printable_path(path);
    let text = text_of(path, &name)?;
    let document = Document::parse(&text, &name)?;
    let reader = Reader::new(&document, environment);
    let public_url = Table::read_root(&reader, sections::public_url);
    let mistakes = reader.finish().mistakes;
    public_url.ok_or_else(|| Mistakes(mistakes.into_iter().filter(|mistake| mistake.key == "public_url").collect()))
}

/// Reads the text of a file of that name; what the environment says wins over it.
///
/// # Errors
///
/// All mistakes; when the text is no TOML, only what is wrong about that.
pub fn parse(text: &str, name: &str, environment: &Environment) -> Result<Config, Mistakes> {
    let document = Document::parse(text, name)?;
    let (config, findings) = read(&document, environment);
    match config {
        Some(config) if findings.mistakes.is_empty() => {
            Ok(Config { warnings: findings.warnings.iter().map(ToString::to_string).collect(), ..config })
        }
        _ => Err(Mistakes(findings.mistakes)),
    }
}

pub(super) fn read(document: &Document<'_>, environment: &Environment) -> (Option<Config>, Findings) {
    let reader = Reader::new(document, environment);
    let config = Table::read_root(&reader, sections::config);
    (config, reader.finish())
}

fn text_of(path: &Path, name: &str) -> Result<String, Mistakes> {
    files::read_config(path).map_err(|problem| {
        let problem = format!("{problem}; name the file with --config or REBOUND_CONFIG, or begin with a copy of rebound.example.toml");
        Mistakes(vec![Mistake { place: Place::File { name: name.to_owned(), line: None }, key: String::new(), problem }])
    })
}

fn printable_path(path: &Path) -> String {
    path.display().to_string().chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}
