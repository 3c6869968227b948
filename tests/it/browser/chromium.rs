//! A headless Chromium, and the part of WebDriver that the tests need.

use std::{
    fs,
    io::{Read as _, Write as _},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::{Value, json};

use crate::{
    network::http,
    process::{first, follow},
    tools::tool,
};

/// Longer than anything waited for takes on a busy machine; running out of it fails the test.
const AMPLE: Duration = Duration::from_secs(90);

/// A browser with one window. Dropping it ends it.
pub(super) struct Chromium {
    _driver: Driver,
    session: String,
    _profile: tempfile::TempDir,
}

/// The size and colour scheme of the window.
#[derive(Clone, Copy, Debug)]
pub(super) struct Appearance {
    pub(super) width: u32,
    pub(super) dark: bool,
}

impl Appearance {
    pub(super) const ALL: [Self; 4] = [
        Self { width: 1280, dark: false },
        Self { width: 1280, dark: true },
        Self { width: 390, dark: false },
        Self { width: 390, dark: true },
    ];

    pub(super) fn name(self) -> String {
        let scheme = if self.dark { "dark" } else { "light" };
        let device = if self.width < 700 { "phone" } else { "desktop" };
        format!("{device}-{scheme}")
    }
}

/// A running driver. Dropping it ends it.
struct Driver(Child);

impl Driver {
    /// Starts one; at which port it listens, too. It takes a free port of IPv6 and ends where that
    /// of IPv4 is not free: then again.
    async fn start(program: &Path) -> (Self, u16) {
        const TRIES: usize = 20;
        let mut told = String::new();
        for _ in 0..TRIES {
            let mut driver = Command::new(program)
                .arg("--port=0")
                .stdin(Stdio::null())
                .stdout(Stdio::piped())
                .stderr(Stdio::null())
                .spawn()
                .unwrap();
            let (lines, _reading) = follow(driver.stdout.take().unwrap());
            let driver = Self(driver);
            let begun = |line: &str| match line.split_once("successfully on port ") {
                Some((_, port)) => port.trim_end_matches('.').parse::<u16>().ok().map(Some),
                None => line.contains("port not available").then_some(None),
            };
            let (_, port) = first(lines.clone(), 0, begun, || lines.borrow().join("\n")).await;
            if let Some(port) = port {
                return (driver, port);
            }
            told = lines.borrow().join("\n");
        }
        panic!("no port in {TRIES} tries: {told}")
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        drop(self.0.kill());
        drop(self.0.wait());
    }
}

impl Drop for Chromium {
    /// Ends the browser, which outlives its driver unless its session is ended first.
    fn drop(&mut self) {
        let end = || {
            let (address, path) = self.session.strip_prefix("http://")?.split_once('/')?;
            let mut driver = TcpStream::connect(address).ok()?;
            driver.set_read_timeout(Some(AMPLE)).ok()?;
            write!(
                driver,
                "DELETE /{path} HTTP/1.1\r\nhost: {address}\r\nconnection: close\r\n\r\n"
            )
            .ok()?;
            // The answer comes when the browser has ended.
            driver.read(&mut [0; 1]).ok()
        };
        end();
    }
}

impl Chromium {
    /// Starts a browser; `None` where it or its driver is not installed.
    pub(super) async fn start() -> Option<Self> {
        let (program, browser) = (tool("chromedriver")?, tool("chromium")?);
        let (driver, port) = Driver::start(&program).await;
        let profile = tempfile::tempdir().unwrap();
        let arguments = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--disable-dev-shm-usage",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            &format!("--user-data-dir={}", profile.path().display()),
        ]
        .map(str::to_owned);
        let capabilities = json!({"capabilities": {"alwaysMatch": {
            "browserName": "chrome",
            "unhandledPromptBehavior": "ignore",
            "goog:chromeOptions": {"binary": browser, "args": arguments},
            "goog:loggingPrefs": {"browser": "ALL", "performance": "ALL"},
        }}});
        let url = format!("http://127.0.0.1:{port}/session");
        let answer = send(&url, Some(&capabilities)).await;
        let session =
            format!("{url}/{}", answer["sessionId"].as_str().unwrap_or_else(|| panic!("{answer}")));
        Some(Self { _driver: driver, session, _profile: profile })
    }

    async fn post(&self, command: &str, parameters: Value) -> Value {
        let answer = send(&format!("{}/{command}", self.session), Some(&parameters)).await;
        assert!(answer["error"].is_null(), "{command}: {answer}");
        answer
    }

    /// A command of Chromium's own protocol.
    pub(super) async fn devtools(&self, command: &str, parameters: Value) -> Value {
        self.post("goog/cdp/execute", json!({"cmd": command, "params": parameters})).await
    }

    pub(super) async fn set(&self, look: Appearance) {
        let size = json!({"width": look.width, "height": 900, "deviceScaleFactor": 1, "mobile": look.width < 700});
        self.devtools("Emulation.setDeviceMetricsOverride", size).await;
        let scheme = if look.dark { "dark" } else { "light" };
        let media = json!({"features": [{"name": "prefers-color-scheme", "value": scheme}]});
        self.devtools("Emulation.setEmulatedMedia", media).await;
    }

    /// Opens a page and waits until it is loaded.
    pub(super) async fn open(&self, url: &str) {
        self.post("url", json!({"url": url})).await;
    }

    /// The value of a script's `return`.
    pub(super) async fn run(&self, script: &str) -> Value {
        self.post("execute/sync", json!({"script": script, "args": []})).await
    }

    /// The value that a script hands to `arguments[0]`, sooner or later.
    pub(super) async fn wait_for(&self, script: &str) -> Value {
        self.post("timeouts", json!({"script": 60_000})).await;
        self.post("execute/async", json!({"script": script, "args": []})).await
    }

    /// The whole page as a picture, left for a reader.
    pub(super) async fn picture(&self, name: &str) {
        use base64::Engine as _;
        let shot =
            self.devtools("Page.captureScreenshot", json!({"captureBeyondViewport": true})).await;
        let picture = base64::engine::general_purpose::STANDARD
            .decode(shot["data"].as_str().unwrap())
            .unwrap();
        let folder: PathBuf = super::folder().join("screenshots");
        fs::create_dir_all(&folder).unwrap();
        fs::write(folder.join(format!("{name}.png")), picture).unwrap();
    }

    /// Errors and warnings on the console since the last time.
    pub(super) async fn complaints(&self) -> Vec<Value> {
        let entries = self.post("se/log", json!({"type": "browser"})).await;
        let entries = entries.as_array().cloned().unwrap_or_default();
        entries
            .into_iter()
            .filter(|entry| entry["level"] != "INFO" && entry["level"] != "DEBUG")
            .collect()
    }

    /// The addresses of all requests since the last time.
    pub(super) async fn requests(&self) -> Vec<String> {
        let entries = self.post("se/log", json!({"type": "performance"})).await;
        let urls = entries.as_array().into_iter().flatten().filter_map(|entry| {
            let event: Value = serde_json::from_str(entry["message"].as_str()?).ok()?;
            let event = &event["message"];
            (event["method"] == "Network.requestWillBeSent")
                .then(|| event["params"]["request"]["url"].as_str().map(str::to_owned))?
        });
        urls.collect()
    }

    /// Serious failures that axe-core finds, one line each; `None` where it is not there.
    pub(super) async fn barriers(&self) -> Option<Vec<String>> {
        let file = super::folder().join("axe-core/package/axe.min.js");
        let Ok(axe) = fs::read_to_string(&file) else {
            assert!(!crate::tools::required(), "{} is missing", file.display());
            println!("skipped: axe-core is not there; tests/run.sh fetches it");
            return None;
        };
        self.run(&axe).await;
        let found = self
            .wait_for(
                "const done = arguments[0]; axe.run().then(found => done(found.violations.map(v => [v.impact, v.id, \
                 v.nodes.map(n => n.html + ' ' + n.failureSummary).join(' | ').slice(0, 600)])), error => done(String(error)));",
            )
            .await;
        let found = found.as_array().unwrap_or_else(|| panic!("axe-core failed: {found}")).clone();
        let serious =
            found.into_iter().filter(|found| found[0] == "serious" || found[0] == "critical");
        Some(serious.map(|found| found.to_string()).collect())
    }
}

async fn send(url: &str, body: Option<&Value>) -> Value {
    let client = http();
    let request = match body {
        Some(body) => {
            client.post(url).body(body.to_string()).header("content-type", "application/json")
        }
        None => client.get(url),
    };
    let text = request.timeout(AMPLE).send().await.unwrap().text().await.unwrap();
    let answer: Value = serde_json::from_str(&text).unwrap_or_else(|_| panic!("{url}: {text}"));
    answer["value"].clone()
}
