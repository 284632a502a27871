//! One server for many tests, in however many processes they run.
//!
//! Every user holds a shared lock of one file, and the server waits for the exclusive one: the kernel counts, and a
//! user that was killed is none. Who comes first starts the server, under a lock of its own.
//!
//! ```text
//!  DIR/users   shared: each process, as long as it lives      exclusive: the server, when it ends
//!  DIR/start   exclusive: whoever starts the server, or looks whether it is started
//! ```

use std::fs::File;
use std::io::{self, ErrorKind};
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use tokio::sync::OnceCell;
use tokio::task::spawn_blocking;

use crate::cluster::Cluster;
use crate::crds::Channel;
use crate::server::{kubeconfig, spawn, until_ready};

#[cfg(test)]
mod tests;

/// Of nextest, the same for all tests of a run.
const RUN_ID: &str = "NEXTEST_RUN_ID";

/// Having it keeps the server alive.
#[derive(Debug)]
struct Membership {
    dir: PathBuf,
    _users: File,
}

/// The server that all tests of this run share, with the CRDs of the standard channel and our own. It is for what
/// stays within a namespace.
pub async fn shared() -> Cluster {
    static MEMBERSHIP: OnceCell<Membership> = OnceCell::const_new();
    let membership = MEMBERSHIP.get_or_init(|| join(dir_of_this_run())).await;
    Cluster::connect(&kubeconfig(&membership.dir)).await
}

/// Without nextest all tests of a program share a process.
fn dir_of_this_run() -> PathBuf {
    let run = std::env::var(RUN_ID).unwrap_or_else(|_| std::process::id().to_string());
    // The first part of a UUID tells runs on one machine apart, and keeps the path short.
    let run = run.split('-').next().unwrap_or_default();
    std::env::temp_dir().join(format!("tributary-run-{run}"))
}

async fn join(dir: PathBuf) -> Membership {
    let users = use_folder(&dir).await;
    // Held until the end: nobody looks at a server that is half started.
    let _start = locked(&dir.join("start"), File::lock).await.unwrap();
    let mut child = None;
    // The server writes it early. If who started it died meanwhile, we go on from there.
    if !kubeconfig(&dir).exists() {
        let users = format!("-stop-on-unlocked={}", dir.join("users").display());
        child = Some(spawn(
            &dir,
            &[users, "-remove-dir".to_owned()],
            None,
            Stdio::null(),
        ));
    }
    until_ready(&dir, child.as_mut()).await;
    let installed = dir.join("installed");
    if !installed.exists() {
        let cluster = Cluster::connect(&kubeconfig(&dir)).await;
        cluster.install_crds(Channel::Standard).await;
        File::create(installed).unwrap();
    }
    Membership { dir, _users: users }
}

/// Makes the folder and becomes one of its users. A server that is about to end keeps us waiting, and takes the folder
/// with it: then there has to be a new one.
async fn use_folder(dir: &Path) -> File {
    let path = dir.join("users");
    loop {
        std::fs::create_dir_all(dir).unwrap();
        let users = match locked(&path, File::lock_shared).await {
            Err(error) if error.kind() == ErrorKind::NotFound => continue,
            users => users.unwrap(),
        };
        let held = users.metadata().unwrap();
        if std::fs::metadata(&path).is_ok_and(|named| named.ino() == held.ino()) {
            return users;
        }
    }
}

async fn locked(path: &Path, lock: fn(&File) -> io::Result<()>) -> io::Result<File> {
    let file = File::create(path)?;
    spawn_blocking(move || lock(&file).map(|()| file))
        .await
        .unwrap()
}
