//! The settings that are tried, and at which values.

use std::time::Duration;

use snarkfee_core::{
    policy::{Pricing, Strategy},
    units::{FeeRate, duration},
};

/// A setting that is tried.
pub(super) struct Knob {
    /// Its key in `[policy]`.
    pub(super) key: &'static str,
    /// Its value as written in TOML.
    pub(super) show: fn(&Pricing) -> String,
    /// The settings with it at each value tried.
    all: fn(&Pricing) -> Vec<Pricing>,
}

impl Knob {
    /// The settings with this one at each other value that goes with the rest.
    pub(super) fn values(&self, base: &Pricing) -> Vec<Pricing> {
        let fits =
            |pricing: &Pricing| pricing != base && pricing.stop_below <= pricing.resume_above;
        (self.all)(base).into_iter().filter(fits).collect()
    }
}

const MINUTE: Duration = Duration::from_secs(60);
const HOUR: Duration = Duration::from_secs(3600);

fn each<T: Clone>(base: &Pricing, values: &[T], set: fn(&mut Pricing, T)) -> Vec<Pricing> {
    let with = |value: &T| {
        let mut pricing = base.clone();
        set(&mut pricing, value.clone());
        pricing
    };
    values.iter().map(with).collect()
}

fn time(duration: Duration) -> String {
    format!("\"{}\"", duration::show(duration))
}

fn strategy(pricing: &Pricing) -> String {
    match pricing.strategy {
        Strategy::Quantile { quantile } => format!("\"quantile\" at {quantile:?}"),
        Strategy::Fixed { fee } => format!("\"fixed\" at \"{fee}\""),
        other @ (Strategy::Profit | Strategy::Undercut) => format!("\"{}\"", other.name()),
    }
}

/// Every setting that is tried, in the order in which they are.
pub(super) const KNOBS: [Knob; 11] = [
    Knob {
        key: "strategy",
        show: strategy,
        all: |base| {
            let quantile = |quantile| Strategy::Quantile { quantile };
            let all = [
                Strategy::Profit,
                Strategy::Undercut,
                quantile(0.25),
                quantile(0.5),
                quantile(0.75),
            ];
            each(base, &all, |pricing, value| pricing.strategy = value)
        },
    },
    Knob {
        key: "window",
        show: |pricing| time(pricing.window),
        all: |base| {
            each(base, &[HOUR * 6, HOUR * 12, HOUR * 24, HOUR * 48], |pricing, value| {
                pricing.window = value
            })
        },
    },
    Knob {
        key: "half_life",
        show: |pricing| time(pricing.half_life),
        all: |base| {
            each(base, &[HOUR * 2, HOUR * 6, HOUR * 12], |pricing, value| pricing.half_life = value)
        },
    },
    Knob {
        key: "min_samples",
        show: |pricing| pricing.min_samples.to_string(),
        all: |base| each(base, &[10, 30, 100], |pricing, value| pricing.min_samples = value),
    },
    Knob {
        key: "resume_above",
        show: |pricing| format!("\"{}\"", pricing.resume_above),
        all: |base| {
            let values = [0, 100_000, 1_000_000, 10_000_000].map(FeeRate::new);
            each(base, &values, |pricing, value| pricing.resume_above = value)
        },
    },
    Knob {
        key: "stop_below",
        show: |pricing| format!("\"{}\"", pricing.stop_below),
        all: |base| {
            let values = [-5_000_000, -1_000_000, 0].map(FeeRate::new);
            each(base, &values, |pricing, value| pricing.stop_below = value)
        },
    },
    Knob {
        key: "confirm",
        show: |pricing| pricing.confirm.to_string(),
        all: |base| each(base, &[1, 3, 6], |pricing, value| pricing.confirm = value),
    },
    Knob {
        key: "deadband",
        show: |pricing| format!("{:?}", pricing.deadband),
        all: |base| each(base, &[0.02, 0.05, 0.15], |pricing, value| pricing.deadband = value),
    },
    Knob {
        key: "cooldown",
        show: |pricing| time(pricing.cooldown),
        all: |base| {
            each(base, &[MINUTE * 5, MINUTE * 10, MINUTE * 30], |pricing, value| {
                pricing.cooldown = value
            })
        },
    },
    Knob {
        key: "min_on",
        show: |pricing| time(pricing.min_on),
        all: |base| {
            each(base, &[MINUTE * 5, MINUTE * 15, HOUR], |pricing, value| pricing.min_on = value)
        },
    },
    Knob {
        key: "min_off",
        show: |pricing| time(pricing.min_off),
        all: |base| {
            each(base, &[MINUTE * 5, MINUTE * 15, HOUR], |pricing, value| pricing.min_off = value)
        },
    },
];
