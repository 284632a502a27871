//! The local AWS on its own.

use anyhow::Context as _;
use clap::Parser as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio_util::sync::CancellationToken;
use tracing_subscriber::EnvFilter;
use tributary_sandbox::{Args, Sandbox};

/// A local AWS for load balancers: ELBv2, EC2, ACM, tagging and STS on one loopback port.
#[derive(clap::Parser)]
#[command(name = "tributary-sandbox", version)]
struct Command {
    #[command(flatten)]
    args: Args,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .init();
    let options = Command::parse().args.into_options();
    let address = options.listen;
    let bound = Sandbox::new(options).bind(address).await?;
    tracing::info!(endpoint = %format!("http://{}", bound.local_addr()), "sandbox listening");
    let mut terminate = signal(SignalKind::terminate()).context("cannot wait for SIGTERM")?;
    let mut interrupt = signal(SignalKind::interrupt()).context("cannot wait for Ctrl-C")?;
    let shutdown = CancellationToken::new();
    let stop = async {
        // The first signal lets running calls end, the second one does not.
        for _ in 0..2 {
            tokio::select! {
                _ = terminate.recv() => {}
                _ = interrupt.recv() => {}
            }
            if shutdown.is_cancelled() {
                break;
            }
            shutdown.cancel();
        }
    };
    tokio::select! {
        served = bound.serve(shutdown.clone()) => served.context("sandbox ended"),
        () = stop => Err(anyhow::anyhow!("stopped at once by a second signal")),
    }
}
