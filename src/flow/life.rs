//! A process says that it works on this database, so that the next one knows how long nobody did.

use chrono::{DateTime, Utc};

use super::Flow;
use crate::domain::post::RETRY_AFTER;
use crate::store::StoreError;

impl Flow {
    /// To be called once, before anything else is done. Where nobody has worked on this database for minutes it may have been restored
    /// from a backup, so that what waits is looked for before it is sent.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn begin(&self) -> Result<(), StoreError> {
        self.plan_reminders().await?;
        let now = self.clock.now();
        let until = now - self.rules.timings.settle;
        let idle_since = self.store.write_behind(move |tx| Box::pin(async move { tx.idle_since(now).await })).await?;
        if let Some(last) = idle_since {
            let minutes = (now - last).num_minutes();
            tracing::warn!(minutes, "nobody has worked on this database for a while; what it holds to be unsent is looked for first");
            let posts = self.store.write_behind(move |tx| Box::pin(async move { tx.doubt_all(until, now).await })).await?;
            tracing::info!(posts, "so many are to be looked for");
        }
        self.come_back(now).await?;
        self.store.write_behind(move |tx| Box::pin(async move { tx.begin(idle_since, now).await })).await?;
        Ok(())
    }

    /// A sign of life.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn alive(&self) -> Result<(), StoreError> {
        self.compare_database_clock().await;
        let now = self.clock.now();
        self.come_back(now).await?;
        self.store.write_behind(move |tx| Box::pin(async move { tx.alive(now).await })).await
    }

    /// Where the clock was ahead and was set right, what it wrote down must not be waited for.
    async fn come_back(&self, now: DateTime<Utc>) -> Result<(), StoreError> {
        let timings = self.rules.timings.clone();
        let waits = timings.retry.iter().copied().chain([RETRY_AFTER.1, timings.look_every, self.rules.move_wait]);
        let longest = waits.max().unwrap_or(RETRY_AFTER.1);
        let was_ahead = self.store.write_behind(move |tx| {
            Box::pin(async move {
                let was_ahead = tx.was_ahead(now).await?;
                if was_ahead {
                    tx.set_back(longest, &timings, now).await?;
                }
                Ok(was_ahead)
            })
        });
        if was_ahead.await? {
            tracing::warn!("the clock was ahead and has been set back; what was to wait for its times is due");
            self.bells.posts.notify_one();
        }
        Ok(())
    }
}
