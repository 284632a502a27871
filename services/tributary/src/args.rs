//! The command line. Names and shapes are a contract: scripts depend on them.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use clap::{Args, Parser, Subcommand, ValueEnum};
use clap_complete::Shell;
use tributary_kubernetes::{InstallationArgs, LbcLease, ReachArgs, SourceArg};
use tributary_model::selector::LabelSelector;
use tributary_programmer::Endpoint;

use crate::query::{GetOutput, Output, Path, PathError, Selector, SelectorError, Template, labels};

/// One AWS load balancer for many teams: Gateways, ListenerSets and routes, programmed and explained.
#[derive(Debug, Parser)]
#[command(name = "tributary", version, propagate_version = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Run everything in one process: read a folder, program load balancers, write status.
    Up(Box<UpArgs>),
    /// Wait until everything read so far is judged and programmed or refused, and reported.
    Wait(WaitArgs),
    /// Show what was resolved.
    Get(GetArgs),
    /// Show one object with all that is known of it.
    Describe(DescribeArgs),
    /// Say who wins, why, and what would change it.
    Explain(ExplainArgs),
    /// Say how an installation is, in one screen: exit code 0 well, 1 degraded, 2 not reached.
    Status(StatusArgs),
    /// Print the least IAM policy for a programmer.
    Iam(IamArgs),
    /// Print a script by which a shell completes what is typed.
    Completion(CompletionArgs),
    /// Write the manual pages.
    Man(ManArgs),
    /// Run the local AWS alone.
    Sandbox(tributary_sandbox::Args),
    /// Run the watcher.
    Watcher(tributary_watcher::Args),
    /// Run the merger.
    Merger(tributary_merger::Args),
    /// Run the ALB programmer.
    AlbProgrammer(tributary_alb_programmer::Args),
    /// Run the NLB programmer.
    NlbProgrammer(tributary_nlb_programmer::Args),
    /// Run the status writer.
    StatusWriter(tributary_status_writer::Args),
    /// Make and renew the certificates of the services in Kubernetes, and end.
    Certificates(tributary_certificates::Args),
}

#[derive(Debug, Args)]
pub(crate) struct UpArgs {
    /// A folder (or file) of manifests; the document's example when absent.
    #[arg(long, value_name = "PATH|kubernetes")]
    pub(crate) source: Option<SourceArg>,
    /// For `--source kubernetes`; without it as kubectl does it.
    #[arg(long, value_name = "FILE")]
    pub(crate) kubeconfig: Option<PathBuf>,
    /// For `--source kubernetes`, the Lease of the AWS Load Balancer Controller, or `none`: while it is renewed, Gateways of
    /// that program's classes that are not ours yet are left alone.
    #[arg(long, value_name = "NAMESPACE/NAME|none")]
    pub(crate) lbc_lease: Option<LbcLease>,
    /// Write every object that gets a status to DIR/KIND/NAMESPACE/NAME.yaml.
    #[arg(long, value_name = "DIR")]
    pub(crate) status_dir: Option<PathBuf>,
    /// What must survive a restart: first-seen times and last good versions.
    #[arg(long, value_name = "DIR", default_value = ".tributary")]
    pub(crate) state_dir: PathBuf,
    /// For a folder, believe that it is meant when all its manifests are gone at once; else what they held counts on until
    /// there are manifests again.
    #[arg(long)]
    pub(crate) allow_empty_source: bool,
    /// End when settled: 0 if every object was judged, 1 otherwise.
    #[arg(long)]
    pub(crate) once: bool,
    /// With --once: how long to wait.
    #[arg(long, default_value = "60s", value_parser = duration)]
    pub(crate) timeout: Duration,
    /// With --once: what to print at the end.
    #[arg(short, long, value_enum, default_value_t = Output::Table)]
    pub(crate) output: Output,
    /// Serve every contract on this address; 127.0.0.1:7070 when absent, or a free port if that is taken.
    #[arg(long, value_name = "ADDR")]
    pub(crate) grpc_listen: Option<SocketAddr>,
    /// Address of the embedded sandbox; loopback only.
    #[arg(long, value_name = "ADDR", default_value = "127.0.0.1:0")]
    pub(crate) sandbox_listen: SocketAddr,
    /// Which AWS: the embedded sandbox, the real one, or an endpoint URL.
    #[arg(long, value_name = "sandbox|real|URL", default_value = "sandbox")]
    pub(crate) aws: AwsArg,
    #[command(flatten)]
    pub(crate) environment: tributary_programmer::EnvironmentArgs,
    #[command(flatten)]
    pub(crate) defaults: tributary_programmer::DefaultsArgs,
    #[command(flatten)]
    pub(crate) targets: tributary_merger::TargetArgs,
    #[command(flatten)]
    pub(crate) common: tributary_runtime::CommonArgs,
}

/// Where a running `up` or merger is.
#[derive(Debug, Args)]
pub(crate) struct ServerArgs {
    /// gRPC address of `tributary up` or of a merger; of several, separated by commas, the next when one is gone or does
    /// not lead. Without it: 127.0.0.1:7070 if something listens there and nothing is said of Kubernetes, else the mergers of
    /// the kubeconfig's cluster, through the API server.
    #[arg(long, value_name = "ADDR", env = "TRIBUTARY_SERVER")]
    pub(crate) server: Option<String>,

    /// Folder with `tls.crt`, `tls.key` and `ca.crt` of a client of the installation, for a merger that asks for one.
    #[arg(long, value_name = "DIR", env = "TRIBUTARY_TLS_DIR")]
    pub(crate) tls_dir: Option<PathBuf>,

    /// Certificates of the authority by which the merger's own is believed, PEM; else the installation's, from the cluster.
    #[arg(
        long,
        value_name = "FILE",
        env = "TRIBUTARY_CA_FILE",
        conflicts_with = "tls_dir"
    )]
    pub(crate) ca_file: Option<PathBuf>,

    /// The token that says who asks; else the kubeconfig's user's.
    #[arg(long, value_name = "FILE", env = "TRIBUTARY_TOKEN_FILE", conflicts_with_all = ["tls_dir", "as_account"])]
    pub(crate) token_file: Option<PathBuf>,

    #[command(flatten)]
    pub(crate) reach: ReachArgs,

    /// Name of the installation that the merger is of.
    #[command(flatten)]
    pub(crate) installation: InstallationArgs,
}

#[derive(Debug, Args)]
pub(crate) struct WaitArgs {
    #[command(flatten)]
    pub(crate) server: ServerArgs,
    /// Exit with 1 when this has passed.
    #[arg(long, default_value = "60s", value_parser = duration)]
    pub(crate) timeout: Duration,
}

#[derive(Debug, Args)]
pub(crate) struct GetArgs {
    /// What to show.
    #[arg(value_enum)]
    pub(crate) what: What,
    /// One object: NS/NAME, or NAME in the namespace of -n.
    #[arg(value_name = "NS/NAME")]
    pub(crate) name: Option<String>,
    /// Only this namespace.
    #[arg(short, long)]
    pub(crate) namespace: Option<String>,
    /// Every namespace. So it is without -n for who may see them all; who may not sees the namespace of the context.
    #[arg(short = 'A', long, conflicts_with = "namespace")]
    pub(crate) all_namespaces: bool,
    /// How to print: `table`, `wide`, `yaml`, `json`, `jsonpath=TEMPLATE` or `custom-columns=NAME:PATH,...`, with the
    /// expressions of kubectl (`{.items[*].metadata.name}`) over what `json` prints.
    #[arg(short, long, value_name = "FORM", default_value = "table")]
    pub(crate) output: GetOutput,
    /// Only the value of this expression, with a line end: `--field '{.status}'`, or without the braces.
    #[arg(long, value_name = "PATH", conflicts_with = "output", value_parser = field)]
    pub(crate) field: Option<Template>,
    /// Only objects with such labels, and listeners of such owners: KEY=VALUE, KEY!=VALUE, KEY in (A,B), KEY notin (A,B), KEY,
    /// !KEY, several separated by commas.
    #[arg(short = 'l', long, value_name = "SELECTOR", value_parser = label_selector)]
    pub(crate) selector: Option<LabelSelector>,
    /// Only what this selects, in the same words, where a KEY is a field of `-o json`, such as `state` or `metadata.namespace`.
    #[arg(long, value_name = "SELECTOR")]
    pub(crate) field_selector: Option<Selector>,
    /// Order by the value of this expression in each item: numbers by size, the rest by its text.
    #[arg(long, value_name = "PATH")]
    pub(crate) sort_by: Option<Path>,
    /// Go on printing what changes, until Ctrl-C: the server is asked again each second. What is gone is printed as it was.
    #[arg(short, long)]
    pub(crate) watch: bool,
    /// With --watch: say of each whether it was ADDED, MODIFIED or DELETED.
    #[arg(long, requires = "watch")]
    pub(crate) output_watch_events: bool,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct DescribeArgs {
    /// gateway, listenerset, httproute, grpcroute, tcproute, udproute, tlsroute or gatewayclass.
    pub(crate) kind: String,
    /// NS/NAME, or NAME in the namespace of -n; for a `GatewayClass` just NAME.
    #[arg(value_name = "NS/NAME")]
    pub(crate) name: String,
    /// Its namespace; without it that of the context.
    #[arg(short, long)]
    pub(crate) namespace: Option<String>,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// gateway, listenerset, httproute, grpcroute, tcproute, udproute, tlsroute or gatewayclass.
    pub(crate) kind: String,
    /// NS/NAME; for a `GatewayClass` just NAME.
    #[arg(value_name = "NS/NAME")]
    pub(crate) name: String,
    /// One listener of a Gateway or `ListenerSet`.
    pub(crate) listener: Option<String>,
    /// How to print.
    #[arg(short, long, value_enum, default_value_t = Output::Table)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct CompletionArgs {
    /// Which shell: `source <(tributary completion bash)`.
    #[arg(value_enum)]
    pub(crate) shell: Shell,
}

#[derive(Debug, Args)]
pub(crate) struct ManArgs {
    /// Folder for `tributary.1`, `tributary-get.1` …
    #[arg(value_name = "DIR")]
    pub(crate) folder: PathBuf,
}

#[derive(Debug, Args)]
pub(crate) struct StatusArgs {
    /// How to print.
    #[arg(short, long, value_enum, default_value_t = Output::Table)]
    pub(crate) output: Output,
    #[command(flatten)]
    pub(crate) server: ServerArgs,
}

#[derive(Debug, Args)]
pub(crate) struct IamArgs {
    /// What the programmer programs.
    #[arg(long, value_enum)]
    pub(crate) kind: Programmed,
    /// The programmer's `--cluster`: what carries another cluster's tag cannot be changed.
    #[arg(long, value_name = "NAME")]
    pub(crate) cluster: String,
    /// `aws`, `aws-cn` or `aws-us-gov`.
    #[arg(long, value_name = "NAME", default_value = "aws")]
    pub(crate) partition: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Programmed {
    Alb,
    Nlb,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum What {
    #[value(alias = "gateway", alias = "gtw")]
    Gateways,
    #[value(alias = "listenerset", alias = "lset")]
    Listenersets,
    #[value(alias = "listener")]
    Listeners,
    #[value(alias = "route")]
    Routes,
    #[value(alias = "loadbalancer", alias = "lb")]
    Loadbalancers,
    #[value(alias = "conflict")]
    Conflicts,
}

fn label_selector(text: &str) -> Result<LabelSelector, SelectorError> {
    labels(text)
}

fn field(text: &str) -> Result<Template, PathError> {
    Template::field(text)
}

/// `--aws`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum AwsArg {
    Sandbox,
    Elsewhere(Endpoint),
}

impl FromStr for AwsArg {
    type Err = String;

    fn from_str(value: &str) -> Result<Self, Self::Err> {
        match value {
            "sandbox" => Ok(Self::Sandbox),
            elsewhere => elsewhere
                .parse()
                .map(Self::Elsewhere)
                .map_err(|_| "expected sandbox, real, or an http:// or https:// URL".to_owned()),
        }
    }
}

/// `60s`, `2m`, `1m30s`, `500ms`: jiff's friendly format, as Go's and kubectl's.
fn duration(value: &str) -> Result<Duration, String> {
    let span: jiff::SignedDuration = value
        .parse()
        .map_err(|error: jiff::Error| error.to_string())?;
    Duration::try_from(span).map_err(|error| error.to_string())
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use clap::{CommandFactory, Parser};

    use super::Cli;

    /// Of flags that several services bring along no two have one name.
    #[test]
    fn the_command_line_is_consistent() {
        Cli::command().debug_assert();
    }

    /// What deploy/tests has seen the chart of deploy/ give to each container, for several values.
    #[test]
    fn the_flags_of_the_chart_are_taken() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/tests/flags");
        let mut services = 0;
        for entry in std::fs::read_dir(folder).unwrap() {
            let file = entry.unwrap().path();
            let text = std::fs::read_to_string(&file).unwrap();
            let containers: BTreeMap<String, Vec<String>> = serde_saphyr::from_str(&text).unwrap();
            for (service, flags) in containers {
                let words = std::iter::once("tributary".to_owned()).chain(flags);
                if let Err(error) = Cli::try_parse_from(words) {
                    panic!("{}: {service}: {error}", file.display());
                }
                services += 1;
            }
        }
        assert!(services >= 5, "{services}");
    }
}
