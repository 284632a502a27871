//! The command line of `tributary sandbox`.

use std::net::SocketAddr;
use std::time::Duration;

use crate::clock::Clock;
use crate::faults::FaultOptions;
use crate::options::{Audience, Options, Reachability, SeedOptions};
use crate::quotas::Quotas;

/// The local AWS: Elastic Load Balancing v2, EC2, ACM, tagging and STS on a port.
#[derive(Clone, Debug, clap::Args)]
pub struct Args {
    /// Address to listen on; loopback only, unless --listen-anywhere is given.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:4566")]
    pub listen: SocketAddr,
    /// Listen on an address that other machines or pods reach, too: whoever does may do everything.
    #[arg(long)]
    pub listen_anywhere: bool,
    /// Account number that stands in every ARN.
    #[arg(long, value_name = "DIGITS", default_value = "123456789012", value_parser = account)]
    pub account: String,
    /// Region of requests that are not signed.
    #[arg(long, value_name = "REGION", default_value = "us-west-2")]
    pub default_region: String,
    /// Milliseconds until a load balancer is active and a target healthy.
    #[arg(long, value_name = "MS", default_value_t = 1000)]
    pub provisioning_ms: u64,
    /// Host name for which ACM holds an issued certificate; may be repeated.
    #[arg(
        long = "issued-certificate",
        value_name = "HOST",
        default_value = "app.example.com"
    )]
    pub issued_certificates: Vec<String>,
    /// Name of a trust store for mutual TLS; may be repeated.
    #[arg(long = "trust-store", value_name = "NAME")]
    pub trust_stores: Vec<String>,
    /// S3 bucket that load balancers may write their logs to; may be repeated. Without it every bucket is one.
    #[arg(long = "log-bucket", value_name = "NAME")]
    pub log_buckets: Vec<String>,
    /// How long what a deleted load balancer used stays in use: 0s, 30s, 2m.
    #[arg(long, value_name = "DURATION", default_value = "0s", value_parser = duration)]
    pub lagging_deletes: Duration,
    /// Targets are healthy only where security groups let the load balancer in.
    #[arg(long)]
    pub reachability: bool,
    /// Kubernetes cluster whose security group the seeded nodes and pods have.
    #[arg(long, value_name = "NAME")]
    pub seed_cluster: Option<String>,
    /// Milliseconds that every call takes at least.
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub latency_ms: u64,
    /// Faults as JSON, in the shape of `PUT /_sandbox/faults`.
    #[arg(long, value_name = "JSON", value_parser = faults)]
    pub faults: Option<FaultOptions>,
    /// Quotas as JSON, in the shape of `PUT /_sandbox/quotas`; those not named keep AWS's value.
    #[arg(long, value_name = "JSON", value_parser = quotas)]
    pub quotas: Option<Quotas>,
}

impl Args {
    /// The options that these arguments stand for.
    pub fn into_options(self) -> Options {
        let Self {
            listen,
            listen_anywhere,
            account,
            default_region,
            provisioning_ms,
            issued_certificates,
            trust_stores,
            log_buckets,
            lagging_deletes,
            reachability,
            seed_cluster,
            latency_ms,
            faults,
            quotas,
        } = self;
        let mut faults = faults.unwrap_or_default();
        faults.latency_ms = faults.latency_ms.max(latency_ms);
        Options {
            listen,
            audience: if listen_anywhere {
                Audience::Anybody
            } else {
                Audience::ThisMachine
            },
            account,
            default_region,
            seed: SeedOptions {
                issued_certificates,
                trust_stores,
                log_buckets: (!log_buckets.is_empty()).then(|| log_buckets.into_iter().collect()),
                cluster: seed_cluster,
                ..SeedOptions::default()
            },
            quotas: quotas.unwrap_or_default(),
            provisioning: Duration::from_millis(provisioning_ms),
            lagging_deletes,
            reachability: if reachability {
                Reachability::BySecurityGroups
            } else {
                Reachability::Everything
            },
            faults,
            clock: Clock::System,
        }
    }
}

fn account(text: &str) -> Result<String, String> {
    if text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Ok(text.to_owned());
    }
    Err("an account number has twelve digits".to_owned())
}

fn duration(text: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration = text
        .parse()
        .map_err(|error: jiff::Error| error.to_string())?;
    Duration::try_from(span).map_err(|error| error.to_string())
}

fn faults(text: &str) -> Result<FaultOptions, serde_json::Error> {
    serde_json::from_str(text)
}

fn quotas(text: &str) -> Result<Quotas, serde_json::Error> {
    serde_json::from_str(text)
}
