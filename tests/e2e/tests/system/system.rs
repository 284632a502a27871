//! A running system: `up`, or the sandbox and the five programs.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::{Value, json};
use tempfile::TempDir;

use crate::address;
use crate::process::{Process, run};
use crate::sandbox::inventory;
use crate::status::{self, Statuses};

/// Services have 20 seconds to stop; a busy machine some more.
const STOP_DEADLINE: Duration = Duration::from_secs(25);

/// What can be started, killed and started again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Part {
    /// Everything in one process, the sandbox too.
    Up,
    Sandbox,
    Watcher,
    Merger,
    AlbProgrammer,
    NlbProgrammer,
    StatusWriter,
}

/// The services.
pub(crate) const FIVE: [Part; 5] = [
    Part::Watcher,
    Part::Merger,
    Part::AlbProgrammer,
    Part::NlbProgrammer,
    Part::StatusWriter,
];

/// Folders and addresses of one system, and what runs of it.
#[derive(Debug)]
pub(crate) struct System {
    // Before the folder: what is dropped first can still show its log.
    running: BTreeMap<Part, Process>,
    folder: TempDir,
    watcher: SocketAddr,
    merger: SocketAddr,
    pub(crate) sandbox: SocketAddr,
    /// In the shape of `PUT /_sandbox/faults`: in force before the first call.
    pub(crate) first_faults: Value,
    /// More arguments for everything but the sandbox.
    pub(crate) more: Vec<OsString>,
}

impl System {
    /// Nothing runs yet, and the source folder is empty.
    pub(crate) fn new() -> Self {
        let folder = TempDir::new().unwrap();
        for name in ["source", "status", "state", "logs"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        let host: IpAddr = address::host();
        Self {
            running: BTreeMap::new(),
            folder,
            watcher: address::free(host),
            merger: address::free(host),
            sandbox: address::free(host),
            first_faults: json!({}),
            more: Vec::new(),
        }
    }

    /// The sandbox and the five services, in this order.
    pub(crate) fn of_five(order: [Part; 5]) -> Self {
        let mut system = Self::new();
        system.start(Part::Sandbox);
        for part in order {
            system.start(part);
        }
        system
    }

    pub(crate) fn source(&self) -> PathBuf {
        self.path("source")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn start(&mut self, part: Part) {
        self.start_also_with(part, &[]);
    }

    /// With an admin port, whose address is returned.
    pub(crate) fn start_with_admin(&mut self, part: Part) -> SocketAddr {
        let admin = address::free(self.merger.ip());
        self.start_also_with(part, &words(&["--admin-listen", &admin.to_string()]));
        admin
    }

    fn start_also_with(&mut self, part: Part, also: &[OsString]) {
        let (program, mut args) = self.command(part);
        if part != Part::Sandbox {
            args.extend_from_slice(&self.more);
        }
        args.extend_from_slice(also);
        let log = self.path("logs").join(format!("{part:?}"));
        let earlier = self
            .running
            .insert(part, Process::start(program, &args, &log));
        assert!(earlier.is_none(), "{part:?} was running");
    }

    pub(crate) fn kill(&mut self, part: Part) {
        drop(self.running.remove(&part).unwrap());
    }

    /// Sends SIGTERM and does not wait.
    pub(crate) fn terminate(&self, part: Part) {
        self.running[&part].terminate();
    }

    /// Waits for the end of what was told to stop, and returns the exit code.
    pub(crate) async fn ended(&mut self, part: Part, within: Duration) -> Option<i32> {
        let process = self.running.remove(&part).unwrap();
        process.ended(within).await.code()
    }

    /// Asks for a graceful stop, and returns the exit code.
    pub(crate) async fn stop(&mut self, part: Part) -> Option<i32> {
        let process = self.running.remove(&part).unwrap();
        process.terminate();
        process.ended(STOP_DEADLINE).await.code()
    }

    /// Waits until everything in the folder is judged, programmed and written.
    pub(crate) async fn settled(&self) {
        let ended = run(
            "tributary",
            &words(&[
                "wait",
                "--timeout",
                "60s",
                "--server",
                &self.merger.to_string(),
            ]),
        )
        .await;
        assert_eq!(ended.code, Some(0), "{}{}", ended.stdout, ended.stderr);
    }

    pub(crate) fn statuses(&self) -> Statuses {
        status::read(&self.path("status"))
    }

    pub(crate) async fn inventory(&self) -> Vec<String> {
        inventory(self.sandbox).await
    }

    pub(crate) fn log(&self, part: Part) -> String {
        std::fs::read_to_string(self.path("logs").join(format!("{part:?}"))).unwrap()
    }

    fn command(&self, part: Part) -> (&'static str, Vec<OsString>) {
        let (source, status, state) =
            (self.path("source"), self.path("status"), self.path("state"));
        let url = |address: SocketAddr| format!("http://{address}");
        let folders = |names: &[(&str, &Path)]| -> Vec<OsString> {
            names
                .iter()
                .flat_map(|(flag, path)| [OsString::from(flag), path.as_os_str().to_owned()])
                .collect()
        };
        let programmer = || {
            [
                words(&["--merger", &url(self.merger), "--aws", &url(self.sandbox)]),
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
                    &url(self.watcher),
                    "--grpc-listen",
                    &self.merger.to_string(),
                ]),
            ),
            Part::AlbProgrammer => ("tributary-alb-programmer", programmer()),
            Part::NlbProgrammer => ("tributary-nlb-programmer", programmer()),
            Part::StatusWriter => (
                "tributary-status-writer",
                [
                    words(&["--merger", &url(self.merger)]),
                    folders(&[("--status-dir", &status)]),
                ]
                .concat(),
            ),
        }
    }
}

pub(crate) fn words(words: &[&str]) -> Vec<OsString> {
    words.iter().map(OsString::from).collect()
}
