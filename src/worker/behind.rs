//! The thread on which the loops run, so that no webhook and no press waits long for what they read and render. It must not know what they
//! do.

use std::io;

use tokio::runtime::{Builder, Handle, Runtime};

/// One is enough: a card takes it less than a millisecond, and platforms take a few a second.
const THREADS: usize = 1;
/// How far it stands back, as `nice` counts (<https://man7.org/linux/man-pages/man2/setpriority.2.html>): where processors are short,
/// webhooks and presses go first, and a tenth of one is left for the loops, which is enough for all that platforms take.
#[cfg(target_os = "linux")]
const NICENESS: i32 = 10;

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
        let runtime =
            Builder::new_multi_thread().worker_threads(THREADS).thread_name("behind").on_thread_start(stand_back).enable_all().build()?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }

    /// The way to have something run there.
    pub(super) fn handle(&self) -> &Handle {
        &self.handle
    }
}

/// Elsewhere than on Linux this would be the niceness of the whole process.
fn stand_back() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, NICENESS) {
        tracing::debug!(%error, "the loops' thread stands back from nothing");
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
