//! How many connections there may be, and which of them has to go when another one comes.
//!
//! Behind a reverse proxy all come from one address, so none is counted by where it comes from. Whoever was silent for longest gives way:
//! a good client asks at once and stays far from that end, however many others only hold the line.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::{Instant, timeout_at};

/// Connections at the same time.
const CONNECTIONS: usize = 4_096;
/// File descriptors that are kept for the database, the platforms and the rest.
const KEPT: u64 = 128;
/// Nobody has to go so soon after coming, asking or being answered; when all came that late, the next one waits at the door instead.
const GRACE: Duration = Duration::from_secs(1);

/// Everybody who is inside.
pub(super) struct Room {
    most: usize,
    places: Mutex<Places>,
    /// Somebody left.
    left: Notify,
}

#[derive(Default)]
struct Places {
    next: u64,
    /// In the order in which they came or were last heard; the first gives way first.
    inside: BTreeMap<u64, Guest>,
}

struct Guest {
    since: Instant,
    leave: Arc<Notify>,
}

/// One connection's place; given back when dropped.
pub(super) struct Place {
    room: Arc<Room>,
    number: Mutex<u64>,
    leave: Arc<Notify>,
}

impl Room {
    /// As large as the system's limit of file descriptors allows.
    pub(super) fn new() -> Arc<Self> {
        let files = rustix::process::getrlimit(rustix::process::Resource::Nofile).current;
        let most = files.map_or(CONNECTIONS, |files| usize::try_from(files.saturating_sub(KEPT)).unwrap_or(CONNECTIONS));
        Self::of(most.clamp(1, CONNECTIONS))
    }

    fn of(most: usize) -> Arc<Self> {
        Arc::new(Self { most, places: Mutex::default(), left: Notify::new() })
    }

    /// A place for one more, as soon as there is one or somebody may be told to leave.
    pub(super) async fn enter(self: &Arc<Self>) -> Arc<Place> {
        loop {
            match self.try_enter(Instant::now()) {
                Ok(place) => return place,
                // Whether somebody left meanwhile or the grace is over shows at the next try.
                Err(until) => drop(timeout_at(until, self.left.notified()).await),
            }
        }
    }

    /// A place for one more, however many there are.
    pub(super) fn squeeze_in(self: &Arc<Self>) -> Arc<Place> {
        self.place(&mut self.places(), Instant::now())
    }

    /// Tells whoever was silent for longest to leave.
    pub(super) fn show_out(&self) {
        self.places().show_out();
    }

    /// A place, or how long nobody may be told to leave.
    fn try_enter(self: &Arc<Self>, now: Instant) -> Result<Arc<Place>, Instant> {
        let mut places = self.places();
        if places.inside.len() >= self.most {
            let until = places.inside.first_key_value().map_or(now, |(_, guest)| guest.since + GRACE);
            if until > now {
                return Err(until);
            }
            places.show_out();
        }
        Ok(self.place(&mut places, now))
    }

    fn place(self: &Arc<Self>, places: &mut Places, now: Instant) -> Arc<Place> {
        let leave = Arc::default();
        let number = places.put(Guest { since: now, leave: Arc::clone(&leave) });
        Arc::new(Place { room: Arc::clone(self), number: Mutex::new(number), leave })
    }

    fn places(&self) -> MutexGuard<'_, Places> {
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Places {
    fn put(&mut self, guest: Guest) -> u64 {
        self.next += 1;
        self.inside.insert(self.next, guest);
        self.next
    }

    fn show_out(&mut self) {
        if let Some((_, guest)) = self.inside.pop_first() {
            guest.leave.notify_one();
        }
    }
}

impl Place {
    /// Asked or was answered just now, so that everybody else gives way before.
    pub(super) fn heard(&self, now: Instant) {
        let mut number = self.number.lock().unwrap_or_else(PoisonError::into_inner);
        let mut places = self.room.places();
        // Whoever was told to leave does not come back.
        if let Some(guest) = places.inside.remove(&number) {
            *number = places.put(Guest { since: now, ..guest });
        }
    }

    /// Ready when somebody else needs the place.
    pub(super) async fn has_to_leave(&self) {
        self.leave.notified().await;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let number = *self.number.get_mut().unwrap_or_else(PoisonError::into_inner);
        if self.room.places().inside.remove(&number).is_some() {
            self.room.left.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    fn leaves(place: &Place) -> bool {
        place.has_to_leave().now_or_never().is_some()
    }

    fn enter(room: &Arc<Room>, now: Instant) -> Arc<Place> {
        room.try_enter(now).unwrap_or_else(|_| panic!("no place"))
    }

    #[test]
    fn who_was_silent_for_longest_gives_way() {
        let (room, start) = (Room::of(3), Instant::now());
        let [first, second, third] = [0, 1, 2].map(|at| enter(&room, start + Duration::from_millis(at)));
        let later = start + 2 * GRACE;
        first.heard(later);
        let fourth = enter(&room, later);
        assert!(leaves(&second), "it came second and was never heard");
        assert!(!leaves(&first) && !leaves(&third) && !leaves(&fourth));
        second.heard(later);
        let fifth = enter(&room, later);
        assert!(leaves(&third) && !leaves(&first) && !leaves(&fourth) && !leaves(&fifth));
    }

    #[test]
    fn nobody_leaves_in_their_first_moments() {
        let (room, start) = (Room::of(1), Instant::now());
        let first = enter(&room, start);
        let soon = start + GRACE - Duration::from_millis(1);
        assert!(room.try_enter(soon).is_err_and(|until| until == start + GRACE));
        first.heard(soon);
        assert!(room.try_enter(start + GRACE).is_err_and(|until| until == soon + GRACE));
        assert!(!leaves(&first));
    }

    #[test]
    fn a_place_that_is_given_back_is_free() {
        let (room, now) = (Room::of(2), Instant::now());
        let (stays, goes) = (enter(&room, now), enter(&room, now));
        let waits = room.enter();
        drop(goes);
        let next = waits.now_or_never().expect("a place");
        assert!(!leaves(&stays) && !leaves(&next));
        room.show_out();
        assert!(leaves(&stays));
    }
}
