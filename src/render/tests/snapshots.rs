//! Every template on each platform with every sample. Look at each change of these files as a reader of the card would.

use super::*;
use crate::domain::act::{ClosingReason, Ending, Note, Role};
use crate::domain::message::{FieldKind, Form, FormField, FormKind};
use crate::domain::story::{More, Step};

fn all(make: impl Fn(&FollowUp) -> Message) -> String {
    let samples = samples::samples();
    let dumps: Vec<String> = samples.iter().map(|(name, sample)| format!("== {name}\n{}", dump(&make(sample)))).collect();
    dumps.join("\n\n")
}

#[test]
fn cards() {
    let renderer = renderer();
    for platform in Platform::ALL {
        let made = all(|sample| renderer.card(sample, platform, samples::now()));
        insta::assert_snapshot!(format!("cards_{platform}"), made);
    }
}

#[test]
fn details() {
    let renderer = renderer();
    for platform in Platform::ALL {
        let made = all(|sample| renderer.details(sample, platform, samples::now()));
        insta::assert_snapshot!(format!("details_{platform}"), made);
    }
}

#[test]
fn reschedule() {
    let renderer = renderer();
    for platform in Platform::ALL {
        let made = all(|sample| renderer.reschedule(sample, platform, samples::now()));
        insta::assert_snapshot!(format!("reschedule_{platform}"), made);
    }
}

#[test]
fn plain() {
    let renderer = renderer();
    insta::assert_snapshot!("plain", all(|sample| renderer.plain(sample, Platform::Slack, samples::now())));
}

#[test]
fn as_text() {
    let renderer = renderer();
    let shown = |name: &str| card_as_text(&renderer.card(&sample(name), Platform::Slack, samples::now()));
    insta::assert_snapshot!("as_text", [shown("invitee"), shown("late"), shown("bare")].join("\n\n"));
}

#[test]
fn sentences() {
    let renderer = renderer();
    let (alex, lost) = (Person::from(&mate("Alex Closer", 1)), sample("rebooked"));
    let all = [
        Sentence::CommandNotYet { verb: "stats" },
        Sentence::Done,
        Sentence::Unfit(Unfit::NoAccount),
        Sentence::CommandHelp,
        Sentence::UnknownCommand { typed: "opne `x` <!here>", meant: Some("open") },
        Sentence::UnknownCommand { typed: "dance", meant: None },
        Sentence::StaleButton,
        Sentence::ForgedButton,
        Sentence::Outsider,
        Sentence::NoSuchFollowUp { typed: "*Q*" },
        Sentence::Taken { owner: &alex },
        Sentence::NotYours { owner: &alex },
        Sentence::Closed { follow_up: &lost },
        Sentence::Given { by: &alex },
        Sentence::Assigned { owner: &alex, id: &lost.short_id },
        Sentence::NoSuchPerson { typed: "Kim *C*" },
        Sentence::AssignWhat,
        Sentence::AlreadyYours,
        Sentence::AlreadyOffered,
        Sentence::AlreadyTheirs { owner: &alex },
        Sentence::BadTime,
        Sentence::BadNote,
        Sentence::BadChoice,
        Sentence::NotClosed,
        Sentence::SideKnown,
        Sentence::Unfit(Unfit::Bot),
        Sentence::Unfit(Unfit::Gone),
        Sentence::Unfit(Unfit::Guest),
        Sentence::Unfit(Unfit::Elsewhere),
        Sentence::Unfit(Unfit::Stranger),
        Sentence::Unfit(Unfit::Unknown),
        Sentence::TryAgain,
        Sentence::Unsure,
    ];
    let dumps: Vec<String> = all.iter().map(|which| dump(&renderer.sentence(which, Platform::Slack, samples::now()))).collect();
    insta::assert_snapshot!("sentences", dumps.join("\n\n"));
}

#[test]
fn bookings() {
    let renderer = renderer();
    let (alex, at) = (Person::from(&mate("Alex Closer", 1)), samples::now() + chrono::TimeDelta::hours(50));
    let all = [
        Told::Looking,
        Told::NoTimes,
        Told::TimesLater,
        Told::TimesWait(chrono::TimeDelta::seconds(3)),
        Told::TimesRefused("*Event* <!here> not found"),
        Told::TimesRefused(""),
        Told::TimesClosed,
        Told::Working(at),
        Told::Done(at),
        Told::Unsaid(at),
        Told::Busy { by: &alex, at },
        Told::Already { by: Some(&alex), at },
        Told::Already { by: None, at },
        Told::Stands(at),
        Told::Refused("The slot is gone"),
        Told::Refused(""),
        Told::Unclear,
        Told::Later,
        Told::Wait(chrono::TimeDelta::milliseconds(400)),
        Told::Closed,
        Told::Offered,
    ];
    let dumps: Vec<String> =
        all.iter().map(|told| dump(&renderer.sentence(&Sentence::Booking(*told), Platform::Slack, samples::now()))).collect();
    insta::assert_snapshot!("bookings", dumps.join("\n\n"));
}

#[test]
fn booking_forms() {
    let renderer = renderer();
    let at = |hours| samples::now() + chrono::TimeDelta::hours(hours);
    let slots = |theirs| Slots { times: vec![at(20), at(44), at(51)], own: chrono_tz::America::New_York, theirs };
    let (paris, offset) =
        (slots(Some(Elsewhere::Zone(chrono_tz::Europe::Paris))), slots(chrono::FixedOffset::east_opt(19_800).map(Elsewhere::Offset)));
    let (same, none) = (slots(Some(Elsewhere::Zone(chrono_tz::America::New_York))), slots(None));
    let free = |slots| Offer { slots: Some(slots), link: true, ..Offer::default() };
    let offers = [
        ("invitee", Offer { told: Some(Told::Looking), ..Offer::default() }),
        ("invitee", free(&paris)),
        ("host", Offer { told: Some(Told::Refused("The slot is gone")), ..free(&offset) }),
        ("invitee", free(&same)),
        ("hostile", free(&none)),
        ("bare", Offer { told: Some(Told::NoTimes), link: true, ..Offer::default() }),
        ("unknown", Offer { told: Some(Told::Working(at(20))), ..Offer::default() }),
        ("invitee", Offer { told: Some(Told::Done(at(20))), zone: Some(chrono_tz::Asia::Tokyo), ..Offer::default() }),
    ];
    for platform in Platform::ALL {
        let dumps: Vec<String> = offers
            .iter()
            .map(|(name, offer)| {
                let Form { title, submit, cancel, fields, sheet, .. } =
                    renderer.booking_form(offer, &sample(name), platform, samples::now());
                let sheet = sheet.expect("it says something");
                let menu = fields.iter().map(|field| match &field.kind {
                    FieldKind::Choice(options) => format!("{}: {options:#?}", field.label),
                    FieldKind::Lines(_) | FieldKind::Time(_) => field.label.clone(),
                });
                let part =
                    |body, controls| Message { tone: Tone::Neutral, summary: sheet.summary.clone(), title: Vec::new(), body, controls };
                let (above, below) = (part(sheet.above.clone(), Vec::new()), part(sheet.below.clone(), sheet.controls.clone()));
                let menu: Vec<String> = menu.collect();
                format!("== {title} ({submit}) ({cancel})\n{}\n\n{}\n\n{}", dump(&above), menu.join("\n"), dump(&below))
            })
            .collect();
        insta::assert_snapshot!(format!("booking_forms_{platform}"), dumps.join("\n\n"));
    }
}

#[test]
fn lists() {
    let renderer = renderer();
    let key = crate::domain::post::DeliveryKey::from_bits(7);
    let pages = |platform| {
        let shown: Vec<_> = ["invitee", "late", "assigned", "snoozed", "third time", "hostile", "bare", "lost"]
            .map(|name| (sample(name), Some(key.clone())))
            .into();
        let page = |asked, shown: Vec<_>, more| Page { asked, all: shown.len() + more, shown, more, page: 1 };
        let all = [
            page(Asked::Open, shown.clone(), 3),
            page(Asked::Open, Vec::new(), 0),
            page(Asked::Mine, shown[2..3].to_vec(), 0),
            page(Asked::Mine, Vec::new(), 0),
            page(Asked::Found("Jane *Doe*"), shown[..2].to_vec(), 4),
        ];
        all.iter().map(|page| dump(&renderer.list(page, platform, samples::now()))).collect::<Vec<_>>().join("\n\n")
    };
    for platform in Platform::ALL {
        insta::assert_snapshot!(format!("lists_{platform}"), pages(platform));
    }
}

#[test]
fn stories() {
    let renderer = renderer();
    let step = |act: &str, by: Option<&str>, more| Step {
        at: samples::now(),
        by: by.map(|id| (Platform::Slack, id.to_owned())),
        act: act.to_owned(),
        more,
    };
    let (alex, nobody) = (Person::from(&mate("Alex Closer", 1)), More::default());
    let steps = [
        step("opened", None, nobody.clone()),
        step("claimed", alex.slack.as_deref(), nobody.clone()),
        step("assigned", Some("U0NOBODY"), More { to: Some(alex.clone()), ..nobody.clone() }),
        step("snoozed", Some("U0NOBODY"), More { until: Some(samples::now()), ..nobody.clone() }),
        step("side_told", None, More { side: Some(Side::Host), ..nobody.clone() }),
        step(
            "closed",
            alex.slack.as_deref(),
            More {
                ending: Some(Ending::Lost),
                reason: Some(ClosingReason::NoFit),
                note: Some("*rang* <!here>".to_owned()),
                ..nobody.clone()
            },
        ),
        step("reminded", None, More { to: Some(alex.clone()), ..nobody.clone() }),
        step("called_out", None, nobody.clone()),
        step("escalated", None, nobody.clone()),
        step("expired", None, More { until: Some(samples::now()), ..nobody.clone() }),
        step("dreamed_of", None, nobody),
    ];
    for platform in Platform::ALL {
        let shown = renderer.shown(&sample("bare"), &steps, platform, samples::now());
        insta::assert_snapshot!(format!("stories_{platform}"), dump(&shown));
    }
}

/// The forms in words: what is asked, and what may be chosen.
#[test]
fn forms() {
    let renderer = renderer();
    let in_words = |kind| {
        let Form { title, submit, cancel, fields, .. } = renderer.form(kind, Some(chrono_tz::America::New_York));
        let field = |field: &FormField| {
            let FormField { name, label, optional, kind } = field;
            let optional = if *optional { " (optional)" } else { "" };
            let kind = match kind {
                FieldKind::Choice(options) => {
                    options.iter().map(|(label, value)| format!("\n    {label} = {value}")).collect::<Vec<_>>().concat()
                }
                FieldKind::Lines(most) => format!(" at most {most}"),
                FieldKind::Time(example) => format!(" like {example}"),
            };
            format!("  {label} [{name}]{optional}:{kind}")
        };
        let fields: Vec<String> = fields.iter().map(field).collect();
        format!("{title}\n{}\n  ({submit}) ({cancel})", fields.join("\n"))
    };
    insta::assert_snapshot!("forms", FormKind::ALL.map(in_words).join("\n\n"));
}

/// Discord cuts longer ones off, and the zone stands at their end.
#[test]
fn the_label_of_a_typed_time_has_room_for_every_zone() {
    let renderer = renderer();
    for zone in chrono_tz::TZ_VARIANTS {
        let form = renderer.form(FormKind::Snooze, Some(zone));
        for FormField { label, .. } in form.fields {
            assert!(label.chars().count() <= 45, "{zone}: {label}");
        }
    }
}

#[test]
fn notes() {
    let renderer = renderer();
    let note = |text: &str| Note::Said { author: Person::from(&mate("Alex Closer", 1)), text: text.to_owned() };
    let all = [
        note("She prefers afternoons.\nCall her assistant first."),
        note("*bold* <!here> @everyone [x](https://evil.example)\n\n\n# no heading"),
    ];
    let alex = Person::from(&mate("Alex Closer", 1));
    let yours = [Role::Host, Role::Setter].map(|role| Note::Yours { role });
    let below = Note::Mention { person: alex.clone(), of: Box::new(yours[0].clone()) };
    let step = |act: &str, more| Note::Step { by: Some(alex.clone()), act: act.to_owned(), more };
    let ended = More { ending: Some(Ending::Lost), reason: Some(ClosingReason::NoFit), ..More::default() };
    let steps = [
        step("claimed", More::default()),
        step("taken_over", More::default()),
        step("assigned", More { to: Some(Person::named("Sam <!here>")), ..More::default() }),
        step("snoozed", More { until: Some(samples::now()), ..More::default() }),
        Note::Step { by: None, act: "woken".to_owned(), more: More::default() },
        step("offered", More::default()),
        step("booked", More { until: Some(samples::now()), ..More::default() }),
        step("closed", More { note: Some("*rang* <!here>\n@everyone".to_owned()), ..ended.clone() }),
        step("closed", ended),
        step("reopened", More::default()),
        step("side_told", More { side: Some(Side::Host), ..More::default() }),
        Note::Step { by: None, act: "rebooked".to_owned(), more: More { until: Some(samples::now()), ..More::default() } },
    ];
    for platform in Platform::ALL {
        let dumps: Vec<String> =
            steps.iter().map(|note| dump(&renderer.note(note, &sample("assigned"), platform, samples::now()))).collect();
        insta::assert_snapshot!(format!("steps_{platform}"), dumps.join("\n\n"));
    }
    let all = all.into_iter().chain([Note::Given { by: alex.clone() }, Note::Thanks { owner: alex }]).chain(yours).chain([below]);
    let dumps: Vec<String> = all.map(|note| dump(&renderer.note(&note, &sample("assigned"), Platform::Slack, samples::now()))).collect();
    insta::assert_snapshot!("notes", dumps.join("\n\n"));
}

/// Directly, in their stead below a card, and below every card; of what somebody has and of what nobody has.
#[test]
fn reminders() {
    use crate::domain::remind::Reminder;
    let renderer = renderer();
    let since = samples::now() - chrono::TimeDelta::minutes(30);
    let both = [Reminder::Yours, Reminder::Back, Reminder::Waiting, Reminder::OwnerTold, Reminder::ManagersTold];
    let nobodys = [Reminder::Waiting, Reminder::Nobodys, Reminder::NobodysBack];
    let told = both.map(|about| (about, "assigned")).into_iter().chain(nobodys.map(|about| (about, "invitee")));
    let told: Vec<_> = told.chain([(Reminder::Yours, "hostile"), (Reminder::Waiting, "bare")]).collect();
    for platform in Platform::ALL {
        let mut dumps = Vec::new();
        for (about, name) in &told {
            let note = Note::Reminder { about: *about, since };
            let made = renderer.note(&note, &sample(name), platform, samples::now());
            dumps.push(format!("== {about:?}, {name}\n{}", dump(&made)));
        }
        let person = Person::from(&mate("Alex Closer", 1));
        let below = Note::Mention { person, of: Box::new(Note::Reminder { about: Reminder::Yours, since }) };
        dumps.push(dump(&renderer.note(&below, &sample("assigned"), platform, samples::now())));
        let expired = Note::Step { by: None, act: "expired".to_owned(), more: More { until: Some(since), ..More::default() } };
        dumps.push(dump(&renderer.note(&expired, &sample("lost"), platform, samples::now())));
        insta::assert_snapshot!(format!("reminders_{platform}"), dumps.join("\n\n"));
    }
}

#[test]
fn a_card_is_read_in_five_seconds() {
    let renderer = renderer();
    for (name, sample) in samples::samples() {
        let card = renderer.card(&sample, Platform::Discord, samples::now());
        let lines = card_as_text(&card).lines().filter(|line| !line.starts_with('─')).count();
        let quoted = sample.case.cancellation.reason.as_deref().unwrap_or_default().lines().count().saturating_sub(1).min(4);
        assert!(lines - quoted <= 13, "{name} has {lines} lines");
        for text in [parts::words(&card.title), card.summary] {
            assert!(units(&text) <= LONGEST_TITLE && !text.is_empty() && !text.contains('\n'), "{name}: {text}");
            assert!(text.contains("K7Q2"), "{name}: {text}");
        }
    }
}

#[test]
fn a_card_says_whom_it_is_about_in_every_state() {
    let renderer = renderer();
    for name in ["invitee", "assigned", "snoozed", "assigned and snoozed", "rebooked", "rebooked some time", "lost", "dismissed"] {
        let text = card_as_text(&renderer.card(&sample(name), Platform::Slack, samples::now()));
        assert!(text.contains("Jane Doe") && text.contains("jane@prospect.example") && !text.to_lowercase().contains("apolog"), "{text}");
    }
}

#[test]
fn the_design_s_own_example_works() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("card")).expect("a folder");
    let source = "# {{ invitee_name }} cancelled · {{ event_name }}\n\n{{ start | when }} · {{ start | clock(zone=\"lead\") }} for the lead · \
        {{ notice }}{% if repeat > 1 %} · {{ repeat | ordinal }} cancellation{% endif %}\n\nHost {{ host | person }}\
        {% if setter %} · booked by {{ setter | person }}{% endif %}\n\n> {{ reason }}\n\n{{ email }} · {{ phone }} · \
        [open in iClosed]({{ contact_url }})\n\n---\n\nNext: ask what made them choose, offer two times.\n";
    std::fs::write(folder.path().join("card/invitee.md"), source).expect("a file");
    let renderer = loaded(Some(folder.path())).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let text = card_as_text(&renderer.card(&sample("third time"), Platform::Slack, samples::now()));
    assert!(
        text.contains("16:00 for the lead · 46 h notice · 3rd cancellation\nHost Alex Closer · booked by Sam Setter\n> Busy week"),
        "{text}"
    );
}

#[test]
fn a_template_that_fails_falls_back() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("card")).expect("a folder");
    // Good with every sample, which all have a short id of four letters.
    let source = "# {{ short_id }} {% if short_id == \"K7Q2\" %}fine{% else %}{{ notice | when }}{% endif %}\n\nbody";
    std::fs::write(folder.path().join("card/invitee.md"), source).expect("a file");
    let renderer = loaded(Some(folder.path())).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let card = |id| {
        let follow_up = FollowUp { short_id: crate::domain::identity::ShortId::parse(id).expect("an id"), ..sample("invitee") };
        parts::words(&renderer.card(&follow_up, Platform::Slack, samples::now()).title)
    };
    assert_eq!(card("K7Q2"), "K7Q2 fine");
    assert_eq!(card("A2A2"), "↩ Jane Doe cancelled · Strategy Call · A2A2 · open");
}
