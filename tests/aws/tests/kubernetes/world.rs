//! A cluster's namespace with Gateways, a merger that knows them, a sandbox, and programmers.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::BoxStream;
use kube::Api;
use kube::api::{ApiResource, DeleteParams, DynamicObject, ListParams};
use serde_json::json;
use tokio::task::JoinSet;
use tonic::{Request, Response, Status};
use tributary_kubernetes::Cluster;
use tributary_kubernetes::lease::Timing;
use tributary_model::elb::LoadBalancerKind;
use tributary_model::resource::SourceObject;
use tributary_model::{Installation, Labels, ObjectRef};
use tributary_programmer::{
    ClusterSecrets, Division, Endpoint, Environment, Options, UnwantedAll, run_shards,
};
use tributary_proto::snapshot::snapshot_service_server::{SnapshotService, SnapshotServiceServer};
use tributary_proto::snapshot::{
    GetSnapshotRequest, GetSnapshotResponse, ListRejectionsRequest, ListRejectionsResponse,
    SyncRequest, SyncResponse, WatchSnapshotRequest, WatchSnapshotResponse,
};
use tributary_runtime::{CancellationToken, Context, GrpcServices};
use tributary_sandbox::{Sandbox, SeedOptions};
use tributary_stream::{EventStream, Published, Transport, events};
use tributary_testkit::objects::{class, gateway, http};
use tributary_tests_kubernetes::cluster::Cluster as Admin;
use tributary_tests_kubernetes::crds::Channel;
use tributary_tests_kubernetes::server::{Options as ServerOptions, Server};

pub(crate) const SHARDS: u32 = 8;

pub(crate) struct World {
    /// Of its own: a programmer looks after all Gateways of a cluster.
    server: Server,
    pub(crate) namespace: String,
    pub(crate) sandbox: Sandbox,
    endpoint: String,
    merger: Transport,
    objects: Published<ObjectRef, SourceObject>,
    _tasks: JoinSet<()>,
}

/// A replica of the ALB programmer.
pub(crate) struct Programmer {
    stop: CancellationToken,
    task: JoinSet<()>,
}

/// A watcher that says what it is told to.
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

impl World {
    pub(crate) async fn new() -> Self {
        let server = Server::start(ServerOptions::default()).await;
        let admin = server.cluster();
        admin.install_crds(Channel::Standard).await;
        let namespace = admin.namespace("programmer").await;
        let context = Context::new("test");
        let objects = Published::new(&context, "snapshot");
        let watcher = GrpcServices::default()
            .add_service(SnapshotServiceServer::new(Watcher(objects.clone())))
            .build()
            .unwrap();
        let merger = tributary_merger::Service::new(
            context.child("merger"),
            tributary_merger::Options {
                watcher: Transport::local(watcher.routes()),
                merge: tributary_merger::MergeOptions::default(),
                tenants: tributary_merger::Tenants::Hidden,
            },
        );
        let grpc = merger.contracts(GrpcServices::default()).build().unwrap();
        let mut tasks = JoinSet::new();
        tasks.spawn(async { Box::pin(merger.run()).await.unwrap() });
        let sandbox = Sandbox::new(tributary_sandbox::Options {
            provisioning: Duration::ZERO,
            seed: SeedOptions::default(),
            ..tributary_sandbox::Options::default()
        });
        let any = ([127, 0, 0, 1], 0).into();
        let bound = sandbox.clone().bind(any).await.unwrap();
        let endpoint = format!("http://{}", bound.local_addr());
        tasks.spawn(async { bound.serve(CancellationToken::new()).await.unwrap() });
        let world = Self {
            server,
            namespace,
            sandbox,
            endpoint,
            merger: Transport::local(grpc.routes()),
            objects,
            _tasks: tasks,
        };
        world.say(class("alb", "gateway.k8s.aws/alb"));
        world
    }

    pub(crate) fn admin(&self) -> &Admin {
        self.server.cluster()
    }

    fn say(&self, resource: tributary_model::Resource) {
        let key = resource.object_ref();
        let object = SourceObject {
            resource: Arc::new(resource),
            status: None,
            resource_version: None,
            labels: Labels::default(),
        };
        self.objects.set(key, Arc::new(object));
    }

    /// Gateways of these numbers, in the cluster and in what the watcher says.
    pub(crate) async fn gateways(&self, numbers: std::ops::Range<u32>) {
        for number in numbers {
            let applied = json!({
                "apiVersion": "gateway.networking.k8s.io/v1",
                "kind": "Gateway",
                "metadata": { "name": format!("g{number}"), "namespace": self.namespace },
                "spec": {
                    "gatewayClassName": "alb",
                    "listeners": [{ "name": "http", "port": 80, "protocol": "HTTP" }],
                },
            });
            self.admin().apply(&applied).await.unwrap();
            let name = format!("{}/g{number}", self.namespace);
            self.say(gateway(&name).listener(http("http", 80)).build());
        }
        self.objects.mark_complete();
    }

    /// Deletes a Gateway as kubectl does: what it says of it is the watcher's next word.
    pub(crate) async fn delete(&self, number: u32) {
        let name = format!("g{number}");
        let params = DeleteParams::default();
        self.api().delete(&name, &params).await.unwrap();
        let name = format!("{}/{name}", self.namespace);
        self.say(gateway(&name).listener(http("http", 80)).deleting().build());
    }

    pub(crate) fn api(&self) -> Api<DynamicObject> {
        let resource = ApiResource {
            group: "gateway.networking.k8s.io".to_owned(),
            version: "v1".to_owned(),
            api_version: "gateway.networking.k8s.io/v1".to_owned(),
            kind: "Gateway".to_owned(),
            plural: "gateways".to_owned(),
        };
        Api::namespaced_with(self.admin().client(), &self.namespace, &resource)
    }

    /// Gateways that are there, with our finalizer or without.
    pub(crate) async fn held(&self) -> (usize, usize) {
        let gateways = self.api().list(&ListParams::default()).await.unwrap();
        let (held, free): (Vec<_>, Vec<_>) = gateways.into_iter().partition(|gateway| {
            let finalizers = gateway.metadata.finalizers.iter().flatten();
            finalizers
                .into_iter()
                .any(|it| *it == Installation::default().finalizer(LoadBalancerKind::Alb))
        });
        (held.len(), free.len())
    }

    pub(crate) async fn programmer(&self, kubeconfig: &Path) -> Programmer {
        let cluster = Cluster::connect(Some(kubeconfig)).await.unwrap();
        let context = Context::new("alb-programmer");
        let options = Options {
            kind: LoadBalancerKind::Alb,
            merger: self.merger.clone(),
            aws: Endpoint::url(self.endpoint.clone()),
            environment: Environment {
                cluster: "test".to_owned(),
                installation: "here".to_owned(),
                vpc: None,
                backend: tributary_plan::limits::BackendGroups::Off,
            },
            defaults: tributary_plan::defaults::Defaults::default(),
            stay: std::time::Duration::from_millis(1),
            secrets: Arc::new(ClusterSecrets(cluster.clone())),
            gateways: Some(cluster.clone()),
            unwanted_all: UnwantedAll::default(),
        };
        let division = Division {
            cluster,
            namespace: self.namespace.clone(),
            shards: SHARDS,
            timing: Timing::default(),
        };
        let stop = context.shutdown.clone();
        let mut task = JoinSet::new();
        task.spawn(async move { run_shards(context, options, division).await.unwrap() });
        Programmer { stop, task }
    }

    /// How many load balancers AWS has.
    pub(crate) fn load_balancers(&self) -> usize {
        let state = self.sandbox.state().unwrap();
        let regions = state["regions"].as_object().unwrap();
        regions
            .values()
            .map(|region| region["load_balancers"].as_object().unwrap().len())
            .sum()
    }

    /// How often one was created, or something else was done.
    pub(crate) fn calls(&self, operation: &str) -> u64 {
        let counts = self.sandbox.call_counts();
        counts
            .operations
            .get(operation)
            .copied()
            .unwrap_or_default()
    }

    /// How many shards each replica holds, by the Leases.
    pub(crate) async fn shares(&self) -> Vec<usize> {
        let leases: Api<k8s_openapi::api::coordination::v1::Lease> =
            Api::namespaced(self.admin().client(), &self.namespace);
        let mut shares = std::collections::BTreeMap::new();
        for lease in leases.list(&ListParams::default()).await.unwrap() {
            let is_shard = lease.metadata.name.unwrap().contains("-shard-");
            let holder = lease.spec.and_then(|spec| spec.holder_identity);
            if let (true, Some(holder)) = (is_shard, holder.filter(|it| !it.is_empty())) {
                *shares.entry(holder).or_insert(0) += 1;
            }
        }
        let mut shares: Vec<usize> = shares.into_values().collect();
        shares.sort_unstable();
        shares
    }
}

impl Programmer {
    /// Dropped where it stands, as by a SIGKILL.
    pub(crate) fn kill(mut self) {
        self.task.abort_all();
    }

    pub(crate) async fn end(mut self) {
        self.stop.cancel();
        self.task.join_next().await.unwrap().unwrap();
    }
}
