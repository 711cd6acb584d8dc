//! Measures the running program: the real binary on a database of its own, driven over HTTP, with stand-ins for Slack and Discord.
//!
//! ```text
//! cargo bench --bench load                               every figure, some minutes
//! cargo bench --bench load -- --quick                    every figure, under a minute, roughly
//! cargo bench --bench load -- --only throughput,memory   some figures
//! ```
//!
//! Beside each figure stand its limits, measured in the same run by the same senders on the same disk: a bare handler that stores
//! nothing, and a bare append that shares commits. On SQLite, and on PostgreSQL too when `REBOUND_TEST_DATABASE_URL` names a server.
//! `docs/performance.md` says what each figure means.

#![expect(
    clippy::disallowed_methods,
    clippy::print_stdout,
    clippy::print_stderr,
    clippy::cast_precision_loss,
    reason = "a measurement plays the outside world, which has a clock, an environment and a screen; counts fit into floats"
)]

mod arguments;
mod bodies;
mod figures;
mod limits;
mod places;
mod platforms;
mod process;
mod program;
mod senders;
mod table;

use std::process::ExitCode;

use clap::Parser;

use arguments::{Arguments, Figure};
use places::Place;
use table::Table;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if let Some(limit) = arguments.limit {
        limits::serve(limit, arguments.listen, &arguments.database);
        return ExitCode::SUCCESS;
    }
    let mut table = Table::default();
    for place in Place::all(&arguments) {
        for figure in Figure::ALL.into_iter().filter(|figure| arguments.wants(*figure)) {
            eprintln!("{}: {} (load of the machine: {})", place.name(), figure.name(), process::load_average());
            figures::measure(figure, &place, &arguments, &mut table);
        }
    }
    if arguments.json {
        table.print_json();
    } else {
        table.print();
    }
    if table.all_met() || !arguments.strict { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
