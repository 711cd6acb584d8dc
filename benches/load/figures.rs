//! One function a figure. Where the program is compared with its limits they take turns in short rounds, so that whatever else the
//! machine does meets all of them alike.

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use crate::arguments::{Arguments, Figure};
use crate::bodies::Body;
use crate::limits::Limit;
use crate::places::Place;
use crate::platforms::Platforms;
use crate::process::{Used, memory, most_memory};
use crate::program::Program;
use crate::senders::{Answers, Target, as_fast_as_possible, at_a_rate, of_thousand};
use crate::table::{Goal, Row, Table};

/// Longer than any delivery may take here.
const PATIENCE: Duration = Duration::from_mins(2);

/// Measures one figure on one kind of database.
pub(crate) fn measure(figure: Figure, place: &Place, arguments: &Arguments, table: &mut Table) {
    match figure {
        Figure::Throughput => throughput(place, arguments, table),
        Figure::Latency => latency(place, arguments, table),
        Figure::Hanging => hanging(place, arguments, table),
        Figure::Cost => cost(place, arguments, table),
        Figure::Delay => delay(place, arguments, table),
        Figure::Memory => memory_used(place, arguments, table),
        Figure::Start => start(place, arguments, table),
    }
}

/// One round of all three: the bare handler, the bare append, Rebound with platforms that answer at once.
fn round(place: &Place, arguments: &Arguments, send: impl Fn(&Program) -> Answers) -> [Answers; 3] {
    let limit = |limit| send(&Program::limit(limit, place, arguments));
    let [handler, append] = [Limit::Handler, Limit::Append].map(limit);
    let platforms = Platforms::start();
    let program = Program::start(place, arguments, &platforms);
    let ours = send(&program);
    assert_eq!(ours.failed, 0, "webhooks were refused\n{}", program.end_of_log());
    [handler, append, ours]
}

fn throughput(place: &Place, arguments: &Arguments, table: &mut Table) {
    let (warm_up, counted) = (Duration::from_millis(500), Duration::from_secs(arguments.of(1, 4)));
    let mut rounds: Vec<[f64; 3]> = Vec::new();
    for _ in 0..arguments.rounds() {
        let answers = round(place, arguments, |program| as_fast_as_possible(&program.target, arguments.connections, warm_up, counted));
        let rates = answers.map(|answers| answers.per_second());
        eprintln!("  handler {:.0}, append {:.0}, rebound {:.0} a second", rates[0], rates[1], rates[2]);
        rounds.push(rates);
    }
    let [handler, append, ours] = [0, 1, 2].map(|which| median(rounds.iter().map(|round| round[which])));
    let row = Row::new(place.name(), "acknowledged, all durable", ours, "/s").beside(handler, append);
    let row = row.ratio(median(rounds.iter().map(|round| round[2] / round[1])));
    table.add(if place.is_sqlite() { row.goal(Goal::PartOfAppend(0.5)) } else { row });
}

fn latency(place: &Place, arguments: &Arguments, table: &mut Table) {
    const RATE: f64 = 50.0;
    let how_long = Duration::from_secs(arguments.of(4, 20));
    let mut all = [Answers::default(), Answers::default(), Answers::default()];
    let mut ratios = Vec::new();
    for _ in 0..arguments.rounds() {
        let answers = round(place, arguments, |program| {
            at_a_rate(&program.target, RATE, Duration::from_secs(1));
            at_a_rate(&program.target, RATE, how_long)
        });
        ratios.push(answers[2].of_thousand(990) / answers[1].of_thousand(990));
        for (all, answers) in all.iter_mut().zip(answers) {
            all.add(answers);
        }
    }
    for (name, of_thousand) in [("p50", 500), ("p99", 990), ("p99.9", 999)] {
        let [handler, append, ours] = [0, 1, 2].map(|which: usize| all[which].of_thousand(of_thousand));
        let row = Row::new(place.name(), format!("acknowledgement at 50/s, {name}"), ours, "ms").beside(handler, append);
        let median_ratio = median(ratios.iter().copied());
        table.add(if name == "p99" { row.ratio(median_ratio).goal(Goal::TimesAppend(1.5)) } else { row });
    }
}

fn hanging(place: &Place, arguments: &Arguments, table: &mut Table) {
    const RATE: f64 = 200.0;
    let send = |program: &Program, seconds| at_a_rate(&program.target, RATE, Duration::from_secs(seconds));
    let before = [Limit::Handler, Limit::Append].map(|limit| send(&Program::limit(limit, place, arguments), arguments.of(4, 10)));
    let platforms = Platforms::start();
    platforms.hang();
    let program = Program::start(place, arguments, &platforms);
    let answers = send(&program, arguments.hanging_seconds());
    assert_eq!(answers.failed, 0, "webhooks were refused\n{}", program.end_of_log());
    for (name, good) in [("p50", 500), ("p99", 990), ("p99.9", 999)] {
        let row = Row::new(place.name(), format!("at 200/s, platforms hang, {name}"), answers.of_thousand(good), "ms");
        let row = row.beside(before[0].of_thousand(good), before[1].of_thousand(good));
        table.add(if name == "p99" { row.goal(Goal::Below(50.0)) } else { row });
    }
}

fn cost(place: &Place, arguments: &Arguments, table: &mut Table) {
    const RATE: f64 = 50.0;
    let trickle = |target: &Target| at_a_rate(target, RATE, Duration::from_secs(arguments.of(4, 20)));
    let burst =
        |target: &Target| as_fast_as_possible(target, arguments.connections, Duration::ZERO, Duration::from_millis(arguments.of(200, 500)));
    let mut costs = Vec::new();
    for limit in [Limit::Handler, Limit::Append] {
        let program = Program::limit(limit, place, arguments);
        at_a_rate(&program.target, RATE, Duration::from_secs(1));
        costs.push(
            [spent(&program, || trickle(&program.target)), spent(&program, || burst(&program.target))].map(|spent| spent.processor()),
        );
    }
    let platforms = Platforms::start();
    let program = Program::start(place, arguments, &platforms);
    at_a_rate(&program.target, RATE, Duration::from_secs(1));
    delivered(&program, &platforms);
    let size = program.database.size();
    let spent_on = |send: &dyn Fn(&Target) -> Answers| {
        spent(&program, || {
            let answers = send(&program.target);
            delivered(&program, &platforms);
            answers
        })
    };
    let [slow, fast] = [spent_on(&trickle), spent_on(&burst)];
    let names = ["processor time a webhook, 50/s, both deliveries", "processor time a webhook, in a burst, both deliveries"];
    for (at, (name, spent)) in names.into_iter().zip([&slow, &fast]).enumerate() {
        let row = Row::new(place.name(), name, spent.processor(), "ms").beside(costs[0][at], costs[1][at]);
        table.add(row.goal(Goal::Below(1.0)));
    }
    for (name, spent) in ["50/s", "in a burst"].into_iter().zip([&slow, &fast]) {
        let written = spent.used.written as f64 / spent.webhooks / 1024.0;
        table.add(Row::new(place.name(), format!("written to disk a webhook, {name}"), written, "KiB"));
        let writes = spent.used.writes as f64 / spent.webhooks;
        table.add(Row::new(place.name(), format!("write calls a webhook, {name}, sockets and log too"), writes, ""));
    }
    let grown = program.database.size().saturating_sub(size) as f64 / (slow.webhooks + fast.webhooks);
    table.add(Row::new(place.name(), "database grows by a webhook", grown / 1024.0, "KiB"));
    table.add(Row::new(place.name(), "of which the body itself", Body::new("/").len() as f64 / 1024.0, "KiB"));
}

/// What a program used for so many webhooks.
struct Spent {
    used: Used,
    webhooks: f64,
}

impl Spent {
    /// Milliseconds a webhook.
    fn processor(&self) -> f64 {
        milliseconds(self.used.processor) / self.webhooks
    }
}

fn spent(program: &Program, send: impl FnOnce() -> Answers) -> Spent {
    let before = Used::by(program.id());
    let webhooks = send().latencies.len() as f64;
    Spent { used: Used::by(program.id()).since(before), webhooks }
}

/// Waits until both platforms have a message about every webhook that was sent so far.
fn delivered(program: &Program, platforms: &Platforms) {
    let wanted = 2 * program.target.next.load(Ordering::Relaxed);
    let created = platforms.wait_for(wanted, PATIENCE);
    assert_eq!(created, wanted, "messages on the platforms\n{}", program.end_of_log());
    // The last outcomes are written after the platforms answered.
    std::thread::sleep(Duration::from_millis(300));
}

fn delay(place: &Place, arguments: &Arguments, table: &mut Table) {
    const RATE: f64 = 20.0;
    let platforms = Platforms::start();
    let program = Program::start(place, arguments, &platforms);
    at_a_rate(&program.target, RATE, Duration::from_secs(1));
    delivered(&program, &platforms);
    platforms.note_arrivals();
    let answers = at_a_rate(&program.target, RATE, Duration::from_secs(arguments.of(4, 20)));
    delivered(&program, &platforms);
    let sent: std::collections::HashMap<u64, Instant> = answers.intended.iter().copied().collect();
    let mut delays: Vec<Duration> =
        platforms.arrivals().into_iter().filter_map(|(call, came)| Some(came.duration_since(*sent.get(&call)?))).collect();
    assert_eq!(delays.len(), 2 * answers.latencies.len(), "deliveries\n{}", program.end_of_log());
    delays.sort_unstable();
    for (name, good) in [("p50", 500), ("p99", 990)] {
        table.add(Row::new(place.name(), format!("webhook to message at 20/s, {name}"), of_thousand(&delays, good), "ms"));
    }
}

fn memory_used(place: &Place, arguments: &Arguments, table: &mut Table) {
    let platforms = Platforms::start();
    let program = Program::start(place, arguments, &platforms);
    std::thread::sleep(Duration::from_secs(2));
    table.add(Row::new(place.name(), "memory at rest", memory(program.id()), "MiB").goal(Goal::Below(20.0)));
    as_fast_as_possible(&program.target, arguments.connections, Duration::ZERO, Duration::from_secs(arguments.of(3, 15)));
    table.add(Row::new(place.name(), "memory under full load, the most", most_memory(program.id()), "MiB").goal(Goal::Below(96.0)));
}

fn start(place: &Place, arguments: &Arguments, table: &mut Table) {
    let wanted = arguments.of(1_000, 10_000);
    let platforms = Platforms::start();
    let program = Program::start(place, arguments, &platforms);
    at_a_rate(&program.target, wanted as f64 / 10.0, Duration::from_secs(10));
    // A slow machine may have refused some.
    let open = || u64::try_from(program.database.number("select count(*) from follow_up")).unwrap_or_default();
    let until = Instant::now() + PATIENCE;
    while open() < wanted && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(200));
    }
    let (open, sent) = (open(), program.target.next.load(Ordering::Relaxed));
    let database = Arc::clone(&program.database);
    program.stop();
    let mut starts = Vec::new();
    for _ in 0..arguments.of(3, 7) {
        let program = Program::start_on(Arc::clone(&database), arguments, &platforms);
        program.count_from(sent);
        starts.push(milliseconds(program.ready_after));
        program.stop();
    }
    let row = Row::new(place.name(), format!("start to ready, {open} open follow-ups"), median(starts), "ms");
    table.add(row.goal(Goal::Below(200.0)));
    let size = std::fs::metadata(&arguments.program).map(|metadata| metadata.len()).unwrap_or_default();
    table.add(Row::new(place.name(), "size of the program", size as f64 / 1024.0 / 1024.0, "MiB"));
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

fn median(values: impl IntoIterator<Item = f64>) -> f64 {
    let mut values: Vec<f64> = values.into_iter().collect();
    values.sort_unstable_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
