//! Asks Tributary which listeners there are, once or for as long as it runs, and prints JSON: a line for each listener,
//! or for each change. What it has to say about itself goes to stderr.

mod list;
mod listener;
mod retry;
mod server;
mod watch;

use clap::{Parser, ValueEnum};
use tributary_proto::listeners::ListenerFilter;
use tributary_proto::types::{LabelSelector, ListenerState, ObjectKey};

use crate::server::Server;

/// Lists or watches resolved listeners.
#[derive(Debug, Parser)]
#[command(name = "client")]
struct Args {
    /// What to do.
    command: Command,
    /// Where the merger is.
    #[command(flatten)]
    server: Server,
    /// Of owners in this namespace.
    #[arg(long)]
    namespace: Option<String>,
    /// On the load balancer of this Gateway.
    #[arg(long, value_name = "NAMESPACE/NAME", value_parser = gateway)]
    gateway: Option<ObjectKey>,
    /// In one of these states: `Programmed,Conflicted`.
    #[arg(long, value_delimiter = ',', value_parser = listener::parse_state)]
    state: Vec<ListenerState>,
    /// That declare this hostname; an empty one: that declare none.
    #[arg(long)]
    hostname: Option<String>,
    /// Of owners with this label; several must all hold.
    #[arg(long, value_name = "KEY=VALUE", value_parser = label)]
    label: Vec<(String, String)>,
    /// Listeners that are asked for at a time.
    #[arg(long, default_value_t = 100)]
    page_size: u32,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Command {
    /// All listeners, once.
    List,
    /// All listeners, then every change.
    Watch,
}

fn gateway(text: &str) -> Result<ObjectKey, String> {
    let (namespace, name) = text.split_once('/').ok_or("expected namespace/name")?;
    Ok(ObjectKey {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    })
}

fn label(text: &str) -> Result<(String, String), String> {
    let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
    Ok((key.to_owned(), value.to_owned()))
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Args {
        command,
        server,
        namespace,
        gateway,
        state,
        hostname,
        label,
        page_size,
    } = Args::parse();
    let filter = ListenerFilter {
        gateway,
        namespace,
        owner: None,
        states: state.into_iter().map(Into::into).collect(),
        hostname,
        labels: (!label.is_empty()).then(|| LabelSelector {
            match_labels: label.into_iter().collect(),
            ..LabelSelector::default()
        }),
    };
    let out = &mut std::io::stdout();
    match command {
        Command::List => list::list(&server, filter, page_size, out).await,
        Command::Watch => watch::watch(&server, filter, out).await,
    }
}
