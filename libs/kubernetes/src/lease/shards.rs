//! Shards that replicas divide: the work of each runs where its Lease is held.

use std::collections::{BTreeMap, BTreeSet};
use std::future::Future;

use tokio::task::{Id, JoinError, JoinSet};
use tokio::time::{Instant, sleep_until, timeout};
use tributary_runtime::backoff::Delays;
use tributary_runtime::{BoxError, CancellationToken, Concern, Context};

use super::api::Leases;
use super::candidate::Record;
use super::division::{Act, Division};
use super::election::Election;
use super::leadership::Leadership;
use super::metrics::Meter;
use super::{RELEASE_DEADLINE, RETRY, Timing};
use crate::cluster::{Cluster, REQUEST_DEADLINE};
use crate::failure::{Class, Failure};

/// On every Lease of a group, by which they are listed together.
const GROUP_LABEL: &str = "gateway.tributary.dev/shards-of";

/// One replica's part in dividing shards.
#[derive(Debug)]
pub struct Shards {
    leases: Leases,
    group: String,
    count: u32,
    identity: String,
    timing: Timing,
    /// This replica's own Lease: as long as it is renewed, what it holds is its own.
    heartbeat: Election,
}

/// A shard that is held here.
#[derive(Clone, Debug)]
pub struct Holding {
    /// 0 to count - 1.
    pub index: u32,
    /// How many shards there are.
    pub count: u32,
    /// Grows whenever the shard moves.
    pub epoch: u64,
    /// Cancelled when the work should end. The shard is somebody else's once it has, or earlier if it was lost.
    pub stop: CancellationToken,
    heartbeat: Leadership,
    term: u64,
}

struct Running<W> {
    leases: Leases,
    division: Division,
    timing: Timing,
    heartbeat: Leadership,
    works: JoinSet<Result<(), BoxError>>,
    begun: BTreeMap<Id, Begun>,
    work: W,
    count: u32,
    meter: Meter,
    delays: Delays,
    /// The shards' Leases cannot be listed or written.
    unusable: Concern,
    /// Why not, at the last look.
    refused: Option<String>,
}

struct Begun {
    index: u32,
    record: Record,
    stop: CancellationToken,
}

impl Holding {
    /// Whether it is held, though the work may have been told to end: to be asked right before each write. By the
    /// clock: a process that was stopped for a while knows at once.
    pub fn is_held(&self) -> bool {
        self.heartbeat.leading() == Some(self.term)
    }
}

impl Shards {
    /// `count` shards of a group of that name; `identity` must be this process's alone and fit for an object's name.
    /// All replicas of a group have the same count.
    pub fn new(
        cluster: &Cluster,
        namespace: &str,
        group: &str,
        count: u32,
        identity: String,
        timing: Timing,
    ) -> Self {
        let label = Some((GROUP_LABEL, group.to_owned()));
        let leases = Leases::new(cluster, namespace, label);
        let name = format!("{group}-replica-{identity}");
        Self {
            heartbeat: Election::of(leases.clone(), name, identity.clone(), timing),
            leases,
            group: group.to_owned(),
            count: count.max(1),
            identity,
            timing,
        }
    }

    /// Whether the others know of this replica: it holds its own Lease.
    pub fn presence(&self) -> Leadership {
        self.heartbeat.leadership()
    }

    /// Claims a fair share until the context stops, and runs `work` for each shard that is held, which ends soon after
    /// its `stop`. Gives up what is above the share, and at the end everything, once the work on it has ended.
    ///
    /// # Errors
    /// When a work fails or panics: then all are ended.
    pub async fn run<W, F>(self, context: &Context, work: W) -> Result<(), BoxError>
    where
        W: FnMut(Holding) -> F,
        F: Future<Output = Result<(), BoxError>> + Send + 'static,
    {
        let Self {
            leases,
            group,
            count,
            identity,
            timing,
            heartbeat,
        } = self;
        let meter = Meter::new(&context.metrics, &group);
        let mut running = Running {
            division: Division::new(&group, count, &identity, timing.duration),
            heartbeat: heartbeat.leadership(),
            works: JoinSet::new(),
            begun: BTreeMap::new(),
            delays: RETRY.delays(meter.backoff.clone()),
            leases: leases.clone(),
            timing,
            work,
            count,
            meter,
            unusable: context.concern("shard-leases"),
            refused: None,
        };
        let own = running.division.replica_lease(&identity);
        // It outlives the stop: what is held is ours until the work on it has ended.
        let mut beating = context.clone();
        beating.shutdown = CancellationToken::new();
        let dividing = async {
            let ended = running.divide(&context.shutdown).await;
            let stopped = running.stop().await;
            beating.shutdown.cancel();
            ended.and(stopped)
        };
        let (ended, ()) = tokio::join!(dividing, heartbeat.run(&beating));
        let deleting = async {
            if let Some(record) = leases.get(&own).await? {
                leases.delete(&own, &record.version).await?;
            }
            Ok::<_, Failure>(())
        };
        if let Ok(Err(failure)) = timeout(RELEASE_DEADLINE, deleting).await {
            tracing::debug!(lease = own, %failure, "another replica deletes it");
        }
        ended
    }
}

impl<W, F> Running<W>
where
    W: FnMut(Holding) -> F,
    F: Future<Output = Result<(), BoxError>> + Send + 'static,
{
    async fn divide(&mut self, shutdown: &CancellationToken) -> Result<(), BoxError> {
        let mut heartbeat = self.heartbeat.clone();
        let mut look_at = Instant::now();
        loop {
            tokio::select! {
                () = shutdown.cancelled() => return Ok(()),
                Some(ended) = self.works.join_next_with_id() => {
                    self.ended(ended).await?;
                    // What it made room for.
                    look_at = Instant::now();
                }
                leading = heartbeat.changed() => {
                    // Whatever was held before is nobody's now.
                    self.end_all();
                    if leading.is_some() {
                        look_at = Instant::now();
                    }
                }
                () = sleep_until(look_at) => {
                    if self.heartbeat.may_write() {
                        shutdown.run_until_cancelled(self.look()).await;
                    }
                    look_at = Instant::now() + self.timing.jittered_poll();
                }
            }
            self.meter.holds(self.division.held());
        }
    }

    async fn look(&mut self) {
        self.refused = None;
        let asked = Instant::now();
        let deadline = REQUEST_DEADLINE.min(self.timing.duration);
        let listed = timeout(deadline, self.leases.list()).await;
        match listed.unwrap_or_else(|_| Err(Failure::timed_out("listing Leases"))) {
            Ok(leases) => {
                self.delays.reset();
                for act in self.division.decide(leases, asked, Instant::now()) {
                    self.act(act).await;
                }
            }
            Err(failure) => {
                self.failed(&failure, "cannot list Leases");
                self.tell();
                self.delays.wait().await;
            }
        }
        self.tell();
    }

    async fn act(&mut self, act: Act) {
        let deadline = self.timing.deadline;
        let written = match act {
            Act::End(index) => {
                self.end(index);
                return;
            }
            Act::Take(index, claim) => {
                let Some(term) = self.heartbeat.leading() else {
                    return;
                };
                let name = self.division.shard_lease(index);
                match timeout(deadline, self.leases.write(&name, &claim)).await {
                    Ok(Ok(record)) => {
                        self.begin(index, record, term);
                        return;
                    }
                    Ok(Err(failure)) => Err(failure),
                    Err(_) => Err(Failure::timed_out("taking a shard")),
                }
            }
            Act::Free(index, claim) => {
                let name = self.division.shard_lease(index);
                match timeout(deadline, self.leases.write(&name, &claim)).await {
                    Ok(Ok(_)) => {
                        tracing::info!(lease = name, "given up");
                        return;
                    }
                    Ok(Err(failure)) => Err(failure),
                    Err(_) => Err(Failure::timed_out("giving up a shard")),
                }
            }
            Act::Bury(name, version) => {
                let deleted = timeout(deadline, self.leases.delete(&name, &version)).await;
                deleted.unwrap_or_else(|_| Err(Failure::timed_out("deleting a Lease")))
            }
        };
        if let Err(failure) = written {
            self.failed(&failure, "a Lease is not written");
        }
    }

    fn begin(&mut self, index: u32, record: Record, term: u64) {
        let holding = Holding {
            index,
            count: self.count,
            epoch: record.transitions,
            stop: CancellationToken::new(),
            heartbeat: self.heartbeat.clone(),
            term,
        };
        tracing::info!(shard = index, epoch = holding.epoch, "holds");
        self.division.took(index, &record);
        let stop = holding.stop.clone();
        let begun = self.works.spawn((self.work)(holding)).id();
        self.begun.insert(
            begun,
            Begun {
                index,
                record,
                stop,
            },
        );
    }

    fn end(&mut self, index: u32) {
        self.division.ending(index);
        for begun in self.begun.values().filter(|begun| begun.index == index) {
            begun.stop.cancel();
        }
    }

    fn end_all(&mut self) {
        for index in self.division.held() {
            self.end(index);
        }
    }

    /// Once nothing works on a shard any more it is for others to take.
    async fn ended(
        &mut self,
        ended: Result<(Id, Result<(), BoxError>), JoinError>,
    ) -> Result<(), BoxError> {
        let (id, result) = match ended {
            Ok((id, result)) => (id, result),
            Err(panicked) => (panicked.id(), Err(panicked.into())),
        };
        if let Some(Begun { index, record, .. }) = self.begun.remove(&id) {
            let act = self.division.ended(index, &record);
            self.act(act).await;
        }
        result
    }

    async fn stop(&mut self) -> Result<(), BoxError> {
        self.end_all();
        let mut result = Ok(());
        while let Some(ended) = self.works.join_next_with_id().await {
            let ended = self.ended(ended).await;
            result = result.and(ended);
        }
        self.meter.holds(BTreeSet::new());
        result
    }

    fn tell(&self) {
        match &self.refused {
            None => self.unusable.clear(),
            Some(why) => self.unusable.raise_because(why),
        }
    }

    fn failed(&mut self, failure: &Failure, what: &'static str) {
        self.meter.failed(failure.class);
        match failure.class {
            // Somebody was quicker.
            Class::Conflict | Class::NotFound => tracing::debug!(%failure, what),
            Class::Unauthorized | Class::Forbidden | Class::Invalid => {
                tracing::warn!(%failure, what);
                self.refused = Some(format!("{what}: {failure}"));
            }
            Class::Expired | Class::Unavailable => tracing::info!(%failure, what),
        }
    }
}
