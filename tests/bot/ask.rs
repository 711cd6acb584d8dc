//! People ask with the slash command and look at the bot's home: in private, the most urgent first, with buttons that work.

use chrono::TimeDelta;
use rebound::sandbox::{Answered, Private};
use serde_json::Value;

use super::act::{BOTH, On, cards, everywhere, opened, opened_with};
use super::calls::{booked_again, cancelled};
use super::world::{ALEX, DISCORD, Human, KIM, OLGA, SAM, SLACK, World};

impl On {
    pub(crate) async fn ask(self, world: &World, who: Human, text: &str) -> String {
        let public = || (world.sandbox.slack().messages(SLACK).len(), world.sandbox.discord().messages(DISCORD).len());
        let before = (public(), self.heard(world, who).len());
        let answered = self.type_in(world, who, text).await;
        assert!(answered.is_ok() && answered.status == 200, "{text}: {:?} {}", answered.error, answered.immediate);
        world.drain().await;
        assert_eq!((public(), self.heard(world, who).len()), (before.0, before.1 + 1), "{text}: one answer, in private");
        self.told(world, who)
    }

    async fn type_in(self, world: &World, who: Human, text: &str) -> Answered {
        match self {
            Self::Slack => world.sandbox.slack().command(who.slack, text).await,
            Self::Discord => world.sandbox.discord().command(who.discord, text).await,
        }
    }

    fn heard(self, world: &World, who: Human) -> Vec<Private> {
        let (private, id) = match self {
            Self::Slack => (world.sandbox.slack().private(), who.slack),
            Self::Discord => (world.sandbox.discord().private(), who.discord),
        };
        private.into_iter().filter(|private| private.person == id).collect()
    }

    fn last(self, world: &World, who: Human) -> Private {
        self.heard(world, who).pop().expect("an answer")
    }
}

/// A cancelled call of that invitee.
async fn call_of(world: &World, name: &str, email: &str) -> Value {
    world.pass(TimeDelta::seconds(5));
    let mut body = cancelled(world.now());
    for part in ["invitee", "event"] {
        body[part]["canceler_name"] = name.into();
    }
    body["invitee"]["name"] = name.into();
    let (first, last) = name.split_once(' ').unwrap_or((name, ""));
    body["invitee"]["first_name"] = first.into();
    body["invitee"]["last_name"] = last.into();
    body["invitee"]["email"] = email.into();
    world.webhook(&body).await;
    world.live(TimeDelta::seconds(3)).await;
    body
}

async fn registered(world: &World) {
    assert!(world.app.flow().register().await.expect("registered") || !world.sandbox.discord().commands().is_empty());
}

#[tokio::test]
async fn help_names_every_verb_and_knows_typing_slips() {
    let (world, _) = opened().await;
    for typed in ["help", "", "   ", "frobnicate", "--", "\u{202e}\u{200b}", "'; DROP TABLE follow_up;--"] {
        let told = On::Slack.ask(&world, KIM, typed).await;
        for verb in ["help", "open", "mine", "show", "assign"] {
            assert!(told.contains(verb), "{typed}: {told}");
        }
        let (_, later) = told.split_once("Not yet").unwrap_or_else(|| panic!("{typed}: {told}"));
        assert!(["stats", "export"].into_iter().all(|verb| later.contains(verb)), "{typed}: {told}");
    }
    assert!(On::Slack.ask(&world, KIM, "opne").await.contains("Did you mean"));
    assert!(On::Slack.ask(&world, KIM, "stats 7d").await.contains("does not work yet"));
    registered(&world).await;
    assert!(On::Discord.ask(&world, KIM, "help").await.contains("assign"));
    world.assert_no_objections();
}

#[tokio::test]
async fn a_follow_up_is_given_by_a_command_as_with_the_picker() {
    for on in BOTH {
        let (world, body) = opened().await;
        registered(&world).await;
        let id = world.text("select short_id from follow_up").await;
        let to = |whom: &str| format!("assign {} @{whom}", id.to_lowercase());
        let told = on.ask(&world, ALEX, &to(SAM.name)).await;
        assert!(told.contains(&format!("has {id} now")), "{told}");
        for card in cards(&world, &body).await {
            let mention = if card.channel == DISCORD { SAM.discord } else { SAM.slack };
            assert!(card.json.to_string().contains(&format!("<@{mention}>")), "{}", card.json);
        }
        assert!(super::tell::direct(&world, on, SAM).iter().any(|told| told.contains("gave you this follow-up")));
        // The second try is refused kindly, whoever has it not may not give it away, and of no other there is any.
        assert!(on.ask(&world, ALEX, &to(SAM.name)).await.contains("already, so nothing changed"));
        assert!(on.ask(&world, KIM, &to(KIM.name)).await.contains("or a manager"));
        assert!(on.ask(&world, ALEX, "assign Z9Z9 @Sam Closer").await.contains("There is no cancellation"));
        assert_eq!(world.count("select count(*) from history where act = 'assigned'").await, 1);
        let from = world.text("select detail from history where act = 'assigned'").await;
        assert!(from.contains(&format!("\"from\":\"{}\"", on.channel())), "{from}");
        everywhere(&world, &body, "Sam Closer has it").await;
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn whom_a_command_means_may_be_typed_and_must_be_of_the_team() {
    let (world, body) = opened_with("team = { team_only = true }").await;
    let id = world.text("select short_id from follow_up").await;
    for (whom, says) in [
        ("", "Which one, and to whom?"),
        ("Nobody At All", "I know nobody of the sales team called “Nobody At All”"),
        ("@Olga Outsider", "Only people of the sales team can take"),
        ("SAM@acme.example", "has"),
        ("kim closer", "has"),
    ] {
        let told = On::Slack.ask(&world, ALEX, &format!("assign {id} {whom}")).await;
        assert!(told.contains(says), "{whom}: {told}");
    }
    assert!(On::Slack.ask(&world, ALEX, "assign").await.contains("Which one, and to whom?"));
    everywhere(&world, &body, "Kim Closer has it").await;
    assert_eq!(world.count("select count(*) from history where act = 'assigned'").await, 2);
}

#[tokio::test]
async fn discord_suggests_what_is_open() {
    let (world, body) = opened_with("team = { team_only = true }").await;
    registered(&world).await;
    call_of(&world, "Otto Other", "otto@prospect.example").await;
    let id = world.text("select short_id from follow_up order by id limit 1").await;
    let suggested = async |who: Human, typed: &str| {
        let answered = world.sandbox.discord().complete(who.discord, typed).await;
        answered.immediate["data"]["choices"].as_array().cloned().expect("choices")
    };
    for typed in [id.to_lowercase(), "jane".to_owned(), super::calls::email(&body).to_owned()] {
        let choices = suggested(KIM, &format!("assign {typed}")).await;
        assert_eq!(choices.len(), 1, "{typed}: {choices:?}");
        assert_eq!((&choices[0]["value"], &choices[0]["name"]), (&id.as_str().into(), &format!("Jane Doe · {id}").into()));
    }
    assert_eq!(suggested(KIM, "show o").await.len(), 2);
    assert_eq!(suggested(KIM, "assign nothing").await, Vec::<Value>::new());
    assert_eq!(suggested(OLGA, "assign jane").await, Vec::<Value>::new());
    world.assert_no_objections();
}

#[tokio::test]
async fn a_home_that_was_opened_follows_what_others_and_time_do() {
    let (world, body) = opened().await;
    let home = || world.sandbox.slack().home(KIM.slack).map(|home| home.json.to_string()).unwrap_or_default();
    assert!(world.sandbox.slack().open_home(KIM.slack).await.is_ok());
    world.drain().await;
    assert!(home().contains("You have no open follow-up"), "{}", home());
    On::Discord.pick(&world, ALEX, &body, KIM).await;
    assert!(home().contains("Jane Doe"), "{}", home());
    On::Discord.fill(&world, KIM, &body, "Snooze", &[("Bring it back", "in 2 hours")]).await;
    assert!(home().contains("snoozed until"), "{}", home());
    world.pass(TimeDelta::minutes(121));
    world.drain().await;
    assert!(home().contains("Jane Doe") && !home().contains("snoozed until"), "{}", home());
    On::Discord.pick(&world, ALEX, &body, SAM).await;
    assert!(home().contains("You have no open follow-up"), "{}", home());
    assert!(world.sandbox.slack().home(SAM.slack).is_none(), "nobody's home is shown who never looked at it");
    On::Discord.pick(&world, ALEX, &body, KIM).await;
    assert!(home().contains("Jane Doe"), "{}", home());
    assert_eq!(world.webhook(&booked_again(&body, false, world.now())).await.0, 200);
    world.drain().await;
    assert!(home().contains("You have no open follow-up"), "{}", home());
    world.assert_no_objections();
}

#[tokio::test]
async fn open_is_sorted_by_urgency_and_worked_through_with_its_buttons() {
    for on in BOTH {
        let (world, later) = opened().await;
        registered(&world).await;
        let soon = {
            world.pass(TimeDelta::seconds(5));
            let mut body = cancelled(world.now() - TimeDelta::hours(40));
            body["invitee"]["name"] = "Sue Soon".into();
            world.webhook(&body).await;
            world.live(TimeDelta::seconds(3)).await;
            body
        };
        let told = on.ask(&world, KIM, "open").await;
        let at = |name: &str| told.find(name).unwrap_or_else(|| panic!("{name}: {told}"));
        assert!(told.contains("2 follow-ups are open") && at("Sue Soon") < at("Jane Doe"), "{told}");
        let list = on.last(&world, KIM).id;
        let close = "Close";
        on.press_at(&world, KIM, &list, close).await;
        on.send_off(&world, KIM, &[("How did it end?", "Lost"), ("Why?", "No answer")]).await;
        everywhere(&world, &soon, "lost").await;
        everywhere(&world, &later, "open").await;
        let told = on.ask(&world, KIM, "open").await;
        assert!(told.contains("1 follow-up is open") && !told.contains("Sue Soon"), "{told}");
        on.press_at(&world, KIM, &on.last(&world, KIM).id, "Details").await;
        assert!(on.told(&world, KIM).contains("Between 20k and 50k"), "{}", on.told(&world, KIM));
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn long_lists_have_pages() {
    let world = World::new().await;
    registered(&world).await;
    for at in 0..12 {
        call_of(&world, &format!("Lead Number{at}"), &format!("lead-{at}@prospect.example")).await;
    }
    for (on, left, last) in [(On::Slack, "2 more", "open 2"), (On::Discord, "7 more", "open 3")] {
        let told = on.ask(&world, KIM, "open").await;
        assert!(told.contains("12 follow-ups") && told.contains(left), "{told}");
        let told = on.ask(&world, KIM, last).await;
        assert!(!told.contains(" more") && told.matches("Lead Number").count() == 2, "{told}");
    }
    world.assert_no_objections();
}

#[tokio::test]
async fn mine_lists_mine_on_both_platforms_and_at_home() {
    let (world, body) = opened().await;
    registered(&world).await;
    let other = call_of(&world, "Otto Other", "otto@prospect.example").await;
    for on in BOTH {
        assert!(on.ask(&world, KIM, "mine").await.contains("Claim"), "it says what to do");
    }
    On::Slack.press(&world, KIM, &body, "Claim").await;
    On::Slack.press(&world, SAM, &other, "Claim").await;
    for on in BOTH {
        let told = on.ask(&world, KIM, "mine").await;
        assert!(told.contains("Jane Doe") && !told.contains("Otto"), "{told}");
        assert!(on.ask(&world, SAM, "mine").await.contains("Otto Other"));
        assert!(!on.ask(&world, ALEX, "mine").await.contains("Otto"));
        on.ask(&world, KIM, "mine").await;
        on.press_at(&world, KIM, &on.last(&world, KIM).id, "Snooze").await;
        assert!(on.form(&world, KIM).is_some());
    }
    let home = async |who: Human| {
        assert_eq!(world.sandbox.slack().open_home(who.slack).await.status, 200);
        world.drain().await;
        world.sandbox.slack().home(who.slack).expect("a home").json.to_string()
    };
    let kims = home(KIM).await;
    assert!(kims.contains("Jane Doe") && kims.contains("\"close\"") && !kims.contains("Otto"), "{kims}");
    assert!(home(ALEX).await.contains("You have no open follow-up"));
    world.assert_no_objections();
}

#[tokio::test]
async fn show_tells_all_and_what_became_of_it() {
    for on in BOTH {
        let (world, body) = opened().await;
        registered(&world).await;
        call_of(&world, "Otto Other", "otto@prospect.example").await;
        on.press(&world, KIM, &body, "Claim").await;
        let values = [("How did it end?", "Lost"), ("Why?", "No answer"), ("A note for the team", "rang twice")];
        on.fill(&world, ALEX, &body, "Close", &values).await;
        let email = body["invitee"]["email"].as_str().expect("an address").to_owned();
        let told = on.ask(&world, KIM, &format!("show {email}")).await;
        for says in ["What happened", "The cancellation came in", "took it", "closed it: Lost · No answer · “rang twice”", "Jane Doe"]
        {
            assert!(told.contains(says), "{says}: {told}");
        }
        assert!(!told.contains("Otto"), "{told}");
        on.press_at(&world, KIM, &on.last(&world, KIM).id, "Reopen").await;
        everywhere(&world, &body, "Kim Closer has it").await;
        assert!(on.ask(&world, KIM, "show jane doe").await.contains("What happened"));
        assert!(on.ask(&world, KIM, "show Doe").await.contains("What happened"));
        assert!(on.ask(&world, KIM, "show nobody@nowhere.example").await.contains("There is no cancellation"));
        let open = on.ask(&world, KIM, "open").await;
        let id = open.split(['*', ' ', '\n', '_']).find(|word| {
            word.len() == 4
                && word.chars().any(|c| c.is_ascii_digit())
                && word.chars().all(|c| c.is_ascii_uppercase() || c.is_ascii_digit())
        });
        assert!(on.ask(&world, KIM, &format!("show {}", id.expect("an id").to_lowercase())).await.contains("What happened"));
        call_of(&world, "Jane Doe", "another@prospect.example").await;
        assert!(on.ask(&world, KIM, "show Jane Doe").await.contains("2 cancellations fit “Jane Doe”"));
        world.assert_no_objections();
    }
}

#[tokio::test]
async fn outsiders_learn_nothing_by_asking() {
    let (world, body) = opened_with("team = { team_only = true }").await;
    registered(&world).await;
    for on in BOTH {
        for text in ["open", "mine", "show Jane Doe"] {
            let told = on.ask(&world, OLGA, text).await;
            assert!(told.contains("Only people of the sales team") && !told.contains("Jane"), "{told}");
        }
    }
    world.sandbox.slack().open_home(OLGA.slack).await;
    world.drain().await;
    let home = world.sandbox.slack().home(OLGA.slack).expect("a home").json.to_string();
    assert!(home.contains("Only people of the sales team") && !home.contains("Jane"), "{home}");
    assert_eq!(cards(&world, &body).await.len(), 3);
    world.assert_no_objections();
}

#[tokio::test]
async fn what_leads_wrote_is_only_text_in_answers() {
    let world = World::new().await;
    registered(&world).await;
    let hostile = "<!channel> @everyone [x](https://evil.example) <@300000000000000021> `*";
    call_of(&world, hostile, "evil@prospect.example").await;
    for on in BOTH {
        for text in ["open", "show evil@prospect.example"] {
            on.ask(&world, KIM, text).await;
        }
    }
    for private in world.sandbox.slack().private() {
        let mut marked = Vec::new();
        mrkdwn(&private.message["blocks"], &mut marked);
        for text in marked {
            assert!(!text.contains("<!channel>") && !text.contains("<@300") && !text.contains("<https://evil"), "{text}");
        }
    }
    for private in world.sandbox.discord().private() {
        assert_eq!(private.message["mentions"].as_array().map_or(0, Vec::len), 0);
        assert!(!private.message.to_string().contains("](https://evil"), "{}", private.message);
    }
    world.assert_no_objections();
}

/// Every text in which Slack reads marks.
fn mrkdwn(node: &Value, found: &mut Vec<String>) {
    if node["type"] == "mrkdwn" {
        found.extend(node["text"].as_str().map(str::to_owned));
    }
    let children: Vec<&Value> = match node {
        Value::Array(all) => all.iter().collect(),
        Value::Object(all) => all.values().collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    };
    for child in children {
        mrkdwn(child, found);
    }
}
