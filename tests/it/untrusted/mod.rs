//! Text from outside, whatever it is: the inputs that the fuzz targets begin with, what they once
//! found, and random ones.

mod entry;

use std::{fs, path::Path};

use proptest::{collection::vec, prelude::*, sample::select};

/// What takes an input.
type Entry = fn(&[u8]);

/// The inputs of a fuzz target, by name.
fn corpus(target: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz/corpus").join(target);
    let mut inputs: Vec<_> = fs::read_dir(&folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .map(|path| {
            (path.file_name().unwrap().to_string_lossy().into_owned(), fs::read(&path).unwrap())
        })
        .collect();
    inputs.sort();
    assert!(inputs.len() > 3, "{} holds nothing to begin with", folder.display());
    inputs
}

#[test]
fn every_input_of_the_fuzz_targets_is_taken() {
    let targets: [(&str, Entry); 7] = [
        ("metrics_text", entry::metrics_text),
        ("graphql", entry::graphql),
        ("config", entry::config),
        ("precomputed", entry::precomputed),
        ("journal", entry::journal),
        ("price", entry::price),
        ("admin", entry::admin),
    ];
    for (target, entry) in targets {
        for (name, input) in corpus(target) {
            println!("{target}/{name}");
            entry(&input);
        }
    }
}

/// Inputs that nothing comes of would teach a fuzzer nothing.
#[test]
fn the_valid_inputs_are_valid() {
    use snarkfee_client::{Exchange, decode};

    let mut answered = 0;
    for (name, input) in
        corpus("graphql").into_iter().filter(|(name, _)| name.starts_with("valid-"))
    {
        let [exchange, 0, body @ ..] = &*input else { panic!("{name}: two bytes before the body") };
        decode(Exchange::ALL[usize::from(*exchange)], 200, body.to_vec())
            .unwrap_or_else(|fault| panic!("{name}: {fault}"));
        answered += 1;
    }
    assert_eq!(
        answered,
        Exchange::ALL.len() - 1,
        "one of each operation; the metrics text has a target of its own"
    );
    for (name, input) in
        corpus("metrics_text").into_iter().filter(|(name, _)| name.starts_with("valid-"))
    {
        decode(Exchange::Metrics, 200, input.clone())
            .unwrap_or_else(|fault| panic!("{name}: {fault}"));
    }
}

#[test]
fn the_valid_blocks_are_valid() {
    let blocks: Vec<_> =
        corpus("precomputed").into_iter().filter(|(name, _)| name.starts_with("valid-")).collect();
    assert_eq!(blocks.len(), 2, "one of each layout");
    for (name, input) in blocks {
        let block = snarkfee_lab::precomputed::read_block(&*input)
            .unwrap_or_else(|defect| panic!("{name}: {defect}"));
        assert!(!block.works.is_empty(), "{name}");
    }
}

/// A piece of another input, or bytes of its own, put somewhere.
#[derive(Clone, Debug)]
struct Damage {
    at: prop::sample::Index,
    length: usize,
    instead: Vec<u8>,
}

fn damage() -> impl Strategy<Value = Damage> {
    const WORDS: [&str; 12] = [
        "null",
        "-1",
        "9223372036854775808",
        "1e400",
        "NaN",
        "\"\"",
        "[]",
        "{}",
        "}",
        "\u{2028}",
        "\0",
        "1.5",
    ];
    let instead = prop_oneof![
        select(WORDS.as_slice()).prop_map(|word| word.as_bytes().to_vec()),
        vec(any::<u8>(), 0..6),
        Just(Vec::new())
    ];
    (any::<prop::sample::Index>(), 0..24_usize, instead).prop_map(|(at, length, instead)| Damage {
        at,
        length,
        instead,
    })
}

/// An input that is nearly one of those known.
fn damaged(target: &'static str) -> impl Strategy<Value = Vec<u8>> {
    let known: Vec<Vec<u8>> = corpus(target).into_iter().map(|(_, input)| input).collect();
    (select(known), vec(damage(), 0..5)).prop_map(|(mut input, damages)| {
        for Damage { at, length, instead } in damages {
            let begin = at.index(input.len() + 1);
            let end = (begin + length).min(input.len());
            input.splice(begin..end, instead);
        }
        input
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    #[test]
    fn damaged_metrics_text_is_taken(input in damaged("metrics_text")) {
        entry::metrics_text(&input);
    }

    #[test]
    fn damaged_answers_are_taken(input in damaged("graphql")) {
        entry::graphql(&input);
    }

    #[test]
    fn damaged_configuration_is_taken(input in damaged("config")) {
        entry::config(&input);
    }

    #[test]
    fn damaged_blocks_are_taken(input in damaged("precomputed")) {
        entry::precomputed(&input);
    }

    #[test]
    fn damaged_rows_are_taken(input in damaged("journal")) {
        entry::journal(&input);
    }

    #[test]
    fn damaged_prices_are_taken(input in damaged("price")) {
        entry::price(&input);
    }

    #[test]
    fn damaged_requests_are_taken(input in damaged("admin")) {
        entry::admin(&input);
    }

    #[test]
    fn any_bytes_are_taken(input in vec(any::<u8>(), 0..300)) {
        entry::metrics_text(&input);
        entry::graphql(&input);
        entry::config(&input);
        entry::precomputed(&input);
        entry::journal(&input);
        entry::price(&input);
        entry::admin(&input);
    }
}
