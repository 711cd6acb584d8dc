//! What a clock wrote down that ran ahead and was set right since: times that would keep everything waiting until they come.

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{Condition, Expr, ExprTrait};
use sea_orm::{ColumnTrait, EntityTrait, QueryFilter};

use super::due::phase_is;
use super::tables::{method_pace, pace, post};
use super::{StoreError, Tx, at};
use crate::domain::post::{Phase, RETRY_AFTER, SWEEP_EVERY, Timings, set_back};

/// Clocks of instances may differ by so much; what lies less far ahead is waited for.
const DIFFER: TimeDelta = TimeDelta::minutes(1);

impl Tx {
    /// Did whoever worked here last go by a clock that is ahead of ours?
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn was_ahead(&self, now: DateTime<Utc>) -> Result<bool, StoreError> {
        Ok(self.instance().await?.alive_at.map(at).is_some_and(|last| last - now > DIFFER))
    }

    /// Ends every pause, every wait and every claim that ends later than any legal one could. `longest`: how long a post may wait.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Row`]
    pub async fn set_back(&self, longest: TimeDelta, timings: &Timings, now: DateTime<Utc>) -> Result<(), StoreError> {
        let here = now.timestamp_millis();
        let last = (now + RETRY_AFTER.1 + DIFFER).timestamp_millis();
        pace::Entity::update_many()
            .col_expr(pace::Column::NotBefore, here.into())
            .filter(pace::Column::NotBefore.gt(last))
            .exec(&self.inner)
            .await?;
        method_pace::Entity::update_many()
            .col_expr(method_pace::Column::NotBefore, here.into())
            .filter(method_pace::Column::NotBefore.gt(last))
            .exec(&self.inner)
            .await?;
        let (longest, lease) = (longest + DIFFER, timings.lease + DIFFER);
        let later = |span: TimeDelta| (now + span).timestamp_millis();
        let waits = phase_is("post", &[Phase::Creating, Phase::Editing, Phase::Unclear]).or(phase_is("post", &[Phase::Idle])
            .and(Expr::col(post::Column::Wanted).gt(Expr::col(post::Column::Shown)).or(post::Column::SweepAt.is_not_null())));
        let is_ahead = Condition::any()
            .add(post::Column::DueAt.gt(later(longest)))
            .add(post::Column::LeaseUntil.gt(later(lease)))
            .add(post::Column::LastSentAt.gt(here))
            .add(post::Column::FailingSince.gt(here))
            .add(post::Column::SweepAt.gt(later(SWEEP_EVERY)));
        for row in post::Entity::find().filter(waits).filter(is_ahead).all(&self.inner).await? {
            if let Some(claimed) = self.readable(&row).await? {
                self.write_post(&claimed.key, &set_back(claimed.post, longest, lease, now), row.fence).await?;
            }
        }
        Ok(())
    }
}
