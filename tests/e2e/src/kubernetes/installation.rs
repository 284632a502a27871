//! An API server, the accounts of deploy/, a sandbox, and the five programs, some of them more than once.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::process::{Process, run, run_within};
use crate::sandbox::inventory;
use crate::system::words;
use crate::trust::{Authority, Identity};
use crate::{address, web};
use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;
use tributary_tests_kubernetes::cluster::Cluster;
use tributary_tests_kubernetes::crds::Channel;
use tributary_tests_kubernetes::server::{Options, Server};

use super::objects::{apply, manifests, repository};

/// Where the accounts and the Leases are, as in deploy/.
pub const NAMESPACE: &str = "tributary-system";

/// Services have 20 seconds to stop; a busy machine some more.
pub(super) const STOP_DEADLINE: Duration = Duration::from_secs(25);

/// Everything is at rest by then.
const SETTLED: Duration = Duration::from_secs(80);

/// A program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Reads the cluster.
    Watcher,
    /// In the middle; one of them leads.
    Merger,
    /// Of ALBs; they divide them.
    AlbProgrammer,
    /// Of NLBs; they divide them.
    NlbProgrammer,
    /// Writes to the cluster; one of them leads.
    StatusWriter,
}

/// The services.
pub const FIVE: [Part; 5] = [
    Part::Watcher,
    Part::Merger,
    Part::AlbProgrammer,
    Part::NlbProgrammer,
    Part::StatusWriter,
];

impl Part {
    /// Of its account, and of its program without the prefix.
    pub fn name(self) -> &'static str {
        match self {
            Self::Watcher => "watcher",
            Self::Merger => "merger",
            Self::AlbProgrammer => "alb-programmer",
            Self::NlbProgrammer => "nlb-programmer",
            Self::StatusWriter => "status-writer",
        }
    }
}

/// Everything, and what runs of it.
pub struct Installation {
    // Before the folder: what is dropped first can still show its log.
    running: BTreeMap<(Part, usize), Process>,
    _sandbox: Process,
    /// Of the local AWS.
    pub sandbox: SocketAddr,
    server: Server,
    kubeconfigs: BTreeMap<Part, PathBuf>,
    watcher: SocketAddr,
    /// Of up to two replicas.
    mergers: [SocketAddr; 2],
    /// Of every replica that was ever started.
    admins: BTreeMap<(Part, usize), SocketAddr>,
    host: IpAddr,
    certified: bool,
    folder: TempDir,
}

impl Installation {
    /// The CRDs and the accounts are there; of the programs only the sandbox runs.
    pub async fn new(api_server_args: Vec<String>) -> Self {
        let options = Options {
            api_server_args,
            ..Options::default()
        };
        Self::with(options, &json!({})).await
    }

    /// On such an API server, with quotas in the shape of `PUT /_sandbox/quotas`.
    pub async fn with(options: Options, quotas: &Value) -> Self {
        let server = Server::start(options).await;
        let cluster = server.cluster();
        cluster.install_crds(Channel::Standard).await;
        let namespace = json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": { "name": NAMESPACE },
        });
        apply(cluster, &[namespace]).await;
        apply(cluster, &manifests(&repository("deploy/rbac"))).await;
        let mut kubeconfigs = BTreeMap::new();
        for part in FIVE {
            let account = format!("tributary-{}", part.name());
            let kubeconfig = cluster.kubeconfig_of(NAMESPACE, &account).await;
            kubeconfigs.insert(part, kubeconfig);
        }
        let host = address::host();
        let folder = TempDir::new().unwrap();
        let sandbox = address::free(host);
        Self {
            running: BTreeMap::new(),
            _sandbox: start_sandbox(&folder, sandbox, quotas),
            sandbox,
            kubeconfigs,
            watcher: address::free(host),
            mergers: [address::free(host), address::free(host)],
            admins: BTreeMap::new(),
            host,
            certified: false,
            folder,
            server,
        }
    }

    /// With one replica of each program.
    pub async fn of_five() -> Self {
        let mut installation = Self::new(Vec::new()).await;
        for part in FIVE {
            installation.start(part, 0);
        }
        installation
    }

    /// Stops the API server, and nothing else.
    pub async fn stop_api_server(&mut self) {
        self.server.stop().await;
    }

    /// Certificates of this authority for all of them, before they are started; people may come with tokens then.
    pub fn certify(&mut self, authority: &Authority) {
        let folder = self.folder.path().join("tls");
        std::fs::create_dir(&folder).unwrap();
        for service in FIVE.map(Part::name).into_iter().chain(["client"]) {
            authority.write(&folder, service);
        }
        self.certified = true;
    }

    /// An address for one more port of a program.
    pub fn free_address(&self) -> SocketAddr {
        address::free(self.host)
    }

    /// Shows another certificate of a service, of one that runs as well.
    pub fn certify_anew(&self, authority: &Authority, part: Part, identity: &Identity) {
        let folder = self.folder.path().join("tls");
        authority.write_identity(&folder, part.name(), identity);
    }

    /// The arguments with which a service, or a `client`, shows its certificate.
    fn certificate(&self, service: &str) -> Vec<OsString> {
        if !self.certified {
            return Vec::new();
        }
        let folder = self.folder.path().join("tls").join(service);
        vec!["--tls-dir".into(), folder.into()]
    }

    /// The API server, as its admin.
    pub fn cluster(&self) -> &Cluster {
        self.server.cluster()
    }

    /// Starts a replica that does not run.
    pub fn start(&mut self, part: Part, replica: usize) {
        self.start_with(part, replica, &[]);
    }

    /// The same with more arguments.
    pub fn start_with(&mut self, part: Part, replica: usize, more: &[&str]) {
        let program = format!("tributary-{}", part.name());
        let log = self.log_file(part, replica);
        let host = self.host;
        let admin = *self
            .admins
            .entry((part, replica))
            .or_insert_with(|| address::free(host));
        let mut arguments = self.arguments(part, replica);
        arguments.extend(words(&["--admin-listen", &admin.to_string()]));
        arguments.extend(words(more));
        let process = Process::start(&program, &arguments, &log);
        let earlier = self.running.insert((part, replica), process);
        assert!(earlier.is_none(), "{part:?} {replica} was running");
    }

    /// SIGKILL.
    pub fn kill(&mut self, part: Part, replica: usize) {
        drop(self.running.remove(&(part, replica)).unwrap());
    }

    /// Asks for a graceful stop, and returns the exit code.
    pub async fn stop(&mut self, part: Part, replica: usize) -> Option<i32> {
        let process = self.running.remove(&(part, replica)).unwrap();
        process.terminate();
        process.ended(STOP_DEADLINE).await.code()
    }

    /// Stops all that runs but the sandbox and the API server.
    pub async fn stop_all(&mut self) {
        let running: Vec<_> = self.running.keys().copied().collect();
        for (part, replica) in running {
            assert_eq!(self.stop(part, replica).await, Some(0), "{part:?}");
        }
    }

    /// Waits until everything in the cluster is judged, programmed and written.
    pub async fn settled(&self) {
        self.settled_within(SETTLED).await;
    }

    /// With another patience.
    pub async fn settled_within(&self, patience: Duration) {
        let server = self.mergers.map(|merger| merger.to_string()).join(",");
        let timeout = format!("{}s", patience.as_secs());
        let mut arguments = words(&["wait", "--timeout", &timeout, "--server", &server]);
        arguments.extend(self.certificate("client"));
        let ended = run_within(patience * 2, "tributary", &arguments).await;
        assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    }

    /// What `tributary get` lists of a kind, in every namespace; nothing as long as the merger does not answer.
    pub async fn listed(&self, what: &str) -> Vec<Value> {
        let server = self.mergers[0].to_string();
        let mut arguments = words(&["get", what, "-A", "-o", "json", "--server", &server]);
        arguments.extend(self.certificate("client"));
        let ended = run("tributary", &arguments).await;
        let list: Value = serde_json::from_str(&ended.stdout).unwrap_or_default();
        list["items"].as_array().cloned().unwrap_or_default()
    }

    /// What AWS holds, a line for each thing.
    pub async fn inventory(&self) -> Vec<String> {
        inventory(self.sandbox).await
    }

    /// `up --once` on this cluster with a sandbox of its own: what that holds in the end.
    pub async fn from_scratch(&self) -> Vec<String> {
        let host = address::host();
        let (server, aws) = (address::free(host), address::free(host));
        let sandbox = start_sandbox(&self.folder, aws, &json!({}));
        let mut arguments = words(&["up", "--once", "--timeout", "80s"]);
        arguments.extend(words(&["--source", "kubernetes", "--kubeconfig"]));
        arguments.push(self.cluster().kubeconfig().as_os_str().to_owned());
        arguments.extend(words(&["--grpc-listen", &server.to_string()]));
        arguments.extend(words(&["--aws", &format!("http://{aws}")]));
        let ended = run("tributary", &arguments).await;
        assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
        let held = inventory(aws).await;
        drop(sandbox);
        held
    }

    /// Number of the process of a replica that runs.
    pub fn process_id(&self, part: Part, replica: usize) -> u32 {
        self.running[&(part, replica)].id()
    }

    /// Tells a replica to stand still, or to go on.
    pub fn signal(&self, part: Part, replica: usize, signal: Signal) {
        self.running[&(part, replica)].signal(signal);
    }

    /// All of a replica's metrics.
    pub async fn metrics(&self, part: Part, replica: usize) -> String {
        let admin = self.admins[&(part, replica)];
        let (_, text) = web::get(&format!("http://{admin}/metrics")).await.unwrap();
        text
    }

    /// One line of a replica's metrics, as a number; 0 if there is none yet.
    pub async fn metric(&self, part: Part, replica: usize, series: &str) -> f64 {
        let metric = self.metric_if_it_answers(part, replica, series).await;
        metric.unwrap()
    }

    /// Of one that may just be starting.
    pub async fn metric_if_it_answers(
        &self,
        part: Part,
        replica: usize,
        series: &str,
    ) -> Option<f64> {
        let admin = self.admins[&(part, replica)];
        let (_, text) = web::get(&format!("http://{admin}/metrics")).await.ok()?;
        let line = text.lines().find_map(|line| line.strip_prefix(series));
        Some(line.map_or(0.0, |line| line.trim().parse().unwrap()))
    }

    /// All that a replica has logged.
    pub fn log(&self, part: Part, replica: usize) -> String {
        std::fs::read_to_string(self.log_file(part, replica)).unwrap()
    }

    fn log_file(&self, part: Part, replica: usize) -> PathBuf {
        let name = format!("{}-{replica}", part.name());
        self.folder.path().join(name)
    }

    /// Where the programs may write, with all that they have written; credentials of the cluster are elsewhere.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Where the watcher serves its contract.
    pub fn watcher(&self) -> SocketAddr {
        self.watcher
    }

    /// Where a merger serves its contracts.
    pub fn merger(&self, replica: usize) -> SocketAddr {
        self.mergers[replica]
    }

    /// All of AWS, as the sandbox shows it.
    pub async fn state(&self) -> Value {
        let url = format!("http://{}/_sandbox/state", self.sandbox);
        let (_, state) = web::get(&url).await.unwrap();
        serde_json::from_str(&state).unwrap()
    }

    /// Whether nothing is left in AWS but what was there before.
    pub async fn is_clean(&self) -> bool {
        let state = self.state().await;
        let regions = state["regions"].as_object().unwrap();
        regions.values().all(|region| {
            ["load_balancers", "listeners", "target_groups"]
                .iter()
                .all(|what| region[what].as_object().unwrap().is_empty())
        })
    }

    fn arguments(&self, part: Part, replica: usize) -> Vec<OsString> {
        let scheme = if self.certified { "https" } else { "http" };
        let url = |address: SocketAddr| format!("{scheme}://{address}");
        let mergers = self.mergers.map(url).join(",");
        let mut arguments = match part {
            Part::Watcher => words(&[
                "--source",
                "kubernetes",
                "--grpc-listen",
                &self.watcher.to_string(),
            ]),
            Part::Merger => words(&[
                "--leader-election",
                "--token-review",
                "--watcher",
                &url(self.watcher),
                "--grpc-listen",
                &self.mergers[replica].to_string(),
            ]),
            Part::AlbProgrammer | Part::NlbProgrammer => words(&[
                "--source",
                "kubernetes",
                "--merger",
                &mergers,
                "--aws",
                &format!("http://{}", self.sandbox),
            ]),
            Part::StatusWriter => {
                words(&["--kubernetes", "--leader-election", "--merger", &mergers])
            }
        };
        arguments.push("--kubeconfig".into());
        arguments.push(self.kubeconfigs[&part].as_os_str().to_owned());
        arguments.extend(self.certificate(part.name()));
        arguments
    }
}

fn start_sandbox(folder: &TempDir, listen: SocketAddr, quotas: &Value) -> Process {
    let arguments = words(&[
        "--listen",
        &listen.to_string(),
        "--issued-certificate",
        "app.example.com",
        "--quotas",
        &quotas.to_string(),
    ]);
    let log = folder.path().join(format!("sandbox-{}", listen.port()));
    Process::start("tributary-sandbox", &arguments, &log)
}
