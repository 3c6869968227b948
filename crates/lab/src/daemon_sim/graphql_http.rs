//! GraphQL over HTTP as the daemon does it: which requests it accepts, and the form of its answers.
//!
//! Invariants: a request with a readable query is answered with HTTP 200, whatever goes wrong in it.
//! Only a request without one gets HTTP 400 (Mina `graphql_internal.ml`).
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

use super::{era::Era, schema::FieldError};

/// The daemon's message for a request without a query, or with an unknown content type.
const NO_QUERY: &str = "Must provide query string";

/// A GraphQL request as received over HTTP.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct GraphqlRequest {
    pub(super) query: String,
    pub(super) variables: serde_json::Map<String, serde_json::Value>,
    pub(super) operation: Option<String>,
}

/// The parts of a request that the URL or the body gives.
#[derive(Default)]
struct RequestParts {
    query: Option<String>,
    variables: Option<serde_json::Map<String, serde_json::Value>>,
    operation: Option<String>,
}

impl GraphqlRequest {
    /// Parses a request from the URL's query string and the body. The URL wins. The error is the text
    /// of an HTTP 400.
    ///
    /// `content_type` must be exactly `application/json` or `application/graphql`. With parameters
    /// after it, the daemon does not read the body.
    pub(super) fn parse(
        url_query: Option<&str>,
        content_type: Option<&[u8]>,
        body: &[u8],
    ) -> Result<Self, String> {
        let url = parse_url_query(url_query.unwrap_or_default())?;
        let body = match content_type {
            Some(b"application/json") => parse_json_body(body)?,
            Some(b"application/graphql") => {
                let query = std::str::from_utf8(body).map_err(|problem| problem.to_string())?;
                RequestParts { query: Some(query.to_owned()), ..RequestParts::default() }
            }
            _ => RequestParts::default(),
        };
        Ok(Self {
            query: url.query.or(body.query).ok_or_else(|| NO_QUERY.to_owned())?,
            variables: url.variables.or(body.variables).unwrap_or_default(),
            operation: url.operation.or(body.operation),
        })
    }
}

fn parse_url_query(query: &str) -> Result<RequestParts, String> {
    let mut parts = RequestParts::default();
    for (name, value) in form_urlencoded::parse(query.as_bytes()) {
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

fn parse_json_body(body: &[u8]) -> Result<RequestParts, String> {
    let body: serde_json::Value =
        serde_json::from_slice(body).map_err(|problem| problem.to_string())?;
    let serde_json::Value::Object(mut body) = body else {
        return Ok(RequestParts::default());
    };
    let text = |value: Option<serde_json::Value>| match value {
        Some(serde_json::Value::String(text)) => Some(text),
        _ => None,
    };
    Ok(RequestParts {
        query: text(body.remove("query")),
        operation: text(body.remove("operationName")),
        variables: match body.remove("variables") {
            Some(serde_json::Value::Object(variables)) => Some(variables),
            _ => None,
        },
    })
}

/// Executes a request. Returns the JSON body of an HTTP 200. `data` adds the resolvers' data to the
/// engine's request.
pub(super) async fn execute(
    schema: &Schema,
    era: Era,
    asked: GraphqlRequest,
    data: impl FnOnce(async_graphql::Request) -> async_graphql::Request,
) -> String {
    let document = match parse_query(&asked.query) {
        Ok(document) => document,
        // A syntax error is a bare JSON string.
        Err(problem) => return json!(format!("Syntax error: {problem}")).to_string(),
    };
    let mut variables = Variables::from_json(serde_json::Value::Object(asked.variables));
    if let Some(operation) = find_operation(&document, asked.operation.as_deref())
        && let Err(absent) = fill_absent_variables(operation, &mut variables, era)
    {
        let message = format!("Missing value for variable ${absent}");
        return json!({ "errors": [{ "message": message }], "data": null }).to_string();
    }
    let mut request = async_graphql::Request::new(asked.query).variables(variables);
    if let Some(operation) = asked.operation {
        request = request.operation_name(operation);
    }
    request.set_parsed_query(document);
    serde_json::to_string(&DaemonResponse::from(schema.execute(data(request)).await))
        .unwrap_or_default()
}

fn find_operation<'a>(
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

/// Sets declared variables without value and default to null. In an era that rejects them, the error
/// is the name of one.
fn fill_absent_variables(
    operation: &OperationDefinition,
    variables: &mut Variables,
    era: Era,
) -> Result<(), String> {
    for declared in &operation.variable_definitions {
        let name = &declared.node.name.node;
        if declared.node.default_value.is_some() || variables.contains_key(name) {
            continue;
        }
        if era.rejects_absent_variables() {
            return Err(name.to_string());
        }
        variables.insert(name.clone(), Value::Null);
    }
    Ok(())
}

/// A response in the daemon's form: fields in the order of the request, errors with message and path
/// only, and no `data` when the document is invalid.
#[derive(Serialize)]
struct DaemonResponse {
    #[serde(skip_serializing_if = "Option::is_none")]
    data: Option<Value>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<serde_json::Value>,
}

impl From<Response> for DaemonResponse {
    fn from(Response { data, errors, .. }: Response) -> Self {
        let valid = errors.is_empty()
            || data != Value::Null
            || errors.iter().any(|error| !error_path(error).is_empty());
        Self { data: valid.then_some(data), errors: errors.iter().map(format_error).collect() }
    }
}

/// The path of the field that failed; empty for an invalid document.
fn error_path(error: &ServerError) -> &[PathSegment] {
    error.source::<FieldError>().map_or(&error.path, |refused| &refused.path)
}

fn format_error(error: &ServerError) -> serde_json::Value {
    let message = undefined_field(&error.message).unwrap_or_else(|| error.message.clone());
    match error_path(error) {
        [] => json!({ "message": message }),
        path => json!({ "message": message, "path": path }),
    }
}

/// The daemon's message for a field that the schema lacks. Clients look for it.
fn undefined_field(message: &str) -> Option<String> {
    let (field, rest) = message.strip_prefix("Unknown field \"")?.split_once('"')?;
    let (ty, _) = rest.strip_prefix(" on type \"")?.split_once('"')?;
    Some(format!("Field '{field}' is not defined on type '{ty}'"))
}

/// The page for browsers.
pub(super) const PAGE: &str = "<!DOCTYPE html>\n<html><head><meta charset=\"utf-8\"><title>GraphQL</title></head>\n<body><p>\
This is a simulated daemon. POST GraphQL documents here as application/json.</p></body></html>\n";

#[cfg(test)]
mod tests;
