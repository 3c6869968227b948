//! Every operation document against the schema of every era, and what is chosen from each.

use std::{collections::BTreeSet, fs, path::PathBuf};

use apollo_compiler::{
    Schema,
    schema::{ExtendedType, InputObjectType},
};
use snarkfee_client::{Capabilities, Capability, Era, MarketOperation, StatusOperation};

use crate::schema::{INTROSPECTION, from_introspection, introspection_answer, parse_sdl, validate};

macro_rules! document {
    ($name:literal) => {
        include_str!(concat!("../../../../graphql/", $name, ".graphql"))
    };
}

const SDL: &str = document!("schema");
const BLOCKS: &str = document!("market_blocks");
const ACCOUNT: &str = document!("account");
const ACCOUNT_PERMISSIONS: &str = document!("account_permissions");
const MUTATIONS: [&str; 3] = [
    document!("set_snark_worker"),
    document!("unset_snark_worker"),
    document!("set_snark_work_fee"),
];
/// Richest first.
const STATUS: [(StatusOperation, &str); 3] = [
    (StatusOperation::Metrics, document!("status_metrics")),
    (StatusOperation::Plain, document!("status")),
    (StatusOperation::Coda, document!("status_coda")),
];
/// Richest first.
const MARKET: [(MarketOperation, &str); 3] = [
    (MarketOperation::Range, document!("market_range")),
    (MarketOperation::Pool, document!("market_pool")),
    (MarketOperation::Coda, document!("market_coda")),
];

pub(crate) const CODA_2020: &str = include_str!("../fixtures/graphql/coda-2020.graphql");
pub(crate) const MESA_40: &str = include_str!("../fixtures/graphql/mesa-4.0.graphql");
pub(crate) const RUST_NODE: &str = include_str!("../fixtures/graphql/rust-node.graphql");

/// The introspection files of real daemons, by the beginning of their names, and the era each must
/// be taken for.
const REAL: [(&str, Era); 11] = [
    ("coda-2020-01", Era::Coda2020),
    ("mainnet-2021-03", Era::Mainnet10),
    ("mainnet-2021-04", Era::Mainnet11),
    ("mainnet-2021-10", Era::Mainnet12),
    ("mainnet-2022-03", Era::Mainnet13),
    ("mainnet-2024-03", Era::Mainnet14),
    ("berkeley-2024-06", Era::Berkeley30),
    ("berkeley-2024-09", Era::Berkeley30),
    ("berkeley-2024-10", Era::Berkeley30),
    ("latest-available_develop", Era::Berkeley202412),
    ("mina-sdk-0.1.1", Era::Mesa40),
];

fn capabilities(schema: &Schema) -> Capabilities {
    Capabilities::from_introspection(
        &serde_json::from_value(introspection_answer(schema)).expect("an answer"),
    )
}

/// The first document, richest first, that fits the schema.
fn richest<T: Copy>(schema: &Schema, documents: &[(T, &str)]) -> Option<T> {
    documents
        .iter()
        .find(|(_, document)| validate(schema, document).is_ok())
        .map(|(operation, _)| *operation)
}

/// Asserts that what is chosen from a schema is the richest that fits it, and returns a line of the
/// table.
fn check(name: &str, schema: &Schema, era: Era) -> String {
    let found = capabilities(schema);
    assert_eq!(found.era(), era, "{name}");
    assert_eq!(found.status_operation(), richest(schema, &STATUS), "{name}");
    assert_eq!(found.market_operation(), richest(schema, &MARKET), "{name}");
    assert_eq!(found.has(Capability::BestChain), validate(schema, BLOCKS).is_ok(), "{name}");
    assert_eq!(found.has(Capability::Account), validate(schema, ACCOUNT).is_ok(), "{name}");
    let permissions = validate(schema, ACCOUNT_PERMISSIONS).is_ok();
    assert_eq!(found.has(Capability::AccountPermissions), permissions, "{name}");
    let mutations = MUTATIONS.iter().try_for_each(|document| validate(schema, document));
    assert_eq!(found.has(Capability::Mutations), mutations.is_ok(), "{name}: {mutations:?}");
    assert_eq!(validate(schema, INTROSPECTION), Ok(()), "{name}");
    format!(
        "{name:32} {:17} {:?} {:?} account={} mutations={}",
        found.era().name(),
        found.status_operation(),
        found.market_operation(),
        found.has(Capability::Account),
        found.has(Capability::Mutations),
    )
}

fn real_schemas() -> Option<Vec<(String, Schema, Era)>> {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/schemas"));
    let files: Vec<_> =
        fs::read_dir(&folder).ok()?.map(|entry| entry.expect("an entry").path()).collect();
    let read = |(prefix, era): (&str, Era)| {
        let stem =
            |file: &PathBuf| file.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        let file = files
            .iter()
            .find(|file| stem(file).starts_with(prefix))
            .unwrap_or_else(|| panic!("no {prefix}"));
        let text = fs::read_to_string(file).expect("a readable file");
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        let answer = json.get("data").unwrap_or(&json);
        // A daemon answers with more than was asked for here; the extra fields must not matter.
        let whole = Capabilities::from_introspection(
            &serde_json::from_value(answer.clone()).expect("an answer"),
        );
        let schema = from_introspection(answer);
        assert_eq!(whole, capabilities(&schema), "{prefix}");
        (stem(file), schema, era)
    };
    Some(REAL.into_iter().map(read).collect())
}

#[test]
fn what_is_chosen_from_each_real_era_is_the_richest_that_fits_it() {
    let Some(schemas) = real_schemas() else {
        println!("skipped: ../shared is not here");
        return;
    };
    for (name, schema, era) in &schemas {
        let line = check(name, schema, *era);
        println!("{line}");
    }
    // Everything is chosen somewhere, so that no document is dead.
    let chosen: Vec<_> = schemas.iter().map(|(_, schema, _)| capabilities(schema)).collect();
    for (operation, _) in STATUS {
        assert!(
            chosen.iter().any(|found| found.status_operation() == Some(operation)),
            "{operation:?}"
        );
    }
    for (operation, _) in MARKET {
        assert!(
            chosen.iter().any(|found| found.market_operation() == Some(operation)),
            "{operation:?}"
        );
    }
    for capability in Capability::ALL {
        assert!(chosen.iter().any(|found| found.has(capability)), "{capability:?}");
    }
}

#[test]
fn what_is_chosen_from_each_excerpt_is_the_richest_that_fits_it() {
    println!("{}", check("excerpt coda-2020", &parse_sdl(CODA_2020), Era::Coda2020));
    println!("{}", check("excerpt mesa-4.0", &parse_sdl(MESA_40), Era::Mesa40));
}

#[test]
fn a_schema_that_lacks_any_one_field_gets_only_what_fits_it() {
    for (name, text) in [("coda-2020", CODA_2020), ("mesa-4.0", MESA_40)] {
        let whole = parse_sdl(text);
        for (of, definition) in &whole.types {
            let ExtendedType::Object(object) = definition else { continue };
            for field in object.fields.keys().filter(|_| !definition.is_built_in()) {
                let mut schema = whole.clone();
                if let Some(ExtendedType::Object(object)) = schema.types.get_mut(of) {
                    object.make_mut().fields.shift_remove(field);
                }
                let era = capabilities(&schema).era();
                check(&format!("{name} without {of}.{field}"), &schema, era);
            }
        }
    }
}

#[test]
fn the_rust_node_is_recognised_and_can_be_set_to_nothing() {
    let schema = parse_sdl(RUST_NODE);
    check("rust node", &schema, Era::RustNode);
    let found = capabilities(&schema);
    assert_eq!((found.status_operation(), found.market_operation()), (None, None));
    assert!(!found.has(Capability::Mutations));
}

#[test]
fn a_limited_port_is_recognised() {
    let mut schema = parse_sdl(MESA_40);
    schema.schema_definition.make_mut().mutation = None;
    if let Some(ExtendedType::Object(query)) = schema.types.get_mut("query") {
        let served = ["daemonStatus", "block", "version"];
        query.make_mut().fields.retain(|name, _| served.contains(&name.as_str()));
    }
    check("limited port", &schema, Era::Limited);
    assert_eq!(capabilities(&schema).status_operation(), Some(StatusOperation::Metrics));
    assert_eq!(capabilities(&schema).market_operation(), None);
}

#[test]
fn the_pruned_schema_is_part_of_the_real_ones() {
    let ours = parse_sdl(SDL);
    let Some(schemas) = real_schemas() else {
        println!("skipped: ../shared is not here; the excerpts stand in");
        return assert_part_of(&ours, &parse_sdl(MESA_40), &parse_sdl(CODA_2020));
    };
    let of = |era: Era| schemas.iter().find(|(_, _, of)| *of == era).map(|(_, schema, _)| schema);
    assert_part_of(
        &ours,
        of(Era::Mesa40).expect("the newest"),
        of(Era::Coda2020).expect("the oldest"),
    );
}

/// Every field is the newest era's, but for the one that only the oldest has. `Int63` is our name
/// for the daemon's `Int`.
fn assert_part_of(ours: &Schema, newest: &Schema, oldest: &Schema) {
    for (name, definition) in ours.types.iter().filter(|(_, of)| !of.is_built_in()) {
        match (definition, newest.types.get(name)) {
            (ExtendedType::InputObject(ours), Some(ExtendedType::InputObject(theirs))) => {
                let shown = |fields: &InputObjectType| {
                    let types = fields.fields.values().map(|field| (&field.name, &field.ty));
                    types.map(|(name, of)| format!("{name}: {of}")).collect::<BTreeSet<_>>()
                };
                assert_eq!(shown(ours), shown(theirs), "{name}");
            }
            (ExtendedType::InputObject(_), _) => panic!("no input {name}"),
            (ExtendedType::Object(ours), _) => {
                for (field, ours) in &ours.fields {
                    let schema = if field == "blockProducerPubkeys" { oldest } else { newest };
                    let theirs = schema.type_field(name, field).expect("a field of the daemon's");
                    let our_type = ours.ty.to_string().replace("Int63", "Int");
                    assert_eq!(our_type, theirs.ty.to_string(), "{name}.{field}");
                    for argument in &ours.arguments {
                        let same = theirs.argument_by_name(&argument.name);
                        let same = same.expect("an argument of the daemon's");
                        assert_eq!(argument.ty, same.ty, "{name}.{field}({})", argument.name);
                    }
                }
            }
            _ => {}
        }
    }
}
