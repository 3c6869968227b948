//! Mutations: what exactly goes out, and what a missing confirmation is taken for.

use serde_json::{Value, json};
use snarkfee_core::{
    policy::{Mutation, PermittedMutation},
    port::{DaemonPort, Replaced, SendError},
    units::{Nanomina, PublicKey},
};

use crate::{
    eras::{MESA_40, RUST_NODE},
    schema::{introspection_answer, parse_sdl},
    server::{KEY, client, daemon, hasty, operation},
    socket::{nobody, serve},
};

/// The mutation as if the gates had allowed it.
fn permitted(mutation: &Mutation) -> PermittedMutation {
    PermittedMutation::for_tests(mutation.clone())
}

fn all() -> [(Mutation, &'static str, Value); 3] {
    let key = PublicKey::try_new(KEY).expect("a key");
    [
        (
            Mutation::SetFee { fee: Nanomina::MAX },
            "SetSnarkWorkFee",
            json!({"setSnarkWorkFee": {"lastFee": "1"}}),
        ),
        (
            Mutation::SwitchOn { key },
            "SetSnarkWorker",
            json!({"setSnarkWorker": {"lastSnarkWorker": null}}),
        ),
        (
            Mutation::SwitchOff,
            "UnsetSnarkWorker",
            json!({"setSnarkWorker": {"lastSnarkWorker": KEY}}),
        ),
    ]
}

fn code(sent: Result<Replaced, SendError>) -> (&'static str, &'static str) {
    match sent {
        Ok(_) => ("ok", ""),
        Err(SendError::NotSent(fault)) => ("not sent", fault.code()),
        Err(SendError::Rejected(fault)) => ("rejected", fault.code()),
        Err(SendError::Lost(fault)) => ("lost", fault.code()),
    }
}

#[tokio::test]
async fn each_mutation_sends_its_own_document_and_every_variable() {
    let expected = [
        (json!({"fee": "9223372036854775807"}), "setSnarkWorkFee(input: { fee: $fee })"),
        (json!({"publicKey": KEY}), "setSnarkWorker(input: { publicKey: $publicKey })"),
        (Value::Null, "setSnarkWorker(input: { publicKey: null })"),
    ];
    let key = PublicKey::try_new(KEY).expect("a key");
    let replaced = [
        Replaced::Fee(Nanomina::try_new(1).expect("a fee")),
        Replaced::Worker(None),
        Replaced::Worker(Some(key)),
    ];
    for (((mutation, name, data), (variables, argument)), replaced) in
        all().into_iter().zip(expected).zip(replaced)
    {
        let mut server = daemon().await;
        let mock = operation(&mut server, name)
            .match_request(move |request| {
                let body: Value =
                    serde_json::from_slice(request.body().expect("a body")).expect("JSON");
                let document = body["query"].as_str().expect("a document");
                // The one mutation asked for, and nothing else, stands in the document.
                let selections = document.matches("(input:").count();
                body["variables"] == variables && document.contains(argument) && selections == 1
            })
            .with_body(json!({"data": data}).to_string())
            .expect(1)
            .create_async()
            .await;
        assert_eq!(client(&server.url()).send(permitted(&mutation)).await, Ok(replaced), "{name}");
        mock.assert_async().await;
    }
}

#[tokio::test]
async fn an_answer_that_says_no_is_a_rejection() {
    for (status, body, fault) in [
        (200, r#"{"errors": [{"message": "Could not decode uint64."}], "data": null}"#, "refused"),
        (200, r#"{"errors": [{"message": "Mutations not configured"}]}"#, "unsupported"),
        (400, "Must provide query string", "http_status"),
        (401, "", "http_status"),
    ] {
        for (mutation, name, _) in all() {
            let mut server = daemon().await;
            let mock = operation(&mut server, name)
                .with_status(status)
                .with_body(body)
                .expect(1)
                .create_async()
                .await;
            assert_eq!(
                code(client(&server.url()).send(permitted(&mutation)).await),
                ("rejected", fault),
                "{name} {body}"
            );
            mock.assert_async().await;
        }
    }
}

#[tokio::test]
async fn an_answer_that_says_nothing_leaves_it_open_and_is_not_repeated() {
    for (status, body, fault) in [
        (502, "Bad gateway", "http_status"),
        (302, "", "http_status"),
        (200, "<html>", "malformed"),
        (200, "\"a bare string\"", "malformed"),
        (200, r#"{"data": null}"#, "malformed"),
        (200, r#"{"data": {}}"#, "malformed"),
        (200, r#"{"errors": [{"message": "late"}], "data": {"setSnarkWorker": {}}}"#, "refused"),
    ] {
        for (mutation, name, _) in all() {
            let mut server = daemon().await;
            let mock = operation(&mut server, name)
                .with_status(status)
                .with_header("location", "/elsewhere")
                .with_body(body)
                .expect(1)
                .create_async()
                .await;
            let elsewhere = server.mock("GET", "/elsewhere").expect(0).create_async().await;
            assert_eq!(
                code(client(&server.url()).send(permitted(&mutation)).await),
                ("lost", fault),
                "{name} {body}"
            );
            mock.assert_async().await;
            elsewhere.assert_async().await;
        }
    }
}

#[tokio::test]
async fn an_answer_that_cannot_be_true_leaves_it_open() {
    for (mutation, name, data) in all() {
        let body = json!({"data": data})
            .to_string()
            .replace("\"1\"", "\"-1\"")
            .replace("null", "7")
            .replace(&format!("\"{KEY}\""), "7");
        let mut server = daemon().await;
        let mock = operation(&mut server, name).with_body(&body).expect(1).create_async().await;
        assert_eq!(
            code(client(&server.url()).send(permitted(&mutation)).await),
            ("lost", "invalid_value"),
            "{body}"
        );
        mock.assert_async().await;
    }
}

#[tokio::test]
async fn broken_connections_are_told_apart_by_whether_the_request_left() {
    let (_port, closed) = nobody();
    let schema = json!({ "data": introspection_answer(&parse_sdl(MESA_40)) }).to_string();
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close";
    let schema = format!("{head}\r\nContent-Length: {}\r\n\r\n{schema}", schema.len());
    let socket = async |answer| serve(Some(schema.clone()), answer).await;
    for (mutation, ..) in all() {
        assert_eq!(
            code(client(&closed).send(permitted(&mutation)).await),
            ("not sent", "unreachable")
        );
        assert_eq!(
            code(hasty(&socket(None).await).send(permitted(&mutation)).await),
            ("lost", "timed_out")
        );
        assert_eq!(
            code(client(&socket(Some("")).await).send(permitted(&mutation)).await),
            ("lost", "unreachable")
        );
        let cut = socket(Some("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{\"data\"")).await;
        assert_eq!(code(client(&cut).send(permitted(&mutation)).await), ("lost", "truncated"));
    }
}

#[tokio::test]
async fn a_schema_without_the_mutations_is_sent_none() {
    let mut read_only = parse_sdl(MESA_40);
    read_only.schema_definition.make_mut().mutation = None;
    for schema in [read_only, parse_sdl(RUST_NODE)] {
        for (mutation, name, data) in all() {
            let mut server = mockito::Server::new_async().await;
            let known = json!({"data": introspection_answer(&schema)});
            operation(&mut server, "Introspection")
                .with_body(known.to_string())
                .create_async()
                .await;
            let answer = json!({"data": data}).to_string();
            let mock =
                operation(&mut server, name).with_body(answer).expect(0).create_async().await;
            let sent = client(&server.url()).send(permitted(&mutation)).await;
            assert_eq!(code(sent), ("not sent", "unsupported"), "{name}");
            mock.assert_async().await;
        }
    }
}
