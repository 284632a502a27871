//! Why there is no answer.

use std::path::PathBuf;
use std::time::Duration;

use tonic::Code;
use tributary_kubernetes::ReachError;
use tributary_proto::convert::ConvertError;
use tributary_runtime::tls::TlsError;
use tributary_stream::TransportError;

use super::name::NameError;

/// Why there is no answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QueryError {
    #[error(transparent)]
    Address(#[from] TransportError),
    #[error(
        "no Tributary server at {server} ({cause}): start one with `tributary up`, or say where it is, with --server or a kubeconfig"
    )]
    Unreachable { server: String, cause: String },
    #[error(
        "{server} is not believed ({cause}): the authority in --ca-file or --tls-dir is of another installation, or its \
         certificate has ended"
    )]
    NotBelieved { server: String, cause: String },
    #[error(
        "{server} does not believe who asks ({cause}): the certificate in --tls-dir is of another installation, or has ended"
    )]
    NotBelievedBy { server: String, cause: String },
    #[error(
        "{server} speaks no TLS ({cause}): leave out --tls-dir or --ca-file, or ask a server that does"
    )]
    Plain { server: String, cause: String },
    #[error(
        "{server} takes the connection and closes it ({cause}): it wants TLS (--tls-dir, or --ca-file and --token-file), does not \
         believe the certificate in --tls-dir, or has just stopped"
    )]
    CutOff { server: String, cause: String },
    #[error(
        "a token is shown to a server that is believed alone: --token-file with --server needs --ca-file"
    )]
    TokenAlone,
    #[error("{server} hangs: it takes connections and answers nothing")]
    Hangs { server: String },
    #[error("{server} did not answer within {} seconds", after.as_secs())]
    Slow { server: String, after: Duration },
    #[error("{server} answered {code:?}: {message}")]
    Refused {
        server: String,
        code: Code,
        message: String,
    },
    #[error("the answer of {server} cannot be read: it may be of another version")]
    Unreadable {
        server: String,
        source: ConvertError,
    },
    #[error(transparent)]
    Tls(#[from] TlsError),
    #[error(transparent)]
    Reach(#[from] ReachError),
    #[error("cannot read the token in {}", file.display())]
    Token {
        file: PathBuf,
        source: std::io::Error,
    },
    #[error(transparent)]
    Name(#[from] NameError),
    #[error("{kind} \"{name}\" not found")]
    NotFound { kind: String, name: String },
    #[error("listener \"{listener}\" of {kind} \"{name}\" not found")]
    NoListener {
        listener: String,
        kind: String,
        name: String,
    },
    #[error(
        "load balancers have no labels: select them by a field of -o json, with --field-selector"
    )]
    Unlabelled,
    #[error("{server} does not select by labels: it is of an earlier version")]
    LabelsIgnored { server: String },
    #[error("cannot write the output as {format}: {reason}")]
    Format {
        format: &'static str,
        reason: String,
    },
    #[error("cannot write the output")]
    Write(#[source] std::io::Error),
}
