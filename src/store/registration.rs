//! What was put to a platform, so that it is put there again only when it has changed.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, EntityTrait};

use super::tables::registration;
use super::{Store, StoreError, Tx};

impl Tx {
    /// The platform has taken what has this digest.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn registered(&self, name: &str, digest: &str, now: DateTime<Utc>) -> Result<(), StoreError> {
        let row = registration::ActiveModel { name: Set(name.to_owned()), digest: Set(digest.to_owned()), at: Set(now.timestamp_millis()) };
        let newest = OnConflict::column(registration::Column::Name)
            .update_columns([registration::Column::Digest, registration::Column::At])
            .to_owned();
        registration::Entity::insert(row).on_conflict(newest).exec_without_returning(&self.inner).await?;
        Ok(())
    }
}

impl Store {
    /// The digest of what the platform took last.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn registration(&self, name: &str) -> Result<Option<String>, StoreError> {
        let row = registration::Entity::find_by_id(name).one(&self.read).await?;
        Ok(row.map(|row| row.digest))
    }
}
