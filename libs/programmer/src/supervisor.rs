//! One worker per load balancer: started when it is wanted or found, told what it should be, let go when
//! nothing is left of it.
//!
//! ```text
//!  updates of the merger ──┐
//!  answers to questions ───┼──> one loop that awaits nobody in particular ──> workers
//!  a search is due ────────┘             └──> questions: AWS, API server, merger (beside it)
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures::{FutureExt, StreamExt};
use prometheus_client::metrics::gauge::Gauge;
use tokio::sync::{Semaphore, watch};
use tributary_aws::{Aws, Environment, SecretSource};
use tributary_model::desired::{DesiredLoadBalancer, LoadBalancerKey};
use tributary_model::report::LoadBalancerReport;
use tributary_plan::defaults::Defaults;
use tributary_plan::limits::Limits;
use tributary_proto::call::LoadBalancerShard;
use tributary_proto::desired::WatchLoadBalancersRequest;
use tributary_runtime::{Concern, Condition, Context, OnError, Tasks};
use tributary_stream::{
    Position, Positioned, Published, StreamOptions, Ties, Transport, Update, clients,
    watch_tied as follow,
};

use crate::Error;
use crate::complaint::Complaint;
use crate::holds::Holds;
use crate::metrics::{LOAD_BALANCERS, WORKER_WAIT_SECONDS};
use crate::questions::{Answer, Asked, Questions, Whose};
use crate::search::{Heard, Search};
use crate::shared::Shared;
use crate::spared::{Spared, UnwantedAll};
use crate::target::{Target, Wanted};
use crate::worker;

/// What the supervisor hands on to its workers.
pub(crate) struct Setup {
    pub(crate) share: LoadBalancerShard,
    pub(crate) merger: Transport,
    pub(crate) aws: Aws,
    pub(crate) environment: Environment,
    pub(crate) defaults: Defaults,
    /// How long a load balancer that was replaced stays for its clients.
    pub(crate) stay: Duration,
    pub(crate) secrets: Arc<dyn SecretSource>,
    pub(crate) holds: Option<Holds>,
    pub(crate) reports: Published<LoadBalancerKey, LoadBalancerReport>,
    pub(crate) unwanted_all: UnwantedAll,
    /// The first listing of what is desired is complete.
    pub(crate) synced: Arc<Condition>,
}

/// Load balancers that are worked on at once: enough to fill AWS's pace, few enough that each is done soon.
const WORKERS_AT_ONCE: usize = 16;
struct Supervisor {
    shared: Shared,
    share: LoadBalancerShard,
    limits: watch::Sender<Limits>,
    workers: BTreeMap<LoadBalancerKey, Worker>,
    /// Absent from what the merger streams, and not removed: their Gateway is refused.
    held: BTreeSet<LoadBalancerKey>,
    spared: Spared,
    /// Something is spared.
    unwanted: Concern,
    complaints: Complaints,
    count: Gauge,
    /// Of the newest desired state that was seen.
    position: Position,
    synced: Arc<Condition>,
}

/// About what is asked beside the loop.
struct Complaints {
    limits: Complaint,
    leaving: Complaint,
    owned: Complaint,
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
        environment,
        defaults,
        stay,
        secrets,
        holds,
        reports,
        unwanted_all,
        synced,
    } = setup;
    let (limits, limits_receiver) = watch::channel(Limits::default());
    let mut supervisor = Supervisor {
        shared: Shared {
            aws,
            environment,
            defaults,
            stay,
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
        spared: Spared::new(unwanted_all),
        unwanted: context.concern("unwanted-load-balancers"),
        complaints: Complaints {
            limits: Complaint::new("AWS's quotas are taken to be as they were"),
            leaving: Complaint::new("Gateways that wait cannot be listed"),
            owned: Complaint::new("what nobody wants any more cannot be searched for"),
        },
        count: context.metrics.get(&LOAD_BALANCERS),
        position: Position::default(),
        synced,
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
        let concerns = context.concerns();
        let ties = Ties {
            arrival: Some(Arc::clone(&self.synced)),
            concerns: Some(concerns.clone()),
        };
        let mut updates = follow(context, StreamOptions::named("desired"), ties, move || {
            let mut client = client.clone();
            let request = WatchLoadBalancersRequest {
                concerns: concerns.now(),
                ..request.clone()
            };
            async move { client.watch_load_balancers(request).await }
        });
        let waits = context.metrics.get(&WORKER_WAIT_SECONDS);
        let mut search = Search::new(&waits);
        let mut questions = Questions::new(self.shared.merger.clone());
        loop {
            let update = tokio::select! {
                update = updates.next() => update,
                Some(answer) = questions.next() => {
                    self.hear(tasks, &mut search, &mut questions, answer);
                    self.let_go();
                    continue;
                }
                () = search.is_due() => {
                    let count = questions.search(&self.shared, self.share);
                    search.begin(count);
                    continue;
                }
            };
            // Whatever is still asked is not waited for.
            let Some(first) = update else { return };
            let mut next = Some(first);
            while let Some(update) = next {
                if self.take(tasks, &mut questions, update) {
                    search.may_begin();
                }
                next = updates.next().now_or_never().flatten();
            }
            self.let_go();
        }
    }

    /// Returns whether a listing is complete.
    fn take(
        &mut self,
        tasks: &Tasks,
        questions: &mut Questions,
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
                    questions.forget(&key);
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
                questions.forget(&key);
                self.want(tasks, key, Some(desired), position, traceparent);
            }
            Update::Delete(key) => {
                let asked = Asked {
                    position,
                    traceparent,
                };
                questions.ask_whether_wanted(key, asked);
            }
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

    fn want(
        &mut self,
        tasks: &Tasks,
        key: LoadBalancerKey,
        desired: Option<Arc<DesiredLoadBalancer>>,
        position: Position,
        traceparent: String,
    ) {
        self.held.remove(&key);
        if desired.is_some() {
            self.spared.wanted(&key);
            self.tell_spared();
        }
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

    /// What was asked beside the loop.
    fn hear(
        &mut self,
        tasks: &Tasks,
        search: &mut Search,
        questions: &mut Questions,
        answer: Answer,
    ) {
        match answer {
            Answer::Wanted(key, asked, answer) => self.judge(tasks, key, asked, answer),
            Answer::Limits(answer) => {
                if let Some(limits) = self.complaints.limits.heard(answer) {
                    self.limits.send_if_modified(|known| {
                        std::mem::replace(known, limits.clone()) != limits
                    });
                }
                search.heard(Heard::Aside);
            }
            Answer::Leaving(answer) => {
                if let Some(leaving) = self.complaints.leaving.heard(answer) {
                    self.found(questions, leaving);
                }
                search.heard(Heard::Aside);
            }
            Answer::Owned(answer) => match self.complaints.owned.heard(answer) {
                Some(owned) => {
                    let owned = self.without_spared(owned);
                    self.found(questions, owned);
                    search.heard(Heard::Whole);
                }
                None => search.heard(Heard::Nothing),
            },
        }
    }

    /// What a search found, without what is not removed whatever the merger says.
    fn without_spared(
        &mut self,
        mut found: BTreeSet<LoadBalancerKey>,
    ) -> BTreeSet<LoadBalancerKey> {
        let share = self.share;
        found.retain(|key| share.includes(key));
        let workers = &self.workers;
        let is_wanted = |key: &LoadBalancerKey| workers.contains_key(key);
        if self.spared.judge(&found, is_wanted) {
            for key in self.spared.keys() {
                tracing::warn!(
                    load_balancer = %key,
                    "not removed: the source wants none of the load balancers that were found; \
                     --allow-removing-all if that is meant"
                );
            }
            self.tell_spared();
        }
        found.retain(|key| !self.spared.includes(key));
        found
    }

    fn tell_spared(&self) {
        if self.spared.keys().next().is_some() {
            self.unwanted.raise();
        } else {
            self.unwanted.clear();
        }
    }

    /// Asks of everything of ours that seems to be wanted by nobody; the others have their own holders.
    fn found(&self, questions: &mut Questions, found: BTreeSet<LoadBalancerKey>) {
        let share = self.share;
        for key in found.into_iter().filter(|key| share.includes(key)) {
            if !self.workers.contains_key(&key) || self.held.contains(&key) {
                let asked = Asked {
                    position: self.position,
                    traceparent: String::new(),
                };
                questions.ask_whether_wanted(key, asked);
            }
        }
    }

    /// Removes a load balancer if the merger says that nobody wants it. A Gateway that is only refused keeps
    /// its load balancer, and absence from a listing does not tell the two apart: the merger may have been
    /// started while the Gateway was refused. What it cannot say now is asked again at the next search.
    fn judge(
        &mut self,
        tasks: &Tasks,
        key: LoadBalancerKey,
        asked: Asked,
        answer: Result<Whose, String>,
    ) {
        match answer {
            Ok(Whose::Nobodys) => {
                self.held.remove(&key);
                let Asked {
                    position,
                    traceparent,
                } = asked;
                self.want(tasks, key, None, position, traceparent);
            }
            Ok(Whose::Anothers) => {
                // Not even drift is corrected any more. The worker ends with its channel.
                if self.workers.remove(&key).is_some() {
                    tracing::warn!(load_balancer = %key, "left alone: another program looks after its Gateway");
                    self.count.dec();
                    self.shared.reports.remove_at(&key, asked.position);
                }
            }
            answer @ (Ok(Whose::Wanted) | Err(_)) => {
                if self.held.insert(key.clone()) {
                    tracing::info!(load_balancer = %key, ?answer, "not removed: the merger does not say that nobody wants it");
                }
            }
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

#[cfg(test)]
mod tests;
