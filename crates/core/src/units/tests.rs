use std::{fmt::Display, str::FromStr, time::Duration};

use proptest::prelude::*;

use super::*;

fn message<T: FromStr>(text: &str) -> String
where
    T::Err: Display,
{
    match text.parse::<T>() {
        Ok(_) => panic!("{text:?} was accepted"),
        Err(error) => error.to_string(),
    }
}

fn nanomina(text: &str) -> u64 {
    text.parse::<Nanomina>().unwrap().get()
}

#[test]
fn amounts_are_exact_to_the_nanomina() {
    assert_eq!(nanomina("0.001 MINA"), 1_000_000);
    assert_eq!(nanomina("250000 nanomina"), 250_000);
    assert_eq!(nanomina("0.001MINA"), 1_000_000);
    assert_eq!(nanomina("0.000000001 MINA"), 1);
    assert_eq!(nanomina("0.1000000000000000000000 MINA"), 100_000_000);
    assert_eq!(nanomina("007 mina"), 7_000_000_000);
    assert_eq!(nanomina("-0 MINA"), 0);
    // 2^53 + 1 nanomina, the first integer that a float loses.
    assert_eq!(nanomina("9007199.254740993 MINA"), 9_007_199_254_740_993);
    assert_eq!(nanomina("9223372036.854775807 MINA"), Nanomina::MAX.get());
}

#[test]
fn a_refused_amount_says_how_to_write_it() {
    let how = r#""0.001 MINA" or "250000 nanomina""#;
    let cases = [
        ("0.001", format!("\"0.001\": a fee or cost needs a unit: {how}")),
        ("", format!("\"\": empty, write {how}")),
        ("   ", format!("\"   \": empty, write {how}")),
        ("MINA", format!("\"MINA\": the number is missing, write {how}")),
        ("NaN", format!("\"NaN\": not a decimal number, write {how}")),
        ("-inf MINA", format!("\"-inf MINA\": not a decimal number, write {how}")),
        ("+1 MINA", format!("\"+1 MINA\": not a decimal number, write {how}")),
        ("1. MINA", format!("\"1. MINA\": not a decimal number, write {how}")),
        (".5 MINA", format!("\".5 MINA\": not a decimal number, write {how}")),
        ("1.2.3 MINA", format!("\"1.2.3 MINA\": not a decimal number, write {how}")),
        ("1e3 MINA", format!("\"1e3 MINA\": write the number out, without an exponent: {how}")),
        ("1e-3", format!("\"1e-3\": write the number out, without an exponent: {how}")),
        (
            "0,001 MINA",
            format!("\"0,001 MINA\": only digits and a decimal point, no commas, underscores or spaces: {how}"),
        ),
        (
            "1_000 MINA",
            format!("\"1_000 MINA\": only digits and a decimal point, no commas, underscores or spaces: {how}"),
        ),
        (
            "1 000 MINA",
            format!("\"1 000 MINA\": only digits and a decimal point, no commas, underscores or spaces: {how}"),
        ),
        ("-1 MINA", "\"-1 MINA\": a fee or cost cannot be negative".to_owned()),
        (
            "0.0000000001 MINA",
            "\"0.0000000001 MINA\": a fee or cost cannot be finer than 1 nanomina (9 decimals of a MINA)".to_owned(),
        ),
        (
            "0.5 nanomina",
            "\"0.5 nanomina\": a fee or cost cannot be finer than 1 nanomina (9 decimals of a MINA)".to_owned(),
        ),
        ("1 MINNA", format!("\"1 MINNA\": unknown unit \"MINNA\", did you mean \"MINA\"? Write {how}")),
        ("1 nanominas", format!("\"1 nanominas\": unknown unit \"nanominas\", did you mean \"nanomina\"? Write {how}")),
        ("1 furlong", format!("\"1 furlong\": unknown unit \"furlong\", write {how}")),
        (
            "9223372036.854775808 MINA",
            "\"9223372036.854775808 MINA\": a fee or cost cannot be more than 2^63 - 1 nanomina, the most the daemon can represent".to_owned(),
        ),
    ];
    for (text, expected) in cases {
        assert_eq!(message::<Nanomina>(text), expected);
    }
    let digits = "9".repeat(400);
    assert!(message::<Nanomina>(&format!("{digits} MINA")).len() < 200);
}

#[test]
fn rates_may_be_losses() {
    assert_eq!("0.02 MINA/h".parse(), Ok(FeeRate::new(20_000_000)));
    assert_eq!("-0.01 MINA/h".parse(), Ok(FeeRate::new(-10_000_000)));
    assert_eq!("-9223372036.854775808 MINA/h".parse(), Ok(FeeRate::new(i64::MIN)));
    assert!(message::<FeeRate>("9223372036.854775808 MINA/h").contains("more than"));
    assert!(
        message::<FeeRate>("0.02 MINA").contains("did you mean \"MINA/h\"? Write \"0.02 MINA/h\"")
    );
    assert!(message::<FeeRate>("0.02").contains("needs a unit"));
}

#[test]
fn durations() {
    let cases = [
        ("90s", 90_000),
        ("5m", 300_000),
        ("24h", 86_400_000),
        ("500ms", 500),
        ("1h30m", 5_400_000),
        ("1h 30m", 5_400_000),
        ("2d", 172_800_000),
        ("1w", 604_800_000),
        ("1.5h", 5_400_000),
        ("0s", 0),
    ];
    for (text, milliseconds) in cases {
        assert_eq!(duration::parse(text), Ok(Duration::from_millis(milliseconds)), "{text}");
    }
    let bad = |text: &str| duration::parse(text).unwrap_err().to_string();
    assert_eq!(bad("30"), r#""30": a duration needs a unit: "90s", "5m", "24h" or "1h30m""#);
    assert!(bad("5min").contains("unknown unit \"min\""));
    assert!(bad("30m1h").contains("from the longest to the shortest"));
    assert!(bad("1h1h").contains("each unit once"));
    assert!(bad("-5m").contains("cannot be negative"));
    assert!(bad("1e3s").contains("without an exponent"));
    assert!(bad("0.1ns").contains("finer than 1 nanosecond"));
    assert!(bad("18446744073709551616s").contains("more than"));
    assert!(bad("1h5").contains("needs a unit"));
    assert!(bad("").contains("empty"));
}

#[test]
fn sizes_powers_and_prices() {
    assert_eq!("64 MiB".parse(), Ok(Bytes(64 << 20)));
    assert_eq!("1.5 KiB".parse(), Ok(Bytes(1536)));
    assert_eq!("500 kB".parse(), Ok(Bytes(500_000)));
    assert!(message::<Bytes>("0.3 KiB").contains("finer than 1 byte"));
    assert!(message::<Bytes>("64 Mib").contains("did you mean \"MiB\""));
    assert_eq!("0.35 kW".parse::<Power>().unwrap(), "350 W".parse().unwrap());
    assert_eq!("350 W".parse::<Power>().unwrap().milliwatts(), 350_000);
    assert!(message::<Power>("350 w").contains("did you mean \"W\""));
    assert!(message::<Power>("350 MW").contains("unknown unit"));
    let price: EnergyPrice = "0.18 usd/kWh".parse().unwrap();
    assert_eq!((price.nanos(), price.to_string().as_str()), (180_000_000, "0.18 USD/kWh"));
    assert_eq!("0.40 USD/h".parse::<HourlyPrice>().unwrap().to_string(), "0.4 USD/h");
    assert_eq!("0.31 USD".parse::<Fiat>().unwrap().to_string(), "0.31 USD");
    assert_eq!(
        message::<EnergyPrice>("0.18 USD"),
        r#""0.18 USD": a price of electricity needs a unit: "0.18 USD/kWh", "18 ct/kWh" or "180 USD/MWh""#
    );
    assert!(message::<EnergyPrice>("0.18 USD/kwh").contains("did you mean \"/kWh\""));
    assert!(message::<Fiat>("0.31 MINA").contains("currency of three letters"));
    assert!(message::<Fiat>("-0.31 USD").contains("cannot be negative"));
    assert!(message::<Fiat>("1000000000.1 USD").contains("more than"));
}

#[test]
fn an_address_never_shows_its_secrets() {
    let endpoint: Endpoint =
        "https://ann:hunter2@example.org/graphql?key=hunter2#hunter2".parse().unwrap();
    assert!(endpoint.has_credentials());
    for shown in [endpoint.to_string(), format!("{endpoint:?}")] {
        assert!(!shown.contains("hunter2") && !shown.contains("ann"), "{shown}");
        assert!(shown.contains("https://***@example.org/graphql?key=***"), "{shown}");
    }
    assert!(endpoint.expose().as_str().contains("hunter2"));
    for text in [
        "ftp://ann:hunter2@example.org",
        "ann:hunter2@example.org",
        "http://ann:hunter2@",
        "/graphql",
        "",
    ] {
        assert!(!message::<Endpoint>(text).contains("hunter2"));
    }
    let private = |text: &str| text.parse::<Endpoint>().unwrap().is_private();
    assert!(
        private("http://127.0.0.1:3085/graphql")
            && private("http://[::1]/")
            && private("https://example.org")
    );
    assert!(!private("http://10.0.0.7:3085/graphql") && !private("http://localhost.example.org/"));
}

/// Digits of `whole.fraction` as an integer of 10^-9, by text alone; `None` where it has finer
/// digits or too many.
fn by_text(whole: &str, fraction: &str) -> Option<u64> {
    let fraction = fraction.trim_end_matches('0');
    if fraction.len() > 9 {
        return None;
    }
    let digits = format!("{whole}{fraction:0<9}");
    let digits = digits.trim_start_matches('0');
    if digits.is_empty() { Some(0) } else { digits.parse().ok().filter(|n| *n <= i64::MAX as u64) }
}

proptest! {
    #[test]
    fn every_decimal_is_exact_or_refused(whole in "[0-9]{1,25}", fraction in "[0-9]{0,14}") {
        let number = if fraction.is_empty() { whole.clone() } else { format!("{whole}.{fraction}") };
        let parsed = format!("{number} MINA").parse::<Nanomina>().ok().map(Nanomina::get);
        prop_assert_eq!(parsed, by_text(&whole, &fraction));
        let negative = format!("-{number} MINA/h").parse::<FeeRate>().ok().map(FeeRate::get);
        if let Some(size) = by_text(&whole, &fraction) {
            prop_assert_eq!(negative, i64::try_from(size).ok().map(|size| -size));
        }
    }

    #[test]
    fn what_is_shown_reads_back(nanos in 0..=Nanomina::MAX.get(), rate: i64, seconds: u64, sub in 0..1_000_000_000_u32) {
        let amount = Nanomina::try_new(nanos).unwrap();
        prop_assert_eq!(amount.to_string().parse(), Ok(amount));
        prop_assert_eq!(FeeRate::new(rate).to_string().parse(), Ok(FeeRate::new(rate)));
        prop_assert_eq!(Bytes(seconds).to_string().parse(), Ok(Bytes(seconds)));
        let time = Duration::new(seconds, sub);
        prop_assert_eq!(duration::parse(&duration::show(time).to_string()), Ok(time));
    }

    #[test]
    fn prices_and_powers_read_back(nanos in 0..=Fiat::MAX_NANOS, milliwatts in 0..=Power::MAX.milliwatts(), code in "[A-Z]{3}") {
        let fiat = Fiat::try_new(nanos, Currency::try_new(&code).unwrap()).unwrap();
        prop_assert_eq!(fiat.to_string().parse(), Ok(fiat));
        prop_assert_eq!(HourlyPrice(fiat).to_string().parse(), Ok(HourlyPrice(fiat)));
        let power: Power = format!("{milliwatts} mW").parse().unwrap();
        prop_assert_eq!(power.milliwatts(), milliwatts);
        prop_assert_eq!(power.to_string().parse(), Ok(power));
    }

    #[test]
    fn garbage_never_panics_and_its_error_is_short(text in "\\PC{0,60}|[0-9.,_+eE-]{0,20} ?[a-zA-Z/]{0,10}") {
        let errors = [
            text.parse::<Nanomina>().err().map(|e| e.to_string()),
            text.parse::<FeeRate>().err().map(|e| e.to_string()),
            text.parse::<Bytes>().err().map(|e| e.to_string()),
            text.parse::<Power>().err().map(|e| e.to_string()),
            text.parse::<Fiat>().err().map(|e| e.to_string()),
            text.parse::<EnergyPrice>().err().map(|e| e.to_string()),
            text.parse::<HourlyPrice>().err().map(|e| e.to_string()),
            text.parse::<Endpoint>().err().map(|e| e.to_string()),
            duration::parse(&text).err().map(|e| e.to_string()),
        ];
        for error in errors.into_iter().flatten() {
            prop_assert!(error.chars().count() < 800);
        }
    }
}

#[test]
fn a_mistyped_key_is_told_by_its_checksum() {
    let key = "B62qre3erTHfzQckNuibViWQGyyKwZseztqrjPZBv6SQF384Rg6ESAy";
    assert!(!PublicKey::try_new(key).unwrap().is_mistyped());
    let made = PublicKey::from_coordinate([7; 32], true);
    assert!(!made.is_mistyped() && made.as_str().len() == 55, "{made}");
    assert!(made.as_str().starts_with("B62q"), "{made}");
    let simulated = PublicKey::of_simulated_operator();
    assert!(!simulated.is_mistyped() && PublicKey::try_new(simulated.as_str()).is_ok());
    for wrong in [
        simulated.as_str().replace("B62qy3", "B62q3y"),
        key.replace("erTH", "erTh"),
        key.replace("Rg6", "R6g"),
        key[..54].to_owned(),
        "B62q".to_owned(),
        // A state hash of as many characters would have another version byte.
        bs58::encode([&[0xcc, 1, 1][..], &[7; 33]].concat()).with_check().into_string(),
    ] {
        assert!(PublicKey::try_new(&wrong).unwrap().is_mistyped(), "{wrong}");
    }
}
