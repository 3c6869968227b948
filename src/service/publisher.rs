//! Who reads records: log, metrics, board and liveness, each from the record alone.

use std::{sync::Arc, time::Duration};

use snarkfee_client::RequestObserver;
use snarkfee_clock::Clock;
use snarkfee_core::{
    fault::{Fault, JournalFault},
    record::{Mode, Record},
    units::DaemonId,
};

use crate::{
    controller::Sink,
    telemetry::{Board, Liveness, Metrics, log_record},
};

/// Hands each record to everyone who reads records.
#[derive(Clone)]
pub struct Publisher {
    /// The program's own metrics.
    pub metrics: Arc<Metrics>,
    /// What the page and the API show.
    pub board: Arc<Board>,
    /// Whether the loops still tick.
    pub liveness: Arc<Liveness>,
}

impl Publisher {
    /// For these daemons, nothing published yet.
    pub fn new(mode: Mode, daemons: impl IntoIterator<Item = DaemonId>) -> Self {
        Self {
            metrics: Arc::new(Metrics::new()),
            board: Arc::new(Board::new(mode, daemons)),
            liveness: Arc::new(Liveness::default()),
        }
    }
}

impl Sink for Publisher {
    fn publish(&self, record: &Arc<Record>) {
        log_record(record);
        self.metrics.observe(record);
        self.board.publish(record);
        self.liveness.beat(&record.daemon, Clock::instant());
    }

    fn unrecorded(&self, record: &Record, fault: &JournalFault) {
        self.metrics.unrecorded(&record.daemon, fault.class);
    }
}

/// Counts the requests to one daemon.
pub(super) struct Requests {
    pub(super) daemon: DaemonId,
    pub(super) metrics: Arc<Metrics>,
}

impl RequestObserver for Requests {
    fn observed(&self, operation: &'static str, fault: Option<&Fault>, took: Duration) {
        self.metrics.daemon_request(&self.daemon, operation, fault, took);
    }
}
