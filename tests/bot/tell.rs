//! Whoever's call it was is told at once, directly, once, and nobody else.

use rebound::sandbox::{Fault, FaultKind, Operation, Private};
use serde_json::Value;

use super::act::{BOTH, On, cards};
use super::calls::cancelled;
use super::world::{ALEX, DISCORD, Human, KIM, SAM, SLACK, World, plain};

pub(crate) fn direct(world: &World, on: On, who: Human) -> Vec<String> {
    let (private, id): (Vec<Private>, _) = match on {
        On::Slack => (world.sandbox.slack().private(), who.slack),
        On::Discord => (world.sandbox.discord().private(), who.discord),
    };
    private.iter().filter(|one| one.direct && one.person == id).map(|one| plain(&one.text())).collect()
}

async fn cancelled_in(world: &World, setter: &str) -> Value {
    let mut body = cancelled(world.now());
    if !setter.is_empty() {
        body["event"]["setter"] = serde_json::json!({ "name": setter });
    }
    world.webhook(&body).await;
    world.drain().await;
    cards(world, &body).await;
    body
}

#[tokio::test]
async fn the_closer_is_told_once_on_one_platform() {
    let world = World::with("team = { notify_setter = \"dm\" }").await;
    cancelled_in(&world, ALEX.name).await;
    let told = direct(&world, On::Slack, ALEX);
    assert_eq!(told.len(), 1, "{told:?}");
    assert!(told[0].contains("A call of yours was cancelled") && told[0].contains("Jane Doe"), "{told:?}");
    for on in BOTH {
        for who in [KIM, SAM] {
            assert_eq!(direct(&world, on, who), Vec::<String>::new());
        }
    }
    assert_eq!(direct(&world, On::Discord, ALEX), Vec::<String>::new());
    world.assert_no_objections();
    let world = World::only_with("discord", "team = { team_only = false }").await;
    world.webhook(&cancelled(world.now())).await;
    world.live(chrono::TimeDelta::seconds(3)).await;
    assert_eq!(direct(&world, On::Discord, ALEX).len(), 1);
    world.assert_no_objections();
}

#[tokio::test]
async fn who_wants_no_message_gets_none() {
    let world = World::with("team = { notify_host = \"off\" }").await;
    cancelled_in(&world, "").await;
    for on in BOTH {
        assert_eq!(direct(&world, on, ALEX), Vec::<String>::new());
    }
}

fn slack_refuses(error: &str) -> FaultKind {
    FaultKind::Answers { status: 200, body: serde_json::json!({ "ok": false, "error": error }) }
}

/// Nobody can be told directly on Slack.
fn close_direct_messages(world: &World) {
    world.sandbox.slack().fault(Fault::new(slack_refuses("user_disabled")).when(|call, _| call == "conversations.open"));
}

#[tokio::test]
async fn a_mention_below_the_card_pings_only_them() {
    let world = World::with("team = { notify_host = \"mention\" }").await;
    let body = cancelled_in(&world, "").await;
    assert_eq!(direct(&world, On::Slack, ALEX), Vec::<String>::new());
    let below: Vec<_> = [SLACK, super::world::SLACK_HOSTS]
        .into_iter()
        .flat_map(|channel| world.sandbox.slack().thread(channel, &world.card(channel, &body).id))
        .filter(|message| message.json.to_string().contains("A call of yours was cancelled"))
        .collect();
    assert_eq!(below.len(), 1);
    assert!(below[0].json["blocks"].to_string().contains(&format!("<@{}>", ALEX.slack)), "{}", below[0].json);
    world.assert_no_objections();
}

/// Cards only in Discord, and whoever is told on Slack first.
#[tokio::test]
async fn what_is_said_on_slack_leads_to_the_card_on_discord() {
    for closed in [false, true] {
        let route = "[[route]]\nto = [\"alerts\"]\n";
        let world = World::altered("team = { notify_host = \"dm\" }", |text| text + route).await;
        if closed {
            close_direct_messages(&world);
        }
        let body = cancelled(world.now());
        world.webhook(&body).await;
        world.live(chrono::TimeDelta::seconds(10)).await;
        let card = world.card(DISCORD, &body);
        let below: Vec<_> = world.sandbox.discord().thread(DISCORD, &card.id);
        let told: Vec<_> = below.iter().filter(|message| message.json.to_string().contains("A call of yours")).collect();
        let private = world.sandbox.slack().private();
        let private: Vec<_> = private.iter().filter(|one| one.direct && one.person == ALEX.slack).collect();
        assert_eq!((private.len(), told.len()), if closed { (0, 1) } else { (1, 0) });
        if closed {
            assert_eq!(told[0].pinged, [format!("<@{}>", ALEX.discord)], "{}", told[0].json);
        } else {
            assert!(private[0].message.to_string().contains(&card.id), "{}", private[0].message);
        }
        assert_eq!(direct(&world, On::Discord, ALEX), Vec::<String>::new());
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn where_direct_messages_are_closed_on_slack_the_thread_says_it() {
    let world = World::only_with("slack", "team = { notify_host = \"dm\" }").await;
    close_direct_messages(&world);
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.live(chrono::TimeDelta::seconds(10)).await;
    let below = [SLACK, super::world::SLACK_HOSTS].map(|channel| world.sandbox.slack().thread(channel, &world.card(channel, &body).id));
    let told: Vec<_> = below.iter().flatten().filter(|message| message.json.to_string().contains("A call of yours")).collect();
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].pinged, [format!("<@{}>", ALEX.slack)], "{}", told[0].json);
}

/// Whoever booked it, on each platform, and once where they are the host themselves.
#[tokio::test]
async fn whoever_booked_it_is_told_too() {
    for way in ["dm", "mention"] {
        for (only, on) in [("slack", On::Slack), ("discord", On::Discord)] {
            let world = World::only_with(only, &format!("team = {{ notify_host = \"off\", notify_setter = \"{way}\" }}")).await;
            let mut body = cancelled(world.now());
            body["event"]["setter"] = serde_json::json!({ "name": SAM.name });
            world.webhook(&body).await;
            world.live(chrono::TimeDelta::seconds(8)).await;
            let card = world.card(on.channel(), &body);
            let below = if on == On::Slack {
                world.sandbox.slack().thread(SLACK, &card.id)
            } else {
                world.sandbox.discord().thread(DISCORD, &card.id)
            };
            let hosts = if on == On::Slack {
                world.sandbox.slack().thread(super::world::SLACK_HOSTS, &world.card(super::world::SLACK_HOSTS, &body).id)
            } else {
                Vec::new()
            };
            let below: Vec<_> = below.into_iter().chain(hosts).filter(|line| line.text().contains("A call that you booked")).collect();
            let told = direct(&world, on, SAM);
            assert_eq!((told.len(), below.len()), if way == "dm" { (1, 0) } else { (0, 1) }, "{way} {only}");
            if let Some(line) = below.first() {
                assert_eq!(line.pinged, [format!("<@{}>", if on == On::Slack { SAM.slack } else { SAM.discord })], "{}", line.json);
            } else {
                assert!(told[0].contains("A call that you booked was cancelled"), "{told:?}");
            }
            assert_eq!(direct(&world, on, ALEX), Vec::<String>::new());
            world.assert_no_objections();
        }
    }
}

#[tokio::test]
async fn where_direct_messages_are_closed_the_thread_says_it() {
    let world = World::only_with("discord", "team = { team_only = false }").await;
    let body = serde_json::json!({ "message": "Cannot send messages to this user", "code": 50_007 });
    let kind = FaultKind::Answers { status: 403, body };
    world.sandbox.discord().fault(Fault::new(kind).when(|call, _| call == "open direct conversation"));
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.live(chrono::TimeDelta::seconds(10)).await;
    let below = world.sandbox.discord().thread(DISCORD, &world.card(DISCORD, &body).id);
    let told: Vec<_> = below.iter().filter(|message| message.json.to_string().contains("A call of yours")).collect();
    assert_eq!(told.len(), 1);
    assert!(told[0].json["content"].as_str().is_some_and(|content| content.contains(ALEX.discord)), "{}", told[0].json);
}

#[tokio::test]
async fn a_mention_goes_below_a_card_that_is_there() {
    for there in [SLACK, super::world::SLACK_HOSTS] {
        let world = World::only_with("slack", "team = { notify_host = \"dm\" }").await;
        close_direct_messages(&world);
        let archived = if there == SLACK { super::world::SLACK_HOSTS } else { SLACK };
        world.sandbox.slack().fault(Fault::new(slack_refuses("is_archived")).on(Operation::Create).channel(archived));
        let body = cancelled(world.now());
        world.webhook(&body).await;
        world.live(chrono::TimeDelta::seconds(20)).await;
        let below = world.sandbox.slack().thread(there, &world.card(there, &body).id);
        let told = below.iter().filter(|message| message.json.to_string().contains("A call of yours")).count();
        assert_eq!(told, 1, "{there}");
    }
}

#[tokio::test]
async fn where_no_card_came_out_in_slack_a_mention_goes_to_discord() {
    let world = World::altered("team = { notify_host = \"dm\" }", |text| text).await;
    close_direct_messages(&world);
    for archived in [SLACK, super::world::SLACK_HOSTS] {
        world.sandbox.slack().fault(Fault::new(slack_refuses("is_archived")).on(Operation::Create).channel(archived));
    }
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.live(chrono::TimeDelta::seconds(90)).await;
    let below = world.sandbox.discord().thread(DISCORD, &world.card(DISCORD, &body).id);
    let told = below.iter().filter(|message| message.json.to_string().contains("A call of yours")).count();
    assert_eq!(told, 1);
}
