//! The thread on which the loops run: what they read and render keeps no webhook and no press waiting. It must not know what they do.

use std::io;

use tokio::runtime::{Builder, Handle, Runtime};

/// One is enough: a card takes it less than a millisecond, and platforms take a few a second.
const THREADS: usize = 1;

/// That thread. Once this is dropped, what runs there ends at its next pause, and connections that were opened there are of no use.
pub struct Behind(Option<Runtime>);

impl Behind {
    /// Starts it.
    ///
    /// # Errors
    /// When the system gives no thread.
    pub fn start() -> io::Result<Self> {
        Builder::new_multi_thread().worker_threads(THREADS).thread_name("behind").enable_all().build().map(Some).map(Self)
    }

    /// The way to have something run there.
    pub(super) fn handle(&self) -> Handle {
        self.0.as_ref().map_or_else(Handle::current, |runtime| runtime.handle().clone())
    }
}

impl Drop for Behind {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            // A task may drop this, and must not block; what is unfinished is covered by leases.
            runtime.shutdown_background();
        }
    }
}
