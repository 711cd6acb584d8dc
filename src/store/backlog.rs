//! What waits, counted for metrics. Each count reads only the rows it counts: the table holds every post that ever was.

use chrono::{DateTime, Utc};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Func, SelectStatement, UnionType};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect, QueryTrait};

use super::due::{Send, in_flight, phase_is, to_send};
use super::tables::post;
use super::{Store, StoreError, at};
use crate::domain::platform::Platform;
use crate::domain::post::Phase;

/// What waits.
#[derive(Debug, Clone, Default)]
pub struct Backlog {
    /// Posts that are behind, by platform.
    pub waiting: Vec<(Platform, u64)>,
    /// Posts of unclear outcome.
    pub unclear: u64,
    /// Posts that a person must decide on.
    pub held: u64,
    /// Posts that were given up.
    pub dead: u64,
    /// When the oldest waiting post was written.
    pub oldest: Option<DateTime<Utc>>,
}

impl Store {
    /// What waits on these platforms.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn backlog(&self, platforms: &[Platform]) -> Result<Backlog, StoreError> {
        let of = |phases: &[Phase]| Condition::all().add(phase_is("post", phases));
        let mut backlog = Backlog::default();
        // A card that has stood for days waits for its edit only since somebody acted.
        let (written, changed) = ([post::Column::CreatedAt, post::Column::CreatedAt], [post::Column::FailingSince, post::Column::DueAt]);
        let counts = [
            (to_send("post", Send::Creation), written),
            (to_send("post", Send::Edit), changed),
            (in_flight(Phase::Creating), written),
            (in_flight(Phase::Editing), changed),
            (of(&[Phase::Unclear]), written),
            (of(&[Phase::Held, Phase::Dead]), written),
        ];
        // One statement sees one moment; with several, a post that was looked for meanwhile and is to be sent again is in none of them.
        let [mut all, others @ ..] = counts.map(|(which, since)| count(which, since, platforms));
        for one in others {
            all.union(UnionType::All, one);
        }
        for row in self.read.query_all(&all).await? {
            let (platform, phase): (String, String) = (row.try_get_by_index(0)?, row.try_get_by_index(1)?);
            let (posts, oldest): (i64, Option<i64>) = (row.try_get_by_index(2)?, row.try_get_by_index(3)?);
            backlog.add(&platform, &phase, u64::try_from(posts).unwrap_or_default(), oldest.map(at));
        }
        Ok(backlog)
    }
}

/// How many of these there are, and since when they wait: the first of these times that is set.
fn count(which: Condition, since: [post::Column; 2], platforms: &[Platform]) -> SelectStatement {
    let counted = post::Entity::find()
        .select_only()
        .column(post::Column::Platform)
        .column(post::Column::Phase)
        .column_as(post::Column::Key.count(), "posts")
        .column_as(Expr::expr(Func::coalesce(since.map(Expr::col))).min(), "oldest")
        .filter(which)
        .filter(post::Column::Platform.is_in(platforms.iter().map(|platform| platform.name())))
        .group_by(post::Column::Platform)
        .group_by(post::Column::Phase);
    counted.into_query()
}

impl Backlog {
    fn add(&mut self, platform: &str, phase: &str, posts: u64, oldest: Option<DateTime<Utc>>) {
        match Phase::from_name(phase) {
            Some(Phase::Held) => self.held += posts,
            Some(Phase::Dead) => self.dead += posts,
            Some(phase @ (Phase::Idle | Phase::Creating | Phase::Editing | Phase::Unclear | Phase::Gone)) => {
                self.unclear += if phase == Phase::Unclear { posts } else { 0 };
                self.waiting.extend(Platform::from_name(platform).map(|platform| (platform, posts)));
                self.oldest = [self.oldest, oldest].into_iter().flatten().min();
            }
            None => {}
        }
    }
}
