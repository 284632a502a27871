//! An API server in front of a real one that forwards ports: the node that a pod would be on is played by an address.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, UPGRADE,
};
use axum::response::Response;
use futures::{SinkExt, StreamExt};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use kube::Client;
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::Role;

use crate::addresses;
use crate::cluster::Cluster;
use crate::moody::pass;

/// It listens as long as this is held. Everybody is the admin there.
pub struct Forwarding {
    address: SocketAddr,
    folder: TempDir,
    _serving: JoinSet<()>,
}

struct Shared {
    client: Client,
    to: SocketAddr,
    tunnels: Mutex<JoinSet<()>>,
}

/// The channel of data, and that of errors.
const CHANNELS: [u8; 2] = [0, 1];

impl Forwarding {
    /// In front of this one; every port of every pod is this address.
    pub async fn before(cluster: &Cluster, to: SocketAddr) -> Self {
        let shared = Arc::new(Shared {
            client: cluster.client(),
            to,
            tunnels: Mutex::default(),
        });
        let listener = TcpListener::bind((addresses::host(), 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let router = Router::new().fallback(answer).with_state(shared);
        let mut serving = JoinSet::new();
        serving.spawn(async { axum::serve(listener, router).await.unwrap() });
        Self {
            address,
            folder: TempDir::new().unwrap(),
            _serving: serving,
        }
    }

    /// The way there of a user, in a namespace.
    pub fn kubeconfig(&self, namespace: &str, user: &Value) -> PathBuf {
        let context = json!({ "cluster": "real", "user": "somebody", "namespace": namespace });
        let config = json!({
            "apiVersion": "v1",
            "kind": "Config",
            "current-context": "here",
            "contexts": [{ "name": "here", "context": context }],
            "clusters": [{ "name": "real", "cluster": { "server": format!("http://{}", self.address) } }],
            "users": [{ "name": "somebody", "user": user }],
        });
        // JSON is YAML, too.
        let path = self.folder.path().join("kubeconfig");
        write(&path, &config);
        path
    }
}

fn write(path: &Path, config: &Value) {
    std::fs::write(path, config.to_string()).unwrap();
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    if request.uri().path().ends_with("/portforward") {
        return forward(&shared, request);
    }
    pass(&shared.client, request).await
}

fn forward(shared: &Shared, mut request: Request) -> Response {
    let query = request.uri().query().unwrap_or_default().to_owned();
    let port = query.split('&').find_map(|it| it.strip_prefix("ports="));
    let port: u16 = port.unwrap().parse().unwrap();
    let key = derive_accept_key(request.headers()[SEC_WEBSOCKET_KEY].as_bytes());
    let upgrade = hyper::upgrade::on(&mut request);
    let to = shared.to;
    shared.tunnels.lock().unwrap().spawn(async move {
        let upgraded = TokioIo::new(upgrade.await.unwrap());
        let socket = WebSocketStream::from_raw_socket(upgraded, Role::Server, None).await;
        bridge(socket, port, TcpStream::connect(to).await.unwrap()).await;
    });
    Response::builder()
        .status(StatusCode::SWITCHING_PROTOCOLS)
        .header(CONNECTION, "Upgrade")
        .header(UPGRADE, "websocket")
        .header(SEC_WEBSOCKET_ACCEPT, key)
        .header(SEC_WEBSOCKET_PROTOCOL, "v4.channel.k8s.io")
        .body(Body::empty())
        .unwrap()
}

/// Until one of the two ends.
async fn bridge(socket: WebSocketStream<TokioIo<Upgraded>>, port: u16, mut tcp: TcpStream) {
    let (mut to_client, mut from_client) = socket.split();
    let [low, high] = port.to_le_bytes();
    for channel in CHANNELS {
        let hello = Message::binary(vec![channel, low, high]);
        to_client.send(hello).await.unwrap();
    }
    let (mut read, mut write) = tcp.split();
    let mut buffer = vec![0; 16 * 1024];
    loop {
        tokio::select! {
            message = from_client.next() => match message {
                Some(Ok(Message::Binary(bytes))) if bytes.first() == Some(&CHANNELS[0]) => {
                    if write.write_all(&bytes[1..]).await.is_err() {
                        return;
                    }
                }
                Some(Ok(Message::Close(_)) | Err(_)) | None => return,
                Some(Ok(_)) => {}
            },
            count = read.read(&mut buffer) => match count {
                Ok(0) | Err(_) => return,
                Ok(count) => {
                    let mut data = vec![CHANNELS[0]];
                    data.extend_from_slice(&buffer[..count]);
                    if to_client.send(Message::binary(data)).await.is_err() {
                        return;
                    }
                }
            },
        }
    }
}
