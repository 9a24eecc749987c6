//! Takes from a stream what is there already, so that it is applied together.

use futures::FutureExt as _;
use tonic::{Status, Streaming};

use super::trouble::Broken;

/// What a stream had, and whether that was all.
#[derive(Debug)]
pub(super) struct Taken<T> {
    /// Messages in their order.
    pub(super) messages: Vec<T>,
    /// Set if the stream has ended; with the status that ended it.
    pub(super) end: Option<Option<Status>>,
}

impl<T> Taken<T> {
    /// The error that an ended stream stands for, once its messages are seen to.
    pub(super) fn into_end(self) -> Result<(), Broken> {
        match self.end {
            None => Ok(()),
            Some(None) => Err(Broken::Ended),
            Some(Some(status)) => Err(status.into()),
        }
    }
}

/// Waits for a message, then takes those behind it that are there already, at most `most` in all. Dropped while it
/// waits it has taken nothing.
pub(super) async fn take<T>(stream: &mut Streaming<T>, most: usize) -> Taken<T> {
    let mut taken = Taken { messages: Vec::new(), end: None };
    let mut next = stream.message().await;
    loop {
        match next {
            Ok(Some(message)) => taken.messages.push(message),
            Ok(None) => taken.end = Some(None),
            Err(status) => taken.end = Some(Some(status)),
        }
        if taken.end.is_some() || taken.messages.len() >= most {
            return taken;
        }
        match stream.message().now_or_never() {
            Some(ready) => next = ready,
            None => return taken,
        }
    }
}
