//! One worker per load balancer: started when it is wanted or found, told what it should be, let go when
//! nothing is left of it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::{FutureExt, StreamExt};
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::{Semaphore, watch};
use tokio::time::{Instant, sleep_until, timeout};
use tributary_aws::{Aws, SecretSource, Site, owned};
use tributary_model::desired::{DesiredLoadBalancer, LoadBalancerKey};
use tributary_model::report::LoadBalancerReport;
use tributary_plan::limits::Limits;
use tributary_proto::call::LoadBalancerShard;
use tributary_proto::desired::desired_service_client::DesiredServiceClient;
use tributary_proto::desired::{GetLoadBalancerRequest, WatchLoadBalancersRequest};
use tributary_runtime::backoff::Delays;
use tributary_runtime::{Backoff, Condition, Context, OnError, Tasks};
use tributary_stream::{
    Position, Positioned, Published, StreamOptions, Transport, Update, clients, says_not_found,
    watch as follow,
};

use crate::Error;
use crate::holds::Holds;
use crate::metrics::{LOAD_BALANCERS, WORKER_WAIT_SECONDS, WaitLabels};
use crate::target::{Target, Wanted};
use crate::worker;

/// What the supervisor hands on to its workers.
pub(crate) struct Setup {
    pub(crate) share: LoadBalancerShard,
    pub(crate) merger: Transport,
    pub(crate) aws: Aws,
    pub(crate) site: Site,
    pub(crate) secrets: Arc<dyn SecretSource>,
    pub(crate) holds: Option<Holds>,
    pub(crate) reports: Published<LoadBalancerKey, LoadBalancerReport>,
}

/// What all workers share.
#[derive(Clone, Debug)]
pub(crate) struct Shared {
    pub(crate) context: Context,
    pub(crate) aws: Aws,
    pub(crate) site: Site,
    pub(crate) secrets: Arc<dyn SecretSource>,
    pub(crate) holds: Option<Holds>,
    pub(crate) merger: DesiredServiceClient<Transport>,
    pub(crate) reports: Published<LoadBalancerKey, LoadBalancerReport>,
    pub(crate) limits: watch::Receiver<Limits>,
    /// Load balancers that are worked on at once; AWS's own limits are paced by `tributary-aws`.
    pub(crate) turns: Arc<Semaphore>,
}

/// Load balancers that are worked on at once: enough to fill AWS's pace, few enough that each is done soon.
const WORKERS_AT_ONCE: usize = 16;
/// Everything of ours that nobody wants is searched for after the first listing and then this often: it is
/// found at once unless it was removed while nothing ran, so the search only backs that up.
const SEARCH: Backoff = Backoff {
    first: Duration::from_mins(5),
    most: Duration::from_mins(20),
};
/// After a search that failed.
const SEARCH_AGAIN: Backoff = Backoff {
    first: Duration::from_secs(1),
    most: Duration::from_mins(1),
};

/// The merger answers from memory or is gone.
const ASK_DEADLINE: Duration = Duration::from_secs(2);

struct Supervisor {
    shared: Shared,
    share: LoadBalancerShard,
    limits: watch::Sender<Limits>,
    workers: BTreeMap<LoadBalancerKey, Worker>,
    /// Absent from what the merger streams, and not removed: their Gateway is refused.
    held: BTreeSet<LoadBalancerKey>,
    count: Gauge,
    /// Of the newest desired state that was seen.
    position: Position,
    synced: Condition,
}

struct Worker {
    target: watch::Sender<Target>,
    /// Nothing is left of the load balancer, and the worker waits for its target to change.
    idle: Arc<AtomicBool>,
}

pub(crate) async fn supervise(context: Context, setup: Setup) -> Result<(), Error> {
    let Setup {
        share,
        merger,
        aws,
        site,
        secrets,
        holds,
        reports,
    } = setup;
    let (limits, limits_receiver) = watch::channel(Limits::default());
    let mut supervisor = Supervisor {
        shared: Shared {
            aws,
            site,
            secrets,
            holds,
            merger: clients::desired(merger),
            reports,
            limits: limits_receiver,
            turns: Arc::new(Semaphore::new(WORKERS_AT_ONCE)),
            context: context.clone(),
        },
        share,
        limits,
        workers: BTreeMap::new(),
        held: BTreeSet::new(),
        count: context.metrics.get(&LOAD_BALANCERS),
        position: Position::default(),
        synced: context.condition("desired"),
    };
    let tasks = context.tasks();
    supervisor.run(&context, &tasks).await;
    drop(supervisor);
    Ok(tasks.join(crate::STOP_DEADLINE).await?)
}

impl Supervisor {
    async fn run(&mut self, context: &Context, tasks: &Tasks) {
        let client = self.shared.merger.clone();
        let request = WatchLoadBalancersRequest::from(&self.share);
        let mut updates = follow(context, StreamOptions::named("desired"), move || {
            let mut client = client.clone();
            async move { client.watch_load_balancers(request).await }
        });
        let waits = context.metrics.get(&WORKER_WAIT_SECONDS);
        let delays = |policy: Backoff, reason| {
            policy.delays(waits.get_or_create_owned(&WaitLabels { reason }))
        };
        let mut search = Search {
            due: None,
            regular: delays(SEARCH, "search"),
            again: delays(SEARCH_AGAIN, "search_again"),
        };
        loop {
            let update = tokio::select! {
                update = updates.next() => update,
                () = search.is_due() => {
                    self.search(tasks, &mut search).await;
                    continue;
                }
            };
            let Some(first) = update else { return };
            let mut next = Some(first);
            while let Some(update) = next {
                if self.take(tasks, update).await && search.due.is_none() {
                    search.due = Some(Instant::now());
                }
                next = updates.next().now_or_never().flatten();
            }
            self.let_go();
        }
    }

    /// Returns whether a listing is complete.
    async fn take(
        &mut self,
        tasks: &Tasks,
        update: Positioned<Update<LoadBalancerKey, DesiredLoadBalancer>>,
    ) -> bool {
        let Positioned {
            position,
            traceparent,
            item,
        } = update;
        self.position = position;
        match item {
            Update::Reset(desired) => {
                for (key, desired) in desired {
                    self.want(
                        tasks,
                        key,
                        Some(desired.item),
                        desired.position,
                        desired.traceparent,
                    );
                }
            }
            Update::Apply(key, desired) => {
                self.want(tasks, key, Some(desired), position, traceparent);
            }
            Update::Delete(key) => self.remove(tasks, key, position, traceparent).await,
            Update::Repositioned(key) => {
                if let Some(worker) = self.workers.get(&key) {
                    worker
                        .target
                        .send_modify(|target| target.position = position);
                }
            }
            // Its last good version stays; the receiver has logged it.
            Update::Refused(_) => {}
            Update::Synced => {
                self.synced.met();
                self.shared.reports.mark_complete();
                return true;
            }
        }
        false
    }

    /// Removes a load balancer if the merger says that nobody wants it. A Gateway that is only refused keeps
    /// its load balancer, and absence from a listing does not tell the two apart: the merger may have been
    /// started while the Gateway was refused. What it cannot say now is asked again at the next search.
    async fn remove(
        &mut self,
        tasks: &Tasks,
        key: LoadBalancerKey,
        position: Position,
        traceparent: String,
    ) {
        match self.shared.is_wanted(&key).await {
            Ok(false) => {
                self.held.remove(&key);
                self.want(tasks, key, None, position, traceparent);
            }
            answer => {
                if self.held.insert(key.clone()) {
                    tracing::info!(load_balancer = %key, ?answer, "not removed: the merger does not say that nobody wants it");
                }
            }
        }
    }

    fn want(
        &mut self,
        tasks: &Tasks,
        key: LoadBalancerKey,
        desired: Option<Arc<DesiredLoadBalancer>>,
        position: Position,
        traceparent: String,
    ) {
        self.held.remove(&key);
        let target = Target {
            desired: desired.map(|desired| Arc::new(Wanted::new(desired))),
            position,
            traceparent,
        };
        if let Some(worker) = self.workers.get(&key) {
            worker.idle.store(false, Ordering::Release);
            worker.target.send_replace(target);
            return;
        }
        let (sender, receiver) = watch::channel(target);
        let idle = Arc::new(AtomicBool::new(false));
        let work = worker::work(
            self.shared.clone(),
            key.clone(),
            receiver,
            Arc::clone(&idle),
        );
        tasks.spawn("load-balancer", OnError::ShutDown, async {
            work.await;
            Ok::<_, Error>(())
        });
        self.workers.insert(
            key,
            Worker {
                target: sender,
                idle,
            },
        );
        self.count.inc();
    }

    /// Drops the workers of which nothing is left: their channel closes, and they end.
    fn let_go(&mut self) {
        let before = self.workers.len();
        self.workers
            .retain(|_, worker| !worker.idle.load(Ordering::Acquire));
        for _ in self.workers.len()..before {
            self.count.dec();
        }
    }

    /// Starts a worker for everything of ours that nobody wants.
    async fn search(&mut self, tasks: &Tasks, search: &mut Search) {
        let found: Result<BTreeSet<_>, _> =
            owned(&self.shared.aws, &self.shared.site, self.share.kind).await;
        let limits = self.shared.aws.elbv2.account_limits().await;
        match &limits {
            Ok(limits) => {
                self.limits
                    .send_if_modified(|known| std::mem::replace(known, limits.clone()) != *limits);
            }
            Err(error) => tracing::warn!(%error, "AWS's quotas are taken to be as they were"),
        }
        match found {
            Ok(mut found) => {
                if let Some(holds) = &self.shared.holds {
                    match holds.leaving().await {
                        Ok(leaving) => found.extend(leaving),
                        Err(error) => tracing::warn!(%error, "Gateways that wait cannot be listed"),
                    }
                }
                // The others have their own holders.
                let share = self.share;
                for key in found.into_iter().filter(|key| share.includes(key)) {
                    if !self.workers.contains_key(&key) || self.held.contains(&key) {
                        self.remove(tasks, key, self.position, String::new()).await;
                    }
                }
                self.let_go();
                search.later();
            }
            Err(error) => {
                tracing::warn!(%error, "what nobody wants any more cannot be searched for");
                search.soon();
            }
        }
    }
}

impl Shared {
    /// Whether somebody wants a load balancer; an error if the merger does not say.
    pub(crate) async fn is_wanted(&self, key: &LoadBalancerKey) -> Result<bool, String> {
        let mut merger = self.merger.clone();
        let asking = merger.get_load_balancer(GetLoadBalancerRequest::from(key));
        match timeout(ASK_DEADLINE, asking).await {
            Ok(Ok(_)) => Ok(true),
            Ok(Err(status)) if says_not_found(&status) => Ok(false),
            Ok(Err(status)) => Err(status.to_string()),
            Err(_) => Err("no answer in time".to_owned()),
        }
    }
}

impl Drop for Supervisor {
    /// Another may look after them from now on.
    fn drop(&mut self) {
        for _ in 0..self.workers.len() {
            self.count.dec();
        }
    }
}

/// When what nobody wants is searched for; never before the first complete listing.
struct Search {
    due: Option<Instant>,
    regular: Delays,
    again: Delays,
}

impl Search {
    async fn is_due(&self) {
        match self.due {
            Some(due) => sleep_until(due).await,
            None => std::future::pending().await,
        }
    }

    fn later(&mut self) {
        self.again.reset();
        self.due = Some(Instant::now() + self.regular.next_delay());
    }

    fn soon(&mut self) {
        self.due = Some(Instant::now() + self.again.next_delay());
    }
}
