//! Private answers that a platform takes later than the press: best effort, never in the way of the acknowledgement.

use tokio::sync::{Mutex, mpsc};

use super::Flow;
use crate::chat::slack::Slack;
use crate::chat::{ReplyTo, Visitor};
use crate::domain::message::{Form, Message};
use crate::domain::platform::Platform;
use crate::domain::post::DeliveryKey;
use crate::render::Sentence;

/// Answers that may wait; beyond that people are left without one and press again.
const QUEUE: usize = 256;

/// An answer on its way to one person.
#[derive(Debug)]
pub struct Errand(What);

#[derive(Debug)]
enum What {
    Message(ReplyTo, Box<Message>, Option<DeliveryKey>),
    Form(ReplyTo, Box<Form>, DeliveryKey),
    Home(Visitor),
}

/// The answers that wait to be sent.
#[derive(Debug)]
pub struct Errands {
    sender: mpsc::Sender<Errand>,
    waiting: Mutex<mpsc::Receiver<Errand>>,
}

impl Default for Errands {
    fn default() -> Self {
        let (sender, waiting) = mpsc::channel(QUEUE);
        Self { sender, waiting: Mutex::new(waiting) }
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

    /// Shows somebody the bot's home as it is now.
    pub(super) fn home_later(&self, who: &Visitor) {
        self.later(Errand(What::Home(who.clone())));
    }

    /// The next private answer, as soon as there is one.
    pub async fn next_errand(&self) -> Option<Errand> {
        self.errands.waiting.lock().await.recv().await
    }

    /// The next private answer, if one waits.
    pub async fn waiting_errand(&self) -> Option<Errand> {
        self.errands.waiting.lock().await.try_recv().ok()
    }

    /// Sends a private answer, once. Whoever gets no form hears that they should try again.
    pub async fn run_errand(&self, errand: Errand) {
        let Some(slack) = &self.slack else {
            return;
        };
        match errand.0 {
            What::Message(reply, message, key) => self.whisper(slack, &reply, &message, key.as_ref()).await,
            What::Form(reply, form, key) => {
                if let Err(outcome) = slack.open_form(&reply, &form, &key).await {
                    tracing::warn!(?outcome, form = form.kind.name(), "a form could not be opened");
                    let message = self.renderer.sentence(&Sentence::TryAgain, Platform::Slack, self.clock.now());
                    self.whisper(slack, &reply, &message, None).await;
                }
            }
            What::Home(who) => match self.home(&who).await {
                Ok(message) => {
                    if let Err(outcome) = slack.publish_home(&who.id, &message).await {
                        tracing::warn!(?outcome, "a home could not be shown");
                    }
                }
                Err(error) => tracing::error!(%error, "a home could not be looked up"),
            },
        }
    }

    /// Where no message can go, as from the bot's home, what there is to say opens on top.
    async fn whisper(&self, slack: &Slack, reply: &ReplyTo, message: &Message, key: Option<&DeliveryKey>) {
        let said = if reply.takes_messages() {
            slack.whisper(reply, message, key).await
        } else {
            slack.open_answer(reply, &self.renderer.answer_title(), message).await
        };
        if let Err(outcome) = said {
            tracing::warn!(?outcome, "a private answer did not arrive");
        }
    }

    fn later(&self, errand: Errand) {
        if self.errands.sender.try_send(errand).is_err() {
            tracing::warn!("too many private answers wait; one was dropped");
        }
    }
}
