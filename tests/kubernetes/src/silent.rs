//! A way to the API server whose connections can fall silent: they stay, and nothing comes through any more.

use std::path::{Path, PathBuf};

use kube::config::Kubeconfig;
use tempfile::TempDir;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

use crate::addresses;
use crate::cluster::{Cluster, address};

/// It leads there as long as this is held.
pub struct Silent {
    kubeconfig: PathBuf,
    /// How often everything fell silent.
    silences: watch::Sender<usize>,
    _folder: TempDir,
    _serving: JoinSet<()>,
}

impl Silent {
    /// To this one, for its admin.
    pub async fn before(cluster: &Cluster) -> Self {
        let server = address(cluster.kubeconfig());
        let listener = TcpListener::bind((addresses::host(), 0)).await.unwrap();
        let here = listener.local_addr().unwrap();
        let mut kubeconfig = Kubeconfig::read_from(cluster.kubeconfig()).unwrap();
        let named = kubeconfig.clusters[0].cluster.as_mut().unwrap();
        named.server = Some(format!("https://{here}"));
        // Its certificate is for where it listens itself.
        let host = server.rsplit_once(':').unwrap().0;
        named.tls_server_name = Some(host.to_owned());
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("kubeconfig");
        // JSON is YAML, too.
        std::fs::write(&path, serde_json::to_string(&kubeconfig).unwrap()).unwrap();
        let silences = watch::Sender::new(0);
        let mut serving = JoinSet::new();
        serving.spawn(serve(listener, server, silences.clone()));
        Self {
            kubeconfig: path,
            silences,
            _folder: folder,
            _serving: serving,
        }
    }

    /// The way there.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// From now on nothing comes through the connections that there are. New ones work.
    pub fn silence(&self) {
        self.silences.send_modify(|silences| *silences += 1);
    }
}

async fn serve(listener: TcpListener, server: String, silences: watch::Sender<usize>) {
    let mut connections = JoinSet::new();
    loop {
        let (mut near, _) = listener.accept().await.unwrap();
        let (server, mut silences) = (server.clone(), silences.subscribe());
        connections.spawn(async move {
            let Ok(mut far) = TcpStream::connect(&server).await else {
                return;
            };
            tokio::select! {
                // Whoever closes is done; nobody asks how.
                _ended = copy_bidirectional(&mut near, &mut far) => {}
                _ = silences.changed() => std::future::pending().await,
            }
        });
    }
}
