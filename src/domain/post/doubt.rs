//! When a row is not to be believed: a person wants what was given up to be tried again, the database may be an older one than the
//! platform has seen, or our clock was wrong.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Dress, GIVE_UP, HEAL_FOR, Phase, Post, SWEEP_EVERY, lapse};

/// What a person says of a message that was given up or held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ruling {
    /// Try again; a creation of unclear outcome that is still open is looked for first, as ever.
    Retry,
    /// It is not there: send it, without a look.
    Missing,
    /// It is there: nothing more is to be done.
    Arrived,
}

/// The row after that; `None` where there is nothing to be said about it (any more).
///
/// The day after which it is given up begins anew, and so does the full message where only the plain one was refused last: what was wrong
/// may have been mended meanwhile.
#[must_use]
pub fn revive(before: Post, ruling: Ruling, now: DateTime<Utc>) -> Option<Post> {
    match before.phase {
        Phase::Dead | Phase::Held => {}
        Phase::Idle | Phase::Creating | Phase::Editing | Phase::Unclear | Phase::Gone => return None,
    }
    let (phase, maybe_sent) = match ruling {
        Ruling::Retry if before.maybe_sent.is_some() => (Phase::Unclear, before.maybe_sent),
        Ruling::Retry | Ruling::Missing => (Phase::Idle, None),
        Ruling::Arrived => (Phase::Gone, None),
    };
    // Who says that it is not there says so of every creation before: what is tried then is a first one.
    let kept = |before: Option<DateTime<Utc>>| before.filter(|_| ruling != Ruling::Missing);
    Some(Post {
        phase,
        maybe_sent,
        first_sent_at: kept(before.first_sent_at),
        last_sent_at: kept(before.last_sent_at),
        sweep_at: kept(before.sweep_at),
        suspect_until: kept(before.suspect_until),
        due_at: now,
        lease_until: None,
        // Whoever still holds an old claim has nothing to say any more.
        fence: before.fence + 1,
        attempt: 0,
        looks: 0,
        dress: Dress::Full,
        failing_since: None,
        ..before
    })
}

/// The row when others, of whom this database knows nothing, may have sent its message between `since` and `until`: it was restored from
/// a backup, say. What may be there is looked for first; `None` where there is nothing to doubt.
#[must_use]
pub fn doubt(before: Post, since: DateTime<Utc>, until: DateTime<Utc>, now: DateTime<Utc>) -> Option<Post> {
    match before.phase {
        Phase::Idle if before.message.is_none() => {}
        Phase::Creating | Phase::Unclear => {}
        Phase::Idle | Phase::Editing | Phase::Held | Phase::Dead | Phase::Gone => return None,
    }
    Some(Post {
        phase: Phase::Unclear,
        // Whatever it shows, it is made to show what we know.
        maybe_sent: Some(0),
        first_sent_at: Some(before.first_sent_at.map_or(since, |first| first.min(since))),
        last_sent_at: Some(before.last_sent_at.map_or(until, |last| last.max(until))),
        looks: 0,
        due_at: now,
        lease_until: None,
        fence: before.fence + 1,
        ..before
    })
}

/// The row after a clock that ran ahead was set right: nothing legal waits longer than `longest`, and no claim holds longer than `lease`.
/// When it was sent nobody knows, only that it was within a day.
#[must_use]
pub fn set_back(before: Post, longest: TimeDelta, lease: TimeDelta, now: DateTime<Utc>) -> Post {
    let mut post = before;
    if post.lease_until.is_some_and(|until| until - now > lease) {
        post = lapse(post);
    }
    if post.due_at - now > longest {
        post.due_at = now;
    }
    if post.last_sent_at.is_some_and(|last| last > now) {
        post.first_sent_at = Some(now - GIVE_UP);
        post.last_sent_at = Some(now);
    }
    let at_most = |at: Option<DateTime<Utc>>, most| at.map(|at| at.min(now + most));
    Post {
        failing_since: at_most(post.failing_since, TimeDelta::zero()),
        sweep_at: at_most(post.sweep_at, SWEEP_EVERY),
        suspect_until: at_most(post.suspect_until, HEAL_FOR),
        ..post
    }
}

#[cfg(test)]
mod tests {
    use super::super::{Extent, MessageRef, Outcome, Platform, Step, Timings, claim, next_step, settle};
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::UNIX_EPOCH + TimeDelta::seconds(seconds)
    }

    fn given_up(phase: Phase) -> Post {
        Post {
            phase,
            due_at: at(90_000),
            fence: 7,
            attempt: 40,
            looks: 1,
            dress: Dress::Bare,
            failing_since: Some(at(0)),
            last_error: Some("403 50001".to_owned()),
            ..Post::new(2, at(0))
        }
    }

    #[test]
    fn only_what_was_given_up_is_revived() {
        for phase in Phase::ALL {
            let revived = revive(given_up(phase), Ruling::Retry, at(100_000));
            assert_eq!(revived.is_some(), matches!(phase, Phase::Dead | Phase::Held), "{phase:?}");
        }
    }

    #[test]
    fn a_revived_message_is_due_at_once_and_has_a_day_again() {
        let timings = Timings { lease: TimeDelta::seconds(30), settle: TimeDelta::zero(), look_every: TimeDelta::zero(), retry: vec![] };
        let now = at(100_000);
        let post = revive(given_up(Phase::Dead), Ruling::Retry, now).expect("revived");
        let step = next_step(&post, now).expect("a step");
        assert_eq!((step.clone(), post.fence, post.dress), (Step::Create { version: 2 }, 8, Dress::Full));
        let failed = Outcome::NotDone { retry_after: None, extent: Extent::Channel, why: "503".to_owned() };
        let post = settle(claim(post, &step, now, &timings), &step, failed, Platform::Slack, now, 0.0, &timings);
        assert_eq!((post.phase, post.attempt), (Phase::Idle, 1), "it would be dead at once by its first day");
    }

    #[test]
    fn a_creation_that_may_have_arrived_is_looked_for_first() {
        for phase in [Phase::Dead, Phase::Held] {
            let open = Post { maybe_sent: Some(1), first_sent_at: Some(at(5)), last_sent_at: Some(at(9)), ..given_up(phase) };
            let post = revive(open.clone(), Ruling::Retry, at(100_000)).expect("revived");
            assert_eq!(post.phase, Phase::Unclear);
            assert_eq!(next_step(&post, at(100_000)), Some(Step::Look { since: at(5) }));
            let missing = revive(open.clone(), Ruling::Missing, at(100_000)).expect("revived");
            assert_eq!(next_step(&missing, at(100_000)), Some(Step::Create { version: 2 }), "a person has looked");
            let arrived = revive(open, Ruling::Arrived, at(100_000)).expect("settled");
            assert_eq!((next_step(&arrived, at(100_000)), arrived.phase), (None, Phase::Gone));
        }
    }

    #[test]
    fn what_a_person_wants_sent_again_is_not_held_again_by_a_limit() {
        let timings = Timings { lease: TimeDelta::seconds(30), settle: TimeDelta::zero(), look_every: TimeDelta::zero(), retry: vec![] };
        let now = at(100_000);
        let suspected = Post { sweep_at: Some(at(20)), suspect_until: Some(at(900)), ..given_up(Phase::Held) };
        let held = Post { maybe_sent: Some(1), first_sent_at: Some(at(5)), last_sent_at: Some(at(9)), ..suspected };
        let post = revive(held, Ruling::Missing, now).expect("revived");
        assert_eq!((post.sweep_at, post.suspect_until), (None, None));
        let step = next_step(&post, now).expect("a step");
        let limited = Outcome::NotDone { retry_after: Some(TimeDelta::seconds(1)), extent: Extent::Channel, why: "429".to_owned() };
        let post = settle(claim(post, &step, now, &timings), &step, limited, Platform::Slack, now, 0.0, &timings);
        assert_eq!(next_step(&post, now + TimeDelta::seconds(2)), Some(Step::Create { version: 2 }));
    }

    #[test]
    fn what_a_clock_that_ran_ahead_wrote_is_due_and_looked_for_as_far_back_as_it_may_be() {
        let (now, hours) = (at(100_000), TimeDelta::hours(5));
        let (longest, lease) = (TimeDelta::minutes(15), TimeDelta::seconds(30));
        let timings = Timings { lease, settle: TimeDelta::zero(), look_every: TimeDelta::zero(), retry: vec![] };
        let ahead = Post { due_at: now + hours, failing_since: Some(now + hours), ..Post::new(1, now + hours) };
        let waiting = set_back(ahead.clone(), longest, lease, now);
        assert_eq!(next_step(&waiting, now), Some(Step::Create { version: 1 }));
        assert_eq!(waiting.failing_since, Some(now));
        let claimed = claim(ahead, &Step::Create { version: 1 }, now + hours, &timings);
        assert_eq!(next_step(&set_back(claimed, longest, lease, now), now), Some(Step::Look { since: now - GIVE_UP }));
        // What is as it may be stays so.
        let fine = Post { due_at: now + longest, lease_until: Some(now + lease), last_sent_at: Some(now), ..given_up(Phase::Creating) };
        let fine = Post { failing_since: Some(at(5)), ..fine };
        assert_eq!(set_back(fine.clone(), longest, lease, now), fine);
    }

    #[test]
    fn what_others_may_have_sent_is_looked_for_and_made_to_show_what_we_know() {
        for phase in Phase::ALL {
            let doubted = doubt(given_up(phase), at(10), at(90_000), at(100_000));
            assert_eq!(doubted.is_some(), matches!(phase, Phase::Idle | Phase::Creating | Phase::Unclear), "{phase:?}");
        }
        let there = Post { message: Some(MessageRef("7".to_owned())), ..given_up(Phase::Idle) };
        assert_eq!(doubt(there, at(10), at(90_000), at(100_000)), None, "it is known where it stands");
        let post = doubt(given_up(Phase::Idle), at(10), at(90_000), at(100_000)).expect("doubted");
        let look = next_step(&post, at(100_000)).expect("a step");
        assert_eq!(look, Step::Look { since: at(10) });
        let timings = Timings { lease: TimeDelta::seconds(30), settle: TimeDelta::zero(), look_every: TimeDelta::zero(), retry: vec![] };
        let found = Outcome::Found(MessageRef("7".to_owned()));
        let post = settle(post, &look, found, Platform::Slack, at(100_001), 0.0, &timings);
        assert_eq!(next_step(&post, at(100_001)), Some(Step::Edit { version: 2, message: MessageRef("7".to_owned()) }));
    }
}
