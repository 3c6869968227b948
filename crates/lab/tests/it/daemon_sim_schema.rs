//! The schema of each era, compared with the introspection of a daemon of that era.

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

use serde_json::{Value, json};
use snarkfee_lab::daemon_sim::Era;

use crate::fixed_daemon::{Served, http};

const INTROSPECTION: &str = "query IntrospectionQuery { __schema { \
    queryType { name } mutationType { name } types { ...FullType } } } \
    fragment FullType on __Type { kind name \
        fields(includeDeprecated: true) { name isDeprecated args { ...InputValue } type { ...TypeRef } } \
        inputFields { ...InputValue } interfaces { ...TypeRef } enumValues(includeDeprecated: true) { name } } \
    fragment InputValue on __InputValue { name type { ...TypeRef } } \
    fragment TypeRef on __Type { kind name ofType { kind name ofType { kind name ofType { kind name \
        ofType { kind name ofType { kind name } } } } } }";

/// The daemon's introspection of each era, in the directory of published schemas.
const fn file_of(era: Era) -> &'static str {
    match era {
        Era::Coda2020 => "coda-2020-01.json",
        Era::Mainnet10 => "mainnet-2021-03-17_tag-1.0.0.json",
        Era::Mainnet115 => "mainnet-2021-04_tag-1.1.5.json",
        Era::Mainnet12 => "mainnet-2021-10_tag-1.2.0.json",
        Era::Mainnet13 => "mainnet-2022-03_tag-1.3.0.json",
        Era::Mainnet14 => "mainnet-2024-03_tag-1.4.1-prefork.json",
        Era::Berkeley30 => "berkeley-2024-10_tag-3.0.2_3.0.3.json",
        Era::Mesa40 => "mina-sdk-0.1.1-2026-05.json",
    }
}

/// Served fields whose innermost type is missing in the file of 2026-05. Its other gaps are in types
/// that are not served.
const TRUNCATED: [&str; 3] =
    ["AccountUpdateBody.actions", "AccountUpdateBody.events", "ActionState.action"];

/// Fields of the real types that the simulated ones leave out: proofs, trees and epochs that no
/// operator of a worker reads.
const LEFT_OUT: [&str; 8] = [
    "Account.merklePath",
    "Account.verificationKey",
    "Block.protocolStateProof",
    "BlockchainState.bodyReference",
    "BlockchainState.ledgerProofStatement",
    "BlockchainState.stagedLedgerAuxHash",
    "BlockchainState.stagedLedgerPendingCoinbaseAux",
    "BlockchainState.stagedLedgerPendingCoinbaseHash",
];

/// Types of which only a chosen part is served.
const PARTIAL: [&str; 2] = ["query", "mutation"];

type Types = BTreeMap<String, Value>;

fn types(introspection: &Value) -> Types {
    let schema = introspection.get("data").unwrap_or(introspection);
    let types = schema["__schema"]["types"].as_array().expect("a list of types");
    types.iter().map(|ty| (ty["name"].as_str().unwrap().to_owned(), ty.clone())).collect()
}

/// `[Fee!]!`; a type without a name is `?`.
fn written(ty: &Value) -> String {
    match ty["kind"].as_str() {
        Some("NON_NULL") => format!("{}!", written(&ty["ofType"])),
        Some("LIST") => format!("[{}]", written(&ty["ofType"])),
        _ => ty["name"].as_str().unwrap_or("?").to_owned(),
    }
}

fn members<'a>(ty: &'a Value, list: &str) -> BTreeMap<&'a str, &'a Value> {
    let members = ty[list].as_array().map(Vec::as_slice).unwrap_or_default();
    members.iter().map(|member| (member["name"].as_str().unwrap(), member)).collect()
}

fn signatures(inputs: &BTreeMap<&str, &Value>) -> BTreeMap<String, String> {
    inputs.iter().map(|(name, input)| ((*name).to_owned(), written(&input["type"]))).collect()
}

/// Everything in which `ours` is not a subset of `theirs`.
fn differences(ours: &Types, theirs: &Types) -> Vec<String> {
    let mut found = Vec::new();
    for (name, ours) in ours {
        // GraphQL's own types, which every engine adds.
        if name.starts_with("__")
            || (["Boolean", "Float", "ID", "Int", "String"].contains(&name.as_str()))
        {
            continue;
        }
        match theirs.get(name) {
            None => found.push(format!("{name} does not exist")),
            Some(theirs) => compare(name, ours, theirs, &mut found),
        }
    }
    found
}

fn compare(name: &str, ours: &Value, theirs: &Value, found: &mut Vec<String>) {
    let mut unequal = |what: String, ours: String, theirs: String| {
        if ours != theirs {
            found.push(format!("{what}: {ours} instead of {theirs}"));
        }
    };
    unequal(name.to_owned(), ours["kind"].to_string(), theirs["kind"].to_string());
    for list in ["enumValues", "interfaces"] {
        let names = |ty| format!("{:?}", members(ty, list).keys().collect::<BTreeSet<_>>());
        unequal(format!("{list} of {name}"), names(ours), names(theirs));
    }
    let inputs = |ty| format!("{:?}", signatures(&members(ty, "inputFields")));
    unequal(format!("fields of {name}"), inputs(ours), inputs(theirs));
    let (own_fields, their_fields) = (members(ours, "fields"), members(theirs, "fields"));
    for (field, own) in &own_fields {
        let path = format!("{name}.{field}");
        let Some(their) = their_fields.get(field) else {
            unequal(path, "a field".to_owned(), "none".to_owned());
            continue;
        };
        if !(written(&their["type"]).contains('?') && TRUNCATED.contains(&path.as_str())) {
            unequal(path.clone(), written(&own["type"]), written(&their["type"]));
        }
        unequal(
            format!("{path} deprecated"),
            own["isDeprecated"].to_string(),
            their["isDeprecated"].to_string(),
        );
        let arguments = |field| format!("{:?}", signatures(&members(field, "args")));
        unequal(format!("arguments of {path}"), arguments(own), arguments(their));
    }
    // The daemon lists the fields of an input object twice, as fields too.
    if !PARTIAL.contains(&name) && ours["kind"] != "INPUT_OBJECT" {
        for field in their_fields.keys().filter(|field| !own_fields.contains_key(*field)) {
            let path = format!("{name}.{field}");
            if !LEFT_OUT.contains(&path.as_str()) {
                unequal(path, "no field".to_owned(), "one".to_owned());
            }
        }
    }
}

async fn introspect(era: Era) -> Types {
    let served = Served::new(era).await;
    let answer = http()
        .post(served.server.graphql_url())
        .json(&json!({ "query": INTROSPECTION, "operationName": "IntrospectionQuery" }))
        .send()
        .await
        .unwrap();
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer.get("errors"), None, "{era}");
    served.server.shut_down().await;
    types(&answer)
}

fn published_schemas() -> Option<PathBuf> {
    let directory = Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../../../shared/schemas"));
    directory.is_dir().then(|| directory.to_owned())
}

#[tokio::test]
async fn every_era_is_a_part_of_its_published_schema() {
    let Some(directory) = published_schemas() else {
        println!("skipped: ../shared is not here");
        return;
    };
    let mut found = Vec::new();
    for era in Era::ALL {
        let text = std::fs::read_to_string(directory.join(file_of(era))).unwrap();
        let published = types(&serde_json::from_str(&text).unwrap());
        let ours = introspect(era).await;
        assert!(ours["query"]["fields"].as_array().unwrap().len() > 10);
        found.extend(
            differences(&ours, &published)
                .into_iter()
                .map(|difference| format!("{era}: {difference}")),
        );
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The types through which fee and worker are set, as every daemon has them.
fn fixture(fee: &str) -> Types {
    let named = |name: &str| json!({ "kind": "SCALAR", "name": name });
    let not_null = |ty: Value| json!({ "kind": "NON_NULL", "ofType": ty });
    let field = |name: &str, ty: Value| json!({ "name": name, "isDeprecated": false, "args": [], "type": ty });
    let object = |kind: &str, list: &str, name: &str, field: Value| {
        let mut ty = json!({ "kind": kind, "name": name });
        ty[list] = json!([field]);
        (name.to_owned(), ty)
    };
    [
        object(
            "OBJECT",
            "fields",
            "SetSnarkWorkFeePayload",
            field("lastFee", not_null(named(fee))),
        ),
        object(
            "OBJECT",
            "fields",
            "SetSnarkWorkerPayload",
            field("lastSnarkWorker", named("PublicKey")),
        ),
        object(
            "INPUT_OBJECT",
            "inputFields",
            "SetSnarkWorkFee",
            field("fee", not_null(named("UInt64"))),
        ),
        object(
            "INPUT_OBJECT",
            "inputFields",
            "SetSnarkWorkerInput",
            field("publicKey", named("PublicKey")),
        ),
    ]
    .into()
}

#[tokio::test]
async fn the_settings_have_the_types_of_their_era() {
    for (era, fee) in [
        (Era::Coda2020, "UInt64"),
        (Era::Mainnet14, "UInt64"),
        (Era::Berkeley30, "Fee"),
        (Era::Mesa40, "Fee"),
    ] {
        let fixture = fixture(fee);
        let mut ours = introspect(era).await;
        ours.retain(|name, _| fixture.contains_key(name));
        assert_eq!(ours.len(), 4);
        assert_eq!(differences(&ours, &fixture), Vec::<String>::new(), "{era}");
        let wrong = self::fixture("Amount");
        assert_eq!(
            differences(&ours, &wrong),
            [format!("SetSnarkWorkFeePayload.lastFee: {fee}! instead of Amount!")],
            "the comparison sees a wrong type"
        );
    }
}
