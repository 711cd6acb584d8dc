//! Posts after their steps, written many at once: each statement costs about as much as the rows it writes.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, IntoIden, Query, TableRef, UpdateStatement, ValueTuple};
use sea_orm::{ActiveModelTrait, ActiveValue::Set, ConnectionTrait, DbBackend, Statement, Value};

use super::tables::post;
use super::{StoreError, Tx};
use crate::domain::post::{DeliveryKey, Dress, Post};

/// A post as it is to be written, and the fence that it has as long as it is ours.
pub(super) type AfterStep = (DeliveryKey, Post, i64);

/// How many posts one statement writes. Few sizes, so that databases know most of these statements, and of the texts in which they go
/// [together](super::together); what is missing to one of them is filled up with the same posts once more, which costs less than another
/// statement.
const AT_ONCE: [usize; 6] = [1, 4, 8, 16, 32, MOST];
const MOST: usize = 64;
/// What a step changes.
const CHANGED: [post::Column; 16] = [
    post::Column::Shown,
    post::Column::MaybeSent,
    post::Column::Message,
    post::Column::Phase,
    post::Column::DueAt,
    post::Column::LeaseUntil,
    post::Column::Fence,
    post::Column::Attempt,
    post::Column::Looks,
    post::Column::Plain,
    post::Column::FirstSentAt,
    post::Column::LastSentAt,
    post::Column::FailingSince,
    post::Column::LastError,
    post::Column::SweepAt,
    post::Column::SuspectUntil,
];

/// What SQL calls the rows that are to be written.
const STEP: &str = "step";

impl Tx {
    /// Writes the post as it is after a step, if its fence still is what it was; `false` where it is not.
    pub(super) async fn write_post(&self, key: &DeliveryKey, post: &Post, fence: i64) -> Result<bool, StoreError> {
        self.write_posts(&[(key.clone(), post.clone(), fence)]).await.map(|written| written == 1)
    }

    /// The same for several posts; gives how many were written.
    pub(super) async fn write_posts(&self, posts: &[AfterStep]) -> Result<u64, StoreError> {
        let [written] = self.query_each([to_write(posts, self.inner.get_database_backend())]).await?;
        Ok(written.len() as u64)
    }
}

/// What is to be executed to write these posts where their fences still are what they were; gives a row for each that is written.
pub(super) fn to_write(posts: &[AfterStep], backend: DbBackend) -> Vec<Statement> {
    let (mut left, mut statements) = (posts, Vec::new());
    while !left.is_empty() {
        let size = AT_ONCE.into_iter().find(|size| *size >= left.len()).unwrap_or(MOST);
        let (now, later) = left.split_at(size.min(left.len()));
        statements.push(backend.build(&update(now.iter().cycle().take(size))));
        left = later;
    }
    statements
}

fn update<'a>(posts: impl Iterator<Item = &'a AfterStep>) -> UpdateStatement {
    // The databases name the columns of such a list themselves: column1, column2 …
    let column = |at: usize| Expr::col((Alias::new(STEP), Alias::new(format!("column{at}"))));
    Query::update()
        .table(post::Entity)
        .from(TableRef::ValuesList(posts.map(values).collect(), Alias::new(STEP).into_iden()))
        .and_where(Expr::col((post::Entity, post::Column::Key)).eq(column(1)))
        .and_where(Expr::col((post::Entity, post::Column::Fence)).eq(column(2)))
        .values(CHANGED.into_iter().enumerate().map(|(at, changed)| (changed, column(at + 3))))
        .returning(Query::returning().expr(Expr::val(1)))
        .take()
}

/// A row of the list: the key, the fence, and what is [changed](CHANGED).
fn values((key, post, fence): &AfterStep) -> ValueTuple {
    let mut state = state(post);
    let changed = CHANGED.into_iter().filter_map(|column| state.take(column).into_value());
    ValueTuple::Many([Value::from(key.as_str()), Value::from(*fence)].into_iter().chain(changed).collect())
}

/// The columns of the delivery machine, but for those that it never changes.
pub(super) fn state(post: &Post) -> post::ActiveModel {
    let milliseconds = |at: Option<DateTime<Utc>>| Set(at.map(|at| at.timestamp_millis()));
    post::ActiveModel {
        shown: Set(post.shown),
        maybe_sent: Set(post.maybe_sent),
        message: Set(post.message.as_ref().map(|message| message.0.clone())),
        phase: Set(post.phase.name().to_owned()),
        due_at: Set(post.due_at.timestamp_millis()),
        lease_until: milliseconds(post.lease_until),
        fence: Set(post.fence),
        attempt: Set(i64::from(post.attempt)),
        looks: Set(i64::from(post.looks)),
        plain: Set(dress_number(post.dress)),
        first_sent_at: milliseconds(post.first_sent_at),
        last_sent_at: milliseconds(post.last_sent_at),
        failing_since: milliseconds(post.failing_since),
        last_error: Set(post.last_error.clone()),
        sweep_at: milliseconds(post.sweep_at),
        suspect_until: milliseconds(post.suspect_until),
        ..Default::default()
    }
}

/// What stands in the column `plain` for a dress.
pub(super) fn dress_number(dress: Dress) -> i64 {
    match dress {
        Dress::Full => 0,
        Dress::Plain => 1,
        Dress::Bare => 2,
    }
}
