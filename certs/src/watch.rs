//! Looking at the files every so often.

use std::{sync::Arc, time::Duration};

use tokio::time::MissedTickBehavior;
use tokio_util::sync::CancellationToken;

use crate::credentials::{Credentials, Side};

impl<S: Side> Credentials<S> {
    /// Reloads every so often until `stop`; says what was taken up, and each distinct failure once.
    pub(crate) async fn watch(self: Arc<Self>, every: Duration, stop: CancellationToken) {
        let mut said: Option<String> = None;
        let mut ticks = tokio::time::interval(every);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        while stop.run_until_cancelled(ticks.tick()).await.is_some() {
            let credentials = Arc::clone(&self);
            let Ok(result) = tokio::task::spawn_blocking(move || credentials.reload()).await else { return };
            let failure = result.as_ref().err().map(ToString::to_string);
            match (&result, &failure) {
                (Ok(true), _) => {
                    let state = self.state();
                    tracing::info!(
                        serial = %state.certificate.serial,
                        revocation_lists = state.revocation_lists.len(),
                        "changed TLS files taken up"
                    );
                }
                (_, Some(failure)) if said.as_ref() != Some(failure) => {
                    tracing::warn!(reason = %failure, "changed TLS files not taken up; the earlier ones stay in use");
                }
                (Ok(false), _) if said.is_some() => {
                    tracing::info!("the TLS files are again those in use");
                }
                _ => {}
            }
            said = failure;
        }
    }
}
