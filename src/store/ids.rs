//! Ids of rows: they grow with time, so that the order of ids is the order of receipt.

use std::sync::atomic::{AtomicI64, Ordering};

use chrono::{DateTime, Utc};

/// Makes ids: the millisecond, then 20 bits that tell rows of one millisecond apart, also between instances.
#[derive(Debug, Default)]
pub(super) struct Ids {
    last: AtomicI64,
}

impl Ids {
    const LOW_BITS: u32 = 20;

    /// An id that no other row has, greater than all that this process made before.
    pub(super) fn next(&self, now: DateTime<Utc>) -> Result<i64, getrandom::Error> {
        let random = i64::from(getrandom::u32()? >> 1) & ((1 << (Self::LOW_BITS - 1)) - 1);
        let candidate = (now.timestamp_millis() << Self::LOW_BITS) | random;
        let before = self.last.fetch_update(Ordering::AcqRel, Ordering::Acquire, |last| Some(candidate.max(last + 1)));
        let last = before.unwrap_or_else(|last| last);
        Ok(candidate.max(last + 1))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_grow_even_when_the_clock_goes_back() {
        let ids = Ids::default();
        let now = DateTime::UNIX_EPOCH + chrono::TimeDelta::days(20_000);
        let mut last = 0;
        for step in 0..1_000 {
            let id = ids.next(now - chrono::TimeDelta::seconds(step % 7)).expect("randomness");
            assert!(id > last);
            last = id;
        }
    }
}
