//! The audit trail: who did what, when and from where, what was and what is; and each thing that was asked is in it once.

use serde_json::{Value, json};

use super::act::{BOTH, On, cards, everywhere, opened};
use super::calls::cancelled_by;
use super::form::with_call;
use super::world::{ALEX, Human, KIM, World};

/// The latest row: its act, who did it, and the rest.
async fn latest(world: &World) -> (String, String, Value) {
    let row = "from history order by id desc limit 1";
    let text = async |column: &str| world.text(&format!("select coalesce({column}, '') {row}")).await;
    (text("act").await, text("person").await, serde_json::from_str(&text("detail").await).expect("JSON"))
}

async fn acts(world: &World) -> i64 {
    world.count("select count(*) from history where act <> 'opened'").await
}

/// Presses a button of the private answer that another one gave.
async fn within(on: On, world: &World, who: Human, body: &Value, button: &str) {
    on.press(world, who, body, "Details").await;
    let private = match on {
        On::Slack => world.sandbox.slack().private(),
        On::Discord => world.sandbox.discord().private(),
    };
    let details = private.last().expect("details").id.clone();
    on.press_at(world, who, &details, button).await;
}

#[tokio::test]
async fn every_act_says_who_did_what_when_and_from_where_and_what_was_and_is() {
    for on in BOTH {
        let world = World::new().await;
        let body = cancelled_by("Zed Nobody", world.now());
        world.webhook(&body).await;
        world.drain().await;
        let ending = [("How did it end?", "Lost"), ("Why?", "No answer"), ("A note for the team", "Too dear")];
        let rows: [(&str, Human, &str, &str, Value, Value); 11] = [
            ("noted", KIM, "Add note", "", json!({ "state": "open" }), json!({ "state": "open" })),
            ("side_told", KIM, "It was the host", "", json!({ "side": "unknown" }), json!({ "side": "host" })),
            ("side_told", ALEX, "It was the invitee", "", json!({ "side": "host" }), json!({ "side": "invitee" })),
            ("claimed", KIM, "Claim", "", json!({ "state": "open" }), json!({ "state": "assigned", "owner": { "name": KIM.name } })),
            ("snoozed", KIM, "Snooze", "in 2 hours", json!({ "snoozed_until": null }), json!({ "state": "assigned" })),
            ("snoozed", KIM, "Snooze", "in 30 minutes", json!({ "state": "assigned" }), json!({ "state": "assigned" })),
            ("roused", KIM, "Take over", "", json!({ "state": "assigned" }), json!({ "snoozed_until": null })),
            ("taken_over", ALEX, "Take over", "", json!({ "owner": { "name": KIM.name } }), json!({ "owner": { "name": ALEX.name } })),
            ("assigned", ALEX, "Assign follow-up", "", json!({ "owner": { "name": ALEX.name } }), json!({ "owner": { "name": KIM.name } })),
            ("closed", KIM, "Close", "", json!({ "state": "assigned" }), json!({ "state": "lost" })),
            ("reopened", KIM, "Reopen", "", json!({ "state": "lost" }), json!({ "state": "assigned", "owner": { "name": KIM.name } })),
        ];
        let mut slept = Value::Null;
        for (at, (act, who, button, choice, old, new)) in rows.into_iter().enumerate() {
            match act {
                "noted" => {
                    within(on, &world, who, &body, button).await;
                    on.send_off(&world, who, &[("What should the team know?", "She calls back")]).await;
                }
                "side_told" => within(on, &world, who, &body, button).await,
                "snoozed" => drop(on.fill(&world, who, &body, button, &[("Bring it back", choice)]).await),
                "closed" => drop(on.fill(&world, who, &body, button, &ending).await),
                "assigned" => drop(on.pick(&world, who, &body, KIM).await),
                _ => drop(on.press(&world, who, &body, button).await),
            }
            let (done, person, detail) = latest(&world).await;
            let context = format!("{on:?} {act}: {detail}");
            let id = if on == On::Slack { format!("slack:{}", who.slack) } else { format!("discord:{}", who.discord) };
            assert_eq!((done.as_str(), person), (act, id), "{context}");
            assert_eq!(acts(&world).await, i64::try_from(at).expect("few") + 1, "{context}");
            assert_eq!(detail["from"], on.channel(), "{context}");
            let seconds = (world.now().timestamp_millis() - world.count("select max(at) from history").await) / 1_000;
            assert!((0..20).contains(&seconds), "{context}");
            for (side, expected) in [("old", old), ("new", new)] {
                for (key, value) in expected.as_object().expect("an object") {
                    let found = &detail[side][key];
                    assert_eq!(
                        if key == "owner" { &found["name"] } else { found },
                        if key == "owner" { &value["name"] } else { value },
                        "{context}"
                    );
                }
            }
            if act == "snoozed" {
                assert_eq!(detail["old"]["snoozed_until"], slept, "{context}");
                assert_ne!(detail["new"]["snoozed_until"], slept, "{context}");
                slept = detail["new"]["snoozed_until"].clone();
            }
            if act == "roused" {
                assert_eq!(detail["old"]["snoozed_until"], slept, "{context}");
            }
            cards(&world, &body).await;
        }
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn a_booking_says_from_where_it_was_asked() {
    for on in BOTH {
        let (world, body) = with_call().await;
        on.press(&world, KIM, &body, "Reschedule").await;
        let time = on.times(&world, KIM).first().expect("a free time").clone();
        on.book(&world, KIM, &time).await;
        let (act, _, detail) = latest(&world).await;
        assert_eq!(
            (act.as_str(), &detail["from"], &detail["new"]["state"]),
            ("booked", &json!(on.channel()), &json!("rebooked")),
            "{detail}"
        );
    }
}

#[tokio::test]
async fn what_was_offered_is_noted_once_until_it_is_reopened() {
    for on in BOTH {
        let (world, body) = opened().await;
        on.press(&world, KIM, &body, "Reschedule").await;
        let private = match on {
            On::Slack => world.sandbox.slack().private(),
            On::Discord => world.sandbox.discord().private(),
        };
        let answer = private.last().expect("an answer").id.clone();
        for (said, rows) in [("Noted on every card", 1), ("It is noted already", 1), ("It is noted already", 1)] {
            on.press_at(&world, KIM, &answer, "Mark as offered").await;
            assert!(on.told(&world, KIM).contains(said), "{}", on.told(&world, KIM));
            assert_eq!(acts(&world).await, rows);
        }
        everywhere(&world, &body, "New time offered").await;
        on.close(&world, KIM, &body, "Lost").await;
        on.press(&world, KIM, &body, "Reopen").await;
        everywhere(&world, &body, "Thank them").await;
        on.press_at(&world, KIM, &answer, "Mark as offered").await;
        assert_eq!(acts(&world).await, 4);
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn whoever_has_what_sleeps_ends_the_snooze_and_the_thread_says_so() {
    for on in BOTH {
        let (world, body) = opened().await;
        on.press(&world, KIM, &body, "Claim").await;
        on.fill(&world, KIM, &body, "Snooze", &[("Bring it back", "tomorrow morning")]).await;
        everywhere(&world, &body, "snoozed until").await;
        on.press(&world, KIM, &body, "Take over").await;
        everywhere(&world, &body, "Kim Closer has it").await;
        for card in cards(&world, &body).await {
            let there = if card.channel.starts_with('C') { On::Slack } else { On::Discord };
            let told = there.thread(&world, &card);
            assert!(told.last().is_some_and(|line| line.contains("ended the snooze")), "{told:?}");
        }
        on.press(&world, KIM, &body, "Take over").await;
        assert!(on.told(&world, KIM).contains("already"), "{}", on.told(&world, KIM));
        world.assert_no_objections();
    }
}

/// A person who does not know whether it was done sends the same form again.
#[tokio::test]
async fn a_form_that_was_done_too_late_is_not_done_twice() {
    for on in BOTH {
        let (world, body) = opened().await;
        within(on, &world, KIM, &body, "Add note").await;
        let form = on.form(&world, KIM).expect("an open form");
        let values = [("What should the team know?", "She calls back")];
        let submit = async {
            match on {
                On::Slack => world.sandbox.slack().submit(KIM.slack, &form, &values).await,
                On::Discord => world.sandbox.discord().submit(KIM.discord, &form, &values).await,
            }
        };
        let first = world.while_writes_are_slow(submit).await;
        let told = format!("{} {}", first.immediate, on.told(&world, KIM));
        assert!(told.contains("do not know yet whether that was done"), "{told}");
        world.drain().await;
        super::world::until("the note is on disk", async || (acts(&world).await == 1).then_some(())).await;
        // The same once more, which closes Slack's form; what says something else is another note.
        let texts = [("She calls back", 1), ("She calls back tomorrow", 2)];
        for (text, rows) in texts.into_iter().take(if on == On::Slack { 1 } else { 2 }) {
            let again = match on {
                On::Slack => world.sandbox.slack().submit(KIM.slack, &form, &[(values[0].0, text)]).await,
                On::Discord => {
                    let body = first.request.body.replace("She calls back", text);
                    let mut payload: Value = serde_json::from_str(&body).expect("JSON");
                    payload["id"] = json!(format!("30000000000000009{rows}"));
                    let request = world.sandbox.discord().signed("/discord/interactions", payload.to_string(), std::time::Duration::ZERO);
                    world.sandbox.discord().send(&request).await
                }
            };
            assert_eq!(again.status, 200);
            world.drain().await;
            assert_eq!(acts(&world).await, rows, "{on:?} {text}: {}", again.immediate);
        }
    }
}
