//! What Slack sends: presses, slash commands, events. The signature is checked over the raw bytes before anything is read.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::body::{Body, Bytes};
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use super::{Door, body};
use crate::chat::slack::{self, Slack};
use crate::chat::{Interaction, Unreadable};
use crate::flow::Answer;

/// Slack sends the whole message along with a press, at most about 250 KB of blocks.
const LIMIT: usize = 1024 * 1024;

/// How long Slack may take to tell who we are, which is asked once: the person's answer has to leave within 3 s.
const HOME_WITHIN: Duration = Duration::from_millis(500);

/// A press or a submitted form. Slack shows no body of ours here: a private answer goes through the press's `response_url`.
pub(super) async fn interactions(State(door): State<Arc<Door>>, headers: HeaderMap, body: Body) -> Response {
    let interaction = match verified(&door, &headers, body, Slack::read_interaction).await {
        Ok(interaction) => interaction,
        Err(response) => return response,
    };
    match (door.respond(&interaction).await, interaction.reply()) {
        (Answer::Private { message, key }, Some(reply)) => door.flow.answer_later(reply.clone(), message, key),
        (Answer::Form { form, key }, Some(reply)) => door.flow.open_later(reply.clone(), form, key),
        (Answer::Replaced { message }, Some(reply)) => door.flow.replace_later(reply.clone(), message),
        (Answer::Instead { form, key }, _) => return Json(slack::form_instead(&form, &key, interaction.reply())).into_response(),
        (Answer::FormRefused { field, message }, _) => return Json(slack::form_error(field, &message.summary)).into_response(),
        (Answer::Private { .. } | Answer::Form { .. } | Answer::Replaced { .. }, None) | (Answer::Choices(_) | Answer::Nothing, _) => {}
    }
    StatusCode::OK.into_response()
}

/// A slash command; the body of our answer is what the person sees.
pub(super) async fn commands(State(door): State<Arc<Door>>, headers: HeaderMap, body: Body) -> Response {
    let interaction = match verified(&door, &headers, body, Slack::read_command).await {
        Ok(interaction) => interaction,
        Err(response) => return response,
    };
    match door.respond(&interaction).await {
        Answer::Private { message, key } => Json(slack::private_body(&message, key.as_ref())).into_response(),
        Answer::FormRefused { message, .. } | Answer::Replaced { message } => Json(slack::private_body(&message, None)).into_response(),
        Answer::Form { .. } | Answer::Instead { .. } | Answer::Choices(_) | Answer::Nothing => StatusCode::OK.into_response(),
    }
}

/// An event of the Events API.
pub(super) async fn events(State(door): State<Arc<Door>>, headers: HeaderMap, body: Body) -> Response {
    let interaction = match verified(&door, &headers, body, Slack::read_event).await {
        Ok(interaction) => interaction,
        Err(response) => return response,
    };
    if let Interaction::UrlVerification { challenge } = interaction {
        return Json(json!({ "challenge": challenge })).into_response();
    }
    door.respond(&interaction).await;
    StatusCode::OK.into_response()
}

async fn verified(
    door: &Door,
    headers: &HeaderMap,
    body: Body,
    read: impl FnOnce(&Slack, &[u8]) -> Result<Interaction, Unreadable>,
) -> Result<Interaction, Response> {
    let Some(slack) = &door.flow.slack else {
        return Err(StatusCode::NOT_FOUND.into_response());
    };
    let body: Bytes = body::read(headers, body, LIMIT, &door.allowance).await.map_err(IntoResponse::into_response)?;
    if let Err(denied) = slack.verify(headers, &body, door.flow.clock.now()) {
        door.flow.metrics.auth_failure("slack");
        tracing::warn!(why = %denied, "a request in Slack's name was refused");
        return Err(StatusCode::UNAUTHORIZED.into_response());
    }
    // Best effort: where Slack itself does not answer, what it signed is believed.
    if !matches!(tokio::time::timeout(HOME_WITHIN, slack.know_home()).await, Ok(Ok(()))) {
        tracing::warn!("Slack did not tell which workspace is ours, so it was not compared");
    }
    read(slack, &body).map_err(|why| {
        tracing::warn!(%why, "a request of Slack could not be read");
        StatusCode::BAD_REQUEST.into_response()
    })
}
