//! What Rebound tells its operator: log lines and figures. It knows nothing of events or follow-ups; others hand it names and numbers.

mod logs;
mod metrics;
mod panics;

pub use logs::{LogFormat, start_logs};
pub use metrics::{Figures, Metrics};
