//! The API's own description, against what the server answers.

use boon::{Compiler, SchemaIndex, Schemas};
use reqwest::{Response, header};
use serde_json::Value;
use snarkfee::web::ServerLimits;

use super::test_server::{TOKEN, TestServer, record};

const ADDRESS: &str = "http://snarkfee/openapi.json";

/// The description, and its schemas as they are used.
struct Description {
    document: Value,
    compiler: Compiler,
    schemas: Schemas,
}

impl Description {
    async fn of(site: &TestServer) -> Self {
        let document = site.json("/api/v1/openapi.json").await;
        let mut compiler = Compiler::new();
        compiler.enable_format_assertions();
        compiler.add_resource(ADDRESS, document.clone()).unwrap();
        Self { document, compiler, schemas: Schemas::new() }
    }

    fn schema(&mut self, reference: &str) -> SchemaIndex {
        self.compiler.compile(&format!("{ADDRESS}{reference}"), &mut self.schemas).unwrap()
    }

    /// Asserts that an answer is one of those that the description has for this path.
    async fn check(&mut self, method: &str, path: &str, response: Response) {
        let (status, headers) = (response.status(), response.headers().clone());
        let media = headers[header::CONTENT_TYPE].to_str().unwrap().to_owned();
        let media = media.split(';').next().unwrap();
        let text = response.text().await.unwrap();
        let bare = path.split('?').next().unwrap();
        let described = &self.document["paths"][bare][method]["responses"][status.as_str()];
        assert!(described.is_object(), "{method} {path}: {status} is not described: {text}");
        let schema = &described["content"][media]["schema"];
        assert!(schema.is_object(), "{method} {path}: {media} is not described");
        let Some(reference) = schema["$ref"].as_str().map(str::to_owned) else { return };
        let answer: Value = serde_json::from_str(&text).unwrap();
        let index = self.schema(&reference);
        if let Err(error) = self.schemas.validate(&answer, index) {
            panic!("{method} {path}: {error:#}\n{text}");
        }
    }

    async fn check_gets(&mut self, site: &TestServer, paths: &[&str]) {
        for path in paths {
            self.check("get", path, site.get(path).await).await;
        }
    }
}

#[tokio::test]
async fn every_answer_is_described() {
    let site = TestServer::earning().await;
    let mut description = Description::of(&site).await;
    assert_eq!(description.document["info"]["version"], env!("CARGO_PKG_VERSION"));
    let described = description.document["paths"].as_object().unwrap().clone();
    let gets: Vec<&str> = described
        .iter()
        .filter(|(_, operations)| operations["get"].is_object())
        .map(|(path, _)| path.as_str())
        .collect();
    assert!(gets.len() >= 7, "{gets:?}");
    description.check_gets(&site, &gets).await;
    let more = [
        "/api/v1/decisions?limit=1&action=changes",
        "/api/v1/decisions?limit=0",
        "/api/v1/decisions?daemon=nobody",
        "/api/v1/market?daemon=nobody",
        "/api/v1/market?deamon=main",
    ];
    description.check_gets(&site, &more).await;
    let bearer = format!("Bearer {TOKEN}");
    for (path, token, body) in [
        ("/api/v1/pause", Some(bearer.as_str()), r#"{"daemon":"main","for":"30m"}"#),
        ("/api/v1/resume", Some(&bearer), ""),
        ("/api/v1/pause", None, ""),
        ("/api/v1/pause", Some(&bearer), "{"),
        ("/api/v1/pause", Some(&bearer), r#"{"daemon":"nobody"}"#),
    ] {
        description.check("post", path, site.post(path, token, body).await).await;
    }
}

#[tokio::test]
async fn what_is_not_known_yet_is_described_too() {
    let site = TestServer::open(&["main", "other"], false, ServerLimits::default()).await;
    let mut description = Description::of(&site).await;
    let paths = ["/api/v1/status", "/api/v1/market?daemon=main", "/api/v1/market", "/readyz"];
    description.check_gets(&site, &paths).await;
    let mut failed = record();
    failed.look.status = Err(snarkfee_core::fault::Fault::Unreachable { cause: "gone".to_owned() });
    (failed.market, failed.cost, failed.money) = (None, None, None);
    site.publish(failed);
    description.check_gets(&site, &["/api/v1/status", "/api/v1/market?daemon=main"]).await;
}

#[tokio::test]
async fn an_answer_with_another_type_is_found() {
    let site = TestServer::earning().await;
    let mut description = Description::of(&site).await;
    let mut status = site.json("/api/v1/status").await;
    let index = description.schema("#/components/schemas/Status");
    assert!(description.schemas.validate(&status, index).is_ok());
    status["daemons"][0]["fee_mina"] = "0.1".into();
    assert!(description.schemas.validate(&status, index).is_err());
    status["daemons"][0].as_object_mut().unwrap().remove("fee_mina");
    assert!(description.schemas.validate(&status, index).is_err());
}
