//! Cards that are filled in once for all platforms are what they would be by themselves.

use super::*;

/// The cards of all platforms in that order, made together.
fn together(renderer: &Renderer, follow_up: &FollowUp, platforms: [Platform; 2]) -> Vec<String> {
    let in_common = InCommon::default();
    let card = |platform| dump(&renderer.one_of_the_cards(follow_up, platform, samples::now(), &in_common));
    platforms.map(card).into()
}

fn alone(renderer: &Renderer, follow_up: &FollowUp, platforms: [Platform; 2]) -> Vec<String> {
    platforms.map(|platform| dump(&renderer.card(follow_up, platform, samples::now()))).into()
}

#[test]
fn a_card_does_not_depend_on_who_filled_it_in() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("card")).expect("a folder");
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).expect("a file");
    write("card/invitee.slack.md", "# {{ invitee_name }} in Slack\n\nCall · {{ start | when }}");
    write("card/host.md", "# {{ invitee_name }} on {{ platform }}\n\nCall · {{ start | when }} {{ start | relative }}");
    let own = loaded(Some(folder.path())).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    for renderer in [renderer_once(), &own] {
        for (name, sample) in samples::samples() {
            for platforms in [[Platform::Slack, Platform::Discord], [Platform::Discord, Platform::Slack]] {
                assert_eq!(together(renderer, &sample, platforms), alone(renderer, &sample, platforms), "{name}");
            }
        }
    }
    assert_ne!(together(&own, &sample("host"), Platform::ALL)[0], together(&own, &sample("host"), Platform::ALL)[1]);
}

#[test]
fn what_may_differ_is_known() {
    let tells_apart = |set: &Set| load::TEMPLATES.map(|(template, summary)| set.tells_apart(template, summary));
    assert!(!tells_apart(&renderer_once().set).contains(&true), "the built-in templates cost once for all platforms");
    let sometimes = "# Title\n\n{% if late %}{% set platform = \"x\" %}{% endif %}{{ platform }}";
    let of_own = [("part/lead.md", sometimes), ("answer/entry.slack.md", "x")].map(|(name, text)| (name.to_owned(), text.to_owned()));
    let own = Set::read(&of_own.into()).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    let expected = load::TEMPLATES.map(|(template, _)| template.starts_with("card/") || template == "answer/entry.md");
    assert_eq!(tells_apart(&own), expected, "the cards include the part");
    let words = include_str!("../../../templates/words.toml").replace("A new time for {{ invitee_name }}", "{{ platform }}");
    let own = Set::read(&[("words.toml".to_owned(), words)].into()).unwrap_or_else(|mistakes| panic!("{mistakes:?}"));
    assert_eq!(tells_apart(&own), load::TEMPLATES.map(|(_, summary)| summary == "summary.reschedule"));
}
