//! Private answers that a platform takes later than the press: best effort, never in the way of the acknowledgement.

use std::sync::Arc;

use tokio::sync::{Mutex, OwnedSemaphorePermit, Semaphore, mpsc};

use super::Flow;
use super::reschedule::{Chosen, Lookup};
use crate::chat::slack::Slack;
use crate::chat::{ReplyTo, Visitor};
use crate::domain::message::{Form, Message};
use crate::domain::platform::Platform;
use crate::domain::post::DeliveryKey;
use crate::render::Sentence;

/// Answers that may wait; beyond that people are left without one and press again.
const QUEUE: usize = 256;
/// Errands at the same time that wait for iClosed: others must find room beside them.
const SLOW: usize = 24;

/// An answer on its way to one person.
#[derive(Debug)]
pub struct Errand(What);

#[derive(Debug)]
enum What {
    Message(ReplyTo, Box<Message>, Option<DeliveryKey>),
    Form(ReplyTo, Box<Form>, DeliveryKey),
    Home(Visitor),
    Replacement(ReplyTo, Box<Message>),
    Lookup(Box<Lookup>, Place),
    Chosen(Box<Chosen>, Place),
}

/// A place among the errands that wait for iClosed.
#[derive(Debug)]
pub(super) struct Place {
    _held: OwnedSemaphorePermit,
}

/// The answers that wait to be sent.
#[derive(Debug)]
pub struct Errands {
    sender: mpsc::Sender<Errand>,
    waiting: Mutex<mpsc::Receiver<Errand>>,
    slow: Arc<Semaphore>,
}

impl Default for Errands {
    fn default() -> Self {
        let (sender, waiting) = mpsc::channel(QUEUE);
        Self { sender, waiting: Mutex::new(waiting), slow: Arc::new(Semaphore::new(SLOW)) }
    }
}

impl Errands {
    /// A place for an errand that waits for iClosed; `None` where too many wait for it already.
    pub(super) fn place(&self) -> Option<Place> {
        Arc::clone(&self.slow).try_acquire_owned().ok().map(|held| Place { _held: held })
    }
}

impl Flow {
    /// Sends a private answer when there is time; its controls act on the card of that key.
    pub fn answer_later(&self, reply: ReplyTo, message: Box<Message>, key: Option<DeliveryKey>) {
        self.later(Errand(What::Message(reply, message, key)));
    }

    /// Opens a form at once, without being in the way of the acknowledgement.
    pub fn open_later(&self, reply: ReplyTo, form: Box<Form>, key: DeliveryKey) {
        self.later(Errand(What::Form(reply, form, key)));
    }

    /// Puts a message in the place of a private one when there is time.
    pub fn replace_later(&self, reply: ReplyTo, message: Box<Message>) {
        self.later(Errand(What::Replacement(reply, message)));
    }

    /// Shows somebody the bot's home as it is now.
    pub(super) fn home_later(&self, who: &Visitor) {
        self.later(Errand(What::Home(who.clone())));
    }

    /// Looks free times up when there is time; `false` where it is dropped.
    pub(super) fn look_up_later(&self, lookup: Lookup, place: Place) -> bool {
        self.later(Errand(What::Lookup(Box::new(lookup), place)))
    }

    /// Books what was chosen when there is time; `false` where it is dropped.
    pub(super) fn book_later(&self, chosen: Chosen, place: Place) -> bool {
        self.later(Errand(What::Chosen(Box::new(chosen), place)))
    }

    /// The next private answer, as soon as there is one.
    pub async fn next_errand(&self) -> Option<Errand> {
        self.errands.waiting.lock().await.recv().await
    }

    /// The next private answer, if one waits.
    pub async fn waiting_errand(&self) -> Option<Errand> {
        self.errands.waiting.lock().await.try_recv().ok()
    }

    /// Takes no more errands, as Rebound is about to stop; [`next_errand`](Self::next_errand) gives those that wait.
    pub async fn close_errands(&self) {
        self.errands.waiting.lock().await.close();
    }

    /// Does an errand, once. Whoever gets no form hears that they should try again.
    pub async fn run_errand(&self, errand: Errand) {
        match (errand.0, &self.slack) {
            (What::Message(reply, message, key), Some(slack)) => self.whisper(slack, &reply, &message, key.as_ref()).await,
            (What::Form(reply, form, key), Some(slack)) => {
                self.open_form(slack, &reply, &form, &key).await;
            }
            (What::Home(who), Some(slack)) => match self.home(&who).await {
                Ok(message) => {
                    if let Err(outcome) = slack.publish_home(&who.id, &message).await {
                        tracing::warn!(?outcome, "a home could not be shown");
                    }
                }
                Err(error) => tracing::error!(%error, "a home could not be looked up"),
            },
            (What::Replacement(reply, message), Some(slack)) => {
                if let Err(outcome) = slack.replace(&reply, &message).await {
                    tracing::warn!(?outcome, "a list could not be shown anew");
                }
            }
            (What::Message(..) | What::Form(..) | What::Home(_) | What::Replacement(..), None) => {}
            (What::Lookup(lookup, _place), _) => self.look_up(*lookup).await,
            (What::Chosen(chosen, _place), _) => self.book_chosen(*chosen).await,
        }
    }

    /// The view that was opened, where it is known.
    pub(super) async fn open_form(&self, slack: &Slack, reply: &ReplyTo, form: &Form, key: &DeliveryKey) -> Option<String> {
        match slack.open_form(reply, form, key).await {
            Ok(view) => view,
            Err(outcome) => {
                tracing::warn!(?outcome, form = form.kind.name(), "a form could not be opened");
                let message = self.renderer.sentence(&Sentence::TryAgain, Platform::Slack, self.clock.now());
                self.whisper(slack, reply, &message, None).await;
                None
            }
        }
    }

    /// Where no message can go, as from the bot's home, what there is to say opens on top.
    pub(super) async fn whisper(&self, slack: &Slack, reply: &ReplyTo, message: &Message, key: Option<&DeliveryKey>) {
        let said = if reply.takes_messages() {
            slack.whisper(reply, message, key).await
        } else {
            slack.open_answer(reply, &self.renderer.answer_title(), message, key).await
        };
        if let Err(outcome) = said {
            tracing::warn!(?outcome, "a private answer did not arrive");
        }
    }

    fn later(&self, errand: Errand) -> bool {
        let taken = self.errands.sender.try_send(errand).is_ok();
        if !taken {
            tracing::warn!("a private answer was dropped: too many wait, or Rebound is stopping");
        }
        taken
    }
}
