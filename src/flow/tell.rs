//! Who is told directly that a call was cancelled: the closer whose call it was, and whoever booked it, as the operator decided. Each
//! person once, on one platform; where direct messages are closed, by a mention below the card, on the other platform where one stands only there.

use chrono::{DateTime, Utc};

use super::{Flow, Rules};
use crate::config::Notify;
use crate::domain::act::{Note, Role};
use crate::domain::event::Staff;
use crate::domain::follow_up::FollowUp;
use crate::domain::platform::{Address, Platform};
use crate::domain::post::{DeliveryKey, Extent, Outcome};
use crate::domain::team::{Person, Team, Teammate};
use crate::store::{Claimed, StoreError, Tx};

/// What it takes to tell people directly.
#[derive(Debug, Clone)]
pub(super) struct Telling {
    team: Team,
    host: Notify,
    setter: Notify,
    /// Those that are configured, in the order in which people are told.
    platforms: Vec<Platform>,
}

impl Telling {
    pub(super) fn new(rules: &Rules, platforms: Vec<Platform>) -> Self {
        Self { team: rules.team.clone(), host: rules.notify_host, setter: rules.notify_setter, platforms }
    }

    /// Who is who.
    pub(super) fn team(&self) -> &Team {
        &self.team
    }

    /// Writes down who is to be told about a follow-up that was opened, not before `due_at`; its cards are written already.
    pub(super) async fn tell(&self, tx: &Tx, follow_up: &FollowUp, due_at: DateTime<Utc>) -> Result<(), StoreError> {
        let call = &follow_up.case.cancellation.call;
        let host = self.mate(call.host.as_ref()).filter(|_| self.host != Notify::Off);
        let setter = self.mate(call.setter.as_ref()).filter(|setter| self.setter != Notify::Off && host != Some(*setter));
        for (mate, role, way) in [(host, Role::Host, self.host), (setter, Role::Setter, self.setter)] {
            if let Some(mate) = mate {
                self.tell_one(tx, follow_up.id, mate, role, way, due_at).await?;
            }
        }
        Ok(())
    }

    async fn tell_one(&self, tx: &Tx, id: i64, mate: &Teammate, role: Role, way: Notify, now: DateTime<Utc>) -> Result<(), StoreError> {
        let note = Note::Yours { role };
        let number = number_of(role);
        let platforms: Vec<Platform> = self.platforms.iter().copied().filter(|platform| mate.id_on(*platform).is_some()).collect();
        match way {
            Notify::Dm => {
                let first = platforms.first().and_then(|platform| Some(Address::direct(*platform, mate.id_on(*platform)?)));
                match first {
                    Some(address) => tx.add_direct(id, number, &note, address, now).await,
                    None => Ok(()),
                }
            }
            Notify::Mention => {
                let mention = Note::Mention { person: Person::from(mate), of: Box::new(note) };
                tx.add_mention(id, number, &mention, &platforms, now).await.map(|_| ())
            }
            Notify::Off => Ok(()),
        }
    }

    fn mate(&self, staff: Option<&Staff>) -> Option<&Teammate> {
        staff.and_then(|staff| self.team.find(staff.email.as_deref(), staff.name.as_deref()))
    }
}

/// A direct message that was not taken, to be said by a mention below the card.
#[derive(Debug, Clone)]
pub(super) struct Untold {
    follow_up_id: i64,
    note: Note,
    /// Where they can be mentioned, in the order in which that is tried.
    platforms: Vec<Platform>,
    /// Tells the mention apart from others below that card.
    number: i64,
}

impl Flow {
    /// What is to be said below the card instead, where a direct message is closed to us.
    pub(super) fn untold(&self, claimed: &Claimed, outcome: &Outcome) -> Option<Untold> {
        let Outcome::Closed { extent: Extent::Channel, .. } = outcome else {
            return None;
        };
        let address = &claimed.channel.address;
        let (user, below) = (address.to_user()?, claimed.note.as_ref().filter(|below| below.card.is_none())?);
        let person = match self.rules.team.on(address.platform, user) {
            Some(mate) => Person::from(mate),
            None => Person::named(user).known_on(address.platform, user),
        };
        let number = match &below.note {
            Note::Yours { role } => number_of(*role),
            // Several may be told of the same at once.
            Note::Reminder { .. } => number_by(&claimed.key),
            Note::Given { .. } | Note::Said { .. } | Note::Thanks { .. } | Note::Step { .. } | Note::Mention { .. } => {
                claimed.post.created_at.timestamp_millis()
            }
        };
        let mut platforms = self.platforms_from(address.platform);
        platforms.retain(|platform| person.id_on(*platform).is_some());
        let note = Note::Mention { person, of: Box::new(below.note.clone()) };
        Some(Untold { follow_up_id: claimed.follow_up_id, note, platforms, number })
    }
}

impl Untold {
    /// Writes it down, once however often it is tried.
    pub(super) async fn say_below(&self, tx: &Tx, now: DateTime<Utc>) -> Result<(), StoreError> {
        if let Some((_, since)) = self.note.reminds()
            && !tx.is_untouched(self.follow_up_id, since).await?
        {
            return Ok(());
        }
        if !tx.add_mention(self.follow_up_id, self.number, &self.note, &self.platforms, now).await? {
            tracing::warn!(follow_up = self.follow_up_id, "a direct message is closed, and there is no card to say it below");
        }
        Ok(())
    }
}

/// Notes are told apart by the number of the act that they tell of; those of the opening have these.
fn number_of(role: Role) -> i64 {
    match role {
        Role::Host => 0,
        Role::Setter => 1,
    }
}

/// The same for the same message.
fn number_by(key: &DeliveryKey) -> i64 {
    key.as_str().bytes().fold(0, |number: i64, byte| number.wrapping_mul(31).wrapping_add(byte.into()))
}
