//! What is clicked on the page: the acts of people, and samples to send. Everything ends in the same functions that tests call.

use std::sync::atomic::{AtomicU64, Ordering};

use axum::Json;
use axum::extract::State;
use futures_util::future::join_all;
use serde::Deserialize;
use serde_json::{Value, json};

use super::super::Sandbox;
use super::super::answer::Answered;
use super::super::sign::SignedRequest;

/// An act of a person; `control` and the keys of `values` are ids, `value` is an option's value or a person.
#[derive(Default, Deserialize)]
#[serde(default)]
pub(super) struct Act {
    platform: Where,
    kind: Kind,
    person: String,
    channel: String,
    message: String,
    control: String,
    value: String,
    values: Vec<(String, String)>,
}

#[derive(Clone, Copy, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum Where {
    #[default]
    Slack,
    Discord,
}

#[derive(Clone, Copy, Deserialize, Default)]
#[serde(rename_all = "lowercase")]
enum Kind {
    #[default]
    Press,
    Choose,
    Pick,
    Submit,
    Close,
    Command,
    Complete,
    Home,
    Dismiss,
    Delete,
}

#[derive(Deserialize)]
pub(super) struct Wanted {
    sample: usize,
}

pub(super) async fn act(State(sandbox): State<Sandbox>, Json(act): Json<Act>) -> Json<Value> {
    let answered = match act.platform {
        Where::Slack => slack(&sandbox, &act).await,
        Where::Discord => discord(&sandbox, &act).await,
    };
    Json(match answered {
        None => json!({"ok": true}),
        Some(answered) => json!({
            "ok": answered.is_ok(), "status": answered.status, "error": answered.error, "immediate": answered.immediate,
            "milliseconds": u64::try_from(answered.latency.as_millis()).unwrap_or(u64::MAX),
        }),
    })
}

/// Posts the bodies of a sample to the bot, all at once.
pub(super) async fn sample(State(sandbox): State<Sandbox>, Json(wanted): Json<Wanted>) -> Json<Value> {
    static SERIAL: AtomicU64 = AtomicU64::new(1);
    let common = sandbox.common();
    let Some(sample) = common.settings.samples.get(wanted.sample) else {
        return Json(json!({"sent": 0, "error": "there is no such sample"}));
    };
    let bodies = (sample.make)(SERIAL.fetch_add(1, Ordering::Relaxed), common.clock.now());
    for body in &bodies {
        sandbox.iclosed().know(body);
    }
    let requests: Vec<_> = bodies.iter().map(|body| webhook(common.bot(&common.settings.webhook_path), body)).collect();
    let replies = join_all(requests.iter().map(|request| common.send(request))).await;
    let failed = replies.iter().find(|reply| reply.error.is_some() || reply.status >= 300);
    let error = failed.map(|reply| reply.error.clone().unwrap_or_else(|| format!("the app answered with {}", reply.status)));
    Json(json!({"sent": replies.len(), "error": error}))
}

async fn slack(sandbox: &Sandbox, act: &Act) -> Option<Answered> {
    let slack = sandbox.slack();
    Some(match act.kind {
        Kind::Press => slack.press(&act.person, &act.channel, &act.message, &act.control).await,
        Kind::Choose => slack.choose(&act.person, &act.channel, &act.message, &act.control, &act.value).await,
        Kind::Pick => slack.pick(&act.person, &act.channel, &act.message, &act.control, &act.value).await,
        Kind::Submit => slack.submit(&act.person, &act.message, &pairs(act)).await,
        Kind::Command => slack.command_in(&act.person, &act.channel, &act.value).await,
        Kind::Home => slack.open_home(&act.person).await,
        Kind::Close => return slack.close(&act.person, &act.message).await,
        Kind::Dismiss => {
            slack.dismiss(&act.message);
            return None;
        }
        Kind::Delete => {
            slack.remove(&act.channel, &act.message);
            return None;
        }
        Kind::Complete => return None,
    })
}

async fn discord(sandbox: &Sandbox, act: &Act) -> Option<Answered> {
    let discord = sandbox.discord();
    Some(match act.kind {
        Kind::Press => discord.press(&act.person, &act.channel, &act.message, &act.control).await,
        Kind::Choose => discord.choose(&act.person, &act.channel, &act.message, &act.control, &act.value).await,
        Kind::Pick => discord.pick(&act.person, &act.channel, &act.message, &act.control, &act.value).await,
        Kind::Submit => discord.submit(&act.person, &act.message, &pairs(act)).await,
        Kind::Command => discord.command_in(&act.person, &act.channel, &act.value).await,
        Kind::Complete => discord.complete(&act.person, &act.value).await,
        Kind::Close => {
            discord.close(&act.message);
            return None;
        }
        Kind::Dismiss => {
            discord.dismiss(&act.message);
            return None;
        }
        Kind::Delete => {
            discord.remove(&act.channel, &act.message);
            return None;
        }
        Kind::Home => return None,
    })
}

fn pairs(act: &Act) -> Vec<(&str, &str)> {
    act.values.iter().map(|(key, value)| (key.as_str(), value.as_str())).collect()
}

fn webhook(url: String, body: &Value) -> SignedRequest {
    let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
    SignedRequest { url, headers, body: body.to_string() }
}
