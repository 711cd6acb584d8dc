//! Time passes: people are reminded once, in business hours, until somebody does something; what nobody cares for is closed.

use std::time::Duration;

use chrono::{DateTime, Datelike, Days, NaiveDate, SecondsFormat, TimeDelta, TimeZone, Utc};
use rebound::sandbox::{Fault, FaultKind, Message, Operation};
use serde_json::{Value, json};

use super::act::{BOTH, On, another, cards, everywhere, opened_with};
use super::calls::cancelled;
use super::tell::direct;
use super::world::{ALEX, DISCORD, KIM, SAM, SLACK, SLACK_HOSTS, World, plain};

const CHANNELS: [&str; 3] = [SLACK, SLACK_HOSTS, DISCORD];
/// Reminders as they are unless the operator says something else.
const WATCHED: &str = "follow_up = {}";
const ONLY_STALE: &str = "follow_up = { remind_after = 'off', escalate_after = 'off' }";

fn minutes(minutes: i64) -> TimeDelta {
    TimeDelta::minutes(minutes)
}

/// What stands below the card in that channel.
fn below(world: &World, channel: &str, body: &Value) -> Vec<Message> {
    let card = world.card(channel, body);
    if channel == DISCORD { world.sandbox.discord().thread(channel, &card.id) } else { world.sandbox.slack().thread(channel, &card.id) }
}

/// How often each card's thread says that.
fn said(world: &World, body: &Value, words: &str) -> [usize; 3] {
    CHANNELS.map(|channel| below(world, channel, body).iter().filter(|line| plain(&line.text()).contains(words)).count())
}

/// Time passes, and what comes due is done.
async fn later(world: &World, time: TimeDelta) {
    world.pass(time);
    world.live(TimeDelta::seconds(8)).await;
}

/// Direct messages to Kim and to Alex, on Slack unless it is not there.
fn told(world: &World, on: On) -> (Vec<String>, Vec<String>) {
    (direct(world, on, KIM), direct(world, on, ALEX))
}

#[tokio::test]
async fn the_owner_is_reminded_once_and_then_the_managers() {
    for (on, only) in [(On::Slack, None), (On::Discord, None), (On::Discord, Some("discord"))] {
        let world = match only {
            None => World::with(WATCHED).await,
            Some(platform) => World::only_with(platform, WATCHED).await,
        };
        let body = cancelled(world.now());
        world.webhook(&body).await;
        world.live(TimeDelta::seconds(3)).await;
        let way = if only.is_none() { On::Slack } else { On::Discord };
        on.press(&world, KIM, &body, "Claim").await;
        later(&world, minutes(29)).await;
        assert_eq!(told(&world, way), (Vec::new(), Vec::new()));
        let world = world.restarted().await;
        later(&world, minutes(1)).await;
        let world = world.restarted().await;
        later(&world, minutes(20)).await;
        let (kim, alex) = told(&world, way);
        assert_eq!((kim.len(), alex.len()), (1, 0), "{kim:?}");
        assert!(kim[0].contains("Jane Doe's cancelled call is yours, and the last step was 30 min ago"), "{kim:?}");
        let private = if way == On::Slack { world.sandbox.slack().private() } else { world.sandbox.discord().private() };
        assert!(private.iter().any(|one| one.direct && one.message.to_string().contains("Open the card")));
        later(&world, minutes(70)).await;
        later(&world, TimeDelta::days(3)).await;
        let (kim, alex) = told(&world, way);
        assert_eq!((kim.len(), alex.len()), (1, 1), "{kim:?} {alex:?}");
        assert!(alex[0].contains("the last step was 2 h ago") && alex[0].contains("take it over"), "{alex:?}");
        for channel in if only.is_none() { CHANNELS.to_vec() } else { vec![DISCORD] } {
            let lines: Vec<String> = below(&world, channel, &body).iter().map(|line| plain(&line.text())).collect();
            assert_eq!(lines.len(), 3, "{lines:?}");
            assert!(lines[1].contains("A reminder went to") && lines[2].contains("The managers were told"), "{lines:?}");
        }
        if only.is_none() {
            On::Slack.press(&world, SAM, &body, "Details").await;
            world.sandbox.slack().command(SAM.slack, &format!("show {}", super::calls::email(&body))).await;
            world.drain().await;
            let story = On::Slack.told(&world, SAM);
            assert!(story.contains("A reminder went to") && story.contains("The managers were told"), "{story}");
        }
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn where_nobody_has_it_the_thread_is_reminded_and_nobody_is_pinged() {
    let (world, body) = opened_with(WATCHED).await;
    later(&world, minutes(29)).await;
    assert_eq!(said(&world, &body, "nobody has this yet"), [0; 3]);
    later(&world, minutes(1)).await;
    let world = world.restarted().await;
    later(&world, minutes(60)).await;
    assert_eq!(said(&world, &body, "nobody has this yet, and the last step was 30 min ago"), [1; 3]);
    assert_eq!(told(&world, On::Slack), (Vec::new(), Vec::new()));
    for channel in CHANNELS {
        for line in below(&world, channel, &body) {
            // The channel sees it as well, where there is such a thing.
            assert_eq!(line.json["subtype"] == "thread_broadcast", channel != DISCORD, "{}", line.json);
            assert!(!line.json["blocks"].to_string().contains("<@") && !line.text().contains("<!"), "{}", line.json);
        }
    }
    later(&world, minutes(40)).await;
    let (_, alex) = told(&world, On::Slack);
    assert!(alex.len() == 1 && alex[0].contains("Nobody has Jane Doe's cancelled call"), "{alex:?}");
    assert_eq!(said(&world, &body, "The managers were told"), [1; 3]);
    assert_eq!(cards(&world, &body).await.len(), 3, "no new cards");
    world.assert_no_objections();
}

/// Slack took it and did not say so: it stands in two places, and is found and not said again.
#[tokio::test]
async fn what_the_channel_sees_is_looked_for_and_said_once() {
    let (world, body) = opened_with(WATCHED).await;
    let is_reminder = |call: &str, body: &Value| call == "chat.postMessage" && body["reply_broadcast"] == true;
    world.sandbox.slack().fault(Fault::new(FaultKind::ErrorAfter(500)).when(is_reminder).times(2));
    world.pass(minutes(31));
    world.live(TimeDelta::seconds(8)).await;
    later(&world, minutes(5)).await;
    assert!(world.sandbox.slack().journal().iter().any(|call| call.fault.is_some()), "the answer got lost");
    assert_eq!(said(&world, &body, "nobody has this yet"), [1; 3]);
    assert_eq!(world.count("select count(*) from post where phase in ('unclear', 'held', 'dead')").await, 0);
    world.assert_no_objections();
}

#[tokio::test]
async fn every_step_begins_the_count_anew_and_withdraws_what_was_not_said() {
    for on in BOTH {
        for step in ["Claim", "Close", "Snooze"] {
            let (world, body) = opened_with(WATCHED).await;
            if step != "Claim" {
                on.press(&world, ALEX, &body, step).await;
            }
            world.pass(minutes(31));
            // Written down, and not sent.
            assert!(world.app.flow().tick().await.expect("the database works") > 0);
            match step {
                "Close" => on.send_off(&world, ALEX, &[("How did it end?", "Lost"), ("Why?", "No answer")]).await,
                "Snooze" => on.send_off(&world, ALEX, &[("Bring it back", "tomorrow morning")]).await,
                _ => on.press(&world, KIM, &body, step).await,
            };
            later(&world, minutes(25)).await;
            assert_eq!(said(&world, &body, "nobody has this yet"), [0; 3], "{step}");
            assert_eq!(told(&world, On::Slack), (Vec::new(), Vec::new()), "{step}");
            assert_eq!(world.count("select count(*) from history where act = 'called_out'").await, 1);
            later(&world, minutes(10)).await;
            let reminded = usize::from(step == "Claim");
            assert_eq!(direct(&world, On::Slack, KIM).len(), reminded, "{step}");
            world.assert_no_objections();
        }
    }
}

/// Long enough for the database to be held for a restored one.
#[tokio::test]
async fn what_was_written_down_before_a_long_stop_is_said_after_it_once() {
    let (world, body) = opened_with(WATCHED).await;
    world.live(TimeDelta::seconds(5)).await;
    world.pass(minutes(31));
    assert!(world.app.flow().tick().await.expect("the database works") > 0);
    world.pass(minutes(20));
    let world = world.restarted().await;
    later(&world, minutes(0)).await;
    later(&world, minutes(2)).await;
    later(&world, minutes(3)).await;
    assert_eq!(said(&world, &body, "nobody has this yet"), [1; 3]);
    world.assert_no_objections();
}

#[tokio::test]
async fn a_note_is_a_step_too() {
    let (world, body) = opened_with(WATCHED).await;
    later(&world, minutes(25)).await;
    On::Discord.press(&world, KIM, &body, "Details").await;
    let details = world.sandbox.discord().private().last().expect("details").id.clone();
    On::Discord.press_at(&world, KIM, &details, "Add note").await;
    On::Discord.send_off(&world, KIM, &[("What should the team know?", "She calls back")]).await;
    later(&world, minutes(25)).await;
    assert_eq!(said(&world, &body, "nobody has this yet"), [0; 3]);
    later(&world, minutes(5)).await;
    assert_eq!(said(&world, &body, "nobody has this yet"), [1; 3]);
}

#[tokio::test]
async fn a_call_that_was_about_to_start_waits_less() {
    let world = World::with(WATCHED).await;
    let mut body = cancelled(world.now());
    let start = (world.now() + minutes(40)).to_rfc3339_opts(SecondsFormat::Secs, true);
    for key in ["start_time", "utc_start_time"] {
        body["event"][key] = json!(start);
    }
    world.webhook(&body).await;
    world.live(TimeDelta::seconds(3)).await;
    later(&world, minutes(9)).await;
    assert_eq!(said(&world, &body, "nobody has this yet"), [0; 3]);
    later(&world, minutes(1)).await;
    assert_eq!(said(&world, &body, "nobody has this yet"), [1; 3]);
    assert_eq!(direct(&world, On::Slack, ALEX).len(), 0);
    later(&world, minutes(20)).await;
    assert_eq!(direct(&world, On::Slack, ALEX).len(), 1);
    world.assert_no_objections();
}

/// A Monday that is not over yet in New York.
fn monday() -> NaiveDate {
    let day = (Utc::now() + TimeDelta::days(2)).date_naive();
    day + Days::new(u64::from(7 - day.weekday().num_days_from_monday()) % 7)
}

/// It is that time in New York.
fn is_time(world: &World, days_after_monday: u64, hour: u32, minute: u32) {
    let local = (monday() + Days::new(days_after_monday)).and_hms_opt(hour, minute, 0).expect("a time");
    let at: DateTime<Utc> = chrono_tz::America::New_York.from_local_datetime(&local).earliest().expect("a time").to_utc();
    assert!(at > world.now(), "{at}");
    world.pass(at - world.now());
}

fn in_office_hours(holidays: &str) -> String {
    format!("follow_up = {{ business_hours = '09:00-18:00', holidays = [{holidays}] }}")
}

#[tokio::test]
async fn at_night_nobody_is_reminded_and_in_the_morning_the_count_goes_on() {
    for on in BOTH {
        for holiday in [false, true] {
            let tuesday = monday() + Days::new(1);
            let world = World::with(&in_office_hours(&if holiday { format!("'{tuesday}'") } else { String::new() })).await;
            is_time(&world, 0, 17, 50);
            let (owned, nobodys) = (another(&world).await, another(&world).await);
            on.press(&world, KIM, &owned, "Claim").await;
            let quiet = |world: &World| {
                assert_eq!(told(world, On::Slack), (Vec::new(), Vec::new()));
                assert_eq!(said(world, &nobodys, "nobody has this yet"), [0; 3]);
            };
            later(&world, minutes(45)).await;
            quiet(&world);
            is_time(&world, 1, 2, 0);
            let world = world.restarted().await;
            later(&world, minutes(1)).await;
            let morning = if holiday { 2 } else { 1 };
            if holiday {
                is_time(&world, 1, 14, 0);
                later(&world, minutes(1)).await;
            }
            is_time(&world, morning, 9, 15);
            later(&world, minutes(1)).await;
            quiet(&world);
            is_time(&world, morning, 9, 21);
            later(&world, minutes(1)).await;
            assert_eq!(said(&world, &nobodys, "nobody has this yet"), [1; 3]);
            assert_eq!(direct(&world, On::Slack, KIM).len(), 1);
            world.assert_no_objections();
        }
    }
}

#[tokio::test]
async fn what_came_due_in_business_hours_while_nobody_ran_waits_for_the_morning() {
    let world = World::with(&in_office_hours("")).await;
    is_time(&world, 0, 10, 0);
    let body = another(&world).await;
    is_time(&world, 0, 22, 0);
    let world = world.restarted().await;
    later(&world, minutes(1)).await;
    assert_eq!(said(&world, &body, "nobody has this yet"), [0; 3]);
    is_time(&world, 1, 9, 0);
    later(&world, minutes(1)).await;
    assert_eq!(said(&world, &body, "nobody has this yet"), [1; 3]);
    world.assert_no_objections();
}

#[tokio::test]
async fn what_could_not_be_said_in_business_hours_is_said_in_the_next_ones_once() {
    let world = World::with(&in_office_hours("")).await;
    is_time(&world, 0, 17, 20);
    let (nobodys, owned) = (another(&world).await, another(&world).await);
    On::Slack.press(&world, KIM, &owned, "Claim").await;
    world.live(TimeDelta::seconds(8)).await;
    is_time(&world, 0, 17, 55);
    // Written down, and not sent.
    assert!(world.app.flow().tick().await.expect("the database works") > 0);
    is_time(&world, 0, 18, 30);
    let world = world.restarted().await;
    later(&world, minutes(1)).await;
    assert_eq!((said(&world, &nobodys, "nobody has this yet"), direct(&world, On::Slack, KIM).len()), ([0; 3], 0));
    is_time(&world, 1, 9, 0);
    later(&world, minutes(1)).await;
    assert_eq!((said(&world, &nobodys, "nobody has this yet"), direct(&world, On::Slack, KIM).len()), ([1; 3], 1));
    assert_eq!(said(&world, &owned, "A reminder went to"), [1; 3]);
    world.assert_no_objections();
}

#[tokio::test]
async fn a_snooze_ends_with_a_reminder_once_also_after_a_restart() {
    for on in BOTH {
        let (world, body) = opened_with(WATCHED).await;
        on.press(&world, KIM, &body, "Claim").await;
        on.fill(&world, KIM, &body, "Snooze", &[("Bring it back", "in 2 hours")]).await;
        later(&world, minutes(119)).await;
        assert_eq!(told(&world, On::Slack), (Vec::new(), Vec::new()));
        world.pass(minutes(60));
        let world = world.restarted().await;
        later(&world, minutes(0)).await;
        let world = world.restarted().await;
        later(&world, minutes(45)).await;
        let (kim, _) = told(&world, On::Slack);
        assert!(kim.len() == 1 && kim[0].contains("The snooze is over, and Jane Doe's"), "{kim:?}");
        assert_eq!(said(&world, &body, "came back"), [1; 3]);
        let body = another(&world).await;
        on.fill(&world, KIM, &body, "Snooze", &[("Bring it back", "in 2 hours")]).await;
        later(&world, minutes(121)).await;
        assert_eq!(said(&world, &body, "the snooze is over, and nobody has this"), [1; 3]);
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn a_snooze_that_ends_at_night_is_told_to_its_owner_then_and_to_the_channel_in_the_morning() {
    for (owned, typed) in [(true, false), (true, true), (false, true)] {
        let world = World::with(&in_office_hours("")).await;
        is_time(&world, 0, 17, 30);
        let body = another(&world).await;
        if owned {
            On::Slack.press(&world, KIM, &body, "Claim").await;
        }
        let at = format!("{} 19:30", monday());
        let values = if typed {
            vec![("Bring it back", "at a time of my own"), ("A time of my own", at.as_str())]
        } else {
            vec![("Bring it back", "in 2 hours")]
        };
        On::Discord.fill(&world, KIM, &body, "Snooze", &values).await;
        everywhere(&world, &body, "snoozed until").await;
        is_time(&world, 0, 19, 45);
        everywhere(&world, &body, if owned { "Kim Closer has it" } else { "· open" }).await;
        let told = (direct(&world, On::Slack, KIM).len(), said(&world, &body, "the snooze is over, and nobody has this"));
        assert_eq!(told, (usize::from(owned), [0; 3]));
        is_time(&world, 1, 9, 0);
        later(&world, minutes(1)).await;
        let told = (direct(&world, On::Slack, KIM).len(), said(&world, &body, "the snooze is over, and nobody has this"));
        assert_eq!(told, (usize::from(owned), [usize::from(!owned); 3]));
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn what_nobody_cares_for_is_closed_as_lost_and_can_be_reopened() {
    for on in BOTH {
        let (world, body) = opened_with(ONLY_STALE).await;
        on.press(&world, KIM, &body, "Claim").await;
        later(&world, TimeDelta::days(29)).await;
        everywhere(&world, &body, "Kim Closer has it").await;
        let world = world.restarted().await;
        later(&world, TimeDelta::days(1)).await;
        everywhere(&world, &body, "lost").await;
        assert_eq!(said(&world, &body, "Closed as lost, because nobody did anything about it since"), [1; 3]);
        assert_eq!(world.count("select count(*) from history where act = 'expired' and person is null").await, 1);
        on.press(&world, KIM, &body, "Reopen").await;
        everywhere(&world, &body, "Kim Closer has it").await;
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn a_pile_of_them_is_closed_little_by_little() {
    let world = World::with(ONLY_STALE).await;
    for _ in 0..12 {
        world.webhook(&cancelled(world.now())).await;
    }
    world.live(TimeDelta::seconds(15)).await;
    world.pass(TimeDelta::days(31));
    world.drain().await;
    let closed = "select count(*) from follow_up where state = 'lost'";
    assert_eq!(world.count(closed).await, 5);
    world.live(TimeDelta::seconds(35)).await;
    assert_eq!(world.count(closed).await, 10);
    world.live(TimeDelta::seconds(35)).await;
    assert_eq!(world.count(closed).await, 12);
    world.assert_no_objections();
}

/// As the migration leaves it, and as a change of the configuration does.
#[tokio::test]
async fn an_upgrade_reminds_nobody_of_what_was_there_before() {
    for upgrade in
        ["update follow_up set look_at = 0, stage = 'fresh'; delete from registration", "update registration set digest = 'other rules'"]
    {
        let (world, old) = opened_with(WATCHED).await;
        On::Slack.press(&world, KIM, &old, "Claim").await;
        world.live(TimeDelta::seconds(5)).await;
        world.pass(minutes(180));
        let (recent, now) = (cancelled(world.now()), world.now());
        world.webhook(&recent).await;
        world.drain_understanding().await;
        world.pass(minutes(10));
        world.sql(upgrade).await;
        let world = world.restarted().await;
        later(&world, minutes(0)).await;
        assert_eq!(told(&world, On::Slack), (Vec::new(), Vec::new()), "{upgrade}");
        assert_eq!(world.count("select count(*) from follow_up where look_at <= 0").await, 0);
        world.pass(now + minutes(31) - world.now());
        later(&world, minutes(0)).await;
        assert_eq!(said(&world, &recent, "nobody has this yet"), [1; 3], "{upgrade}");
        assert_eq!(told(&world, On::Slack), (Vec::new(), Vec::new()), "{upgrade}");
        // It is not forgotten either.
        later(&world, TimeDelta::days(31)).await;
        later(&world, minutes(1)).await;
        everywhere(&world, &old, "lost").await;
    }
}

#[tokio::test]
async fn where_direct_messages_are_closed_the_thread_says_it_to_them() {
    let world = World::only_with("discord", WATCHED).await;
    let refusal = json!({ "message": "Cannot send messages to this user", "code": 50_007 });
    let kind = FaultKind::Answers { status: 403, body: refusal };
    world.sandbox.discord().fault(Fault::new(kind).when(|call, _| call == "open direct conversation"));
    let body = cancelled(world.now());
    world.webhook(&body).await;
    world.live(TimeDelta::seconds(3)).await;
    On::Discord.press(&world, KIM, &body, "Claim").await;
    later(&world, minutes(30)).await;
    later(&world, minutes(90)).await;
    for (who, words) in [(KIM, "cancelled call is yours"), (ALEX, "Please ask")] {
        let lines = below(&world, DISCORD, &body);
        let told: Vec<_> = lines.iter().filter(|line| line.json.to_string().contains(words)).collect();
        assert_eq!(told.len(), 1, "{words}");
        assert!(told[0].json["content"].as_str().is_some_and(|content| content.contains(who.discord)), "{}", told[0].json);
    }
}

#[tokio::test]
async fn two_instances_on_one_postgresql_remind_once() {
    if std::env::var("REBOUND_TEST_DATABASE_URL").is_err() {
        return eprintln!("\n*** SKIPPED: two instances need PostgreSQL, and REBOUND_TEST_DATABASE_URL is not set ***\n");
    }
    let (world, body) = opened_with(WATCHED).await;
    let other = world.another_instance().await;
    for time in [minutes(30), minutes(90)] {
        world.pass(time);
        for _ in 0..10 {
            let (one, two) = tokio::join!(world.app.drain(), other.drain());
            one.expect("the first instance works");
            two.expect("the second instance works");
            world.pass(TimeDelta::seconds(1));
        }
    }
    assert_eq!(said(&world, &body, "nobody has this yet"), [1; 3]);
    assert_eq!(direct(&world, On::Slack, ALEX).len(), 1);
}

/// Monday at four, and Kim has one.
async fn claimed_in_the_afternoon() -> (World, Value) {
    let world = World::with(&in_office_hours("")).await;
    is_time(&world, 0, 16, 0);
    let body = another(&world).await;
    On::Slack.press(&world, KIM, &body, "Claim").await;
    world.live(TimeDelta::seconds(8)).await;
    (world, body)
}

/// One channel takes nothing for days: those who were told are not told again each morning because of it.
#[tokio::test]
async fn what_was_said_to_some_in_business_hours_is_not_said_again_because_of_a_closed_channel() {
    let (world, _) = claimed_in_the_afternoon().await;
    let locked = FaultKind::Answers { status: 403, body: json!({ "code": 50_001, "message": "Missing Access" }) };
    world.sandbox.discord().fault(Fault::new(locked).on(Operation::Create));
    later(&world, minutes(40)).await;
    assert_eq!(direct(&world, On::Slack, KIM).len(), 1);
    for day in [1, 2] {
        is_time(&world, day - 1, 18, 30);
        later(&world, minutes(1)).await;
        is_time(&world, day, 9, 0);
        later(&world, minutes(1)).await;
        assert_eq!(direct(&world, On::Slack, KIM).iter().filter(|said| said.contains("is yours")).count(), 1, "day {day}");
    }
}

/// What the thread said is no reason that the owner never hears it.
#[tokio::test]
async fn whoever_heard_nothing_in_business_hours_hears_it_in_the_next_ones() {
    let (world, body) = claimed_in_the_afternoon().await;
    let limited = FaultKind::RateLimited { retry_after: Duration::from_mins(1) };
    world.sandbox.slack().fault(Fault::new(limited).on(Operation::Create));
    later(&world, minutes(40)).await;
    is_time(&world, 0, 18, 30);
    later(&world, minutes(1)).await;
    assert_eq!(said(&world, &body, "A reminder went to").iter().sum::<usize>(), 1, "in Discord only");
    world.sandbox.slack().heal();
    later(&world, minutes(10)).await;
    assert_eq!(direct(&world, On::Slack, KIM).len(), 0, "the evening is theirs");
    is_time(&world, 1, 9, 0);
    later(&world, minutes(1)).await;
    assert_eq!(direct(&world, On::Slack, KIM).iter().filter(|said| said.contains("is yours")).count(), 1);
    later(&world, minutes(1)).await;
    assert_eq!(direct(&world, On::Slack, KIM).iter().filter(|said| said.contains("is yours")).count(), 1);
    assert_eq!(said(&world, &body, "A reminder went to"), [1; 3]);
}

/// Slack may have taken it or not; by the time it is sent again, somebody has acted.
#[tokio::test]
async fn a_reminder_that_was_on_its_way_is_not_said_after_somebody_acted() {
    let (world, body) = opened_with(WATCHED).await;
    On::Slack.press(&world, KIM, &body, "Claim").await;
    world.live(TimeDelta::seconds(8)).await;
    world.sandbox.slack().fault(Fault::new(FaultKind::ErrorBefore(503)).on(Operation::Create).times(20));
    later(&world, minutes(31)).await;
    assert_eq!(direct(&world, On::Slack, KIM), Vec::<String>::new());
    On::Discord.fill(&world, KIM, &body, "Close", &[("How did it end?", "Lost"), ("Why?", "No answer")]).await;
    world.sandbox.slack().heal();
    later(&world, minutes(10)).await;
    assert_eq!(direct(&world, On::Slack, KIM), Vec::<String>::new());
}
