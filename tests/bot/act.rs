//! The team acts: every button works from both platforms, is seen on both, once, and only for the right people.

use chrono::{Datelike, TimeDelta, Timelike};
use rebound::sandbox::{Answered, Message};
use serde_json::Value;

use super::calls::{cancelled, cancelled_by};
use super::world::{ALEX, DISCORD, Human, KIM, OLGA, SAM, SLACK, SLACK_HOSTS, World, plain};

/// Where somebody acts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum On {
    Slack,
    Discord,
}

pub(crate) const BOTH: [On; 2] = [On::Slack, On::Discord];
const CHANNELS: [&str; 3] = [SLACK, SLACK_HOSTS, DISCORD];

impl On {
    pub(crate) fn channel(self) -> &'static str {
        match self {
            Self::Slack => SLACK,
            Self::Discord => DISCORD,
        }
    }

    pub(crate) async fn press_at(self, world: &World, who: Human, id: &str, button: &str) -> Answered {
        let answered = match self {
            Self::Slack => world.sandbox.slack().press(who.slack, SLACK, id, button).await,
            Self::Discord => world.sandbox.discord().press(who.discord, DISCORD, id, button).await,
        };
        assert!(answered.is_ok(), "{self:?} {button}: {:?} {}", answered.error, answered.immediate);
        world.drain().await;
        answered
    }

    pub(crate) async fn press(self, world: &World, who: Human, body: &Value, button: &str) -> Answered {
        let card = world.card(self.channel(), body);
        self.press_at(world, who, &card.id, button).await
    }

    pub(crate) async fn press_old(self, world: &World, who: Human, card: &Message, button: &str) -> Answered {
        let answered = match self {
            Self::Slack => world.sandbox.slack().press_old(who.slack, card, button).await,
            Self::Discord => world.sandbox.discord().press_old(who.discord, card, button).await,
        };
        assert!(answered.is_ok(), "{:?} {}", answered.error, answered.immediate);
        world.drain().await;
        answered
    }

    pub(crate) async fn pick(self, world: &World, who: Human, body: &Value, whom: Human) -> Answered {
        let card = world.card(self.channel(), body).id;
        let answered = match self {
            Self::Slack => world.sandbox.slack().pick(who.slack, SLACK, &card, "Assign follow-up", whom.slack).await,
            Self::Discord => world.sandbox.discord().pick(who.discord, DISCORD, &card, "Assign follow-up", whom.discord).await,
        };
        assert!(answered.is_ok(), "{:?} {}", answered.error, answered.immediate);
        world.drain().await;
        answered
    }

    /// The form that is open on somebody's screen.
    pub(crate) fn form(self, world: &World, who: Human) -> Option<String> {
        let (forms, id) = match self {
            Self::Slack => (world.sandbox.slack().views(), who.slack),
            Self::Discord => (world.sandbox.discord().modals(), who.discord),
        };
        forms.into_iter().rev().find(|form| form.open && form.person == id).map(|form| form.id)
    }

    pub(crate) async fn send_off(self, world: &World, who: Human, values: &[(&str, &str)]) -> Answered {
        let form = self.form(world, who).expect("an open form");
        let answered = match self {
            Self::Slack => world.sandbox.slack().submit(who.slack, &form, values).await,
            Self::Discord => world.sandbox.discord().submit(who.discord, &form, values).await,
        };
        assert_eq!(answered.status, 200, "{:?} {}", answered.error, answered.immediate);
        world.drain().await;
        answered
    }

    /// Presses a button of the card and fills in the form that it opens.
    pub(crate) async fn fill(self, world: &World, who: Human, body: &Value, button: &str, values: &[(&str, &str)]) -> Answered {
        self.press(world, who, body, button).await;
        self.send_off(world, who, values).await
    }

    pub(crate) async fn close(self, world: &World, who: Human, body: &Value, how: &str) -> Answered {
        self.fill(world, who, body, "Close", &[("How did it end?", how), ("Why?", "No answer")]).await
    }

    /// What somebody was told in private, the last of it.
    pub(crate) fn told(self, world: &World, who: Human) -> String {
        let (private, id) = match self {
            Self::Slack => (world.sandbox.slack().private(), who.slack),
            Self::Discord => (world.sandbox.discord().private(), who.discord),
        };
        private.iter().rev().find(|private| private.person == id).map(|private| plain(&private.text())).unwrap_or_default()
    }

    pub(crate) fn thread(self, world: &World, card: &Message) -> Vec<String> {
        let messages = match self {
            Self::Slack => world.sandbox.slack().thread(&card.channel, &card.id),
            Self::Discord => world.sandbox.discord().thread(&card.channel, &card.id),
        };
        messages.iter().map(|message| plain(&message.text())).collect()
    }
}

pub(crate) async fn opened() -> (World, Value) {
    opened_with("").await
}

pub(crate) async fn opened_with(more: &str) -> (World, Value) {
    let world = World::with(more).await;
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.drain().await;
    (world, body)
}

/// Another call in the same world.
pub(crate) async fn another(world: &World) -> Value {
    world.pass(TimeDelta::seconds(5));
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.live(TimeDelta::seconds(3)).await;
    body
}

/// Every card of the call, once all are up to date.
pub(crate) async fn cards(world: &World, body: &Value) -> Vec<Message> {
    world.live(TimeDelta::seconds(5)).await;
    CHANNELS.map(|channel| world.card(channel, body)).into()
}

pub(crate) async fn everywhere(world: &World, body: &Value, says: &str) {
    for card in cards(world, body).await {
        assert!(plain(&card.text()).contains(says), "{} does not say {says:?}: {}", card.channel, card.text());
    }
}

async fn unchanged(world: &World, body: &Value, before: &[Message]) {
    let after: Vec<Value> = cards(world, body).await.into_iter().map(|card| card.json).collect();
    assert_eq!(after, before.iter().map(|card| card.json.clone()).collect::<Vec<_>>());
}

fn buttons(card: &Message) -> Vec<String> {
    card.controls().into_iter().map(|control| control.label).collect()
}

#[tokio::test]
async fn a_claim_is_seen_everywhere_and_the_second_one_is_told_who_was_first() {
    for (first, second) in [(On::Slack, On::Discord), (On::Discord, On::Slack), (On::Slack, On::Slack)] {
        let (world, body) = opened().await;
        let stale = world.card(second.channel(), &body);
        first.press(&world, KIM, &body, "Claim").await;
        everywhere(&world, &body, "Kim Closer has it").await;
        let before = cards(&world, &body).await;
        for card in &before {
            assert_eq!(buttons(card)[0], "Take over", "{}", card.channel);
            let mention = if card.channel == DISCORD { KIM.discord } else { KIM.slack };
            assert!(card.json.to_string().contains(&format!("<@{mention}>")), "{}", card.json);
        }
        second.press_old(&world, SAM, &stale, "Claim").await;
        let (told, id) = (second.told(&world, SAM), if second == On::Slack { KIM.slack } else { KIM.discord });
        assert!(told.contains("Kim Closer") || told.contains(id), "{told}");
        unchanged(&world, &body, &before).await;
        second.press_old(&world, KIM, &stale, "Claim").await;
        assert!(second.told(&world, KIM).contains("already"));
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn somebody_assigned_on_one_platform_is_mentioned_on_the_other() {
    for on in BOTH {
        let (world, body) = opened().await;
        on.pick(&world, ALEX, &body, SAM).await;
        for card in cards(&world, &body).await {
            let mention = if card.channel == DISCORD { SAM.discord } else { SAM.slack };
            assert!(card.json.to_string().contains(&format!("<@{mention}>")), "{}", card.json);
        }
        let told = on.told(&world, SAM);
        assert!(told.contains("gave you this follow-up") && told.contains("Jane Doe"), "{told}");
        let before = cards(&world, &body).await;
        on.pick(&world, KIM, &body, KIM).await;
        assert!(on.told(&world, KIM).contains("manager"), "{}", on.told(&world, KIM));
        unchanged(&world, &body, &before).await;
        // The owner may give it away.
        on.pick(&world, SAM, &body, KIM).await;
        everywhere(&world, &body, "Kim Closer has it").await;
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn a_snooze_is_seen_everywhere_and_ends_by_itself() {
    for on in BOTH {
        let (world, body) = opened().await;
        on.press(&world, KIM, &body, "Claim").await;
        on.fill(&world, KIM, &body, "Snooze", &[("Bring it back", "in 2 hours")]).await;
        everywhere(&world, &body, "snoozed until").await;
        world.pass(TimeDelta::minutes(110));
        everywhere(&world, &body, "snoozed until").await;
        let world = world.restarted().await;
        world.pass(TimeDelta::minutes(10));
        everywhere(&world, &body, "Kim Closer has it").await;
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn a_time_of_one_s_own_goes_by_the_teammate_s_clock() {
    let (world, body) = opened().await;
    let zone = chrono_tz::America::New_York;
    let at = (world.now() + TimeDelta::days(30)).with_timezone(&zone);
    let typed = at.format("%Y-%m-%d %H:%M").to_string();
    let values = [("Bring it back", "at a time of my own"), ("A time of my own", typed.as_str())];
    On::Discord.fill(&world, KIM, &body, "Snooze", &values).await;
    everywhere(&world, &body, &format!("snoozed until {}", at.format("%a %-d %b"))).await;
    let body = another(&world).await;
    let picked = at.timestamp().to_string();
    let values = [("Bring it back", "at a time of my own"), ("A time of my own", picked.as_str())];
    On::Slack.fill(&world, KIM, &body, "Snooze", &values).await;
    everywhere(&world, &body, &format!("snoozed until {}", at.format("%a %-d %b"))).await;
    world.assert_no_objections();
}

#[tokio::test]
async fn a_time_that_is_over_keeps_the_form_open_or_says_so() {
    let (world, body) = opened().await;
    let before = cards(&world, &body).await;
    let values = [("Bring it back", "at a time of my own"), ("A time of my own", "2020-01-01 10:00")];
    On::Discord.fill(&world, KIM, &body, "Snooze", &values).await;
    assert!(On::Discord.told(&world, KIM).contains("no time in the future"));
    let answered = On::Slack.fill(&world, KIM, &body, "Snooze", &[("Bring it back", "at a time of my own")]).await;
    assert_eq!(answered.immediate["response_action"], "errors");
    assert!(On::Slack.form(&world, KIM).is_some(), "what was filled in is not lost");
    unchanged(&world, &body, &before).await;
    world.assert_no_objections();
}

#[tokio::test]
async fn every_ending_is_seen_everywhere_and_can_be_reopened() {
    for (on, how, word) in [
        (On::Slack, "Rebooked", "rebooked"),
        (On::Slack, "Lost", "lost"),
        (On::Slack, "Dismissed", "dismissed"),
        (On::Discord, "Rebooked", "rebooked"),
        (On::Discord, "Lost", "lost"),
        (On::Discord, "Dismissed", "dismissed"),
    ] {
        let (world, body) = opened().await;
        let stale = world.card(on.channel(), &body);
        on.close(&world, ALEX, &body, how).await;
        everywhere(&world, &body, word).await;
        let before = cards(&world, &body).await;
        for card in &before {
            assert_eq!(buttons(card), ["Reopen", "Details"]);
        }
        on.press_old(&world, SAM, &stale, "Claim").await;
        assert!(on.told(&world, SAM).contains("closed already"), "{}", on.told(&world, SAM));
        on.press_old(&world, SAM, &stale, "Close").await;
        assert_eq!(on.form(&world, SAM), None, "a form that would be refused is not opened");
        unchanged(&world, &body, &before).await;
        on.press(&world, KIM, &body, "Reopen").await;
        for card in cards(&world, &body).await {
            assert_eq!(buttons(&card)[0], "Claim");
        }
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn what_somebody_has_is_closed_and_reopened_by_them_or_a_manager() {
    for on in BOTH {
        let (world, body) = opened().await;
        on.press(&world, KIM, &body, "Claim").await;
        let before = cards(&world, &body).await;
        for button in ["Close", "Snooze", "Take over"] {
            on.press(&world, SAM, &body, button).await;
            assert!(on.told(&world, SAM).contains("manager"), "{button}: {}", on.told(&world, SAM));
            assert_eq!(on.form(&world, SAM), None);
        }
        unchanged(&world, &body, &before).await;
        on.close(&world, ALEX, &body, "Dismissed").await;
        everywhere(&world, &body, "dismissed").await;
        on.press(&world, SAM, &body, "Reopen").await;
        everywhere(&world, &body, "dismissed").await;
        on.press(&world, KIM, &body, "Reopen").await;
        everywhere(&world, &body, "Kim Closer has it").await;
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn a_form_is_held_against_what_is_true_when_it_is_sent_off() {
    for on in BOTH {
        let (world, body) = opened().await;
        on.press(&world, SAM, &body, "Close").await;
        on.press(&world, KIM, &body, "Claim").await;
        let before = cards(&world, &body).await;
        let answered = on.send_off(&world, SAM, &[("How did it end?", "Lost"), ("Why?", "No answer")]).await;
        let told = format!("{} {}", answered.immediate, on.told(&world, SAM));
        assert!(told.contains("manager"), "{told}");
        unchanged(&world, &body, &before).await;
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn a_note_goes_into_every_thread_once() {
    for on in BOTH {
        let (world, body) = opened().await;
        on.press(&world, KIM, &body, "Details").await;
        let private = match on {
            On::Slack => world.sandbox.slack().private(),
            On::Discord => world.sandbox.discord().private(),
        };
        let details = private.last().expect("details").id.clone();
        on.press_at(&world, KIM, &details, "Add note").await;
        on.send_off(&world, KIM, &[("What should the team know?", "She prefers *afternoons* <!here> @everyone")]).await;
        for card in cards(&world, &body).await {
            let where_ = if card.channel == DISCORD { On::Discord } else { On::Slack };
            let told = where_.thread(&world, &card);
            let notes: Vec<_> = told.iter().filter(|text| text.contains("afternoons")).collect();
            assert_eq!(notes.len(), 1, "{}: {told:?}", card.channel);
        }
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn a_side_that_nobody_knew_is_corrected_everywhere() {
    for (on, button, says) in [(On::Slack, "It was the invitee", "Jane Doe cancelled"), (On::Discord, "It was the host", "We cancelled on")]
    {
        let world = World::new().await;
        let body = cancelled_by("Zed Nobody", world.now());
        world.webhook(&body).await;
        world.drain().await;
        on.press(&world, KIM, &body, "Details").await;
        let private = match on {
            On::Slack => world.sandbox.slack().private(),
            On::Discord => world.sandbox.discord().private(),
        };
        let details = private.last().expect("details").id.clone();
        on.press_at(&world, KIM, &details, button).await;
        let shown = cards(&world, &body).await;
        for card in &shown {
            let text = plain(&card.text());
            assert!(!text.contains("Cancelled: Jane"), "{text}");
            assert!(text.contains(says) || text.contains("cancelled on"), "{text}");
        }
        on.press_at(&world, KIM, &details, button).await;
        assert!(on.told(&world, KIM).contains("known by now"), "{}", on.told(&world, KIM));
    }
}

#[tokio::test]
async fn the_channels_of_the_side_that_somebody_tells_see_it_too() {
    let route = |side: &str, to: &str| format!("[[route]]\nwhen = {{ cancelled_by = [\"{side}\"] }}\nto = [\"{to}\"]\n");
    let routes = [route("unknown", "alerts"), route("host", "hosts"), route("invitee", "sales")].concat();
    let world = World::altered("", |text| text + &routes).await;
    let body = cancelled_by("Zed Nobody", world.now());
    world.webhook(&body).await;
    world.live(TimeDelta::seconds(3)).await;
    let seen = |world: &World| CHANNELS.map(|channel| world.cards(channel, &body).len());
    assert_eq!(seen(&world), [0, 0, 1]);
    On::Discord.press(&world, KIM, &body, "Details").await;
    let details = world.sandbox.discord().private().last().expect("details").id.clone();
    for (button, expected) in [("It was the host", [0, 1, 1]), ("It was the invitee", [1, 1, 1])] {
        On::Discord.press_at(&world, KIM, &details, button).await;
        world.live(TimeDelta::seconds(5)).await;
        assert_eq!(seen(&world), expected, "{button}");
    }
    everywhere(&world, &body, "Jane Doe cancelled").await;
    On::Slack.press(&world, KIM, &body, "Claim").await;
    everywhere(&world, &body, "Kim Closer has it").await;
    world.assert_no_objections();
}

/// By the forms, on the clock of whoever fills them in.
#[tokio::test]
async fn a_morning_begins_where_the_teammate_is() {
    let line = format!("discord = \"{}\"\n", KIM.discord);
    for on in BOTH {
        let world = World::altered("", |text| text.replacen(&line, &format!("{line}timezone = \"Asia/Tokyo\"\n"), 1)).await;
        let body = cancelled(world.now());
        world.webhook(&body).await;
        world.live(TimeDelta::seconds(3)).await;
        for (who, zone) in [(KIM, chrono_tz::Asia::Tokyo), (SAM, chrono_tz::America::New_York)] {
            for choice in ["tomorrow morning", "next Monday"] {
                on.fill(&world, who, &body, "Snooze", &[("Bring it back", choice)]).await;
                let until = world.count("select snoozed_until from follow_up").await;
                let local = chrono::DateTime::from_timestamp_millis(until).expect("a time").with_timezone(&zone);
                let days = (local.date_naive() - world.now().with_timezone(&zone).date_naive()).num_days();
                assert_eq!((local.hour(), local.minute()), (9, 0), "{on:?} {choice}: {local}");
                if choice == "next Monday" {
                    assert!(local.weekday() == chrono::Weekday::Mon && (1..=7).contains(&days), "{on:?}: {local}");
                } else {
                    assert_eq!(days, 1, "{on:?}: {local}");
                }
            }
        }
        world.assert_no_objections();
    }
}

/// Discord's people type the time, so that it says whose clock it goes by; Slack's choose it from a calendar of their own.
#[tokio::test]
async fn the_form_says_by_whose_clock_a_typed_time_goes() {
    let line = format!("discord = \"{}\"\n", KIM.discord);
    let world = World::altered("", |text| text.replacen(&line, &format!("{line}timezone = \"Asia/Tokyo\"\n"), 1)).await;
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.live(TimeDelta::seconds(3)).await;
    for (who, clock) in [(KIM, "A time of my own (Tokyo time)"), (SAM, "A time of my own (New York time)")] {
        On::Discord.press(&world, who, &body, "Snooze").await;
        let form = world.sandbox.discord().modals().pop().expect("a form").text();
        assert!(form.contains(clock), "{form}");
    }
    On::Slack.press(&world, KIM, &body, "Snooze").await;
    let form = world.sandbox.slack().views().pop().expect("a form").text();
    assert!(form.contains("A time of my own") && !form.contains("Tokyo"), "{form}");
    world.assert_no_objections();
}

#[tokio::test]
async fn what_people_write_below_a_card_is_left_alone() {
    let (world, body) = opened().await;
    On::Slack.press(&world, KIM, &body, "Claim").await;
    cards(&world, &body).await;
    let card = world.card(SLACK, &body);
    let before = (On::Slack.thread(&world, &card), world.count("select count(*) from history").await);
    let event = serde_json::json!({
        "type": "event_callback", "team_id": "T0SANDBOX01", "event_id": "Ev1",
        "event": { "type": "message", "channel": SLACK, "user": SAM.slack, "text": "I rang her", "ts": "1795839999.000100", "thread_ts": card.id }
    });
    let request = world.sandbox.slack().signed("/slack/events", event.to_string(), std::time::Duration::ZERO, false);
    assert_eq!(world.sandbox.slack().send(&request).await.status, 200);
    world.live(TimeDelta::seconds(5)).await;
    assert_eq!((On::Slack.thread(&world, &card), world.count("select count(*) from history").await), before);
    assert_eq!(world.card(SLACK, &body).json, card.json);
}

/// A card that old templates made has the buttons that new ones know.
#[tokio::test]
async fn buttons_work_after_the_templates_have_changed() {
    for on in BOTH {
        let (world, body) = opened().await;
        let old = world.card(on.channel(), &body);
        let folder = world.folder().join("templates");
        copy(&std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates"), &folder);
        let words = std::fs::read_to_string(folder.join("words.toml")).expect("words");
        std::fs::write(folder.join("words.toml"), words.replace("claim = \"Claim\"", "claim = \"Nehme ich\"")).expect("words");
        let world = world.restarted_with(&format!("templates_dir = \"{}\"", folder.display())).await;
        on.press_old(&world, KIM, &old, "Claim").await;
        everywhere(&world, &body, "Kim Closer has it").await;
        let body = another(&world).await;
        assert_eq!(buttons(&world.card(on.channel(), &body))[0], "Nehme ich");
        on.press(&world, KIM, &body, "Nehme ich").await;
        everywhere(&world, &body, "Kim Closer has it").await;
        world.assert_no_objections();
    }
}

fn copy(from: &std::path::Path, to: &std::path::Path) {
    std::fs::create_dir_all(to).expect("a folder");
    for entry in std::fs::read_dir(from).expect("a folder") {
        let entry = entry.expect("an entry");
        let target = to.join(entry.file_name());
        if entry.path().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).expect("a copy");
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn two_hundred_claims_have_one_winner() {
    let (world, body) = opened().await;
    let (slack, discord) = (world.card(SLACK, &body), world.card(DISCORD, &body));
    let mut presses = Vec::new();
    for at in 0..200 {
        let who = [ALEX, KIM, SAM][at % 3];
        let (world, slack, discord) = (&world, &slack, &discord);
        presses.push(async move {
            if at % 2 == 0 {
                world.sandbox.slack().press_old(who.slack, slack, "Claim").await
            } else {
                world.sandbox.discord().press_old(who.discord, discord, "Claim").await
            }
        });
    }
    // On a busy machine a platform gives up waiting for some; what they asked for is done or refused all the same.
    for answered in futures_util::future::join_all(presses).await {
        assert!(matches!(answered.status, 0 | 200), "{:?}", answered.error);
    }
    let shown = cards(&world, &body).await;
    let owners: Vec<Vec<&str>> = shown
        .iter()
        .map(|card| {
            [ALEX, KIM, SAM].map(|human| human.name).into_iter().filter(|name| card.text().contains(&format!("{name} has it"))).collect()
        })
        .collect();
    assert_eq!(owners[0].len(), 1, "{owners:?}");
    assert!(owners.iter().all(|owner| *owner == owners[0]), "{owners:?}");
    assert_eq!(world.count("select count(*) from history where act = 'claimed'").await, 1);
    assert_eq!(world.count("select version from follow_up").await, 2);
}

#[tokio::test]
async fn a_press_that_is_sent_again_has_no_second_effect() {
    for on in BOTH {
        let (world, body) = opened().await;
        on.close(&world, ALEX, &body, "Lost").await;
        everywhere(&world, &body, "lost").await;
        let reopened = on.press(&world, ALEX, &body, "Reopen").await;
        everywhere(&world, &body, "open").await;
        on.close(&world, ALEX, &body, "Dismissed").await;
        let before = cards(&world, &body).await;
        let again = world.sandbox.slack().send(&reopened.request).await;
        assert_eq!(again.status, 200);
        world.drain().await;
        unchanged(&world, &body, &before).await;
        assert_eq!(world.count("select count(*) from history where act <> 'opened'").await, 3);
    }
}

#[tokio::test]
async fn outsiders_and_forgers_change_nothing() {
    let (world, body) = opened_with("team = { team_only = true }").await;
    let before = cards(&world, &body).await;
    for on in BOTH {
        for button in ["Claim", "Snooze", "Close"] {
            on.press(&world, OLGA, &body, button).await;
            assert!(on.told(&world, OLGA).contains("Only people of the sales team"), "{}", on.told(&world, OLGA));
            assert_eq!(on.form(&world, OLGA), None);
        }
        on.pick(&world, ALEX, &body, OLGA).await;
        assert!(on.told(&world, ALEX).contains("Only people of the sales team"), "{}", on.told(&world, ALEX));
    }
    unchanged(&world, &body, &before).await;
    On::Discord.press(&world, KIM, &body, "Close").await;
    let good = On::Discord.send_off(&world, KIM, &[("How did it end?", "Lost"), ("Why?", "No answer")]).await;
    for forged in ["close", "close 0000000000000000000000", "shut x", "", "close ../../etc"] {
        let mut payload: Value = serde_json::from_str(&good.request.body).expect("JSON");
        (payload["id"], payload["data"]["custom_id"]) = ("1".into(), forged.into());
        let request = world.sandbox.discord().signed("/discord/interactions", payload.to_string(), std::time::Duration::ZERO);
        let answered = world.sandbox.discord().send(&request).await;
        assert_eq!((answered.status, &answered.immediate["data"]["flags"]), (200, &Value::from(64)), "{forged:?}");
    }
    assert_eq!(world.count("select count(*) from history where act <> 'opened'").await, 1);
    world.assert_no_objections();
}

#[tokio::test]
async fn a_card_that_a_person_deleted_stays_deleted_and_its_follow_up_lives_on() {
    let (world, body) = opened().await;
    let gone = world.card(SLACK, &body);
    assert!(world.sandbox.slack().remove(SLACK, &gone.id));
    On::Discord.press(&world, KIM, &body, "Claim").await;
    world.live(TimeDelta::seconds(10)).await;
    assert!(world.cards(SLACK, &body).is_empty(), "a card that a person deleted came back");
    assert!(plain(&world.card(SLACK_HOSTS, &body).text()).contains("Kim Closer has it"));
}

#[tokio::test]
async fn a_card_that_stood_for_days_waits_for_its_edit_only_since_somebody_acted() {
    let (world, body) = opened().await;
    world.pass(TimeDelta::days(3));
    let card = world.card(SLACK, &body).id;
    // Not drained: the press is on disk, and its edits wait.
    assert!(world.sandbox.slack().press(KIM.slack, SLACK, &card, "Claim").await.is_ok());
    world.pass(TimeDelta::seconds(30));
    let (_, metrics) = world.get("/metrics").await;
    let line = metrics.lines().find(|line| line.starts_with("rebound_oldest_waiting_seconds ")).expect("a figure");
    let seconds: f64 = line.rsplit(' ').next().and_then(|figure| figure.parse().ok()).expect("a number");
    assert!((29.0..60.0).contains(&seconds), "{line}");
}
