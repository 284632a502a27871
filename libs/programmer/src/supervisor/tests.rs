//! The loop over a merger and an AWS of which parts never answer. Time is paused: it moves only when nothing else can.

use std::sync::Mutex;
use std::time::Duration;

use async_trait::async_trait;
use futures::stream::BoxStream;
use tokio::task::JoinSet;
use tokio::time::Instant;
use tonic::{Request, Response, Status};
use tributary_aws::{
    AwsError, Class, ClientCredentials, Ec2, Endpoint, Found, Interface, InterfaceFilter,
    KeyMaterial, Pacing, ResourceType, RuleFilter, SecretError, SecurityGroupFilter, SharedRule,
    TagFilter, Tagging, Unmetered,
};
use tributary_model::ObjectKey;
use tributary_model::config::LoadBalancerSettings;
use tributary_model::desired::OrdMap;
use tributary_model::elb::LoadBalancerKind;
use tributary_plan::limits::BackendGroups;
use tributary_plan::observed::{ObservedSecurityGroup, ObservedSubnet, Opening};
use tributary_plan::op::{IngressRule, SecurityGroupSpec};
use tributary_plan::tags::Tags;
use tributary_proto::call::Shard;
use tributary_proto::desired::desired_service_server::{DesiredService, DesiredServiceServer};
use tributary_proto::desired::{GetLoadBalancerResponse, WatchLoadBalancersResponse};
use tributary_runtime::GrpcServices;
use tributary_stream::events;

use super::*;

type Answer<T> = Result<Found<T>, AwsError>;
type Desired = Published<LoadBalancerKey, DesiredLoadBalancer>;

struct World {
    context: Context,
    desired: Desired,
    reports: Published<LoadBalancerKey, LoadBalancerReport>,
    /// Questions about these are not answered by the merger; about all others: nobody wants them.
    silent_about: Arc<Mutex<BTreeSet<LoadBalancerKey>>>,
    /// Another program's.
    theirs: Arc<Mutex<BTreeSet<LoadBalancerKey>>>,
    supervisor: JoinSet<Result<(), Error>>,
}

struct Merger {
    desired: Desired,
    silent_about: Arc<Mutex<BTreeSet<LoadBalancerKey>>>,
    theirs: Arc<Mutex<BTreeSet<LoadBalancerKey>>>,
}

/// Whether the search for everything of ours is answered; what is asked about one Gateway always is.
#[derive(Clone, Copy, Debug)]
enum Search {
    Answers,
    Hangs,
}

/// Has nothing, and cannot be written to.
#[derive(Debug)]
struct EmptyEc2;

#[derive(Debug)]
struct NoSecrets;

#[tonic::async_trait]
impl DesiredService for Merger {
    type WatchLoadBalancersStream = BoxStream<'static, Result<WatchLoadBalancersResponse, Status>>;

    async fn watch_load_balancers(
        &self,
        _: Request<WatchLoadBalancersRequest>,
    ) -> Result<Response<Self::WatchLoadBalancersStream>, Status> {
        Ok(Response::new(Box::pin(events(self.desired.subscribe()))))
    }

    async fn get_load_balancer(
        &self,
        request: Request<tributary_proto::desired::GetLoadBalancerRequest>,
    ) -> Result<Response<GetLoadBalancerResponse>, Status> {
        let key = request.into_inner().key.unwrap();
        let key = LoadBalancerKey::try_from(key).unwrap();
        if self.silent_about.lock().unwrap().contains(&key) {
            std::future::pending::<()>().await;
        }
        if self.theirs.lock().unwrap().contains(&key) {
            return Err(Status::aborted("another program holds it"));
        }
        Err(Status::not_found(format!("load balancer {key}")))
    }
}

#[async_trait]
impl Tagging for Search {
    async fn resources(&self, filter: &TagFilter) -> Answer<Tags> {
        let is_search = filter.types == BTreeSet::from(ResourceType::ALL);
        match self {
            Self::Hangs if is_search => std::future::pending().await,
            Self::Hangs | Self::Answers => Ok(BTreeMap::new()),
        }
    }
}

fn read_only<T>() -> Result<T, AwsError> {
    Err(AwsError::new(Class::Permanent, "write", "not of this test"))
}

#[async_trait]
impl Ec2 for EmptyEc2 {
    async fn subnets(&self, _: Option<&str>) -> Answer<ObservedSubnet> {
        Ok(BTreeMap::new())
    }

    async fn vpc_blocks(&self) -> Answer<Vec<ipnet::IpNet>> {
        Ok(BTreeMap::new())
    }

    async fn security_groups(&self, _: &SecurityGroupFilter) -> Answer<ObservedSecurityGroup> {
        Ok(BTreeMap::new())
    }

    async fn create_security_group(&self, _: &SecurityGroupSpec) -> Result<String, AwsError> {
        read_only()
    }

    async fn authorize_ingress(&self, _: &str, _: &BTreeSet<IngressRule>) -> Result<(), AwsError> {
        read_only()
    }

    async fn revoke_ingress(&self, _: &str, _: &BTreeSet<IngressRule>) -> Result<(), AwsError> {
        read_only()
    }

    async fn delete_security_group(&self, _: &str) -> Result<(), AwsError> {
        read_only()
    }

    async fn add_tags(&self, _: &str, _: &Tags) -> Result<(), AwsError> {
        read_only()
    }

    async fn remove_tags(&self, _: &str, _: &Tags) -> Result<(), AwsError> {
        read_only()
    }

    async fn remove_tag(&self, _: &str, _: &str) -> Result<(), AwsError> {
        read_only()
    }

    async fn interfaces(
        &self,
        _: &InterfaceFilter,
        _: Option<&str>,
    ) -> Result<Vec<Interface>, AwsError> {
        Ok(Vec::new())
    }

    async fn shared_rules(&self, _: &RuleFilter) -> Answer<SharedRule> {
        Ok(BTreeMap::new())
    }

    async fn open(&self, _: &str, _: &Opening, _: &Tags) -> Result<(), AwsError> {
        read_only()
    }

    async fn revoke_rule(&self, _: &str, _: &str) -> Result<(), AwsError> {
        read_only()
    }
}

#[async_trait]
impl SecretSource for NoSecrets {
    async fn tls_material(&self, _: &ObjectKey) -> Result<Option<KeyMaterial>, SecretError> {
        Ok(None)
    }

    async fn client_credentials(
        &self,
        _: &ObjectKey,
    ) -> Result<Option<ClientCredentials>, SecretError> {
        Ok(None)
    }
}

fn key(name: &str) -> LoadBalancerKey {
    LoadBalancerKey {
        kind: LoadBalancerKind::Alb,
        gateway: ObjectKey::new("infra", name),
    }
}

impl World {
    async fn new(search: Search) -> Self {
        let context = Context::new("test");
        let desired = Published::new(&context, "desired");
        let reports = Published::new(&context, "report");
        let silent_about = Arc::new(Mutex::new(BTreeSet::new()));
        let theirs = Arc::new(Mutex::new(BTreeSet::new()));
        let merger = Merger {
            desired: desired.clone(),
            silent_about: Arc::clone(&silent_about),
            theirs: Arc::clone(&theirs),
        };
        let grpc = GrpcServices::default()
            .add_service(DesiredServiceServer::new(merger))
            .build()
            .unwrap();
        // Nobody is there: what is not replaced is refused at once.
        let nobody = Endpoint::url("http://127.0.0.1:1".to_owned());
        let mut aws = Aws::connect(&nobody, &Pacing::LOCAL, Arc::new(Unmetered)).await;
        aws.tagging = Arc::new(search);
        aws.ec2 = Arc::new(EmptyEc2);
        let setup = Setup {
            share: LoadBalancerShard {
                kind: LoadBalancerKind::Alb,
                shard: Shard::WHOLE,
            },
            merger: Transport::local(grpc.routes()),
            aws,
            environment: Environment {
                cluster: "test".to_owned(),
                installation: "here".to_owned(),
                vpc: None,
                backend: BackendGroups::Off,
            },
            defaults: Defaults::default(),
            stay: Duration::from_millis(1),
            secrets: Arc::new(NoSecrets),
            holds: None,
            reports: reports.clone(),
            unwanted_all: UnwantedAll::Spare,
            synced: Arc::new(context.part("desired")),
        };
        let mut supervisor = JoinSet::new();
        supervisor.spawn(supervise(context.clone(), setup));
        let world = Self {
            context,
            desired,
            reports,
            silent_about,
            theirs,
            supervisor,
        };
        world.desired.mark_complete();
        while !world.reports.is_complete() {
            tokio::task::yield_now().await;
        }
        world
    }

    fn want(&self, name: &str) {
        let desired = DesiredLoadBalancer {
            key: key(name),
            settings: LoadBalancerSettings::default(),
            listeners: BTreeMap::new(),
            target_groups: OrdMap::new_sync(),
            unread: BTreeSet::new(),
        };
        self.desired.set(key(name), Arc::new(desired));
    }

    /// Waits until a worker has said something of it, and returns how long that took.
    async fn worked_on(&self, name: &str) -> Duration {
        let begun = Instant::now();
        let mut said = self.reports.subscribe();
        while self.reports.get(&key(name)).is_none() {
            said.next().await.unwrap();
        }
        begun.elapsed()
    }

    async fn stop(mut self) -> Duration {
        let begun = Instant::now();
        self.context.shutdown.cancel();
        self.supervisor.join_next().await.unwrap().unwrap().unwrap();
        begun.elapsed()
    }
}

/// Longer than anything here may take that waits for nobody; shorter than any deadline of a question.
const AT_ONCE: Duration = Duration::from_millis(1_900);

#[tokio::test(start_paused = true)]
async fn a_search_that_hangs_delays_no_change() {
    let world = World::new(Search::Hangs).await;
    // The search has begun: nothing is left to do but to wait for it.
    tokio::time::advance(Duration::from_millis(1)).await;
    world.want("web");
    assert!(world.worked_on("web").await < AT_ONCE);
}

#[tokio::test(start_paused = true)]
async fn questions_that_the_merger_does_not_answer_delay_no_other_load_balancer() {
    let world = World::new(Search::Answers).await;
    for number in 0..40 {
        let name = format!("gone-{number}");
        world.silent_about.lock().unwrap().insert(key(&name));
        world.want(&name);
        world.worked_on(&name).await;
        world.desired.remove(&key(&name));
    }
    world.want("web");
    assert!(world.worked_on("web").await < AT_ONCE);
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_no_search() {
    let world = World::new(Search::Hangs).await;
    tokio::time::advance(Duration::from_millis(1)).await;
    assert!(world.stop().await < AT_ONCE);
}

#[tokio::test(start_paused = true)]
async fn a_stop_waits_for_no_question() {
    let world = World::new(Search::Answers).await;
    world.silent_about.lock().unwrap().insert(key("gone"));
    world.want("gone");
    world.worked_on("gone").await;
    world.desired.remove(&key("gone"));
    tokio::time::advance(Duration::from_millis(1)).await;
    assert!(world.stop().await < AT_ONCE);
}

#[tokio::test(start_paused = true)]
async fn what_another_program_looks_after_is_neither_kept_up_nor_removed() {
    let world = World::new(Search::Answers).await;
    world.want("web");
    world.worked_on("web").await;
    world.theirs.lock().unwrap().insert(key("web"));
    let mut said = world.reports.subscribe();
    world.desired.remove(&key("web"));
    while world.reports.get(&key("web")).is_some() {
        said.next().await.unwrap();
    }
    assert!(world.stop().await < AT_ONCE);
}
