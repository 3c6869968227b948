//! How the daemon speaks GraphQL over HTTP: which requests it takes, and the shape of its answers.
//!
//! Invariants: an answer to a parsed request is HTTP 200 whatever went wrong in it; only a request without a readable query is 400
//! (Mina `graphql_internal.ml`).
//!
//! Not here: sockets.

use async_graphql::{
    Name, PathSegment, Response, ServerError, Value, Variables,
    dynamic::Schema,
    parser::{
        parse_query,
        types::{DocumentOperations, ExecutableDocument, OperationDefinition},
    },
};
use serde_json::json;
use url::form_urlencoded;

use super::{era::Era, schema::RefusedAt};

/// The daemon's words for a request that holds no query, an unknown content type included.
const NO_QUERY: &str = "Must provide query string";

/// A GraphQL question as it came over HTTP.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Question {
    pub(super) query: String,
    pub(super) variables: serde_json::Map<String, serde_json::Value>,
    pub(super) operation: Option<String>,
}

/// The parts of a question; address and body each may give some.
#[derive(Default)]
struct Parts {
    query: Option<String>,
    variables: Option<serde_json::Map<String, serde_json::Value>>,
    operation: Option<String>,
}

impl Question {
    /// Reads a question out of the address and the body; the address wins. The error is the text of an HTTP 400.
    ///
    /// `content_type` counts only if it is exactly `application/json` or `application/graphql`: with parameters after it the daemon
    /// does not read the body.
    pub(super) fn read(address: Option<&str>, content_type: Option<&[u8]>, body: &[u8]) -> Result<Self, String> {
        let address = in_address(address.unwrap_or_default())?;
        let body = match content_type {
            Some(b"application/json") => in_json(body)?,
            Some(b"application/graphql") => {
                let query = std::str::from_utf8(body).map_err(|problem| problem.to_string())?;
                Parts { query: Some(query.to_owned()), ..Parts::default() }
            }
            _ => Parts::default(),
        };
        Ok(Self {
            query: address.query.or(body.query).ok_or_else(|| NO_QUERY.to_owned())?,
            variables: address.variables.or(body.variables).unwrap_or_default(),
            operation: address.operation.or(body.operation),
        })
    }
}

fn in_address(address: &str) -> Result<Parts, String> {
    let mut parts = Parts::default();
    for (name, value) in form_urlencoded::parse(address.as_bytes()) {
        match name.as_ref() {
            "query" => parts.query = Some(value.into_owned()),
            "operationName" => parts.operation = Some(value.into_owned()),
            "variables" => parts.variables = serde_json::from_str(&value).map_err(|problem| problem.to_string())?,
            _ => {}
        }
    }
    Ok(parts)
}

fn in_json(body: &[u8]) -> Result<Parts, String> {
    let body: serde_json::Value = serde_json::from_slice(body).map_err(|problem| problem.to_string())?;
    let serde_json::Value::Object(mut body) = body else {
        return Ok(Parts::default());
    };
    let text = |value: Option<serde_json::Value>| match value {
        Some(serde_json::Value::String(text)) => Some(text),
        _ => None,
    };
    Ok(Parts {
        query: text(body.remove("query")),
        operation: text(body.remove("operationName")),
        variables: match body.remove("variables") {
            Some(serde_json::Value::Object(variables)) => Some(variables),
            _ => None,
        },
    })
}

/// Answers a question: the JSON body of an HTTP 200.
///
/// `data` is put into the engine's request for the resolvers.
pub(super) async fn answer(
    schema: &Schema,
    era: Era,
    question: Question,
    data: impl FnOnce(async_graphql::Request) -> async_graphql::Request,
) -> String {
    let document = match parse_query(&question.query) {
        Ok(document) => document,
        // A syntax error is a bare JSON string.
        Err(problem) => return json!(format!("Syntax error: {problem}")).to_string(),
    };
    let mut variables = Variables::from_json(serde_json::Value::Object(question.variables));
    if let Some(operation) = operation(&document, question.operation.as_deref())
        && let Err(absent) = settle_absent_variables(operation, &mut variables, era)
    {
        let message = format!("Missing value for variable ${absent}");
        return json!({ "errors": [{ "message": message }], "data": null }).to_string();
    }
    let mut request = async_graphql::Request::new(question.query).variables(variables);
    if let Some(operation) = question.operation {
        request = request.operation_name(operation);
    }
    request.set_parsed_query(document);
    shape(schema.execute(data(request)).await).to_string()
}

fn operation<'a>(document: &'a ExecutableDocument, name: Option<&str>) -> Option<&'a OperationDefinition> {
    match (&document.operations, name) {
        (DocumentOperations::Single(operation), _) => Some(&operation.node),
        (DocumentOperations::Multiple(operations), Some(name)) => {
            operations.get(&Name::new(name)).map(|operation| &operation.node)
        }
        (DocumentOperations::Multiple(operations), None) if operations.len() == 1 => {
            operations.values().next().map(|operation| &operation.node)
        }
        (DocumentOperations::Multiple(_), None) => None,
    }
}

/// Gives null to declared variables that came without a value and have no default, or names one in an era that refuses them.
fn settle_absent_variables(operation: &OperationDefinition, variables: &mut Variables, era: Era) -> Result<(), String> {
    for declared in &operation.variable_definitions {
        let name = &declared.node.name.node;
        if declared.node.default_value.is_some() || variables.contains_key(name) {
            continue;
        }
        if era.refuses_absent_variables() {
            return Err(name.to_string());
        }
        variables.insert(name.clone(), Value::Null);
    }
    Ok(())
}

/// The daemon's shape: messages and paths only; no `data` where the document did not fit the schema.
fn shape(response: Response) -> serde_json::Value {
    let data = response.data.into_json().unwrap_or_default();
    if response.errors.is_empty() {
        return json!({ "data": data });
    }
    let executed = !data.is_null() || response.errors.iter().any(|error| !path(error).is_empty());
    let errors: Vec<serde_json::Value> = response.errors.iter().map(error).collect();
    if executed { json!({ "errors": errors, "data": data }) } else { json!({ "errors": errors }) }
}

/// The field that failed; empty for a document that did not fit the schema.
fn path(error: &ServerError) -> &[PathSegment] {
    error.source::<RefusedAt>().map_or(&error.path, |refused| &refused.path)
}

fn error(error: &ServerError) -> serde_json::Value {
    let message = undefined_field(&error.message).unwrap_or_else(|| error.message.clone());
    match path(error) {
        [] => json!({ "message": message }),
        path => json!({ "message": message, "path": path }),
    }
}

/// The daemon's words for a field that the schema lacks; clients look for them.
fn undefined_field(message: &str) -> Option<String> {
    let (field, rest) = message.strip_prefix("Unknown field \"")?.split_once('"')?;
    let (ty, _) = rest.strip_prefix(" on type \"")?.split_once('"')?;
    Some(format!("Field '{field}' is not defined on type '{ty}'"))
}

/// The page that a browser gets.
pub(super) const PAGE: &str = "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>GraphQL</title></head>\n<body><p>\
This is a simulated daemon. POST GraphQL documents here as application/json.</p></body></html>\n";

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::simd::{
        controls::{Controls, MutationLog},
        fake::Fake,
        schema,
    };

    fn json_question(body: &serde_json::Value) -> Question {
        Question::read(None, Some(b"application/json"), body.to_string().as_bytes()).unwrap()
    }

    async fn ask_fake(fake: Fake, era: Era, body: serde_json::Value) -> serde_json::Value {
        let schema = schema::build(era, false).unwrap();
        let view = Arc::new(fake.view(era));
        let log = Arc::new(MutationLog::default());
        let controls = Controls::new(Arc::new(Mutex::new(fake)), log, view.snapshot.at);
        let text = answer(&schema, era, json_question(&body), |request| request.data(view).data(controls)).await;
        serde_json::from_str(&text).unwrap()
    }

    async fn ask(era: Era, query: &str) -> serde_json::Value {
        ask_fake(Fake::default(), era, json!({ "query": query })).await
    }

    #[test]
    fn only_exact_content_types_are_read() {
        let body = br#"{"query":"{version}"}"#;
        let read = |content_type: &'static str| Question::read(None, Some(content_type.as_bytes()), body);
        assert_eq!(read("application/json").unwrap().query, "{version}");
        assert_eq!(read("application/json; charset=utf-8"), Err(NO_QUERY.to_owned()));
        assert_eq!(read("application/JSON"), Err(NO_QUERY.to_owned()));
        assert_eq!(Question::read(None, None, body), Err(NO_QUERY.to_owned()));
        let graphql = Question::read(None, Some(b"application/graphql"), b"{version}").unwrap();
        assert_eq!(graphql.query, "{version}");
        let address = Question::read(Some("query=%7Bversion%7D&variables=%7B%22a%22%3A1%7D"), None, b"").unwrap();
        assert_eq!((address.query.as_str(), &address.variables["a"]), ("{version}", &json!(1)));
        assert!(Question::read(None, Some(b"application/json"), b"{").is_err());
        assert_eq!(Question::read(None, Some(b"application/json"), b"[]"), Err(NO_QUERY.to_owned()));
    }

    #[tokio::test]
    async fn aliases_fragments_variables_and_typenames_are_answered() {
        let answer = ask_fake(
            Fake::default(),
            Era::Mesa40,
            json!({
                "query": "query Q($n: Int, $key: PublicKey!) { \
                    tip: bestChain(maxLength: $n) { ...blockPart __typename } \
                    account(publicKey: $key, token: null) { ... on Account { publicKey nonce } } } \
                    fragment blockPart on Block { stateHash snarkJobs { fee prover workIds } }",
                "variables": { "n": 1, "key": "B62qone" },
            }),
        )
        .await;
        assert_eq!(answer["data"]["tip"][0]["stateHash"], "3Nhash2");
        assert_eq!(answer["data"]["tip"][0]["__typename"], "Block");
        assert_eq!(answer["data"]["tip"].as_array().unwrap().len(), 1);
        assert_eq!(
            answer["data"]["tip"][0]["snarkJobs"][0],
            json!({ "fee": "1000000", "prover": "B62qone", "workIds": [20, 21] })
        );
        assert_eq!(answer["data"]["account"], json!({ "publicKey": "B62qone", "nonce": "0" }));
    }

    #[tokio::test]
    async fn ints_are_numbers_beyond_32_bits_and_other_scalars_text() {
        let answer = ask(Era::Mesa40, "{ daemonStatus { snarkWorkFee snarkWorker consensusTimeNow { startTime globalSlot } } snarkPool { fee workIds } }").await;
        let status = &answer["data"]["daemonStatus"];
        assert_eq!(status["snarkWorkFee"], 5_000_000_000_i64);
        assert_eq!(status["snarkWorker"], "B62qworker");
        assert_eq!(status["consensusTimeNow"]["globalSlot"], "9002");
        assert_eq!(status["consensusTimeNow"]["startTime"], "1790812980000");
        assert_eq!(answer["data"]["snarkPool"][1], json!({ "fee": "2000000000", "workIds": [5_000_000_000_i64] }));
    }

    #[tokio::test]
    async fn ranges_of_work_end_before_their_end() {
        let query = "{ all: snarkWorkRange(startingIndex: 0) { workBundleSpec { workIds snarkFee snarkProverKey } } \
                     one: snarkWorkRange(startingIndex: \"0\", endingIndex: 1) { workBundleSpec { workIds } } \
                     none: snarkWorkRange(startingIndex: 9) { workBundleSpec { workIds } } \
                     backwards: snarkWorkRange(startingIndex: 2, endingIndex: 1) { workBundleSpec { workIds } } }";
        let answer = ask(Era::Mesa40, query).await;
        assert_eq!(
            answer["data"]["all"][1]["workBundleSpec"],
            json!({ "workIds": [60, 61], "snarkFee": null, "snarkProverKey": null })
        );
        assert_eq!(answer["data"]["one"].as_array().unwrap().len(), 1);
        assert_eq!(answer["data"]["none"], json!([]));
        assert_eq!(answer["data"]["backwards"], json!([]));
        let earlier = ask(Era::Berkeley30, "{ snarkWorkRange(startingIndex: 0) { workBundleSpec { workIds } } }").await;
        assert_eq!(
            earlier,
            json!({ "errors": [{ "message": "Field 'snarkWorkRange' is not defined on type 'query'" }] })
        );
    }

    #[tokio::test]
    async fn mutations_return_what_was_before() {
        let query = "mutation { setSnarkWorkFee(input: { fee: \"7\" }) { lastFee } \
                     off: setSnarkWorker(input: {}) { lastSnarkWorker } \
                     again: setSnarkWorkFee(input: { fee: 8 }) { lastFee } }";
        for era in Era::ALL {
            let answer = ask(era, query).await;
            let data = json!({
                "setSnarkWorkFee": { "lastFee": "5000000000" },
                "off": { "lastSnarkWorker": "B62qworker" },
                "again": { "lastFee": "7" },
            });
            assert_eq!(answer, json!({ "data": data }), "{era}");
        }
    }

    #[tokio::test]
    async fn a_fee_that_is_no_number_is_refused_with_status_200() {
        for fee in ["\"1.5\"", "\"\"", "-1", "1.5", "\" 1\""] {
            let query = format!("mutation {{ setSnarkWorkFee(input: {{ fee: {fee} }}) {{ lastFee }} }}");
            let answer = ask(Era::Mesa40, &query).await;
            let expected = json!({
                "errors": [{ "message": "Could not decode uint64.", "path": ["setSnarkWorkFee"] }],
                "data": null,
            });
            assert_eq!(answer, expected, "{fee}");
        }
    }

    #[tokio::test]
    async fn nothing_but_an_object_is_taken_for_an_input_object() {
        for input in [json!("B62qother"), json!(null), json!(1), json!([{}]), json!({ "publickey": "B62qother" })] {
            for era in [Era::Coda2020, Era::Mesa40] {
                let body = json!({
                    "query": "mutation M($input: SetSnarkWorkerInput!) { setSnarkWorker(input: $input) { lastSnarkWorker } }",
                    "variables": { "input": input },
                });
                let answer = ask_fake(Fake::default(), era, body).await;
                assert!(answer["errors"][0]["message"].is_string(), "{input}: {answer}");
                assert!(answer.get("data").is_none_or(serde_json::Value::is_null), "{input}: {answer}");
            }
        }
    }

    #[tokio::test]
    async fn a_declared_variable_without_a_value_is_refused_since_mesa() {
        let body = json!({
            "query": "mutation M($key: PublicKey) { setSnarkWorker(input: { publicKey: $key }) { lastSnarkWorker } }",
            "variables": { "kye": "B62qother" },
        });
        let mesa = ask_fake(Fake::default(), Era::Mesa40, body.clone()).await;
        assert!(mesa["errors"][0]["message"].as_str().unwrap().contains("$key"), "{mesa}");
        let before = ask_fake(Fake::default(), Era::Berkeley30, body).await;
        assert_eq!(before, json!({ "data": { "setSnarkWorker": { "lastSnarkWorker": "B62qworker" } } }));
    }

    #[tokio::test]
    async fn a_syntax_error_is_a_bare_string() {
        assert!(ask(Era::Mesa40, "{ version").await.is_string());
    }

    #[tokio::test]
    async fn without_a_frontier_the_best_chain_is_null_beside_an_error() {
        let answer = ask_fake(
            Fake::bootstrapping(),
            Era::Mesa40,
            json!({ "query": "{ bestChain(maxLength: 2) { stateHash } daemonStatus { syncStatus stateHash blockchainLength numAccounts consensusTimeBestTip { slot } } }" }),
        )
        .await;
        assert_eq!(answer["errors"][0]["path"], json!(["bestChain"]));
        let status = json!({
            "syncStatus": "BOOTSTRAP", "stateHash": null, "blockchainLength": null, "numAccounts": null, "consensusTimeBestTip": null,
        });
        assert_eq!(answer["data"], json!({ "bestChain": null, "daemonStatus": status }));
    }

    #[tokio::test]
    async fn blocks_are_found_by_height_and_hash() {
        let answer = ask(
            Era::Mesa40,
            "{ a: block(height: 1001) { stateHash protocolState { previousStateHash consensusState { blockHeight slotSinceGenesis } } } \
               b: block(stateHash: \"3Nhash2\") { protocolState { consensusState { blockHeight } } } }",
        )
        .await;
        assert_eq!(answer["data"]["a"]["stateHash"], "3Nhash1");
        assert_eq!(answer["data"]["a"]["protocolState"]["previousStateHash"], "3Nhash0");
        let state = json!({ "blockHeight": "1001", "slotSinceGenesis": "9001" });
        assert_eq!(answer["data"]["a"]["protocolState"]["consensusState"], state);
        assert_eq!(answer["data"]["b"]["protocolState"]["consensusState"]["blockHeight"], "1002");
        let missing = ask(Era::Mesa40, "{ block(height: 1) { stateHash } }").await;
        assert_eq!(missing["data"], json!(null));
        let both = ask(Era::Mesa40, "{ block { stateHash } }").await;
        assert_eq!(both["errors"][0]["path"], json!(["block"]));
    }

    #[tokio::test]
    async fn the_limited_schema_cannot_change_anything() {
        let schema = schema::build(Era::Mesa40, true).unwrap();
        let view = Arc::new(Fake::default().view(Era::Mesa40));
        let put = |query: &str| {
            let question = Question { query: query.to_owned(), ..Question::default() };
            let (schema, view) = (schema.clone(), Arc::clone(&view));
            async move { answer(&schema, Era::Mesa40, question, |request| request.data(view)).await }
        };
        assert!(
            put("{ version daemonStatus { uptimeSecs } block(height: 1000) { stateHash } }")
                .await
                .starts_with("{\"data\"")
        );
        assert!(put("{ syncStatus }").await.starts_with("{\"errors\""));
        assert!(put("mutation { setSnarkWorkFee(input: { fee: 1 }) { lastFee } }").await.contains("errors"));
    }
}
