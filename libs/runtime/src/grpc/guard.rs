//! Who calls, and whether that one may: asked before anything of a call is read.

use std::collections::BTreeMap;
use std::fmt;
use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::Response;
use futures::future::BoxFuture;
use http::HeaderMap;
use http::header::AUTHORIZATION;
use tonic::Status;
use tonic::transport::server::{TcpConnectInfo, TlsConnectInfo};

use crate::tls::Peer;

#[cfg(test)]
mod tests;

/// Who may call what: the path of an RPC, `/package.Service/Method`, and the caller.
pub type Access = fn(path: &str, caller: Caller<'_>) -> bool;

/// Who calls, as far as a table is asked about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Caller<'a> {
    /// One with neither a certificate nor a token.
    Nobody,
    /// One with a token, whoever that is of.
    Token,
    /// A service, or a client, by its certificate.
    Certified(&'a Peer),
}

/// Somebody whom Kubernetes knows.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Person {
    /// `system:serviceaccount:team-a:ci`, or a user's name.
    pub name: String,
    /// Of the account; empty where there is none.
    pub uid: String,
    /// `system:authenticated` among them.
    pub groups: Vec<String>,
    /// What else the authenticator said.
    pub extra: BTreeMap<String, Vec<String>>,
}

/// A token, which no log shows.
#[derive(Clone, PartialEq, Eq)]
pub struct Bearer(Arc<str>);

/// A call by token, in the request's extensions.
#[derive(Clone, Debug)]
pub struct Visitor {
    /// Who it is, as was said when the call was let in.
    pub person: Arc<Person>,
    /// With which token: who watches for long is asked about again.
    pub token: Bearer,
    /// From where.
    pub from: IpAddr,
}

/// Who finds out whose a token is. One user, the merger; a trait, since this crate knows no Kubernetes.
pub trait Tokens: fmt::Debug + Send + Sync {
    /// Whose it is.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` when it is nobody's, another status when that could not be found out.
    fn whose<'a>(
        &'a self,
        token: &'a Bearer,
        from: IpAddr,
    ) -> BoxFuture<'a, Result<Arc<Person>, Status>>;
}

/// Whom a server answers.
#[derive(Clone, Debug)]
pub(super) struct Guard {
    pub(super) installation: Arc<str>,
    pub(super) access: Access,
    pub(super) tokens: Option<Arc<dyn Tokens>>,
}

/// Who calls is in the request's extensions from here on.
pub(super) async fn ask(State(guard): State<Guard>, mut request: Request, next: Next) -> Response {
    let connection = request.extensions().get::<TlsConnectInfo<TcpConnectInfo>>();
    let certificates = connection.and_then(TlsConnectInfo::peer_certs);
    let certificate = certificates.as_ref().and_then(|all| all.first());
    let from = connection.and_then(|connection| connection.get_ref().remote_addr());
    let from = from.map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |from| from.ip());
    let path = request.uri().path();
    let admitted = match certificate {
        Some(certificate) => guard.certified(path, certificate).map(Admitted::Peer),
        None => match Bearer::of(request.headers()) {
            Some(token) => guard.by_token(path, token, from).await,
            None if (guard.access)(path, Caller::Nobody) => Ok(Admitted::Nobody),
            None => Err(Status::unauthenticated(match guard.tokens {
                Some(_) => "a client certificate or a token (authorization: Bearer) is needed",
                None => "a client certificate is needed",
            })),
        },
    };
    match admitted {
        Ok(Admitted::Peer(peer)) => {
            request.extensions_mut().insert(peer);
        }
        Ok(Admitted::Visitor(visitor)) => {
            request.extensions_mut().insert(visitor);
        }
        Ok(Admitted::Nobody) => {}
        Err(status) => {
            tracing::debug!(%status, path, "a call is refused");
            return status.into_http();
        }
    }
    next.run(request).await
}

enum Admitted {
    Peer(Peer),
    Visitor(Visitor),
    Nobody,
}

impl Guard {
    fn certified(&self, path: &str, certificate: &[u8]) -> Result<Peer, Status> {
        let Some(peer) = Peer::of(certificate) else {
            let why = "the client certificate is no service's of this installation";
            return Err(Status::permission_denied(why));
        };
        let is_ours = *peer.installation == *self.installation;
        if is_ours && (self.access)(path, Caller::Certified(&peer)) {
            return Ok(peer);
        }
        let why = format!("{peer} may not call {path}");
        Err(Status::permission_denied(why))
    }

    async fn by_token(&self, path: &str, token: Bearer, from: IpAddr) -> Result<Admitted, Status> {
        let Some(tokens) = &self.tokens else {
            let why = "this server takes no tokens: a client certificate is needed";
            return Err(Status::unauthenticated(why));
        };
        // First, so that nobody is asked for what is refused anyway.
        if !(self.access)(path, Caller::Token) {
            let why = format!("nobody may call {path} by token");
            return Err(Status::permission_denied(why));
        }
        let person = tokens.whose(&token, from).await?;
        Ok(Admitted::Visitor(Visitor {
            person,
            token,
            from,
        }))
    }
}

impl Bearer {
    /// One that is there already.
    pub fn new(token: &str) -> Self {
        Self(token.into())
    }

    /// The token itself.
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// `authorization: Bearer TOKEN`; the scheme's name in any case, as RFC 9110 has it.
    fn of(headers: &HeaderMap) -> Option<Self> {
        let value = headers.get(AUTHORIZATION)?.to_str().ok()?;
        let (scheme, token) = value.split_once(' ')?;
        let token = token.trim();
        (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| Self::new(token))
    }
}

impl fmt::Debug for Bearer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Bearer(…)")
    }
}
