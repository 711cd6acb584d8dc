//! Who must wait until when: channels by our own pace and their `Retry-After`, kinds of requests, whole platforms. On disk, so that it
//! holds after a restart and for all instances.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Iden, IntoColumnRef, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::tables::{method_pace, pace};
use super::{StoreError, Tx, at};
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
    /// That kind of request to the platform.
    Method(Platform, Method),
}

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
    pub async fn pause(&self, pauses: &[&(Pause, DateTime<Utc>)]) -> Result<(), StoreError> {
        let mut channels: HashMap<&Address, DateTime<Utc>> = HashMap::new();
        let mut methods: HashMap<(Platform, Method), DateTime<Utc>> = HashMap::new();
        // PostgreSQL refuses to touch a row twice in one statement.
        for (pause, not_before) in pauses {
            let latest = match pause {
                Pause::Channel(address) => channels.entry(address).or_insert(*not_before),
                Pause::Method(platform, method) => methods.entry((*platform, *method)).or_insert(*not_before),
            };
            *latest = (*latest).max(*not_before);
        }
        if !channels.is_empty() {
            let rows = channels.into_iter().map(|(address, not_before)| channel_row(address, not_before.timestamp_millis()));
            let later = OnConflict::columns([pace::Column::Platform, pace::Column::Channel])
                .update_column(pace::Column::NotBefore)
                .action_and_where(is_later((pace::Entity, pace::Column::NotBefore), pace::Column::NotBefore))
                .to_owned();
            pace::Entity::insert_many(rows).on_conflict(later).exec_without_returning(&self.inner).await?;
        }
        if !methods.is_empty() {
            let rows = methods.into_iter().map(|((platform, method), not_before)| method_pace::ActiveModel {
                platform: Set(platform.name().to_owned()),
                method: Set(method.name().to_owned()),
                not_before: Set(not_before.timestamp_millis()),
            });
            let later = OnConflict::columns([method_pace::Column::Platform, method_pace::Column::Method])
                .update_column(method_pace::Column::NotBefore)
                .action_and_where(is_later((method_pace::Entity, method_pace::Column::NotBefore), method_pace::Column::NotBefore))
                .to_owned();
            method_pace::Entity::insert_many(rows).on_conflict(later).exec_without_returning(&self.inner).await?;
        }
        Ok(())
    }

    /// Ends the pauses for tokens that are not taken: there may be another one now, which one request finds out. What platforms ask for
    /// holds on.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub(super) async fn end_token_pauses(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.end_pauses(method_pace::Column::Method.eq(Method::Token.name()), now).await
    }

    /// Writes down what the one request said that tried a token in doubt. Where it said nothing, the next one may follow.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn judge_token(&self, platform: Platform, token: Token, now: DateTime<Utc>) -> Result<(), StoreError> {
        let doubt = method_pace::Column::Platform.eq(platform.name()).and(method_pace::Column::Method.eq(Method::Token.name()));
        match token {
            Token::Taken => method_pace::Entity::delete_many().filter(doubt).exec(&self.inner).await.map(drop)?,
            Token::Refused => {}
            Token::Unheard => self.end_pauses(doubt, now).await?,
        }
        Ok(())
    }

    async fn end_pauses(&self, which: impl sea_orm::sea_query::IntoCondition, now: DateTime<Utc>) -> Result<(), StoreError> {
        method_pace::Entity::update_many()
            .col_expr(method_pace::Column::NotBefore, now.timestamp_millis().into())
            .filter(which.into_condition())
            .exec(&self.inner)
            .await?;
        Ok(())
    }

    /// Makes the channel known, so that posts in it are found.
    pub(super) async fn know_channel(&self, address: &Address) -> Result<(), StoreError> {
        let once = OnConflict::columns([pace::Column::Platform, pace::Column::Channel]).do_nothing().to_owned();
        pace::Entity::insert(channel_row(address, 0)).on_conflict(once).exec_without_returning(&self.inner).await?;
        Ok(())
    }
}

/// Until when each kind of request to each platform must wait.
pub(super) struct Waits(Vec<method_pace::Model>);

impl Waits {
    /// As they are now.
    pub(super) async fn read(database: &impl ConnectionTrait) -> Result<Self, StoreError> {
        Ok(Self(method_pace::Entity::find().all(database).await?))
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

fn channel_row(address: &Address, not_before: i64) -> pace::ActiveModel {
    pace::ActiveModel { platform: Set(address.platform.name().to_owned()), channel: Set(address.id.clone()), not_before: Set(not_before) }
}
