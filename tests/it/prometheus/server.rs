//! A real Prometheus server as a child process.

use std::{
    fs,
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::Value;

use crate::{
    network::http,
    process::{first, follow},
    tools::tool,
};

/// Longer than anything waited for takes on a busy machine; running out of it fails the test.
const AMPLE: Duration = Duration::from_secs(90);
/// Between two questions to a server whether it has what is waited for: it tells nobody of its own
/// accord.
const AGAIN: Duration = Duration::from_millis(100);

/// A running server. Dropping it kills it.
pub(crate) struct Prometheus {
    child: Child,
    address: SocketAddr,
    _folder: tempfile::TempDir,
}

impl Drop for Prometheus {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

impl Prometheus {
    /// Starts on a free port with this configuration, beside which `files` are laid; `None` where
    /// Prometheus is not installed.
    pub(crate) async fn start(configuration: &str, files: &[&Path]) -> Option<Self> {
        let program = tool("prometheus")?;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("prometheus.yml");
        fs::write(&file, configuration).unwrap();
        for file in files {
            fs::copy(file, folder.path().join(file.file_name().unwrap())).unwrap();
        }
        let mut child = Command::new(program)
            .arg(format!("--config.file={}", file.display()))
            .arg(format!("--storage.tsdb.path={}", folder.path().join("data").display()))
            .args(["--web.listen-address=127.0.0.1:0", "--log.level=info"])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let (log, _reading) = follow(child.stderr.take().unwrap());
        let listening =
            |line: &str| line.split_once("msg=\"Listening on\" address=")?.1.trim().parse().ok();
        let (_, address) = first(log.clone(), 0, listening, || log.borrow().join("\n")).await;
        Some(Self { child, address, _folder: folder })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The answer of its API.
    pub(crate) async fn api(&self, path: &str, parameters: &[(&str, &str)]) -> Value {
        let mut url = url::Url::parse(&format!("{}/api/v1/{path}", self.url())).unwrap();
        url.query_pairs_mut().extend_pairs(parameters);
        let text = http().get(url).send().await.unwrap().text().await.unwrap();
        serde_json::from_str(&text).unwrap_or_else(|_| panic!("{path} {parameters:?}: {text}"))
    }

    /// The series that an instant query finds, none while the server is not ready.
    pub(crate) async fn query(&self, expression: &str) -> Vec<Value> {
        let answer = self.api("query", &[("query", expression)]).await;
        assert_ne!(answer["errorType"], "bad_data", "{expression}: {answer}");
        answer["data"]["result"].as_array().cloned().unwrap_or_default()
    }
}

/// Asks until there is an answer.
pub(crate) async fn until<T>(what: &str, mut ask: impl AsyncFnMut() -> Option<T>) -> T {
    let waited = async {
        loop {
            if let Some(found) = ask().await {
                return found;
            }
            tokio::time::sleep(AGAIN).await;
        }
    };
    tokio::time::timeout(AMPLE, waited)
        .await
        .unwrap_or_else(|_| panic!("waited in vain for {what}"))
}
