//! The settings of the policy that `tune` may move, and to which values.

use snarkfee_core::policy::Pricing;

use super::policy::{contradictions, pricing};
use crate::setting::Setting;

/// A setting that `tune` tries, with those that depend on it.
pub struct Knob {
    setting: Setting<Pricing>,
    dependents: Vec<Setting<Pricing>>,
}

/// Every setting that is tried, in the order in which they are.
pub fn knobs() -> Vec<Knob> {
    let (dependents, settings): (Vec<_>, Vec<_>) =
        pricing().settings.into_iter().partition(|setting| setting.depends_on.is_some());
    let mut knobs: Vec<Knob> = settings
        .into_iter()
        .filter(|setting| setting.tried.is_some())
        .map(|setting| Knob { setting, dependents: Vec::new() })
        .collect();
    for dependent in dependents {
        let owner = knobs.iter_mut().find(|knob| Some(knob.setting.key) == dependent.depends_on);
        if let Some(knob) = owner {
            knob.dependents.push(dependent);
        }
    }
    knobs.sort_by_key(|knob| knob.setting.tried.map(|tried| tried.turn));
    knobs
}

impl Knob {
    /// Its key in `[policy]`.
    pub const fn key(&self) -> &'static str {
        self.setting.key
    }

    /// Its lines in `[policy]`, keys and values in TOML: its own, and those of settings that count
    /// at this value.
    pub fn lines(&self, pricing: &Pricing) -> Vec<(&'static str, String)> {
        let settings = std::iter::once(&self.setting).chain(&self.dependents);
        settings.filter_map(|setting| Some((setting.key, (setting.show)(pricing)?))).collect()
    }

    /// Its value in one text: `"quantile" at 0.25`.
    pub fn show(&self, pricing: &Pricing) -> String {
        let values: Vec<String> = self.lines(pricing).into_iter().map(|(_, value)| value).collect();
        values.join(" at ")
    }

    /// The settings with this one at each other value that goes with the rest.
    pub fn candidates(&self, base: &Pricing) -> Vec<Pricing> {
        let mut candidates = Vec::new();
        for pricing in try_values(&self.setting, base) {
            let counts = |setting: &&Setting<Pricing>| (setting.show)(&pricing).is_some();
            match self.dependents.iter().find(counts) {
                Some(dependent) => candidates.extend(try_values(dependent, &pricing)),
                None => candidates.push(pricing),
            }
        }
        candidates.retain(|pricing| pricing != base && contradictions(pricing).is_empty());
        candidates
    }
}

/// The settings with one at each of its tried values; the reader has the say over what is valid.
fn try_values(setting: &Setting<Pricing>, base: &Pricing) -> Vec<Pricing> {
    let values = setting.tried.map_or(&[] as &[&str], |tried| tried.values);
    values.iter().filter_map(|value| setting.set(base, value)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_tried_value_is_accepted_and_differs() {
        for setting in pricing().settings {
            let Some(tried) = setting.tried else { continue };
            let strategies = ["profit", "quantile"];
            let strategy = &pricing().settings[0];
            let bases = strategies.map(|name| strategy.set(&Pricing::default(), name).unwrap());
            let base = bases.iter().find(|base| (setting.show)(base).is_some()).unwrap();
            let mut shown: Vec<String> = try_values(&setting, base)
                .iter()
                .filter_map(|pricing| (setting.show)(pricing))
                .collect();
            shown.dedup();
            assert_eq!(shown.len(), tried.values.len(), "{}", setting.key);
        }
    }
}
