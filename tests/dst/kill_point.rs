//! The points at which the process can be killed: wherever it waits for something outside.

use std::sync::Mutex;

use tokio::sync::Notify;

/// Where the process waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Site {
    Ask,
    Answered,
    Looked,
    BeforeSend,
    BeforeEffect,
    AfterEffect,
    BeforeJournal,
    AfterJournal,
    /// Before an intent is recorded: an action begins.
    BeforeIntent,
}

/// Counts the points that the process passes, and kills it at one.
#[derive(Debug, Default)]
pub(crate) struct KillPoints {
    armed: Mutex<Option<Armed>>,
    /// The process is to be killed.
    pub(crate) killed: Notify,
}

#[derive(Clone, Copy, Debug)]
struct Armed {
    /// Whether the action has begun within which it happens.
    counts: bool,
    left: u32,
}

impl KillPoints {
    /// Kills the process at this point of its next action.
    pub(crate) fn arm(&self, point: u32) {
        *self.armed.lock().unwrap() = Some(Armed { counts: false, left: point });
    }

    /// Nothing waits any more to kill it.
    pub(crate) async fn disarm(&self) {
        *self.armed.lock().unwrap() = None;
        tokio::select! {
            biased;
            () = self.killed.notified() => {}
            () = std::future::ready(()) => {}
        }
    }

    /// Kills the process here: it gets no further.
    pub(crate) async fn kill(&self) {
        self.killed.notify_one();
        std::future::pending().await
    }

    /// Passes a point.
    pub(crate) async fn pass(&self, site: Site) {
        let killed = {
            let mut armed = self.armed.lock().unwrap();
            match armed.as_mut() {
                None => false,
                Some(at) => {
                    at.counts |= site == Site::BeforeIntent;
                    let killed = at.counts && at.left == 0;
                    at.left = if at.counts { at.left.saturating_sub(1) } else { at.left };
                    if killed {
                        *armed = None;
                    }
                    killed
                }
            }
        };
        if killed {
            self.kill().await;
        }
    }
}
