//! Collects what is known about a follow-up into the values of templates: cleaned, capped, in words where it needs words.
//!
//! It decides nothing about the look of a message. Everything in it that a payload gave goes through `clean` or the link policy.

use std::cell::OnceCell;

use chrono::{DateTime, Utc};

use super::Settings;
use super::answers;
use super::clean;
use super::context::{CardContext, Wanted};
use super::links::LinkPolicy;
use super::marks::Subjects;
use super::times::{self, Clock};
use super::words::Words;
use crate::domain::event::{Call, Staff};
use crate::domain::follow_up::{Closing, Earlier, FollowUp, State};
use crate::domain::identity::{normal_email, normal_name, normal_phone};
use crate::domain::platform::Platform;
use crate::domain::reason::ReasonClass;
use crate::domain::side::SideEvidence;
use crate::domain::team::{Person, Team};
use crate::domain::when::Notice;

/// Longest values in visible characters.
const EMAIL: usize = 120;
const PHONE: usize = 40;
const PERSON: usize = 60;
const ID: usize = 60;
const IN_FULL: usize = 200;
const LOCATION: usize = 200;
const REASON: usize = 700;
const CLOSING_NOTE: usize = 120;
const REASON_IN_FULL: usize = 1_500;
/// Lines of a reason on a card.
const REASON_BREAKS: usize = 4;
/// Co-hosts who are named.
const MOST_CO_HOSTS: usize = 6;

/// How long the two values may be that a title needs whole.
#[derive(Debug, Clone, Copy)]
struct Caps {
    name: usize,
    event: usize,
}

/// Tried in turn until a title fits.
const CAPS: [Caps; 4] =
    [Caps { name: 80, event: 80 }, Caps { name: 45, event: 45 }, Caps { name: 30, event: 30 }, Caps { name: 16, event: 16 }];

/// What the values are made of besides the follow-up.
#[derive(Clone, Copy)]
pub(super) struct Around<'a> {
    pub settings: &'a Settings,
    /// Questions by their normal names, in the order in which their answers are shown.
    pub highlight: &'a [String],
    pub words: &'a Words,
    pub links: &'a LinkPolicy,
    pub platform: Platform,
    pub now: DateTime<Utc>,
}

impl<'a> Around<'a> {
    /// Says times for this rendering.
    pub(super) fn clock(self) -> Clock<'a> {
        Clock { words: self.words, zone: self.settings.timezone, now: self.now }
    }
}

/// The values of one follow-up's templates, made when they are asked for and once.
pub(super) struct Facts<'a> {
    follow_up: &'a FollowUp,
    around: Around<'a>,
    wanted: Wanted,
    made: [OnceCell<(CardContext, Subjects)>; CAPS.len()],
}

impl<'a> Facts<'a> {
    /// A value that is costly to make is left empty unless it is wanted.
    pub(super) fn new(follow_up: &'a FollowUp, around: Around<'a>, wanted: Wanted) -> Self {
        Self { follow_up, around, wanted, made: Default::default() }
    }

    /// What is asked for.
    pub(super) fn wanted(&self) -> Wanted {
        self.wanted
    }

    /// The values with names that leave room for others in one line.
    pub(super) fn shortish(&self) -> &(CardContext, Subjects) {
        self.made[1].get_or_init(|| of(self.follow_up, self.around, self.wanted, CAPS[1]))
    }

    /// The values with ever shorter names, and the people and times that their marks stand for.
    pub(super) fn ever_shorter(&self) -> impl Iterator<Item = &(CardContext, Subjects)> {
        self.made.iter().zip(CAPS).map(|(made, caps)| made.get_or_init(|| of(self.follow_up, self.around, self.wanted, caps)))
    }
}

/// The values of a follow-up's templates, with the people and times that their marks stand for.
fn of(follow_up: &FollowUp, around: Around<'_>, wanted: Wanted, caps: Caps) -> (CardContext, Subjects) {
    let Around { settings, words, platform, .. } = around;
    let mut subjects = Subjects::default();
    let mut context = CardContext { platform: platform.name(), ..CardContext::default() };
    state(&mut context, follow_up, &settings.team, around.clock(), &mut subjects);
    call(&mut context, follow_up, around, wanted, caps, &mut subjects);
    invitee(&mut context, &follow_up.case.cancellation.call, words, caps);
    people(&mut context, &follow_up.case.cancellation.call, &settings.team, &mut subjects);
    cancellation(&mut context, follow_up, around, wanted, caps, &mut subjects);
    (context, subjects.on(platform))
}

/// The state's words, as the title of a card says them.
pub(super) fn state_words(follow_up: &FollowUp, clock: Clock<'_>) -> String {
    match follow_up.snoozed_until {
        Some(until) if !follow_up.state.is_closed() => clock.words.say("state.snoozed", &[("time", clock.short(until).into())]),
        Some(_) | None => words_of(&follow_up.state, clock),
    }
}

fn words_of(state: &State, clock: Clock<'_>) -> String {
    let words = clock.words;
    match state {
        State::Assigned { owner } => words.say("state.assigned", &[("owner", cleaned(&owner.name, PERSON).into())]),
        State::Rebooked { start: Some(start), .. } => words.say("state.rebooked_for", &[("time", clock.short(*start).into())]),
        State::Open | State::Rebooked { start: None, .. } | State::Lost | State::Dismissed => {
            words.say(&format!("state.{}", state.name()), &[])
        }
    }
}

fn state(context: &mut CardContext, follow_up: &FollowUp, team: &Team, clock: Clock<'_>, subjects: &mut Subjects) {
    context.short_id = follow_up.short_id.to_string();
    context.state = state_words(follow_up, clock);
    context.state_name = follow_up.state.name();
    context.closed = follow_up.state.is_closed();
    context.offered = follow_up.case.offered;
    context.found_by_check = follow_up.case.found_by_check;
    if let Some(Closing { reason, note }) = &follow_up.case.closing {
        context.closing_reason = clock.words.say(&format!("form.close_{}", reason.name()), &[]);
        context.closing_note = optional(note.as_deref(), CLOSING_NOTE);
        context.closing_note_in_full = optional(note.as_deref(), REASON);
    }
    if let Some(until) = follow_up.snoozed_until.filter(|_| !context.closed) {
        context.snoozed = true;
        context.snoozed_until = subjects.time(clock.known(until));
    }
    match &follow_up.state {
        State::Assigned { owner } => context.owner = subjects.person(Person { name: cleaned(&owner.name, PERSON), ..owner.clone() }),
        State::Rebooked { start, host } => {
            context.rebooked_start = start.map(|start| subjects.time(clock.known(start))).unwrap_or_default();
            let host = host.as_ref().and_then(|host| person(host, team));
            context.rebooked_host = host.map(|host| subjects.person(host)).unwrap_or_default();
        }
        State::Open | State::Lost | State::Dismissed => {}
    }
}

fn call(context: &mut CardContext, follow_up: &FollowUp, around: Around<'_>, wanted: Wanted, caps: Caps, subjects: &mut Subjects) {
    let call = &follow_up.case.cancellation.call;
    let clock = around.clock();
    let url = |address: &Option<String>| address.as_deref().and_then(|address| around.links.allow(address)).map(String::from);
    let url_if = |wanted: bool, address: &Option<String>| wanted.then(|| url(address)).flatten().unwrap_or_default();
    context.event_name = optional(call.event_name.as_deref(), caps.event);
    context.event_in_full = optional(call.event_name.as_deref(), IN_FULL);
    context.event_slug = optional(call.event_slug.as_deref(), ID);
    if let Some(start) = clock.moment(&call.start, call.start_for_invitee.as_ref()) {
        context.start_in_words = start.doubt.as_ref().map_or_else(|| start.words.clone(), |doubt| format!("{} {doubt}", start.words));
        context.start = subjects.time(start);
    }
    if wanted.end {
        context.end = clock.moment(&call.end, None).map(|end| subjects.time(end)).unwrap_or_default();
    }
    if wanted.booked_at {
        context.booked_at = call.booked_at.map(|at| subjects.time(clock.known(at))).unwrap_or_default();
    }
    let minutes = call.duration_minutes.filter(|minutes| *minutes > 0);
    context.duration = minutes.map(|n| around.words.say("count.minutes", &[("n", i64::from(n).into())])).unwrap_or_default();
    context.location = optional(call.links.location.as_deref(), LOCATION);
    context.location_url = url_if(wanted.location_url, &call.links.location);
    context.contact_url = url_if(wanted.contact_url, &call.links.contact);
    context.reschedule_url = url_if(wanted.reschedule_url, &call.links.reschedule);
    context.booking_url = url_if(wanted.booking_url, &call.links.booking_page);
    if wanted.answers {
        context.answers = answers::for_card(call, around.highlight, around.words);
    }
    if wanted.all_answers || wanted.answers_left_out {
        (context.all_answers, context.answers_left_out) = answers::all(call);
    }
    context.source_line = answers::source_line(call);
    if wanted.tracking {
        context.tracking = answers::tracking(call);
    }
    context.call_id = cleaned(&call.id, ID);
    context.preview_id = optional(call.preview_id.as_deref(), ID);
    context.contact_id = optional(call.invitee.contact_id.as_deref(), ID);
}

/// iClosed often leaves the name out, and puts the phone number into the e-mail field when a form was left early.
fn invitee(context: &mut CardContext, call: &Call, words: &Words, caps: Caps) {
    let invitee = &call.invitee;
    let number = |email: &&str| !email.contains(|c: char| c == '@' || c.is_alphabetic()) && normal_phone(email).is_some();
    let email = invitee.email.as_deref().filter(|email| !number(email));
    let phone = [invitee.phone.as_deref(), invitee.email.as_deref().filter(number)]
        .into_iter()
        .flatten()
        .find(|phone| clean::line(phone, 1).is_some());
    context.email = optional(email, EMAIL);
    context.phone = optional(phone, PHONE);
    let name = invitee.name.iter().chain(&invitee.other_names).find_map(|name| clean::line(name, caps.name));
    context.invitee_in_full = invitee.name.iter().find_map(|name| clean::line(name, IN_FULL)).unwrap_or_default();
    let first = name.as_deref().and_then(|name| name.split(' ').next()).filter(|name| !name.contains('@'));
    context.first_name = first.map(str::to_owned).unwrap_or_default();
    let known_by = [name, email.and_then(|email| clean::line(email, caps.name)), phone.and_then(|phone| clean::line(phone, caps.name))];
    context.invitee_name = known_by.into_iter().flatten().next().unwrap_or_else(|| words.say("name.somebody", &[]));
}

fn people(context: &mut CardContext, call: &Call, team: &Team, subjects: &mut Subjects) {
    let host = call.host.as_ref().and_then(|host| person(host, team));
    let setter = call.setter.as_ref().and_then(|setter| person(setter, team)).filter(|setter| host.as_ref() != Some(setter));
    let co_hosts = call.co_hosts.iter().filter_map(|staff| person(staff, team)).filter(|person| host.as_ref() != Some(person));
    let co_hosts: Vec<String> = co_hosts.take(MOST_CO_HOSTS).map(|person| subjects.person(person)).collect();
    context.co_hosts = co_hosts.join(", ");
    context.host = host.map(|host| subjects.person(host)).unwrap_or_default();
    context.setter = setter.map(|setter| subjects.person(setter)).unwrap_or_default();
}

fn cancellation(context: &mut CardContext, follow_up: &FollowUp, around: Around<'_>, wanted: Wanted, caps: Caps, subjects: &mut Subjects) {
    let (words, case) = (around.words, &follow_up.case);
    let clock = around.clock();
    let number = || ("n", i64::from(case.repeat).into());
    context.side = case.side.name();
    context.canceller = optional(case.cancellation.canceller.as_deref(), PERSON);
    context.canceller_name = cleaned(&canceller_name(context, follow_up, &around.settings.team), caps.name);
    context.evidence = words.say(&format!("evidence.{}", case.side_evidence.name()), &[("canceller", context.canceller.as_str().into())]);
    if wanted.cancelled_at {
        context.cancelled_at = clock.moment(&case.cancellation.cancelled_at, None).map(|at| subjects.time(at)).unwrap_or_default();
    }
    context.notice = times::notice(words, case.notice).unwrap_or_default();
    context.notice_minutes = case.notice.minutes().unwrap_or_default();
    context.late = matches!(case.notice, Notice::Late(_));
    context.after_start = matches!(case.notice, Notice::AfterStart(_));
    context.repeat = case.repeat;
    if case.repeat > 1 {
        let ordinal = words.say("count.ordinal", &[number()]);
        context.repeat_in_words = words.say("count.cancellation", &[number(), ("ordinal", ordinal.into())]);
    }
    if let Some(Earlier { short_id, state }) = &case.earlier {
        context.earlier = short_id.to_string();
        context.earlier_state = words_of(state, clock);
    }
    let reason = case.cancellation.reason.as_deref();
    context.reason = reason.and_then(|reason| clean::lines(reason, REASON, REASON_BREAKS)).unwrap_or_default();
    if wanted.reason_in_full {
        context.reason_in_full = reason.and_then(|reason| clean::lines(reason, REASON_IN_FULL, usize::MAX)).unwrap_or_default();
    }
    context.reason_class = case.reason_class.name();
    context.reason_class_in_words = class_in_words(case.reason_class, &context.reason, words);
}

/// The class where it says more than the reason itself.
fn class_in_words(class: ReasonClass, reason: &str, words: &Words) -> String {
    if matches!(class, ReasonClass::Other | ReasonClass::None) || reason.is_empty() {
        return String::new();
    }
    let said = words.say(&format!("reason.{}", class.name()), &[]);
    if normal_name(&said) == normal_name(reason) { String::new() } else { said }
}

/// Who cancelled, by the name that the rest of the card uses for them; as written where it fits nobody.
fn canceller_name(context: &CardContext, follow_up: &FollowUp, team: &Team) -> String {
    let call = &follow_up.case.cancellation.call;
    match follow_up.case.side_evidence {
        SideEvidence::InviteeName | SideEvidence::InviteeEmail => context.invitee_name.clone(),
        SideEvidence::HostName | SideEvidence::HostEmail => {
            let host = call.host.as_ref().and_then(|host| person(host, team));
            host.map_or_else(|| context.canceller.clone(), |host| host.name)
        }
        SideEvidence::Teammate => {
            let written = Some(context.canceller.as_str());
            team.find(written, written).map_or_else(|| context.canceller.clone(), |mate| mate.name.clone())
        }
        SideEvidence::NoName | SideEvidence::Both | SideEvidence::Nobody | SideEvidence::Told | SideEvidence::Listed => {
            context.canceller.clone()
        }
    }
}

/// A teammate where the team knows them, else somebody by name, else by address; `None` where both are blank.
/// Somebody of the team where we know them, else as the payload names them.
pub(super) fn person(staff: &Staff, team: &Team) -> Option<Person> {
    if let Some(mate) = team.find(staff.email.as_deref(), staff.name.as_deref()) {
        return Some(Person { name: cleaned(&mate.name, PERSON), ..Person::from(mate) });
    }
    let name = staff.name.as_deref().and_then(|name| clean::line(name, PERSON));
    let email = || staff.email.as_deref().filter(|email| normal_email(email).is_some()).and_then(|email| clean::line(email, PERSON));
    name.or_else(email).map(Person::named)
}

fn optional(written: Option<&str>, most: usize) -> String {
    written.and_then(|written| clean::line(written, most)).unwrap_or_default()
}

fn cleaned(written: &str, most: usize) -> String {
    clean::line(written, most).unwrap_or_default()
}
