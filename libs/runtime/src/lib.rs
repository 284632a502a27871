//! What every service's process is made of: telemetry, metrics, an admin port, supervised tasks, a
//! graceful stop, backoff, and a gRPC server with health and reflection.
//!
//! ```text
//!  main ──> run(name, CommonArgs, body) ─┬─ telemetry: logs, spans, OTLP
//!                                        ├─ admin port: /metrics /livez /readyz
//!                                        ├─ signals: first cancels, second ends at once
//!                                        └─ body(Context) ── Tasks ── Grpc ── Readiness ── Backoff
//! ```
//!
//! **Knows:** the process, its signals and its ports.
//!
//! **Must not know:** Gateway API, AWS, or any message of the contracts. A crate of the domain that
//! must be named here is in the wrong place.
//!
//! A service's whole `main`:
//!
//! ```no_run
//! # use clap::Parser;
//! # struct Options; struct Service;
//! # impl Service {
//! #     async fn run(_: tributary_runtime::Context, _: Options) -> Result<(), std::io::Error> { Ok(()) }
//! # }
//! #[derive(clap::Parser)]
//! struct Args {
//!     #[command(flatten)]
//!     common: tributary_runtime::CommonArgs,
//! }
//!
//! fn main() -> std::process::ExitCode {
//!     let Args { common } = Args::parse();
//!     match tributary_runtime::run("watcher", &common, |context| Service::run(context, Options)) {
//!         Ok(()) => std::process::ExitCode::SUCCESS,
//!         Err(error) => {
//!             eprintln!("error: {}", tributary_runtime::chain(&error));
//!             std::process::ExitCode::FAILURE
//!         }
//!     }
//! }
//! ```

pub mod admin;
pub mod backoff;
mod connections;
mod context;
mod error;
pub mod grpc;
pub mod https;
mod memory;
pub mod metrics;
pub mod names;
mod options;
mod port;
mod process;
pub mod rate;
pub mod readiness;
pub mod shutdown;
pub mod tasks;
pub mod telemetry;
pub mod tls;

pub use backoff::Backoff;
pub use context::Context;
pub use error::{BoxError, chain};
pub use grpc::{Bearer, Grpc, GrpcServices, Person, Visitor};
pub use https::{Https, HttpsError};
pub use metrics::Metrics;
pub use options::{CommonArgs, LogFormat};
pub use process::{RunError, run};
pub use readiness::{Concern, Concerns, Condition, Readiness};
pub use tasks::{OnError, Tasks};
pub use tls::{Peer, Tls, Trust};
pub use tokio_util::sync::CancellationToken;
