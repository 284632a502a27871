//! Starts a Kubernetes for a person: the fixtures' server with all CRDs and a node. Ctrl-C ends it.

use std::path::PathBuf;

use clap::{Parser, ValueEnum};
use tributary_tests_kubernetes::crds::Channel;
use tributary_tests_kubernetes::node::Node;
use tributary_tests_kubernetes::server::{Options, Server};

/// A Kubernetes to try things on: API server, some controllers, a node that runs nothing.
#[derive(Debug, Parser)]
struct Args {
    /// Keep all state in this folder (its path must be short); without, it is gone at the end
    #[arg(long)]
    dir: Option<PathBuf>,
    /// Channel of the Gateway API's CRDs
    #[arg(long, value_enum, default_value = "standard")]
    channel: ChannelArg,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum ChannelArg {
    Standard,
    Experimental,
}

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let Args { dir, channel } = Args::parse();
    let options = Options {
        dir,
        ..Options::default()
    };
    let mut server = Server::start(options).await;
    let cluster = server.cluster();
    cluster
        .install_crds(match channel {
            ChannelArg::Standard => Channel::Standard,
            ChannelArg::Experimental => Channel::Experimental,
        })
        .await;
    let node = Node::of_cluster(cluster).await;
    println!("export KUBECONFIG={}", cluster.kubeconfig().display());
    tokio::signal::ctrl_c().await?;
    drop(node);
    server.stop().await;
    Ok(())
}
