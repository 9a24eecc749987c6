//! A process of the simulation: a runtime whose end drops whatever runs in it, wherever it stands.

use std::ops::Deref;

use tokio::runtime::{Builder, Runtime};

/// A runtime that may be dropped anywhere: a failed assertion unwinds through asynchronous code.
#[derive(Debug)]
pub(crate) struct Own(Option<Runtime>);

impl Own {
    pub(crate) fn new() -> Self {
        Self(Some(Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap()))
    }

    /// Drops what runs in it, and returns when it is gone.
    pub(crate) async fn end(mut self) {
        let runtime = self.0.take();
        tokio::task::spawn_blocking(move || drop(runtime)).await.unwrap();
    }
}

impl Deref for Own {
    type Target = Runtime;

    fn deref(&self) -> &Runtime {
        self.0.as_ref().expect("only its end takes it")
    }
}

impl Drop for Own {
    fn drop(&mut self) {
        if let Some(runtime) = self.0.take() {
            runtime.shutdown_background();
        }
    }
}
