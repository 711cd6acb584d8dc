//! The platform-free tree of a message: what `render` makes of a template, and what `chat` turns into blocks or an embed.
//!
//! Every text in it is plain text. It holds no markup of any platform and no Markdown; whatever stands in a [`Inline::Text`] is shown
//! letter by letter. That is why data can never become structure, a mention or a link: only the other variants can.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use url::Url;

use super::list::Listing;
use super::post::DeliveryKey;
use super::team::Person;

/// One message: a card, a note or a private answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// The colour of state; the words say the same.
    pub tone: Tone,
    /// One plain sentence for push notifications and screen readers; never empty.
    pub summary: String,
    /// The title line; may be empty for notes and private answers.
    pub title: Vec<Inline>,
    /// What follows, top-down.
    pub body: Vec<Block>,
    /// Buttons and pickers, in order.
    pub controls: Vec<Control>,
}

/// What the colour of a message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Tone {
    /// Nobody has it yet.
    Open,
    /// Somebody has it.
    Assigned,
    /// It sleeps until later.
    Snoozed,
    /// Won back.
    Rebooked,
    /// Closed without a new call.
    Closed,
    /// No state: notes and private answers.
    Neutral,
}

/// A part of a message's body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Block {
    /// A paragraph.
    Paragraph(Vec<Inline>),
    /// Labels and values, side by side where there is room.
    Fields(Vec<Field>),
    /// Somebody's own words.
    Quote(Vec<Inline>),
    /// Small print.
    Small(Vec<Inline>),
    /// A list of points.
    List(Vec<Vec<Inline>>),
    /// A line across.
    Divider,
    /// One of several things that the message is about, with buttons of its own.
    Entry(Entry),
}

/// One of several things that a message is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    /// What its buttons are told apart by where they cannot stand beside it.
    pub name: String,
    /// What it says.
    pub text: Vec<Inline>,
    /// Its buttons, at most five, and no pickers.
    pub controls: Vec<Control>,
    /// What its buttons act on.
    pub key: DeliveryKey,
    /// The list that it stands in, where that can be shown anew.
    pub list: Option<Listing>,
}

/// A label and its value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Field {
    /// What it is, without a colon at the end.
    pub label: Vec<Inline>,
    /// What it says; never empty.
    pub value: Vec<Inline>,
}

/// A run of text within a paragraph.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Inline {
    /// Plain text, shown letter by letter; `\n` is a line break.
    Text(String),
    /// Bold.
    Strong(Vec<Inline>),
    /// Italic.
    Emphasis(Vec<Inline>),
    /// Fixed width, shown letter by letter.
    Code(String),
    /// A link that the link policy allowed; nothing checks it again.
    Link {
        /// What is shown.
        label: String,
        /// Where it leads.
        url: Url,
    },
    /// Somebody: a mention where the platform knows them and may ping nobody by it, else their name.
    Person(Person),
    /// A time that the platform shows in its reader's own zone.
    When {
        /// The instant.
        at: DateTime<Utc>,
        /// How much of it.
        style: WhenStyle,
        /// The same in words with its zone, for places where the platform shows no dates of its own.
        fallback: String,
    },
    /// Starts a new line.
    Break,
}

/// How much of a time is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum WhenStyle {
    /// Weekday, date and time.
    DateTime,
    /// The date.
    Date,
    /// The time of day.
    Time,
    /// "in 2 hours", where the platform can.
    Relative,
}

/// Something to press or choose below a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Control {
    /// What it asks for.
    pub press: Press,
    /// Its visible words; a picker's placeholder.
    pub label: String,
    /// What it looks like.
    pub kind: ControlKind,
}

/// What a control looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ControlKind {
    /// The one button that should be pressed first; at most one a message.
    PrimaryButton,
    /// Any other button.
    Button,
    /// A picker that offers the people of the workspace.
    PeoplePicker,
}

/// What a person fills in: a modal of a few fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Form {
    /// What it asks for.
    pub kind: FormKind,
    /// Its title.
    pub title: String,
    /// The words of the button that sends it off.
    pub submit: String,
    /// The words of the button that does not.
    pub cancel: String,
    /// What is asked, top-down; at most five, which is all that a form of Discord takes.
    pub fields: Vec<FormField>,
    /// What it says besides. A form that says something can be changed while it is open: in Slack it is a modal, in Discord a private
    /// message, whose menus send it off.
    pub sheet: Option<Sheet>,
}

/// What a form says around its fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sheet {
    /// One plain sentence, as of a message.
    pub summary: String,
    /// Above the fields.
    pub above: Vec<Block>,
    /// Below the fields.
    pub below: Vec<Block>,
    /// Buttons that are no part of the form, below all.
    pub controls: Vec<Control>,
}

/// What a form asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FormKind {
    /// How long a follow-up sleeps.
    Snooze,
    /// How it ends.
    Close,
    /// What should be known about it.
    Note,
    /// Which free time the invitee gets.
    Book,
}

impl FormKind {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Snooze, Self::Close, Self::Note, Self::Book];

    /// The name in ids.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Snooze => "snooze",
            Self::Close => "close",
            Self::Note => "note",
            Self::Book => "book",
        }
    }

    /// The kind of that [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }
}

/// One thing that a form asks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormField {
    /// Its id in what is sent off.
    pub name: &'static str,
    /// Its visible words.
    pub label: String,
    /// May it stay empty?
    pub optional: bool,
    /// How it is answered.
    pub kind: FieldKind,
}

/// How a field is answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FieldKind {
    /// By choosing one: what is shown, and what it stands for.
    Choice(Vec<(String, String)>),
    /// By several lines of text, at most so many characters.
    Lines(usize),
    /// By a date and a time: with a picker where the platform has one, else typed as this example shows.
    Time(String),
}

/// What a person asks with a control.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Press {
    /// The follow-up is mine.
    Claim,
    /// The follow-up is mine now, not theirs.
    TakeOver,
    /// Help me to offer a new time.
    Reschedule,
    /// Bring it back later.
    Snooze,
    /// It is over: rebooked, lost or dismissed.
    Close,
    /// Show me everything, privately.
    Details,
    /// It is theirs.
    Assign,
    /// It is not over.
    Reopen,
    /// Something should be known about it.
    AddNote,
    /// The invitee cancelled.
    WasInvitee,
    /// The host cancelled.
    WasHost,
    /// A new time was offered.
    MarkOffered,
}

impl Press {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Claim,
        Self::TakeOver,
        Self::Reschedule,
        Self::Snooze,
        Self::Close,
        Self::Details,
        Self::Assign,
        Self::Reopen,
        Self::AddNote,
        Self::WasInvitee,
        Self::WasHost,
        Self::MarkOffered,
    ];

    /// The name in ids of controls, logs and `words.toml`, such as `take_over`.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Claim => "claim",
            Self::TakeOver => "take_over",
            Self::Reschedule => "reschedule",
            Self::Snooze => "snooze",
            Self::Close => "close",
            Self::Details => "details",
            Self::Assign => "assign",
            Self::Reopen => "reopen",
            Self::AddNote => "add_note",
            Self::WasInvitee => "was_invitee",
            Self::WasHost => "was_host",
            Self::MarkOffered => "mark_offered",
        }
    }

    /// The press of that [`name`](Self::name).
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|press| press.name() == name)
    }
}
