//! What a card says, and that nothing in it is ever what the data wanted it to be.

use super::calls::{REASON, cancelled, cancelled_by};
use super::world::{DISCORD, KIM_DISCORD, KIM_SLACK, SLACK, World, plain};

#[tokio::test]
async fn each_side_has_its_own_words() {
    let world = World::new().await;
    for (canceller, says, never) in [
        ("Jane Doe", ["Jane Doe cancelled", "Next:"], Some("apolog")),
        ("Alex Closer", ["Alex Closer cancelled on Jane Doe", "An apology and a new time"], None),
        ("Somebody Unheard-of", ["Somebody Unheard-of", "Find out who cancelled"], Some("apolog")),
    ] {
        let body = cancelled_by(canceller, world.now());
        world.webhook(&body).await;
        world.live(chrono::TimeDelta::seconds(3)).await;
        for channel in [SLACK, DISCORD] {
            let said = plain(&world.card(channel, &body).text());
            let next_is_a_field = |words: &str| words == "Next:" && said.contains("\nNext\n");
            assert!(says.iter().all(|words| said.contains(words) || next_is_a_field(words)), "{canceller} in {channel}:\n{said}");
            assert!(never.is_none_or(|never| !said.to_lowercase().contains(never)), "{canceller} in {channel}:\n{said}");
        }
    }
    world.assert_no_objections();
}

#[tokio::test]
async fn a_card_says_what_happened_and_offers_what_to_do() {
    let world = World::new().await;
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.drain().await;
    for channel in [SLACK, DISCORD] {
        let card = world.card(channel, &body);
        let said = plain(&card.text());
        for fact in ["Jane Doe", "Strategy Call", REASON, "Between 20k and 50k", "newsletter", "Alex Closer"] {
            assert!(said.contains(fact) || fact == "Alex Closer" && card.text().contains("300000000000000021"), "{fact} is not in\n{said}");
        }
        let lines = said.lines().filter(|line| !line.trim().is_empty()).count();
        assert!(lines <= 18, "{lines} lines:\n{said}");
        assert_eq!(card.buttons(), ["Claim", "Reschedule", "Snooze", "Close", "Details"]);
        assert!(card.json.to_string().contains("Assign follow-up"));
        assert!(card.json.to_string().contains(body["invitee"]["previewUrl"].as_str().expect("a link")));
    }
    world.assert_no_objections();
}

#[tokio::test]
async fn one_platform_alone_is_enough_and_the_other_is_never_mentioned() {
    for (kept, other) in [("slack", "discord"), ("discord", "slack")] {
        let world = World::only(kept).await;
        let body = cancelled(world.now());
        world.webhook(&body).await;
        world.drain().await;
        let (channel, person) = if kept == "slack" { (SLACK, KIM_SLACK) } else { (DISCORD, KIM_DISCORD) };
        let card = world.card(channel, &body);
        let pressed = if kept == "slack" {
            world.sandbox.slack().press(person, channel, &card.id, "Details").await
        } else {
            world.sandbox.discord().press(person, channel, &card.id, "Details").await
        };
        assert!(pressed.is_ok(), "{:?}", pressed.error);
        world.drain().await;
        let asked = [world.sandbox.slack().journal().len(), world.sandbox.discord().journal().len()];
        assert_eq!(asked[usize::from(kept == "slack")], 0, "{other} was asked");
        let (_, metrics) = world.get("/metrics").await;
        assert!(!metrics.contains(other), "{metrics}");
        let told = if kept == "slack" { world.sandbox.slack().private() } else { world.sandbox.discord().private() };
        assert!(!format!("{} {}", card.json, told[0].message).to_lowercase().contains(other));
        let place = if kept == "slack" { "/discord/interactions" } else { "/slack/interactions" };
        assert_eq!(world.post(place, Vec::new()).await.0, 404);
        world.assert_no_objections();
    }
}
