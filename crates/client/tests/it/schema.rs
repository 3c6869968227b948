//! Schemas of daemons, and whether an operation fits one: `apollo-compiler` reads and validates.

use apollo_compiler::{
    ExecutableDocument, Schema, introspection::partial_execute, response::JsonMap,
    validation::Valid,
};
use serde_json::Value;

pub(crate) const INTROSPECTION: &str = include_str!("../../../../graphql/introspection.graphql");

/// Stands for a type that the introspection file was cut before.
const CUT: &str = "Cut";

pub(crate) fn parse_sdl(text: &str) -> Schema {
    Schema::parse(text, "schema.graphql").expect("SDL")
}

/// Reads `{"__schema": ..}`.
pub(crate) fn from_introspection(answer: &Value) -> Schema {
    let schema = &answer["__schema"];
    let mut sdl = format!("schema {{ query: {}", name(&schema["queryType"]));
    if schema["mutationType"].is_object() {
        sdl += &format!(" mutation: {}", name(&schema["mutationType"]));
    }
    sdl += &format!(" }} scalar {CUT}\n");
    for of in list(&schema["types"]) {
        let built_in = ["Int", "Float", "String", "Boolean", "ID"];
        if !built_in.contains(&name(of)) && !name(of).starts_with("__") {
            sdl += &definition(of);
        }
    }
    parse_sdl(&sdl)
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn name(value: &Value) -> &str {
    value["name"].as_str().expect("a name")
}

fn definition(of: &Value) -> String {
    let (keyword, members) = match of["kind"].as_str().expect("a kind") {
        "SCALAR" => return format!("scalar {}\n", name(of)),
        "ENUM" => ("enum", list(&of["enumValues"]).iter().map(|of| name(of).to_owned()).collect()),
        "INPUT_OBJECT" => ("input", typed_names(&of["inputFields"])),
        "OBJECT" => ("type", fields(&of["fields"])),
        "INTERFACE" => ("interface", fields(&of["fields"])),
        other => panic!("not read: {other}"),
    };
    format!("{keyword} {} {{ {} }}\n", name(of), members.join(" "))
}

fn typed_names(values: &Value) -> Vec<String> {
    list(values).iter().map(|of| format!("{}: {}", name(of), reference(&of["type"]))).collect()
}

fn fields(values: &Value) -> Vec<String> {
    let field = |field: &Value| {
        let arguments = typed_names(&field["args"]).join(" ");
        let arguments = if arguments.is_empty() { arguments } else { format!("({arguments})") };
        format!("{}{arguments}: {}", name(field), reference(&field["type"]))
    };
    list(values).iter().map(field).collect()
}

fn reference(of: &Value) -> String {
    match of["kind"].as_str() {
        Some("NON_NULL") => format!("{}!", reference(&of["ofType"])),
        Some("LIST") => format!("[{}]", reference(&of["ofType"])),
        _ => of["name"].as_str().unwrap_or(CUT).to_owned(),
    }
}

/// Whether the document is one operation that fits the schema.
pub(crate) fn validate(schema: &Schema, document: &str) -> Result<(), String> {
    let schema = Valid::assume_valid_ref(schema);
    let document = ExecutableDocument::parse_and_validate(schema, document, "operation.graphql")
        .map_err(|invalid| invalid.errors.to_string())?;
    let one = document.operations.len() == 1;
    if one { Ok(()) } else { Err("not one operation".to_owned()) }
}

/// What a daemon of this schema answers to `introspection.graphql`.
pub(crate) fn introspection_answer(schema: &Schema) -> Value {
    let schema = Valid::assume_valid_ref(schema);
    let document =
        ExecutableDocument::parse_and_validate(schema, INTROSPECTION, "introspection.graphql")
            .expect("a valid document");
    let operation = document.operations.get(None).expect("one operation");
    let variables = Valid::assume_valid(JsonMap::new());
    let implementers = schema.implementers_map();
    let answer = partial_execute(schema, &implementers, &document, operation, &variables);
    serde_json::to_value(answer.expect("an answer").data).expect("JSON")
}

#[test]
fn a_document_that_does_not_fit_is_told_from_one_that_does() {
    let schema = parse_sdl(
        "schema { query: Q mutation: M } input I { key: Key n: Int! } scalar Key
         type Q { list(max: Int, from: Key!): [Item!] } type Item { id: Int! } type M { set(input: I!): Item }",
    );
    let ok = |document: &str| assert_eq!(validate(&schema, document), Ok(()), "{document}");
    let bad = |document: &str| assert!(validate(&schema, document).is_err(), "{document}");
    ok("query A($m: Int!) { list(max: $m, from: 0) { id } }");
    ok("query A { __schema { queryType { name } } }");
    ok("mutation A($k: Key!) { set(input: { key: $k, n: 1 }) { id } }");
    ok("mutation A { set(input: { key: null, n: 1 }) { id } }");
    bad("query A { list(from: 0) }");
    bad("query A { list(from: 0) { id { x } } }");
    bad("query A { list { id } }");
    bad("query A { list(from: null) { id } }");
    bad("query A { list(from: 0, to: 1) { id } }");
    bad("query A { gone }");
    bad("query A($m: Int!) { list(from: 0) { id } }");
    bad("query A($m: Key!) { list(max: $m, from: 0) { id } }");
    bad("query A($m: Int) { list(from: $m) { id } }");
    bad("query A($k: Nothing!) { list(from: $k) { id } }");
    bad("query A { list(max: $m, from: 0) { id } }");
    bad("mutation A { set(input: { key: null }) { id } }");
    bad("mutation A { set(input: { n: null }) { id } }");
    bad("mutation A { set(input: { n: 1, misspelt: null }) { id } }");
}
