//! How the daemon speaks GraphQL over HTTP: which requests it takes, and the shape of its answers.
//!
//! Invariants: an answer to a parsed request is HTTP 200 whatever went wrong in it; only a request
//! without a readable query is 400 (Mina `graphql_internal.ml`).
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
use serde::Serialize;
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
    /// Reads a question out of the address and the body; the address wins. The error is the text of
    /// an HTTP 400.
    ///
    /// `content_type` counts only if it is exactly `application/json` or `application/graphql`:
    /// with parameters after it the daemon does not read the body.
    pub(super) fn read(
        address: Option<&str>,
        content_type: Option<&[u8]>,
        body: &[u8],
    ) -> Result<Self, String> {
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
            "variables" => {
                parts.variables =
                    serde_json::from_str(&value).map_err(|problem| problem.to_string())?
            }
            _ => {}
        }
    }
    Ok(parts)
}

fn in_json(body: &[u8]) -> Result<Parts, String> {
    let body: serde_json::Value =
        serde_json::from_slice(body).map_err(|problem| problem.to_string())?;
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
    serde_json::to_string(&Shaped::from(schema.execute(data(request)).await)).unwrap_or_default()
}

fn operation<'a>(
    document: &'a ExecutableDocument,
    name: Option<&str>,
) -> Option<&'a OperationDefinition> {
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

/// Gives null to declared variables that came without a value and have no default, or names one in
/// an era that refuses them.
fn settle_absent_variables(
    operation: &OperationDefinition,
    variables: &mut Variables,
    era: Era,
) -> Result<(), String> {
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

/// The daemon's shape: fields in the order asked for, of errors messages and paths only, no `data`
/// where the document did not fit the schema.
#[derive(Serialize)]
struct Shaped {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<serde_json::Value>,
}

impl From<Response> for Shaped {
    fn from(Response { data, errors, .. }: Response) -> Self {
        let fitted = errors.is_empty()
            || data != Value::Null
            || errors.iter().any(|error| !path(error).is_empty());
        Self { data: fitted.then_some(data), errors: errors.iter().map(error).collect() }
    }
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
mod tests;
