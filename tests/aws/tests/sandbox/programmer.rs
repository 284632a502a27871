//! The programmer itself, told what should be by a merger that knows nothing else, against the sandbox.

use std::collections::BTreeMap;
use std::sync::Arc;

use futures::StreamExt;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tonic::{Request, Response, Status, Streaming};
use tributary_model::desired::{DesiredLoadBalancer, LoadBalancerKey};
use tributary_model::elb::LoadBalancerKind;
use tributary_model::report::{ListenerReport, LoadBalancerReport, ProgrammedState};
use tributary_programmer::{Options, UnwantedAll};
use tributary_proto::desired::desired_service_server::{DesiredService, DesiredServiceServer};
use tributary_proto::desired::{
    GetLoadBalancerRequest, GetLoadBalancerResponse, WatchLoadBalancersRequest,
    WatchLoadBalancersResponse,
};
use tributary_proto::report::report_service_server::{ReportService, ReportServiceServer};
use tributary_proto::report::{PublishReportsRequest, PublishReportsResponse};
use tributary_runtime::{CancellationToken, Context, GrpcServices};
use tributary_stream::{EventStream, Published, Receiver, Transport, Update, events};

use crate::desired::{Desired, listener};
use crate::world::World;

/// What was reported of each load balancer, newest last.
type Reports = BTreeMap<LoadBalancerKey, Vec<Arc<LoadBalancerReport>>>;

/// A programmer at work. Dropped, it ends where it stands.
pub(crate) struct Programmer {
    desired: Published<LoadBalancerKey, DesiredLoadBalancer>,
    reports: watch::Receiver<Reports>,
    stop: CancellationToken,
    task: JoinSet<()>,
}

struct Merger {
    context: Context,
    desired: Published<LoadBalancerKey, DesiredLoadBalancer>,
    reports: watch::Sender<Reports>,
}

#[tonic::async_trait]
impl DesiredService for Merger {
    type WatchLoadBalancersStream = EventStream<WatchLoadBalancersResponse>;

    async fn watch_load_balancers(
        &self,
        _: Request<WatchLoadBalancersRequest>,
    ) -> Result<Response<Self::WatchLoadBalancersStream>, Status> {
        Ok(Response::new(events(self.desired.subscribe())))
    }

    async fn get_load_balancer(
        &self,
        request: Request<GetLoadBalancerRequest>,
    ) -> Result<Response<GetLoadBalancerResponse>, Status> {
        let key = LoadBalancerKey::try_from(request.into_inner().key.unwrap()).unwrap();
        match self.desired.get(&key) {
            Some(_) => Ok(Response::new(GetLoadBalancerResponse::default())),
            None => Err(Status::not_found(format!("load balancer {key}"))),
        }
    }
}

#[tonic::async_trait]
impl ReportService for Merger {
    async fn publish_reports(
        &self,
        request: Request<Streaming<PublishReportsRequest>>,
    ) -> Result<Response<PublishReportsResponse>, Status> {
        let mut receiver = Receiver::<PublishReportsRequest>::new(&self.context, "report");
        let mut messages = request.into_inner();
        while let Some(message) = messages.next().await {
            for update in receiver.accept(message?) {
                let told: Vec<(LoadBalancerKey, Arc<LoadBalancerReport>)> = match update.item {
                    Update::Reset(all) => all.into_iter().map(|(key, it)| (key, it.item)).collect(),
                    Update::Apply(key, report) => vec![(key, report)],
                    Update::Delete(key) => {
                        self.reports.send_modify(|reports| {
                            reports.remove(&key);
                        });
                        Vec::new()
                    }
                    Update::Repositioned(_) | Update::Refused(_) | Update::Synced => Vec::new(),
                };
                self.reports.send_modify(|reports| {
                    for (key, report) in told {
                        reports.entry(key).or_default().push(report);
                    }
                });
            }
        }
        Ok(Response::new(PublishReportsResponse::default()))
    }
}

impl Programmer {
    /// Of the world's ALBs.
    pub(crate) fn start(world: &World) -> Self {
        let context = Context::new("alb-programmer");
        let desired = Published::new(&context, "desired");
        let (sender, reports) = watch::channel(Reports::new());
        let merger = || Merger {
            context: context.clone(),
            desired: desired.clone(),
            reports: sender.clone(),
        };
        let grpc = GrpcServices::default()
            .add_service(DesiredServiceServer::new(merger()))
            .add_service(ReportServiceServer::new(merger()))
            .build()
            .unwrap();
        let options = Options {
            kind: LoadBalancerKind::Alb,
            merger: Transport::local(grpc.routes()),
            aws: world.endpoint.clone(),
            environment: world.environment.clone(),
            defaults: world.context.defaults.clone(),
            stay: std::time::Duration::from_millis(1),
            secrets: Arc::new(world.secrets.clone()),
            gateways: None,
            unwanted_all: UnwantedAll::default(),
        };
        desired.mark_complete();
        let stop = context.shutdown.clone();
        let mut task = JoinSet::new();
        task.spawn(async move { tributary_programmer::run(context, options).await.unwrap() });
        Self {
            desired,
            reports,
            stop,
            task,
        }
    }

    pub(crate) fn want(&self, desired: &Desired) {
        let key = desired.0.key.clone();
        match desired.wanted() {
            Some(wanted) => {
                self.desired.set(key, Arc::new(wanted.clone()));
            }
            None => {
                self.desired.remove(&key);
            }
        }
    }

    /// Waits for a report of which this is true; nothing bounds it but the test's own time.
    pub(crate) async fn says(
        &mut self,
        of: &Desired,
        expected: impl Fn(&LoadBalancerReport) -> bool,
    ) -> Arc<LoadBalancerReport> {
        let key = &of.0.key;
        let newest = |reports: &Reports| reports.get(key).and_then(|it| it.last().cloned());
        let reports = self
            .reports
            .wait_for(|reports| newest(reports).is_some_and(|it| expected(&it)))
            .await
            .unwrap();
        newest(&reports).unwrap()
    }

    /// Waits for any other report.
    pub(crate) async fn changes(&mut self) {
        self.reports.changed().await.unwrap();
    }

    /// Whether any report so far was like this.
    pub(crate) fn said(
        &self,
        of: &Desired,
        expected: impl Fn(&LoadBalancerReport) -> bool,
    ) -> bool {
        let reports = self.reports.borrow();
        let reports = reports.get(&of.0.key).into_iter().flatten();
        reports.into_iter().any(|report| expected(report))
    }

    /// Waits until a listener is served with its rules.
    pub(crate) async fn serves(&mut self, of: &Desired, name: &str) {
        self.says(of, |report| {
            state(report, name).is_some_and(|it| it.state == ProgrammedState::Programmed)
        })
        .await;
    }

    /// How many different reports there were of a load balancer.
    pub(crate) fn count(&self, of: &Desired) -> usize {
        self.reports.borrow().get(&of.0.key).map_or(0, Vec::len)
    }

    /// Waits until nothing is said of a load balancer any more.
    pub(crate) async fn forgets(&mut self, of: &Desired) {
        let key = &of.0.key;
        let gone = self.reports.wait_for(|reports| !reports.contains_key(key));
        gone.await.unwrap();
    }

    pub(crate) async fn end(mut self) {
        self.stop.cancel();
        self.task.join_next().await.unwrap().unwrap();
    }
}

/// What is said of the listener of ListenerSet `team/<name>`.
pub(crate) fn state<'r>(report: &'r LoadBalancerReport, name: &str) -> Option<&'r ListenerReport> {
    let name = listener(name);
    report.listeners.iter().find(|it| it.listener == name)
}
