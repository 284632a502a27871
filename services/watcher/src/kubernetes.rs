//! An API server as source: one watch for each kind that it serves, all in one task.
//!
//! ```text
//!  discovery, every few seconds ──> a kind comes, goes, changes its version
//!  watch of a kind ──> objects: normalized and published, or refused by name
//!  watch of another program's Lease ──> whether it runs
//!  Sync ──> what is there now, kind by kind ──> answered when all of it was seen
//! ```

mod objects;
mod other_controller;
mod sync;
mod watching;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until};
use tokio_stream::StreamMap;
use tributary_kubernetes::{Class, Cluster, Failure, Kinds, Served, Unread};
use tributary_model::Kind;
use tributary_runtime::backoff::Delays;
use tributary_runtime::{Backoff, Concern, Condition, Context};

use self::objects::Objects;
use self::other_controller::Beside;
use self::sync::{Asked, Pending};
use self::watching::{Item, Watching};
use crate::metrics::{FailureLabels, KindLabels, WATCH_BACKOFF_SECONDS, WATCH_FAILURES};
use crate::{OtherLease, Shared, SyncRequest};

/// Causes are told to people, a line each.
const LONGEST_CAUSE: usize = 240;

/// In metrics, beside the kinds.
const DISCOVERY_NAME: &str = "discovery";

/// How often it is asked which kinds there are: four or five small requests.
const DISCOVERY: Backoff = Backoff {
    first: Duration::from_secs(2),
    most: Duration::from_secs(5),
};
/// After a discovery that failed.
const DISCOVERY_AGAIN: Backoff = Backoff {
    first: Duration::from_millis(200),
    most: Duration::from_secs(10),
};
/// A kind is gone when so many discoveries in a row lack it: its objects are given up then, and one odd answer of an
/// API server that is just starting must not do that.
const ABSENCES: u8 = 2;

/// Whether kinds were found, and when to ask again.
struct Discovery {
    due: Instant,
    regular: Delays,
    again: Delays,
    done_once: bool,
}

/// A kind that is watched.
struct Watched {
    served: Served,
    /// Discoveries in a row that lacked it.
    absent: u8,
    /// Why it cannot be read, while it cannot.
    forbidden: Option<String>,
}

/// Everything that the one task knows.
struct Follower<'a> {
    context: &'a Context,
    cluster: &'a Cluster,
    kinds: BTreeMap<Kind, Watched>,
    /// There, but in versions only that are not read.
    unread: Vec<Unread>,
    /// Kinds of the same groups of which nothing is known.
    unknown: BTreeSet<String>,
    watches: StreamMap<Kind, Watching>,
    objects: Objects,
    /// What keeps failing, [`DISCOVERY_NAME`] or a kind: told once for each class.
    failing: BTreeMap<&'static str, Failure>,
    complete: Condition,
    readable: Condition,
    /// Without them only pods that wait for a readiness gate are worse off: no reason to be unready.
    pods: Concern,
    /// Without them nobody can ask for anything.
    needed: Concern,
}

/// Without these there is nothing to do. All others may be missing, since nobody may need them.
const NEEDED: [Kind; 4] = [
    Kind::GatewayClass,
    Kind::Gateway,
    Kind::ListenerSet,
    Kind::HttpRoute,
];

type Discovered = Result<Kinds, Failure>;

pub(crate) async fn follow(
    context: &Context,
    cluster: &Cluster,
    lease: Option<OtherLease>,
    shared: Shared,
    mut requests: mpsc::Receiver<SyncRequest>,
) {
    tracing::info!(address = cluster.address(), "API server");
    let waited = context.metrics.get(&WATCH_BACKOFF_SECONDS);
    let delays = |backoff: Backoff| {
        backoff.delays(waited.get_or_create_owned(&KindLabels {
            kind: DISCOVERY_NAME,
        }))
    };
    let mut discovery = Discovery {
        due: Instant::now(),
        regular: delays(DISCOVERY),
        again: delays(DISCOVERY_AGAIN),
        done_once: false,
    };
    let mut asking: Option<BoxFuture<'_, Discovered>> = None;
    let mut beside = Beside::new(context, cluster, shared.clone(), lease);
    let mut follower = Follower {
        context,
        cluster,
        kinds: BTreeMap::new(),
        unread: Vec::new(),
        unknown: BTreeSet::new(),
        watches: StreamMap::new(),
        objects: Objects::new(context, shared),
        failing: BTreeMap::new(),
        complete: context.condition("snapshot"),
        readable: context.condition("readable"),
        pods: context.concern("pods"),
        needed: context.concern("kinds"),
    };
    let mut listings: FuturesUnordered<BoxFuture<'_, Asked>> = FuturesUnordered::new();
    let mut pending: Vec<Pending> = Vec::new();
    loop {
        let is_asking = asking.is_some();
        tokio::select! {
            () = context.shutdown.cancelled() => return,
            discovered = async {
                match &mut asking {
                    Some(asking) => asking.await,
                    None => std::future::pending().await,
                }
            } => {
                asking = None;
                follower.discovered(discovered, &mut discovery);
            }
            () = sleep_until(discovery.due), if !is_asking => asking = Some(cluster.served().boxed()),
            Some((kind, item)) = follower.watches.next() => {
                follower.take(kind, item);
                // Whatever else is there already belongs to the same change, or to the same listing.
                while let Some(Some((kind, item))) = follower.watches.next().now_or_never() {
                    follower.take(kind, item);
                    if context.shutdown.is_cancelled() {
                        return;
                    }
                    tokio::task::coop::consume_budget().await;
                }
            }
            () = beside.next() => follower.objects.refused_beside(beside.forbidden.as_ref()),
            // Before that nobody knows what there might be to see.
            Some(request) = requests.recv(), if discovery.done_once => {
                let served = follower.readable_kinds();
                listings.push(sync::ask(cluster, served, request).boxed());
            }
            Some(Asked { request, listings }) = listings.next() => match listings {
                Ok(listings) => pending.push(Pending::new(request, listings)),
                // A caller that is gone no longer waits.
                Err(failure) => {
                    let _gone = request.send(Err(failure.to_string()));
                }
            },
        }
        follower.tell_readiness(discovery.done_once && beside.is_answered());
        pending = sync::answered(pending, &follower.objects);
    }
}

impl Follower<'_> {
    fn discovered(&mut self, discovered: Discovered, discovery: &mut Discovery) {
        match discovered {
            Ok(kinds) => {
                discovery.again.reset();
                discovery.due = Instant::now() + discovery.regular.next_delay();
                self.works(DISCOVERY_NAME);
                self.reconcile(kinds, !discovery.done_once);
                discovery.done_once = true;
            }
            Err(failure) => {
                discovery.due = Instant::now() + discovery.again.next_delay();
                if self.fails(DISCOVERY_NAME, &failure) {
                    tracing::warn!(%failure, address = self.cluster.address(), "the API server does not say which kinds it serves; asked again");
                }
            }
        }
    }

    /// Watches what is served, and gives up what is not served any more.
    fn reconcile(&mut self, kinds: Kinds, first: bool) {
        let Kinds {
            read: served,
            unread,
            unknown,
        } = kinds;
        if self.unknown != unknown && !unknown.is_empty() {
            let kinds = unknown.iter().map(String::as_str).collect::<Vec<_>>();
            let kinds = kinds.join(", ");
            tracing::info!(kinds, "served and not read: what they ask for is not done");
        }
        self.unknown = unknown;
        if self.unread != unread {
            for Unread { kind, served } in &unread {
                let served = served.iter().cloned().collect::<Vec<_>>().join(", ");
                let read = tributary_normalize::versions(*kind).join(", ");
                tracing::warn!(%kind, served, read, "kind is not watched: none of its versions is one that is read");
            }
            self.objects.unread_kinds(&unread);
            self.unread = unread;
        }
        if first {
            let missing: Vec<_> = Kind::ALL
                .into_iter()
                .filter(|kind| !served.contains_key(kind))
                .map(Kind::as_str)
                .collect();
            if !missing.is_empty() {
                tracing::warn!(
                    kinds = missing.join(", "),
                    "not watched until their CRDs appear"
                );
            }
        }
        let before: BTreeSet<Kind> = self.kinds.keys().copied().collect();
        for kind in before.into_iter().filter(|kind| !served.contains_key(kind)) {
            self.absent(kind);
        }
        let needed = NEEDED.into_iter();
        let needed = needed.filter(|kind| !served.contains_key(kind));
        let needed: Vec<_> = needed.map(Kind::as_str).collect();
        if needed.is_empty() {
            self.needed.clear();
        } else {
            let needed = needed.join(", ");
            self.needed.raise_because(format!("not served: {needed}"));
        }
        for (kind, served) in served {
            match self.kinds.get_mut(&kind) {
                Some(watched) if watched.served == served => watched.absent = 0,
                known => {
                    let version = served.version();
                    if known.is_some() {
                        tracing::info!(%kind, version, "watched at another version");
                    } else if !first {
                        tracing::info!(%kind, version, "watched: its CRD has appeared");
                    }
                    self.watch(kind, served);
                }
            }
        }
    }

    fn watch(&mut self, kind: Kind, served: Served) {
        self.watches
            .insert(kind, Watching::new(self.context, self.cluster, &served));
        self.objects.begin(kind);
        let watched = Watched {
            served,
            absent: 0,
            forbidden: None,
        };
        self.kinds.insert(kind, watched);
    }

    fn absent(&mut self, kind: Kind) {
        let Some(watched) = self.kinds.get_mut(&kind) else {
            return;
        };
        watched.absent += 1;
        if watched.absent < ABSENCES {
            return;
        }
        tracing::warn!(%kind, "not watched any more: its CRD is gone, and its objects with it");
        self.kinds.remove(&kind);
        self.watches.remove(&kind);
        self.failing.remove(kind.as_str());
        self.objects.forget(kind);
    }

    fn take(&mut self, kind: Kind, item: Item) {
        match item {
            Item::Event(event) => {
                if self.objects.take(kind, event) {
                    self.works(kind.as_str());
                    if let Some(watched) = self.kinds.get_mut(&kind)
                        && watched.forbidden.take().is_some()
                    {
                        tracing::info!(%kind, "can be read now");
                        self.objects.readable(kind);
                    }
                }
            }
            Item::Failed(failure) => self.failed(kind, &failure),
        }
    }

    fn failed(&mut self, kind: Kind, failure: &Failure) {
        let class = failure.class;
        let is_new = self.fails(kind.as_str(), failure);
        let Some(watched) = self.kinds.get_mut(&kind) else {
            return;
        };
        if class == Class::Forbidden && watched.forbidden.is_none() {
            let resource = watched.served.resource_name();
            tracing::error!(%kind, resource, %failure, "cannot be read: the watcher's role needs the verbs list and watch on it");
            watched.forbidden = Some(failure.message.clone());
            self.objects.unreadable(kind, &resource, &failure.message);
        }
        if is_new && class != Class::Forbidden {
            tracing::warn!(%kind, %failure, "a watch is down and is begun again, others may be too");
        }
    }

    fn works(&mut self, what: &'static str) {
        if self.failing.remove(what).is_some() && self.failing.is_empty() {
            tracing::info!("every watch is up again");
        }
    }

    /// Returns whether nothing fails in this way yet.
    fn fails(&mut self, what: &'static str, failure: &Failure) -> bool {
        let class = failure.class;
        let failures = self.context.metrics.get(&WATCH_FAILURES);
        let labels = FailureLabels {
            kind: what,
            class: class.as_str(),
        };
        failures.get_or_create(&labels).inc();
        let is_new = !self.failing.values().any(|failing| failing.class == class);
        self.failing.insert(what, failure.clone());
        is_new
    }

    /// Those that `Sync` lists. Not Pods: there are tens of thousands, and what people change and wait for is none of them.
    fn readable_kinds(&self) -> Vec<Served> {
        let kinds = self.kinds.iter();
        kinds
            .filter(|(kind, watched)| **kind != Kind::Pod && watched.forbidden.is_none())
            .map(|(_, watched)| watched.served.clone())
            .collect()
    }

    /// Says how far this is.
    fn tell_readiness(&mut self, is_known: bool) {
        self.objects.tell_refused();
        let forbidden = |kind: Kind, watched: &Watched| {
            let why = watched.forbidden.as_ref()?;
            Some(format!("{kind}: {why}"))
        };
        let others = self.kinds.iter().filter(|(kind, _)| **kind != Kind::Pod);
        let unreadable = others.filter_map(|(kind, it)| forbidden(*kind, it));
        let unreadable: Vec<String> = unreadable.collect();
        let pods = self.kinds.get(&Kind::Pod);
        match pods.and_then(|pods| forbidden(Kind::Pod, pods)) {
            Some(why) => self.pods.raise_because(why),
            None => self.pods.clear(),
        }
        let awaited = self
            .kinds
            .iter()
            .find(|(kind, watched)| !self.objects.is_synced(**kind) && watched.forbidden.is_none());
        match awaited {
            None if is_known => {
                self.objects.complete();
                self.complete.met();
            }
            awaited => {
                let awaited = awaited.map_or(DISCOVERY_NAME, |(kind, _)| kind.as_str());
                let failure = self.failing.get(awaited).or(self.failing.values().next());
                let why = failure.map(line);
                let why = why.unwrap_or_else(|| format!("{awaited} is not complete yet"));
                self.complete.unmet_because(why);
            }
        }
        match unreadable.split_first() {
            None => self.readable.met(),
            Some((first, [])) => self.readable.unmet_because(first),
            Some((first, others)) => {
                let others = others.len();
                let why = format!("{first} (and {others} more kinds)");
                self.readable.unmet_because(why);
            }
        }
    }
}

/// For people.
fn line(failure: &Failure) -> String {
    failure.to_string().chars().take(LONGEST_CAUSE).collect()
}
