//! Turns filled-in Markdown into the message tree, and refuses what a chat message cannot mean.
//!
//! It knows no platform, no template and no data: only `CommonMark`, the marks of this rendering and the link policy.

use pulldown_cmark::{Event, HeadingLevel, LinkType, Options, Parser, Tag};

use super::links::LinkPolicy;
use super::marks::{SEPARATOR, Subjects};
use super::parts::{self, Piece};
use crate::domain::message::{Block, Field, Inline};

/// What a template gives: the title and what follows.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Tree {
    pub title: Vec<Inline>,
    pub body: Vec<Block>,
    /// Addresses that the link policy did not allow and that are shown without a link.
    pub denied: Vec<String>,
}

/// What Markdown says, before it is known how a platform shows people and times, and what of it therefore is left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Outline {
    title: Vec<Piece>,
    body: Vec<Rough>,
    denied: Vec<String>,
}

/// A block whose parts may still vanish.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Rough {
    Paragraph(Vec<Piece>),
    Quote(Vec<Piece>),
    Small(Vec<Piece>),
    List(Vec<Vec<Piece>>),
    Divider,
}

/// Reads filled-in Markdown and shows it.
///
/// # Errors
/// As [`outline`].
pub(super) fn read(markdown: &str, subjects: &Subjects, links: &LinkPolicy) -> Result<Tree, Vec<String>> {
    outline(markdown, links).map(|outline| outline.show(subjects))
}

/// Reads filled-in Markdown.
///
/// # Errors
/// Sentences about everything in it that has no meaning in a chat message; they go on after "a template cannot use …".
pub(super) fn outline(markdown: &str, links: &LinkPolicy) -> Result<Outline, Vec<String>> {
    // The template's own separators, told apart from dots in values, which `engine` has written as entities.
    let marked = markdown.replace(" · ", &format!(" {SEPARATOR} "));
    let mut reader = Reader { links, outline: Outline::default(), wrong: Vec::new(), stack: vec![Open::new(Kind::Root)] };
    for event in Parser::new_ext(&marked, Options::empty()) {
        reader.take(event);
    }
    if reader.wrong.is_empty() { Ok(reader.outline) } else { Err(reader.wrong) }
}

impl Outline {
    /// What is left of it with these people and times.
    pub(super) fn show(&self, subjects: &Subjects) -> Tree {
        let kept = |pieces| parts::kept(pieces, subjects);
        let block = |pieces, make: fn(Vec<Inline>) -> Block| Some(kept(pieces)).filter(|kept| !kept.is_empty()).map(make);
        let mut body: Vec<Block> = Vec::with_capacity(self.body.len());
        for rough in &self.body {
            body.extend(match rough {
                Rough::Paragraph(pieces) => block(pieces, Block::Paragraph),
                Rough::Quote(pieces) => block(pieces, Block::Quote),
                Rough::Small(pieces) => block(pieces, Block::Small),
                Rough::List(items) => list(items, subjects),
                // Never two in a row, none at the top.
                Rough::Divider => body.last().is_some_and(|last| *last != Block::Divider).then_some(Block::Divider),
            });
        }
        if body.last() == Some(&Block::Divider) {
            body.pop();
        }
        Tree { title: kept(&self.title), body, denied: self.denied.clone() }
    }
}

/// Points that all begin with `**Label:**` are fields.
fn list(items: &[Vec<Piece>], subjects: &Subjects) -> Option<Block> {
    let labelled: Option<Vec<_>> = items.iter().map(|item| parts::split_label(item)).collect();
    if let Some(fields) = labelled {
        let fields =
            fields.into_iter().map(|(label, value)| Field { label: parts::kept(&label, subjects), value: parts::kept(value, subjects) });
        let whole: Vec<Field> = fields.filter(|field| !field.label.is_empty() && !field.value.is_empty()).collect();
        (!whole.is_empty()).then_some(Block::Fields(whole))
    } else {
        let points: Vec<_> = items.iter().map(|item| parts::kept(item, subjects)).filter(|item| !item.is_empty()).collect();
        (!points.is_empty()).then_some(Block::List(points))
    }
}

/// An element that is not closed yet.
struct Open {
    kind: Kind,
    inlines: Vec<Piece>,
    items: Vec<Vec<Piece>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Kind {
    Root,
    Title,
    Paragraph,
    Quote,
    List,
    Item,
    Strong,
    Emphasis,
    Link(String),
    /// An address that is its own label: `<…>`.
    Address(String),
    /// Refused already; its content is read and thrown away.
    Refused,
}

impl Open {
    fn new(kind: Kind) -> Self {
        Self { kind, inlines: Vec::new(), items: Vec::new() }
    }
}

struct Reader<'a> {
    links: &'a LinkPolicy,
    outline: Outline,
    wrong: Vec<String>,
    stack: Vec<Open>,
}

impl Reader<'_> {
    fn take(&mut self, event: Event<'_>) {
        match event {
            Event::Start(tag) => {
                let kind = self.kind_of(tag);
                self.stack.push(Open::new(kind));
            }
            Event::End(_) => self.close(),
            Event::Text(text) => self.add_text(&text),
            Event::Code(code) => self.add(Piece::Code(decoded(&code))),
            Event::SoftBreak | Event::HardBreak => self.add(Piece::Break),
            Event::Rule => self.rule(),
            Event::Html(html) | Event::InlineHtml(html) => self.refuse(format!("HTML: {}", html.trim())),
            Event::InlineMath(_) | Event::DisplayMath(_) | Event::FootnoteReference(_) | Event::TaskListMarker(_) => {
                self.refuse("extensions of Markdown".to_owned());
            }
        }
    }

    fn kind_of(&mut self, tag: Tag<'_>) -> Kind {
        let within = self.within();
        let refused = match tag {
            Tag::Heading { level: HeadingLevel::H1, .. }
                if within == Kind::Root && self.outline.title.is_empty() && self.outline.body.is_empty() =>
            {
                return Kind::Title;
            }
            Tag::Heading { .. } => "headings other than one `# …` at its top (a `---` needs an empty line above it)",
            Tag::Paragraph => return if within == Kind::Refused { Kind::Refused } else { Kind::Paragraph },
            Tag::BlockQuote(_) if within == Kind::Root => return Kind::Quote,
            Tag::BlockQuote(_) => "a quote within something else",
            Tag::List(None) if within == Kind::Root => return Kind::List,
            Tag::List(None) => "a list within something else",
            Tag::List(Some(_)) => {
                "numbered lists: begin its points with `-`, or a line of text with something else than a number and a dot"
            }
            Tag::Item => return if within == Kind::List { Kind::Item } else { Kind::Refused },
            Tag::Emphasis => return Kind::Emphasis,
            Tag::Strong => return Kind::Strong,
            // Markdown leaves entities in such addresses alone, as in code.
            Tag::Link { link_type: LinkType::Autolink | LinkType::Email, dest_url, .. } => return Kind::Address(decoded(&dest_url)),
            Tag::Link { title, .. } if !title.is_empty() => "titles of links",
            Tag::Link { dest_url, .. } => return Kind::Link(dest_url.into_string()),
            Tag::Image { .. } => "pictures: `![…](…)`",
            Tag::CodeBlock(_) => "code blocks: begin no line with ``` or four blanks",
            // What it holds is refused when it comes.
            Tag::HtmlBlock => return Kind::Refused,
            Tag::FootnoteDefinition(_)
            | Tag::DefinitionList
            | Tag::DefinitionListTitle
            | Tag::DefinitionListDefinition
            | Tag::Table(_)
            | Tag::TableHead
            | Tag::TableRow
            | Tag::TableCell
            | Tag::Strikethrough
            | Tag::Superscript
            | Tag::Subscript
            | Tag::MetadataBlock(_) => "extensions of Markdown",
        };
        if within != Kind::Refused {
            self.refuse(refused.to_owned());
        }
        Kind::Refused
    }

    fn close(&mut self) {
        let Some(open) = self.stack.pop() else {
            return;
        };
        match open.kind {
            Kind::Root | Kind::Refused => {}
            Kind::Title => self.outline.title = open.inlines,
            Kind::Paragraph => self.paragraph(open.inlines),
            Kind::Quote => self.outline.body.push(Rough::Quote(open.inlines)),
            Kind::Item => {
                if let Some(list) = self.stack.last_mut() {
                    list.items.push(open.inlines);
                }
            }
            Kind::List => self.outline.body.push(Rough::List(open.items)),
            Kind::Strong => self.add(Piece::Strong(open.inlines)),
            Kind::Emphasis => self.add(Piece::Emphasis(open.inlines)),
            Kind::Link(url) => {
                let piece = self.link(open.inlines, &url);
                self.add(piece);
            }
            Kind::Address(url) => {
                let piece = self.link(vec![Piece::Text(url.clone())], &url);
                self.add(piece);
            }
        }
    }

    /// A link where the policy allows it, else its label.
    fn link(&mut self, label: Vec<Piece>, url: &str) -> Piece {
        match self.links.allow(url) {
            Some(url) => Piece::Link { label, url },
            None if parts::is_absent(url) => Piece::Absent,
            None => {
                self.outline.denied.push(url.to_owned());
                Piece::Group(label)
            }
        }
    }

    /// A paragraph that stands alone, or within a quote or a loose item, where it only adds lines.
    fn paragraph(&mut self, inlines: Vec<Piece>) {
        match self.stack.last_mut() {
            Some(around) if around.kind != Kind::Root => {
                if !around.inlines.is_empty() {
                    around.inlines.push(Piece::Break);
                }
                around.inlines.extend(inlines);
            }
            Some(_) | None => self.outline.body.push(match <[Piece; 1]>::try_from(inlines) {
                Ok([Piece::Emphasis(small)]) => Rough::Small(small),
                Ok(one) => Rough::Paragraph(one.into()),
                Err(several) => Rough::Paragraph(several),
            }),
        }
    }

    /// A line across.
    fn rule(&mut self) {
        if self.within() == Kind::Root {
            self.outline.body.push(Rough::Divider);
        } else {
            self.refuse("a line across within something else".to_owned());
        }
    }

    fn within(&self) -> Kind {
        self.stack.last().map_or(Kind::Root, |open| open.kind.clone())
    }

    /// Values come in pieces, since `engine` writes some of their letters as entities.
    fn add_text(&mut self, text: &str) {
        match self.stack.last_mut().and_then(|open| open.inlines.last_mut()) {
            Some(Piece::Text(before)) => before.push_str(text),
            Some(_) | None => self.add(Piece::Text(text.to_owned())),
        }
    }

    fn add(&mut self, piece: Piece) {
        if let Some(open) = self.stack.last_mut() {
            open.inlines.push(piece);
        }
    }

    fn refuse(&mut self, what: String) {
        if !self.wrong.contains(&what) {
            self.wrong.push(what);
        }
    }
}

/// Markdown leaves entities in code alone, so that the value's own are read here.
fn decoded(code: &str) -> String {
    let mut out = String::with_capacity(code.len());
    let mut rest = code;
    while let Some(start) = rest.find("&#") {
        out.push_str(&rest[..start]);
        let entity = &rest[start + 2..];
        let read = entity.split_once(';').and_then(|(number, after)| Some((char::from_u32(number.parse().ok()?)?, after)));
        if let Some((c, after)) = read {
            out.push(c);
            rest = after;
        } else {
            out.push_str("&#");
            rest = entity;
        }
    }
    out.push_str(rest);
    out
}

#[cfg(test)]
mod tests {
    use url::Url;

    use super::*;

    fn tree(markdown: &str) -> Result<Tree, Vec<String>> {
        let ours = Url::parse("https://rebound.example.com").expect("a URL");
        read(markdown, &Subjects::default(), &LinkPolicy::new(&[], &ours))
    }

    fn text(text: &str) -> Inline {
        Inline::Text(text.into())
    }

    #[test]
    fn markdown_becomes_the_tree() {
        let read = tree(
            "# Title *x*\n\nOne\ntwo  \nthree `&#60;code&#62;`\n\n> quoted\n>\n> again\n\n\n- **A:** 1\n\n- **B?:** **2**\n\n---\n---\n- a\n- **b**\n\n*small · print*\n\n---\n",
        )
        .expect("a tree");
        assert_eq!(read.title, [text("Title "), Inline::Emphasis(vec![text("x")])]);
        let field = |label: &str, value| Field { label: vec![text(label)], value: vec![value] };
        let expected = [
            Block::Paragraph(vec![text("One"), Inline::Break, text("two"), Inline::Break, text("three "), Inline::Code("<code>".into())]),
            Block::Quote(vec![text("quoted"), Inline::Break, text("again")]),
            Block::Fields(vec![field("A", text("1")), field("B?", Inline::Strong(vec![text("2")]))]),
            Block::Divider,
            Block::List(vec![vec![text("a")], vec![Inline::Strong(vec![text("b")])]]),
            Block::Small(vec![text("small · print")]),
        ];
        assert_eq!(read.body, expected);
    }

    #[test]
    fn links_lead_only_where_they_may() {
        let read = tree("[a *b*](https://app.iclosed.io/x?a=1&#38;b=2) [c](https://evil.example/) <https://evil.example/y> [d]()")
            .expect("a tree");
        let url = Url::parse("https://app.iclosed.io/x?a=1&b=2").expect("a URL");
        let expected = [Block::Paragraph(vec![Inline::Link { label: "a b".into(), url }, text(" c https://evil.example/y d")])];
        assert_eq!(read.body, expected);
        assert_eq!(read.denied, ["https://evil.example/", "https://evil.example/y", ""]);
    }

    #[test]
    fn an_address_can_be_its_own_label() {
        let read = tree("<https://app.iclosed.io/&#99;_&#49;> <a@b&#46;example>").expect("a tree");
        let url = Url::parse("https://app.iclosed.io/c_1").expect("a URL");
        let expected = [Block::Paragraph(vec![Inline::Link { label: url.to_string(), url }, text(" <a@b.example>")])];
        assert_eq!((&read.body[..], &read.denied[..]), (&expected[..], &[][..]));
        assert_eq!(tree("<a@b.example>").expect("a tree").denied, ["a@b.example"]);
    }

    #[test]
    fn what_a_message_cannot_mean_is_refused() {
        for (markdown, refused) in [
            ("<b>x</b>", "HTML: <b>"),
            ("<div>\nx\n</div>", "HTML: <div>"),
            ("x\n\n# Title", "headings"),
            ("## x", "headings"),
            ("x\n---", "headings"),
            ("> # x", "headings"),
            ("1. x", "numbered lists"),
            ("- a\n  - b", "a list within something else"),
            ("> - a", "a list within something else"),
            ("- > a", "a quote within something else"),
            ("> ---", "a line across within something else"),
            ("```\nx\n```", "code blocks"),
            ("x\n\n    y", "code blocks"),
            ("![x](https://app.iclosed.io/x.png)", "pictures"),
            ("[x](https://app.iclosed.io/ \"title\")", "titles of links"),
        ] {
            let wrong = tree(markdown).expect_err(markdown);
            assert!(wrong[0].starts_with(refused), "{markdown}: {wrong:?}");
        }
    }

    #[test]
    fn tables_and_the_like_are_plain_text() {
        let read = tree("| a | b |\n~~c~~ [^1] - [ ] d").expect("a tree");
        assert_eq!(read.body, [Block::Paragraph(vec![text("| a | b |"), Inline::Break, text("~~c~~ [^1] - [ ] d")])]);
    }
}
