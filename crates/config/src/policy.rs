//! Reads `[policy]`, `[block_production]` and `[safety]`.

use std::time::Duration;

use snarkfee_core::{
    policy::{BlockProduction, ExternalChange, Pricing, Safety, Strategy},
    units::{FeeRate, Nanomina},
};

use super::section::Section;

/// The shortest duration that is not nothing.
pub(super) const MOMENT: Duration = Duration::from_millis(1);
const NONE: Duration = Duration::ZERO;
/// The fee of strategy `fixed` where none is given: 0.001 MINA.
const DEFAULT_FIXED_FEE: Nanomina = match Nanomina::try_new(1_000_000) {
    Ok(fee) => fee,
    Err(_) => Nanomina::ZERO,
};

/// Reads `[policy]`, or one laid over it.
pub(super) fn read_pricing(section: Section<'_>) -> Pricing {
    #[derive(Clone, Copy)]
    enum Rule {
        Profit,
        Undercut,
        Quantile,
        Fixed,
    }
    let default = Pricing::default();
    let failures = section.reader().failures();
    let rules = [
        ("profit", Rule::Profit),
        ("undercut", Rule::Undercut),
        ("quantile", Rule::Quantile),
        ("fixed", Rule::Fixed),
    ];
    let rule = section.choice("strategy", &rules).map_or(Rule::Profit, |rule| rule.value);
    let fixed_fee = section.quantity::<Nanomina>("fixed_fee");
    let quantile = section.number("quantile", 0.0..=1.0).map_or(0.25, |quantile| quantile.value);
    let strategy = match rule {
        Rule::Profit => Strategy::Profit,
        Rule::Undercut => Strategy::Undercut,
        Rule::Quantile => Strategy::Quantile { quantile },
        Rule::Fixed => {
            Strategy::Fixed { fee: fixed_fee.as_ref().map_or(DEFAULT_FIXED_FEE, |fee| fee.value) }
        }
    };
    let floor = section.quantity::<Nanomina>("floor");
    let ceiling = section.quantity::<Nanomina>("ceiling");
    let tick = section.quantity::<Nanomina>("tick");
    let stop = section.quantity::<FeeRate>("stop_below");
    let resume = section.quantity::<FeeRate>("resume_above");
    if let Some(tick) = tick.as_ref().filter(|tick| tick.value == Nanomina::ZERO) {
        section.fail(
            &tick.place,
            "tick",
            "must be at least \"1 nanomina\": an equal fee does not replace an offer",
        );
    }
    let duration =
        |key, least, default| section.duration(key, least).map_or(default, |found| found.value);
    let number =
        |key, default| section.number(key, 1..=u32::MAX).map_or(default, |found| found.value);
    let pricing = Pricing {
        strategy,
        floor: floor.as_ref().map_or(default.floor, |floor| floor.value),
        ceiling: ceiling.as_ref().map_or(default.ceiling, |ceiling| ceiling.value),
        tick: tick.map_or(default.tick, |tick| tick.value),
        window: duration("window", MOMENT, default.window),
        half_life: duration("half_life", MOMENT, default.half_life),
        min_samples: number("min_samples", default.min_samples),
        stop_below: stop.as_ref().map_or(default.stop_below, |stop| stop.value),
        resume_above: resume.as_ref().map_or(default.resume_above, |resume| resume.value),
        confirm: number("confirm", default.confirm),
        deadband: section
            .number("deadband", 0.0..=0.999)
            .map_or(default.deadband, |deadband| deadband.value),
        cooldown: duration("cooldown", NONE, default.cooldown),
        min_on: duration("min_on", NONE, default.min_on),
        min_off: duration("min_off", NONE, default.min_off),
        max_changes_per_day: number("max_changes_per_day", default.max_changes_per_day),
    };
    // Only settings that read well are held against each other.
    if section.reader().failures() == failures {
        let Pricing { floor: low, ceiling: high, stop_below, resume_above, .. } = &pricing;
        let here = || section.place().clone();
        if low > high {
            let place = floor.or(ceiling).map_or_else(here, |found| found.place);
            section.fail(&place, "floor", format!("{low} is above ceiling, {high}"));
        } else if let Strategy::Fixed { fee } = strategy
            && !(*low..=*high).contains(&fee)
        {
            let place = fixed_fee.map_or_else(here, |found| found.place);
            section.fail(
                &place,
                "fixed_fee",
                format!("{fee} is not between floor, {low}, and ceiling, {high}"),
            );
        }
        if stop_below > resume_above {
            let place = stop.or(resume).map_or_else(here, |found| found.place);
            section.fail(
                &place,
                "stop_below",
                format!("{stop_below} is above resume_above, {resume_above}"),
            );
        }
    }
    section.finish();
    pricing
}

/// Reads `[block_production]`, or one laid over it.
pub(super) fn read_block_production(section: Section<'_>) -> BlockProduction {
    let default = BlockProduction::default();
    let duration = |key, default| section.duration(key, NONE).map_or(default, |found| found.value);
    let read = BlockProduction {
        enabled: section.boolean("enabled").map_or(default.enabled, |enabled| enabled.value),
        stop_before: duration("stop_before", default.stop_before),
        resume_after: duration("resume_after", default.resume_after),
    };
    section.finish();
    read
}

/// Reads `[safety]`.
pub(super) fn read_safety(section: Section<'_>) -> Safety {
    let default = Safety::default();
    let changes = [("hold", ExternalChange::Hold), ("reapply", ExternalChange::Reapply)];
    let number = |key, least, default| {
        section.number(key, least..=u32::MAX).map_or(default, |found| found.value)
    };
    let read = Safety {
        max_age: section.duration("max_age", MOMENT).map_or(default.max_age, |found| found.value),
        min_peers: number("min_peers", 0, default.min_peers),
        max_consecutive_failures: number(
            "max_consecutive_failures",
            1,
            default.max_consecutive_failures,
        ),
        external_change: section
            .choice("external_change", &changes)
            .map_or(default.external_change, |c| c.value),
        external_hold: section
            .duration("external_hold", NONE)
            .map_or(default.external_hold, |found| found.value),
    };
    section.finish();
    read
}
