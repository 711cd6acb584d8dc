//! Statements that go to the database together, where it takes them so.
//!
//! SQLite does: each way to its thread and back costs as much as a small statement itself, and webhooks wait for a transaction as long as
//! it lasts. PostgreSQL does not take several statements that have values; there each goes alone.

use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value};

use super::Tx;

impl Tx {
    /// Runs these, in their order.
    pub(super) async fn execute_together(&self, statements: Vec<Statement>) -> Result<(), DbErr> {
        for statement in self.joined(statements) {
            self.inner.execute_raw(statement).await?;
        }
        Ok(())
    }

    /// The rows of all of these, in their order.
    pub(super) async fn query_together(&self, statements: Vec<Statement>) -> Result<Vec<QueryResult>, DbErr> {
        let mut rows = Vec::new();
        for statement in self.joined(statements) {
            rows.extend(self.inner.query_all_raw(statement).await?);
        }
        Ok(rows)
    }

    fn joined(&self, statements: Vec<Statement>) -> Vec<Statement> {
        match self.inner.get_database_backend() {
            DbBackend::Sqlite if statements.len() > 1 => vec![join(statements)],
            DbBackend::Sqlite | DbBackend::Postgres | DbBackend::MySql | _ => statements,
        }
    }
}

/// One after the other in one text. Values have no numbers in SQLite's texts, so each statement finds its own in their order.
fn join(statements: Vec<Statement>) -> Statement {
    let (mut sql, mut values): (String, Vec<Value>) = Default::default();
    for statement in statements {
        sql.push_str(&statement.sql);
        sql.push_str("; ");
        values.extend(statement.values.map(|values| values.0).unwrap_or_default());
    }
    Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)
}
