//! A server of a test's own: started, stopped, killed, paused, started again.

use std::fs::File;
use std::net::SocketAddr;
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::addresses;
use crate::built;
use crate::cluster::Cluster;
use crate::wait::until;

/// Sockets' paths have 108 bytes at most (104 on macOS); etcd adds some after the folder's.
const LONGEST_DIR: usize = 90;

/// Under load the server needs a quarter less memory with it than with Go's 100.
const GARBAGE_PERCENT: u32 = 50;

/// What is shown of a log.
const LAST_LINES: usize = 60;

/// Of them kube-controller-manager writes one per controller that it knows.
const NOISE: &str = "controller is disabled";

/// How the server runs.
#[derive(Debug, Default, Clone)]
pub struct Options {
    /// More flags of kube-apiserver: `--etcd-compaction-interval=5s`. No spaces in one.
    pub api_server_args: Vec<String>,
    /// Names of kube-controller-manager's controllers; `None` for those that `server/options.go` lists.
    pub controllers: Option<Vec<String>>,
    /// `GOGC`, the percentage by which the heap grows between two garbage collections; 50 for a quarter less memory under
    /// load. Kubernetes leaves it at Go's 100. What the collector takes, clients on the same cores do not get.
    pub garbage_percent: Option<u32>,
    /// Keep all state in this folder, which must have a short path. Without, it is a temporary folder.
    pub dir: Option<PathBuf>,
    /// Listen there, so that clients of an earlier server on the same folder go on. Without, the address is one that
    /// nobody else has.
    pub bind: Option<SocketAddr>,
}

/// A server that lives as long as this value and this process, however they end.
pub struct Server {
    /// None while it is stopped.
    running: Option<Running>,
    dir: PathBuf,
    arguments: Vec<String>,
    garbage_percent: Option<u32>,
    cluster: Cluster,
    /// Dropped last: what runs writes to it.
    _temporary: Option<TempDir>,
}

/// A process that is killed when this goes. Its log is shown when a test fails.
struct Running {
    child: Child,
    dir: PathBuf,
}

impl Server {
    /// Starts one, and returns when it is ready.
    pub async fn start(options: Options) -> Self {
        let Options {
            api_server_args,
            controllers,
            garbage_percent,
            dir,
            bind,
        } = options;
        let bind = bind.unwrap_or_else(|| addresses::free(addresses::host()));
        let mut arguments = vec![
            "-stop-on-stdin-eof".to_owned(),
            format!("-bind={bind}"),
            format!("-apiserver-args={}", api_server_args.join(" ")),
        ];
        if let Some(controllers) = controllers {
            arguments.push(format!("-controllers={}", controllers.join(",")));
        }
        let (dir, temporary) = if let Some(dir) = dir {
            (dir, None)
        } else {
            // When this process is killed, nobody else is there to do it.
            arguments.push("-remove-dir".to_owned());
            let folder = TempDir::with_prefix("tributary-").unwrap();
            (folder.path().to_owned(), Some(folder))
        };
        let running = Running::start(&dir, &arguments, garbage_percent).await;
        Self {
            running: Some(running),
            cluster: Cluster::connect(&kubeconfig(&dir)).await,
            dir,
            arguments,
            garbage_percent,
            _temporary: temporary,
        }
    }

    /// What runs in there. Its clients go on to work after a restart.
    pub fn cluster(&self) -> &Cluster {
        &self.cluster
    }

    /// Starts it again after [`Self::stop`] or [`Self::kill`]: same objects, address, certificates and tokens.
    pub async fn start_again(&mut self) {
        assert!(self.running.is_none(), "the server runs");
        let started = Running::start(&self.dir, &self.arguments, self.garbage_percent).await;
        self.running = Some(started);
    }

    /// Stops it gracefully: what watches is told, what is asked is still answered.
    pub async fn stop(&mut self) {
        self.signal(Signal::TERM);
        let mut running = self.running.take().expect("it has got a signal");
        let ended = until("the server's end", async || {
            running.child.try_wait().unwrap()
        });
        let status = ended.await;
        assert!(status.success(), "{status}");
    }

    /// SIGKILL: connections break off.
    pub fn kill(&mut self) {
        drop(self.running.take().expect("the server is stopped"));
    }

    /// SIGSTOP: connections stay, and nobody answers.
    pub fn pause(&self) {
        self.signal(Signal::STOP);
    }

    /// SIGCONT.
    pub fn resume(&self) {
        self.signal(Signal::CONT);
    }

    fn signal(&self, signal: Signal) {
        let running = self.running.as_ref().expect("the server is stopped");
        kill_process(Pid::from_child(&running.child), signal).unwrap();
    }
}

impl Running {
    async fn start(dir: &Path, arguments: &[String], garbage_percent: Option<u32>) -> Self {
        let mut started = Self {
            child: spawn(dir, arguments, garbage_percent, Stdio::piped()),
            dir: dir.to_owned(),
        };
        until_ready(dir, Some(&mut started.child)).await;
        started
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
        if std::thread::panicking() {
            eprintln!("── the server's log ──\n{}", log_end(&self.dir));
        }
    }
}

/// Starts the program on a folder. It is in a process group of its own: a Ctrl-C in a terminal is for the tests, and
/// they end it.
pub(crate) fn spawn(
    dir: &Path,
    arguments: &[String],
    garbage_percent: Option<u32>,
    stdin: Stdio,
) -> Child {
    assert!(
        dir.as_os_str().len() <= LONGEST_DIR,
        "{} is too long for sockets",
        dir.display()
    );
    std::fs::create_dir_all(dir).unwrap();
    // A file of its own for each start: only its own line says that it is ready.
    let log = File::create(log(dir)).unwrap();
    Command::new(built::server())
        .arg(format!("-dir={}", dir.display()))
        .args(arguments)
        .env_clear()
        .env(
            "GOGC",
            garbage_percent.unwrap_or(GARBAGE_PERCENT).to_string(),
        )
        .process_group(0)
        .stdin(stdin)
        .stdout(log.try_clone().unwrap())
        .stderr(log)
        .spawn()
        .unwrap()
}

/// Waits until the server of a folder is ready; `child` is it if this process has started it.
pub(crate) async fn until_ready(dir: &Path, mut child: Option<&mut Child>) {
    until("the server is ready", async || {
        let log = std::fs::read_to_string(log(dir)).unwrap();
        let ready = log.lines().any(|line| line.starts_with("ready "));
        if let Some(ended) = child.as_mut().and_then(|it| it.try_wait().unwrap()) {
            panic!("the server ended, {ended}:\n{}", log_end(dir));
        }
        ready.then_some(())
    })
    .await;
}

pub(crate) fn kubeconfig(dir: &Path) -> PathBuf {
    dir.join("kubeconfig")
}

fn log(dir: &Path) -> PathBuf {
    dir.join("log")
}

fn log_end(dir: &Path) -> String {
    let log = match std::fs::read_to_string(log(dir)) {
        Ok(log) => log,
        Err(error) => return error.to_string(),
    };
    let lines: Vec<_> = log.lines().filter(|line| !line.contains(NOISE)).collect();
    lines[lines.len().saturating_sub(LAST_LINES)..].join("\n")
}
