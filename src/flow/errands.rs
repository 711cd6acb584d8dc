//! Private answers that a platform takes later than the press: best effort, never in the way of the acknowledgement.

use tokio::sync::{Mutex, mpsc};

use super::Flow;
use crate::chat::ReplyTo;
use crate::domain::message::Message;

/// Answers that may wait; beyond that people are left without one and press again.
const QUEUE: usize = 256;

/// An answer on its way to one person.
#[derive(Debug)]
pub struct Errand {
    reply: ReplyTo,
    message: Box<Message>,
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
    /// Sends a private answer when there is time.
    pub fn answer_later(&self, reply: ReplyTo, message: Box<Message>) {
        if self.errands.sender.try_send(Errand { reply, message }).is_err() {
            tracing::warn!("too many private answers wait; one was dropped");
        }
    }

    /// The next private answer, as soon as there is one.
    pub async fn next_errand(&self) -> Option<Errand> {
        self.errands.waiting.lock().await.recv().await
    }

    /// The next private answer, if one waits.
    pub async fn waiting_errand(&self) -> Option<Errand> {
        self.errands.waiting.lock().await.try_recv().ok()
    }

    /// Sends a private answer, once.
    pub async fn run_errand(&self, errand: Errand) {
        let Some(slack) = &self.slack else {
            return;
        };
        if let Err(outcome) = slack.whisper(&errand.reply, &errand.message, None).await {
            tracing::warn!(?outcome, "a private answer did not arrive");
        }
    }
}
