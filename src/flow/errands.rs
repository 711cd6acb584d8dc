//! Private answers that a platform takes later than the press: best effort, never in the way of the acknowledgement.

use tokio::sync::{Mutex, mpsc};

use super::Flow;
use crate::chat::ReplyTo;
use crate::domain::message::{Form, Message};
use crate::domain::platform::Platform;
use crate::domain::post::DeliveryKey;
use crate::render::Sentence;

/// Answers that may wait; beyond that people are left without one and press again.
const QUEUE: usize = 256;

/// An answer on its way to one person.
#[derive(Debug)]
pub struct Errand {
    reply: ReplyTo,
    what: What,
}

#[derive(Debug)]
enum What {
    Message(Box<Message>, Option<DeliveryKey>),
    Form(Box<Form>, DeliveryKey),
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
        self.later(Errand { reply, what: What::Message(message, key) });
    }

    /// Opens a form at once, without being in the way of the acknowledgement.
    pub fn open_later(&self, reply: ReplyTo, form: Box<Form>, key: DeliveryKey) {
        self.later(Errand { reply, what: What::Form(form, key) });
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
        let Errand { reply, what } = errand;
        let (message, key) = match what {
            What::Message(message, key) => (message, key),
            What::Form(form, key) => match slack.open_form(&reply, &form, &key).await {
                Ok(()) => return,
                Err(outcome) => {
                    tracing::warn!(?outcome, form = form.kind.name(), "a form could not be opened");
                    (Box::new(self.renderer.sentence(&Sentence::TryAgain, Platform::Slack, self.clock.now())), None)
                }
            },
        };
        if let Err(outcome) = slack.whisper(&reply, &message, key.as_ref()).await {
            tracing::warn!(?outcome, "a private answer did not arrive");
        }
    }

    fn later(&self, errand: Errand) {
        if self.errands.sender.try_send(errand).is_err() {
            tracing::warn!("too many private answers wait; one was dropped");
        }
    }
}
