//! Names that somebody of the team explained: the host's side goes by them always, an invitee only for their own calls.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, ColumnTrait, EntityTrait, QueryFilter};

use super::tables::alias;
use super::{Store, StoreError, Tx};
use crate::domain::identity::Identity;
use crate::domain::side::Side;

/// In the place of an invitee: the name is of the host's side.
const HOSTS: &str = "";

impl Tx {
    /// Remembers whose name it is, instead of what was believed of it before.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn remember_alias(
        &self,
        name: &str,
        invitee: &Identity,
        side: Side,
        person: Option<&str>,
        now: DateTime<Utc>,
    ) -> Result<(), StoreError> {
        let keys = match side {
            Side::Host => vec![HOSTS.to_owned()],
            Side::Invitee => keys_of(invitee),
            Side::Unknown => Vec::new(),
        };
        let before = keys_of(invitee).into_iter().chain([HOSTS.to_owned()]);
        alias::Entity::delete_many()
            .filter(alias::Column::Name.eq(name))
            .filter(alias::Column::Invitee.is_in(before))
            .exec(&self.inner)
            .await?;
        let row = |invitee| alias::ActiveModel {
            name: Set(name.to_owned()),
            invitee: Set(invitee),
            side: Set(side.name().to_owned()),
            person: Set(person.map(str::to_owned)),
            at: Set(now.timestamp_millis()),
        };
        let rows: Vec<_> = keys.into_iter().map(row).collect();
        if !rows.is_empty() {
            let once = OnConflict::columns([alias::Column::Name, alias::Column::Invitee]).do_nothing().to_owned();
            alias::Entity::insert_many(rows).on_conflict(once).exec_without_returning(&self.inner).await?;
        }
        Ok(())
    }
}

impl Store {
    /// For each name and invitee: whose name it is, where somebody said so.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn aliases(&self, asked: &[(String, Identity)]) -> Result<Vec<Option<Side>>, StoreError> {
        if asked.is_empty() {
            return Ok(Vec::new());
        }
        let names = asked.iter().map(|(name, _)| name.as_str());
        let rows = alias::Entity::find().filter(alias::Column::Name.is_in(names)).all(&self.read).await?;
        let side_of = |(name, invitee): &(String, Identity)| {
            let keys = keys_of(invitee);
            let of = |fits: &dyn Fn(&str) -> bool| rows.iter().find(|row| row.name == *name && fits(&row.invitee));
            // What is known of this invitee says more than what is known of everybody.
            let row = of(&|key| keys.iter().any(|known| known == key)).or_else(|| of(&|key| key == HOSTS))?;
            Side::from_name(&row.side)
        };
        Ok(asked.iter().map(side_of).collect())
    }
}

fn keys_of(invitee: &Identity) -> Vec<String> {
    let Identity { email, contact, phone } = invitee;
    let keys = [("email", email), ("contact", contact), ("phone", phone)];
    keys.into_iter().filter_map(|(kind, key)| Some(format!("{kind}:{}", key.as_ref()?))).collect()
}
