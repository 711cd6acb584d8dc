//! The thread on which the loops run, so that no webhook and no press waits long for what they read and render. It must not know what they
//! do.

use std::io;

use rustix::process::{getpriority_process, setpriority_process};
use tokio::runtime::{Builder, Handle, Runtime};

/// One is enough: a card takes it less than a millisecond, and platforms take a few a second.
const THREADS: usize = 1;
/// How far it stands back, as `nice` counts (<https://man7.org/linux/man-pages/man2/setpriority.2.html>): where processors are short,
/// webhooks go first. Beside one thread that is always busy, a tenth of a processor is left for the loops.
const STANDS_BACK: i32 = 10;
/// Further than that nobody can.
const LAST: i32 = 19;

/// That thread. Once this is dropped, what runs there ends at its next pause, and connections that were opened there are of no use.
pub struct Behind {
    handle: Handle,
    runtime: Option<Runtime>,
}

impl Behind {
    /// Starts it.
    ///
    /// # Errors
    /// When the system gives no descriptors.
    pub fn start() -> io::Result<Self> {
        let stand_back = stand_back();
        let runtime =
            Builder::new_multi_thread().worker_threads(THREADS).thread_name("behind").on_thread_start(stand_back).enable_all().build()?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }

    /// The way to have something run there.
    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }
}

/// What a thread does to stand back from those of the one that calls this. SQLite's threads for connections that it opens do so as well.
fn stand_back() -> impl Fn() + Send + Sync + 'static {
    let niceness = getpriority_process(None).map(|own| own.saturating_add(STANDS_BACK).min(LAST));
    move || {
        // Elsewhere than on Linux this would be the niceness of the whole process.
        if cfg!(target_os = "linux")
            && let Err(error) = niceness.and_then(|niceness| setpriority_process(None, niceness))
        {
            tracing::debug!(%error, "the loops' thread stands back from nothing");
        }
    }
}

impl Drop for Behind {
    fn drop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            // A task may drop this, and must not block; what is unfinished is covered by leases.
            runtime.shutdown_background();
        }
    }
}
