//! Events are marked as understood, and what is known of their calls and invitees is read with that: one way to the database, since webhooks
//! wait for SQLite's writer meanwhile.
//!
//! It says what is there, not what follows from it.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Query, UpdateStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbErr, EntityTrait, FromQueryResult, QueryFilter, QueryResult, QuerySelect, QueryTrait, Select,
    TryGetable,
};

use super::events::{by_call, of_kind};
use super::life::Blind;
use super::rebookings::newest_bookings;
use super::tables::{event, follow_up, instance};
use super::{StoreError, StoredEvent, Tx};
use crate::domain::event::EventKind;
use crate::domain::identity::Identity;

/// What events are about.
#[derive(Debug, Default)]
pub struct About<'a> {
    /// Their ids.
    pub events: Vec<i64>,
    /// The calls that were cancelled.
    pub calls: Vec<&'a str>,
    /// The events that say so, and whose calls these were.
    pub invitees: Vec<(i64, Identity)>,
    /// Bookings that were told before then do not matter.
    pub since: DateTime<Utc>,
}

/// What is known around events that are to be understood.
#[derive(Debug)]
pub struct Known {
    /// Of which time the database knows nothing.
    pub blind: Option<Blind>,
    /// The events that nobody else had understood.
    pub ours: HashSet<i64>,
    /// The calls that have a follow-up.
    pub followed_up: HashSet<String>,
    /// Their moves, in the order of receipt.
    pub moves: HashMap<String, Vec<StoredEvent>>,
    /// How many follow-ups the invitee of each cancellation has had, known again by the strongest of their normal forms, by its event. Halves
    /// of moves that nobody has seen are none.
    pub earlier: HashMap<i64, u32>,
    /// The bookings and moves of calls of invitees with any of these keys, oldest first.
    pub booked: Vec<StoredEvent>,
}

impl Tx {
    /// Marks events as understood, and tells what is known around them.
    ///
    /// Lets no other instance pass, as [`alone`](Self::alone).
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn take_events(&self, about: &About<'_>, now: DateTime<Utc>) -> Result<Known, StoreError> {
        let backend = self.inner.get_database_backend();
        let invitees: Vec<&Identity> = about.invitees.iter().map(|(_, invitee)| invitee).collect();
        let [by_email, by_contact, by_phone] =
            [0, 1, 2].map(|form| counting(form, &about.invitees).map(|counting| counting.build(backend)));
        let any_cancelled = !about.calls.is_empty();
        let asked = [
            Some(instance::Entity::find_by_id(1).lock_exclusive().build(backend)),
            Some(backend.build(&taking(&about.events, now))),
            any_cancelled.then(|| calls_with_follow_up(&about.calls).build(backend)),
            any_cancelled.then(|| of_kind(EventKind::CallRescheduled.name(), &about.calls).build(backend)),
            newest_bookings(&invitees, about.since).map(|newest| newest.build(backend)),
            by_email,
            by_contact,
            by_phone,
        ];
        let [instance, taken, followed_up, moves, booked, counts @ ..] = self.query_each(asked.map(Vec::from_iter)).await?;
        let instance = instance.first().ok_or_else(|| StoreError::row("instance", &1, &"missing"))?;
        let booked = column(&booked, "event_id")?;
        Ok(Known {
            blind: Blind::read(&instance::Model::from_query_result(instance, "")?),
            ours: column(&taken, "id")?,
            followed_up: column(&followed_up, "call_id")?,
            moves: by_call(models(&moves)?),
            earlier: earlier(&about.invitees, &counts)?,
            booked: self.bookings(booked, &invitees, about.since).await?,
        })
    }
}

/// Marks events as understood, and gives those that nobody else had.
fn taking(ids: &[i64], now: DateTime<Utc>) -> UpdateStatement {
    Query::update()
        .table(event::Entity)
        .value(event::Column::UnderstoodAt, now.timestamp_millis())
        .and_where(event::Column::Id.is_in(ids.iter().copied()))
        .and_where(event::Column::UnderstoodAt.is_null())
        .returning(Query::returning().column(event::Column::Id))
        .take()
}

fn calls_with_follow_up(calls: &[&str]) -> Select<follow_up::Entity> {
    let theirs = follow_up::Entity::find().filter(follow_up::Column::CallId.is_in(calls.iter().copied()));
    theirs.select_only().column(follow_up::Column::CallId)
}

/// What an invitee may be known by, the strongest first, and the column of that.
const FORMS: [(Form, follow_up::Column); 3] = [
    (|invitee| invitee.email.as_deref(), follow_up::Column::EmailKey),
    (|invitee| invitee.contact.as_deref(), follow_up::Column::ContactKey),
    (|invitee| invitee.phone.as_deref(), follow_up::Column::PhoneKey),
];

type Form = fn(&Identity) -> Option<&str>;

/// The place among [`FORMS`] of the strongest by which this invitee is known, and how it goes.
fn strongest(invitee: &Identity) -> Option<(usize, &str)> {
    FORMS.iter().enumerate().find_map(|(place, (form, _))| Some((place, form(invitee)?)))
}

/// The follow-ups of this invitee, known again by the strongest of their normal forms, and without halves of moves that nobody has seen;
/// `None` where nobody can be known again.
pub(super) fn seen_of(invitee: &Identity) -> Option<Select<follow_up::Entity>> {
    let (place, key) = strongest(invitee)?;
    let (_, column) = FORMS.get(place)?;
    Some(seen(*column, &[key]))
}

fn seen(column: follow_up::Column, keys: &[&str]) -> Select<follow_up::Entity> {
    follow_up::Entity::find().filter(column.is_in(keys.iter().copied())).filter(follow_up::Column::Withdrawn.eq(0))
}

/// Counts the follow-ups of those that are best known by the form at that place; `None` where nobody is.
fn counting(place: usize, invitees: &[(i64, Identity)]) -> Option<Select<follow_up::Entity>> {
    let (_, column) = FORMS.get(place)?;
    let known_by = invitees.iter().filter_map(|(_, invitee)| strongest(invitee));
    let keys: Vec<&str> = known_by.filter(|(at, _)| *at == place).map(|(_, key)| key).collect();
    let counts = seen(*column, &keys).select_only().column_as(*column, "invitee").column_as(follow_up::Column::Id.count(), "follow_ups");
    (!keys.is_empty()).then(|| counts.group_by(*column))
}

/// How many each of these invitees has had, by the rows of each form.
fn earlier(invitees: &[(i64, Identity)], counted: &[Vec<QueryResult>]) -> Result<HashMap<i64, u32>, DbErr> {
    let read = |row: &QueryResult| Ok((row.try_get("", "invitee")?, row.try_get("", "follow_ups")?));
    let counts = counted.iter().map(|rows| rows.iter().map(read).collect());
    let counts: Vec<HashMap<String, i64>> = counts.collect::<Result<_, DbErr>>()?;
    let count = |(event, invitee): &(i64, Identity)| {
        let count = strongest(invitee).and_then(|(place, key)| counts.get(place)?.get(key).copied())?;
        Some((*event, u32::try_from(count).unwrap_or(u32::MAX)))
    };
    Ok(invitees.iter().filter_map(count).collect())
}

fn column<T: TryGetable, C: FromIterator<T>>(rows: &[QueryResult], name: &str) -> Result<C, DbErr> {
    rows.iter().map(|row| row.try_get("", name)).collect()
}

fn models<M: FromQueryResult>(rows: &[QueryResult]) -> Result<Vec<M>, DbErr> {
    rows.iter().map(|row| M::from_query_result(row, "")).collect()
}
