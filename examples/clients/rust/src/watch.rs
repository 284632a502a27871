//! Every listener, then every change.

use std::collections::BTreeMap;
use std::io::Write;

use serde::Serialize;
use tonic::Status;
use tributary_proto::listeners::watch_listeners_response::Event;
use tributary_proto::listeners::{ListenerFilter, WatchListenersRequest};
use tributary_proto::types::Position;

use crate::listener::{Key, Listener, show};
use crate::retry::{delay, is_final};
use crate::server::{Client, Server};

/// Prints every listener, then every change, for as long as it runs: also across lost connections and restarts of the
/// merger, without a gap and without saying anything twice.
pub(crate) async fn watch(
    server: &Server,
    filter: ListenerFilter,
    out: &mut impl Write,
) -> anyhow::Result<()> {
    // What is wrong with a file is said at once. Later it may be in the middle of a renewal.
    server.connect()?;
    let mut watching = Watching {
        out,
        known: BTreeMap::new(),
        resume: None,
        failures: 0,
    };
    loop {
        let why = match server.connect() {
            Ok(client) => watching.follow(client, filter.clone()).await?.to_string(),
            Err(error) => format!("{error:#}"),
        };
        let delay = delay(watching.failures);
        watching.failures += 1;
        eprintln!("lost: {why}; again in {delay:.2?}");
        tokio::time::sleep(delay).await;
    }
}

struct Watching<'a, W> {
    out: &'a mut W,
    /// What was printed, which is the state of the server at the position `resume`.
    known: BTreeMap<Key, Listener>,
    resume: Option<Position>,
    failures: u32,
}

#[derive(Serialize)]
struct Change<'a> {
    r#type: &'static str,
    listener: &'a Listener,
}

impl<W: Write> Watching<'_, W> {
    /// Reads one stream to its end, and says why it ended.
    async fn follow(
        &mut self,
        mut client: Client,
        filter: ListenerFilter,
    ) -> anyhow::Result<Status> {
        let request = WatchListenersRequest {
            filter: Some(filter),
            resume_after: self.resume,
        };
        let mut messages = match client.watch_listeners(request).await {
            Ok(response) => response.into_inner(),
            Err(status) => return lost(status),
        };
        // A listing counts when it is complete: until then what is not in it may still come.
        let mut listing = BTreeMap::new();
        let mut begun = None;
        loop {
            let message = match messages.message().await {
                Ok(Some(message)) => message,
                Ok(None) => return lost(Status::unavailable("the server ended the stream")),
                Err(status) => return lost(status),
            };
            self.failures = 0;
            match message.event {
                Some(Event::Init(_)) => (listing, begun) = (BTreeMap::new(), message.position),
                Some(Event::InitApply(view)) => {
                    let (key, listener) = show(view);
                    listing.insert(key, listener);
                }
                Some(Event::InitDone(_)) => {
                    eprintln!("listed: {} listeners", listing.len());
                    self.replace(std::mem::take(&mut listing))?;
                    // What changed during the listing is told behind it, from where it began.
                    self.resume = begun;
                }
                Some(Event::Apply(view)) => {
                    let (key, listener) = show(view);
                    self.apply(key, listener)?;
                    self.resume = message.position;
                }
                Some(Event::Delete(listener)) => {
                    self.remove(&listener.into())?;
                    self.resume = message.position;
                }
                // Of a later version: nothing that this one asked for.
                None => {}
            }
        }
    }

    fn replace(&mut self, listing: BTreeMap<Key, Listener>) -> anyhow::Result<()> {
        let gone = self.known.keys().filter(|key| !listing.contains_key(key));
        let gone: Vec<Key> = gone.cloned().collect();
        for key in gone {
            self.remove(&key)?;
        }
        for (key, listener) in listing {
            self.apply(key, listener)?;
        }
        Ok(())
    }

    fn apply(&mut self, key: Key, listener: Listener) -> anyhow::Result<()> {
        let r#type = match self.known.get(&key) {
            Some(before) if *before == listener => return Ok(()),
            Some(_) => "MODIFIED",
            None => "ADDED",
        };
        self.print(r#type, &listener)?;
        self.known.insert(key, listener);
        Ok(())
    }

    fn remove(&mut self, key: &Key) -> anyhow::Result<()> {
        match self.known.remove(key) {
            Some(listener) => self.print("DELETED", &listener),
            None => Ok(()),
        }
    }

    fn print(&mut self, r#type: &'static str, listener: &Listener) -> anyhow::Result<()> {
        let line = serde_json::to_string(&Change { r#type, listener })?;
        writeln!(self.out, "{line}")?;
        Ok(self.out.flush()?)
    }
}

/// An error where it would be the same the next time.
fn lost(status: Status) -> anyhow::Result<Status> {
    if is_final(&status) {
        return Err(status.into());
    }
    Ok(status)
}
