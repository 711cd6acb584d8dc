//! Which posts are due: the conditions of the outbox, written once for SQLite and PostgreSQL.
//!
//! They say in SQL what `domain::post::next_step` says of one row, so that only rows worth looking at are read; that function decides.
//! Phases stand in them as literals, in the words of the migration: with placeholders SQLite would not know that its partial indexes
//! fit, and would read the whole table for each row that waits.

use chrono::{DateTime, Utc};
use sea_orm::ColumnTrait;
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, OnConflict, Query};

use super::tables::{pace, post};
use crate::domain::post::Phase;

/// Posts that are not yet as they should be.
pub(super) fn behind() -> Condition {
    let of_phase = |phases| Expr::col((post::Entity, post::Column::Phase)).is_in(literals(phases));
    Condition::any().add(of_phase([Phase::Creating, Phase::Unclear])).add(
        Condition::all()
            .add(of_phase([Phase::Idle, Phase::Editing]))
            .add(Expr::col((post::Entity, post::Column::Wanted)).gt(Expr::col((post::Entity, post::Column::Shown)))),
    )
}

/// Posts that may be acted on now, as far as they themselves go.
pub(super) fn due(now: DateTime<Utc>) -> Condition {
    Condition::all().add(post::Column::DueAt.lte(now.timestamp_millis())).add(unclaimed(now)).add(behind())
}

/// Posts that nobody holds, or whose claim ran out.
pub(super) fn unclaimed(now: DateTime<Utc>) -> Condition {
    Condition::any().add(post::Column::LeaseUntil.is_null()).add(post::Column::LeaseUntil.lte(now.timestamp_millis()))
}

/// Nothing is in flight in the post's channel but the post itself, nobody is looking for another one there, and the channel need not wait.
pub(super) fn channel_is_free(now: DateTime<Utc>) -> Condition {
    let other = |column| Expr::col((Alias::new("other"), column));
    let beside = |busy: Expr| {
        Query::select()
            .expr(Expr::val(1))
            .from_as(post::Entity, Alias::new("other"))
            .and_where(other(post::Column::Platform).equals((post::Entity, post::Column::Platform)))
            .and_where(other(post::Column::Channel).equals((post::Entity, post::Column::Channel)))
            .and_where(ExprTrait::ne(other(post::Column::Key), Expr::col((post::Entity, post::Column::Key))))
            .and_where(busy)
            .to_owned()
    };
    let in_flight = beside(other(post::Column::Phase).is_in(literals([Phase::Creating, Phase::Editing])));
    let looking = beside(ExprTrait::gt(other(post::Column::LeaseUntil), now.timestamp_millis()));
    let must_wait = Query::select()
        .expr(Expr::val(1))
        .from(pace::Entity)
        .and_where(Expr::col((pace::Entity, pace::Column::Platform)).equals((post::Entity, post::Column::Platform)))
        .and_where(Expr::col((pace::Entity, pace::Column::Channel)).equals((post::Entity, post::Column::Channel)))
        .and_where(Expr::col((pace::Entity, pace::Column::NotBefore)).gt(now.timestamp_millis()))
        .to_owned();
    let none = |query| Expr::exists(query).not();
    Condition::all().add(none(in_flight)).add(none(looking)).add(none(must_wait))
}

fn literals(phases: [Phase; 2]) -> [Expr; 2] {
    phases.map(|phase| Expr::Constant(phase.name().into()))
}

/// Keeps the later of two times until which a channel must wait.
pub(super) fn only_later(not_before: DateTime<Utc>) -> OnConflict {
    OnConflict::columns([pace::Column::Platform, pace::Column::Channel])
        .update_column(pace::Column::NotBefore)
        .action_and_where(Expr::col((pace::Entity, pace::Column::NotBefore)).lt(not_before.timestamp_millis()))
        .to_owned()
}
