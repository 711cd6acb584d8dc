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
    println!("{:?}", t.elapsed());
    for (name, f) in samples::samples() {
        println!("== {name}\n{}\n", card_as_text(&renderer.card(&f, Platform::Discord, samples::now())));
    }
    println!("{}", card_as_text(&renderer.details(&samples::samples()[0].1, Platform::Discord, samples::now())));
    println!("{}", card_as_text(&renderer.reschedule(&samples::samples()[0].1, Platform::Discord, samples::now())));
}
