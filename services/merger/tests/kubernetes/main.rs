//! Two mergers and one Lease on a real API server.
#![cfg(test)]

use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command};
use std::time::{Duration, Instant};

use futures::stream::{self, BoxStream, StreamExt};
use rustix::process::{Pid, Signal, kill_process};
use serde_json::json;
use tokio::task::JoinSet;
use tonic::{Code, Request, Response, Status};
use tributary_kubernetes::Cluster;
use tributary_kubernetes::lease::{Election, Timing, identity};
use tributary_merger::{Options, Service};
use tributary_model::ObjectRef;
use tributary_model::elb::LoadBalancerKind;
use tributary_model::resource::SourceObject;
use tributary_proto::call::{LoadBalancerShard, Publisher, Shard};
use tributary_proto::desired::WatchLoadBalancersRequest;
use tributary_proto::desired::desired_service_client::DesiredServiceClient;
use tributary_proto::judgement::WatchJudgementsRequest;
use tributary_proto::listeners::ListObjectsRequest;
use tributary_proto::report::PublishReportsRequest;
use tributary_proto::report::publish_reports_request::Event;
use tributary_proto::snapshot::snapshot_service_server::{SnapshotService, SnapshotServiceServer};
use tributary_proto::snapshot::{
    GetSnapshotRequest, GetSnapshotResponse, ListRejectionsRequest, ListRejectionsResponse,
    SyncRequest, SyncResponse, WatchSnapshotRequest, WatchSnapshotResponse,
};
use tributary_proto::types;
use tributary_runtime::{CancellationToken, Context, GrpcServices};
use tributary_stream::{
    EventStream, Published, StreamOptions, Transport, Update, clients, events, watch,
};
use tributary_tests_kubernetes::shared::shared;
use tributary_tests_kubernetes::wait::until;

/// A watcher of a source in which nothing is.
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
        Err(Status::unimplemented("not of this test"))
    }

    async fn list_rejections(
        &self,
        _: Request<ListRejectionsRequest>,
    ) -> Result<Response<Self::ListRejectionsStream>, Status> {
        Err(Status::unimplemented("not of this test"))
    }
}

struct Merger {
    address: String,
    stop: CancellationToken,
    tasks: JoinSet<()>,
}

impl Merger {
    async fn start(kubeconfig: &Path, namespace: &str) -> Self {
        let context = Context::new("merger");
        let objects = Published::new(&context, "snapshot");
        objects.mark_complete();
        let watcher = GrpcServices::default()
            .add_service(SnapshotServiceServer::new(Watcher(objects)))
            .build()
            .unwrap();
        let cluster = Cluster::connect(Some(kubeconfig)).await.unwrap();
        let election = Election::new(
            &cluster,
            namespace,
            "tributary-merger",
            identity(),
            Timing::default(),
        );
        let options = Options {
            watcher: Transport::local(watcher.routes()),
            merge: tributary_merger::MergeOptions::default(),
            tenants: tributary_merger::Tenants::Hidden,
        };
        let service = Service::elected(context.clone(), options, election);
        let bound = service
            .contracts(GrpcServices::default())
            .build()
            .unwrap()
            .bind(([127, 0, 0, 1], 0).into())
            .unwrap();
        let address = format!("http://{}", bound.local_addr());
        let mut tasks = JoinSet::new();
        let serving = bound.serve(context.clone());
        tasks.spawn(async { serving.await.unwrap() });
        tasks.spawn(async { Box::pin(service.run()).await.unwrap() });
        Self {
            address,
            stop: context.shutdown.clone(),
            tasks,
        }
    }

    fn to(&self) -> Transport {
        Transport::remote(&self.address).unwrap()
    }

    /// What programmers hear: the epoch, or why not.
    async fn desired(&self) -> Result<u64, Status> {
        desired(&self.address).await
    }

    async fn leads(&self) -> u64 {
        until("it leads", async || self.desired().await.ok()).await
    }
}

async fn desired(address: &str) -> Result<u64, Status> {
    let mut client = clients::desired(Transport::remote(address).unwrap());
    let mut events = client.watch_load_balancers(request()).await?.into_inner();
    let first = events.message().await?.unwrap();
    Ok(first.position.unwrap().epoch)
}

fn request() -> WatchLoadBalancersRequest {
    WatchLoadBalancersRequest::from(&LoadBalancerShard {
        kind: LoadBalancerKind::Alb,
        shard: Shard::WHOLE,
    })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standby_says_nothing_and_leads_when_it_is_elected() {
    let cluster = shared().await;
    let namespace = cluster.namespace("merger").await;
    let mut first = Merger::start(cluster.kubeconfig(), &namespace).await;
    assert_eq!(first.leads().await, 1);
    let second = Merger::start(cluster.kubeconfig(), &namespace).await;

    let refused = second.desired().await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable, "{refused}");
    let mut judgements = clients::judgement(second.to());
    let refused = judgements
        .watch_judgements(WatchJudgementsRequest::default())
        .await
        .unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable, "{refused}");
    let mut listeners = clients::listeners(second.to());
    let objects = listeners.list_objects(ListObjectsRequest::default()).await;
    let refused = objects.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable, "{refused}");
    // Who knows both hears the leader, at the latest the second time.
    let both = format!("{},{}", second.address, first.address);
    let mut listeners = clients::listeners(Transport::remote(&both).unwrap());
    let unheard = listeners.list_objects(ListObjectsRequest::default()).await;
    assert_eq!(unheard.unwrap_err().code(), Code::Unavailable);
    let objects = listeners.list_objects(ListObjectsRequest::default()).await;
    let mut objects = objects.unwrap().into_inner();
    while objects.message().await.unwrap().is_some() {}

    // A programmer that knows both hears everything again from the next leader.
    let context = Context::new("programmer");
    let both = format!("{},{}", second.address, first.address);
    let client = clients::desired(Transport::remote(&both).unwrap());
    let mut updates = watch(&context, StreamOptions::named("desired"), move || {
        let mut client = client.clone();
        async move { client.watch_load_balancers(request()).await }
    });
    let synced = updates
        .by_ref()
        .filter(|update| std::future::ready(matches!(update.item, Update::Synced)))
        .map(|update| update.position.epoch);
    let mut synced = synced.boxed();
    assert_eq!(synced.next().await, Some(1));

    let mut client = clients::desired(first.to());
    let mut events = client
        .watch_load_balancers(request())
        .await
        .unwrap()
        .into_inner();
    let begun = Instant::now();
    first.stop.cancel();
    let ended = loop {
        match events.message().await {
            Ok(Some(_)) => {}
            Ok(None) => panic!("the stream ended without a word"),
            Err(status) => break status,
        }
    };
    assert_eq!(ended.code(), Code::Unavailable, "{ended}");
    assert_eq!(synced.next().await, Some(2));
    let took = begun.elapsed();
    eprintln!("measured: {took:?} from a stop until a programmer hears the next merger");
    assert!(took < Duration::from_secs(3), "{took:?}");
    while first.tasks.join_next().await.is_some() {}

    // Killed: nothing is released.
    let third = Merger::start(cluster.kubeconfig(), &namespace).await;
    let begun = Instant::now();
    drop(second);
    assert_eq!(third.leads().await, 3);
    let took = begun.elapsed();
    eprintln!("measured: {took:?} from a kill until the next merger leads");
    assert!(took < Duration::from_secs(10), "{took:?}");
}

/// A merger as a process of its own, killed when this goes.
struct Process {
    child: Child,
    address: String,
}

impl Process {
    fn start(kubeconfig: &Path, namespace: &str, watcher: &str) -> Self {
        let free = TcpListener::bind(("127.0.0.1", 0)).unwrap();
        let listen = free.local_addr().unwrap().to_string();
        drop(free);
        // Tests are in `deps` of the directory that holds the program.
        let test = std::env::current_exe().unwrap();
        let child = Command::new(test.parent().unwrap().parent().unwrap().join("tributary"))
            .arg("merger")
            .args(["--watcher", watcher, "--grpc-listen", &listen])
            .args(["--leader-election", "--lease-namespace", namespace])
            .arg("--kubeconfig")
            .arg(kubeconfig)
            .spawn()
            .unwrap();
        Self {
            child,
            address: format!("http://{listen}"),
        }
    }

    fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    async fn leads(&self) -> u64 {
        until("the process leads", async || {
            desired(&self.address).await.ok()
        })
        .await
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

/// A programmer that has nothing to report yet holds a stream open.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stream_of_reports_without_any_ends_at_the_stop() {
    let cluster = shared().await;
    let namespace = cluster.namespace("merger").await;
    let mut merger = Merger::start(cluster.kubeconfig(), &namespace).await;
    merger.leads().await;
    let transport = merger.to();
    let mut client = clients::report(transport.clone());
    let (asked, taken) = tokio::sync::oneshot::channel();
    let nothing = stream::once(async move {
        asked.send(()).unwrap();
        std::future::pending().await
    });
    let mut reporting = JoinSet::new();
    reporting.spawn(async move { client.publish_reports(nothing).await });
    taken.await.unwrap();
    // Asked later on the same connection and answered: the merger has heard of the stream.
    let mut listeners = clients::listeners(transport);
    let objects = listeners.list_objects(ListObjectsRequest::default()).await;
    objects.unwrap();
    merger.stop.cancel();
    let ended = reporting.join_next().await.unwrap().unwrap().unwrap_err();
    // Said, not cut off.
    assert_eq!(ended.code(), Code::Unavailable, "{ended}");
    assert!(
        ["the service is stopping", "not the leader any more"].contains(&ended.message()),
        "{ended}"
    );
    while merger.tasks.join_next().await.is_some() {}
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_merger_that_was_stopped_for_a_while_says_nothing_as_leader_afterwards() {
    let cluster = shared().await;
    let namespace = cluster.namespace("merger").await;
    let context = Context::new("watcher");
    let objects = Published::new(&context, "snapshot");
    objects.mark_complete();
    let watcher = GrpcServices::default()
        .add_service(SnapshotServiceServer::new(Watcher(objects)))
        .build()
        .unwrap()
        .bind(([127, 0, 0, 1], 0).into())
        .unwrap();
    let to_watcher = format!("http://{}", watcher.local_addr());
    let mut tasks = JoinSet::new();
    let serving = watcher.serve(context.clone());
    tasks.spawn(async { serving.await.unwrap() });

    let first = Process::start(cluster.kubeconfig(), &namespace, &to_watcher);
    assert_eq!(first.leads().await, 1);
    let second = Process::start(cluster.kubeconfig(), &namespace, &to_watcher);
    // A client that waits for as long as it takes: ours would leave.
    let mut client = DesiredServiceClient::connect(first.address.clone())
        .await
        .unwrap();
    let mut open = client
        .watch_load_balancers(request())
        .await
        .unwrap()
        .into_inner();
    // Of nothing: the listing begins and is over.
    for _ in 0..2 {
        open.message().await.unwrap().unwrap();
    }

    first.signal(Signal::STOP);
    assert_eq!(second.leads().await, 2);
    first.signal(Signal::CONT);
    // From its first answer on.
    let refused = desired(&first.address).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable, "{refused}");
    let ended = open.message().await.unwrap_err();
    assert_eq!(ended.code(), Code::Unavailable, "{ended}");
    assert_eq!(desired(&second.address).await.unwrap(), 2);
}

/// One stream of reports that lists nothing, from a programmer that names this epoch for its shard.
async fn published(merger: &Merger, shard_epoch: u64) -> Result<(), Status> {
    let publisher = Publisher {
        instance: "programmer".to_owned(),
        load_balancers: LoadBalancerShard {
            kind: LoadBalancerKind::Alb,
            shard: Shard::WHOLE,
        },
        shard_epoch,
    };
    let listing = [
        Event::Init(types::Init {}),
        Event::InitDone(types::InitDone {}),
    ];
    let messages = listing.map(|event| PublishReportsRequest {
        position: Some(types::Position::default()),
        traceparent: String::new(),
        event: Some(event),
        publisher: Some((&publisher).into()),
    });
    let mut client = clients::report(merger.to());
    client.publish_reports(stream::iter(messages)).await?;
    Ok(())
}

/// The merger reads the shard's Lease for itself, with the rights that it needs to lead.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_programmer_is_believed_by_the_lease_of_its_shard() {
    let cluster = shared().await;
    let namespace = cluster.namespace("merger").await;
    let merger = Merger::start(cluster.kubeconfig(), &namespace).await;
    merger.leads().await;
    let lease = json!({
        "apiVersion": "coordination.k8s.io/v1",
        "kind": "Lease",
        "metadata": { "name": "tributary-alb-programmer-shard-0", "namespace": namespace },
        "spec": { "holderIdentity": "programmer", "leaseTransitions": 3 },
    });
    cluster.apply(&lease).await.unwrap();
    let invented = published(&merger, u64::MAX).await.unwrap_err();
    assert_eq!(invented.code(), Code::FailedPrecondition, "{invented}");
    published(&merger, 3).await.unwrap();
    let deposed = published(&merger, 2).await.unwrap_err();
    assert_eq!(deposed.code(), Code::FailedPrecondition, "{deposed}");
}
