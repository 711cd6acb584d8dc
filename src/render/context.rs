//! The values that a template can print: one flat list, typed once. `docs/templates.md` explains each, and a test compares.
//!
//! Flat, so that every unknown name is found when a template is loaded. What is not known is an empty text, which is false in an `if`
//! and leaves its part of a line out when printed.

use serde::Serialize;

use super::engine::Values;
use super::mistake::Mistake;

macro_rules! context {
    ($($name:ident: $kind:ty,)*) => {
        /// The values of one rendering. People and times are marks; all other texts are clean and capped.
        #[derive(Debug, Clone, Default)]
        pub(super) struct CardContext {
            $(pub $name: $kind,)*
        }

        /// The names of all values.
        pub(super) const NAMES: &[&str] = &[$(stringify!($name)),*];

        /// Some of the values: those that a template reads. To make the others would take longer than to fill most templates in.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        pub(super) struct Wanted {
            $(pub $name: bool,)*
        }

        impl Wanted {
            /// All values.
            pub(super) const ALL: Self = Self { $($name: true,)* };
            /// None of them.
            pub(super) const NONE: Self = Self { $($name: false,)* };

            /// Those among these names.
            pub(super) fn of<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
                let mut wanted = Self::NONE;
                for name in names {
                    $(wanted.$name |= name == stringify!($name);)*
                }
                wanted
            }

            /// These and those.
            pub(super) fn with(self, more: Self) -> Self {
                Self { $($name: self.$name | more.$name,)* }
            }
        }

        impl CardContext {
            /// Those that are wanted, as Tera takes them; `template` is what a mistake is told of.
            pub(super) fn filling(&self, template: &str, wanted: Wanted) -> Result<Values, Mistake> {
                let mut values = Values::default();
                $(
                    if wanted.$name {
                        values.put(template, stringify!($name), &self.$name)?;
                    }
                )*
                Ok(values)
            }
        }
    };
}

context! {
    // The follow-up.
    short_id: String,
    state: String,
    state_name: &'static str,
    snoozed: bool,
    closed: bool,
    owner: String,
    snoozed_until: String,
    rebooked_start: String,
    rebooked_host: String,
    offered: bool,
    found_by_check: bool,
    closing_reason: String,
    closing_note: String,
    closing_note_in_full: String,
    // The call.
    event_name: String,
    event_in_full: String,
    event_slug: String,
    start: String,
    start_in_words: String,
    end: String,
    duration: String,
    booked_at: String,
    location: String,
    location_url: String,
    // The cancellation.
    side: &'static str,
    evidence: String,
    canceller: String,
    canceller_name: String,
    cancelled_at: String,
    notice: String,
    notice_minutes: i64,
    late: bool,
    after_start: bool,
    repeat: u32,
    repeat_in_words: String,
    earlier: String,
    earlier_state: String,
    reason: String,
    reason_in_full: String,
    reason_class: &'static str,
    reason_class_in_words: String,
    // The invitee.
    invitee_name: String,
    invitee_in_full: String,
    first_name: String,
    email: String,
    phone: String,
    // Our people.
    host: String,
    co_hosts: String,
    setter: String,
    // The booking form and where the lead came from.
    answers: Vec<ShownAnswer>,
    all_answers: Vec<ShownAnswer>,
    answers_left_out: usize,
    source_line: String,
    tracking: Vec<Tracked>,
    // Links that are allowed.
    contact_url: String,
    reschedule_url: String,
    booking_url: String,
    // Ids.
    call_id: String,
    preview_id: String,
    contact_id: String,
    // Where it is shown.
    platform: &'static str,
}

/// One answer, as an item of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct ShownAnswer {
    pub question: String,
    pub answer: String,
}

/// One value of where the lead came from, as an item of a list.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub(super) struct Tracked {
    pub name: String,
    pub value: String,
}

/// The fields of every item of a list, and those of Tera's `loop`.
pub(super) const FIELDS: [&str; 9] = ["question", "answer", "name", "value", "index", "index0", "first", "last", "length"];
