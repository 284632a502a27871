//! What a run from scratch makes of a folder: the measure of every other way to the same folder.

use std::path::Path;

use tempfile::TempDir;

use crate::address;
use crate::process::{Ended, Process, run};
use crate::sandbox::inventory;
use crate::status::{self, Statuses};
use crate::system::words;

/// The end of `tributary up --once`.
#[derive(Debug)]
pub(crate) struct Scratch {
    pub(crate) ended: Ended,
    pub(crate) statuses: Statuses,
    pub(crate) inventory: Vec<String>,
}

/// With a sandbox beside it, whose state can be looked at when `up` is gone.
pub(crate) async fn up_once(source: &Path) -> Scratch {
    let folder = TempDir::new().unwrap();
    let path = |name: &str| folder.path().join(name);
    let host = address::host();
    let (server, aws) = (address::free(host), address::free(host));
    let sandbox = Process::start(
        "tributary-sandbox",
        &words(&["--listen", &aws.to_string()]),
        &path("sandbox.log"),
    );
    let mut args = words(&["up", "--once", "--timeout", "60s"]);
    args.extend(words(&["--grpc-listen", &server.to_string()]));
    args.extend(words(&["--aws", &format!("http://{aws}")]));
    for (flag, value) in [
        ("--source", source),
        ("--status-dir", &path("status")),
        ("--state-dir", &path("state")),
    ] {
        args.extend([flag.into(), value.as_os_str().to_owned()]);
    }
    let ended = run("tributary", &args).await;
    let scratch = Scratch {
        ended,
        statuses: status::read(&path("status")),
        inventory: inventory(aws).await,
    };
    drop(sandbox);
    scratch
}

/// As [`up_once`], of a folder in which everything can be judged.
pub(crate) async fn judged(source: &Path) -> Scratch {
    let scratch = up_once(source).await;
    let Ended {
        code,
        stdout,
        stderr,
    } = &scratch.ended;
    assert_eq!(*code, Some(0), "{stdout}{stderr}");
    scratch
}
