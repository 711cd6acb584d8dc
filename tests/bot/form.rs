//! A new time is booked through a form: it opens at once, free times come afterwards, and whatever iClosed does, nothing is done by half
//! or twice.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use rebound::sandbox::{Answered, Call, Fault, FaultKind, Operation};
use serde_json::{Value, json};

use super::act::{BOTH, On, cards, everywhere};
use super::calls::{cancelled, email};
use super::world::{ALEX, DISCORD, Human, KIM, SAM, SLACK, World, plain, until};

const MENU: &str = "Choose a free time";

/// A cancelled call that the account of the sandbox knows.
pub(crate) async fn with_call() -> (World, Value) {
    with_call_and("", |_| ()).await
}

async fn with_call_and(more: &str, setup: impl FnOnce(&World)) -> (World, Value) {
    let world = World::with_key(more).await;
    let body = cancelled(world.now());
    world.sandbox.iclosed().know(&body);
    setup(&world);
    world.webhook(&body).await;
    world.drain().await;
    (world, body)
}

impl On {
    /// What the form says that is on somebody's screen: Slack's modal, Discord's private message.
    fn shows(self, world: &World, who: Human) -> Value {
        match self {
            Self::Slack => {
                let views = world.sandbox.slack().views();
                views.into_iter().rev().find(|view| view.open && view.person == who.slack).map(|view| view.json)
            }
            Self::Discord => {
                let private = world.sandbox.discord().private();
                private.into_iter().rev().find(|private| private.person == who.discord).map(|private| private.message)
            }
        }
        .unwrap_or_default()
    }

    /// The free times that it offers.
    pub(crate) fn times(self, world: &World, who: Human) -> Vec<String> {
        let shown = self.shows(world, who);
        let places = ["/blocks", "/components"].into_iter().filter_map(|part| shown.pointer(part)?.as_array().cloned()).flatten();
        let menu = places.flat_map(|block| [block["element"].clone(), block["components"][0].clone()]);
        let options = menu.filter_map(|menu| menu["options"].as_array().cloned()).flatten();
        options.filter_map(|one| one["text"]["text"].as_str().or_else(|| one["label"].as_str()).map(str::to_owned)).collect()
    }

    /// Chooses a time, and lets nothing else happen.
    async fn choose(self, world: &World, who: Human, time: &str) -> Answered {
        let id = self.shows(world, who)["id"].as_str().expect("a form").to_owned();
        match self {
            Self::Slack => world.sandbox.slack().submit(who.slack, &id, &[(MENU, time)]).await,
            Self::Discord => world.sandbox.discord().choose(who.discord, DISCORD, &id, MENU, time).await,
        }
    }

    /// Chooses a time, waits for what comes of it, and gives what the form says then.
    pub(crate) async fn book(self, world: &World, who: Human, time: &str) -> String {
        let answered = self.choose(world, who, time).await;
        assert!(answered.is_ok(), "{self:?}: {:?} {}", answered.error, answered.immediate);
        world.drain().await;
        self.says(world, who)
    }

    fn says(self, world: &World, who: Human) -> String {
        words(&self.shows(world, who))
    }

    /// Presses a button of the card and does nothing about it yet.
    async fn only_press(self, world: &World, who: Human, body: &Value, button: &str) -> Answered {
        let card = world.card(self.channel(), body).id;
        let answered = match self {
            Self::Slack => world.sandbox.slack().press(who.slack, SLACK, &card, button).await,
            Self::Discord => world.sandbox.discord().press(who.discord, DISCORD, &card, button).await,
        };
        assert!(answered.is_ok() && answered.latency < Duration::from_secs(3), "{:?}", answered.error);
        answered
    }
}

/// Every text of it.
fn words(node: &Value) -> String {
    match node {
        Value::String(text) => plain(text),
        Value::Array(all) => all.iter().map(words).collect::<Vec<_>>().join("\n"),
        Value::Object(all) => all.values().map(words).collect::<Vec<_>>().join("\n"),
        Value::Null | Value::Bool(_) | Value::Number(_) => String::new(),
    }
}

/// The requests that change something in iClosed.
fn changes(world: &World) -> Vec<Call> {
    world.sandbox.iclosed().journal().into_iter().filter(|call| matches!(call.operation, Operation::Create | Operation::Edit)).collect()
}

fn is_change(name: &str, _: &Value) -> bool {
    matches!(name, "book" | "reschedule")
}

async fn unchanged(world: &World, body: &Value) {
    everywhere(world, body, "· open").await;
    assert_eq!(world.count("select count(*) from history where act <> 'opened'").await, 0);
    assert_eq!((world.sandbox.iclosed().start_of(body), world.sandbox.iclosed().count()), (None, 1));
}

#[tokio::test]
async fn the_form_opens_at_once_and_the_times_come_afterwards() {
    for on in BOTH {
        let (world, body) = with_call().await;
        world.sandbox.iclosed().fault(Fault::new(FaultKind::HangBefore));
        on.only_press(&world, KIM, &body, "Reschedule").await;
        tokio::join!(world.drain(), async {
            until("the form is open", async || on.says(&world, KIM).contains("Looking up free times").then_some(())).await;
            let said = on.says(&world, KIM);
            for known in ["Jane Doe", email(&body), "+1555", "Strategy Call"] {
                assert!(said.contains(known), "{on:?} {known}: {said}");
            }
            let asked = async || world.sandbox.iclosed().journal().iter().any(|call| call.fault.is_some()).then_some(());
            until("iClosed is asked", asked).await;
            world.sandbox.iclosed().heal();
        });
        let said = on.says(&world, KIM);
        // What hung was let go without an answer.
        assert!(said.contains("does not tell its free times") && said.contains("app.iclosed.io/r/"), "{on:?}: {said}");
        world.sandbox.iclosed().fault(Fault::new(FaultKind::Slow(Duration::from_millis(300))));
        on.press(&world, KIM, &body, "Reschedule").await;
        assert_eq!(on.times(&world, KIM).len(), 15, "{}", on.says(&world, KIM));
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn times_are_told_on_both_clocks_with_the_link_beside_them() {
    for on in BOTH {
        let (world, body) = with_call().await;
        on.press(&world, KIM, &body, "Reschedule").await;
        for time in on.times(&world, KIM) {
            let (own, theirs) = time.split_once(" (").expect("two clocks");
            assert!(own.ends_with(" EST") || own.ends_with(" EDT"), "{time}");
            assert!(theirs.ends_with(" CET for them)") || theirs.ends_with(" CEST for them)"), "{time}");
        }
        let said = on.says(&world, KIM);
        for part in ["America/New_York", "Europe/Paris", "Jane Doe", email(&body), "To copy", "app.iclosed.io/r/", "Mark as offered"] {
            assert!(said.contains(part), "{on:?} {part}: {said}");
        }
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn a_free_time_is_chosen_and_booked_and_the_card_turns_rebooked() {
    for (on, refuse) in BOTH.into_iter().flat_map(|on| [(on, false), (on, true)]) {
        let (world, body) = with_call_and("", |world| {
            world.sandbox.iclosed().set_empty_days(2);
            if refuse {
                world.sandbox.iclosed().refuse_moves();
            }
        })
        .await;
        on.press(&world, KIM, &body, "Reschedule").await;
        let times = on.times(&world, KIM);
        let said = on.book(&world, KIM, &times[1]).await;
        assert!(said.contains("Booked: "), "{on:?}: {said}");
        everywhere(&world, &body, "rebooked for").await;
        let account = world.sandbox.iclosed();
        assert_eq!((account.start_of(&body).is_some(), account.count()), if refuse { (false, 2) } else { (true, 1) }, "{on:?}");
        for change in changes(&world) {
            assert_eq!(change.body["timeZone"], "Europe/Paris", "iClosed writes to the invitee, who lives there: {}", change.body);
        }
        // Whose the new call is stands on every card.
        everywhere(&world, &body, "with ").await;
        assert_eq!(world.count("select count(*) from history where act = 'booked'").await, 1);
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn whatever_is_known_of_the_invitee_and_the_calendar_is_enough_to_book_another_call() {
    for (gone, key) in [(&[][..], "email"), (&["email"], "contactId"), (&["email", "uuid"], "phoneNumber")] {
        let world = World::with_key("").await;
        let mut body = cancelled(world.now());
        // As the documentation shows it: no page to book at.
        body["event"]["eventLink"] = Value::Null;
        world.sandbox.iclosed().know(&body);
        world.sandbox.iclosed().refuse_moves();
        for part in gone {
            body["invitee"][*part] = json!("");
        }
        world.webhook(&body).await;
        world.drain().await;
        On::Slack.press(&world, KIM, &body, "Reschedule").await;
        let said = On::Slack.book(&world, KIM, &On::Slack.times(&world, KIM)[0]).await;
        assert!(said.contains("Booked: "), "{key}: {said}");
        let booked = changes(&world).pop().expect("a booking").body;
        assert!(booked["linkPrefix"] == "acme/strategy-call" && !booked[key].is_null(), "{booked}");
        assert_eq!(world.sandbox.iclosed().count(), 2, "{key}");
        everywhere(&world, &body, "rebooked for").await;
    }
}

#[tokio::test]
async fn whoever_may_not_reschedule_hears_whose_it_is() {
    for on in BOTH {
        for with_key in [true, false] {
            let world = if with_key { World::with_key("").await } else { World::new().await };
            let body = cancelled(world.now());
            world.sandbox.iclosed().know(&body);
            world.webhook(&body).await;
            world.drain().await;
            on.press(&world, KIM, &body, "Claim").await;
            world.live(TimeDelta::seconds(3)).await;
            on.press(&world, SAM, &body, "Reschedule").await;
            let told = on.told(&world, SAM);
            assert!(told.contains("manager") && !told.contains("Mark as offered"), "{on:?} {with_key}: {told}");
            assert_eq!(on.form(&world, SAM), None);
            world.assert_no_objections();
        }
    }
}

#[tokio::test]
async fn a_webhook_that_is_faster_than_iclosed_s_answer_says_who_booked_it() {
    for on in BOTH {
        let (world, body) = with_call().await;
        on.press(&world, KIM, &body, "Reschedule").await;
        on.choose(&world, KIM, &on.times(&world, KIM)[0]).await;
        world.sandbox.iclosed().fault(Fault::new(FaultKind::HangAfter).on(Operation::Edit));
        tokio::join!(world.drain(), async {
            let told = "select count(*) from event where kind = 'call_rescheduled'";
            until("the webhook", async || (world.count(told).await == 1).then_some(())).await;
            world.drain_understanding().await;
            world.sandbox.iclosed().heal();
        });
        assert!(on.says(&world, KIM).contains("Every card says so"), "{}", on.says(&world, KIM));
        everywhere(&world, &body, "rebooked for").await;
        let person =
            format!("{}:{}", if on == On::Slack { "slack" } else { "discord" }, if on == On::Slack { KIM.slack } else { KIM.discord });
        let by_kim = format!("select count(*) from history where act = 'booked' and person = '{person}'");
        assert_eq!(world.count(&by_kim).await, 1, "{on:?}");
        assert_eq!(world.count("select count(*) from history where act = 'rebooked'").await, 0, "{on:?}");
        on.press(&world, SAM, &body, "Details").await;
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn what_was_closed_while_it_was_booked_is_not_said_to_be_on_the_cards() {
    let (world, body) = with_call().await;
    On::Discord.press(&world, ALEX, &body, "Close").await;
    On::Discord.press(&world, KIM, &body, "Reschedule").await;
    let times = On::Discord.times(&world, KIM);
    On::Discord.choose(&world, KIM, &times[0]).await;
    let form = On::Discord.form(&world, ALEX).expect("a form");
    let values = [("How did it end?", "Lost"), ("Why?", "No answer")];
    assert!(world.sandbox.discord().submit(ALEX.discord, &form, &values).await.is_ok());
    world.drain().await;
    let said = On::Discord.says(&world, KIM);
    assert!(said.contains("Booked: ") && said.contains("closed meanwhile") && !said.contains("Every card"), "{said}");
    everywhere(&world, &body, "lost").await;
}

#[tokio::test]
async fn what_somebody_took_while_it_was_booked_is_rebooked_all_the_same() {
    let (world, body) = with_call().await;
    On::Discord.press(&world, KIM, &body, "Reschedule").await;
    let times = On::Discord.times(&world, KIM);
    On::Discord.choose(&world, KIM, &times[0]).await;
    let card = world.card(SLACK, &body).id;
    assert!(world.sandbox.slack().press(SAM.slack, SLACK, &card, "Claim").await.is_ok());
    // No webhook tells of it.
    world.sandbox.set_bot_url("http://127.0.0.1:1");
    world.drain().await;
    assert!(On::Discord.says(&world, KIM).contains("Every card says so"), "{}", On::Discord.says(&world, KIM));
    world.sandbox.set_bot_url(world.url.clone());
    everywhere(&world, &body, "rebooked for").await;
    let by = world.text("select person from history where act = 'booked'").await;
    assert_eq!(by, format!("discord:{}", KIM.discord), "not whoever took it meanwhile, nor nobody");
}

#[tokio::test]
async fn without_free_times_it_says_why_and_gives_the_link() {
    let answers = |status, body| FaultKind::Answers { status, body };
    for on in BOTH {
        let (world, body) = with_call_and("delivery = { request_timeout = \"1s\" }", |_| ()).await;
        for (fault, says) in [
            (answers(400, json!({ "message": "Bad request" })), "Bad request"),
            (answers(401, json!({ "message": "Invalid API key" })), "API key"),
            (FaultKind::RateLimited { retry_after: Duration::from_secs(3) }, "wait 3 s"),
            (FaultKind::ErrorBefore(500), "just now"),
            (FaultKind::HtmlAfter, "just now"),
            (FaultKind::Slow(Duration::from_secs(3)), "just now"),
            (answers(200, json!({ "data": { "availabilities": {} } })), "no free time"),
        ] {
            world.sandbox.iclosed().fault(Fault::new(fault.clone()));
            on.press(&world, KIM, &body, "Reschedule").await;
            let said = on.says(&world, KIM);
            assert!(said.contains(says) && said.contains("app.iclosed.io/r/") && said.contains("Mark as offered"), "{fault:?}: {said}");
            assert_eq!(on.times(&world, KIM), Vec::<String>::new());
            if on == On::Slack {
                let view = on.shows(&world, KIM)["id"].as_str().expect("a view").to_owned();
                world.sandbox.slack().close(KIM.slack, &view).await;
            }
            world.sandbox.iclosed().heal();
        }
        unchanged(&world, &body).await;
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn a_refusal_is_told_in_words_and_nothing_is_done() {
    let answers = |status, body| FaultKind::Answers { status, body };
    for on in BOTH {
        let (world, body) = with_call_and("delivery = { request_timeout = \"1s\" }", |_| ()).await;
        for (fault, says, more) in [
            (answers(400, json!({ "message": "The slot is gone" })), "The slot is gone", true),
            (answers(401, json!({ "message": "API key expired" })), "API key", false),
            (answers(429, json!({ "retryAfter": 3 })), "for 3 s", false),
            (FaultKind::ErrorBefore(503), "did not say", true),
            (FaultKind::DropBefore, "did not say", true),
            (FaultKind::HangBefore, "did not say", true),
        ] {
            on.press(&world, KIM, &body, "Reschedule").await;
            let times = on.times(&world, KIM);
            world.sandbox.iclosed().fault(Fault::new(fault.clone()).when(is_change));
            let said = on.book(&world, KIM, &times[0]).await;
            assert!(said.contains(says) && said.contains("app.iclosed.io/r/"), "{on:?} {fault:?}: {said}");
            assert_eq!(!on.times(&world, KIM).is_empty(), more, "{fault:?}");
            world.sandbox.iclosed().heal();
            if on == On::Slack {
                let view = on.shows(&world, KIM)["id"].as_str().expect("a view").to_owned();
                world.sandbox.slack().close(KIM.slack, &view).await;
            }
        }
        unchanged(&world, &body).await;
        // Where even the look fails, nothing is asked to change.
        on.press(&world, KIM, &body, "Reschedule").await;
        let times = on.times(&world, KIM);
        let asked = changes(&world).len();
        world.sandbox.iclosed().fault(Fault::new(FaultKind::ErrorBefore(500)));
        assert!(on.book(&world, KIM, &times[0]).await.contains("nothing was booked"));
        assert_eq!(changes(&world).len(), asked);
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn an_unclear_booking_is_looked_for_and_found() {
    for (on, refuse) in [(On::Slack, false), (On::Discord, true)] {
        for fault in [FaultKind::ErrorAfter(500), FaultKind::CutBody, FaultKind::DropAfter] {
            let (world, body) = with_call_and("", |world| {
                if refuse {
                    world.sandbox.iclosed().refuse_moves();
                }
            })
            .await;
            on.press(&world, KIM, &body, "Reschedule").await;
            let operation = if refuse { Operation::Create } else { Operation::Edit };
            world.sandbox.iclosed().fault(Fault::new(fault.clone()).on(operation));
            let said = on.book(&world, KIM, &on.times(&world, KIM)[0]).await;
            assert!(said.contains("Booked: "), "{fault:?}: {said}");
            everywhere(&world, &body, "rebooked for").await;
            assert_eq!(changes(&world).len(), if refuse { 2 } else { 1 }, "{fault:?}");
        }
    }
}

#[tokio::test]
async fn an_unclear_booking_that_is_not_there_can_be_sent_again() {
    for on in BOTH {
        let (world, body) = with_call().await;
        on.press(&world, KIM, &body, "Reschedule").await;
        world.sandbox.iclosed().fault(Fault::new(FaultKind::ErrorBefore(500)).when(is_change).times(1));
        let said = on.book(&world, KIM, &on.times(&world, KIM)[0]).await;
        assert!(said.contains("did not say"), "{said}");
        unchanged(&world, &body).await;
        assert!(on.book(&world, KIM, &on.times(&world, KIM)[0]).await.contains("Booked: "));
        everywhere(&world, &body, "rebooked for").await;
        assert_eq!(world.sandbox.iclosed().count(), 1);
    }
}

#[tokio::test]
async fn whoever_chooses_another_time_after_an_unclear_one_books_no_second_call() {
    let (world, body) = with_call_and("", |world| world.sandbox.iclosed().refuse_moves()).await;
    On::Slack.press(&world, KIM, &body, "Reschedule").await;
    On::Discord.press(&world, SAM, &body, "Reschedule").await;
    let times = On::Slack.times(&world, KIM);
    On::Slack.choose(&world, KIM, &times[0]).await;
    // It will be booked, but nobody hears of it: neither by the answer, nor by the look after it, nor by a webhook.
    world.sandbox.set_bot_url("http://127.0.0.1:1");
    world.sandbox.iclosed().fault(Fault::new(FaultKind::DropAfter).on(Operation::Create));
    let look = |name: &str, asked: &Value| name == "eventCalls" && asked["inviteeEmails"].is_string();
    // The look before passes, the one after does not.
    world.sandbox.iclosed().fault(Fault::new(FaultKind::Slow(Duration::ZERO)).when(look).times(1));
    world.sandbox.iclosed().fault(Fault::new(FaultKind::ErrorBefore(500)).when(look).times(1));
    world.drain().await;
    assert!(On::Slack.says(&world, KIM).contains("did not say"), "{}", On::Slack.says(&world, KIM));
    assert_eq!(world.sandbox.iclosed().count(), 2);
    world.sandbox.iclosed().heal();
    world.sandbox.set_bot_url(world.url.clone());
    let said = On::Discord.book(&world, SAM, &times[4]).await;
    assert!(said.contains("a call with them already"), "{said}");
    everywhere(&world, &body, "· open").await;
    assert_eq!(world.sandbox.iclosed().count(), 2, "no second call");
}

#[tokio::test]
async fn however_often_it_is_sent_it_is_booked_once() {
    for on in BOTH {
        let (world, body) = with_call().await;
        for who in [KIM, SAM] {
            on.press(&world, who, &body, "Reschedule").await;
        }
        let times = on.times(&world, KIM);
        let first = on.choose(&world, KIM, &times[0]).await;
        assert!(first.is_ok() && first.latency < Duration::from_secs(3), "{:?}", first.error);
        assert!(on.says(&world, KIM).contains("Booking "), "{}", on.says(&world, KIM));
        // Before anything was booked: the same once more, and somebody else.
        let again = match on {
            On::Slack => world.sandbox.slack().send(&first.request).await,
            On::Discord => world.sandbox.discord().send(&first.request).await,
        };
        assert!(again.status == 200 && again.immediate.to_string().contains("Booking "), "{}", again.immediate);
        let second = on.choose(&world, SAM, &times[1]).await;
        let told = format!("{} {}", second.immediate, on.told(&world, SAM));
        assert!(told.contains("just now") && (told.contains("Kim Closer") || told.contains(KIM.discord)), "{told}");
        world.drain().await;
        assert!(on.says(&world, KIM).contains("Booked: "), "{}", on.says(&world, KIM));
        everywhere(&world, &body, "rebooked for").await;
        // Afterwards, too.
        match on {
            On::Slack => world.sandbox.slack().send(&first.request).await,
            On::Discord => world.sandbox.discord().send(&first.request).await,
        };
        let late = match on {
            On::Slack => on.choose(&world, SAM, &times[1]).await,
            On::Discord => {
                let forms = world.sandbox.discord().private();
                let form =
                    forms.iter().find(|form| form.person == SAM.discord && form.message["components"][0]["components"][0]["type"] == 3);
                world.sandbox.discord().choose(SAM.discord, DISCORD, &form.expect("the form").id, MENU, &times[1]).await
            }
        };
        let told = format!("{} {}", late.immediate, on.told(&world, SAM));
        assert!(told.contains("has booked a new time") && (told.contains("Kim Closer") || told.contains(KIM.discord)), "{told}");
        assert!(told.contains("EST") || told.contains("EDT"), "it says when: {told}");
        world.drain().await;
        assert_eq!((changes(&world).len(), world.sandbox.iclosed().count()), (1, 1));
        assert_eq!(world.count("select count(*) from history where act = 'booked'").await, 1);
        world.assert_no_objections();
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_choose_at_once_one_books() {
    let (world, body) = with_call().await;
    for who in [ALEX, KIM, SAM] {
        On::Slack.press(&world, who, &body, "Reschedule").await;
        On::Discord.press(&world, who, &body, "Reschedule").await;
    }
    let times = On::Slack.times(&world, KIM);
    let choices = [ALEX, KIM, SAM].into_iter().enumerate().flat_map(|(at, who)| BOTH.map(|on| (on, who, times[at].clone())));
    let world = &world;
    futures_util::future::join_all(choices.map(|(on, who, time)| async move { on.choose(world, who, &time).await })).await;
    world.drain().await;
    everywhere(world, &body, "rebooked for").await;
    assert_eq!((changes(world).len(), world.sandbox.iclosed().count()), (1, 1));
}

#[tokio::test]
async fn a_new_time_is_marked_as_offered_from_the_form() {
    for on in BOTH {
        let (world, body) = with_call().await;
        on.press(&world, KIM, &body, "Reschedule").await;
        let form = on.shows(&world, KIM)["id"].as_str().expect("a form").to_owned();
        on.press_at(&world, KIM, &form, "Mark as offered").await;
        assert!(on.says(&world, KIM).contains("a new time was offered"), "{}", on.says(&world, KIM));
        everywhere(&world, &body, "New time offered").await;
        // The form is still of use.
        if on == On::Slack {
            let top = on.shows(&world, KIM)["id"].as_str().expect("a view").to_owned();
            assert_ne!(top, form);
            world.sandbox.slack().close(KIM.slack, &top).await;
            assert!(on.book(&world, KIM, &on.times(&world, KIM)[0]).await.contains("Booked: "));
        }
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn a_form_that_was_closed_meanwhile_does_no_harm() {
    let (world, body) = with_call().await;
    world.sandbox.iclosed().fault(Fault::new(FaultKind::HangBefore));
    On::Slack.only_press(&world, KIM, &body, "Reschedule").await;
    tokio::join!(world.drain(), async {
        let view = until("a form", async || On::Slack.form(&world, KIM)).await;
        world.sandbox.slack().close(KIM.slack, &view).await;
        let asked = async || world.sandbox.iclosed().journal().iter().any(|call| call.fault.is_some()).then_some(());
        until("iClosed is asked", asked).await;
        world.sandbox.iclosed().heal();
    });
    On::Slack.press(&world, KIM, &body, "Reschedule").await;
    let view = On::Slack.form(&world, KIM).expect("a form");
    On::Slack.choose(&world, KIM, &On::Slack.times(&world, KIM)[0]).await;
    world.sandbox.slack().close(KIM.slack, &view).await;
    world.drain().await;
    everywhere(&world, &body, "rebooked for").await;
    let told = On::Slack.told(&world, KIM);
    assert!(told.contains("Booked: ") && told.contains("Jane Doe"), "{told}");
    world.assert_no_objections();
}

#[tokio::test]
async fn whoever_dismissed_the_message_hears_of_the_booking_all_the_same() {
    let (world, body) = with_call().await;
    On::Discord.press(&world, KIM, &body, "Reschedule").await;
    let form = On::Discord.shows(&world, KIM)["id"].as_str().expect("a form").to_owned();
    On::Discord.choose(&world, KIM, &On::Discord.times(&world, KIM)[0]).await;
    world.sandbox.discord().dismiss(&form);
    world.drain().await;
    everywhere(&world, &body, "rebooked for").await;
    assert!(On::Discord.told(&world, KIM).contains("Booked: "), "{}", On::Discord.told(&world, KIM));
}

#[tokio::test]
async fn a_slow_directory_keeps_nobody_waiting() {
    let (world, body) = with_call().await;
    let directory = |name: &str, _: &Value| name == "users.info";
    world.sandbox.slack().fault(Fault::new(FaultKind::Slow(Duration::from_secs(5))).when(directory));
    let begun = Instant::now();
    let card = world.card(SLACK, &body).id;
    let answered = world.sandbox.slack().pick(KIM.slack, SLACK, &card, "Assign follow-up", SAM.slack).await;
    assert!(answered.is_ok() && begun.elapsed() < Duration::from_secs(3), "{:?} {:?}", answered.error, begun.elapsed());
    everywhere(&world, &body, "Sam Closer has it").await;
    world.assert_no_objections();
}

#[tokio::test]
async fn what_stands_below_a_field_is_plain_text() {
    let (world, body) = with_call().await;
    On::Slack.press(&world, SAM, &body, "Close").await;
    On::Slack.press(&world, KIM, &body, "Claim").await;
    let answered = On::Slack.send_off(&world, SAM, &[("How did it end?", "Lost"), ("Why?", "No answer")]).await;
    let said = answered.immediate["errors"]["outcome"].as_str().expect("an error").to_owned();
    assert!(said.contains("Kim Closer has it") && !said.contains(['<', '>', '*', '_', '`']), "{said}");
    assert_eq!(cards(&world, &body).await.len(), 3);
}

#[tokio::test]
async fn a_day_that_is_over_is_no_reason_to_offer_nothing() {
    let (world, body) = with_call_and("", |world| world.sandbox.iclosed().set_empty_days(4)).await;
    world.pass(TimeDelta::seconds(1));
    On::Discord.press(&world, KIM, &body, "Reschedule").await;
    assert_eq!(On::Discord.times(&world, KIM).len(), 15);
}
