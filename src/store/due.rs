//! Which posts are due: the conditions of the outbox, written once for SQLite and PostgreSQL.
//!
//! They say in SQL what `domain::post::next_step` says of one row, so that only rows worth looking at are read; that function decides.
//! Phases stand in them as literals, in the words of the migrations: with placeholders SQLite would not know that its partial indexes
//! fit, and would read the whole table.

use chrono::{DateTime, Utc};
use sea_orm::ColumnTrait;
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, IntoColumnRef, Order, Query, SelectStatement};

use super::tables::{pace, post};
use crate::domain::platform::Platform;
use crate::domain::post::Phase;

/// What a post waits for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Send {
    /// To be made.
    Creation,
    /// A card to be made.
    Card,
    /// To be brought up to date.
    Edit,
}

/// What may be sent now besides cards and notes in channels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kinds {
    /// Edits.
    pub(super) edits: bool,
    /// Messages to one person, whose conversation may have to be opened.
    pub(super) opens: bool,
}

/// Posts that wait to be sent and that nobody holds, in the table of that name.
pub(super) fn to_send(table: &'static str, what: Send) -> Condition {
    let of = |column| Expr::col((Alias::new(table), column));
    let message = of(post::Column::Message);
    Condition::all()
        .add(phase_is(table, &[Phase::Idle]))
        .add(ExprTrait::gt(of(post::Column::Wanted), of(post::Column::Shown)))
        .add(of(post::Column::LeaseUntil).is_null())
        .add(match what {
            Send::Creation => message.is_null(),
            Send::Card => message.is_null().and(ExprTrait::eq(of(post::Column::Kind), Expr::Constant("card".into()))),
            Send::Edit => message.is_not_null(),
        })
}

/// The next post of each channel of a platform that may send: new cards before edits, and those before notes, so that a card shows what
/// the line in its thread tells; each in their order.
pub(super) fn heads(platform: Platform, kinds: Kinds, now: DateTime<Utc>) -> SelectStatement {
    let head = |what| {
        let mut head = in_channel("head");
        head.column((Alias::new("head"), post::Column::Key))
            .cond_where(to_send("head", what))
            .and_where(Expr::col((Alias::new("head"), post::Column::DueAt)).lte(now.timestamp_millis()))
            .order_by((Alias::new("head"), post::Column::DueAt), Order::Asc)
            .order_by((Alias::new("head"), post::Column::FollowUpId), Order::Asc)
            .limit(1);
        scalar(head)
    };
    let next = if kinds.edits {
        Expr::from(sea_orm::sea_query::Func::coalesce([head(Send::Card), head(Send::Edit), head(Send::Creation)]))
    } else {
        head(Send::Creation)
    };
    Query::select()
        .expr(next)
        .from(pace::Entity)
        .and_where(Expr::col((pace::Entity, pace::Column::Platform)).eq(platform.name()))
        .and_where(Expr::col((pace::Entity, pace::Column::NotBefore)).lte(now.timestamp_millis()))
        .and_where_option((!kinds.opens).then(|| Expr::col((pace::Entity, pace::Column::Channel)).not_like("@%")))
        .and_where(nothing_in_flight())
        .to_owned()
}

/// For each channel of a platform in which nothing is in flight: until when it rests, and when the first new message and the first edit
/// are due.
pub(super) fn prospects(platform: Platform) -> SelectStatement {
    let first = |what| {
        let mut first = in_channel("head");
        first.expr(Expr::col((Alias::new("head"), post::Column::DueAt)).min()).cond_where(to_send("head", what));
        scalar(first)
    };
    Query::select()
        .column((pace::Entity, pace::Column::NotBefore))
        .column((pace::Entity, pace::Column::Channel))
        .expr_as(first(Send::Creation), Alias::new("creation"))
        .expr_as(first(Send::Edit), Alias::new("edit"))
        .from(pace::Entity)
        .and_where(Expr::col((pace::Entity, pace::Column::Platform)).eq(platform.name()))
        .and_where(nothing_in_flight())
        .to_owned()
}

/// Unclear posts of a platform which nobody looks for, in channels where nobody looks.
pub(super) fn to_look(platform: Platform) -> Condition {
    Condition::all()
        .add(phase_is("post", &[Phase::Unclear]))
        .add(post::Column::Platform.eq(platform.name()))
        .add(post::Column::LeaseUntil.is_null())
        .add(nobody_looks())
}

/// Suspected posts of a platform, in channels where nobody looks.
pub(super) fn to_sweep(platform: Platform) -> Condition {
    Condition::all()
        .add(post::Column::SweepAt.is_not_null())
        .add(phase_is("post", &[Phase::Idle]))
        // What waits for an edit is swept after that.
        .add(Expr::col((post::Entity, post::Column::Wanted)).lte(Expr::col((post::Entity, post::Column::Shown))))
        .add(post::Column::Platform.eq(platform.name()))
        .add(post::Column::LeaseUntil.is_null())
        .add(nobody_looks())
}

/// Claims that ran out by then.
pub(super) fn lapsed(until: DateTime<Utc>) -> Condition {
    let of_claims = post::Column::LeaseUntil.is_not_null();
    Condition::all().add(of_claims).add(post::Column::LeaseUntil.lte(until.timestamp_millis()))
}

/// What is being sent now. Whoever sends has a lease, by which these few are found.
pub(super) fn in_flight(phase: Phase) -> Condition {
    Condition::all().add(post::Column::LeaseUntil.is_not_null()).add(phase_is("post", &[phase]))
}

/// The post is in one of these phases.
pub(super) fn phase_is(table: &'static str, phases: &[Phase]) -> Expr {
    let literal = |phase: &Phase| Expr::Constant(phase.name().into());
    let column = Expr::col((Alias::new(table), post::Column::Phase));
    match phases {
        [only] => ExprTrait::eq(column, literal(only)),
        several => column.is_in(several.iter().map(literal)),
    }
}

fn nothing_in_flight() -> Expr {
    let mut busy = in_channel("busy");
    busy.expr(Expr::val(1)).and_where(phase_is("busy", &[Phase::Creating, Phase::Editing]));
    Expr::exists(busy).not()
}

fn nobody_looks() -> Expr {
    let looking = |column: post::Column| Expr::col((Alias::new("looking"), column));
    let mut query = Query::select();
    query
        .expr(Expr::val(1))
        .from_as(post::Entity, Alias::new("looking"))
        .and_where(looking(post::Column::LeaseUntil).is_not_null())
        .and_where(phase_is("looking", &[Phase::Unclear, Phase::Idle]))
        .and_where(looking(post::Column::Platform).equals((post::Entity, post::Column::Platform)))
        .and_where(looking(post::Column::Channel).equals((post::Entity, post::Column::Channel)));
    Expr::exists(query).not()
}

/// Posts of the channel of the surrounding query on `pace`, under that name.
fn in_channel(alias: &'static str) -> SelectStatement {
    let of = |column: post::Column| Expr::col((Alias::new(alias), column).into_column_ref());
    Query::select()
        .from_as(post::Entity, Alias::new(alias))
        .and_where(of(post::Column::Platform).equals((pace::Entity, pace::Column::Platform)))
        .and_where(of(post::Column::Channel).equals((pace::Entity, pace::Column::Channel)))
        .to_owned()
}

fn scalar(query: SelectStatement) -> Expr {
    Expr::SubQuery(None, Box::new(query.into()))
}

#[cfg(test)]
mod tests {
    use sea_orm::{ConnectionTrait, DbBackend, EntityTrait, QueryFilter, QueryOrder, QueryTrait, Statement};

    use super::*;
    use crate::store::{Location, Store};

    /// The loops ask these several times a second, of a table that holds every post that was ever made.
    #[tokio::test]
    async fn what_is_asked_all_the_time_reads_only_what_it_finds() {
        let (platform, now) = (Platform::Slack, DateTime::UNIX_EPOCH);
        let of_posts = |which: Condition| post::Entity::find().filter(which).order_by_asc(post::Column::DueAt).build(DbBackend::Sqlite);
        let asked: [(&str, Statement); 9] = [
            ("heads", DbBackend::Sqlite.build(&heads(platform, Kinds { edits: true, opens: true }, now))),
            ("prospects", DbBackend::Sqlite.build(&prospects(platform))),
            ("to look", of_posts(to_look(platform).add(post::Column::DueAt.lte(0)))),
            ("to sweep", of_posts(to_sweep(platform).add(post::Column::SweepAt.lte(0)))),
            ("lapsed", post::Entity::find().filter(lapsed(now)).build(DbBackend::Sqlite)),
            ("in flight", of_posts(in_flight(Phase::Creating))),
            ("to create", of_posts(to_send("post", Send::Creation))),
            ("to edit", of_posts(to_send("post", Send::Edit))),
            ("given up", of_posts(Condition::all().add(phase_is("post", &[Phase::Held, Phase::Dead])))),
        ];
        let folder = tempfile::TempDir::new().expect("a folder");
        let (store, _tasks) = Store::open(&Location::Sqlite(folder.path().join("rebound.db"))).await.expect("a database");
        for (name, statement) in asked {
            let explained = Statement { sql: format!("explain query plan {}", statement.sql), ..statement };
            for step in store.read.query_all_raw(explained).await.expect("a plan") {
                let step: String = step.try_get("", "detail").expect("a step");
                let reads_all = step.starts_with("SCAN") && !step.contains("USING INDEX");
                // Most posts are claimed by nobody, so that is no way to find any.
                assert!(!reads_all && !step.contains("lease_until=?"), "{name}: {step}");
            }
        }
    }
}
