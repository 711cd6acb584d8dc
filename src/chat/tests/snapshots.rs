//! What real messages look like on the wire.

use url::Url;

use super::sample::{card, details, key, note, plain_card};
use crate::chat::{Outgoing, discord, slack};
use crate::domain::message::Message;
use crate::domain::post::MessageRef;

fn outgoing<'a>(message: &'a Message, key: &'a crate::domain::post::DeliveryKey) -> Outgoing<'a> {
    Outgoing { channel: "C0123456789", key, version: 3, message, thread: None, thread_name: "", broadcast: false, ping: None, plain: false }
}

fn public_url() -> Url {
    Url::parse("https://rebound.example.com").expect("a URL")
}

fn pretty(body: &serde_json::Value) -> String {
    serde_json::to_string_pretty(body).expect("JSON")
}

fn snapshot(name: &str, body: &str) {
    insta::with_settings!({ snapshot_path => "../snapshots", omit_expression => true }, {
        insta::assert_snapshot!(name, body);
    });
}

#[test]
fn a_card() {
    let (key, card) = (key(), card());
    let out = outgoing(&card, &key);
    snapshot("slack_card", &pretty(&slack::request_body(&out)));
    snapshot("discord_card", &pretty(&discord::request_body(&out, &public_url())));
}

#[test]
fn a_note_in_a_thread_that_pings_one_person() {
    let (key, note, card) = (key(), note(), MessageRef("1795705200.000100".to_owned()));
    let out = Outgoing { thread: Some(&card), ping: Some("998877665544332211"), ..outgoing(&note, &key) };
    snapshot("slack_note", &pretty(&slack::request_body(&out)));
    snapshot("discord_note", &pretty(&discord::request_body(&out, &public_url())));
}

#[test]
fn a_private_answer() {
    let (key, details) = (key(), details());
    snapshot("slack_private", &pretty(&slack::private_body(&details, Some(&key))));
    snapshot("discord_private", &pretty(&discord::private_answer(&details, Some(&key))));
}

#[test]
fn a_card_that_was_refused_is_its_words_and_its_controls() {
    let (key, card) = (key(), plain_card());
    let out = Outgoing { plain: true, ..outgoing(&card, &key) };
    snapshot("slack_plain", &pretty(&slack::request_body(&out)));
    snapshot("discord_plain", &pretty(&discord::request_body(&out, &public_url())));
}

#[test]
fn short_answers() {
    let answers = [
        discord::pong(),
        discord::deferred_update(),
        discord::deferred_private(),
        discord::choices(&[("Alex".to_owned(), "alex".to_owned()), (" ".to_owned(), "x".to_owned()), ("long".to_owned(), "x".repeat(101))]),
    ];
    let lines: Vec<String> = answers.iter().map(ToString::to_string).collect();
    snapshot("discord_short", &lines.join("\n"));
}
