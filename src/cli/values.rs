//! Values of the command line's options.

use std::time::Duration;

use snarkfee_core::{
    market::{Selection, SelectionMethod},
    policy::RoleSetting,
    units::duration,
};
use snarkfee_lab::{daemon_sim, market_sim::library};

use crate::setup::role_name;

/// The seeds of an experiment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeedList(pub Vec<u64>);

impl std::str::FromStr for SeedList {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        /// Most markets in one experiment.
        const MAX_SEEDS: u64 = 10_000;
        let number = |text: &str| {
            text.trim().parse::<u64>().map_err(|_| "write seeds as 7, 1..20 or 3,5,8".to_owned())
        };
        let mut seeds = Vec::new();
        for part in text.split(',') {
            match part.split_once("..") {
                None => seeds.push(number(part)?),
                Some((first, last)) => {
                    let (first, last) = (number(first)?, number(last.trim_start_matches('='))?);
                    if first > last || last - first >= MAX_SEEDS {
                        return Err(format!(
                            "a range of seeds must ascend and hold at most {MAX_SEEDS}"
                        ));
                    }
                    seeds.extend(first..=last);
                }
            }
        }
        Ok(Self(seeds))
    }
}

pub(super) fn parse_duration(text: &str) -> Result<Duration, String> {
    duration::parse(text).map_err(|error| error.to_string())
}

pub(super) fn parse_speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(speed) if (0.01..=10_000.0).contains(&speed) => Ok(speed),
        _ => Err("the speed must be a number from 0.01 to 10000".to_owned()),
    }
}

pub(super) fn parse_works_per_hour(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(pace) if (0.01..=100_000.0).contains(&pace) => Ok(pace),
        _ => Err("the works per hour must be a number from 0.01 to 100000".to_owned()),
    }
}

pub(super) fn scenario_names() -> clap::builder::PossibleValuesParser {
    library::names().collect::<Vec<_>>().into()
}

pub(super) fn selection_method_parser()
-> impl clap::builder::TypedValueParser<Value = SelectionMethod> {
    use clap::builder::TypedValueParser as _;
    let names: clap::builder::PossibleValuesParser =
        SelectionMethod::ALL.map(SelectionMethod::code).into();
    names.try_map(|name| {
        let same = |method: &SelectionMethod| method.code() == name;
        SelectionMethod::ALL.into_iter().find(same).ok_or("no such method")
    })
}

pub(super) fn selection_parser() -> impl clap::builder::TypedValueParser<Value = Selection> {
    use clap::builder::TypedValueParser as _;
    let names: clap::builder::PossibleValuesParser = Selection::ALL.map(Selection::code).into();
    names.try_map(|name| {
        let same = |selection: &Selection| selection.code() == name;
        Selection::ALL.into_iter().find(same).ok_or("no such selection")
    })
}

pub(super) fn era_parser() -> impl clap::builder::TypedValueParser<Value = daemon_sim::Era> {
    use clap::builder::TypedValueParser as _;
    let names: clap::builder::PossibleValuesParser =
        daemon_sim::Era::ALL.map(daemon_sim::Era::code).into();
    names.try_map(|name| name.parse())
}

pub(super) fn role_parser() -> impl clap::builder::TypedValueParser<Value = RoleSetting> {
    use clap::builder::TypedValueParser as _;
    let roles = [RoleSetting::Auto, RoleSetting::Worker, RoleSetting::Coordinator];
    let names: clap::builder::PossibleValuesParser = roles.map(role_name).into();
    names.try_map(move |name| {
        roles.into_iter().find(|role| role_name(*role) == name).ok_or("no such role")
    })
}
