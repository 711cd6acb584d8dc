//! Who is who: teammates who are known by their address, people who cannot have a follow-up, and guests who ask and press.

use std::time::Duration;

use rebound::sandbox::{Fault, FaultKind};
use serde_json::{Value, json};

use super::act::{BOTH, On, cards, everywhere, opened, opened_with};
use super::calls::cancelled;
use super::tell::direct;
use super::world::{ALEX, DISCORD, Human, KIM, OLGA, SAM, SLACK, World};

/// The team's list gives no Slack id of that person.
async fn without_slack_id(who: Human, more: &str) -> (World, Value) {
    let line = format!("slack = \"{}\"\n", who.slack);
    let world = World::altered(more, |text| text.replace(&line, "")).await;
    let body = cancelled(world.now());
    (world, body)
}

#[tokio::test]
async fn a_teammate_who_is_known_by_address_acts_is_mentioned_and_may_what_they_may() {
    let (world, body) = without_slack_id(ALEX, "team = { team_only = true, notify_host = \"off\" }").await;
    world.webhook(&body).await;
    world.drain().await;
    On::Slack.press(&world, OLGA, &body, "Claim").await;
    assert!(On::Slack.told(&world, OLGA).contains("Only people of the sales team"), "{}", On::Slack.told(&world, OLGA));
    On::Discord.press(&world, KIM, &body, "Claim").await;
    everywhere(&world, &body, "Kim Closer has it").await;
    // A manager may.
    On::Slack.press(&world, ALEX, &body, "Take over").await;
    for card in cards(&world, &body).await {
        let mention = if card.channel == DISCORD { ALEX.discord } else { ALEX.slack };
        assert!(card.json.to_string().contains(&format!("<@{mention}>")), "{}", card.json);
    }
    let asked = world.sandbox.slack().journal().iter().filter(|call| call.name == "users.info").count();
    On::Slack.press(&world, ALEX, &body, "Details").await;
    assert_eq!(world.sandbox.slack().journal().iter().filter(|call| call.name == "users.info").count(), asked, "learned once");
    world.assert_no_objections();
}

#[tokio::test]
async fn a_host_who_is_known_by_address_is_told_on_slack() {
    let (world, body) = without_slack_id(ALEX, "team = { notify_host = \"dm\" }").await;
    world.app.flow().learn_people().await;
    assert!(!world.app.flow().is_anybody_unknown());
    world.webhook(&body).await;
    cards(&world, &body).await;
    assert_eq!((direct(&world, On::Slack, ALEX).len(), direct(&world, On::Discord, ALEX).len()), (1, 0));
    world.assert_no_objections();
}

#[tokio::test]
async fn a_guest_with_a_teammate_s_address_is_not_that_teammate() {
    let (world, body) = without_slack_id(ALEX, "team = { team_only = true }").await;
    let user = json!({ "id": ALEX.slack, "is_restricted": true, "profile": { "email": "alex@acme.example" } });
    world.sandbox.slack().fault(says_of(&user).when(|call, _| call.starts_with("users.")));
    world.app.flow().learn_people().await;
    assert!(world.app.flow().is_anybody_unknown());
    world.webhook(&body).await;
    world.drain().await;
    On::Slack.press(&world, ALEX, &body, "Claim").await;
    assert!(On::Slack.told(&world, ALEX).contains("Only people of the sales team"), "{}", On::Slack.told(&world, ALEX));
}

/// What Slack says of a user.
fn says_of(user: &Value) -> Fault {
    Fault::new(FaultKind::Answers { status: 200, body: json!({ "ok": true, "user": user }) })
}

#[tokio::test]
async fn who_cannot_have_a_follow_up_is_refused_with_the_reason_on_slack() {
    let (world, body) = opened().await;
    let before: Vec<Value> = cards(&world, &body).await.into_iter().map(|card| card.json).collect();
    for (marks, why) in [
        (json!({ "is_bot": true }), "A bot cannot"),
        (json!({ "deleted": true }), "deactivated"),
        (json!({ "is_restricted": true }), "A guest cannot"),
        (json!({ "is_ultra_restricted": true }), "A guest cannot"),
        (json!({ "is_stranger": true }), "does not belong to us"),
        (json!({ "team_id": "T0ELSEWHERE" }), "does not belong to us"),
        (json!({ "id": "USLACKBOT" }), "A bot cannot"),
    ] {
        let mut user = json!({ "id": OLGA.slack, "name": "olga" });
        if let (Some(user), Some(marks)) = (user.as_object_mut(), marks.as_object()) {
            user.extend(marks.clone());
        }
        world.sandbox.slack().heal();
        world.sandbox.slack().fault(says_of(&user).when(|call, _| call == "users.info"));
        On::Slack.pick(&world, ALEX, &body, OLGA).await;
        assert!(On::Slack.told(&world, ALEX).contains(why), "{marks}: {}", On::Slack.told(&world, ALEX));
    }
    let after: Vec<Value> = cards(&world, &body).await.into_iter().map(|card| card.json).collect();
    assert_eq!(after, before);
    world.sandbox.slack().heal();
    On::Slack.pick(&world, ALEX, &body, OLGA).await;
    everywhere(&world, &body, "Olga Outsider has it").await;
}

#[tokio::test]
async fn who_cannot_have_a_follow_up_is_refused_with_the_reason_on_discord() {
    let (world, body) = opened().await;
    On::Discord.pick(&world, ALEX, &body, SAM).await;
    let card = world.card(DISCORD, &body).id;
    // He has it, so that nothing comes of it.
    let picked = world.sandbox.discord().pick(ALEX.discord, DISCORD, &card, "Assign follow-up", SAM.discord).await;
    for (at, (member, bot, why)) in [(true, true, "A bot cannot"), (false, false, "does not belong to us")].into_iter().enumerate() {
        let mut payload: Value = serde_json::from_str(&picked.request.body.replace(SAM.discord, OLGA.discord)).expect("JSON");
        payload["id"] = format!("39000000000000000{at}").into();
        payload["data"]["resolved"]["users"][OLGA.discord]["bot"] = bot.into();
        if !member {
            payload["data"]["resolved"]["members"] = json!({});
        }
        let request = world.sandbox.discord().signed("/discord/interactions", payload.to_string(), Duration::ZERO);
        let answered = world.sandbox.discord().send(&request).await;
        assert!(answered.immediate.to_string().contains(why), "{}", answered.immediate);
    }
    everywhere(&world, &body, "Sam Closer has it").await;
}

/// Slack's payloads do not say that somebody is a guest.
#[tokio::test]
async fn guests_see_no_leads_and_change_nothing() {
    for marks in [json!({ "is_restricted": true }), json!({ "is_ultra_restricted": true }), json!({ "team_id": "T0ELSEWHERE" })] {
        let (world, body) = opened_with("").await;
        let before: Vec<Value> = cards(&world, &body).await.into_iter().map(|card| card.json).collect();
        let mut user = json!({ "id": OLGA.slack, "name": "olga" });
        if let (Some(user), Some(marks)) = (user.as_object_mut(), marks.as_object()) {
            user.extend(marks.clone());
        }
        world.sandbox.slack().fault(says_of(&user).when(|call, _| call == "users.info"));
        for button in ["Claim", "Details", "Close"] {
            On::Slack.press(&world, OLGA, &body, button).await;
            let told = On::Slack.told(&world, OLGA);
            assert!(told.contains("Only people of the sales team") && !told.contains("Jane"), "{marks} {button}: {told}");
            assert_eq!(On::Slack.form(&world, OLGA), None);
        }
        for typed in ["open", "mine", "show Jane Doe", "help"] {
            let answered = world.sandbox.slack().command_in(OLGA.slack, SLACK, typed).await;
            let told = answered.immediate.to_string();
            assert!(told.contains("Only people of the sales team") && !told.contains("Jane"), "{marks} {typed}: {told}");
        }
        world.sandbox.slack().open_home(OLGA.slack).await;
        world.drain().await;
        let home = world.sandbox.slack().home(OLGA.slack).map(|home| home.json.to_string()).unwrap_or_default();
        assert!(home.contains("Only people of the sales team") && !home.contains("Jane"), "{marks}: {home}");
        let after: Vec<Value> = cards(&world, &body).await.into_iter().map(|card| card.json).collect();
        assert_eq!(after, before, "{marks}");
    }
    // In Discord whoever is not on the server has no member.
    let (world, body) = opened_with("").await;
    let pressed = On::Discord.press(&world, OLGA, &body, "Details").await;
    let mut payload: Value = serde_json::from_str(&pressed.request.body).expect("JSON");
    payload["id"] = "390000000000000001".into();
    payload["user"] = payload["member"]["user"].clone();
    payload["member"] = Value::Null;
    let request = world.sandbox.discord().signed("/discord/interactions", payload.to_string(), Duration::ZERO);
    let told = world.sandbox.discord().send(&request).await.immediate.to_string();
    assert!(told.contains("Only people of the sales team") && !told.contains("Jane"), "{told}");
    for on in BOTH {
        assert!(world.cards(on.channel(), &body).iter().all(|card| card.text().contains("open")));
    }
}

#[tokio::test]
async fn nothing_is_given_to_whom_no_platform_knows_yet() {
    let lines = [format!("slack = \"{}\"\n", SAM.slack), format!("discord = \"{}\"\n", SAM.discord)];
    let world = World::altered("", |text| lines.iter().fold(text, |text, line| text.replace(line, ""))).await;
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.drain().await;
    let id = world.text("select short_id from follow_up").await;
    let told = On::Slack.ask(&world, ALEX, &format!("assign {id} Sam Closer")).await;
    assert!(told.contains("I know no account of theirs"), "{told}");
    everywhere(&world, &body, "open").await;
}

/// What cards do not show is shown to nobody of whom Slack does not say that they belong.
#[tokio::test]
async fn while_slack_does_not_tell_who_somebody_is_they_see_no_more_than_the_channel() {
    let (world, body) = opened_with("").await;
    let failing = FaultKind::Answers { status: 200, body: json!({ "ok": false, "error": "internal_error" }) };
    world.sandbox.slack().fault(Fault::new(failing).when(|call, _| call == "users.info"));
    for button in ["Details", "Reschedule"] {
        On::Slack.press(&world, OLGA, &body, button).await;
        let told = On::Slack.told(&world, OLGA);
        assert!(told.contains("again") && !told.contains("Jane"), "{button}: {told}");
        assert_eq!(On::Slack.form(&world, OLGA), None, "{button}");
    }
    On::Slack.press(&world, OLGA, &body, "Claim").await;
    everywhere(&world, &body, "has it").await;
}
