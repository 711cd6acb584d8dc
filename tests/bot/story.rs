//! The story: each step has one line in the thread of every card, in order, after its card shows it.

use chrono::TimeDelta;
use serde_json::Value;

use super::act::{BOTH, On, cards, everywhere, opened};
use super::calls::{booked_again, cancelled, cancelled_again, cancelled_by};
use super::world::{ALEX, DISCORD, KIM, SAM, SLACK, SLACK_HOSTS, World, plain};

const CHANNELS: [&str; 3] = [SLACK, SLACK_HOSTS, DISCORD];

/// What stands below each card, once all is quiet.
async fn threads(world: &World, body: &Value) -> Vec<Vec<String>> {
    world.live(TimeDelta::seconds(30)).await;
    let below = |channel: &str| {
        let on = if channel == DISCORD { On::Discord } else { On::Slack };
        on.thread(world, &world.card(channel, body))
    };
    CHANNELS.map(below).into()
}

fn assert_told(threads: &[Vec<String>], steps: &[&str]) {
    for told in threads {
        assert_eq!(told.len(), steps.len(), "{told:#?}");
        for (line, step) in told.iter().zip(steps) {
            assert!(line.contains(step), "{step}: {told:#?}");
        }
    }
}

#[tokio::test]
async fn every_step_has_one_line_below_every_card_in_its_order() {
    for on in BOTH {
        let (world, body) = opened().await;
        on.press(&world, KIM, &body, "Claim").await;
        world.live(TimeDelta::seconds(5)).await;
        on.fill(&world, KIM, &body, "Snooze", &[("Bring it back", "in 2 hours")]).await;
        world.live(TimeDelta::seconds(5)).await;
        world.pass(TimeDelta::minutes(121));
        world.live(TimeDelta::seconds(5)).await;
        on.pick(&world, KIM, &body, SAM).await;
        world.live(TimeDelta::seconds(5)).await;
        on.press(&world, ALEX, &body, "Take over").await;
        world.live(TimeDelta::seconds(5)).await;
        let values = [("How did it end?", "Lost"), ("Why?", "No answer"), ("A note for the team", "rang <!here> twice")];
        on.fill(&world, ALEX, &body, "Close", &values).await;
        world.live(TimeDelta::seconds(5)).await;
        on.press(&world, ALEX, &body, "Reopen").await;
        let told = threads(&world, &body).await;
        let steps = ["took it", "let it sleep until", "came back", "gave it to", "took it over", "Lost · No answer", "reopened it"];
        assert_told(&told, &steps);
        let thread = world.sandbox.discord().thread_name(&world.card(DISCORD, &body).id).expect("a thread");
        let id = world.text("select short_id from follow_up").await;
        assert_eq!(plain(&thread), format!("Jane Doe · {id}"));
        assert!(told.iter().all(|told| told[5].contains("rang <!here> twice") || told[5].contains("rang &lt;!here&gt; twice")), "{told:?}");
        for channel in [SLACK, SLACK_HOSTS] {
            for line in world.sandbox.slack().thread(channel, &world.card(channel, &body).id) {
                assert!(!line.json["blocks"].to_string().contains("<@U"), "a line pings nobody: {}", line.json);
            }
        }
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn a_burst_of_steps_keeps_its_order_and_waits_for_the_card() {
    for on in BOTH {
        let (world, body) = opened().await;
        on.press(&world, KIM, &body, "Claim").await;
        on.fill(&world, KIM, &body, "Snooze", &[("Bring it back", "in 2 hours")]).await;
        on.pick(&world, KIM, &body, SAM).await;
        assert_told(&threads(&world, &body).await, &["took it", "let it sleep until", "gave it to"]);
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn lines_survive_a_restart_once() {
    for on in BOTH {
        let (world, body) = opened().await;
        on.press(&world, KIM, &body, "Claim").await;
        let world = world.restarted().await;
        assert_told(&threads(&world, &body).await, &["took it"]);
    }
}

#[tokio::test]
async fn a_booking_of_what_nobody_had_is_told_below_a_card_that_goes_out_later() {
    let world = World::new().await;
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.drain_understanding().await;
    world.webhook(&booked_again(&body, false, world.now())).await;
    world.drain().await;
    assert_told(&threads(&world, &body).await, &["They booked again"]);
    world.assert_no_objections();
}

#[tokio::test]
async fn who_presses_at_home_sees_their_home_as_it_is_then() {
    let (world, body) = opened().await;
    On::Slack.press(&world, KIM, &body, "Claim").await;
    let slack = || world.sandbox.slack();
    assert_eq!(slack().open_home(KIM.slack).await.status, 200);
    world.drain().await;
    assert!(slack().home(KIM.slack).expect("a home").json.to_string().contains("Jane Doe"));
    On::Slack.close(&world, KIM, &body, "Lost").await;
    let home = plain(&slack().home(KIM.slack).expect("a home").json.to_string());
    assert!(home.contains("You have no open follow-up") && !home.contains("Jane Doe"), "{home}");
    everywhere(&world, &body, "lost").await;
    assert_eq!(cards(&world, &body).await.len(), 3);
    world.assert_no_objections();
}

/// Opens everything about a card and presses a button there.
async fn press_in_details(world: &World, on: On, body: &Value, button: &str) {
    on.press(world, KIM, body, "Details").await;
    let private = match on {
        On::Slack => world.sandbox.slack().private(),
        On::Discord => world.sandbox.discord().private(),
    };
    let details = private.last().expect("details").id.clone();
    on.press_at(world, KIM, &details, button).await;
    world.live(TimeDelta::seconds(5)).await;
}

async fn told(world: &World, body: &Value) {
    world.pass(TimeDelta::seconds(5));
    world.webhook(body).await;
    world.live(TimeDelta::seconds(5)).await;
}

fn says(world: &World, body: &Value) -> Vec<String> {
    CHANNELS.map(|channel| plain(&world.cards(channel, body).pop().expect("a card").text())).into()
}

#[tokio::test]
async fn a_name_of_the_hosts_side_is_known_from_then_on_until_it_is_corrected() {
    for on in BOTH {
        let world = World::new().await;
        let first = cancelled_by("Nobody, ZED", world.now());
        told(&world, &first).await;
        press_in_details(&world, on, &first, "It was the host").await;
        let second = cancelled_by("zed nobody", world.now());
        told(&world, &second).await;
        for text in says(&world, &second) {
            assert!(text.contains("cancelled on") && !text.contains("Cancelled:"), "{text}");
        }
        // What somebody said, somebody may correct; then nobody goes by that name but this invitee.
        press_in_details(&world, on, &second, "It was the invitee").await;
        for text in says(&world, &second) {
            assert!(text.contains("Jane Doe cancelled"), "{text}");
        }
        let third = cancelled_by("Zed Nobody", world.now());
        told(&world, &third).await;
        assert!(says(&world, &third).iter().all(|text| text.contains("Cancelled: Jane Doe")));
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn a_name_of_an_invitee_is_known_for_their_own_calls_only() {
    for on in BOTH {
        let world = World::new().await;
        let first = cancelled_by("Zed Nobody", world.now());
        told(&world, &first).await;
        press_in_details(&world, on, &first, "It was the invitee").await;
        let other = cancelled_by("Zed Nobody", world.now());
        told(&world, &other).await;
        assert!(says(&world, &other).iter().all(|text| text.contains("Cancelled: Jane Doe")));
        let mut again = cancelled_by("Zed Nobody", world.now());
        again["invitee"]["email"] = first["invitee"]["email"].clone();
        told(&world, &again).await;
        for text in says(&world, &again) {
            assert!(text.contains("Jane Doe cancelled") && text.contains("2nd cancellation"), "{text}");
        }
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn a_name_that_was_explained_leads_to_the_channels_of_its_side() {
    let world = World::with("[[route]]\nwhen = { cancelled_by = [\"host\"] }\nto = [\"hosts\"]").await;
    let first = cancelled_by("Zed Nobody", world.now());
    told(&world, &first).await;
    press_in_details(&world, On::Slack, &first, "It was the host").await;
    let second = cancelled_by("Zed Nobody", world.now());
    told(&world, &second).await;
    assert_eq!(CHANNELS.map(|channel| world.cards(channel, &second).len()), [0, 1, 0]);
}

#[tokio::test]
async fn a_closed_card_says_why_until_it_is_reopened() {
    for on in BOTH {
        let (world, body) = opened().await;
        let values = [("How did it end?", "Lost"), ("Why?", "Went to somebody else"), ("A note for the team", "ask again in May")];
        on.fill(&world, ALEX, &body, "Close", &values).await;
        for card in cards(&world, &body).await {
            let text = plain(&card.text());
            assert!(text.contains("Went to somebody else · ask again in May"), "{text}");
        }
        on.press(&world, KIM, &body, "Details").await;
        assert!(on.told(&world, KIM).contains("ask again in May"), "{}", on.told(&world, KIM));
        on.press(&world, ALEX, &body, "Reopen").await;
        assert!(cards(&world, &body).await.iter().all(|card| !plain(&card.text()).contains("Went to somebody else")));
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn a_second_cancellation_names_the_first_and_how_that_ended() {
    for on in BOTH {
        let (world, body) = opened().await;
        on.close(&world, ALEX, &body, "Lost").await;
        told(&world, &cancelled_again(&booked_again(&body, false, world.now()), world.now())).await;
        for channel in CHANNELS {
            let said: Vec<String> = world.cards(channel, &body).iter().map(|card| plain(&card.text())).collect();
            assert!(said[0].contains("lost") && said[1].contains("2nd cancellation (before: ") && said[1].contains(", lost)"), "{said:?}");
        }
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn a_direct_message_leads_to_the_card() {
    for on in BOTH {
        let (world, body) = opened().await;
        on.pick(&world, ALEX, &body, SAM).await;
        world.live(TimeDelta::seconds(5)).await;
        let card = world.card(on.channel(), &body);
        let private = match on {
            On::Slack => world.sandbox.slack().private(),
            On::Discord => world.sandbox.discord().private(),
        };
        let told: Vec<_> = private.iter().filter(|one| one.direct && plain(&one.text()).contains("gave you this")).collect();
        assert_eq!(told.len(), 1);
        let said = told[0].message.to_string();
        // Of several cards on a platform, the way leads to the first one by the channel's name.
        let channel = if on == On::Discord { DISCORD } else { SLACK_HOSTS };
        let id = if on == On::Discord { card.id } else { world.card(channel, &body).id.replace('.', "") };
        assert!(said.contains("Open the card") && said.contains(channel) && said.contains(&id), "{said}");
        world.assert_no_objections();
    }
}
