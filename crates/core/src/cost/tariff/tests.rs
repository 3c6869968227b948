use jiff::{Timestamp, tz::TimeZone};
use proptest::prelude::*;

use super::*;

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn window(from: &str, to: &str, price: &str) -> TariffWindow {
    TariffWindow {
        from: from.parse().unwrap(),
        to: to.parse().unwrap(),
        days: Days::ALL,
        months: Months::ALL,
        price: price.parse().unwrap(),
    }
}

#[test]
fn a_tariff_over_midnight_by_the_operators_clock() {
    let windows =
        [window("22:00", "06:00", "0.09 USD/kWh"), window("06:00", "22:00", "0.18 USD/kWh")];
    let tariff = Tariff::try_new(&windows, TimeZone::get("Europe/Berlin").unwrap()).unwrap();
    let price = |time: &str| tariff.window_at(at(time)).price.to_string();
    // Summer, two hours ahead of UTC; borders belong to the window that begins there.
    assert_eq!(price("2026-06-01T19:59:59Z"), "0.18 USD/kWh");
    assert_eq!(price("2026-06-01T20:00:00Z"), "0.09 USD/kWh");
    assert_eq!(price("2026-06-01T22:00:00Z"), "0.09 USD/kWh");
    assert_eq!(price("2026-06-02T03:59:59Z"), "0.09 USD/kWh");
    assert_eq!(price("2026-06-02T04:00:00Z"), "0.18 USD/kWh");
    // Winter, one hour ahead.
    assert_eq!(price("2026-12-01T20:30:00Z"), "0.18 USD/kWh");
    assert_eq!(price("2026-12-01T21:00:00Z"), "0.09 USD/kWh");
}

#[test]
fn a_tariff_prices_every_minute_once() {
    let text =
        |windows: &[TariffWindow]| Tariff::try_new(windows, TimeZone::UTC).unwrap_err().to_string();
    assert_eq!(text(&[]), "a tariff needs between 1 and 1440 windows");
    assert_eq!(text(&[window("22:00", "06:00", "1 USD/kWh")]), "no price from 06:00 to 22:00");
    assert_eq!(text(&[window("00:00", "23:00", "1 USD/kWh")]), "no price from 23:00 to 24:00");
    let overlap = [window("22:00", "06:00", "1 USD/kWh"), window("05:30", "22:00", "2 USD/kWh")];
    assert_eq!(text(&overlap), "two prices at 05:30");
    let mixed = [window("22:00", "06:00", "1 USD/kWh"), window("06:00", "22:00", "2 EUR/kWh")];
    assert_eq!(text(&mixed), "prices in USD and EUR; use one currency");
    assert!(text(&[window("08:00", "08:00", "1 USD/kWh")]).contains("holds nothing"));
    assert!(text(&[window("24:00", "00:00", "1 USD/kWh")]).contains("holds nothing"));
    assert!(Tariff::try_new(&[window("00:00", "24:00", "1 USD/kWh")], TimeZone::UTC).is_ok());
    for bad in ["", "8:00", "08:60", "24:01", "25:00", "08.00", "-1:00", "08:000", "é8:00"] {
        assert_eq!(bad.parse::<TimeOfDay>(), Err(InvalidTime), "{bad}");
    }
}

#[test]
fn days_and_months_are_those_of_the_moment_in_the_zone() {
    let on = |from, to, days: &str, months: &str, price| TariffWindow {
        days: days.parse().unwrap(),
        months: months.parse().unwrap(),
        ..window(from, to, price)
    };
    let windows = [
        on("22:00", "06:00", "mon-fri", "nov-mar", "1 EUR/kWh"),
        on("06:00", "22:00", "mon-fri", "nov-mar", "2 EUR/kWh"),
        on("00:00", "24:00", "sat-sun", "nov-mar", "3 EUR/kWh"),
        on("00:00", "24:00", "mon-sun", "apr-oct", "-0.01 EUR/kWh"),
    ];
    let tariff = Tariff::try_new(&windows, TimeZone::get("Europe/Berlin").unwrap()).unwrap();
    let price = |time: &str| tariff.window_at(at(time)).price.to_string();
    // 2026-01-02 is a Friday; Berlin is an hour ahead.
    assert_eq!(price("2026-01-02T21:30:00Z"), "1 EUR/kWh");
    assert_eq!(price("2026-01-02T22:59:59Z"), "1 EUR/kWh");
    assert_eq!(price("2026-01-02T23:00:00Z"), "3 EUR/kWh", "Saturday has begun there");
    assert_eq!(price("2026-01-04T23:00:00Z"), "1 EUR/kWh", "the first hours of Monday");
    assert_eq!(price("2026-01-05T05:00:00Z"), "2 EUR/kWh");
    assert_eq!(price("2026-03-31T21:59:59Z"), "1 EUR/kWh", "23:59:59 in summer time, in March");
    assert_eq!(price("2026-03-31T22:00:00Z"), "-0.01 EUR/kWh", "April has begun there");
}

#[test]
fn a_gap_or_overlap_on_one_day_is_named_with_it() {
    let on = |days: &str, months: &str| TariffWindow {
        days: days.parse().unwrap(),
        months: months.parse().unwrap(),
        ..window("00:00", "24:00", "1 EUR/kWh")
    };
    let text =
        |windows: &[TariffWindow]| Tariff::try_new(windows, TimeZone::UTC).unwrap_err().to_string();
    assert_eq!(text(&[on("mon-fri", "jan-dec")]), "no price from 00:00 to 24:00 on sat in jan");
    assert_eq!(
        text(&[on("mon-sun", "jan-nov"), on("mon-sat", "dec")]),
        "no price from 00:00 to 24:00 on sun in dec"
    );
    assert_eq!(
        text(&[on("mon-sun", "jan-dec"), on("wed", "jul")]),
        "two prices at 00:00 on wed in jul"
    );
    assert!(
        Tariff::try_new(&[on("mon-fri", "jan-dec"), on("sat,sun", "jan-dec")], TimeZone::UTC)
            .is_ok()
    );
}

/// Local time by the rules of a zone as they stand in law, without a time zone database: the offset
/// in summer and winter, and the instants at which clocks change.
struct LawfulZone {
    name: &'static str,
    standard_minutes: i64,
    /// Month, which Sunday of it (0: the last), and minutes after midnight UTC of that Sunday.
    summer_begins: (i64, i64, i64),
    summer_ends: (i64, i64, i64),
}

/// European Union since 1996 (Directive 2000/84/EC): 01:00 UTC; New South Wales since 2008
/// (Standard Time Act): 02:00 standard time; United States since 2007 (15 U.S.C. 260a).
const ZONES: [LawfulZone; 3] = [
    LawfulZone {
        name: "Europe/Berlin",
        standard_minutes: 60,
        summer_begins: (3, 0, 60),
        summer_ends: (10, 0, 60),
    },
    LawfulZone {
        name: "Australia/Sydney",
        standard_minutes: 600,
        summer_begins: (10, 1, 120 - 600),
        summer_ends: (4, 1, 120 - 600),
    },
    LawfulZone {
        name: "America/New_York",
        standard_minutes: -300,
        summer_begins: (3, 2, 120 + 300),
        summer_ends: (11, 1, 60 + 300),
    },
];

/// Days since 1970-01-01 (Howard Hinnant, "chrono-compatible low-level date algorithms").
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let of_era = year - era * 400;
    let of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    era * 146_097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719_468
}

/// Year and month (1 to 12) of a day since 1970-01-01.
fn civil_from_days(days: i64) -> (i64, i64) {
    let days = days + 719_468;
    let (era, of_era) = (days.div_euclid(146_097), days.rem_euclid(146_097));
    let year = (of_era - of_era / 1_460 + of_era / 36_524 - of_era / 146_096) / 365;
    let of_year = of_era - (365 * year + year / 4 - year / 100);
    let month = ((5 * of_year + 2) / 153 + 2) % 12 + 1;
    (year + era * 400 + i64::from(month <= 2), month)
}

impl LawfulZone {
    /// Minutes since 1970 at which clocks change in a year.
    fn change(year: i64, (month, which, minutes): (i64, i64, i64)) -> i64 {
        // 1970-01-01 was a Thursday, so that days 3, 10, .. are Sundays.
        let sunday_from = |day: i64| day + (3 - day).rem_euclid(7);
        let sunday = match which {
            0 => sunday_from(days_from_civil(year, month + 1, 1) - 7),
            nth => sunday_from(days_from_civil(year, month, 1)) + 7 * (nth - 1),
        };
        sunday * 1_440 + minutes
    }

    /// Minute of the day, day of the week from Monday, and month from January, each from 0.
    fn local(&self, minute: i64) -> (u16, usize, usize) {
        let (year, _) = civil_from_days((minute + self.standard_minutes).div_euclid(1_440));
        let begins = Self::change(year, self.summer_begins);
        let ends = Self::change(year, self.summer_ends);
        let summer = match begins < ends {
            true => (begins..ends).contains(&minute),
            false => !(ends..begins).contains(&minute),
        };
        let local = minute + self.standard_minutes + if summer { 60 } else { 0 };
        let day = local.div_euclid(1_440);
        let of_day = u16::try_from(local.rem_euclid(1_440)).unwrap();
        let weekday = usize::try_from((day + 3).rem_euclid(7)).unwrap();
        (of_day, weekday, usize::try_from(civil_from_days(day).1 - 1).unwrap())
    }
}

proptest! {
    /// Around every change of clocks, and at any other time, the price is that of the local time
    /// which the law gives, found without a time zone database.
    #[test]
    fn windows_hold_over_changes_of_clocks(
        zone in 0..ZONES.len(),
        year in 2010..2036_i64,
        change in 0..4_usize,
        near in -2_900..2_900_i64,
        cut in 0..1_440_u16,
        from_day in 0..7_usize,
        from_month in 0..12_usize,
    ) {
        let zone = &ZONES[zone];
        let minute = match change {
            0 => LawfulZone::change(year, zone.summer_begins) + near,
            1 => LawfulZone::change(year, zone.summer_ends) + near,
            _ => days_from_civil(year, 1, 1) * 1_440 + near * 180,
        };
        // Three days from `from_day` on, in half a year from `from_month` on, two prices by the
        // time of day; else a third price.
        let days = format!("{}-{}", DAY_NAMES[from_day], DAY_NAMES[(from_day + 2) % 7]);
        let other_days = format!("{}-{}", DAY_NAMES[(from_day + 3) % 7], DAY_NAMES[(from_day + 6) % 7]);
        let months = format!("{}-{}", MONTH_NAMES[from_month], MONTH_NAMES[(from_month + 5) % 12]);
        let other_months = format!("{}-{}", MONTH_NAMES[(from_month + 6) % 12], MONTH_NAMES[(from_month + 11) % 12]);
        let time = |m: u16| format!("{:02}:{:02}", m / 60, m % 60);
        let on = |from: &str, to: &str, days: &str, months: &str, price| TariffWindow {
            days: days.parse().unwrap(), months: months.parse().unwrap(), ..window(from, to, price)
        };
        let half = (cut + 720) % 1_440;
        let (first, second) = (time(cut), time(half));
        let windows = [
            on(&first, &second, &days, &months, "1 EUR/kWh"),
            on(&second, &first, &days, &months, "2 EUR/kWh"),
            on("00:00", "24:00", &other_days, &months, "3 EUR/kWh"),
            on("00:00", "24:00", "mon-sun", &other_months, "3 EUR/kWh"),
        ];
        let tariff = Tariff::try_new(&windows, TimeZone::get(zone.name).unwrap()).unwrap();
        let (of_day, weekday, month) = zone.local(minute);
        let in_days = (weekday + 7 - from_day) % 7 < 3 && (month + 12 - from_month) % 12 < 6;
        let in_first = (of_day + 1_440 - cut) % 1_440 < 720;
        let expected = match (in_days, in_first) {
            (true, true) => "1 EUR/kWh",
            (true, false) => "2 EUR/kWh",
            (false, _) => "3 EUR/kWh",
        };
        let moment = Timestamp::from_second(minute * 60 + 30).unwrap();
        prop_assert_eq!(tariff.window_at(moment).price.to_string(), expected, "{} {}", zone.name, moment);
    }

    /// However a day is cut into windows, each minute finds the window that was laid over it.
    #[test]
    fn every_cut_of_the_day_is_a_tariff(cuts in proptest::collection::btree_set(0..1440_u16, 2..12), minute in 0..1440_u16) {
        let time = |m: u16| format!("{:02}:{:02}", m / 60, m % 60);
        let cuts: Vec<u16> = cuts.into_iter().collect();
        let windows: Vec<TariffWindow> = (0..cuts.len())
            .map(|i| window(&time(cuts[i]), &time(cuts[(i + 1) % cuts.len()]), &format!("{i} USD/kWh")))
            .collect();
        let tariff = Tariff::try_new(&windows, TimeZone::UTC).unwrap();
        let expected = cuts.iter().rposition(|cut| *cut <= minute).unwrap_or(cuts.len() - 1);
        let moment = at(&format!("2026-06-01T{}:30Z", time(minute)));
        prop_assert_eq!(tariff.window_at(moment).price.to_string(), format!("{expected} USD/kWh"));
    }
}
