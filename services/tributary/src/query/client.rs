//! The way to a server.

use std::error::Error as _;
use std::future::Future;
use std::time::Duration;

use tonic::{Code, Status};
use tributary_proto::convert::ConvertError;
use tributary_proto::installation::installation_service_client::InstallationServiceClient;
use tributary_proto::listeners::listeners_service_client::ListenersServiceClient;
use tributary_runtime::Backoff;
use tributary_runtime::names::SecondsCounter;
use tributary_runtime::tls::Trouble;
use tributary_stream::{Transport, clients, hangs, is_cut_off};

use super::error::QueryError;
use super::reach::{self, Way};
use crate::args::ServerArgs;

/// A server of the query contract: `up` or a merger. Clones share the connection.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    server: String,
    /// How many there are to ask.
    servers: usize,
    namespace: Option<String>,
    listeners: ListenersServiceClient<Transport>,
    installation: InstallationServiceClient<Transport>,
}

/// Answers come from memory: the largest listing takes a few seconds, and a server that needs longer is stuck.
const ANSWER_DEADLINE: Duration = Duration::from_secs(30);

/// A leader is followed within its Lease's time, which is not waited for here: a person is told that nobody leads.
const TRIES: u32 = 6;
const NEXT_SERVER: Backoff = Backoff {
    first: Duration::from_millis(50),
    most: Duration::from_millis(500),
};

impl Client {
    /// To wherever the arguments, the environment or the kubeconfig say. Inside a runtime only. The connection is made at the
    /// first question.
    pub(crate) async fn connect(args: &ServerArgs) -> Result<Self, QueryError> {
        let Way {
            server,
            transport,
            namespace,
        } = reach::way(args).await?;
        Ok(Self {
            server,
            servers: transport.servers(),
            namespace,
            listeners: clients::listeners(transport.clone()),
            installation: clients::installation(transport),
        })
    }

    /// Over a transport that is there already: services of this process.
    pub(crate) fn over(transport: Transport) -> Self {
        Self {
            server: "this process".to_owned(),
            servers: transport.servers(),
            namespace: None,
            listeners: clients::listeners(transport.clone()),
            installation: clients::installation(transport),
        }
    }

    /// How it is called in messages: the address as given.
    pub(crate) fn server(&self) -> &str {
        &self.server
    }

    /// The namespace that kubectl would mean; none where there is no kubeconfig.
    pub(crate) fn namespace(&self) -> Option<&str> {
        self.namespace.as_deref()
    }

    /// The generated client, which wants to be mutable.
    pub(crate) fn listeners(&self) -> ListenersServiceClient<Transport> {
        self.listeners.clone()
    }

    /// The same, about the installation as a whole.
    pub(crate) fn installation(&self) -> InstallationServiceClient<Transport> {
        self.installation.clone()
    }

    /// What a failed call means to a person.
    pub(crate) fn failed(&self, status: &Status) -> QueryError {
        let server = self.server.clone();
        if hangs(status) {
            return QueryError::Hangs { server };
        }
        let trouble = status.source().and_then(Trouble::of);
        match trouble {
            Some(Trouble::Hangs) => return QueryError::Hangs { server },
            Some(Trouble::NotBelieved(cause)) => return QueryError::NotBelieved { server, cause },
            Some(Trouble::Refused(cause)) => return QueryError::NotBelievedBy { server, cause },
            Some(Trouble::Plain(cause)) => return QueryError::Plain { server, cause },
            None => {}
        }
        match unreachable_cause(status) {
            Some(cause) if is_cut_off(status) => QueryError::CutOff { server, cause },
            Some(cause) => QueryError::Unreachable { server, cause },
            None => QueryError::Refused {
                server,
                code: status.code(),
                message: status.message().to_owned(),
            },
        }
    }

    /// An answer that the contract does not allow.
    pub(crate) fn unreadable(&self, source: ConvertError) -> QueryError {
        QueryError::Unreadable {
            server: self.server.clone(),
            source,
        }
    }

    /// A call, once more to the next server while one says that it does not lead, or is about to stop; and to each of the
    /// others where one is gone or hangs.
    pub(crate) async fn call<T>(
        &self,
        call: impl AsyncFn() -> Result<T, Status>,
    ) -> Result<T, QueryError> {
        // A command that lives for one question has no metrics port: nobody reads the counter.
        let mut delays = NEXT_SERVER.delays(SecondsCounter::default());
        let mut others = self.servers.saturating_sub(1);
        for _ in 1..TRIES {
            let status = match call().await {
                Ok(answer) => return Ok(answer),
                Err(status) => status,
            };
            match Next::of(&status) {
                Next::Another => {}
                Next::Other if others > 0 => others -= 1,
                Next::Other | Next::Nobody => return Err(self.failed(&status)),
            }
            tokio::time::sleep(delays.next_delay()).await;
        }
        call().await.map_err(|status| self.failed(&status))
    }

    /// One answer, for which nobody waits for ever.
    pub(crate) async fn answer<T>(
        &self,
        answer: impl Future<Output = Result<T, QueryError>>,
    ) -> Result<T, QueryError> {
        match tokio::time::timeout(ANSWER_DEADLINE, answer).await {
            Ok(answered) => answered,
            Err(_elapsed) => Err(QueryError::Slow {
                server: self.server.clone(),
                after: ANSWER_DEADLINE,
            }),
        }
    }
}

/// Whom to ask after a call that failed.
enum Next {
    /// Whoever leads by now, also where this one was: it said so.
    Another,
    /// One that was not asked yet: this one is gone, or hangs.
    Other,
    Nobody,
}

impl Next {
    fn of(status: &Status) -> Self {
        match (status.code(), unreachable_cause(status)) {
            (Code::Unavailable, None) => Self::Another,
            (_, Some(_)) => Self::Other,
            (_, None) => Self::Nobody,
        }
    }
}

/// The innermost reason why nobody was reached; nothing when the server itself answered, whose statuses have no
/// source.
fn unreachable_cause(status: &Status) -> Option<String> {
    let mut cause = status.source()?;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    Some(cause.to_string())
}

#[cfg(test)]
mod tests;
