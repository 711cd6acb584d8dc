//! From a file's path or text to the checked configuration.

use std::path::Path;

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
    let text = files::read_config(path).map_err(|problem| {
        let problem = format!("{problem}; name the file with --config or REBOUND_CONFIG, or begin with a copy of rebound.example.toml");
        Mistakes(vec![Mistake { place: Place::File { name: name.clone(), line: None }, key: String::new(), problem }])
    })?;
    parse(&text, &name, environment)
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

fn printable_path(path: &Path) -> String {
    path.display().to_string().chars().map(|letter| if letter.is_control() { '\u{fffd}' } else { letter }).collect()
}
