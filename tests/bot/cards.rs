//! What a card says, and that nothing in it is ever what the data wanted it to be.

use super::calls::{REASON, cancelled, cancelled_by};
use super::world::{DISCORD, SLACK, World, plain};

#[tokio::test]
async fn each_side_has_its_own_words() {
    let world = World::new().await;
    for (canceller, says, never) in [
        ("Jane Doe", "Jane Doe cancelled", Some("apolog")),
        ("Alex Closer", "new time", None),
        ("Somebody Unheard-of", "Somebody Unheard-of", Some("apolog")),
    ] {
        let body = cancelled_by(canceller, world.now());
        world.webhook(&body).await;
        world.live(chrono::TimeDelta::seconds(3)).await;
        for channel in [SLACK, DISCORD] {
            let said = plain(&world.card(channel, &body).text());
            assert!(said.contains(says), "{canceller} in {channel}:\n{said}");
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
        assert!(lines <= 24, "{lines} lines:\n{said}");
        assert_eq!(card.buttons(), ["Claim", "Reschedule", "Snooze", "Close", "Details"]);
        assert!(card.json.to_string().contains("Assign follow-up"));
        assert!(card.json.to_string().contains(body["invitee"]["previewUrl"].as_str().expect("a link")));
    }
    world.assert_no_objections();
}

#[tokio::test]
async fn one_platform_alone_is_enough() {
    let text = super::world::configuration("http://127.0.0.1:1", "sqlite://unused.db", "");
    let slack_only: String =
        text.split("[discord]").next().unwrap_or_default().to_owned() + "[[channel]]\nname = \"sales\"\nslack = \"C0TEST00001\"\n";
    let config =
        rebound::config::parse(&slack_only, "test", &rebound::config::Environment::default()).unwrap_or_else(|error| panic!("{error}"));
    assert!(config.discord.is_none());
}
