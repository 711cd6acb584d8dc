//! A process says that it works on this database, so that the next one knows how long nobody did.

use super::Flow;
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
        self.store.write_behind(move |tx| Box::pin(async move { tx.alive(now).await })).await
    }
}
