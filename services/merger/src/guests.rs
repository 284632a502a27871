//! Who is connected to this merger, for `GetHealth`: as long as its stream is open.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};

use futures::StreamExt;
use tonic::Request;
use tonic::metadata::MetadataMap;
use tributary_model::elb::LoadBalancerKind;
use tributary_model::health::{SeenShard, ServiceSeen};
use tributary_proto::access;
use tributary_proto::call::LoadBalancerShard;
use tributary_proto::event::EventMessage;
use tributary_runtime::names::{HEADER_CONCERNS, HEADER_VERSION};
use tributary_stream::EventStream;

#[cfg(test)]
mod tests;

/// All of them. Clones are the same.
#[derive(Clone, Debug, Default)]
pub(crate) struct Guests(Arc<Mutex<Book>>);

#[derive(Debug, Default)]
struct Book {
    /// How many there were.
    greeted: u64,
    /// As many as open streams, which the server bounds.
    present: BTreeMap<u64, Guest>,
    /// Instance of the status writer that acknowledged last, which only the leading one does, and its concerns.
    writes: Option<(String, Vec<String>)>,
}

#[derive(Debug)]
struct Guest {
    service: access::Caller,
    caller: Caller,
    /// Of a status writer, which may call by another connection when it acknowledges.
    instance: String,
    shard: Option<SeenShard>,
    concerns: Vec<String>,
}

/// What is kept of what a service says of its concerns.
const MOST_CONCERNS: usize = 16;
const LONGEST_CONCERN: usize = 300;

/// What a call says of where it comes from.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Caller {
    address: String,
    version: String,
}

/// It is there until this is dropped.
#[derive(Debug)]
pub(crate) struct Present {
    guests: Guests,
    number: u64,
}

/// The watcher, which is called and does not call. Clones are the same.
#[derive(Clone, Debug)]
pub(crate) struct Host {
    guests: Guests,
    present: Arc<Mutex<Option<Present>>>,
}

impl Caller {
    pub(crate) fn of<T>(request: &Request<T>) -> Self {
        let address = request.remote_addr();
        let agent = request.metadata().get("user-agent");
        let agent = agent.and_then(|agent| agent.to_str().ok());
        // Behind it are the versions of libraries.
        let ours = agent.and_then(|agent| {
            agent
                .split(' ')
                .find_map(|it| it.strip_prefix("tributary/"))
        });
        Self {
            address: address.map(|it| it.to_string()).unwrap_or_default(),
            version: ours.unwrap_or_default().to_owned(),
        }
    }
}

impl Guests {
    pub(crate) fn programmer(
        &self,
        caller: Caller,
        of: &LoadBalancerShard,
        concerns: Vec<String>,
    ) -> Present {
        let service = match of.kind {
            LoadBalancerKind::Alb => access::Caller::AlbProgrammer,
            LoadBalancerKind::Nlb => access::Caller::NlbProgrammer,
        };
        let shard = SeenShard {
            index: of.shard.index(),
            count: of.shard.count(),
        };
        self.greet(Guest {
            service,
            caller,
            instance: String::new(),
            shard: Some(shard),
            concerns: bounded(concerns),
        })
    }

    pub(crate) fn status_writer(&self, caller: Caller, instance: String) -> Present {
        self.greet(Guest {
            service: access::Caller::StatusWriter,
            caller,
            instance,
            shard: None,
            concerns: Vec::new(),
        })
    }

    fn greet(&self, guest: Guest) -> Present {
        // Whole after any panic: one entry is put in or taken out.
        let mut book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        book.greeted += 1;
        let number = book.greeted;
        book.present.insert(number, guest);
        Present {
            guests: self.clone(),
            number,
        }
    }

    /// A status writer has written.
    pub(crate) fn writes(&self, instance: String, concerns: Vec<String>) {
        let mut book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        book.writes = Some((instance, bounded(concerns)));
    }

    /// Each process once, with all of its shards.
    pub(crate) fn seen(&self) -> Vec<ServiceSeen> {
        let book = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut seen: BTreeMap<_, (Vec<SeenShard>, BTreeSet<&String>, Option<bool>)> =
            BTreeMap::new();
        for guest in book.present.values() {
            let key = (guest.service, &guest.caller);
            let (shards, concerns, leads) = seen.entry(key).or_default();
            shards.extend(guest.shard);
            concerns.extend(&guest.concerns);
            // One of a release before says none.
            if !guest.instance.is_empty() {
                let writes = book.writes.as_ref();
                let writes = writes.filter(|(writer, _)| *writer == guest.instance);
                concerns.extend(writes.into_iter().flat_map(|(_, concerns)| concerns));
                *leads = Some(writes.is_some());
            }
        }
        seen.into_iter()
            .map(|((service, caller), (mut shards, concerns, leads))| {
                shards.sort_unstable();
                shards.dedup();
                ServiceSeen {
                    leads,
                    concerns: concerns.into_iter().cloned().collect(),
                    service: service.name().to_owned(),
                    address: caller.address.clone(),
                    version: caller.version.clone(),
                    shards,
                }
            })
            .collect()
    }
}

fn bounded(concerns: impl IntoIterator<Item = String>) -> Vec<String> {
    let concerns = concerns.into_iter().take(MOST_CONCERNS);
    let concerns = concerns.map(|it| it.chars().take(LONGEST_CONCERN).collect());
    concerns.collect()
}

impl Present {
    /// Until the stream ends.
    pub(crate) fn stays_with<M: EventMessage>(self, events: EventStream<M>) -> EventStream<M> {
        events
            .inspect(move |_| {
                // Dropped with the stream, and not before.
                let Self { .. } = &self;
            })
            .boxed()
    }
}

impl Drop for Present {
    fn drop(&mut self) {
        let mut book = self.guests.0.lock().unwrap_or_else(PoisonError::into_inner);
        book.present.remove(&self.number);
    }
}

impl Host {
    pub(crate) fn new(guests: &Guests) -> Self {
        Self {
            guests: guests.clone(),
            present: Arc::default(),
        }
    }

    /// Its stream has ended, or is not there yet.
    pub(crate) fn is_gone(&self) {
        self.becomes(None);
    }

    /// It serves its stream.
    pub(crate) fn answers(&self, metadata: &MetadataMap) {
        let version = metadata.get(HEADER_VERSION);
        let version = version.and_then(|version| version.to_str().ok());
        let caller = Caller {
            address: String::new(),
            version: version.unwrap_or_default().to_owned(),
        };
        let concerns = metadata.get_all_bin(HEADER_CONCERNS).into_iter();
        let concerns = concerns.filter_map(|it| String::from_utf8(it.to_bytes().ok()?.into()).ok());
        let present = self.guests.greet(Guest {
            service: access::Caller::Watcher,
            caller,
            instance: String::new(),
            shard: None,
            concerns: bounded(concerns),
        });
        self.becomes(Some(present));
    }

    fn becomes(&self, now: Option<Present>) {
        let mut present = self.present.lock().unwrap_or_else(PoisonError::into_inner);
        *present = now;
    }
}
