//! The status writer: turns judgements into `.status`, and writes only what is different.
//!
//! ```text
//!  WatchJudgements ──> tributary-status::next ──Write──> Store (files, memory; later: Kubernetes)
//!                            ^      current  <──────────────┘
//!                            └── how far everything is written ──> AcknowledgeJudgements
//! ```
//!
//! **Knows:** what was last written, what could not be written, and when to try that again.
//!
//! **Must not know:** how a judgement becomes conditions (`tributary-status`), nor anything about AWS. It is
//! the only service that writes status. An object that cannot be written delays no other.

mod store;
mod write;

use std::path::PathBuf;

use tributary_folder::status::StatusDirError;
use tributary_runtime::{CommonArgs, Context};
use tributary_stream::{Transport, TransportError};

pub use store::Store;

/// The status writer's command line.
#[derive(Debug, clap::Args)]
pub struct Args {
    /// gRPC address of the merger.
    #[arg(long, value_name = "URL", default_value = "http://127.0.0.1:7070")]
    pub merger: String,
    /// Write every object that gets a status to DIR/KIND/NAMESPACE/NAME.yaml.
    #[arg(long, value_name = "DIR")]
    pub status_dir: PathBuf,
    /// Of every service.
    #[command(flatten)]
    pub common: CommonArgs,
}

/// What a status writer needs.
#[derive(Clone, Debug)]
pub struct Options {
    /// The way to the merger.
    pub merger: Transport,
    /// Where statuses are kept.
    pub store: Store,
}

/// Why a status writer did not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The merger's address is none.
    #[error(transparent)]
    Transport(#[from] TransportError),
    /// There is no folder to write to.
    #[error(transparent)]
    StatusDir(#[from] StatusDirError),
}

/// Writes statuses until the context stops.
pub async fn write(context: Context, options: Options) {
    let Options { merger, store } = options;
    write::write(&context, merger, store).await;
}

/// Runs the status writer as a process of its own, until the context stops.
///
/// # Errors
/// When the merger's address is none, or the folder cannot be made.
pub async fn run(context: Context, args: Args) -> Result<(), Error> {
    let Args {
        merger,
        status_dir,
        common: _,
    } = args;
    let options = Options {
        merger: Transport::remote(&merger)?,
        store: Store::folder(status_dir)?,
    };
    write(context, options).await;
    Ok(())
}
