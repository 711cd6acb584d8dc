//! The page that shows both workspaces: its files, the state that it draws, and what is clicked on it.

use axum::Router;

use super::Sandbox;

pub(super) fn router() -> Router<Sandbox> {
    Router::new()
}
