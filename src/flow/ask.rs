//! People ask with the slash command or look at the bot's home: lists of what is open, and everything about one follow-up. Nothing
//! changes by it, but that a follow-up is given to somebody, as with the people picker of its card.

use super::Flow;
use super::act::Acted;
use super::respond::{Answer, in_words};
use crate::chat::{Profile, ReplyTo, Visitor};
use crate::domain::act::{Action, Actor};
use crate::domain::command::{Command, Verb, mentioned, read};
use crate::domain::follow_up::FollowUp;
use crate::domain::identity::{ShortId, normal_email};
use crate::domain::list::{Listing, begins, by_urgency, named};
use crate::domain::message::Message;
use crate::domain::platform::Platform;
use crate::domain::team::Person;
use crate::render::{Asked, Page, Sentence, Unfit};
use crate::store::StoreError;

/// Thousands of follow-ups that are read for one name: a person waits for the answer, at most 3 s.
const PAGES_MOST: usize = 10;

/// What is suggested at once, which is all that Discord shows.
const SUGGESTED: usize = 25;

/// Lines of a list that fit a message with their buttons: Discord takes five rows of them.
fn page_of(platform: Platform) -> usize {
    match platform {
        Platform::Slack => 10,
        Platform::Discord => 5,
    }
}

impl Flow {
    /// Answers a slash command.
    pub(super) async fn asked(&self, who: &Visitor, text: &str, profile: Option<&Profile>, reply: &ReplyTo) -> Result<Answer, StoreError> {
        if !self.may_act(who) {
            return Ok(self.say(who, &Sentence::Outsider));
        }
        Ok(match read(text) {
            Command::Help => self.say(who, &Sentence::CommandHelp),
            Command::Open { page } => self.listed(who, Asked::Open, self.store.open_follow_ups().await?, page).await?,
            Command::Mine { page } => self.listed(who, Asked::Mine, self.owned_by(who).await?, page).await?,
            Command::Show { what } => self.show(who, what).await?,
            Command::Assign { id, whom } => self.assign(who, (id, whom), profile, reply).await?,
            Command::NotYet(verb) => self.say(who, &Sentence::CommandNotYet { verb: verb.name() }),
            Command::Unknown { typed, meant } => self.say(who, &Sentence::UnknownCommand { typed, meant: meant.map(Verb::name) }),
        })
    }

    /// Gives a follow-up to somebody, by the rules of the people picker.
    async fn assign(
        &self,
        who: &Visitor,
        (id, whom): (&str, &str),
        profile: Option<&Profile>,
        reply: &ReplyTo,
    ) -> Result<Answer, StoreError> {
        if id.is_empty() || whom.is_empty() {
            return Ok(self.say(who, &Sentence::AssignWhat));
        }
        let found = match ShortId::parse(id) {
            Some(id) => self.store.follow_up_by_short_id(&id).await?,
            None => None,
        };
        let Some(follow_up) = found else {
            return Ok(self.say(who, &Sentence::NoSuchFollowUp { typed: id }));
        };
        // Who is only typed is looked for in the team.
        let typed = whom.strip_prefix('@').unwrap_or(whom);
        let mate = || self.rules.team.find(Some(typed), Some(typed));
        let candidate = match (mentioned(whom), mate()) {
            (Some(picked), _) => self.candidate(who, picked, profile).await,
            (None, None) => return Ok(self.say(who, &Sentence::NoSuchPerson { typed })),
            (None, Some(mate)) => match mate.id_on(who.platform) {
                Some(picked) => self.candidate(who, picked, None).await,
                // Whom no platform knows yet could never act on it, nor be told.
                None if self.platforms().iter().all(|platform| mate.id_on(*platform).is_none()) => Err(Unfit::NoAccount),
                None => Ok(Person::from(mate)),
            },
        };
        let person = match candidate {
            Ok(person) => person,
            Err(unfit) => return Ok(self.say(who, &Sentence::Unfit(unfit))),
        };
        Ok(match self.act(follow_up.id, Action::Assign { person: person.clone() }, who, reply).await? {
            Acted::Done | Acted::Repeated => self.say(who, &Sentence::Assigned { owner: &person, id: &follow_up.short_id }),
            Acted::Refused(refusal, follow_up) => self.say(who, &in_words(&refusal, &follow_up)),
            Acted::Nothing => self.say(who, &Sentence::NoSuchFollowUp { typed: id }),
        })
    }

    /// What is open and fits what is typed so far, the most urgent first; those who may not ask get none.
    pub(super) async fn suggested(&self, who: &Visitor, typed: &str) -> Result<Answer, StoreError> {
        if !self.may_act(who) {
            return Ok(Answer::Choices(Vec::new()));
        }
        let now = self.clock.now();
        let mut open = self.store.open_follow_ups().await?;
        open.retain(|follow_up| begins(follow_up, typed));
        by_urgency(&mut open, now);
        let choice = |one: &FollowUp| (self.renderer.thread_name(one, who.platform, now), one.short_id.to_string());
        Ok(Answer::Choices(open.iter().take(SUGGESTED).map(choice).collect()))
    }

    /// The bot's home: what somebody has to do. Outsiders see only that they are.
    pub(super) async fn home(&self, who: &Visitor) -> Result<Message, StoreError> {
        if !self.may_act(who) {
            return Ok(self.sentence(who, &Sentence::Outsider));
        }
        self.page(who, Asked::Mine, self.owned_by(who).await?, 1).await
    }

    /// A list as it is now, for whoever acted on a line of it.
    pub(super) async fn anew(&self, who: &Visitor, list: Listing) -> Result<Message, StoreError> {
        let page = usize::from(list.page);
        if list.mine {
            self.page(who, Asked::Mine, self.owned_by(who).await?, page).await
        } else {
            self.page(who, Asked::Open, self.store.open_follow_ups().await?, page).await
        }
    }

    async fn owned_by(&self, who: &Visitor) -> Result<Vec<FollowUp>, StoreError> {
        let mut open = self.store.open_follow_ups().await?;
        match self.actor(who) {
            Actor::Human { person, .. } => open.retain(|follow_up| follow_up.owner().is_some_and(|owner| owner.is(&person))),
            Actor::Rebound => open.clear(),
        }
        Ok(open)
    }

    async fn show(&self, who: &Visitor, what: &str) -> Result<Answer, StoreError> {
        if what.is_empty() {
            return Ok(Answer::Private { message: Box::new(self.renderer.show_what()), key: None });
        }
        let mut found = self.find(what).await?;
        match found.pop() {
            None => Ok(self.say(who, &Sentence::NoSuchFollowUp { typed: what })),
            Some(only) if found.is_empty() => {
                let story = self.store.story(only.id).await?;
                let message = Box::new(self.renderer.shown(&only, &story, who.platform, self.clock.now()));
                Ok(Answer::Private { message, key: self.store.keys_of(&[only.id]).await?.remove(&only.id) })
            }
            Some(last) => {
                found.push(last);
                self.listed(who, Asked::Found(what), found, 1).await
            }
        }
    }

    /// By its id, else by the lead's address, else by the lead's name.
    async fn find(&self, what: &str) -> Result<Vec<FollowUp>, StoreError> {
        if let Some(id) = ShortId::parse(what)
            && let Some(one) = self.store.follow_up_by_short_id(&id).await?
        {
            return Ok(vec![one]);
        }
        match normal_email(what) {
            Some(email) => self.store.follow_ups_of_email(&email).await,
            None => self.find_by_name(what).await,
        }
    }

    /// The newest of that name; older ones are asked for only where there is none.
    async fn find_by_name(&self, what: &str) -> Result<Vec<FollowUp>, StoreError> {
        let mut before = i64::MAX;
        for _ in 0..PAGES_MOST {
            let some = self.store.newest_follow_ups(before).await?;
            let Some(oldest) = some.last().map(|last| last.id) else {
                break;
            };
            before = oldest;
            let found = named(some, what);
            if !found.is_empty() {
                return Ok(found);
            }
        }
        Ok(Vec::new())
    }

    async fn listed(&self, who: &Visitor, asked: Asked<'_>, all: Vec<FollowUp>, page: usize) -> Result<Answer, StoreError> {
        Ok(Answer::Private { message: Box::new(self.page(who, asked, all, page).await?), key: None })
    }

    async fn page(&self, who: &Visitor, asked: Asked<'_>, mut found: Vec<FollowUp>, page: usize) -> Result<Message, StoreError> {
        let now = self.clock.now();
        match asked {
            Asked::Open | Asked::Mine => by_urgency(&mut found, now),
            // The newest first, as they come.
            Asked::Found(_) => {}
        }
        let (all, most) = (found.len(), page_of(who.platform));
        // Beyond the last page there is the last one.
        let page = page.min(all.div_ceil(most)).max(1);
        let before = (page - 1) * most;
        let found: Vec<FollowUp> = found.into_iter().skip(before).take(most).collect();
        let mut keys = self.store.keys_of(&found.iter().map(|one| one.id).collect::<Vec<_>>()).await?;
        let more = all - before - found.len();
        let shown = found.into_iter().map(|one| (keys.remove(&one.id), one)).map(|(key, one)| (one, key)).collect();
        Ok(self.renderer.list(&Page { asked, shown, all, more, page }, who.platform, now))
    }
}
