//! One program: started, watched, ended. Its stderr is kept and shown when the test fails.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tokio::process::{Child, Command};
use tokio::time::timeout;

/// Where the programs are, if not beside the test.
const BIN_DIR: &str = "TRIBUTARY_BIN_DIR";

/// No program has this long to do: the longest own time-out is a minute.
const PATIENCE: Duration = Duration::from_secs(90);

/// What is shown of a log.
const LAST_LINES: usize = 60;

/// A program that runs until it is told otherwise; it does not outlive its test.
#[derive(Debug)]
pub(crate) struct Process {
    name: String,
    child: Child,
    log: PathBuf,
}

/// What a program that ended by itself left behind.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Process {
    /// Appends stderr to `log`: a program that is started again writes on.
    pub(crate) fn start(program: &str, args: &[OsString], log: &Path) -> Self {
        let stderr = File::options().create(true).append(true).open(log).unwrap();
        let child = command(program, args)
            .stdout(Stdio::null())
            .stderr(stderr)
            .spawn()
            .unwrap();
        Self {
            name: program.to_owned(),
            child,
            log: log.to_owned(),
        }
    }

    /// SIGKILL, as the kernel does when memory is short.
    pub(crate) async fn kill(mut self) {
        self.child.kill().await.unwrap();
    }

    pub(crate) fn terminate(&self) {
        let id = self.child.id().unwrap();
        let id = Pid::from_raw(id.try_into().unwrap()).unwrap();
        kill_process(id, Signal::TERM).unwrap();
    }

    pub(crate) async fn ended(mut self, within: Duration) -> ExitStatus {
        match timeout(within, self.child.wait()).await {
            Ok(ended) => ended.unwrap(),
            Err(_) => panic!("{} runs on after {within:?}", self.name),
        }
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        if std::thread::panicking() {
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            let lines: Vec<_> = log.lines().collect();
            let last = lines.len().saturating_sub(LAST_LINES);
            eprintln!("── {} ──\n{}", self.name, lines[last..].join("\n"));
        }
    }
}

/// Runs a program to its end.
pub(crate) async fn run(program: &str, args: &[OsString]) -> Ended {
    let output = command(program, args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .output();
    let output = timeout(PATIENCE, output)
        .await
        .unwrap_or_else(|_| panic!("{program} {args:?} runs on after {PATIENCE:?}"))
        .unwrap();
    Ended {
        code: output.status.code(),
        stdout: String::from_utf8(output.stdout).unwrap(),
        stderr: String::from_utf8(output.stderr).unwrap(),
    }
}

/// Nothing of the environment comes along: neither a proxy nor somebody's AWS account.
fn command(program: &str, args: &[OsString]) -> Command {
    let mut command = Command::new(find(program));
    command
        .args(args)
        .env_clear()
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .kill_on_drop(true);
    command
}

fn find(program: &str) -> PathBuf {
    let folder = std::env::var_os(BIN_DIR).map_or_else(beside_the_test, PathBuf::from);
    let path = folder.join(program);
    assert!(
        path.is_file(),
        "{} is not there: run cargo build --workspace --bins first",
        path.display()
    );
    path
}

/// Tests are in `deps` of the directory that holds the programs.
fn beside_the_test() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().parent().unwrap().to_owned()
}
