//! Renders follow-ups as messages.

mod clean;
mod engine;
mod links;
mod marks;
mod mistake;
mod parts;
mod scan;
mod tree;

pub use mistake::TemplateMistakes;
