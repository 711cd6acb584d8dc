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
        let (settle, now) = (self.rules.timings.settle, self.clock.now());
        if let Some(blind) = self.store.write_behind(move |tx| Box::pin(async move { tx.begin(settle, now).await })).await? {
            let (from, minutes) = (blind.from.to_rfc3339(), (blind.until - blind.from).num_minutes());
            tracing::warn!(from, minutes, "nobody has worked on this database for a while; what it holds to be unsent is looked for first");
        }
        Ok(())
    }

    /// A sign of life.
    ///
    /// # Errors
    /// [`StoreError`]
    pub async fn alive(&self) -> Result<(), StoreError> {
        let now = self.clock.now();
        self.store.write_behind(move |tx| Box::pin(async move { tx.alive(now).await })).await
    }
}
