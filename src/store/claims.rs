//! Who may act on which post now: sends, one at a time in a channel, and looks, each for all posts of a place that need one.

use std::collections::{BTreeSet, HashMap};
use std::iter;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use sea_orm::sea_query::{Condition, Expr, ExprTrait, Func, LockBehavior, LockType, Query};
use sea_orm::{
    ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, FromQueryResult, QueryFilter, QueryOrder, QuerySelect, QueryTrait, Statement,
};

use super::connect::NAMES;
use super::due::{Kinds, heads, lapsed, prospects, to_look, to_sweep};
use super::pace::{Method, Pause, Token, Waits, to_judge, to_pause};
use super::posts::{NoteBelow, read};
use super::steps::{AfterStep, to_write};
use super::tables::post;
use super::{Store, StoreError, Tx, at};
use crate::domain::follow_up::FollowUp;
use crate::domain::platform::{Channel, Platform};
use crate::domain::post::{BETWEEN_LOOKS, DeliveryKey, Phase, Post, Step, Timings, claim, lapse, next_step};

/// A post that this process may now act on, until its lease runs out.
#[derive(Debug, Clone)]
pub struct Claimed {
    /// The delivery key.
    pub key: DeliveryKey,
    /// What it shows.
    pub follow_up_id: i64,
    /// Where.
    pub channel: Channel,
    /// The row as it stands on disk.
    pub post: Post,
    /// What to do.
    pub step: Step,
    /// What it says where it is a note; a card is rendered from its follow-up.
    pub note: Option<NoteBelow>,
    /// The platform's token is in doubt, and this is the one request that tries it.
    pub probe: bool,
}

/// What one request to a platform is for.
#[derive(Debug, Clone)]
pub enum Work {
    /// [`Step::Create`] or [`Step::Edit`], and the follow-up as it is; or why that cannot be read.
    Send(Box<Claimed>, Result<Arc<FollowUp>, String>),
    /// [`Step::Look`] and [`Step::Sweep`]: posts of one channel, or of one thread in it, at least one.
    Look(Vec<Claimed>),
}

/// Posts that one look is for at most.
const LOOK_MOST: u64 = 100;

/// Posts that were sent within so long of each other are looked for together.
const NEAR: TimeDelta = TimeDelta::minutes(30);

/// What came of requests.
#[derive(Debug, Default)]
pub struct Outcomes<'a> {
    /// Posts as they are after their steps.
    pub posts: Vec<&'a (DeliveryKey, Post)>,
    /// What must wait.
    pub pauses: Vec<&'a (Pause, DateTime<Utc>)>,
    /// What is known by now of tokens that were in doubt.
    pub tokens: Vec<(Platform, Token)>,
}

/// What was claimed together.
#[derive(Debug, Default)]
pub struct Claims {
    /// To be made or edited.
    sends: Vec<Claimed>,
    /// To be looked for, those of one place each time.
    looks: Vec<Vec<Claimed>>,
}

impl Store {
    /// What these claims are for. A follow-up that goes to several channels is read once, and not by whoever claims: webhooks wait for that.
    /// It may have changed since; then its next version is due as well.
    pub async fn works(&self, claims: Claims) -> Vec<Work> {
        let ids: BTreeSet<i64> = claims.sends.iter().map(|send| send.follow_up_id).collect();
        let follow_ups = self.follow_ups(&ids.into_iter().collect::<Vec<_>>()).await;
        let follow_ups = follow_ups.map_err(|error| error.to_string());
        let follow_ups = follow_ups.map(|read| read.into_iter().map(|(id, read)| (id, read.map(Arc::new))).collect::<HashMap<_, _>>());
        let with = |send: Claimed| {
            let missing = || Err("the follow-up is missing".to_owned());
            let follow_up = follow_ups.as_ref().map(|all| all.get(&send.follow_up_id).cloned().unwrap_or_else(missing));
            Work::Send(Box::new(send), follow_up.unwrap_or_else(|why| Err(why.clone())))
        };
        claims.sends.into_iter().map(with).chain(claims.looks.into_iter().map(Work::Look)).collect()
    }

    /// Is there a claim that ran out, or a post that is to be looked for by now? Claiming finds out as well, but webhooks wait for that.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn must_keep_house(&self, platforms: &[Platform], now: DateTime<Utc>) -> Result<bool, StoreError> {
        let of_platform = |platform: &Platform| [unclear_by(*platform, now), suspected_by(*platform, now)];
        let exists = |which| Expr::exists(Query::select().expr(Expr::val(1)).from(post::Entity).cond_where(which).take());
        let any = iter::once(lapsed(now)).chain(platforms.iter().flat_map(of_platform)).map(exists);
        let one = Query::select().expr(Expr::val(1)).cond_where(any.fold(Condition::any(), Condition::add)).take();
        Ok(self.read.query_one(&one).await?.is_some())
    }
}

impl Tx {
    /// Writes what came of requests, posts only where the claims are still ours; gives how many were somebody else's by now, and who must
    /// wait after that.
    ///
    /// To be called after [`alone`](Self::alone).
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn settle(&self, outcomes: &Outcomes<'_>, now: DateTime<Utc>) -> Result<(u64, Waits), StoreError> {
        let backend = self.inner.get_database_backend();
        let mut before = to_pause(&outcomes.pauses, now, backend);
        before.extend(outcomes.tokens.iter().filter_map(|token| to_judge(*token, now, backend)));
        let steps: Vec<AfterStep> = outcomes.posts.iter().map(|(key, post)| (key.clone(), post.clone(), post.fence)).collect();
        let [_, written, waits] = self.query_each([before, to_write(&steps, backend), vec![Waits::question(backend)]]).await?;
        Ok((steps.len().saturating_sub(written.len()) as u64, Waits::from_rows(&waits)?))
    }

    /// Claims what is due, for each platform at most so many requests: at most one send a channel, none in a channel that has one in
    /// flight or must wait, and one look.
    ///
    /// To be called after [`settle`](Self::settle), which gives `waits`. `keep_house`: frees what was claimed by those who were never
    /// heard of again, and looks. That need not be done every time.
    ///
    /// # Errors
    /// [`StoreError::Database`], [`StoreError::Row`]
    pub async fn claim_due(
        &self,
        room: &[(Platform, u64)],
        waits: &Waits,
        keep_house: bool,
        now: DateTime<Utc>,
        timings: &Timings,
    ) -> Result<Claims, StoreError> {
        if keep_house {
            self.lapse_all(now).await?;
        }
        let may = |platform, method| waits.until(platform, method).is_none_or(|until| until <= now);
        // One request finds out whether a token in doubt is taken.
        let room =
            room.iter().map(|(platform, room)| (*platform, if waits.doubts_token(*platform) { u64::from(*room > 0) } else { *room }));
        let room: Vec<_> = room.filter(|(platform, room)| *room > 0 && may(*platform, Method::Any)).collect();
        let kinds = |platform| Kinds { edits: may(platform, Method::Edit), opens: may(platform, Method::Open) };
        let mut claims = Claims::default();
        self.claim_sends(room.iter().map(|(platform, room)| (*platform, *room, kinds(*platform))), now, timings, &mut claims.sends).await?;
        for (platform, _) in room {
            let doubted = waits.doubts_token(platform);
            let of_platform = claims.sends.iter_mut().filter(|send| send.channel.address.platform == platform);
            let tried = doubted && self.try_token(platform, of_platform, now, timings).await?;
            if keep_house && may(platform, Method::Look) && !tried {
                let mut look = self.claim_looks(platform, now, timings).await?;
                if doubted {
                    self.try_token(platform, look.iter_mut(), now, timings).await?;
                }
                claims.looks.extend((!look.is_empty()).then_some(look));
            }
        }
        Ok(claims)
    }

    /// At the start: whoever claimed anything is gone where nobody else is connected. On a file that is so, since one process at a time
    /// works on it. Where others are at work on a server, claims of the dead run out by themselves.
    ///
    /// Should somebody be alive whose connections were all lost at this moment, no message is made twice: one that was in flight is looked
    /// for, and made again no sooner than it could still arrive. An edit that arrives late may leave a card as it was before.
    pub(super) async fn lapse_of_the_dead(&self) -> Result<(), StoreError> {
        if self.nobody_else_is_connected().await? { self.lapse_all(DateTime::<Utc>::MAX_UTC).await } else { Ok(()) }
    }

    async fn nobody_else_is_connected(&self) -> Result<bool, StoreError> {
        let backend = self.inner.get_database_backend();
        let question = match backend {
            DbBackend::Sqlite => return Ok(true),
            DbBackend::Postgres => {
                "select 1 from pg_stat_activity where datname = current_database() \
                 and starts_with(application_name, $1) and application_name <> current_setting('application_name')"
            }
            DbBackend::MySql | _ => return Ok(false),
        };
        let others = self.inner.query_one_raw(Statement::from_sql_and_values(backend, question, [NAMES.into()])).await?;
        Ok(others.is_none())
    }

    async fn claim_sends(
        &self,
        room: impl Iterator<Item = (Platform, u64, Kinds)>,
        now: DateTime<Utc>,
        timings: &Timings,
        claimed: &mut Vec<Claimed>,
    ) -> Result<(), StoreError> {
        let due = |(platform, room, kinds)| {
            let heads = post::Entity::find().filter(post::Column::Key.in_subquery(heads(platform, kinds, now)));
            let heads = heads.order_by_asc(post::Column::DueAt).limit(room);
            heads.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked).build(self.inner.get_database_backend())
        };
        let mut steps = Vec::new();
        let [rows] = self.query_each([room.map(due).collect()]).await?;
        for row in rows {
            let row = post::Model::from_query_result(&row, "")?;
            let Some(candidate) = self.readable(&row).await? else {
                continue;
            };
            match next_step(&candidate.post, now) {
                Some(step @ (Step::Create { .. } | Step::Edit { .. })) => claimed.push(take(candidate, step, now, timings, &mut steps)),
                // What may be there already, and is not protected any more, waits for the next look of its channel.
                Some(Step::Look { .. } | Step::Sweep { .. }) => {
                    steps.push((candidate.key, Post { phase: Phase::Unclear, ..candidate.post }, row.fence));
                }
                None => {}
            }
        }
        self.write_posts(&steps).await.map(drop)
    }

    /// What was claimed is the one request that tries a token in doubt: until it is answered, or nobody hears of it any more, nothing else
    /// is asked of the platform. `false` where nothing was claimed.
    async fn try_token(
        &self,
        platform: Platform,
        claimed: impl Iterator<Item = &mut Claimed>,
        now: DateTime<Utc>,
        timings: &Timings,
    ) -> Result<bool, StoreError> {
        if claimed.map(|one| one.probe = true).count() == 0 {
            return Ok(false);
        }
        self.pause(&[&(Pause::Method(platform, Method::Token), now + timings.lease)], now).await?;
        Ok(true)
    }

    async fn claim_looks(&self, platform: Platform, now: DateTime<Utc>, timings: &Timings) -> Result<Vec<Claimed>, StoreError> {
        let (unclear, suspected) = (|| unclear_by(platform, now), || suspected_by(platform, now));
        let mut first = post::Entity::find().filter(unclear()).order_by_asc(post::Column::DueAt).one(&self.inner).await?;
        if first.is_none() {
            first = post::Entity::find().filter(suspected()).order_by_asc(post::Column::SweepAt).one(&self.inner).await?;
        }
        let Some(first) = first else {
            return Ok(Vec::new());
        };
        let mut claimed = Vec::new();
        for which in [unclear(), suspected()] {
            // Each thread has a history of its own, which is a request of its own.
            let thread = first.parent.as_ref().map_or_else(|| post::Column::Parent.is_null(), |card| post::Column::Parent.eq(card));
            let there = Condition::all().add(which).add(post::Column::Channel.eq(&first.channel)).add(thread);
            // One that was sent long before or after the others would make all of them read as far back as it needs.
            let sent = first.first_sent_at.unwrap_or(first.created_at);
            let near = (sent - NEAR.num_milliseconds(), sent + NEAR.num_milliseconds());
            let near = Expr::expr(Func::coalesce([Expr::col(post::Column::FirstSentAt), Expr::col(post::Column::CreatedAt)]))
                .between(near.0, near.1);
            let rows = post::Entity::find().filter(there.add(near)).order_by_asc(post::Column::DueAt).limit(LOOK_MOST);
            for row in rows.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked).all(&self.inner).await? {
                let Some(candidate) = self.readable(&row).await? else {
                    continue;
                };
                if let Some(step @ (Step::Look { .. } | Step::Sweep { .. })) = next_step(&candidate.post, now) {
                    claimed.push((candidate, step));
                }
            }
        }
        let mut steps = Vec::new();
        let taken = claimed.into_iter().map(|(candidate, step)| take(candidate, step, now, timings, &mut steps)).collect();
        self.write_posts(&steps).await?;
        self.pause(&[&(Pause::Method(platform, Method::Look), now + BETWEEN_LOOKS)], now).await?;
        Ok(taken)
    }

    /// Frees what was claimed until then at the latest, by somebody who was never heard of again.
    async fn lapse_all(&self, until: DateTime<Utc>) -> Result<(), StoreError> {
        let over = post::Entity::find().filter(lapsed(until));
        let mut lapsed = Vec::new();
        // Locked: another instance may be writing the late outcome of one of them.
        for row in over.lock_with_behavior(LockType::Update, LockBehavior::SkipLocked).all(&self.inner).await? {
            if let Some(claimed) = self.readable(&row).await? {
                lapsed.push((claimed.key, lapse(claimed.post), row.fence));
            }
        }
        self.write_posts(&lapsed).await.map(drop)
    }

    /// One row that nobody can read must not keep the others waiting: it is given up.
    pub(super) async fn readable(&self, row: &post::Model) -> Result<Option<Claimed>, StoreError> {
        match read(row) {
            Ok(claimed) => Ok(Some(claimed)),
            Err(unreadable) => {
                tracing::error!(%unreadable, "a post cannot be read and was given up");
                self.bury(&row.key, &unreadable).await?;
                Ok(None)
            }
        }
    }
}

impl Store {
    /// When there is something to claim next on these platforms, as far as is known now; `None` when nothing waits. What is due by then
    /// can be claimed, so that nobody asks in vain again and again.
    ///
    /// # Errors
    /// [`StoreError::Database`]
    pub async fn next_due(&self, platforms: &[Platform]) -> Result<Option<DateTime<Utc>>, StoreError> {
        let mut next: Vec<DateTime<Utc>> = Vec::new();
        let waits = Waits::read(&self.read).await?;
        for platform in platforms {
            let after = |method: Method, due: DateTime<Utc>| waits.until(*platform, method).map_or(due, |until| due.max(until));
            let backend = self.read.get_database_backend();
            for row in self.read.query_all_raw(backend.build(&prospects(*platform))).await? {
                let mut rests_until = at(row.try_get("", "not_before")?);
                let channel: String = row.try_get("", "channel")?;
                if channel.starts_with('@') {
                    rests_until = after(Method::Open, rests_until);
                }
                let creation: Option<i64> = row.try_get("", "creation")?;
                let edit: Option<i64> = row.try_get("", "edit")?;
                next.extend(creation.map(|due| after(Method::Any, at(due).max(rests_until))));
                next.extend(edit.map(|due| after(Method::Edit, at(due).max(rests_until))));
            }
            let unclear = post::Entity::find().filter(to_look(*platform)).order_by_asc(post::Column::DueAt).one(&self.read).await?;
            next.extend(unclear.map(|row| after(Method::Look, at(row.due_at))));
            let suspected = post::Entity::find().filter(to_sweep(*platform)).order_by_asc(post::Column::SweepAt).one(&self.read).await?;
            next.extend(suspected.and_then(|row| row.sweep_at).map(|due| after(Method::Look, at(due))));
            let leased = post::Entity::find()
                .filter(post::Column::Platform.eq(platform.name()))
                .filter(post::Column::LeaseUntil.is_not_null())
                .order_by_asc(post::Column::LeaseUntil)
                .one(&self.read)
                .await?;
            next.extend(leased.and_then(|row| row.lease_until).map(at));
        }
        Ok(next.into_iter().min())
    }
}

fn unclear_by(platform: Platform, until: DateTime<Utc>) -> Condition {
    to_look(platform).add(post::Column::DueAt.lte(until.timestamp_millis()))
}

fn suspected_by(platform: Platform, until: DateTime<Utc>) -> Condition {
    to_sweep(platform).add(post::Column::SweepAt.lte(until.timestamp_millis()))
}

/// Claims the post for that step, which is among `steps` then, to be written.
fn take(candidate: Claimed, step: Step, now: DateTime<Utc>, timings: &Timings, steps: &mut Vec<AfterStep>) -> Claimed {
    let fence = candidate.post.fence;
    let post = claim(candidate.post, &step, now, timings);
    steps.push((candidate.key.clone(), post.clone(), fence));
    Claimed { post, step, ..candidate }
}
