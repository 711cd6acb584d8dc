//! The only user of Tera: fills templates in, with every value escaped, a small set of filters and a bound on the output.
//!
//! No value leaves it unescaped: nothing here makes a string that Tera calls safe, and the filters that would are replaced.

use std::fmt::Write as _;
use std::io::{self, Write};

use serde::Serialize;
use tera::{Context, ErrorKind, Kwargs, State, Tera, TeraResult, Value};

use super::clean;
use super::marks::{self, ABSENT, Mark};
use super::mistake::{Mistake, did_you_mean};
use crate::domain::message::WhenStyle;

/// A letter of a value takes up to ten bytes where it is escaped, so this is 13,000 letters at the least.
const MOST_OUTPUT: usize = 128 * 1024;
/// The filters that a template can use.
pub(super) const FILTERS: [&str; 12] =
    ["person", "name", "when", "relative", "clock", "ordinal", "default", "upper", "lower", "capitalize", "truncate", "replace"];
/// Filters of Tera's own that are harmless here.
const TERAS_FILTERS: [&str; 1] = ["length"];

/// The names of all filters.
pub(super) fn filters() -> Vec<&'static str> {
    [&FILTERS[..], &TERAS_FILTERS[..]].concat()
}

/// A Tera for plain text that is never read as Markdown: it escapes nothing.
pub(super) fn tera_for_text() -> Tera {
    let mut tera = tera();
    tera.autoescape_on(Vec::<&str>::new());
    tera
}

/// A Tera for Markdown: it escapes every value.
pub(super) fn tera() -> Tera {
    let mut tera = Tera::default();
    // Every name ends with nothing, so every template is escaped.
    tera.autoescape_on([""]);
    tera.set_escape_fn(escape);
    tera.register_filter("person", |value: &str, kwargs: Kwargs, _: &State<'_>| person(value, &kwargs));
    tera.register_filter("name", |value: &str, kwargs: Kwargs, _: &State<'_>| name(value, &kwargs));
    tera.register_filter("when", |value: &str, kwargs: Kwargs, _: &State<'_>| when(value, &kwargs));
    tera.register_filter("relative", |value: &str, kwargs: Kwargs, _: &State<'_>| relative(value, &kwargs));
    tera.register_filter("clock", |value: &str, kwargs: Kwargs, _: &State<'_>| clock(value, &kwargs));
    tera.register_filter("default", |value: Value, kwargs: Kwargs, _: &State<'_>| default(value, &kwargs));
    tera.register_filter("upper", |value: &Value, _: Kwargs, _: &State<'_>| plain(value).map(str::to_uppercase));
    tera.register_filter("lower", |value: &Value, _: Kwargs, _: &State<'_>| plain(value).map(str::to_lowercase));
    tera.register_filter("capitalize", |value: &Value, _: Kwargs, _: &State<'_>| plain(value).map(capitalized));
    tera.register_filter("truncate", |value: &Value, kwargs: Kwargs, _: &State<'_>| truncate(value, &kwargs));
    tera.register_filter("replace", |value: &Value, kwargs: Kwargs, _: &State<'_>| replace(value, &kwargs));
    // `scan` refuses these by name; should one slip through, it does nothing.
    for bypass in ["safe", "escape", "escape_html", "escape_xml", "newlines_to_br"] {
        tera.register_filter(bypass, |value: &Value, _: Kwargs, _: &State<'_>| plain(value).map(str::to_owned));
    }
    tera
}

/// Lets templates say "2nd": `words` are those of 1 and upwards; what lies beyond them stays a number.
pub(super) fn add_ordinals(tera: &mut Tera, words: Vec<String>) {
    tera.register_filter("ordinal", move |n: usize, kwargs: Kwargs, _: &State<'_>| {
        only(&kwargs, "ordinal", &[])?;
        let word = n.checked_sub(1).and_then(|at| words.get(at)).cloned();
        Ok::<_, tera::Error>(word.unwrap_or_else(|| n.to_string()))
    });
}

/// Values as Tera takes them; making them costs as much as filling a template in, so what fills several is made once.
#[derive(Default)]
pub(super) struct Values(Context);

impl Values {
    /// The fields of a struct or the entries of a map by their names; `template` is what a mistake is told of.
    pub(super) fn of(template: &str, values: &impl Serialize) -> Result<Self, Mistake> {
        Context::from_serialize(values).map(Self).map_err(|error| told(template, &error))
    }

    /// Adds one.
    pub(super) fn put(&mut self, template: &str, name: &'static str, value: &impl Serialize) -> Result<(), Mistake> {
        self.0.insert_value(name, Value::try_from_serializable(value).map_err(|error| told(template, &error))?);
        Ok(())
    }
}

/// Fills the template in.
pub(super) fn fill(tera: &Tera, template: &str, values: &Values) -> Result<String, Mistake> {
    let mut output = Capped(Vec::new());
    tera.render_to(template, &values.0, &mut output).map_err(|error| told(template, &error))?;
    String::from_utf8(output.0).map_err(|error| Mistake::new(template, None, error.to_string()))
}

/// Adds or replaces a template.
pub(super) fn add(tera: &mut Tera, name: &str, source: &str) -> Result<(), Mistake> {
    tera.add_raw_template(name, source).map_err(|error| told(name, &error))
}

/// Adds templates that include each other, all or none.
pub(super) fn add_all<'a>(tera: &mut Tera, templates: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<(), Mistake> {
    tera.add_raw_templates(templates).map_err(|error| told("templates", &error))
}

/// The names that the template, or one that it includes, reads and does not set.
pub(super) fn reads<'a>(tera: &'a Tera, template: &str) -> impl Iterator<Item = &'a str> {
    tera.get_template_variables(template).into_iter().flatten()
}

/// The names that a template reads and nobody gives, each with its mistake.
pub(super) fn unknown_variables(tera: &Tera, template: &str, known: &[&str]) -> Vec<(String, String)> {
    let mut used: Vec<&str> = reads(tera, template).collect();
    used.sort_unstable();
    let unknown = used.into_iter().filter(|name| !known.contains(name));
    unknown.map(|name| (name.to_owned(), format!("unknown variable \"{name}\"{}", did_you_mean(name, known.iter().copied())))).collect()
}

/// Writes a value so that Markdown reads every letter of it as that letter, whatever stands around it.
///
/// What [means nothing](means_nothing) to Markdown within a line stays as it is. Everything else becomes an entity, line breaks and the
/// first and the last letter among it: then the tree has the same shape whatever the value is. Nothing at all becomes the mark of absence.
fn escape(value: &str, out: &mut dyn Write) -> io::Result<()> {
    if value.is_empty() {
        return write!(out, "{ABSENT}");
    }
    let mut escaped = String::with_capacity(value.len() * 2);
    let last = value.char_indices().next_back().map_or(0, |(at, _)| at);
    for (at, c) in value.char_indices() {
        if marks::is_own(c) || (at > 0 && at < last && means_nothing(c)) {
            escaped.push(c);
        } else {
            // Writing to a string cannot fail.
            let _ = write!(escaped, "&#{};", u32::from(c));
        }
    }
    out.write_all(escaped.as_bytes())
}

/// Letters, digits, and signs that mean something at most where a line begins or ends, where none of a value's inner letters are. Not
/// blanks: the address of a link would end there.
fn means_nothing(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | ',' | ':' | ';' | '?' | '@' | '/' | '+' | '-' | '%')
}

/// Stops a template that writes without end.
struct Capped(Vec<u8>);

impl Write for Capped {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if self.0.len() + bytes.len() > MOST_OUTPUT {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        self.0.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Tera's error as a mistake, in one line.
fn told(template: &str, error: &tera::Error) -> Mistake {
    if let ErrorKind::SyntaxError(report) | ErrorKind::RenderingError(report) = error.kind() {
        return Mistake::new(report.filename(), report.span().start_line, in_one_line(report.message()));
    }
    if let ErrorKind::Io(io::ErrorKind::FileTooLarge) = error.kind() {
        return Mistake::new(template, None, format!("it writes more than {} KiB", MOST_OUTPUT / 1024));
    }
    if let ErrorKind::CircularInclude { tpl, .. } = error.kind() {
        return Mistake::new(tpl, None, "it includes itself, straight or by way of others");
    }
    let text = error.to_string();
    let (file, line) = located(&text).unwrap_or((template, None));
    Mistake::new(file, line, in_one_line(&text))
}

/// The place in a report that Tera gives only as text: ` --> file:line:column`.
fn located(text: &str) -> Option<(&str, Option<usize>)> {
    let place = text.split("--> ").nth(1)?.lines().next()?;
    let (file_and_line, _column) = place.rsplit_once(':')?;
    let (file, line) = file_and_line.rsplit_once(':')?;
    Some((file, line.parse().ok()))
}

fn in_one_line(message: &str) -> String {
    let first = message.lines().find(|line| !line.trim().is_empty()).unwrap_or_default();
    first.trim_start_matches("error: ").split(" Available variables").next().unwrap_or_default().to_owned()
}

fn wrong(filter: &str, needs: &str) -> tera::Error {
    tera::Error::message(format!("the filter \"{filter}\" needs {needs}"))
}

/// A value's own text; not that of a mark, nor of a `{% set %}` block, which is Markdown already.
fn plain(value: &Value) -> TeraResult<&str> {
    match value.as_str() {
        Some(text) if !value.is_safe() && !text.contains(marks::is_own) => Ok(text),
        _ => Err(tera::Error::message("this filter needs a text, not a person, a time, a list or a `{% set %}` block")),
    }
}

/// Refuses arguments that the filter does not have.
fn only(kwargs: &Kwargs, filter: &str, known: &[&str]) -> TeraResult<()> {
    match kwargs.iter().find(|(key, _)| !key.as_str().is_some_and(|key| known.contains(&key))) {
        Some((key, _)) => Err(tera::Error::message(format!("the filter \"{filter}\" has no argument \"{key}\""))),
        None => Ok(()),
    }
}

/// The mark of a value that must be one; `None` where it is absent.
fn mark(value: &str) -> TeraResult<Option<Mark>> {
    match Mark::read(value) {
        None if !value.is_empty() => Err(tera::Error::message("a text where a person or a time is needed")),
        found => Ok(found),
    }
}

fn person(value: &str, kwargs: &Kwargs) -> TeraResult<String> {
    only(kwargs, "person", &[])?;
    match mark(value).map_err(|_| wrong("person", "a person, such as `host`"))? {
        Some(Mark::Person(at) | Mark::Name(at)) => Ok(Mark::Person(at).write()),
        Some(Mark::When(..) | Mark::LeadClock(_)) => Err(wrong("person", "a person, such as `host`, not a time")),
        None => Ok(String::new()),
    }
}

fn name(value: &str, kwargs: &Kwargs) -> TeraResult<String> {
    only(kwargs, "name", &[])?;
    match mark(value).map_err(|_| wrong("name", "a person, such as `host`"))? {
        Some(Mark::Person(at) | Mark::Name(at)) => Ok(Mark::Name(at).write()),
        Some(Mark::When(..) | Mark::LeadClock(_)) => Err(wrong("name", "a person, such as `host`, not a time")),
        None => Ok(String::new()),
    }
}

fn time(value: &str, filter: &str) -> TeraResult<Option<usize>> {
    match mark(value).map_err(|_| wrong(filter, "a time, such as `start`"))? {
        Some(Mark::When(at, _) | Mark::LeadClock(at)) => Ok(Some(at)),
        Some(Mark::Person(_) | Mark::Name(_)) => Err(wrong(filter, "a time, such as `start`, not a person")),
        None => Ok(None),
    }
}

fn when(value: &str, kwargs: &Kwargs) -> TeraResult<String> {
    only(kwargs, "when", &["style"])?;
    let style = match kwargs.get::<&str>("style")? {
        None => WhenStyle::DateTime,
        Some("date") => WhenStyle::Date,
        Some("time") => WhenStyle::Time,
        Some(_) => return Err(wrong("when", "no style, or `style=\"date\"`, or `style=\"time\"`")),
    };
    Ok(time(value, "when")?.map(|at| Mark::When(at, style).write()).unwrap_or_default())
}

fn relative(value: &str, kwargs: &Kwargs) -> TeraResult<String> {
    only(kwargs, "relative", &[])?;
    Ok(time(value, "relative")?.map(|at| Mark::When(at, WhenStyle::Relative).write()).unwrap_or_default())
}

fn clock(value: &str, kwargs: &Kwargs) -> TeraResult<String> {
    only(kwargs, "clock", &["zone"])?;
    if kwargs.get::<&str>("zone")? != Some("lead") {
        return Err(wrong("clock", "`zone=\"lead\"`"));
    }
    Ok(time(value, "clock")?.map(|at| Mark::LeadClock(at).write()).unwrap_or_default())
}

/// Unlike Tera's, it also fills in for what is absent, which is an empty text here.
fn default(value: Value, kwargs: &Kwargs) -> TeraResult<Value> {
    only(kwargs, "default", &["value"])?;
    let instead = kwargs.must_get::<Value>("value")?;
    let absent = value.is_undefined() || value.is_none() || value.as_str() == Some("");
    Ok(if absent { instead } else { value })
}

fn capitalized(text: &str) -> String {
    let mut chars = text.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

fn truncate(value: &Value, kwargs: &Kwargs) -> TeraResult<String> {
    only(kwargs, "truncate", &["length"])?;
    Ok(clean::cut(plain(value)?, kwargs.must_get::<usize>("length")?))
}

fn replace(value: &Value, kwargs: &Kwargs) -> TeraResult<String> {
    only(kwargs, "replace", &["from", "to"])?;
    let (from, to) = (kwargs.must_get::<&Value>("from")?, kwargs.must_get::<&Value>("to")?);
    Ok(plain(value)?.replace(plain(from)?, plain(to)?))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    fn filled(source: &str) -> Result<String, String> {
        let mut tera = tera();
        let context = BTreeMap::from([("a", "<b>".to_owned()), ("nothing", String::new()), ("host", Mark::Person(0).write())]);
        let values = Values::of("t.md", &context).map_err(|mistake| mistake.to_string())?;
        add(&mut tera, "t.md", source).and_then(|()| fill(&tera, "t.md", &values)).map_err(|mistake| mistake.to_string())
    }

    #[test]
    fn every_way_to_print_a_value_escapes_it() {
        let escaped = "&#60;b&#62;";
        for source in [
            "{{ a }}",
            "{{ a | safe }}",
            "{{ a | escape }}",
            "{{ a | escape_html }}",
            "{{ a | newlines_to_br }}",
            "{{ a | lower }}",
            "{{ a | truncate(length=9) }}",
            "{{ a | replace(from=\"x\", to=\"y\") }}",
            "{{ nothing | default(value=a) }}",
            "{{ \"\" ~ a }}",
            "{% set b = a %}{{ b }}",
            "{% set b %}{{ a }}{% endset %}{{ b }}",
            "{% filter safe %}{{ a }}{% endfilter %}",
            "{% for b in [a] %}{{ b }}{% endfor %}",
            "{% component B(x: String) %}{{ x }}{% endcomponent B %}{{<B x={a} />}}",
        ] {
            // What Tera or a filter refuses prints nothing, which is as good.
            if let Ok(output) = filled(source) {
                assert_eq!(output, escaped, "{source}");
            }
        }
        assert_eq!(filled("{{ a }}").as_deref(), Ok(escaped));
        assert_eq!(filled("{{ [a] }}").as_deref(), Ok("&#91;&#34;&#60;b&#62;&#34;&#93;"));
    }

    #[test]
    fn what_means_nothing_within_a_line_stays_as_it_is() {
        let escaped = |value: &str| {
            let mut out = Vec::new();
            escape(value, &mut out).expect("a vector takes everything");
            String::from_utf8(out).expect("text")
        };
        assert_eq!(escaped("Jane Doe"), "&#74;ane&#32;Do&#101;");
        assert_eq!(escaped("zoë_x"), "&#122;oë&#95;&#120;");
        assert_eq!(escaped("1. to"), "&#49;.&#32;t&#111;");
        assert_eq!(escaped(" no code "), "&#32;no&#32;code&#32;");
        assert_eq!(escaped("a\n- b\n> c"), "&#97;&#10;-&#32;b&#10;&#62;&#32;&#99;");
        assert_eq!(escaped("-"), "&#45;");
        assert_eq!(escaped("j.d-1@x.example, +1 (5)"), "&#106;.d-1@x.example,&#32;+1&#32;&#40;5&#41;");
    }

    #[test]
    fn a_set_block_cannot_be_taken_apart() {
        for filter in ["upper", "safe", "truncate(length=3)", "replace(from=\"&#60;\", to=\"<\")", "capitalize"] {
            let source = format!("{{% set b %}}{{{{ a }}}}{{% endset %}}{{{{ b | {filter} }}}}");
            assert!(filled(&source).is_err(), "{filter}");
        }
        let source = "{% set b %}{{ a }}{% endset %}{{ a | replace(from=\"<\", to=b) }}";
        assert!(filled(source).is_err());
    }

    #[test]
    fn marks_pass_and_absence_is_marked() {
        let marked = "\u{fdd2}person:0\u{fdd3}";
        assert_eq!(filled("{{ host | person }}{{ host }}"), Ok(format!("{marked}{marked}")));
        assert_eq!(filled("{{ nothing }}{{ nothing | when }}{{ nothing | person }}"), Ok("\u{fdd0}\u{fdd0}\u{fdd0}".to_owned()));
        assert_eq!(filled("{{ nothing | default(value=\"-\") }}").as_deref(), Ok("&#45;"));
    }

    #[test]
    fn mistakes_are_told_in_one_line() {
        for (source, told) in [
            ("a\n\n{% if %}\n", "t.md:3: Found `%}`"),
            ("\n{{ a | when }}", "t.md:2: the filter \"when\" needs a time, such as `start`"),
            ("{{ host | when }}", "t.md:1: the filter \"when\" needs a time, such as `start`, not a person"),
            ("{{ nothing | when(stile=\"date\") }}", "t.md:1: the filter \"when\" has no argument \"stile\""),
            ("{{ nothing | clock(zone=\"mine\") }}", "t.md:1: the filter \"clock\" needs `zone=\"lead\"`"),
            ("{{ b }}", "t.md:1: Variable `b` is not defined."),
            ("\n{% include \"x.md\" %}", "t.md:2: Unknown template `x.md`"),
            ("{% for i in range(end=100000) %}{{ a }}{% endfor %}", "t.md: it writes more than 128 KiB"),
        ] {
            let said = filled(source).expect_err(source);
            assert!(said.starts_with(told) && !said.contains('\n'), "{source}: {said}");
        }
    }
}
