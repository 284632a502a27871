//! An API server with moods, in front of a real one: it refuses, fails, or takes its time.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{Body, to_bytes};
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use kube::Client;
use serde_json::json;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::addresses;
use crate::cluster::Cluster;

/// How it answers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mood {
    /// As the real one does.
    Good,
    /// One of seven requests gets this status.
    Refuses(u16),
    /// Every answer comes so much later.
    Slow(Duration),
}

/// It listens as long as this is held. Everybody is the admin there.
pub struct Moody {
    kubeconfig: PathBuf,
    shared: Arc<Shared>,
    _folder: TempDir,
    _serving: JoinSet<()>,
}

struct Shared {
    client: Client,
    mood: Mutex<Mood>,
    requests: AtomicUsize,
}

/// Of a request; nobody sends more.
const MOST_BYTES: usize = 4 * 1024 * 1024;

impl Moody {
    /// In front of this one.
    pub async fn before(cluster: &Cluster) -> Self {
        let shared = Arc::new(Shared {
            client: cluster.client(),
            mood: Mutex::new(Mood::Good),
            requests: AtomicUsize::new(0),
        });
        let listener = TcpListener::bind((addresses::host(), 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new()
            .fallback(answer)
            .with_state(Arc::clone(&shared));
        let mut serving = JoinSet::new();
        serving.spawn(async { axum::serve(listener, router).await.unwrap() });
        let folder = TempDir::new().unwrap();
        let kubeconfig = folder.path().join("kubeconfig");
        let context = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "moody",
            "contexts": [{ "name": "moody", "context": { "cluster": "moody", "user": "anybody" } }],
            "clusters": [{ "name": "moody", "cluster": { "server": format!("http://{address}") } }],
            "users": [{ "name": "anybody", "user": {} }],
        });
        // JSON is YAML, too.
        std::fs::write(&kubeconfig, context.to_string()).unwrap();
        Self {
            kubeconfig,
            shared,
            _folder: folder,
            _serving: serving,
        }
    }

    /// The way there.
    pub fn kubeconfig(&self) -> &Path {
        &self.kubeconfig
    }

    /// From now on.
    pub fn is(&self, mood: Mood) {
        *self.shared.mood.lock().unwrap() = mood;
    }
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let mood = *shared.mood.lock().unwrap();
    let number = shared.requests.fetch_add(1, Ordering::Relaxed);
    match mood {
        Mood::Refuses(status) if number % 7 == 3 => {
            let status = StatusCode::from_u16(status).unwrap();
            return (status, "the API server is in a bad mood").into_response();
        }
        Mood::Slow(delay) => tokio::time::sleep(delay).await,
        Mood::Good | Mood::Refuses(_) => {}
    }
    pass(&shared.client, request).await
}

/// To the real one, as who the client is.
pub(crate) async fn pass(client: &Client, request: Request) -> Response {
    let (mut parts, body) = request.into_parts();
    let body = to_bytes(body, MOST_BYTES).await.unwrap();
    // The client knows the host.
    parts.uri = parts
        .uri
        .path_and_query()
        .unwrap()
        .as_str()
        .parse()
        .unwrap();
    parts.headers.remove("host");
    let request = Request::from_parts(parts, kube::client::Body::from(body.to_vec()));
    match client.send(request).await {
        Ok(response) => response.map(Body::new),
        Err(error) => (StatusCode::BAD_GATEWAY, error.to_string()).into_response(),
    }
}
