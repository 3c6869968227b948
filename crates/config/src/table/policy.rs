//! `[policy]`, `[block_production]` and `[safety]`.

use snarkfee_core::{
    policy::{BlockProduction, ExternalChange, Pricing, Safety, Strategy},
    units::{FeeLimit, Nanomina},
};

use crate::{
    kind::{boolean, choice, duration_from, number, quantity, quantity_from, quote},
    section::Section,
    setting::{Group, Setting},
};

/// The fee of strategy `fixed` where none is given: 0.001 MINA.
const DEFAULT_FIXED_FEE: Nanomina = match Nanomina::try_new(1_000_000) {
    Ok(fee) => fee,
    Err(_) => Nanomina::ZERO,
};
/// The quantile of strategy `quantile` where none is given.
const DEFAULT_QUANTILE: f64 = 0.25;

/// The shortest duration that is not nothing.
pub(super) const MOMENT: &str = "1ms";
const NONE: &str = "0s";

const STRATEGIES: [Strategy; 5] = [
    Strategy::Profit,
    Strategy::Undercut,
    Strategy::Quantile { quantile: DEFAULT_QUANTILE },
    Strategy::Fixed { fee: DEFAULT_FIXED_FEE },
    Strategy::Cover,
];

pub(super) fn pricing() -> Group<Pricing> {
    type Row = Setting<Pricing>;
    let fixed_fee = |pricing: &Pricing| match pricing.strategy {
        Strategy::Fixed { fee } => Some(fee),
        _ => None,
    };
    let set_fixed_fee = |pricing: &mut Pricing, value| {
        if let Strategy::Fixed { fee } = &mut pricing.strategy {
            *fee = value;
        }
    };
    let quantile = |pricing: &Pricing| match pricing.strategy {
        Strategy::Quantile { quantile } => Some(quantile),
        _ => None,
    };
    let set_quantile = |pricing: &mut Pricing, value| {
        if let Strategy::Quantile { quantile } = &mut pricing.strategy {
            *quantile = value;
        }
    };
    let settings = vec![
        // Before what belongs to one strategy, which is set in the strategy's value.
        Row::new("strategy", choice(&STRATEGIES, Strategy::name), |p| &mut p.strategy)
            .comment(
                "\"profit\": the fee of highest expected profit. \"undercut\": one tick below the \
                 lowest competing offer. \"quantile\": one tick below a quantile of the price at \
                 which work is bought. \"fixed\": always the same. \"cover\": prove for the \
                 network, at the floor, only while works that are bought soon would lack proofs.",
            )
            .tried(1, &["profit", "undercut", "quantile"]),
        Row::new("floor", quantity(), |p| &mut p.floor)
            .comment(
                "Never ask less, and never more. At 0 work may be given away where even that pays; \
                 a high ceiling lets a thin market name its price. Or in the currency of mina_price, \
                 \"0.001 USD\": then no fee is set while the price is unknown.",
            )
            .page(
                "Never ask less. At 0 work may be given away where even that pays. In the currency \
                 of `mina_price` (`\"0.001 USD\"`) it counts at the price believed, rounded up; \
                 while the price is unknown no fee is set ([`bounds_unknown`](reasons.md#reasons)), \
                 and a fee is moved for its sake only beyond `deadband`.",
            ),
        Row::new("ceiling", quantity(), |p| &mut p.ceiling).page(
            "Never ask more; what a parked coordinator asks. A high ceiling lets a thin market \
             name its price. In a currency as `floor`, rounded down.",
        ),
        Row::with("fixed_fee", quantity(), fixed_fee, set_fixed_fee)
            .comment("Strategy \"fixed\": the fee, between floor and ceiling.")
            .written(quote(&DEFAULT_FIXED_FEE))
            .depends_on("strategy"),
        Row::with("quantile", number(0.0..=1.0), quantile, set_quantile)
            .comment("Strategy \"quantile\": {least} to {most}. Lower sells more for less.")
            .written(format!("{DEFAULT_QUANTILE:?}"))
            .depends_on("strategy")
            .tried(1, &["0.25", "0.5", "0.75"]),
        Row::new(
            "tick",
            quantity_from("1 nanomina", "an equal fee does not replace an offer"),
            |p| &mut p.tick,
        )
        .comment(
            "How far below a competitor counts as below, from {least}. The pool takes any lower \
             fee; a larger tick gives competitors less to gain from answering.",
        )
        .written("\"1 nanomina\""),
        Row::new("window", duration_from(MOMENT), |p| &mut p.window)
            .comment("How far back sales count. Longer is steadier, shorter follows the market.")
            .tried(2, &["6h", "12h", "24h", "48h"]),
        Row::new("half_life", duration_from(MOMENT), |p| &mut p.half_life)
            .comment("Age at which a sale counts half.")
            .tried(3, &["2h", "6h", "12h"]),
        Row::new("min_samples", number(1..=u32::MAX), |p| &mut p.min_samples)
            .comment(
                "Sales, from {least}, below which the market is taken as too thin to read from \
                 its sales alone.",
            )
            .tried(4, &["10", "30", "100"]),
        Row::new("stop_below", quantity(), |p| &mut p.stop_below)
            .comment(
                "Expected profit under which computing stops, and at which it resumes; the gap \
                 between them keeps the worker from flapping.",
            )
            .page("Expected profit under which computing stops.")
            .tried(6, &["-0.005 MINA/h", "-0.001 MINA/h", "0 MINA/h"]),
        Row::new("resume_above", quantity(), |p| &mut p.resume_above)
            .page(
                "Expected profit at which computing resumes, at least `stop_below`; the gap \
                 between them keeps the worker from flapping.",
            )
            .tried(5, &["0 MINA/h", "0.0001 MINA/h", "0.001 MINA/h", "0.01 MINA/h"]),
        Row::new("confirm", number(1..=u32::MAX), |p| &mut p.confirm)
            .comment(
                "Looks in a row, from {least}, that must agree before work is switched. More is \
                 steadier and slower.",
            )
            .tried(7, &["1", "3", "6"]),
        Row::new("deadband", number(0.0..=0.999), |p| &mut p.deadband)
            .comment("Relative change of the fee, {least} to {most}, too small to act on.")
            .more("With `\"profit\"` also of the profit, of which a move gains 0.3 at least.")
            .tried(8, &["0.02", "0.05", "0.15"]),
        Row::new("cooldown", duration_from(NONE), |p| &mut p.cooldown)
            .comment(
                "Time between two fee changes; {least} for none. Work that is being proved keeps \
                 the fee it began with.",
            )
            .tried(9, &["5m", "10m", "30m"]),
        Row::new("min_on", duration_from(NONE), |p| &mut p.min_on)
            .comment("Shortest time on and off, each {least} for none.")
            .page(
                "Shortest time on; `\"0s\"` for none. Each switch within 24 hours doubles it, up \
                 to 16 times, unless the case is clear.",
            )
            .tried(10, &["5m", "15m", "1h"]),
        Row::new("min_off", duration_from(NONE), |p| &mut p.min_off)
            .page("Shortest time off, likewise.")
            .tried(11, &["5m", "15m", "1h"]),
        Row::new("max_changes_per_day", number(1..=u32::MAX), |p| &mut p.max_changes_per_day)
            .comment("Fee changes and switches within any 24 hours, from {least}."),
    ];
    Group {
        name: "policy",
        comment: "How the fee is found and when computing pays. Any of it may be set for one \
                  daemon alone in [daemons.NAME.policy].",
        intro: "[How it decides](how-it-decides.md) says how these work together.",
        settings,
        tables: &[],
    }
}

/// Two settings that do not go together.
pub(super) struct Contradiction {
    key: &'static str,
    other: &'static str,
    message: String,
}

/// What does not go together in settings that are each good.
pub(super) fn contradictions(pricing: &Pricing) -> Vec<Contradiction> {
    let Pricing { floor, ceiling, stop_below, resume_above, strategy, .. } = pricing;
    let mut found = Vec::new();
    let exceeds = |one: &FeeLimit, other: &FeeLimit| match (one, other) {
        (FeeLimit::Mina(one), FeeLimit::Mina(other)) => one > other,
        (FeeLimit::Currency(one), FeeLimit::Currency(other)) => {
            one.currency() == other.currency() && one.nanos() > other.nanos()
        }
        // Which is more depends on the price.
        (FeeLimit::Mina(_), FeeLimit::Currency(_)) | (FeeLimit::Currency(_), FeeLimit::Mina(_)) => {
            false
        }
    };
    if exceeds(floor, ceiling) {
        let message = format!("{floor} is above ceiling, {ceiling}");
        found.push(Contradiction { key: "floor", other: "ceiling", message });
    } else if let Strategy::Fixed { fee } = strategy
        && (exceeds(floor, &(*fee).into()) || exceeds(&(*fee).into(), ceiling))
    {
        let message = format!("{fee} is not between floor, {floor}, and ceiling, {ceiling}");
        found.push(Contradiction { key: "fixed_fee", other: "fixed_fee", message });
    }
    if stop_below > resume_above {
        let message = format!("{stop_below} is above resume_above, {resume_above}");
        found.push(Contradiction { key: "stop_below", other: "resume_above", message });
    }
    found
}

/// Reads `[policy]`, or one laid over it.
pub(super) fn read_pricing(group: &Group<Pricing>, section: &Section<'_>) -> Pricing {
    let mut pricing = Pricing::default();
    let found = group.read(section, &mut pricing);
    if found.clean {
        for Contradiction { key, other, message } in contradictions(&pricing) {
            let place = found.place(key).or_else(|| found.place(other));
            section.fail(place.unwrap_or(&section.place), key, message);
        }
    }
    pricing
}

pub(super) fn block_production() -> Group<BlockProduction> {
    type Row = Setting<BlockProduction>;
    let settings = vec![
        Row::new("enabled", boolean(), |b| &mut b.enabled).page(
            "Whether the worker makes room for blocks of its own machine; of no effect where the \
             daemon produces none.",
        ),
        Row::new("stop_before", duration_from(NONE), |b| &mut b.stop_before)
            .comment(
                "How long before its slot work stops, and how long after the slot's start it may \
                 resume.",
            )
            .page("How long before its slot work stops."),
        Row::new("resume_after", duration_from(NONE), |b| &mut b.resume_after)
            .page("How long after the slot's start work may resume."),
    ];
    Group {
        name: "block_production",
        comment: "Work stops around the slots in which this machine produces blocks, if it does. \
                  May be set for one daemon in [daemons.NAME.block_production].",
        intro: "",
        settings,
        tables: &[],
    }
}

pub(super) fn safety() -> Group<Safety> {
    type Row = Setting<Safety>;
    let change = |change| match change {
        ExternalChange::Hold => "hold",
        ExternalChange::Reapply => "reapply",
    };
    let settings = vec![
        Row::new("max_age", duration_from(MOMENT), |s| &mut s.max_age)
            .comment("Older observations are not acted on."),
        Row::new("min_peers", number(0..=u32::MAX), |s| &mut s.min_peers).comment(
            "With fewer peers the daemon's view of the chain is not trusted; 0 for a network of \
             one.",
        ),
        Row::new("max_consecutive_failures", number(1..=u32::MAX), |s| {
            &mut s.max_consecutive_failures
        })
        .comment(
            "Failures in a row, from {least}, after which nothing is sent until a success streak \
             or `snarkfee resume`.",
        )
        .more("The streak is as long."),
        Row::new(
            "external_change",
            choice(&[ExternalChange::Hold, ExternalChange::Reapply], change),
            |s| &mut s.external_change,
        )
        .comment(
            "Someone else changed fee or key: \"hold\" leaves it to them for `external_hold`, \
             \"reapply\" decides as if nothing had happened.",
        ),
        Row::new("external_hold", duration_from(NONE), |s| &mut s.external_hold)
            .page("How long to hold then."),
    ];
    Group { name: "safety", comment: "When not to act.", intro: "", settings, tables: &[] }
}
