//! The work partitioner of a daemon: bundles cut into pieces, and what is still inside.
//!
//! Rules of Mina `work_partitioner.ml` and `pending_zkapp_command.ml` (2025-09, so daemon 4.0). A
//! bundle of two jobs is two pieces; a zkApp transition of s segments is s proofs and s - 1 merges
//! of them. Handed out are, in this order: pieces older than the reassignment wait, of zkApps
//! first; the next piece of a zkApp already begun, a merge before a segment; the other job of the
//! pair already begun; and only then a new bundle from the selector. Key and fee are fixed when a
//! bundle enters. Nothing is dropped, be it bought by then or not.
//!
//! Not here: which bundle enters (`selector`).

use std::collections::BTreeMap;

use snarkfee_core::units::Nanomina;

use super::{
    pool::{JobKind, ProverId, Serial},
    time::Millis,
};

/// `--work-reassignment-wait`, its default.
pub(super) const REASSIGNMENT_WAIT: Millis = 420_000;

/// A work that a worker proves, with the key and fee at which it does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Job {
    pub(super) serial: Serial,
    pub(super) key: ProverId,
    pub(super) fee: Nanomina,
}

/// One piece of a bundle. Of zkApp pieces those before the number of segments are segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Piece {
    bundle: u64,
    second: bool,
    part: u32,
}

/// A work all of whose pieces are proved, with the kind of each of its jobs and the time spent on
/// it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct ProvedWork {
    pub(super) job: Job,
    pub(super) jobs: [(JobKind, Millis); 2],
}

/// The partitioner of one daemon.
#[derive(Debug, Default)]
pub(super) struct Partitioner {
    entered: u64,
    bundles: BTreeMap<u64, Bundle>,
    /// Pieces handed out and not delivered, with the time of hand-out.
    sent: BTreeMap<Piece, Millis>,
    /// The bundle whose other job has not been begun.
    half_begun: Option<u64>,
}

#[derive(Debug)]
struct Bundle {
    job: Job,
    halves: [Half; 2],
}

impl Bundle {
    const fn half(&mut self, second: bool) -> &mut Half {
        let [first, other] = &mut self.halves;
        if second { other } else { first }
    }
}

/// The pieces of one of the two jobs.
#[derive(Debug)]
struct Half {
    kind: JobKind,
    segments_given: u32,
    merges_given: u32,
    /// Proofs that wait to be merged.
    ready: u32,
    delivered: u32,
    spent: Millis,
}

impl Half {
    const fn new(kind: JobKind) -> Self {
        Self { kind, segments_given: 0, merges_given: 0, ready: 0, delivered: 0, spent: 0 }
    }

    const fn is_zkapp(&self) -> bool {
        matches!(self.kind, JobKind::ZkappBase { .. })
    }

    const fn is_begun(&self) -> bool {
        self.segments_given > 0
    }

    const fn is_done(&self) -> bool {
        self.delivered >= self.kind.pieces()
    }

    /// The next piece that can be proved now.
    const fn next_part(&mut self) -> Option<u32> {
        let segments = self.kind.segments();
        if self.ready >= 2 {
            self.ready -= 2;
            self.merges_given += 1;
            return Some(segments + self.merges_given - 1);
        }
        if self.segments_given < segments {
            self.segments_given += 1;
            return Some(self.segments_given - 1);
        }
        None
    }
}

impl Partitioner {
    /// Takes in a bundle and hands out its first piece.
    pub(super) fn take_in(&mut self, job: Job, jobs: [JobKind; 2], now: Millis) -> Piece {
        let id = self.entered;
        self.entered += 1;
        let mut bundle = Bundle { job, halves: jobs.map(Half::new) };
        let part = bundle.half(true).next_part().unwrap_or(0);
        self.bundles.insert(id, bundle);
        self.half_begun = Some(id);
        self.send(Piece { bundle: id, second: true, part }, now)
    }

    /// The piece to hand out next, with its bundle's key and fee; `None` when only a new bundle can
    /// give work.
    pub(super) fn next_piece(&mut self, now: Millis) -> Option<(Piece, Job)> {
        let piece = self.overdue(now).or_else(|| self.next_of_zkapps()).or_else(|| {
            let bundle = self.half_begun.take()?;
            let part = self.bundles.get_mut(&bundle)?.half(false).next_part()?;
            Some(Piece { bundle, second: false, part })
        })?;
        let job = self.bundles.get(&piece.bundle)?.job;
        Some((self.send(piece, now), job))
    }

    /// Takes the proof of a piece. The work, when it was the last of it. A piece that was handed
    /// out twice counts once.
    pub(super) fn deliver(&mut self, piece: Piece, took: Millis) -> Option<ProvedWork> {
        self.sent.remove(&piece)?;
        let bundle = self.bundles.get_mut(&piece.bundle)?;
        let half = bundle.half(piece.second);
        half.ready += 1;
        half.delivered += 1;
        half.spent += took;
        if !bundle.halves.iter().all(Half::is_done) {
            return None;
        }
        let done = self.bundles.remove(&piece.bundle)?;
        Some(ProvedWork { job: done.job, jobs: done.halves.map(|half| (half.kind, half.spent)) })
    }

    /// Whether a piece handed out is older than the wait.
    pub(super) fn has_overdue(&self, now: Millis) -> bool {
        self.overdue(now).is_some()
    }

    /// Bundles inside with this fee.
    #[cfg(test)]
    pub(super) fn count_inside_at(&self, fee: Nanomina) -> usize {
        self.bundles.values().filter(|bundle| bundle.job.fee == fee).count()
    }

    fn send(&mut self, piece: Piece, now: Millis) -> Piece {
        self.sent.insert(piece, now);
        piece
    }

    /// The piece that was handed out longest ago, if that is longer than the wait; of a zkApp if
    /// there is one.
    fn overdue(&self, now: Millis) -> Option<Piece> {
        let late = self.sent.iter().filter(|(_, sent)| now - **sent > REASSIGNMENT_WAIT);
        let of_zkapp = |piece: &Piece| {
            let [first, second] = &self.bundles.get(&piece.bundle)?.halves;
            Some(if piece.second { second.is_zkapp() } else { first.is_zkapp() })
        };
        late.min_by_key(|(piece, sent)| (of_zkapp(piece) != Some(true), **sent))
            .map(|(piece, _)| *piece)
    }

    fn next_of_zkapps(&mut self) -> Option<Piece> {
        self.bundles.iter_mut().find_map(|(id, bundle)| {
            [false, true].into_iter().find_map(|second| {
                let half = bundle.half(second);
                let begun = half.is_zkapp() && half.is_begun();
                let part = if begun { half.next_part() } else { None }?;
                Some(Piece { bundle: *id, second, part })
            })
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn job(serial: Serial, fee: u64) -> Job {
        Job { serial, key: ProverId(0), fee: Nanomina::try_new(fee).unwrap() }
    }

    const PLAIN: [JobKind; 2] = [JobKind::Base, JobKind::Merge];

    #[test]
    fn a_pair_is_two_pieces_and_the_other_half_comes_before_a_new_bundle() {
        let mut inside = Partitioner::default();
        let first = inside.take_in(job(7, 5), PLAIN, 0);
        let (other, of) = inside.next_piece(10).unwrap();
        assert_eq!((of.serial, inside.next_piece(20)), (7, None));
        assert_eq!(inside.deliver(other, 30), None);
        let proved = inside.deliver(first, 40).unwrap();
        assert_eq!(proved.jobs, [(JobKind::Base, 30), (JobKind::Merge, 40)]);
        assert!(inside.bundles.is_empty() && inside.sent.is_empty());
    }

    #[test]
    fn a_zkapp_of_s_segments_is_2s_minus_1_pieces_in_any_order_of_delivery() {
        for segments in 2..=6 {
            let zkapp = JobKind::ZkappBase { segments };
            let mut inside = Partitioner::default();
            let mut given = vec![inside.take_in(job(1, 5), [JobKind::Base, zkapp], 0)];
            let mut count = 0;
            let proved = loop {
                while let Some((piece, _)) = inside.next_piece(0) {
                    given.push(piece);
                }
                // The newest first, so that merges wait for what was handed out before them.
                let piece = given.pop().expect("a piece is out until all are proved");
                count += 1;
                if let Some(proved) = inside.deliver(piece, 1) {
                    break proved;
                }
            };
            assert_eq!(count, 2 * segments, "{segments} segments, and the plain job");
            assert_eq!(proved.jobs[1], (zkapp, Millis::from(2 * segments - 1)));
        }
    }

    #[test]
    fn an_old_piece_comes_first_again_at_the_fee_with_which_its_bundle_entered() {
        let mut inside = Partitioner::default();
        let lost = inside.take_in(job(1, 5), PLAIN, 0);
        assert_eq!(inside.next_piece(REASSIGNMENT_WAIT).unwrap().1.serial, 1);
        let newer = inside.take_in(job(2, 9), PLAIN, REASSIGNMENT_WAIT);
        let (again, of) = inside.next_piece(REASSIGNMENT_WAIT + 1).unwrap();
        assert_eq!((again, of.fee.get()), (lost, 5));
        assert!(inside.deliver(lost, 10).is_none() && !inside.sent.contains_key(&lost));
        assert!(inside.deliver(lost, 10).is_none(), "the second proof of it is not looked at");
        assert!(inside.sent.contains_key(&newer));
        assert_eq!(inside.next_piece(REASSIGNMENT_WAIT + 2).unwrap().1.serial, 2);
    }

    #[test]
    fn the_next_piece_of_a_zkapp_comes_before_the_other_half_of_its_pair() {
        let zkapp = JobKind::ZkappBase { segments: 3 };
        let mut inside = Partitioner::default();
        inside.take_in(job(1, 5), [JobKind::Merge, zkapp], 0);
        for _ in 0..2 {
            let (piece, _) = inside.next_piece(1).unwrap();
            assert!(piece.second, "{piece:?}");
        }
        assert!(!inside.next_piece(1).unwrap().0.second);
    }
}
