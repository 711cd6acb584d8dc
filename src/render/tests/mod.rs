use super::*;

pub(super) fn settings() -> Settings {
    Settings {
        timezone: chrono_tz::Tz::America__New_York,
        highlight: vec!["how many people sell for you".to_owned()],
        link_hosts: Vec::new(),
        public_url: "https://rebound.example.com".parse().expect("a URL"),
        team: Team::default(),
    }
}

#[test]
fn look() {
    let t = std::time::Instant::now();
    let renderer = match Renderer::load(None, settings()) {
        Ok(r) => r,
        Err(e) => panic!("{e}"),
    };
    println!("load {:?}", t.elapsed());
    let t = std::time::Instant::now();
    let _ = Set::read(&files::Sources::new());
    println!("set {:?}", t.elapsed());
    for name in ["invitee", "hostile", "long"] {
        let f = samples::samples().into_iter().find(|(n, _)| *n == name).unwrap().1;
        let a = renderer.around(&renderer.set, Platform::Slack, samples::now());
        let t = std::time::Instant::now();
        for _ in 0..100 {
            let x = Facts::new(&f, a);
            let _ = x.shortish();
        }
        println!("{name} facts {:?}", t.elapsed() / 100);
        let x = Facts::new(&f, a);
        let (v, s) = x.shortish();
        for template in ["card/invitee.md", "answer/details.md"] {
            let t = std::time::Instant::now();
            for _ in 0..100 {
                let _ = renderer.set.render(template, Platform::Slack, v, s, &renderer.links);
            }
            println!("{name} {template} render {:?}", t.elapsed() / 100);
        }
        let t = std::time::Instant::now();
        for _ in 0..100 {
            let _ = answers::for_card(&f.case.cancellation.call, &[], &renderer.set.words);
        }
        println!("{name} answers {:?}", t.elapsed() / 100);
    }
}
