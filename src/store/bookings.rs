//! Who is booking a new time for a follow-up just now, so that nobody else does: instances that share a database see it, too.
//!
//! A booking is something that is put to a platform once, so it stands where those stand. It must not decide what is booked.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::tables::registration;
use super::{StoreError, Tx};

impl Tx {
    /// Keeps others from booking for that follow-up before `until`; `what` tells them by whom and what. Gives what the one who books
    /// already left here, and then nothing is changed.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn hold_booking(
        &self,
        follow_up: i64,
        what: &str,
        until: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<Option<String>, StoreError> {
        // First, so that instances wait for each other here.
        self.alone().await?;
        let held = registration::Entity::find_by_id(name(follow_up)).one(&self.inner).await?;
        if let Some(held) = held.filter(|held| held.at > now.timestamp_millis()) {
            return Ok(Some(held.digest));
        }
        let row = registration::ActiveModel { name: Set(name(follow_up)), digest: Set(what.to_owned()), at: Set(until.timestamp_millis()) };
        let newest = OnConflict::column(registration::Column::Name)
            .update_columns([registration::Column::Digest, registration::Column::At])
            .to_owned();
        registration::Entity::insert(row).on_conflict(newest).exec_without_returning(&self.inner).await?;
        Ok(None)
    }

    /// What whoever is booking for that follow-up just now left here.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn booking_held(&self, follow_up: i64, now: DateTime<Utc>) -> Result<Option<String>, StoreError> {
        let held = registration::Entity::find_by_id(name(follow_up)).one(&self.inner).await?;
        Ok(held.filter(|held| held.at > now.timestamp_millis()).map(|held| held.digest))
    }

    /// Whoever left that here is done.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn end_booking(&self, follow_up: i64, what: &str) -> Result<(), StoreError> {
        registration::Entity::delete_by_id(name(follow_up)).filter(registration::Column::Digest.eq(what)).exec(&self.inner).await?;
        Ok(())
    }
}

fn name(follow_up: i64) -> String {
    format!("booking {follow_up}")
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;

    use super::*;
    use crate::store::{Location, Store};

    #[tokio::test]
    async fn one_books_at_a_time_for_a_follow_up_and_not_for_ever() {
        let folder = tempfile::TempDir::new().expect("a folder");
        let (store, _tasks) = Store::open(&Location::Sqlite(folder.path().join("rebound.db"))).await.expect("a database");
        let hold = async |follow_up: i64, what: &'static str, seconds: i64| {
            let now = DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds);
            let until = now + TimeDelta::seconds(60);
            let held = store.write_behind(move |tx| Box::pin(async move { tx.hold_booking(follow_up, what, until, now).await })).await;
            held.expect("the database works")
        };
        assert_eq!(hold(1, "kim", 0).await, None);
        assert_eq!(hold(1, "sam", 59).await.as_deref(), Some("kim"));
        assert_eq!(hold(2, "sam", 59).await, None, "another follow-up");
        assert_eq!(hold(1, "sam", 60).await, None, "whoever held it ended long ago");
        let end = async |what: &'static str| {
            let ended = store.write_behind(move |tx| Box::pin(async move { tx.end_booking(1, what).await })).await;
            ended.expect("the database works");
        };
        end("kim").await;
        assert_eq!(hold(1, "kim", 61).await.as_deref(), Some("sam"), "nobody ends what another holds");
        end("sam").await;
        assert_eq!(hold(1, "kim", 61).await, None);
        assert_eq!(store.registration("discord_commands").await.expect("the database works"), None);
    }
}
