//! A person's way to the mergers of an installation: found by their labels, through the API server, as kubectl's port-forward
//! goes, with the token that kubectl would send.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::pin::Pin;

use http::header::AUTHORIZATION;
use k8s_openapi::api::authentication::v1::{TokenRequest, TokenRequestSpec};
use k8s_openapi::api::core::v1::{ConfigMap, Container, Pod, ServiceAccount};
use kube::api::{Api, ListParams, ObjectMeta, PostParams};
use kube::client::{Body, ConfigExt as _};
use kube::{Client, Config};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tower::{Layer as _, ServiceExt as _, service_fn};
use tributary_model::Installation;
use tributary_runtime::{Bearer, BoxError};

use crate::cluster::{ConnectError, REQUEST_DEADLINE, adjusted, client, configuration};
use crate::failure::{Class, Failure};
use crate::lease::DEFAULT_NAMESPACE;

#[cfg(test)]
mod tests;

/// The recommended labels of a merger's pods, whatever the release is called.
const MERGERS: &str = "app.kubernetes.io/part-of=tributary,app.kubernetes.io/component=merger";
/// Of a pod's container: where it serves gRPC.
const PORT_NAME: &str = "grpc";
const PORT: u16 = 7070;
/// Of what a pod's Deployment is called behind its release.
const OF_MERGER: &str = "-merger-";
/// Of the ConfigMap with the authority of the installation's certificates, behind the release.
const AUTHORITY: &str = "-ca";
/// Its key.
const AUTHORITY_KEY: &str = "ca.crt";
/// A token that one command needs.
const TOKEN_SECONDS: i64 = 600;

/// How kubectl is told where to go.
#[derive(Clone, Debug, Default, PartialEq, Eq, clap::Args)]
#[command(next_help_heading = "Kubernetes")]
pub struct ReachArgs {
    /// Kubeconfig by which a merger is found; otherwise as kubectl finds it.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Context of the kubeconfig; the current one otherwise.
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// Namespace of the mergers; any if all may be looked at, else tributary-system.
    #[arg(long, value_name = "NAME", env = "TRIBUTARY_NAMESPACE")]
    pub merger_namespace: Option<String>,
    /// Ask with a token of this ServiceAccount, which your kubeconfig's user asks for: for who has a client certificate.
    #[arg(long, value_name = "NAMESPACE/NAME")]
    pub as_account: Option<String>,
}

/// One cluster, as one person.
#[derive(Clone)]
pub struct Reach {
    client: Client,
    config: Config,
}

/// A merger that runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MergerPod {
    /// Of the pod.
    pub namespace: String,
    /// Of the pod.
    pub name: String,
    /// Where it serves.
    pub port: u16,
    /// Whether it serves with a certificate.
    pub with_tls: bool,
}

/// A connection to a pod.
pub type Tunnel = Pin<Box<dyn Stream>>;

/// What a tunnel is.
pub trait Stream: AsyncRead + AsyncWrite + Send {}

impl<T: AsyncRead + AsyncWrite + Send> Stream for T {}

/// Why nobody is reached.
#[derive(Debug, thiserror::Error)]
pub enum ReachError {
    /// No way to the API server.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// The API server said no, or nothing.
    #[error("cannot {what}: {failure}")]
    Refused {
        /// What was tried.
        what: String,
        /// What became of it.
        failure: Failure,
    },
    /// There is none.
    #[error("no pod of a merger of installation {installation} is ready in {place}{others}")]
    NoMerger {
        /// Whose is looked for.
        installation: String,
        /// Where it was looked for.
        place: String,
        /// What else is there.
        others: String,
    },
    /// Its user has a certificate.
    #[error(
        "the kubeconfig's user has no token that could be shown to the merger (a client certificate is for the API server alone): \
         say --as-account NAMESPACE/NAME for a ServiceAccount whose token you may ask for, or give --token-file"
    )]
    NoToken,
    /// Neither namespace nor name.
    #[error("\"{0}\" is no NAMESPACE/NAME of a ServiceAccount")]
    Account(String),
}

impl ReachArgs {
    /// Whether anything was said.
    pub fn is_given(&self) -> bool {
        *self != Self::default()
    }
}

impl Reach {
    /// By a kubeconfig and its context, or as kubectl finds it. Asks nobody yet.
    ///
    /// # Errors
    /// When a file is missing or cannot be used.
    pub async fn connect(args: &ReachArgs) -> Result<Self, ConnectError> {
        let ReachArgs {
            kubeconfig,
            context,
            merger_namespace: _,
            as_account: _,
        } = args;
        let config = configuration(kubeconfig.as_deref(), context.as_deref()).await?;
        let config = adjusted(config);
        Ok(Self {
            client: client(config.clone()).map_err(|source| ConnectError::Credentials {
                address: config.cluster_url.to_string(),
                source: Box::new(source),
            })?,
            config,
        })
    }

    /// Of the context: what kubectl means where no namespace is said.
    pub fn namespace(&self) -> &str {
        &self.config.default_namespace
    }

    /// Where the API server is.
    pub fn address(&self) -> String {
        self.config.cluster_url.to_string()
    }

    /// The mergers of an installation that are ready.
    ///
    /// # Errors
    /// When there is none, or they may not be looked at.
    pub async fn mergers(
        &self,
        args: &ReachArgs,
        installation: &Installation,
    ) -> Result<Vec<MergerPod>, ReachError> {
        let namespace = args.merger_namespace.as_deref();
        let (place, pods) = match (namespace, self.pods(namespace).await) {
            (None, Err(failure)) if failure.class == Class::Forbidden => {
                (DEFAULT_NAMESPACE, self.pods(Some(DEFAULT_NAMESPACE)).await)
            }
            (namespace, pods) => (namespace.unwrap_or("any namespace"), pods),
        };
        let pods = pods.map_err(|failure| ReachError::Refused {
            what: format!("look for a merger's pods in {place}"),
            failure,
        })?;
        let name = installation.name();
        let found: Vec<_> = pods
            .iter()
            .filter(|pod| is_ready(pod) && installation_of(pod) == name)
            .filter_map(merger)
            .collect();
        if found.is_empty() {
            let others: BTreeSet<_> = pods.iter().map(installation_of).collect();
            let others: Vec<_> = others.into_iter().filter(|other| *other != name).collect();
            return Err(ReachError::NoMerger {
                installation: name.to_owned(),
                place: place.to_owned(),
                others: match &others[..] {
                    [] => String::new(),
                    others => format!("; --installation may be {}", others.join(" or ")),
                },
            });
        }
        Ok(found)
    }

    async fn pods(&self, namespace: Option<&str>) -> Result<Vec<Pod>, Failure> {
        let api: Api<Pod> = match namespace {
            Some(namespace) => Api::namespaced(self.client.clone(), namespace),
            None => Api::all(self.client.clone()),
        };
        let params = ListParams::default().labels(MERGERS);
        let listed = timeout(REQUEST_DEADLINE, api.list(&params)).await;
        Ok(listed.map_err(|_| Failure::timed_out("list"))??.items)
    }

    /// The authority of the certificates of a merger's installation, PEM.
    ///
    /// # Errors
    /// When it may not be read, or is not there.
    pub async fn authority(&self, pod: &MergerPod) -> Result<(String, Vec<u8>), ReachError> {
        let MergerPod {
            namespace, name, ..
        } = pod;
        let release = name
            .rsplit_once(OF_MERGER)
            .map_or("", |(release, _)| release);
        let map = format!("{release}{AUTHORITY}");
        let what = format!(
            "read {AUTHORITY_KEY} of ConfigMap {namespace}/{map}, by which the merger's certificate is believed (--ca-file says another)"
        );
        let api: Api<ConfigMap> = Api::namespaced(self.client.clone(), namespace);
        let found = timeout(REQUEST_DEADLINE, api.get(&map)).await;
        let found = found
            .map_err(|_| Failure::timed_out("get"))
            .and_then(|found| found.map_err(Failure::from));
        let found = found.map_err(|failure| ReachError::Refused {
            what: what.clone(),
            failure,
        })?;
        let authority = found.data.and_then(|mut data| data.remove(AUTHORITY_KEY));
        let authority = authority.ok_or_else(|| ReachError::Refused {
            what,
            failure: Failure {
                class: Class::NotFound,
                message: format!("it has no key {AUTHORITY_KEY}"),
            },
        })?;
        Ok((format!("{namespace}/{map}"), authority.into_bytes()))
    }

    /// What kubectl would send along, or a ServiceAccount's token for `audience` alone.
    ///
    /// # Errors
    /// When the kubeconfig's user has none.
    pub async fn token(&self, args: &ReachArgs, audience: &str) -> Result<Bearer, ReachError> {
        match &args.as_account {
            Some(account) => self.token_of(account, audience).await,
            None => self.own_token().await,
        }
    }

    async fn own_token(&self) -> Result<Bearer, ReachError> {
        let refused = |error: BoxError| ReachError::Refused {
            what: "get a token as the kubeconfig says".to_owned(),
            failure: Failure {
                class: Class::Unauthorized,
                message: error.to_string(),
            },
        };
        // Where tokens come from (a file, a program) is kube's to know: a request that goes nowhere shows it.
        let layer = self.config.auth_layer();
        let Some(layer) = layer.map_err(|error| refused(error.into()))? else {
            return Err(ReachError::NoToken);
        };
        let shown = service_fn(|request: http::Request<Body>| {
            let header = request.headers().get(AUTHORIZATION).cloned();
            std::future::ready(Ok::<_, BoxError>(http::Response::new(header)))
        });
        let nowhere = http::Request::new(Body::empty());
        let asked = layer.layer(shown).oneshot(nowhere);
        let shown = timeout(REQUEST_DEADLINE, asked).await;
        let shown = shown.map_err(|elapsed| refused(elapsed.into()))?;
        let shown = shown.map_err(refused)?;
        let header = shown.into_body();
        let text = header.as_ref().and_then(|value| value.to_str().ok());
        let token = text.and_then(|text| text.strip_prefix("Bearer "));
        token.map(Bearer::new).ok_or(ReachError::NoToken)
    }

    async fn token_of(&self, account: &str, audience: &str) -> Result<Bearer, ReachError> {
        let Some((namespace, name)) = account.split_once('/') else {
            return Err(ReachError::Account(account.to_owned()));
        };
        let request = TokenRequest {
            metadata: ObjectMeta::default(),
            spec: Some(TokenRequestSpec {
                audiences: Some(vec![audience.to_owned()]),
                bound_object_ref: None,
                expiration_seconds: Some(TOKEN_SECONDS),
            }),
            status: None,
        };
        let api: Api<ServiceAccount> = Api::namespaced(self.client.clone(), namespace);
        let params = PostParams::default();
        let answer = timeout(
            REQUEST_DEADLINE,
            api.create_token_request(name, &params, &request),
        );
        let answer = answer
            .await
            .map_err(|_| Failure::timed_out("TokenRequest"))
            .and_then(|answer| answer.map_err(Failure::from));
        let answer = answer.map_err(|failure| ReachError::Refused {
            what: format!("get a token of ServiceAccount {account}"),
            failure,
        })?;
        let token = answer.status.and_then(|status| status.token);
        token.as_deref().map(Bearer::new).ok_or(ReachError::NoToken)
    }

    /// A new connection to a merger, through the API server.
    ///
    /// # Errors
    /// When the API server or the node does not let it through.
    pub async fn open(&self, pod: &MergerPod) -> Result<Tunnel, Failure> {
        let MergerPod {
            namespace,
            name,
            port,
            with_tls: _,
        } = pod;
        let api: Api<Pod> = Api::namespaced(self.client.clone(), namespace);
        let forwarder = timeout(REQUEST_DEADLINE, api.portforward(name, &[*port])).await;
        let mut forwarder = forwarder.map_err(|_| Failure::timed_out("port-forward"))??;
        let stream = forwarder.take_stream(*port).ok_or_else(|| Failure {
            class: Class::Invalid,
            message: format!("the port-forward to {namespace}/{name} has no port {port}"),
        })?;
        Ok(Box::pin(stream))
    }
}

fn is_ready(pod: &Pod) -> bool {
    let conditions = pod.status.iter().filter_map(|it| it.conditions.as_ref());
    let is_leaving = pod.metadata.deletion_timestamp.is_some();
    !is_leaving
        && conditions
            .flatten()
            .any(|it| it.type_ == "Ready" && it.status == "True")
}

fn containers(pod: &Pod) -> impl Iterator<Item = &Container> {
    pod.spec.iter().flat_map(|spec| &spec.containers)
}

/// `--NAME=VALUE` of the program.
fn flag<'a>(pod: &'a Pod, name: &str) -> Option<&'a str> {
    let args = containers(pod).flat_map(|it| it.args.iter().flatten());
    let mut values = args.filter_map(|arg| arg.strip_prefix(name)?.strip_prefix('='));
    values.next()
}

fn installation_of(pod: &Pod) -> &str {
    flag(pod, "--installation").unwrap_or(Installation::DEFAULT)
}

fn merger(pod: &Pod) -> Option<MergerPod> {
    let ports = containers(pod).flat_map(|it| it.ports.iter().flatten());
    let mut named = ports.filter(|port| port.name.as_deref() == Some(PORT_NAME));
    let port = named.next().map(|port| port.container_port);
    Some(MergerPod {
        namespace: pod.metadata.namespace.clone()?,
        name: pod.metadata.name.clone()?,
        port: port
            .and_then(|port| u16::try_from(port).ok())
            .unwrap_or(PORT),
        with_tls: flag(pod, "--tls-dir").is_some(),
    })
}
