//! How a loop is told to end, and whether it leaves its daemon.

use tokio::sync::watch;

/// Why a loop ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LoopEnd {
    /// Another loop over the same daemon takes over: nothing is done to the daemon.
    Replaced,
    /// The service is done with the daemon: it is left as configured.
    Leave,
}

/// Tells a loop to end. Dropping it tells it to leave its daemon.
#[derive(Debug)]
pub struct EndSender(watch::Sender<Option<LoopEnd>>);

/// Hears that a loop is to end.
#[derive(Clone, Debug)]
pub struct EndReceiver(watch::Receiver<Option<LoopEnd>>);

/// A sender and its receiver.
pub fn end_channel() -> (EndSender, EndReceiver) {
    let (sender, receiver) = watch::channel(None);
    (EndSender(sender), EndReceiver(receiver))
}

impl EndSender {
    /// Tells the loop to end. The first end counts.
    pub fn end(&self, end: LoopEnd) {
        self.0
            .send_if_modified(|requested| requested.is_none() && requested.replace(end).is_none());
    }
}

impl EndReceiver {
    /// The end, if one was requested already.
    pub fn requested(&self) -> Option<LoopEnd> {
        *self.0.borrow()
    }

    /// Waits for the end.
    pub async fn wait(&mut self) -> LoopEnd {
        let requested = self.0.wait_for(Option::is_some).await;
        requested.ok().and_then(|end| *end).unwrap_or(LoopEnd::Leave)
    }
}
