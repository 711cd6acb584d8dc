//! The program: parses the command line and says by its exit status how it went.

use std::process::ExitCode;

fn main() -> ExitCode {
    rebound::cli::run()
}
