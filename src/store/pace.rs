//! Who must wait until when: channels by our own pace and their `Retry-After`, kinds of requests, whole platforms. On disk, so that it
//! holds after a restart and for all instances.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Expr, ExprTrait, OnConflict};
use sea_orm::{ActiveValue::Set, ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter};

use super::tables::{method_pace, pace};
use super::{StoreError, Tx, at};
use crate::domain::platform::{Address, Platform};

/// A kind of request that must wait, whatever the channel.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Method {
    /// All of them.
    Any,
    /// Edits of messages.
    Edit,
    /// Reading of histories.
    Look,
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
    const ALL: [Self; 3] = [Self::Any, Self::Edit, Self::Look];

    fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::Edit => "edit",
            Self::Look => "look",
        }
    }
}

impl Tx {
    /// Lets nobody do that before then. A later time that was set before stays.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn pause(&self, pause: &Pause, not_before: DateTime<Utc>) -> Result<(), StoreError> {
        match pause {
            Pause::Channel(address) => {
                let later = OnConflict::columns([pace::Column::Platform, pace::Column::Channel])
                    .update_column(pace::Column::NotBefore)
                    .action_and_where(Expr::col((pace::Entity, pace::Column::NotBefore)).lt(not_before.timestamp_millis()))
                    .to_owned();
                let row = channel_row(address, not_before.timestamp_millis());
                pace::Entity::insert(row).on_conflict(later).exec_without_returning(&self.inner).await?;
            }
            Pause::Method(platform, method) => {
                let later = OnConflict::columns([method_pace::Column::Platform, method_pace::Column::Method])
                    .update_column(method_pace::Column::NotBefore)
                    .action_and_where(Expr::col((method_pace::Entity, method_pace::Column::NotBefore)).lt(not_before.timestamp_millis()))
                    .to_owned();
                let row = method_pace::ActiveModel {
                    platform: Set(platform.name().to_owned()),
                    method: Set(method.name().to_owned()),
                    not_before: Set(not_before.timestamp_millis()),
                };
                method_pace::Entity::insert(row).on_conflict(later).exec_without_returning(&self.inner).await?;
            }
        }
        Ok(())
    }

    /// Ends the pauses of whole platforms: what was wrong may have been mended.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub(super) async fn end_platform_pauses(&self) -> Result<(), StoreError> {
        let any = method_pace::Column::Method.eq(Method::Any.name());
        method_pace::Entity::delete_many().filter(any).exec(&self.inner).await?;
        Ok(())
    }

    /// Makes the channel known, so that posts in it are found.
    pub(super) async fn know_channel(&self, address: &Address) -> Result<(), StoreError> {
        let once = OnConflict::columns([pace::Column::Platform, pace::Column::Channel]).do_nothing().to_owned();
        pace::Entity::insert(channel_row(address, 0)).on_conflict(once).exec_without_returning(&self.inner).await?;
        Ok(())
    }
}

/// Until when each kind of request to the platform must wait, all of them included.
pub(super) async fn waits(database: &impl ConnectionTrait, platform: Platform) -> Result<HashMap<Method, DateTime<Utc>>, StoreError> {
    let rows = method_pace::Entity::find().filter(method_pace::Column::Platform.eq(platform.name())).all(database).await?;
    let latest = |method: Method| {
        let concerned = rows.iter().filter(|row| row.method == method.name() || row.method == Method::Any.name());
        concerned.map(|row| at(row.not_before)).max()
    };
    Ok(Method::ALL.into_iter().filter_map(|method| Some((method, latest(method)?))).collect())
}

fn channel_row(address: &Address, not_before: i64) -> pace::ActiveModel {
    pace::ActiveModel { platform: Set(address.platform.name().to_owned()), channel: Set(address.id.clone()), not_before: Set(not_before) }
}
