//! Where the server is: as the arguments say, on this machine, or in the kubeconfig's cluster.
//!
//! ```text
//!  --server ──────────────────> there: plain, by certificate (--tls-dir), or by token (--ca-file, --token-file)
//!  something on 127.0.0.1:7070 ─> `tributary up` of this machine, unless a flag says Kubernetes
//!  kubeconfig ────────────────> the installation's mergers, through the API server, by the user's token
//! ```

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tokio::net::TcpStream;
use tokio::time::timeout;
use tributary_kubernetes::{ConnectError, InstallationArgs, MergerPod, Reach, ReachError};
use tributary_model::Installation;
use tributary_proto::access::Caller;
use tributary_runtime::{Bearer, Metrics, Peer, Tls, Trust};
use tributary_stream::{Connection, Dial, Transport};

use super::error::QueryError;
use crate::args::ServerArgs;

#[cfg(test)]
mod tests;

/// Where `up` listens.
const LOCAL: &str = "127.0.0.1:7070";
/// This machine answers at once.
const LOCAL_DEADLINE: Duration = Duration::from_millis(500);
/// As a connection inside of a cluster.
const CONNECT_DEADLINE: Duration = Duration::from_secs(5);

/// The way to a server.
pub(super) struct Way {
    /// How it is called in messages.
    pub(super) server: String,
    pub(super) transport: Transport,
    /// The namespace that kubectl would mean.
    pub(super) namespace: Option<String>,
}

pub(super) async fn way(args: &ServerArgs) -> Result<Way, QueryError> {
    if let Some(server) = &args.server {
        return direct(args, server);
    }
    let is_said = args.reach.is_given() || args.ca_file.is_some() || args.token_file.is_some();
    if !is_said {
        let local = timeout(LOCAL_DEADLINE, TcpStream::connect(LOCAL)).await;
        if matches!(local, Ok(Ok(_))) {
            return direct(args, LOCAL);
        }
    }
    let InstallationArgs { installation } = &args.installation;
    let reach = match Reach::connect(&args.reach).await {
        Ok(reach) => reach,
        // Whoever has no kubeconfig means this machine, where nobody listens yet.
        Err(ConnectError::Nowhere(_)) if !is_said => return direct(args, LOCAL),
        Err(error) => return Err(ReachError::from(error).into()),
    };
    let pods = reach.mergers(&args.reach, installation).await?;
    through(args, reach, pods).await
}

fn direct(args: &ServerArgs, server: &str) -> Result<Way, QueryError> {
    let InstallationArgs { installation } = &args.installation;
    let way = |transport| Way {
        server: server.to_owned(),
        transport,
        namespace: None,
    };
    if let Some(file) = &args.ca_file {
        let trust = Trust::load(file, installation.name())?;
        let token = args.token_file.as_deref().map(read_token).transpose()?;
        let hosts: Vec<String> = server.split(',').map(host).collect();
        let dial = over_tcp(trust);
        return Ok(way(Transport::dialled(&hosts, dial, token.as_ref())?));
    }
    if args.token_file.is_some() {
        return Err(QueryError::TokenAlone);
    }
    let load = |folder: &PathBuf| Tls::load(&Metrics::default(), folder, installation.name());
    let tls = args.tls_dir.as_ref().map(load).transpose()?;
    let uris = uris(server, tls.is_some());
    let transport = Transport::between(&uris, tls.as_ref(), Caller::Merger.name())?;
    Ok(way(transport))
}

/// Through the API server, to the first that answers and leads, where that matters.
async fn through(args: &ServerArgs, reach: Reach, pods: Vec<MergerPod>) -> Result<Way, QueryError> {
    let InstallationArgs { installation } = &args.installation;
    let first = pods.first().cloned();
    let with_tls = pods.iter().any(|pod| pod.with_tls);
    // Where nobody is asked who one is, no token is shown.
    let (identity, token) = match (&args.tls_dir, first.filter(|_| with_tls)) {
        (Some(folder), _) => {
            let tls = Tls::load(&Metrics::default(), folder, installation.name())?;
            (Some(Identity::Certificate(tls)), None)
        }
        (None, Some(pod)) => {
            let trust = if let Some(file) = &args.ca_file {
                Trust::load(file, installation.name())?
            } else {
                let (origin, authority) = reach.authority(&pod).await?;
                Trust::of(&authority, Path::new(&origin), installation.name())?
            };
            let token = match &args.token_file {
                Some(file) => read_token(file)?,
                None => reach.token(&args.reach, &audience(installation)).await?,
            };
            (Some(Identity::Token(trust)), Some(token))
        }
        (None, None) => (None, None),
    };
    let namespace = Some(reach.namespace().to_owned());
    let server = format!("the merger of the cluster at {}", reach.address());
    let hosts: Vec<String> = pods.iter().map(|pod| pod.name.clone()).collect();
    let dial = over_pods(reach, pods, identity);
    Ok(Way {
        server,
        transport: Transport::dialled(&hosts, dial, token.as_ref())?,
        namespace,
    })
}

/// How the merger and we know each other.
#[derive(Clone)]
enum Identity {
    Certificate(Tls),
    Token(Trust),
}

fn over_tcp(trust: Trust) -> Dial {
    Arc::new(move |host| {
        let trust = trust.clone();
        async move {
            let tcp = timeout(CONNECT_DEADLINE, TcpStream::connect(host)).await??;
            tcp.set_nodelay(true)?;
            let stream = trust.connect(Caller::Merger.name(), tcp).await?;
            Ok(Box::new(stream) as Box<dyn Connection>)
        }
        .boxed()
    })
}

fn over_pods(reach: Reach, pods: Vec<MergerPod>, identity: Option<Identity>) -> Dial {
    let (reach, pods) = (Arc::new(reach), Arc::new(pods));
    Arc::new(move |host| {
        let (reach, pods, identity) = (Arc::clone(&reach), Arc::clone(&pods), identity.clone());
        async move {
            let pod = pods.iter().find(|pod| pod.name == host);
            let pod = pod.ok_or_else(|| format!("no pod {host}"))?;
            let tunnel = reach.open(pod).await?;
            let service = Caller::Merger.name();
            let stream: Box<dyn Connection> = match identity {
                Some(Identity::Certificate(tls)) => Box::new(tls.connect(service, tunnel).await?),
                Some(Identity::Token(trust)) => Box::new(trust.connect(service, tunnel).await?),
                None => Box::new(tunnel),
            };
            Ok(stream)
        }
        .boxed()
    })
}

/// What a token of a ServiceAccount is asked for: the merger's name, so that it is worth nothing elsewhere.
fn audience(installation: &Installation) -> String {
    let peer = Peer {
        service: Caller::Merger.name().to_owned(),
        installation: installation.name().to_owned(),
    };
    peer.to_string()
}

fn read_token(file: &Path) -> Result<Bearer, QueryError> {
    let token = std::fs::read_to_string(file).map_err(|source| QueryError::Token {
        file: file.to_owned(),
        source,
    })?;
    Ok(Bearer::new(token.trim()))
}

/// `HOST:PORT` of an address, with or without its scheme.
fn host(server: &str) -> String {
    let server = server.trim();
    let host = server.split_once("://").map_or(server, |(_, host)| host);
    host.trim_end_matches('/').to_owned()
}

/// Of each address in a list.
fn uris(servers: &str, with_tls: bool) -> String {
    let scheme = if with_tls { "https" } else { "http" };
    let uri = |server: &str| {
        if server.contains("://") {
            server.to_owned()
        } else {
            format!("{scheme}://{server}")
        }
    };
    servers.split(',').map(uri).collect::<Vec<_>>().join(",")
}
