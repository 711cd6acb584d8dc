//! Statements that go to the database together, where it takes them so.
//!
//! SQLite does: each way to its thread and back costs as much as a small statement itself, and webhooks wait for a transaction as long as
//! it lasts. PostgreSQL does not take several statements that have values; there each goes alone.

use std::array;

use sea_orm::sqlx::{Column, Row};
use sea_orm::{ConnectionTrait, DbBackend, DbErr, QueryResult, Statement, Value};

use super::Tx;

/// A row between two groups, and the name of its only column.
const BETWEEN: &str = "select 1 as next_group; ";
const NEXT: &str = "next_group";

impl Tx {
    /// Runs these, in their order.
    pub(super) async fn execute_together(&self, statements: Vec<Statement>) -> Result<(), DbErr> {
        self.query_each([statements]).await.map(drop)
    }

    /// Runs these, in their order, and gives the rows of each group of them.
    pub(super) async fn query_each<const N: usize>(&self, groups: [Vec<Statement>; N]) -> Result<[Vec<QueryResult>; N], DbErr> {
        let mut rows = array::from_fn(|_| Vec::new());
        if groups.iter().all(Vec::is_empty) {
            return Ok(rows);
        }
        match self.inner.get_database_backend() {
            DbBackend::Sqlite => {
                let mut all = self.inner.query_all_raw(join(groups)).await?.into_iter();
                for rows in &mut rows {
                    rows.extend(all.by_ref().take_while(|row| !is_next(row)));
                }
            }
            DbBackend::Postgres | DbBackend::MySql | _ => {
                for (rows, statements) in rows.iter_mut().zip(groups) {
                    for statement in statements {
                        rows.extend(self.inner.query_all_raw(statement).await?);
                    }
                }
            }
        }
        Ok(rows)
    }
}

/// All in one text. Values have no numbers in SQLite's texts, so each statement finds its own in their order.
fn join<const N: usize>(groups: [Vec<Statement>; N]) -> Statement {
    let (mut sql, mut values): (String, Vec<Value>) = Default::default();
    for (at, statements) in groups.into_iter().enumerate() {
        if at > 0 {
            sql.push_str(BETWEEN);
        }
        for statement in statements {
            sql.push_str(&statement.sql);
            sql.push_str("; ");
            values.extend(statement.values.map(|values| values.0).unwrap_or_default());
        }
    }
    Statement::from_sql_and_values(DbBackend::Sqlite, sql, values)
}

fn is_next(row: &QueryResult) -> bool {
    let first = row.try_as_sqlite_row().and_then(|row| row.columns().first());
    first.is_some_and(|column| column.name() == NEXT)
}
