//! A merger in this process, a watcher that says what it is told to, and programmers that say anything.

mod bounds;
mod queries;
mod silence;
mod torn;
mod who_is_believed;

use std::sync::Arc;
use std::time::Duration;

use futures::stream::{self, BoxStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tonic::{Request, Response, Status};
use tributary_model::desired::LoadBalancerKey;
use tributary_model::elb::LoadBalancerKind;
use tributary_model::report::{ListenerReport, LoadBalancerPhase, LoadBalancerReport};
use tributary_model::resource::SourceObject;
use tributary_model::{Labels, ListenerOwner, ObjectRef, Resource};
use tributary_proto::call::{LoadBalancerShard, Publisher, ReportsTaken, Shard};
use tributary_proto::report::PublishReportsRequest;
use tributary_proto::snapshot::snapshot_service_server::{SnapshotService, SnapshotServiceServer};
use tributary_proto::snapshot::{
    GetSnapshotRequest, GetSnapshotResponse, ListRejectionsRequest, ListRejectionsResponse,
    SyncRequest, SyncResponse, WatchSnapshotRequest, WatchSnapshotResponse,
};
use tributary_runtime::{Context, GrpcServices};
use tributary_stream::{
    Event, EventMessage, EventStream, Position, Positioned, Published, Transport, clients, events,
};
use tributary_testkit::objects::{class, gateway, http, key, listener_set};

use crate::reports::{Desk, Holders};
use crate::shared::{Shared, Torn};
use crate::state::MergerState;
use crate::{Options, Service, Tenants};

struct Watcher(Published<ObjectRef, SourceObject>);

#[tonic::async_trait]
impl SnapshotService for Watcher {
    type WatchSnapshotStream = EventStream<WatchSnapshotResponse>;
    type GetSnapshotStream = BoxStream<'static, Result<GetSnapshotResponse, Status>>;
    type ListRejectionsStream = BoxStream<'static, Result<ListRejectionsResponse, Status>>;

    async fn watch_snapshot(
        &self,
        _: Request<WatchSnapshotRequest>,
    ) -> Result<Response<Self::WatchSnapshotStream>, Status> {
        Ok(Response::new(events(self.0.subscribe())))
    }

    async fn get_snapshot(
        &self,
        _: Request<GetSnapshotRequest>,
    ) -> Result<Response<Self::GetSnapshotStream>, Status> {
        Err(Status::unimplemented("not of this test"))
    }

    async fn sync(&self, _: Request<SyncRequest>) -> Result<Response<SyncResponse>, Status> {
        Ok(Response::new(SyncResponse::from(&self.0.position())))
    }

    async fn list_rejections(
        &self,
        _: Request<ListRejectionsRequest>,
    ) -> Result<Response<Self::ListRejectionsStream>, Status> {
        Err(Status::unimplemented("not of this test"))
    }
}

/// A merger that runs, and what it knows.
struct World {
    context: Context,
    objects: Published<ObjectRef, SourceObject>,
    shared: Arc<Shared>,
    merger: Transport,
    running: JoinSet<Result<(), Torn>>,
}

impl World {
    /// Two Gateways of one listener each; the first has a set of another team.
    async fn new(holders: Holders) -> Self {
        let context = Context::new("merger");
        let objects = Published::new(&context, "snapshot");
        let watcher = GrpcServices::default()
            .add_service(SnapshotServiceServer::new(Watcher(objects.clone())))
            .build()
            .unwrap();
        let options = Options {
            watcher: Transport::local(watcher.routes()),
            merge: tributary_merge::Options::default(),
            tenants: Tenants::Hidden,
        };
        let service = Service {
            desk: Desk::new(holders),
            ..Service::new(context.clone(), options)
        };
        let shared = Arc::clone(&service.shared);
        let grpc = service.contracts(GrpcServices::default()).build().unwrap();
        let mut running = JoinSet::new();
        running.spawn(service.run());
        let world = Self {
            context,
            objects,
            shared,
            merger: Transport::local(grpc.routes()),
            running,
        };
        world.say(class("alb", "gateway.k8s.aws/alb"));
        for name in ["infra/web", "infra/other"] {
            let gateway = gateway(name).allow_all().listener(http("http", 80));
            world.say(gateway.build());
        }
        let set = listener_set("team/set", "infra/web").listener(http("own", 8080));
        world.say(set.build());
        world.objects.mark_complete();
        world
            .until("both are desired", |state| {
                state.desired_keys().count() == 2
            })
            .await;
        world
    }

    fn say(&self, resource: Resource) {
        let key = resource.object_ref();
        let object = SourceObject {
            resource: Arc::new(resource),
            status: None,
            resource_version: None,
            labels: Labels::default(),
        };
        self.objects.set(key, Arc::new(object));
    }

    /// Waits for a condition, which is looked at whenever something changes.
    async fn until(&self, what: &str, holds: impl Fn(&MergerState) -> bool) {
        let mut changes = self.shared.progress.subscribe();
        let waiting = async {
            loop {
                changes.borrow_and_update();
                if holds(&self.shared.lock().unwrap()) {
                    return;
                }
                changes.changed().await.unwrap();
            }
        };
        let waited = timeout(Duration::from_secs(20), waiting).await;
        assert!(waited.is_ok(), "not so: {what}");
    }

    fn position(&self) -> Position {
        self.shared.lock().unwrap().desired_position()
    }

    /// What was last reported of a load balancer.
    fn reported(&self, key: &LoadBalancerKey) -> Option<LoadBalancerReport> {
        self.shared.lock().unwrap().reports().get(key).cloned()
    }

    /// Of which desired state that speaks.
    fn reported_at(&self, key: &LoadBalancerKey) -> Position {
        self.shared.lock().unwrap().reported_at(key)
    }

    /// A programmer of ALBs that says who it is.
    fn programmer(&self, instance: &str, shard: Shard, epoch: u64) -> Programmer {
        let (says, mut said) = mpsc::channel::<PublishReportsRequest>(64);
        let messages = stream::poll_fn(move |context| said.poll_recv(context));
        let mut client = clients::report(self.merger.clone());
        let mut answer = JoinSet::new();
        answer.spawn(async move {
            let answer = client.publish_reports(messages).await?.into_inner();
            Ok(ReportsTaken::try_from(answer).unwrap())
        });
        let load_balancers = LoadBalancerShard {
            kind: LoadBalancerKind::Alb,
            shard,
        };
        Programmer {
            publisher: Publisher {
                instance: instance.to_owned(),
                load_balancers,
                shard_epoch: epoch,
            },
            says,
            answer,
            position: self.position(),
        }
    }
}

/// One stream of reports.
struct Programmer {
    publisher: Publisher,
    says: mpsc::Sender<PublishReportsRequest>,
    answer: JoinSet<Result<ReportsTaken, Status>>,
    position: Position,
}

impl Programmer {
    async fn say(&self, event: Event<LoadBalancerKey, LoadBalancerReport>) {
        self.say_at(self.position, event).await;
    }

    async fn say_at(&self, position: Position, event: Event<LoadBalancerKey, LoadBalancerReport>) {
        let said = Positioned {
            position,
            traceparent: String::new(),
            item: event,
        };
        let message = PublishReportsRequest {
            publisher: Some((&self.publisher).into()),
            ..PublishReportsRequest::encode_event::<LoadBalancerReport, _>(&said)
        };
        // One whose stream was ended is not heard: that shows in its answer.
        if self.says.send(message).await.is_err() {
            assert!(self.says.is_closed());
        }
    }

    /// Everything that it has.
    async fn list(&self, reports: impl IntoIterator<Item = LoadBalancerReport>) {
        self.say(Event::Init).await;
        for report in reports {
            self.say(Event::InitApply(report)).await;
        }
        self.say(Event::InitDone).await;
    }

    /// Ends the stream, or sees it ended.
    async fn ends(mut self) -> Result<ReportsTaken, Status> {
        drop(self.says);
        self.answer.join_next().await.unwrap().unwrap()
    }

    /// Sees the stream ended by the merger.
    async fn is_ended(&mut self) -> Status {
        let ended = timeout(Duration::from_secs(20), self.answer.join_next()).await;
        ended.unwrap().unwrap().unwrap().unwrap_err()
    }
}

fn alb(gateway: &str) -> LoadBalancerKey {
    LoadBalancerKey {
        kind: LoadBalancerKind::Alb,
        gateway: key(gateway),
    }
}

/// With a name by which it is known again.
fn report(gateway: &str, phase: LoadBalancerPhase, dns_name: &str) -> LoadBalancerReport {
    LoadBalancerReport {
        key: alb(gateway),
        phase,
        arn: None,
        dns_name: Some(dns_name.to_owned()),
        listeners: Vec::new(),
        rules: Vec::new(),
        problems: Vec::new(),
        blocked: false,
        healthy: [].into(),
        quotas: None,
        settled: true,
    }
}

fn active(gateway: &str, dns_name: &str) -> LoadBalancerReport {
    report(gateway, LoadBalancerPhase::Active, dns_name)
}

fn dns_name(report: Option<LoadBalancerReport>) -> Option<String> {
    report?.dns_name
}

/// `gateway infra/web http`: what is said of one listener.
fn listener(owner: &ListenerOwner, name: &str) -> ListenerReport {
    ListenerReport {
        listener: owner.listener(name),
        revision: tributary_model::Revision(1),
        state: tributary_model::report::ProgrammedState::Programmed,
        awaits_rules: false,
        elb_listener: None,
        notes: Vec::new(),
    }
}
