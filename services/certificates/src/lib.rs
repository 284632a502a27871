//! The services' certificates: an authority and one certificate for each service, kept in Secrets and renewed in time.
//!
//! ```text
//!  Secrets, ConfigMap ─ read ─> Held ── decide (pure) ──> Decision ── issue: keys, signatures ──> written where they differ
//! ```
//!
//! | object | what is in it | who reads it |
//! |---|---|---|
//! | Secret `NAME-authority` | certificates and keys of the authorities | the next run |
//! | Secret `NAME-SERVICE-tls` | `ca.crt`, `tls.crt`, `tls.key` | pods of the service, by `--tls-dir`; of `client`: people |
//! | ConfigMap `NAME-ca` | `ca.crt` | whoever has a token and no certificate |
//! | a MutatingWebhookConfiguration | `caBundle`; the rest is who made it's | the API server, which asks the merger |
//!
//! A run does what is to be done now and ends: a Job at each installation and upgrade, and a CronJob. All that it knows is in
//! the objects, so it may end after any write, and two may run at once: each write names the version that it replaces, and the
//! second begins again.
//!
//! **Knows:** who gets a certificate, when it is renewed, who signs, and whom to trust meanwhile.
//!
//! **Must not know:** what services do with them (`tributary-runtime`), who may call what (`tributary-proto`).

pub mod decide;
mod issue;
mod names;
mod objects;
mod run;

use std::path::PathBuf;

use clap::builder::NonEmptyStringValueParser;
use tributary_kubernetes::lease::DEFAULT_NAMESPACE;
use tributary_kubernetes::{ConnectError, InstallationArgs};
use tributary_proto::access::Caller;
use tributary_runtime::CommonArgs;

pub use run::{RunError, run};

/// The command line.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// What the names of the objects begin with: `NAME-authority`, `NAME-merger-tls`, `NAME-ca`.
    #[arg(long, value_name = "NAME", default_value = "tributary", value_parser = NonEmptyStringValueParser::new())]
    pub name: String,
    /// Namespace of the objects.
    #[arg(
        long,
        value_name = "NAMESPACE",
        env = "POD_NAMESPACE",
        default_value = DEFAULT_NAMESPACE
    )]
    pub namespace: String,
    /// Who gets a certificate. What another run made for others is deleted.
    #[arg(
        long = "for",
        value_name = "SERVICE",
        value_delimiter = ',',
        value_parser = service,
        default_value = "watcher,merger,alb-programmer,nlb-programmer,status-writer,client"
    )]
    pub services: Vec<Caller>,
    /// More names of a service's certificate, `SERVICE=HOST`, for who knows it by its address: the API server, which asks the merger
    /// about new pods.
    #[arg(long, value_name = "SERVICE=HOST", value_delimiter = ',', value_parser = host)]
    pub hosts: Vec<(Caller, String)>,
    /// Name of a MutatingWebhookConfiguration. It is there already; only whom its webhooks trust (`caBundle`) is kept.
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    pub webhook: Option<String>,
    /// Labels of the objects, `KEY=VALUE`.
    #[arg(long, value_name = "KEY=VALUE", value_delimiter = ',', value_parser = label)]
    pub labels: Vec<(String, String)>,
    /// Seconds after which every pod has what is written: the kubelet's syncFrequency and what its cache adds, and some more.
    #[arg(long, value_name = "N", default_value_t = 3600)]
    pub settle_seconds: u32,
    /// As whom to ask which API server: without it $KUBECONFIG, ~/.kube/config, or the pod's service account.
    #[arg(long, value_name = "FILE")]
    pub kubeconfig: Option<PathBuf>,
    /// Whose services they are.
    #[command(flatten)]
    pub installation: InstallationArgs,
    /// Of every program.
    #[command(flatten)]
    pub common: CommonArgs,
}

fn service(name: &str) -> Result<Caller, String> {
    let certified = || Caller::ALL.into_iter().filter(|it| it.has_certificate());
    let known = || certified().map(Caller::name).collect::<Vec<_>>().join(", ");
    Caller::by_name(name).ok_or_else(|| format!("expected one of {}", known()))
}

fn host(text: &str) -> Result<(Caller, String), String> {
    let (name, host) = text.split_once('=').ok_or("expected SERVICE=HOST")?;
    Ok((service(name)?, host.to_owned()))
}

fn label(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

/// Why there are no certificates.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no way to an API server.
    #[error(transparent)]
    Connect(#[from] ConnectError),
    /// It was tried until now.
    #[error("certificates are not as they should be")]
    Run(#[from] RunError),
}
