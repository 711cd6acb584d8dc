//! Buttons work wherever they stand: in the private lists of both platforms, and in Slack's home.

use std::time::Duration;

use chrono::TimeDelta;
use serde_json::Value;

use super::act::{BOTH, On, another, cards, everywhere, opened};
use super::calls::cancelled;
use super::world::{ALEX, DISCORD, Human, KIM, SAM, SLACK, World, plain};

/// A list in private, and what somebody sees of it.
async fn listed(on: On, world: &World, who: Human, verb: &str) -> String {
    let _ = world.app.flow().register().await.expect("registered");
    let answered = match on {
        On::Slack => world.sandbox.slack().command(who.slack, verb).await,
        On::Discord => world.sandbox.discord().command(who.discord, verb).await,
    };
    assert!(answered.is_ok(), "{:?} {}", answered.error, answered.immediate);
    last(on, world, who)
}

/// The id of the last private message.
fn last(on: On, world: &World, who: Human) -> String {
    let (private, id) = match on {
        On::Slack => (world.sandbox.slack().private(), who.slack),
        On::Discord => (world.sandbox.discord().private(), who.discord),
    };
    private.into_iter().rev().find(|private| private.person == id && !private.direct).expect("a private message").id
}

async fn home(world: &World, who: Human) -> (String, String) {
    assert_eq!(world.sandbox.slack().open_home(who.slack).await.status, 200);
    world.drain().await;
    shown(world, who)
}

/// The home as it is shown now: its id and its words.
fn shown(world: &World, who: Human) -> (String, String) {
    let home = world.sandbox.slack().home(who.slack).expect("a home");
    (home.id, plain(&home.json.to_string()))
}

async fn press_home(world: &World, who: Human, button: &str) {
    let (id, _) = shown(world, who);
    let answered = world.sandbox.slack().press(who.slack, SLACK, &id, button).await;
    assert!(answered.is_ok() && answered.latency < Duration::from_secs(3), "{button}: {:?}", answered.error);
    world.drain().await;
}

async fn press_view(world: &World, who: Human, view: &str, button: &str) {
    let answered = world.sandbox.slack().press(who.slack, SLACK, view, button).await;
    assert!(answered.is_ok(), "{button}: {:?}", answered.error);
    world.drain().await;
}

#[tokio::test]
async fn a_morning_s_pile_is_worked_through_from_the_list_one_step_each() {
    for on in BOTH {
        let (world, first) = opened().await;
        let second = another(&world).await;
        let list = listed(on, &world, KIM, "open").await;
        let before = (world.messages(SLACK).len(), world.messages(DISCORD).len());
        on.press_at(&world, KIM, &list, "Close").await;
        on.send_off(&world, KIM, &[("How did it end?", "Lost"), ("Why?", "No answer")]).await;
        // The same list, one line shorter: no need to ask again.
        assert_eq!(last(on, &world, KIM), list);
        assert!(on.told(&world, KIM).contains("1 follow-up is open"), "{}", on.told(&world, KIM));
        on.press_at(&world, KIM, &list, "Close").await;
        on.send_off(&world, KIM, &[("How did it end?", "Dismissed"), ("Why?", "A test")]).await;
        assert!(on.told(&world, KIM).contains("Nothing is open"), "{}", on.told(&world, KIM));
        assert_eq!(world.count("select count(*) from history where act = 'closed'").await, 2);
        for body in [&first, &second] {
            for card in cards(&world, body).await {
                assert!(card.buttons().contains(&"Reopen".to_owned()), "{}", card.text());
            }
        }
        // Nothing of it was public but the edits of the cards.
        assert_eq!((world.messages(SLACK).len(), world.messages(DISCORD).len()), before);
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn every_button_of_a_list_acts_on_its_own_line() {
    for on in BOTH {
        let (world, body) = opened().await;
        let list = listed(on, &world, KIM, "open").await;
        on.press_at(&world, KIM, &list, "Claim").await;
        everywhere(&world, &body, "Kim Closer has it").await;
        assert!(on.told(&world, KIM).contains("Kim Closer has it"), "the list says so, too: {}", on.told(&world, KIM));
        let list = listed(on, &world, SAM, "open").await;
        on.press_at(&world, SAM, &list, "Details").await;
        assert!(on.told(&world, SAM).contains("Between 20k and 50k"), "{}", on.told(&world, SAM));
        let mine = listed(on, &world, KIM, "mine").await;
        on.press_at(&world, KIM, &mine, "Snooze").await;
        on.send_off(&world, KIM, &[("Bring it back", "in 2 hours")]).await;
        everywhere(&world, &body, "snoozed until").await;
        let shown = listed(on, &world, KIM, &format!("show {}", super::calls::email(&body))).await;
        on.press_at(&world, KIM, &shown, "Reschedule").await;
        assert!(on.told(&world, KIM).contains("pick a new time"), "{}", on.told(&world, KIM));
        on.press_at(&world, KIM, &last(on, &world, KIM), "Mark as offered").await;
        everywhere(&world, &body, "New time offered").await;
        world.assert_no_objections();
    }
}

/// The message that was pressed in cannot show it.
#[tokio::test]
async fn what_is_done_from_a_private_answer_is_confirmed_there() {
    for on in BOTH {
        let (world, body) = opened().await;
        let shown = listed(on, &world, KIM, &format!("show {}", super::calls::email(&body))).await;
        on.press_at(&world, KIM, &shown, "Claim").await;
        assert!(on.told(&world, KIM).contains("Done. Every card shows it."), "{on:?}: {}", on.told(&world, KIM));
        everywhere(&world, &body, "Kim Closer has it").await;
        let before = on.told(&world, KIM);
        on.press(&world, KIM, &body, "Snooze").await;
        assert_eq!(on.told(&world, KIM), before, "a card shows it by itself");
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn who_is_refused_in_a_list_hears_why_and_the_list_is_no_card() {
    for on in BOTH {
        let (world, body) = opened().await;
        let list = listed(on, &world, SAM, "open").await;
        on.press(&world, KIM, &body, "Claim").await;
        let before: Vec<Value> = cards(&world, &body).await.into_iter().map(|card| card.json).collect();
        for button in ["Claim", "Close"] {
            on.press_at(&world, SAM, &list, button).await;
            assert!(on.told(&world, SAM).contains("has it"), "{button}: {}", on.told(&world, SAM));
        }
        let after: Vec<Value> = cards(&world, &body).await.into_iter().map(|card| card.json).collect();
        assert_eq!(before, after);
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn the_home_is_worked_through_and_shows_what_is_left() {
    let (world, body) = opened().await;
    let other = another(&world).await;
    for body in [&body, &other] {
        On::Slack.press(&world, KIM, body, "Claim").await;
    }
    assert!(home(&world, KIM).await.1.contains("You have 2 follow-ups"));
    press_home(&world, KIM, "Close").await;
    On::Slack.send_off(&world, KIM, &[("How did it end?", "Lost"), ("Why?", "No answer")]).await;
    assert!(shown(&world, KIM).1.contains("You have 1 follow-up:"), "{}", shown(&world, KIM).1);
    press_home(&world, KIM, "Snooze").await;
    On::Slack.send_off(&world, KIM, &[("Bring it back", "in 2 hours")]).await;
    assert!(shown(&world, KIM).1.contains("snoozed until"), "{}", shown(&world, KIM).1);
    press_home(&world, KIM, "Reschedule").await;
    let view = world.sandbox.slack().views().pop().expect("a view");
    assert!(view.open && view.person == KIM.slack && plain(&view.json.to_string()).contains("app.iclosed.io/r/"), "{}", view.json);
    // What stands on top of the home has buttons that work.
    press_view(&world, KIM, &view.id, "Mark as offered").await;
    let told = world.sandbox.slack().views().pop().expect("a view");
    assert!(plain(&told.json.to_string()).contains("a new time was offered"), "{}", told.json);
    for view in [&told, &view] {
        world.sandbox.slack().close(KIM.slack, &view.id).await;
    }
    assert_eq!(world.count("select count(*) from history where act = 'offered'").await, 1);
    press_home(&world, KIM, "Details").await;
    let view = world.sandbox.slack().views().pop().expect("a view");
    press_view(&world, KIM, &view.id, "Add note").await;
    On::Slack.send_off(&world, KIM, &[("What should the team know?", "Prefers mornings")]).await;
    assert_eq!(world.count("select count(*) from history where act = 'noted'").await, 1);
    world.sandbox.slack().close(KIM.slack, &view.id).await;
    // What somebody else took over meanwhile is refused on top of the home, which could not be shown anew.
    let kind = rebound::sandbox::FaultKind::ErrorBefore(500);
    world.sandbox.slack().fault(rebound::sandbox::Fault::new(kind).when(|call, _| call == "views.publish"));
    On::Discord.press(&world, ALEX, &if other_is_open(&world, &other).await { other } else { body }, "Take over").await;
    world.live(TimeDelta::seconds(3)).await;
    press_home(&world, KIM, "Close").await;
    let view = world.sandbox.slack().views().pop().expect("a view");
    assert!(view.json["submit"].is_null() && plain(&view.json.to_string()).contains("has it"), "{}", view.json);
    world.assert_no_objections();
}

async fn other_is_open(world: &World, other: &Value) -> bool {
    cards(world, other).await.iter().all(|card| !card.buttons().contains(&"Reopen".to_owned()))
}

#[tokio::test]
async fn a_new_time_is_booked_from_the_home() {
    let world = World::with_key("").await;
    let body = cancelled(world.now());
    world.sandbox.iclosed().know(&body);
    world.webhook(&body).await;
    world.drain().await;
    On::Slack.press(&world, KIM, &body, "Claim").await;
    home(&world, KIM).await;
    press_home(&world, KIM, "Reschedule").await;
    let view = world.sandbox.slack().views().pop().expect("a view");
    let menu = &view.json["blocks"].as_array().expect("blocks").iter().find(|block| block["type"] == "input").expect("a menu")["element"];
    let time = menu["options"][0]["text"]["text"].as_str().expect("a time").to_owned();
    assert!(world.sandbox.slack().submit(KIM.slack, &view.id, &[("Choose a free time", &time)]).await.is_ok());
    world.drain().await;
    everywhere(&world, &body, "rebooked for").await;
    assert!(shown(&world, KIM).1.contains("You have no open follow-up"), "{}", shown(&world, KIM).1);
    world.assert_no_objections();
}
