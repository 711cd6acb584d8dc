//! What Discord sends: everything comes to one address. The signature is checked over the raw bytes before anything is read.

use std::sync::Arc;

use axum::Json;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};

use super::{Door, body};
use crate::chat::{Interaction, discord};
use crate::flow::Answer;

/// Discord sends the whole message along with a press.
const LIMIT: usize = 1024 * 1024;

/// Answers in the body of the answer itself, which Discord takes for 3 s.
pub(super) async fn interactions(State(door): State<Arc<Door>>, headers: HeaderMap, body: Body) -> Response {
    let Some(discord) = &door.flow.discord else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let body = match body::read(&headers, body, LIMIT, &door.allowance).await {
        Ok(body) => body,
        Err(bad) => return bad.into_response(),
    };
    if let Err(denied) = discord.verify(&headers, &body, door.flow.clock.now()) {
        door.flow.metrics.auth_failure("discord");
        tracing::warn!(why = %denied, "a request in Discord's name was refused");
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let interaction = match discord.read_interaction(&body) {
        Ok(interaction) => interaction,
        Err(why) => {
            tracing::warn!(%why, "a request of Discord could not be read");
            return StatusCode::BAD_REQUEST.into_response();
        }
    };
    if matches!(interaction, Interaction::Ping) {
        return Json(discord::pong()).into_response();
    }
    match door.respond(&interaction).await {
        Answer::Private { message, key } => Json(discord::private_answer(&message, key.as_ref())).into_response(),
        Answer::FormRefused { message, .. } => Json(discord::private_answer(&message, None)).into_response(),
        Answer::Form { form, key } => Json(discord::form_answer(&form, &key, interaction.reply())).into_response(),
        Answer::Replaced { message } => Json(discord::replacement(&message)).into_response(),
        Answer::Instead { form, key } => Json(discord::form_instead(&form, &key)).into_response(),
        Answer::Choices(choices) => Json(discord::choices(&choices)).into_response(),
        Answer::Nothing if matches!(interaction, Interaction::Completion { .. }) => Json(discord::choices(&[])).into_response(),
        Answer::Nothing => Json(discord::deferred_update()).into_response(),
    }
}
