//! The thread on which the loops run, so that no webhook and no press waits long for what they read and render. It must not know what they
//! do.

use std::io;

use tokio::runtime::{Builder, Handle, Runtime};

/// One is enough: a card takes it less than a millisecond, and platforms take a few a second.
const THREADS: usize = 1;

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
        let runtime = Builder::new_multi_thread().worker_threads(THREADS).thread_name("behind").enable_all().build()?;
        Ok(Self { handle: runtime.handle().clone(), runtime: Some(runtime) })
    }

    /// The way to have something run there.
    pub(super) fn handle(&self) -> &Handle {
        &self.handle
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
