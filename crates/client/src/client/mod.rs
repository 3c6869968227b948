//! The live daemon: GraphQL and metrics over HTTP.
//!
//! Invariants: no request is repeated by itself; the status is read before anything else, and what
//! it forbids is not asked; the schema is read again after a restart, an upgrade, or an answer
//! that says a field is missing.

mod market;
mod observer;

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use graphql_client::GraphQLQuery;
use reqwest::header::HeaderValue;
use secrecy::SecretString;
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use snarkfee_clock::{Clock, Stopwatch};
use snarkfee_core::{
    fault::Fault,
    market::{DaemonStatus, LedgerAccount, Look, SyncState},
    policy::{Mutation, PermittedMutation},
    port::{DaemonPort, LookPlan, Replaced, SendError},
    units::PublicKey,
};
use url::Url;

use self::market::MarketReading;
pub use self::observer::{OPERATIONS, RequestObserver};
use crate::{
    answers::{
        self, KeyInterner, OwnedScalar, Replaces,
        operations::{self, account, set_snark_work_fee, set_snark_worker, with_permissions},
    },
    fleet::Member,
    metrics::{MetricsEndpoint, Scrape},
    schema::{AccountOperation, Capabilities, Capability, INTROSPECTION, StatusOperation},
    transport::{
        Answer, Certificates, Failure, HttpClient, HttpClients, Limits, Reach, Redirects,
        bearer_header,
    },
};

/// What a client needs to know of one daemon.
pub struct ClientConfig {
    /// The GraphQL endpoint.
    pub graphql_url: Url,
    /// Where its metrics are read, if anywhere.
    pub metrics: Option<MetricsEndpoint>,
    /// A token for a reverse proxy before the daemon. It goes to `metrics` only where that is of
    /// the same origin.
    pub bearer: Option<SecretString>,
    /// Limit of one request, from connecting to the last byte.
    pub timeout: Duration,
    /// Limit of one answer's body in bytes.
    pub max_response: u64,
    /// Timestamps the looks.
    pub clock: Clock,
    /// Called for each request.
    pub observer: Option<Arc<dyn RequestObserver>>,
    /// The fleet that blocks and book are shared with.
    pub member: Option<Member>,
}

/// Why no client could be made.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    /// The HTTP client could not be set up: for https, the system's certificates could not be read.
    #[error("the HTTP client cannot be set up")]
    Http(#[source] reqwest::Error),
    /// The token holds characters that no HTTP header can.
    #[error("the bearer token holds characters that an HTTP header cannot carry")]
    Bearer,
}

/// A daemon reached over HTTP.
pub struct DaemonClient {
    graphql_url: Url,
    metrics: Option<MetricsEndpoint>,
    token: Option<HeaderValue>,
    metrics_token: Option<HeaderValue>,
    http: HttpClient,
    clock: Clock,
    observer: Option<Arc<dyn RequestObserver>>,
    member: Option<Member>,
    keys: Arc<Mutex<KeyInterner>>,
    schema: Mutex<Option<DiscoveredSchema>>,
}

/// What a daemon's schema offers, and the process it was read from.
#[derive(Clone)]
struct DiscoveredSchema {
    capabilities: Capabilities,
    process: Option<(String, Duration)>,
}

impl DaemonClient {
    /// Makes a client; nothing is sent yet.
    ///
    /// # Errors
    ///
    /// Where the machine's certificates cannot be read, or no header can carry the token.
    pub fn new(config: ClientConfig) -> Result<Self, ClientError> {
        let metrics_url = config.metrics.as_ref().map(MetricsEndpoint::url);
        let urls = [Some(&config.graphql_url), metrics_url];
        let certificates = Certificates::needed_for(urls.into_iter().flatten());
        let limits = Limits { time: config.timeout, bytes: config.max_response };
        let token = config.bearer.as_ref().map(bearer_header).transpose();
        let token = token.map_err(|_unprintable| ClientError::Bearer)?;
        let own = HttpClients::default();
        let clients = config.member.as_ref().map_or(&own, |member| &member.fleet.clients);
        let shared_keys = |member: &Member| Arc::clone(&member.fleet.keys);
        let keys = config.member.as_ref().map(shared_keys).unwrap_or_default();
        let same_origin = |url: &Url| url.origin() == config.graphql_url.origin();
        let metrics_token = token.clone().filter(|_| metrics_url.is_some_and(same_origin));
        Ok(Self {
            http: HttpClient::try_new(limits, certificates, Redirects::Refused, clients)
                .map_err(ClientError::Http)?,
            graphql_url: config.graphql_url,
            metrics: config.metrics,
            token,
            metrics_token,
            clock: config.clock,
            observer: config.observer,
            member: config.member,
            keys,
            schema: Mutex::new(None),
        })
    }

    /// What the daemon's schema offers; `None` before the first successful discovery.
    pub fn known_capabilities(&self) -> Option<Capabilities> {
        self.schema().as_ref().map(|known| known.capabilities.clone())
    }

    fn schema(&self) -> MutexGuard<'_, Option<DiscoveredSchema>> {
        self.schema.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn forget_schema(&self) {
        *self.schema() = None;
    }

    /// The capabilities, discovered if they are not known.
    ///
    /// # Errors
    ///
    /// If the daemon does not answer.
    pub async fn capabilities(&self) -> Result<Capabilities, Fault> {
        if let Some(found) = self.known_capabilities() {
            return Ok(found);
        }
        let found = self.discover().await?;
        *self.schema() = Some(DiscoveredSchema { capabilities: found.clone(), process: None });
        Ok(found)
    }

    async fn discover(&self) -> Result<Capabilities, Fault> {
        let body =
            json!({"query": INTROSPECTION, "operationName": "Introspection", "variables": null});
        match self.ask("introspection", encode(&body)?, answers::schema).await {
            Ok(found) => Ok(found),
            // A server that refuses introspection may still answer everything else.
            Err(Failure { reach: Reach::Declined, fault }) => {
                tracing::warn!(%fault, "introspection was refused, mainnet 1.x is assumed");
                Ok(Capabilities::plain())
            }
            Err(failure) => Err(failure.fault),
        }
    }

    /// Forgets the schema when the status comes from another process than the one it was found at.
    fn forget_schema_after_restart(&self, status: &DaemonStatus) {
        let mut known = self.schema();
        let replaced = known
            .as_ref()
            .and_then(|known| known.process.as_ref())
            .is_some_and(|(commit, uptime)| *commit != status.commit || status.uptime < *uptime);
        if replaced {
            *known = None;
        } else if let Some(known) = known.as_mut() {
            known.process = Some((status.commit.clone(), status.uptime));
        }
    }

    async fn read_status(&self) -> Result<DaemonStatus, Fault> {
        let mut status = self.ask_status().await;
        if let (Ok(status), Some(known)) = (&mut status, self.known_capabilities()) {
            status.read_only = !known.has(Capability::Mutations);
        }
        match &status {
            Ok(status) => self.forget_schema_after_restart(status),
            // What was assumed after a refusal must not outlive the reason of that refusal.
            Err(_) if self.schema().as_ref().is_some_and(|known| known.process.is_none()) => {
                self.forget_schema()
            }
            Err(_) => {}
        }
        status
    }

    async fn ask_status(&self) -> Result<DaemonStatus, Fault> {
        let Some(operation) = self.capabilities().await?.status_operation() else {
            return Err(Fault::Unsupported { missing: "daemonStatus of a known form".to_owned() });
        };
        let request = match operation {
            StatusOperation::Metrics => {
                encode_request::<operations::StatusMetrics>(operations::status_metrics::Variables)
            }
            StatusOperation::Plain => {
                encode_request::<operations::Status>(operations::status::Variables)
            }
            StatusOperation::Coda => {
                encode_request::<operations::StatusCoda>(operations::status_coda::Variables)
            }
        };
        Ok(self
            .ask(operation.name(), request?, |answer| answers::status(operation, answer))
            .await?)
    }

    /// The key's account of the default token at the best tip.
    async fn read_account(&self, key: &PublicKey) -> Result<LedgerAccount, Fault> {
        let Some(operation) = self.capabilities().await?.account_operation() else {
            return Err(Fault::Unsupported { missing: "account".to_owned() });
        };
        let public_key = OwnedScalar::variable(key.as_str());
        let request =
            match operation {
                AccountOperation::Plain => {
                    encode_request::<operations::Account>(account::Variables { public_key })
                }
                AccountOperation::Permissions => encode_request::<with_permissions::Account>(
                    with_permissions::account::Variables { public_key },
                ),
            };
        Ok(self.ask("account", request?, |answer| answers::account(operation, answer)).await?)
    }

    /// Reads the metrics once; `None` where none are configured.
    pub async fn scrape(&self) -> Option<Result<Scrape, Fault>> {
        let metrics = self.metrics.as_ref()?;
        let began = Stopwatch::start();
        let read = metrics.read(&self.http, self.metrics_token.as_ref()).await;
        Some(self.report("metrics", began, read).map_err(Fault::from))
    }

    async fn mutate<Q: GraphQLQuery>(
        &self,
        operation: &'static str,
        variables: Q::Variables,
    ) -> Result<Replaced, Failure>
    where
        Q::ResponseData: DeserializeOwned + Replaces,
    {
        // What is not known to be there is not sent.
        let unsent = |fault| Failure { fault, reach: Reach::NotSent };
        if !self.capabilities().await.map_err(unsent)?.has(Capability::Mutations) {
            let missing = "setSnarkWorker, setSnarkWorkFee".to_owned();
            return Err(unsent(Fault::Unsupported { missing }));
        }
        self.ask(operation, encode_request::<Q>(variables)?, answers::read_mutation::<Q>).await
    }

    async fn ask<T>(
        &self,
        operation: &'static str,
        request: Vec<u8>,
        read: impl FnOnce(Answer) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let began = Stopwatch::start();
        let answer = self.http.post_json(&self.graphql_url, self.token.as_ref(), request).await;
        let answer = self.report(operation, began, answer.and_then(read));
        if let Err(Failure { fault: Fault::Unsupported { .. }, .. }) = &answer {
            self.forget_schema();
        }
        answer
    }

    fn report<T>(
        &self,
        operation: &'static str,
        began: Stopwatch,
        answer: Result<T, Failure>,
    ) -> Result<T, Failure> {
        let took = began.elapsed();
        let fault = answer.as_ref().err().map(|failure| &failure.fault);
        match fault {
            None => tracing::trace!(operation, took_ms = took.as_millis(), "daemon answered"),
            Some(fault) => {
                tracing::debug!(operation, took_ms = took.as_millis(), code = fault.code(), %fault, "request failed")
            }
        }
        if let Some(observer) = &self.observer {
            observer.observed(operation, fault, took);
        }
        answer
    }
}

impl DaemonPort for DaemonClient {
    async fn look(&self, plan: &LookPlan) -> Look {
        let at = self.clock.now();
        let status = self.read_status().await;
        // Before a daemon has a best tip it answers with empty or missing lists and no accounts,
        // which would pass for facts.
        let synced = status.as_ref().ok().filter(|status| status.sync == SyncState::Synced);
        let market = async {
            match synced {
                Some(status) => self.read_market(at, status, plan).await,
                None => MarketReading::default(),
            }
        };
        let account = async {
            match plan.account.as_ref().filter(|_| synced.is_some()) {
                Some(key) => Some(self.read_account(key).await),
                None => None,
            }
        };
        let metrics = async { Some(self.scrape().await?.map(|scrape| scrape.metrics)) };
        // Two queries of one look must not both discover the schema.
        let (market, account, metrics) = if synced.is_some() && self.known_capabilities().is_none()
        {
            let market = market.await;
            let (account, metrics) = tokio::join!(account, metrics);
            (market, account, metrics)
        } else {
            tokio::join!(market, account, metrics)
        };
        let MarketReading { read: market_read, chain, book, kept_book, book_took } = market;
        Look {
            at,
            clock_set: None,
            machine: None,
            status,
            market_read,
            chain,
            book,
            kept_book,
            book_took,
            metrics,
            account,
        }
    }

    async fn status(&self) -> Result<DaemonStatus, Fault> {
        self.read_status().await
    }

    async fn send(&self, mutation: PermittedMutation) -> Result<Replaced, SendError> {
        let answer = match mutation.mutation() {
            Mutation::SetFee { fee } => {
                let variables = set_snark_work_fee::Variables {
                    fee: OwnedScalar::variable(fee.get().to_string()),
                };
                self.mutate::<operations::SetSnarkWorkFee>("set_snark_work_fee", variables).await
            }
            Mutation::SwitchOn { key } => {
                let variables =
                    set_snark_worker::Variables { public_key: OwnedScalar::variable(key.as_str()) };
                self.mutate::<operations::SetSnarkWorker>("set_snark_worker", variables).await
            }
            Mutation::SwitchOff => {
                let variables = operations::unset_snark_worker::Variables;
                self.mutate::<operations::UnsetSnarkWorker>("unset_snark_worker", variables).await
            }
        };
        answer.map_err(|Failure { fault, reach }| match reach {
            Reach::NotSent => SendError::NotSent(fault),
            Reach::Declined => SendError::Rejected(fault),
            Reach::Unclear => SendError::Lost(fault),
        })
    }

    fn era(&self) -> Option<String> {
        self.known_capabilities().map(|found| found.era().name().to_owned())
    }
}

fn encode_request<Q: GraphQLQuery>(variables: Q::Variables) -> Result<Vec<u8>, Failure> {
    encode(&Q::build_query(variables))
}

fn encode(body: &impl Serialize) -> Result<Vec<u8>, Failure> {
    serde_json::to_vec(body).map_err(|error| Failure {
        fault: Fault::Malformed { cause: error.to_string() },
        reach: Reach::NotSent,
    })
}
