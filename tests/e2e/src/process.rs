//! One program: started, watched, ended. Its stderr is kept and shown when the test fails.

use std::ffi::OsString;
use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;
use tokio::time::timeout;

/// The folder of the program, if it is not beside the test.
const BIN_DIR: &str = "TRIBUTARY_BIN_DIR";
/// The program of the last release; `.ci/previous` makes it.
const PREVIOUS: &str = "TRIBUTARY_PREVIOUS";

/// No program has this long to do: the longest own time-out is a minute.
const PATIENCE: Duration = Duration::from_secs(90);

/// What is shown of a log.
const LAST_LINES: usize = 60;

/// A program that runs until it is told otherwise; it does not outlive its test.
#[derive(Debug)]
pub struct Process {
    name: String,
    id: Pid,
    /// None once it has been waited for.
    child: Option<Child>,
    log: PathBuf,
}

/// Which program it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Release {
    /// The one that is tested.
    This,
    /// The one before it, `TRIBUTARY_PREVIOUS`.
    Previous,
}

/// What a program that ended by itself left behind.
#[derive(Debug)]
pub struct Ended {
    /// None after a signal.
    pub code: Option<i32>,
    /// All of it.
    pub stdout: String,
    /// All of it.
    pub stderr: String,
}

impl Process {
    /// Appends stderr to `log`: a program that is started again writes on.
    pub fn start(program: &str, args: &[OsString], log: &Path) -> Self {
        Self::start_release(Release::This, program, args, log)
    }

    /// The same of another release of it.
    pub fn start_release(release: Release, program: &str, args: &[OsString], log: &Path) -> Self {
        Self::spawn(program, &mut command_of(release, program, args), log)
    }

    /// The same in an environment that has this, and nothing else.
    pub fn start_in(
        environment: &[(&str, &str)],
        program: &str,
        args: &[OsString],
        log: &Path,
    ) -> Self {
        let mut command = command(program, args);
        command.envs(environment.iter().copied());
        Self::spawn(program, &mut command, log)
    }

    /// Another program than ours. What it prints is in `out`, and may be read while it runs.
    pub fn start_other(program: &Path, args: &[OsString], out: &Path, log: &Path) -> Self {
        let mut command = bare(program, args);
        command.stdout(File::create(out).unwrap());
        Self::spawn(&program.display().to_string(), &mut command, log)
    }

    fn spawn(program: &str, command: &mut Command, log: &Path) -> Self {
        let stderr = File::options().create(true).append(true).open(log).unwrap();
        let child = command.stderr(stderr).spawn().unwrap();
        Self {
            name: program.to_owned(),
            id: Pid::from_child(&child),
            child: Some(child),
            log: log.to_owned(),
        }
    }

    /// Its number, for whoever looks it up.
    pub fn id(&self) -> u32 {
        self.id.as_raw_nonzero().get().unsigned_abs()
    }

    /// SIGTERM.
    pub fn terminate(&self) {
        self.signal(Signal::TERM);
    }

    /// Any other.
    pub fn signal(&self, signal: Signal) {
        kill_process(self.id, signal).unwrap();
    }

    /// Waits for its end; one that runs on is killed, and the test fails.
    pub async fn ended(mut self, within: Duration) -> ExitStatus {
        let mut child = self.child.take().unwrap();
        let waiting = tokio::task::spawn_blocking(move || child.wait());
        if let Ok(ended) = timeout(within, waiting).await {
            return ended.unwrap().unwrap();
        }
        // Nobody has waited for it: the id is still its own.
        kill_process(self.id, Signal::KILL).unwrap();
        panic!("{} runs on after {within:?}", self.name);
    }
}

impl Drop for Process {
    /// SIGKILL, as the kernel does when memory is short.
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            child.kill().unwrap();
            child.wait().unwrap();
        }
        if std::thread::panicking() {
            let log = std::fs::read_to_string(&self.log).unwrap_or_default();
            let lines: Vec<_> = log.lines().collect();
            let last = lines.len().saturating_sub(LAST_LINES);
            eprintln!("── {} ──\n{}", self.name, lines[last..].join("\n"));
        }
    }
}

/// Runs this or another release of a program to its end.
pub async fn run_release(release: Release, program: &str, args: &[OsString]) -> Ended {
    to_its_end(PATIENCE, program, command_of(release, program, args)).await
}

/// Runs a program to its end.
pub async fn run(program: &str, args: &[OsString]) -> Ended {
    run_within(PATIENCE, program, args).await
}

/// As [`run`], with a patience of its own.
pub async fn run_within(patience: Duration, program: &str, args: &[OsString]) -> Ended {
    to_its_end(patience, program, command(program, args)).await
}

/// The same of another program than ours.
pub async fn run_other(program: &Path, args: &[OsString]) -> Ended {
    let name = program.display().to_string();
    to_its_end(PATIENCE, &name, bare(program, args)).await
}

async fn to_its_end(patience: Duration, name: &str, mut command: Command) -> Ended {
    let folder = TempDir::new().unwrap();
    let (out, log) = (folder.path().join("out"), folder.path().join("log"));
    command.stdout(File::create(&out).unwrap());
    let process = Process::spawn(name, &mut command, &log);
    let status = process.ended(patience).await;
    Ended {
        code: status.code(),
        stdout: std::fs::read_to_string(out).unwrap(),
        stderr: std::fs::read_to_string(log).unwrap(),
    }
}

fn command(program: &str, args: &[OsString]) -> Command {
    command_of(Release::This, program, args)
}

/// `tributary-merger` stands for `tributary merger`, as it does where it is a link.
fn command_of(release: Release, program: &str, args: &[OsString]) -> Command {
    let path = match release {
        Release::This => tributary(),
        Release::Previous => std::env::var_os(PREVIOUS).map(PathBuf::from).unwrap(),
    };
    let subcommand = program.strip_prefix("tributary-").map(OsString::from);
    let args: Vec<OsString> = subcommand.into_iter().chain(args.iter().cloned()).collect();
    bare(&path, &args)
}

/// Nothing of the environment comes along: neither a proxy nor somebody's AWS account.
fn bare(program: &Path, args: &[OsString]) -> Command {
    let mut command = Command::new(program);
    command
        .args(args)
        .env_clear()
        .env("NO_COLOR", "1")
        .stdin(Stdio::null())
        .stdout(Stdio::null());
    command
}

/// Where the program is.
pub fn tributary() -> PathBuf {
    let folder = std::env::var_os(BIN_DIR).map_or_else(beside_the_test, PathBuf::from);
    let path = folder.join("tributary");
    assert!(
        path.is_file(),
        "{} is not there: run cargo build --workspace --bins first",
        path.display()
    );
    path
}

/// Tests are in `deps` of the directory that holds the programs.
pub fn beside_the_test() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().parent().unwrap().to_owned()
}
