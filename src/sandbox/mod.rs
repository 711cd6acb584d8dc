//! Local stand-ins for Slack, Discord and iClosed's API that hold state as the real ones do, and the page that shows them side by side.
//!
//! `rebound demo` mounts [`Sandbox::router`] into the bot's own server; integration tests serve it alone and drive it from Rust.
//! It knows the platforms, not the bot: nothing of ours is imported here, and `rebound serve` never starts it.

mod answer;
mod common;
mod desk;
mod discord;
mod fault;
mod iclosed;
mod journal;
mod judge;
mod message;
mod page;
mod settings;
mod sign;
mod slack;
#[cfg(test)]
mod tests;
mod words;

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::State;
use axum::http::header::DATE;
use axum::http::{HeaderValue, Response};
use chrono::TimeDelta;
use tokio::time::{Instant, timeout_at};

pub use self::answer::Answered;
pub use self::discord::{Discord, rules as discord_rules};
pub use self::fault::{Fault, FaultKind, Operation};
pub use self::iclosed::Iclosed;
pub use self::journal::Call;
pub use self::message::{Form, Message, Private};
pub use self::settings::{Channel, MakeBodies, Person, Platform, Sample, Settings};
pub use self::sign::SignedRequest;
pub use self::slack::{APP as SLACK_APP, BOT as SLACK_BOT, BOT_USER as SLACK_BOT_USER, Slack, TEAM as SLACK_TEAM, rules as slack_rules};
pub use self::words::{Control, ControlKind};

use self::common::{Clock, Common};

/// Both workspaces; cloning is cheap and shares them.
#[derive(Clone)]
pub struct Sandbox(Arc<Inner>);

struct Inner {
    common: Arc<Common>,
    slack: Slack,
    discord: Discord,
    iclosed: Iclosed,
}

impl Sandbox {
    /// Two fresh workspaces with the people and channels of `settings` and no message.
    #[must_use]
    pub fn new(settings: Settings) -> Self {
        let common = Arc::new(Common::new(settings));
        let (slack, discord) = (Slack::new(Arc::clone(&common)), Discord::new(Arc::clone(&common)));
        let iclosed = Iclosed::new(Arc::clone(&common));
        Self(Arc::new(Inner { common, slack, discord, iclosed }))
    }

    /// Everything over HTTP: the page at `/`, Slack's methods at `/slack/api/{method}`, Discord's routes below `/discord/api/v10`.
    ///
    /// Mount it with [`Router::nest_service`], which takes the prefix with and without a slash at its end.
    pub fn router(&self) -> Router {
        Router::new()
            .merge(page::router())
            .nest("/slack", slack::router())
            .nest("/discord", discord::router())
            .nest("/iclosed", iclosed::router())
            .with_state(self.clone())
            .layer(axum::middleware::map_response_with_state(self.0.common.clock.clone(), tell_the_time))
    }

    /// Lets time pass on the platforms' clock, for tests in which the bot's clock is moved as well. Triggers, grants and nonces go by the
    /// system's clock as before.
    pub fn pass(&self, time: TimeDelta) {
        self.0.common.clock.pass(time);
    }

    /// Says where the bot listens, for those who learn it after the sandbox was made.
    pub fn set_bot_url(&self, url: impl AsRef<str>) {
        self.0.common.set_bot_url(url.as_ref());
    }

    /// Says where the sandbox itself is reachable, mount prefix included; `response_url`s are made from it.
    pub fn set_own_url(&self, url: impl AsRef<str>) {
        self.0.common.set_own_url(url.as_ref());
    }

    /// Waits until `look` finds something, and looks again after each change; `None` when `patience` is over.
    pub async fn until<T>(&self, patience: Duration, mut look: impl FnMut(&Self) -> Option<T>) -> Option<T> {
        let mut feed = self.0.common.feed();
        let end = Instant::now() + patience;
        loop {
            if let Some(found) = look(self) {
                return Some(found);
            }
            timeout_at(end, feed.changed()).await.ok()?.ok()?;
        }
    }

    /// Ends the page's event streams and all requests that hang, so that the server can finish.
    pub fn stop(&self) {
        self.0.common.stop();
        self.slack().heal();
        self.discord().heal();
        self.iclosed().heal();
    }

    /// The Slack workspace: to look at, to break, and to act in as a person.
    #[must_use]
    pub fn slack(&self) -> &Slack {
        &self.0.slack
    }

    /// The Discord guild: to look at, to break, and to act in as a person.
    #[must_use]
    pub fn discord(&self) -> &Discord {
        &self.0.discord
    }

    /// iClosed's API: calls, free times, and what is booked.
    #[must_use]
    pub fn iclosed(&self) -> &Iclosed {
        &self.0.iclosed
    }

    fn common(&self) -> &Common {
        &self.0.common
    }
}

/// The server that the sandbox runs in would say what the system's clock says.
async fn tell_the_time<B>(State(clock): State<Clock>, mut answer: Response<B>) -> Response<B> {
    let now = clock.now().format("%a, %d %b %Y %H:%M:%S GMT").to_string();
    answer.headers_mut().extend(HeaderValue::try_from(now).map(|now| (DATE, now)));
    answer
}
