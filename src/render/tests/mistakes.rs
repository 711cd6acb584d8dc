//! What a team's own templates are told.

use super::*;

fn told(files: &[(&str, &str)]) -> String {
    let folder = tempfile::tempdir().expect("a folder");
    for (name, source) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().expect("a parent")).expect("a folder");
        std::fs::write(path, source).expect("a file");
    }
    match loaded(Some(folder.path())) {
        Ok(_) => "fine".to_owned(),
        Err(mistakes) => mistakes.to_string(),
    }
}

#[test]
fn every_mistake_says_where_and_what() {
    for (source, expected) in [
        ("# Title\n\nbody", "fine"),
        ("# Title\n\n{{ email | default(value=\"none\") }} · {{ host }}", "fine"),
        ("# Title\n\n{{ phone }}\n\nx", "fine"),
        ("# Title\n\n{{ repeat | ordinal }}", "fine"),
        ("# Title\n\n{{ email | ordinal }}", "card/invitee.md:3: Invalid type for the value, expected `usize` but got `string`"),
        ("# Title\n\n{% if %}\n", "card/invitee.md:3: Found `%}` but expected one of: "),
        ("# Title\n\n{{ no_such_variable }}\n", "card/invitee.md:3: unknown variable \"no_such_variable\""),
        ("# Title\n\n{% if emial %}x{% endif %}y", "card/invitee.md:3: unknown variable \"emial\", did you mean \"email\"?"),
        ("# Title\n\n{{ emial | default(value=\"x\") }}", "card/invitee.md:3: unknown variable \"emial\", did you mean \"email\"?"),
        (
            "# Title\n\nx{% for item in answers %}{% if item.anser %}x{% endif %}{% endfor %}",
            "card/invitee.md:3: unknown field \"anser\", did you mean \"answer\"?",
        ),
        ("# Title\n\nx{{ __tera_context }}", "card/invitee.md:3: unknown variable \"__tera_context\""),
        ("# Title\n\n{{ email | safe }}", "card/invitee.md:3: unknown filter \"safe\""),
        (
            "# Title\n\n{{ email | when }}",
            "card/invitee.md:3: the filter \"when\" needs a time, such as `start` (seen with the sample \"invitee\")",
        ),
        (
            "# Title\n\n{{ start | upper }}",
            "card/invitee.md:3: this filter needs a text, not a person, a time, a list or a `{% set %}` block",
        ),
        ("# Title\n\n{% include \"../words.toml\" %}", "card/invitee.md:3: Unknown template `../words.toml`"),
        ("# Title\n\n{% include \"/etc/passwd\" %}", "card/invitee.md:3: Unknown template `/etc/passwd`"),
        ("# Title\n\n{% include \"card/invitee.md\" %}", "card/invitee.md: it includes itself, straight or by way of others"),
        ("# Title\n\n<b>x</b>", "card/invitee.md: a message cannot hold HTML: <b> (seen with the sample \"invitee\")"),
        ("# Title\n\n![x](https://app.iclosed.io/x.png)", "card/invitee.md: a message cannot hold pictures"),
        ("# Title\n\n1. x", "card/invitee.md: a message cannot hold numbered lists"),
        ("# Title\n\nx\n---\n", "card/invitee.md: a message cannot hold headings other than one `# …` at its top (a `---` needs"),
        (
            "# Title\n\n[x](https://evil.example/)",
            "card/invitee.md: \"https://evil.example/\" cannot be a link: only https addresses of iclosed.io",
        ),
        ("# Title\n\n[x](mailto:a@b.example)", "card/invitee.md: \"mailto:a@b.example\" cannot be a link"),
        (
            "# Title\n\n[x](https://app.iclosed.io/?n={{ phone }})",
            "card/invitee.md: \"https://app.iclosed.io/?n=+1 555 010 0199\" cannot be a link: only https addresses of iclosed.io, of `[card] link_hosts` and of `public_url` can, and only without blanks, brackets and quotation marks (seen with the sample \"invitee\")",
        ),
        ("# Title\n\n[x]({{ location }})", "card/invitee.md: \"https://meet.google.com/abc-defg-hij\" cannot be a link"),
        ("Title", "card/invitee.md: a card needs a title: `# …` in its first line"),
        ("# Title", "card/invitee.md: nothing is left of it below the title"),
        ("# {{ email }}\n\nx", "card/invitee.md: a card needs a title: `# …` in its first line (seen with the sample \"bare\")"),
        ("# {{ reason }} x\n\nx", "card/invitee.md: a card needs a title"),
        ("# {{ invitee_name }} {{ reason | default(value=\"x\") }}\n\nx", "card/invitee.md: the title has"),
        (
            "# Title\n\n{% for a in all_answers %}{% for b in all_answers %}{{ a.answer }}{{ b.answer }}{{ a.answer }}{% endfor %}{% endfor %}x",
            "card/invitee.md: it writes more than 128 KiB (seen with the sample \"long\")",
        ),
    ] {
        let told = told(&[("card/invitee.md", source)]);
        assert!(told.lines().any(|line| line.starts_with(expected)), "{source}\n{told}");
        assert!(told.lines().all(|line| line == "fine" || line.starts_with("card/invitee.md")), "{source}\n{told}");
    }
}

#[test]
fn files_are_told_their_mistakes_too() {
    let large = "x".repeat(65 * 1024);
    for (name, source, expected) in [
        ("card/invitee.slack.md", "# Title\n\n{{ x }}", "card/invitee.slack.md:3: unknown variable \"x\""),
        ("card/guest.md", "# Title", "card/guest.md: there is no such template"),
        ("card/invite.md", "# Title", "card/invite.md: there is no such template, did you mean \"card/invitee.md\"?"),
        ("invitee.md", "# Title", "invitee.md: there is no such template"),
        ("part/lead.slack.md", "x", "part/lead.slack.md: there is no such template"),
        ("card/host.md", &large, "card/host.md: is larger than 64 KiB"),
        ("part/lead.md", "{{ emial }}", "part/lead.md:1: unknown variable \"emial\", did you mean \"email\"?"),
        ("words.toml", "[label]\nclaim = \"Claim\"", "words.toml: count.cancellation is missing"),
        ("answer/help.md", "<hr>", "answer/help.md: a message cannot hold HTML: <hr>"),
        (".git/config", "x", "fine"),
    ] {
        let told = told(&[(name, source)]);
        assert!(told.lines().any(|line| line.starts_with(expected)), "{name}\n{told}");
    }
    assert!(loaded(Some(Path::new("no/such/folder"))).err().expect("a mistake").to_string().starts_with("no/such/folder: cannot be read"));
}

#[test]
fn a_file_that_is_not_utf_8_is_named() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("card")).expect("a folder");
    std::fs::write(folder.path().join("card/host.md"), [b'#', b' ', 0xff]).expect("a file");
    assert_eq!(loaded(Some(folder.path())).err().expect("a mistake").to_string(), "card/host.md: is not UTF-8");
}

#[test]
fn all_mistakes_are_told_at_once() {
    let told = told(&[
        ("card/invitee.md", "# {{ a }}\n\n{{ b }}"),
        ("card/host.md", "# Title\n\n{{ email | c }}"),
        ("card/unknown.md", "{% if %}"),
        ("words.toml", "[label]\nclam = \"x\""),
        ("x.md", ""),
    ]);
    for expected in [
        "card/invitee.md:1: unknown variable \"a\"",
        "card/invitee.md:3: unknown variable \"b\"",
        "card/host.md:3: unknown filter \"c\"",
        "card/unknown.md:1: Found `%}`",
        "words.toml:2: label.clam: there is no such entry, did you mean \"label.claim\"?",
        "words.toml: label.claim is missing",
        "x.md: there is no such template",
    ] {
        assert!(told.lines().any(|line| line.starts_with(expected)), "{expected}\n{told}");
    }
}

#[test]
fn a_template_for_one_platform_replaces_it_there_only() {
    let folder = tempfile::tempdir().expect("a folder");
    std::fs::create_dir(folder.path().join("card")).expect("a folder");
    std::fs::write(folder.path().join("card/invitee.discord.md"), "# Own {{ short_id }}\r\n\r\nx").expect("a file");
    let renderer = loaded(Some(folder.path())).unwrap_or_else(|mistakes| panic!("{mistakes}"));
    let title = |platform| parts::words(&renderer.card(&sample("invitee"), platform, samples::now()).title);
    assert_eq!(title(Platform::Discord), "Own K7Q2");
    assert_eq!(title(Platform::Slack), "↩ Jane Doe cancelled · Strategy Call · K7Q2 · open");
}

#[test]
fn the_built_in_templates_have_no_mistake() {
    let found: Vec<String> = renderer().try_samples().iter().map(ToString::to_string).collect();
    assert_eq!(found, Vec::<String>::new());
}
