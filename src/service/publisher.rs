//! The readers of records: log, metrics, status board and liveness.

use std::{sync::Arc, time::Duration};

use snarkfee_client::RequestObserver;
use snarkfee_clock::Clock;
use snarkfee_core::{
    fault::{Fault, JournalFault},
    record::{Mode, Record},
    units::DaemonId,
};

use tracing::warn;

use super::twin_watch::TwinWatch;
use crate::{
    controller::Sink,
    telemetry::{Liveness, Metrics, StatusBoard, log_record},
};

/// Tells people of a record.
pub type Narrator = Arc<dyn Fn(&Record) + Send + Sync>;

/// Hands each record to every reader.
#[derive(Clone)]
pub struct Publisher {
    narrator: Narrator,
    /// The program's own metrics.
    pub metrics: Arc<Metrics>,
    /// What the page and the API show.
    pub board: Arc<StatusBoard>,
    /// Whether the loops still run.
    pub liveness: Arc<Liveness>,
    pub(super) twins: Arc<TwinWatch>,
}

impl Publisher {
    /// A publisher for these daemons, with nothing published yet, that logs each record.
    pub fn new(mode: Mode, daemons: impl IntoIterator<Item = DaemonId>) -> Self {
        Self {
            narrator: Arc::new(log_record),
            metrics: Arc::new(Metrics::new()),
            board: Arc::new(StatusBoard::new(mode, daemons)),
            liveness: Arc::new(Liveness::default()),
            twins: Arc::default(),
        }
    }

    /// The same with another narrator.
    #[must_use]
    pub fn told_by(self, narrator: Narrator) -> Self {
        Self { narrator, ..self }
    }
}

impl Sink for Publisher {
    fn publish(&self, record: &Arc<Record>) {
        (self.narrator)(record);
        if let Some(other) = self.twins.observe(record) {
            warn!(
                daemon = %record.daemon,
                %other,
                "these seem to be one daemon under two names, and two loops would fight over it: \
                 both began at the same moment, with the same worker key, peers and tip; remove one"
            );
        }
        self.metrics.record_look(record);
        self.board.publish(record);
        self.liveness.record_look(&record.daemon, Clock::instant());
    }

    fn on_unrecorded(&self, record: &Record, fault: &JournalFault) {
        self.metrics.count_journal_failure(&record.daemon, fault.class);
    }
}

/// Counts the requests to one daemon.
pub(super) struct RequestCounter {
    pub(super) daemon: DaemonId,
    pub(super) metrics: Arc<Metrics>,
}

impl RequestObserver for RequestCounter {
    fn observed(&self, operation: &'static str, fault: Option<&Fault>, took: Duration) {
        self.metrics.count_request(&self.daemon, operation, fault, took);
    }
}
