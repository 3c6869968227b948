//! The faults that tests inject around the controller, and how each must show in the records.

use std::time::Duration;

use jiff::SignedDuration;
use rand::{RngExt, seq::IndexedRandom};
use rand_chacha::ChaCha8Rng;
use snarkfee_core::{
    fault::{Fault, JournalClass},
    invariants::ChangeAuthor,
    market::SyncState,
    policy::{Outcome, Reason},
};

use crate::{
    checker::{Step, Trace},
    faulty_proxy::{ExchangeFault, Target},
};

/// A fault around the controller.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum InjectedFault {
    Latency,
    Hang,
    Refused,
    Closed,
    Reset,
    Truncated,
    ServerError,
    Html,
    Errors,
    BareString,
    Oversized,
    Endless,
    CrowdedPool,
    AnswerLost,
    RequestLost,
    RequestLate,
    Rejected,
    ReadBackLost,
    Unsynced,
    TipBehind,
    FewPeers,
    Restarts,
    ClockForward,
    ClockBack,
    Meddling,
    MeddlingMeanwhile,
    Paused,
    MetricsDown,
    MetricsNegative,
    MetricsNotCumulative,
    MetricsNan,
    MetricsReset,
    JournalFull,
    JournalLocked,
    Replaced,
}

/// What a fault does in one look.
#[derive(Default)]
pub(crate) struct FaultEffect {
    pub(crate) rules: Vec<(Target, ExchangeFault)>,
    pub(crate) refuses: bool,
    pub(crate) sync: Option<SyncState>,
    pub(crate) tip_older: Duration,
    pub(crate) peers: Option<u32>,
    /// How far the controller's clock is off.
    pub(crate) wrong: SignedDuration,
    pub(crate) meddles: bool,
    /// Someone else changes the fee just before the controller sets anything.
    pub(crate) meddles_meanwhile: bool,
    pub(crate) pauses: bool,
    /// Another controller takes over from one that was killed.
    pub(crate) replaced: bool,
    pub(crate) journal_full: bool,
    pub(crate) journal_locked: bool,
}

const ERRORS: (&str, &str) = ("200 OK", r#"{"errors":[{"message":"Internal error"}],"data":null}"#);

impl InjectedFault {
    pub(crate) const ALL: [Self; 35] = [
        Self::Latency,
        Self::Hang,
        Self::Refused,
        Self::Closed,
        Self::Reset,
        Self::Truncated,
        Self::ServerError,
        Self::Html,
        Self::Errors,
        Self::BareString,
        Self::Oversized,
        Self::Endless,
        Self::CrowdedPool,
        Self::AnswerLost,
        Self::RequestLost,
        Self::RequestLate,
        Self::Rejected,
        Self::ReadBackLost,
        Self::Unsynced,
        Self::TipBehind,
        Self::FewPeers,
        Self::Restarts,
        Self::ClockForward,
        Self::ClockBack,
        Self::Meddling,
        Self::MeddlingMeanwhile,
        Self::Paused,
        Self::MetricsDown,
        Self::MetricsNegative,
        Self::MetricsNotCumulative,
        Self::MetricsNan,
        Self::MetricsReset,
        Self::JournalFull,
        Self::JournalLocked,
        Self::Replaced,
    ];

    /// The name in the table.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Latency => "answers minutes late",
            Self::Hang => "hang",
            Self::Refused => "connection refused",
            Self::Closed => "connection closed without an answer",
            Self::Reset => "reset inside the body",
            Self::Truncated => "truncated body",
            Self::ServerError => "HTTP 500",
            Self::Html => "HTML",
            Self::Errors => "200 with errors",
            Self::BareString => "200 with a bare JSON string",
            Self::Oversized => "oversized, announced",
            Self::Endless => "oversized, unannounced",
            Self::CrowdedPool => "50,000 entries more in the pool",
            Self::AnswerLost => "mutation applied, answer lost",
            Self::RequestLost => "mutation lost",
            Self::RequestLate => "mutation applied after the client gave up",
            Self::Rejected => "mutation rejected",
            Self::ReadBackLost => "reading back fails",
            Self::Unsynced => "not synced",
            Self::TipBehind => "synced with an old tip",
            Self::FewPeers => "no peers",
            Self::Restarts => "daemon restarts",
            Self::ClockForward => "clock set forward",
            Self::ClockBack => "clock set back",
            Self::Meddling => "someone else sets the fee",
            Self::MeddlingMeanwhile => "someone else sets the fee between look and act",
            Self::Paused => "paused",
            Self::MetricsDown => "metrics down",
            Self::MetricsNegative => "metrics with negative counts",
            Self::MetricsNotCumulative => "metrics with a histogram that is not cumulative",
            Self::MetricsNan => "metrics with NaN",
            Self::MetricsReset => "metrics with counters that fall",
            Self::JournalFull => "disk full",
            Self::JournalLocked => "journal locked",
            Self::Replaced => "controller killed, another begins",
        }
    }

    /// Its effect in one look; the variant is drawn.
    pub(crate) fn effect(self, draw: &mut ChaCha8Rng) -> FaultEffect {
        let rule = |target, trouble| FaultEffect {
            rules: vec![(target, trouble)],
            ..FaultEffect::default()
        };
        let graphql = |trouble| rule(Target::GraphQl, trouble);
        let instead = |(status, body)| graphql(ExchangeFault::Instead(status, body));
        match self {
            Self::Latency => {
                graphql(ExchangeFault::Late(Duration::from_secs(draw.random_range(20..=400))))
            }
            Self::Hang => graphql(ExchangeFault::Hang),
            Self::Refused => FaultEffect { refuses: true, ..FaultEffect::default() },
            Self::Closed => graphql(ExchangeFault::Silence),
            Self::Reset => graphql(ExchangeFault::Reset),
            Self::Truncated => graphql(ExchangeFault::Truncated),
            Self::ServerError => instead(("500 Internal Server Error", "Internal Server Error")),
            Self::Html => instead(("200 OK", "<!DOCTYPE html>\n<title>GraphQL</title>")),
            Self::Errors => instead(ERRORS),
            Self::BareString => instead(("200 OK", "\"Syntax error\"")),
            Self::Oversized => graphql(ExchangeFault::Oversized { announced: true }),
            Self::Endless => graphql(ExchangeFault::Oversized { announced: false }),
            Self::CrowdedPool => rule(Target::Market, ExchangeFault::Rewritten(crowd)),
            Self::AnswerLost => rule(Target::Mutations, ExchangeFault::LostAnswer),
            Self::RequestLost => rule(Target::Mutations, ExchangeFault::Silence),
            Self::RequestLate => rule(Target::Mutations, ExchangeFault::Parked),
            Self::Rejected => rule(Target::Mutations, ExchangeFault::Instead(ERRORS.0, ERRORS.1)),
            Self::ReadBackLost => rule(Target::ReadBack, ExchangeFault::Silence),
            Self::Unsynced => {
                let states = [
                    SyncState::Connecting,
                    SyncState::Listening,
                    SyncState::Offline,
                    SyncState::Bootstrap,
                    SyncState::Catchup,
                ];
                FaultEffect { sync: states.choose(draw).cloned(), ..FaultEffect::default() }
            }
            Self::TipBehind => FaultEffect {
                tip_older: Duration::from_secs(draw.random_range(1_800..86_400)),
                ..FaultEffect::default()
            },
            Self::FewPeers => FaultEffect { peers: Some(0), ..FaultEffect::default() },
            Self::Restarts => FaultEffect::default(),
            Self::ClockForward => FaultEffect { wrong: error(draw), ..FaultEffect::default() },
            Self::ClockBack => FaultEffect { wrong: -error(draw), ..FaultEffect::default() },
            Self::Meddling => FaultEffect { meddles: true, ..FaultEffect::default() },
            Self::MeddlingMeanwhile => {
                FaultEffect { meddles_meanwhile: true, ..FaultEffect::default() }
            }
            Self::Paused => FaultEffect { pauses: true, ..FaultEffect::default() },
            Self::MetricsDown => rule(Target::Metrics, ExchangeFault::Silence),
            Self::MetricsNegative => rule(Target::Metrics, ExchangeFault::Rewritten(negative)),
            Self::MetricsNotCumulative => {
                rule(Target::Metrics, ExchangeFault::Rewritten(not_cumulative))
            }
            Self::MetricsNan => {
                let kinds: [fn(&str) -> String; 2] = [nan_counts, nan_sum];
                rule(Target::Metrics, ExchangeFault::Rewritten(*kinds.choose(draw).unwrap()))
            }
            Self::MetricsReset => rule(Target::Metrics, ExchangeFault::Rewritten(reset)),
            Self::JournalFull => FaultEffect { journal_full: true, ..FaultEffect::default() },
            Self::JournalLocked => FaultEffect { journal_locked: true, ..FaultEffect::default() },
            Self::Replaced => FaultEffect { replaced: true, ..FaultEffect::default() },
        }
    }

    /// A variant that affects only some requests of a look, for storms.
    pub(crate) fn partial(self, draw: &mut ChaCha8Rng) -> FaultEffect {
        let mut effect = self.effect(draw);
        let some = [Target::GraphQl, Target::Market, Target::Mutations, Target::ReadBack];
        for (target, _) in &mut effect.rules {
            if *target == Target::GraphQl {
                *target = *some.choose(draw).unwrap();
            }
        }
        effect
    }

    /// Whether it only shows when something is set.
    pub(crate) const fn needs_mutations(self) -> bool {
        matches!(
            self,
            Self::AnswerLost
                | Self::RequestLost
                | Self::RequestLate
                | Self::Rejected
                | Self::ReadBackLost
                | Self::MeddlingMeanwhile
                | Self::JournalFull
                | Self::JournalLocked
        )
    }

    /// Whether it only shows when it lasts for a while.
    pub(crate) const fn lasts(self) -> bool {
        matches!(
            self,
            Self::JournalFull | Self::JournalLocked | Self::MetricsDown | Self::MeddlingMeanwhile
        )
    }

    /// Whether a run reports it correctly.
    pub(crate) fn shows(self, trace: &Trace) -> bool {
        let any = |seen: &dyn Fn(&Step) -> bool| trace.steps.iter().any(seen);
        let fault = |code: &str| {
            any(&|step| {
                step.record
                    .faults()
                    .iter()
                    .any(|(source, seen)| *source != "metrics" && seen.code() == code)
            })
        };
        let metrics = |code: &str| {
            any(&|step| step.record.faults().iter().any(|seen| is_metrics(*seen, code)))
        };
        let reason = |code: &str| any(&|step| step.record.decision.reason.code() == code);
        let outcome = |wanted: &dyn Fn(&Outcome) -> bool| any(&|step| wanted(&step.record.outcome));
        let unrecorded = |class: JournalClass| {
            any(
                &|step| matches!(&step.record.decision.reason, Reason::JournalFault { fault } if fault.class == class),
            )
        };
        match self {
            Self::Latency => reason("stale"),
            Self::Hang => fault("timed_out"),
            Self::Refused | Self::Closed => fault("unreachable"),
            Self::Reset | Self::Truncated => fault("truncated"),
            Self::ServerError => fault("http_status"),
            Self::Html | Self::BareString => fault("malformed"),
            Self::Errors => fault("refused"),
            Self::Oversized | Self::Endless => fault("oversized"),
            Self::CrowdedPool => any(&|step| {
                step.record.market.as_ref().is_some_and(|market| market.open_works >= CROWD)
            }),
            Self::AnswerLost => {
                any(&|step| !step.applied.is_empty() && step.record.outcome == Outcome::Confirmed)
            }
            Self::RequestLost => outcome(&|outcome| matches!(outcome, Outcome::Unknown { .. })),
            Self::RequestLate => any(&|step| {
                step.applied
                    .iter()
                    .any(|applied| applied.by == ChangeAuthor::Straggler && applied.differs)
            }),
            Self::Rejected => outcome(&|outcome| matches!(outcome, Outcome::Rejected { .. })),
            Self::ReadBackLost => {
                outcome(&|outcome| matches!(outcome, Outcome::Applied { unread: Some(_), .. }))
            }
            Self::Unsynced => reason("unsynced"),
            Self::TipBehind => reason("tip_behind"),
            Self::FewPeers => reason("few_peers"),
            Self::Restarts => {
                let restarted =
                    |step: &Step| trace.restarts.iter().any(|restart| *restart < step.at);
                reason("unsynced")
                    && any(&|step| restarted(step) && step.record.outcome == Outcome::Confirmed)
            }
            Self::ClockForward => reason("clock_set") && any(&|step| step.believed > step.at),
            Self::ClockBack => reason("clock_set") && any(&|step| step.believed < step.at),
            Self::Meddling => reason("external_change"),
            Self::MeddlingMeanwhile => {
                outcome(&|outcome| matches!(outcome, Outcome::Applied { overtook: Some(_), .. }))
                    && reason("external_change")
            }
            Self::Paused => reason("paused"),
            Self::MetricsDown => metrics("unreachable") && reason("metrics_fault"),
            Self::MetricsNegative
            | Self::MetricsNotCumulative
            | Self::MetricsNan
            | Self::MetricsReset => {
                let lies = |step: &Step| {
                    step.record.faults().iter().any(|seen| is_metrics(*seen, "invalid_value"))
                };
                metrics("invalid_value")
                    && reason("metrics_fault")
                    && trace.steps.iter().filter(|step| lies(step)).all(|step| !step.mutates())
            }
            Self::JournalFull => unrecorded(JournalClass::Full),
            Self::JournalLocked => unrecorded(JournalClass::Locked),
            Self::Replaced => trace.steps.iter().skip(1).any(|step| step.record.sequence == 1),
        }
    }
}

/// From seconds to half a day, every order of magnitude equally likely.
fn error(draw: &mut ChaCha8Rng) -> SignedDuration {
    SignedDuration::from_secs_f64(10_f64.powf(draw.random_range(0.7..4.6)))
}

fn is_metrics((source, seen): (&str, &Fault), code: &str) -> bool {
    source == "metrics" && seen.code() == code
}

const CROWD: u64 = 50_000;

/// Adds 50,000 entries to the list of works in the answer.
fn crowd(answer: &str) -> String {
    #[expect(clippy::disallowed_types, reason = "made once for all cases")]
    static ENTRIES: std::sync::OnceLock<[(String, String); 2]> = std::sync::OnceLock::new();
    let entries = ENTRIES.get_or_init(|| {
        let key = snarkfee_lab::market_sim::World::operator_key();
        let all = |entry: &dyn Fn(u64) -> String| (0..CROWD).map(entry).collect::<String>();
        let id = |n: u64| 1_000_000_000 + n;
        let pool = |n: u64| format!(r#"{{"workIds":[{}],"fee":"{}","prover":"{}"}},"#, id(n), n * 1_000, key.as_str());
        let range = |n: u64| {
            let (id, fee, key) = (id(n), n * 1_000, key.as_str());
            format!(r#"{{"workBundleSpec":{{"workIds":[{id}],"snarkFee":"{fee}","snarkProverKey":"{key}"}}}},"#)
        };
        [("\"snarkPool\":[".to_owned(), all(&pool)), ("\"snarkWorkRange\":[".to_owned(), all(&range))]
    });
    entries.iter().fold(answer.to_owned(), |answer, (list, more)| {
        answer.replace(list, &format!("{list}{more}"))
    })
}

/// Changes the value of each sample whose line begins with `name`.
fn resampled(page: &str, name: &str, value: &str) -> String {
    let changed = |line: &str| match line.rsplit_once(' ') {
        Some((sample, _)) if sample.contains(name) && !line.starts_with('#') => {
            format!("{sample} {value}\n")
        }
        _ => format!("{line}\n"),
    };
    page.lines().map(changed).collect()
}

fn negative(page: &str) -> String {
    resampled(&resampled(page, "completed_snark_work_received_rpc", "-7"), "snark_pool_size", "-1")
}

fn not_cumulative(page: &str) -> String {
    resampled(page, "snark_fee_bucket{le=\"3", "999999999")
}

fn nan_counts(page: &str) -> String {
    resampled(
        &resampled(page, "completed_snark_work_received_rpc", "Nan"),
        "snark_pool_size",
        "Nan",
    )
}

fn reset(page: &str) -> String {
    resampled(page, "_rpc", "0")
}

fn nan_sum(page: &str) -> String {
    resampled(page, "snark_fee_sum", "Nan")
}
