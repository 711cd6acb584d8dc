//! The story: each step has one line in the thread of every card, in order, after its card shows it.

use chrono::TimeDelta;
use serde_json::Value;

use super::act::{BOTH, On, cards, everywhere, opened};
use super::calls::{booked_again, cancelled};
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
