//! What to do with a post, and what it is afterwards: [`next_step`], [`claim`], [`settle`], [`lapse`]. No clock, no chance, no I/O: time and
//! dice are handed in.

use chrono::{DateTime, TimeDelta, Utc};

use super::{
    BROKEN_MOST, BROKEN_PAUSE, Dress, Extent, GIVE_UP, HEAL_FOR, HELD_AFTER, HELD_TRIES, LOOKS, NONCE_MEMORY, Outcome, Phase, Platform,
    Post, SWEEP_EVERY, Step, Timings, pause_asked,
};

/// The first look comes this many times sooner than the next ones: most of what is unclear has arrived.
const FIRST_LOOK: i32 = 3;

/// What to do with this row now, if anything. A row in flight is left alone until its lease runs out.
#[must_use]
pub fn next_step(post: &Post, now: DateTime<Utc>) -> Option<Step> {
    let in_flight = post.lease_until.is_some_and(|until| until > now);
    if in_flight || post.due_at > now {
        return None;
    }
    let since = post.first_sent_at.unwrap_or(post.created_at);
    let look = || Step::Look { since };
    match post.phase {
        Phase::Creating | Phase::Unclear => Some(look()),
        Phase::Idle | Phase::Editing if post.wanted > post.shown => Some(match &post.message {
            None if only_the_nonce_helped(post) && !nonce_is_known(post, now) => look(),
            None => Step::Create { version: post.wanted },
            Some(message) => Step::Edit { version: post.wanted, message: message.clone() },
        }),
        Phase::Idle if post.sweep_at.is_some_and(|at| at <= now) => Some(Step::Sweep { since }),
        Phase::Idle | Phase::Editing | Phase::Held | Phase::Dead | Phase::Gone => None,
    }
}

/// The row while `step` is being done. Must be on disk before anything is sent.
#[must_use]
pub fn claim(mut post: Post, step: &Step, now: DateTime<Utc>, timings: &Timings) -> Post {
    post.fence += 1;
    post.lease_until = Some(now + timings.lease);
    match step {
        Step::Create { version } => {
            post.phase = Phase::Creating;
            post.looks = 0;
            if post.maybe_sent.is_some() {
                // Should the first one appear after all, against all that was seen, there are two.
                suspect(&mut post, now);
            }
            post.maybe_sent = Some(post.maybe_sent.map_or(*version, |oldest| oldest.min(*version)));
            post.first_sent_at = post.first_sent_at.or(Some(now));
            post.last_sent_at = Some(now);
        }
        Step::Edit { .. } => post.phase = Phase::Editing,
        Step::Look { .. } => post.phase = Phase::Unclear,
        Step::Sweep { .. } => {}
    }
    post
}

/// The row once its lease ran out: whoever claimed it died, or is so late that others may act. Its outcome is still taken from them, as
/// long as nobody else claimed the row.
#[must_use]
pub fn lapse(before: Post) -> Post {
    let phase = match before.phase {
        Phase::Creating => Phase::Unclear,
        Phase::Editing => Phase::Idle,
        Phase::Idle | Phase::Unclear | Phase::Held | Phase::Dead | Phase::Gone => before.phase,
    };
    Post { phase, lease_until: None, ..before }
}

/// The row after `step` came out as `outcome`. `jitter` is random, 0 to 1: it spreads retries of many rows.
#[must_use]
pub fn settle(before: Post, step: &Step, outcome: Outcome, platform: Platform, now: DateTime<Utc>, jitter: f64, timings: &Timings) -> Post {
    let mut post = Post { lease_until: None, ..before };
    match (outcome, step) {
        (outcome, Step::Sweep { .. }) => swept(&mut post, outcome, now),
        (Outcome::FoundTwice(message), Step::Create { .. } | Step::Edit { .. } | Step::Look { .. }) => {
            post.shown = 0;
            post.message = Some(message);
            succeed(&mut post, now);
            suspect(&mut post, now);
        }
        (Outcome::Posted(message) | Outcome::Found(message), Step::Create { .. } | Step::Look { .. }) => {
            post.shown = post.maybe_sent.unwrap_or(post.wanted);
            post.message = Some(message);
            succeed(&mut post, now);
        }
        (Outcome::Posted(_) | Outcome::Found(_), Step::Edit { version, .. }) => {
            post.shown = *version;
            succeed(&mut post, now);
        }
        (Outcome::Deleted, _) => {
            succeed(&mut post, now);
            post.phase = Phase::Gone;
        }
        (Outcome::NotDone { retry_after, extent, why }, Step::Create { .. } | Step::Edit { .. }) => {
            post.last_error = Some(why);
            not_sent(&mut post, step);
            retry_later(&mut post, retry_after.map(|asked| (asked, extent)), now, jitter, timings);
        }
        (Outcome::Closed { why, .. }, Step::Create { .. } | Step::Edit { .. }) => {
            post.last_error = Some(why);
            not_sent(&mut post, step);
            failed(&mut post, now);
            post.due_at = now + broken_pause(post.attempt);
        }
        (Outcome::Refused { why }, Step::Create { .. } | Step::Edit { .. }) => {
            post.last_error = Some(why);
            not_sent(&mut post, step);
            match post.dress.plainer() {
                Some(plainer) => post.dress = plainer,
                None => post.phase = Phase::Dead,
            }
            post.due_at = now;
        }
        (Outcome::Unclear { why }, Step::Create { .. }) => {
            post.last_error = Some(why);
            post.phase = Phase::Unclear;
            // The platform may still show it for a while after we gave up.
            post.last_sent_at = Some(now);
            post.due_at = now + timings.look_every / FIRST_LOOK;
            failed(&mut post, now);
        }
        (Outcome::Unclear { why }, Step::Edit { .. }) => {
            post.last_error = Some(why);
            post.phase = Phase::Idle;
            retry_later(&mut post, None, now, jitter, timings);
        }
        (Outcome::NotFound, _) => not_found(&mut post, platform, now, timings),
        (Outcome::NotDone { retry_after, extent, why }, Step::Look { .. }) => {
            post.last_error = Some(why);
            post.phase = Phase::Unclear;
            retry_later(&mut post, retry_after.map(|asked| (asked, extent)), now, jitter, timings);
            post.due_at = post.due_at.max(now + timings.look_every);
        }
        (Outcome::Unclear { why } | Outcome::Closed { why, .. } | Outcome::Refused { why }, Step::Look { .. }) => {
            post.last_error = Some(why);
            post.phase = Phase::Unclear;
            failed(&mut post, now);
            post.due_at = now + timings.look_every.max(backoff(post.attempt, jitter, timings));
        }
        (Outcome::LookRefused { why }, _) => {
            post.last_error = Some(why);
            post.phase = Phase::Unclear;
            failed(&mut post, now);
            let long_refused = post.failing_since.is_some_and(|since| now - since >= HELD_AFTER) && post.attempt > HELD_TRIES;
            if long_refused {
                post.phase = Phase::Held;
            }
            post.due_at = now + timings.look_every.max(TimeDelta::minutes(1));
        }
    }
    post
}

/// What a sweep brought. A message that was not seen is none of its business: a person may have deleted it.
fn swept(post: &mut Post, outcome: Outcome, now: DateTime<Utc>) {
    let next = Some(now + SWEEP_EVERY);
    let over = post.suspect_until.is_none_or(|until| until <= now);
    let kept = match outcome {
        // A second message that cannot be removed for a day is left to people.
        Outcome::FoundTwice(message) => {
            if post.last_sent_at.is_some_and(|last| now - last < GIVE_UP) {
                suspect(post, now);
            } else {
                post.sweep_at = None;
            }
            Some(message)
        }
        Outcome::Found(message) => {
            post.sweep_at = next.filter(|_| !over);
            Some(message)
        }
        Outcome::NotFound => {
            post.sweep_at = next.filter(|_| !over);
            None
        }
        Outcome::LookRefused { .. } => {
            post.sweep_at = None;
            None
        }
        // Nothing was seen, so the last of the sweeps is still to come.
        Outcome::Posted(_)
        | Outcome::NotDone { .. }
        | Outcome::Closed { .. }
        | Outcome::Refused { .. }
        | Outcome::Deleted
        | Outcome::Unclear { .. } => {
            let given_up = post.suspect_until.is_none_or(|until| now - until >= GIVE_UP);
            post.sweep_at = next.filter(|_| !given_up);
            None
        }
    };
    if kept.is_some() && kept != post.message {
        post.message = kept;
        post.shown = 0;
        post.due_at = now;
    }
    if post.sweep_at.is_none() {
        post.suspect_until = None;
    }
}

fn suspect(post: &mut Post, now: DateTime<Utc>) {
    post.sweep_at = Some(now + SWEEP_EVERY);
    post.suspect_until = Some(now + HEAL_FOR);
}

fn succeed(post: &mut Post, now: DateTime<Utc>) {
    post.phase = Phase::Idle;
    post.maybe_sent = None;
    post.attempt = 0;
    post.looks = 0;
    post.dress = Dress::Full;
    post.failing_since = None;
    post.due_at = now;
    post.last_error = None;
}

/// The message surely was not sent this time. Where an earlier creation of unclear outcome is still open, that one is looked for again
/// before the next.
fn not_sent(post: &mut Post, step: &Step) {
    let earlier_creation_open = post.first_sent_at != post.last_sent_at;
    post.phase = Phase::Idle;
    match step {
        Step::Create { .. } if earlier_creation_open => post.phase = Phase::Unclear,
        Step::Create { .. } => {
            post.maybe_sent = None;
            post.first_sent_at = None;
            post.last_sent_at = None;
        }
        Step::Edit { .. } | Step::Look { .. } | Step::Sweep { .. } => {}
    }
}

fn not_found(post: &mut Post, platform: Platform, now: DateTime<Utc>, timings: &Timings) {
    let nonce_still_known = platform == Platform::Discord && nonce_is_known(post, now + timings.look_every.min(NONCE_MEMORY / 2));
    let settled = post.last_sent_at.is_none_or(|last| now - last >= timings.settle);
    post.phase = Phase::Unclear;
    post.due_at = now + timings.look_every;
    if settled {
        post.looks += 1;
    }
    // Sent so long ago that a second look could not have come earlier.
    let long_settled = post.last_sent_at.is_none_or(|last| now - last >= timings.settle * 2 + timings.look_every);
    if long_settled {
        post.looks = LOOKS;
    }
    if nonce_still_known || post.looks >= LOOKS {
        post.phase = Phase::Idle;
        post.due_at = now;
    }
}

/// An unclear creation may be repeated although it was not looked for long enough, because the nonce protects it. Should the channel have
/// to wait meanwhile, that protection ends.
fn only_the_nonce_helped(post: &Post) -> bool {
    post.maybe_sent.is_some() && post.looks < LOOKS
}

fn nonce_is_known(post: &Post, now: DateTime<Utc>) -> bool {
    post.first_sent_at.is_some_and(|first| now - first < NONCE_MEMORY)
}

fn retry_later(post: &mut Post, retry_after: Option<(TimeDelta, Extent)>, now: DateTime<Utc>, jitter: f64, timings: &Timings) {
    let asked = retry_after.map(|(asked, extent)| pause_asked(asked, extent, post.attempt));
    failed(post, now);
    // What a platform asks for is kept to the letter and spread only to the later side.
    post.due_at =
        now + asked.map_or_else(|| backoff(post.attempt, jitter, timings), |asked| asked + scaled(TimeDelta::milliseconds(500), jitter));
}

/// Counts a failure. After a day of them a message that surely is not there is given up; of one that may be there, a person decides.
fn failed(post: &mut Post, now: DateTime<Utc>) {
    post.attempt += 1;
    let since = *post.failing_since.get_or_insert(now);
    if now - since >= GIVE_UP {
        post.phase = if post.phase == Phase::Unclear { Phase::Held } else { Phase::Dead };
    }
}

/// The pause after the `attempt`th failure: between half of the configured one and all of it.
fn backoff(attempt: u32, jitter: f64, timings: &Timings) -> TimeDelta {
    let at = usize::try_from(attempt.saturating_sub(1)).unwrap_or(usize::MAX).min(timings.retry.len().saturating_sub(1));
    let full = timings.retry.get(at).copied().unwrap_or(TimeDelta::seconds(1));
    full / 2 + scaled(full / 2, jitter)
}

fn broken_pause(attempt: u32) -> TimeDelta {
    let doubled = (1..attempt).take(8).fold(BROKEN_PAUSE, |pause, _| pause * 2);
    doubled.min(BROKEN_MOST)
}

fn scaled(span: TimeDelta, factor: f64) -> TimeDelta {
    #[expect(clippy::cast_possible_truncation, clippy::cast_precision_loss, reason = "milliseconds of at most a day, rounded down")]
    let milliseconds = (span.num_milliseconds() as f64 * factor.clamp(0.0, 1.0)) as i64;
    TimeDelta::milliseconds(milliseconds)
}
