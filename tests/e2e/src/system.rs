//! A running system: `up`, or the sandbox and the five programs.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use rustix::process::Signal;
use serde_json::{Value, json};
use tempfile::TempDir;

use crate::address;
use crate::manifests::{CERTIFICATE, World};
use crate::process::{Process, Release, run};
use crate::sandbox::inventory;
use crate::status::{self, Statuses};
use crate::trust::{self, Authority};
use crate::web;

/// Services have 20 seconds to stop; a busy machine some more.
const STOP_DEADLINE: Duration = Duration::from_secs(25);

/// What can be started, killed and started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Part {
    /// Everything in one process, the sandbox too.
    Up,
    /// The local AWS.
    Sandbox,
    /// Follows the source folder.
    Watcher,
    /// In the middle.
    Merger,
    /// Of ALBs.
    AlbProgrammer,
    /// Of NLBs.
    NlbProgrammer,
    /// Writes the status folder.
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

/// Folders and addresses of one system, and what runs of it.
#[derive(Debug)]
pub struct System {
    // Before the folder: what is dropped first can still show its log.
    running: BTreeMap<Part, Process>,
    folder: TempDir,
    /// Its gRPC address.
    pub watcher: SocketAddr,
    /// Its gRPC address; that of `up`, too.
    pub merger: SocketAddr,
    merger_admin: SocketAddr,
    /// Of the sandbox, whoever runs it.
    pub sandbox: SocketAddr,
    /// In the shape of `PUT /_sandbox/faults`: in force before the first call.
    pub first_faults: Value,
    /// In the shape of `PUT /_sandbox/quotas`.
    pub quotas: Value,
    /// Host name of the certificate that ACM holds.
    pub certificate: &'static str,
    /// More arguments for everything but the sandbox.
    pub more: Vec<OsString>,
    certified: bool,
}

/// Everybody who has a certificate.
const SERVICES: [&str; 6] = [
    "watcher",
    "merger",
    "alb-programmer",
    "nlb-programmer",
    "status-writer",
    "client",
];

impl System {
    /// Nothing runs yet, and the source folder is empty.
    #[expect(
        clippy::new_without_default,
        reason = "it makes folders and takes ports"
    )]
    pub fn new() -> Self {
        let folder = TempDir::new().unwrap();
        for name in ["source", "status", "state", "logs", "tls"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let host: IpAddr = address::host();
        Self {
            running: BTreeMap::new(),
            folder,
            watcher: address::free(host),
            merger: address::free(host),
            merger_admin: address::free(host),
            sandbox: address::free(host),
            first_faults: json!({}),
            quotas: json!({}),
            certificate: "app.example.com",
            more: Vec::new(),
            certified: false,
        }
    }

    /// The sandbox and the five services with a regular world, of which everything is programmed and told.
    pub async fn of_world(world: World) -> Self {
        let mut system = Self::new();
        system.certificate = CERTIFICATE;
        world.write(&system.source());
        system.start(Part::Sandbox);
        for part in FIVE {
            system.start(part);
        }
        system.settled().await;
        system
    }

    /// The sandbox and the five services, in this order.
    pub fn of_five(order: [Part; 5]) -> Self {
        let mut system = Self::new();
        system.start(Part::Sandbox);
        for part in order {
            system.start(part);
        }
        system
    }

    /// The folder of manifests.
    pub fn source(&self) -> PathBuf {
        self.path("source")
    }

    /// The folder of status files.
    pub fn status(&self) -> PathBuf {
        self.path("status")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Starts a part that does not run.
    pub fn start(&mut self, part: Part) {
        self.start_release(Release::This, part);
    }

    /// The same of another release.
    pub fn start_release(&mut self, release: Release, part: Part) {
        self.start_also_with(release, part, &[]);
    }

    /// With an admin port, whose address is returned.
    pub fn start_with_admin(&mut self, part: Part) -> SocketAddr {
        if part == Part::Merger {
            // It always has one.
            self.start(part);
            return self.merger_admin;
        }
        let admin = address::free(self.merger.ip());
        self.start_also_with(
            Release::This,
            part,
            &words(&["--admin-listen", &admin.to_string()]),
        );
        admin
    }

    fn start_also_with(&mut self, release: Release, part: Part, also: &[OsString]) {
        let (program, mut args) = self.command(part);
        if part != Part::Sandbox {
            args.extend_from_slice(&self.more);
            args.extend(self.certified(program.trim_start_matches("tributary-")));
        }
        args.extend_from_slice(also);
        let log = self.path("logs").join(format!("{part:?}"));
        let process = Process::start_release(release, program, &args, &log);
        let earlier = self.running.insert(part, process);
        assert!(earlier.is_none(), "{part:?} was running");
    }

    /// Certificates of this authority for all of them: what runs finds them by itself.
    pub fn certify(&mut self, authority: &Authority) {
        for service in SERVICES {
            authority.write(&self.path("tls"), service);
        }
        self.certified = true;
    }

    /// Files of a certificate for one of them, made elsewhere.
    pub fn certify_with(&mut self, service: &str, files: &[(&str, &[u8])]) {
        trust::write(&self.path("tls"), service, files);
        self.certified = true;
    }

    /// The arguments with which a service, or a `client`, shows its certificate.
    pub fn certified(&self, service: &str) -> Vec<OsString> {
        if !self.certified {
            return Vec::new();
        }
        vec!["--tls-dir".into(), self.certificates(service).into()]
    }

    /// The folder of a service's certificate, key and authority, or of a `client`'s.
    pub fn certificates(&self, service: &str) -> PathBuf {
        self.path("tls").join(service)
    }

    /// SIGKILL.
    pub fn kill(&mut self, part: Part) {
        drop(self.running.remove(&part).unwrap());
    }

    /// Sends any signal, such as STOP and CONT.
    pub fn signal(&self, part: Part, signal: Signal) {
        self.running[&part].signal(signal);
    }

    /// Sends SIGTERM and does not wait.
    pub fn terminate(&self, part: Part) {
        self.running[&part].terminate();
    }

    /// Waits for the end of what was told to stop, and returns the exit code.
    pub async fn ended(&mut self, part: Part, within: Duration) -> Option<i32> {
        let process = self.running.remove(&part).unwrap();
        process.ended(within).await.code()
    }

    /// Asks for a graceful stop, and returns the exit code.
    pub async fn stop(&mut self, part: Part) -> Option<i32> {
        let process = self.running.remove(&part).unwrap();
        process.terminate();
        process.ended(STOP_DEADLINE).await.code()
    }

    /// Waits until everything in the folder is judged, programmed and written.
    pub async fn settled(&self) {
        let merger = self.merger.to_string();
        let mut args = words(&["wait", "--timeout", "60s", "--server", &merger]);
        args.extend(self.certified("client"));
        let ended = run("tributary", &args).await;
        assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    }

    /// Number of the process of a part that runs.
    pub fn process_id(&self, part: Part) -> u32 {
        self.running[&part].id()
    }

    /// Whether the merger has a whole snapshot, and has published what follows from it.
    pub async fn is_merged(&self) -> bool {
        let answer = web::get(&format!("http://{}/readyz", self.merger_admin)).await;
        // It may not have begun to listen yet.
        matches!(answer, Ok((200, _)))
    }

    /// The status files as they are.
    pub fn statuses(&self) -> Statuses {
        status::read(&self.path("status"))
    }

    /// See [`inventory`].
    pub async fn inventory(&self) -> Vec<String> {
        inventory(self.sandbox).await
    }

    /// All that a part has logged.
    pub fn log(&self, part: Part) -> String {
        std::fs::read_to_string(self.path("logs").join(format!("{part:?}"))).unwrap()
    }

    fn command(&self, part: Part) -> (&'static str, Vec<OsString>) {
        let (source, status, state) =
            (self.path("source"), self.path("status"), self.path("state"));
        let url = |address: SocketAddr| format!("http://{address}");
        let scheme = if self.certified { "https" } else { "http" };
        let service = |address: SocketAddr| format!("{scheme}://{address}");
        let folders = |names: &[(&str, &Path)]| -> Vec<OsString> {
            names
                .iter()
                .flat_map(|(flag, path)| [OsString::from(flag), path.as_os_str().to_owned()])
                .collect()
        };
        let programmer = || {
            [
                words(&[
                    "--merger",
                    &service(self.merger),
                    "--aws",
                    &url(self.sandbox),
                ]),
                folders(&[("--source", &source)]),
            ]
            .concat()
        };
        match part {
            Part::Up => (
                "tributary",
                [
                    words(&["up", "--grpc-listen", &self.merger.to_string()]),
                    words(&["--sandbox-listen", &self.sandbox.to_string()]),
                    folders(&[
                        ("--source", &source),
                        ("--status-dir", &status),
                        ("--state-dir", &state),
                    ]),
                ]
                .concat(),
            ),
            Part::Sandbox => (
                "tributary-sandbox",
                words(&[
                    "--listen",
                    &self.sandbox.to_string(),
                    "--faults",
                    &self.first_faults.to_string(),
                    "--quotas",
                    &self.quotas.to_string(),
                    "--issued-certificate",
                    self.certificate,
                ]),
            ),
            Part::Watcher => (
                "tributary-watcher",
                [
                    words(&["--grpc-listen", &self.watcher.to_string()]),
                    folders(&[
                        ("--source", &source),
                        ("--status-dir", &status),
                        ("--state-dir", &state),
                    ]),
                ]
                .concat(),
            ),
            Part::Merger => (
                "tributary-merger",
                words(&[
                    "--watcher",
                    &service(self.watcher),
                    "--grpc-listen",
                    &self.merger.to_string(),
                    "--admin-listen",
                    &self.merger_admin.to_string(),
                ]),
            ),
            Part::AlbProgrammer => ("tributary-alb-programmer", programmer()),
            Part::NlbProgrammer => ("tributary-nlb-programmer", programmer()),
            Part::StatusWriter => (
                "tributary-status-writer",
                [
                    words(&["--merger", &service(self.merger)]),
                    folders(&[("--status-dir", &status)]),
                ]
                .concat(),
            ),
        }
    }
}

/// A command line.
pub fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}
