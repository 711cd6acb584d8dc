//! The write-ahead log of SQLite goes into the file beside the writers: done by them, it would make webhooks wait.

use sea_orm::{ConnectionTrait, DbBackend, Statement};

use super::{Store, StoreError};

impl Store {
    /// Copies what is in SQLite's write-ahead log into its file, and waits for nobody (<https://www.sqlite.org/pragma.html#pragma_wal_checkpoint>).
    /// PostgreSQL does that by itself.
    ///
    /// # Errors
    /// [`StoreError::Database`]; the log stays as it is and grows until a later call.
    pub async fn checkpoint(&self) -> Result<(), StoreError> {
        match self.read.get_database_backend() {
            backend @ DbBackend::Sqlite => {
                self.read.query_one_raw(Statement::from_string(backend, "pragma wal_checkpoint(passive)")).await?;
                Ok(())
            }
            DbBackend::Postgres | DbBackend::MySql | _ => Ok(()),
        }
    }
}
