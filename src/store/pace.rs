//! Who must wait until when: channels by our own pace and their `Retry-After`, kinds of requests, whole platforms. On disk, so that it
//! holds after a restart and for all instances; and which channels are closed to us.

use std::collections::HashMap;
use std::hash::Hash;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Func, Iden, IntoColumnRef, OnConflict};
use sea_orm::{
    ActiveModelTrait, ActiveValue::Set, ColumnTrait, ConnectionTrait, DbBackend, DbErr, EntityTrait, FromQueryResult, InsertMany,
    QueryFilter, QueryResult, QueryTrait, Statement, UpdateMany,
};

use super::tables::{method_pace, pace};
use super::{Store, StoreError, Tx, at};
use crate::domain::platform::{Address, Platform};

/// A kind of request that must wait, whatever the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// All of them, because the platform asks for it.
    Any,
    /// All of them, because the token is not taken.
    Token,
    /// Edits of messages.
    Edit,
    /// Reading of histories.
    Look,
    /// Opening of conversations with people.
    Open,
}

/// What an answer says of a token that is in doubt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Token {
    /// It is taken (again).
    Taken,
    /// It is not; how long that holds is a [`Pause`].
    Refused,
    /// Nothing: there was no answer, or no request.
    Unheard,
}

/// Something that must wait.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Pause {
    /// New messages and edits in that channel.
    Channel(Address),
    /// The same, where it has just taken one: it is not closed.
    Open(Address),
    /// The same, where it is closed to us; why, as the platform says it.
    Closed(Address, String),
    /// That kind of request to the platform.
    Method(Platform, Method),
}

/// A channel that takes nothing from us.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shut {
    /// Which.
    pub address: Address,
    /// Since its first refusal.
    pub since: DateTime<Utc>,
    /// What the platform says.
    pub why: String,
}

/// So long after the pause for a dead token nobody may have tried it again.
const TRIED_AGAIN: TimeDelta = TimeDelta::minutes(1);

impl Method {
    fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Token => "token",
            Self::Edit => "edit",
            Self::Look => "look",
            Self::Open => "open",
        }
    }
}

impl Tx {
    /// Lets nobody do these before then. Later times that were set before stay.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn pause(&self, pauses: &[&(Pause, DateTime<Utc>)], now: DateTime<Utc>) -> Result<(), StoreError> {
        self.execute_together(to_pause(pauses, now, self.inner.get_database_backend())).await?;
        Ok(())
    }

    /// Ends the pauses for tokens that are not taken: there may be another one now, which one request finds out. What platforms ask for
    /// holds on.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub(super) async fn end_token_pauses(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        ending(method_pace::Column::Method.eq(Method::Token.name()), now).exec(&self.inner).await?;
        Ok(())
    }
}

/// What is to be executed to [pause](Tx::pause) these.
pub(super) fn to_pause(pauses: &[&(Pause, DateTime<Utc>)], now: DateTime<Utc>, backend: DbBackend) -> Vec<Statement> {
    let (mut resting, mut open, mut closed) = (HashMap::new(), HashMap::new(), HashMap::new());
    let mut methods = HashMap::new();
    for (pause, not_before) in pauses {
        match pause {
            Pause::Channel(address) => put_off(&mut resting, address, *not_before),
            Pause::Open(address) => put_off(&mut open, address, *not_before),
            Pause::Closed(address, why) => _ = closed.insert(address, (*not_before, why)),
            Pause::Method(platform, method) => put_off(&mut methods, (*platform, *method), *not_before),
        }
    }
    let resting = resting.into_iter().map(|(address, not_before)| channel_row(address, not_before, None));
    let open = open.into_iter().map(|(address, not_before)| channel_row(address, not_before, None));
    let opened = later().update_columns([pace::Column::ClosedSince, pace::Column::ClosedWhy]).to_owned();
    let closed = closed.into_iter().map(|(address, (not_before, why))| channel_row(address, not_before, Some((now, why))));
    let since = [Expr::col((pace::Entity, pace::Column::ClosedSince)), Expr::col((Alias::new("excluded"), pace::Column::ClosedSince))];
    let still = later().update_column(pace::Column::ClosedWhy).value(pace::Column::ClosedSince, Func::coalesce(since)).to_owned();
    let methods = methods.into_iter().map(|((platform, method), not_before)| method_pace::ActiveModel {
        platform: Set(platform.name().to_owned()),
        method: Set(method.name().to_owned()),
        not_before: Set(not_before.timestamp_millis()),
    });
    let until = OnConflict::columns([method_pace::Column::Platform, method_pace::Column::Method])
        .update_column(method_pace::Column::NotBefore)
        .action_and_where(is_later((method_pace::Entity, method_pace::Column::NotBefore), method_pace::Column::NotBefore))
        .to_owned();
    let statements =
        [put(resting, later(), backend), put(open, opened, backend), put(closed, still, backend), put(methods, until, backend)];
    statements.into_iter().flatten().collect()
}

/// `None` where there are no rows. PostgreSQL refuses to touch a row twice in one statement, so each may come once.
fn put<A: ActiveModelTrait>(rows: impl Iterator<Item = A>, otherwise: OnConflict, backend: DbBackend) -> Option<Statement> {
    let rows: Vec<A> = rows.collect();
    (!rows.is_empty()).then(|| <A::Entity as EntityTrait>::insert_many(rows).on_conflict(otherwise).build(backend))
}

/// What is to be executed where the one request that tried a token in doubt said this. Where it said nothing, the next one may follow.
pub(super) fn to_judge((platform, token): (Platform, Token), now: DateTime<Utc>, backend: DbBackend) -> Option<Statement> {
    let doubt = method_pace::Column::Platform.eq(platform.name()).and(method_pace::Column::Method.eq(Method::Token.name()));
    match token {
        Token::Taken => Some(method_pace::Entity::delete_many().filter(doubt).build(backend)),
        Token::Refused => None,
        Token::Unheard => Some(ending(doubt, now).build(backend)),
    }
}

fn ending(which: Expr, now: DateTime<Utc>) -> UpdateMany<method_pace::Entity> {
    method_pace::Entity::update_many().col_expr(method_pace::Column::NotBefore, now.timestamp_millis().into()).filter(which)
}

/// What makes these channels known, each given once, so that posts in them are found; nothing where there are none.
pub(super) fn channels_known<'a>(addresses: impl Iterator<Item = &'a Address>) -> Option<InsertMany<pace::ActiveModel>> {
    let rows: Vec<_> = addresses.map(|address| channel_row(address, DateTime::UNIX_EPOCH, None)).collect();
    let once = OnConflict::columns([pace::Column::Platform, pace::Column::Channel]).do_nothing().to_owned();
    (!rows.is_empty()).then(|| pace::Entity::insert_many(rows).on_conflict(once))
}

impl Store {
    /// The channels that are closed to us.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn closed_channels(&self) -> Result<Vec<Shut>, StoreError> {
        let rows = pace::Entity::find().filter(pace::Column::ClosedSince.is_not_null()).all(&self.read).await?;
        let shut = |row: pace::Model| {
            let address = Address { platform: Platform::from_name(&row.platform)?, id: row.channel };
            Some(Shut { address, since: at(row.closed_since?), why: row.closed_why.unwrap_or_default() })
        };
        Ok(rows.into_iter().filter_map(shut).collect())
    }

    /// The platforms that do not take our token.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn refused_tokens(&self, now: DateTime<Utc>) -> Result<Vec<Platform>, StoreError> {
        let refused = method_pace::Entity::find()
            .filter(method_pace::Column::Method.eq(Method::Token.name()))
            .filter(method_pace::Column::NotBefore.gt((now - TRIED_AGAIN).timestamp_millis()));
        Ok(refused.all(&self.read).await?.iter().filter_map(|row| Platform::from_name(&row.platform)).collect())
    }
}

/// Until when each kind of request to each platform must wait.
#[derive(Debug)]
pub struct Waits(Vec<method_pace::Model>);

impl Waits {
    /// As they are now.
    pub(super) async fn read(database: &impl ConnectionTrait) -> Result<Self, StoreError> {
        Ok(Self(method_pace::Entity::find().all(database).await?))
    }

    /// What gives the rows of which they are [made](Self::from_rows).
    pub(super) fn question(backend: DbBackend) -> Statement {
        method_pace::Entity::find().build(backend)
    }

    pub(super) fn from_rows(rows: &[QueryResult]) -> Result<Self, DbErr> {
        rows.iter().map(|row| method_pace::Model::from_query_result(row, "")).collect::<Result<_, _>>().map(Self)
    }

    /// Until when that kind must wait, by itself or as one of all.
    pub(super) fn until(&self, platform: Platform, method: Method) -> Option<DateTime<Utc>> {
        let of = |row: &&method_pace::Model| [method, Method::Any, Method::Token].map(Method::name).contains(&row.method.as_str());
        self.0.iter().filter(|row| row.platform == platform.name()).filter(of).map(|row| at(row.not_before)).max()
    }

    /// The token was not taken when it was last tried: one request may find out whether it is again.
    pub(super) fn doubts_token(&self, platform: Platform) -> bool {
        self.0.iter().any(|row| row.platform == platform.name() && row.method == Method::Token.name())
    }
}

/// The time that is to be written is later than the one that stands there.
fn is_later<C: IntoColumnRef, D: Iden>(there: C, column: D) -> Expr {
    Expr::col(there).lt(Expr::col((Alias::new("excluded"), column)))
}

fn put_off<K: Eq + Hash>(until: &mut HashMap<K, DateTime<Utc>>, what: K, not_before: DateTime<Utc>) {
    let latest = until.entry(what).or_insert(not_before);
    *latest = (*latest).max(not_before);
}

/// What becomes of the row of a channel that is there: its pause only grows.
fn later() -> OnConflict {
    OnConflict::columns([pace::Column::Platform, pace::Column::Channel])
        .update_column(pace::Column::NotBefore)
        .action_and_where(is_later((pace::Entity, pace::Column::NotBefore), pace::Column::NotBefore))
        .to_owned()
}

fn channel_row(address: &Address, not_before: DateTime<Utc>, closed: Option<(DateTime<Utc>, &String)>) -> pace::ActiveModel {
    pace::ActiveModel {
        platform: Set(address.platform.name().to_owned()),
        channel: Set(address.id.clone()),
        not_before: Set(not_before.timestamp_millis()),
        closed_since: Set(closed.map(|(since, _)| since.timestamp_millis())),
        closed_why: Set(closed.map(|(_, why)| why.clone())),
    }
}
