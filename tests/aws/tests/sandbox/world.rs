//! A sandbox that serves, the SDK connected to it, and one Gateway's load balancer.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use serde_json::json;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use tributary_aws::{
    Aws, ClientCredentials, Due, Endpoint, Environment, Flights, KeyMaterial, Known, Meter,
    Outcome, Pacing, PolicyScope, SecretError, SecretSource, StepResult, Unmetered, ask_health,
    observe, policy, unhealthy,
};
use tributary_model::ObjectKey;
use tributary_model::elb::LoadBalancerKind;
use tributary_plan::limits::{BackendGroups, Context};
use tributary_plan::observed::Observed;
use tributary_plan::{Plan, plan};
use tributary_sandbox::{
    FaultKind, FaultOptions, FaultRule, Options, Policy, Sandbox, SeedOptions,
};

use crate::desired::Desired;

pub(crate) struct World {
    pub(crate) sandbox: Sandbox,
    pub(crate) aws: Aws,
    pub(crate) endpoint: Endpoint,
    pub(crate) environment: Environment,
    pub(crate) context: Context,
    pub(crate) secrets: Secrets,
    pub(crate) stop: CancellationToken,
    /// Serves as long as the world is there.
    _server: JoinSet<Result<(), tributary_sandbox::Error>>,
}

/// Secrets of namespace `team`, made when first asked for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Secrets(Arc<Mutex<BTreeMap<ObjectKey, KeyMaterial>>>);

impl World {
    pub(crate) async fn new() -> Self {
        Self::with(|_| {}).await
    }

    pub(crate) async fn with(change: impl FnOnce(&mut Options)) -> Self {
        Self::metered(change, Arc::new(Unmetered)).await
    }

    /// Whoever calls has the policies of both programmers and may do nothing else.
    pub(crate) async fn metered(change: impl FnOnce(&mut Options), meter: Arc<dyn Meter>) -> Self {
        let world = Self::unbound(change, meter).await;
        world
            .sandbox
            .set_policy(policies(&world.environment.cluster));
        world
    }

    /// Whoever calls may do everything.
    pub(crate) async fn unbound(change: impl FnOnce(&mut Options), meter: Arc<dyn Meter>) -> Self {
        let mut options = Options {
            provisioning: Duration::ZERO,
            seed: SeedOptions {
                trust_stores: vec!["partners".to_owned()],
                ..SeedOptions::default()
            },
            ..Options::default()
        };
        change(&mut options);
        let sandbox = Sandbox::new(options);
        let any = SocketAddr::from(([127, 0, 0, 1], 0));
        let bound = sandbox.clone().bind(any).await.unwrap();
        let endpoint = Endpoint::url(format!("http://{}", bound.local_addr()));
        let mut server = JoinSet::new();
        server.spawn(bound.serve(CancellationToken::new()));
        let aws = Aws::connect(&endpoint, &Pacing::LOCAL, meter).await;
        Self {
            sandbox,
            aws,
            endpoint,
            environment: Environment {
                cluster: "test".to_owned(),
                installation: "here".to_owned(),
                vpc: None,
                backend: BackendGroups::Off,
            },
            context: Context {
                cluster: "test".to_owned(),
                installation: "here".to_owned(),
                ..Context::default()
            },
            secrets: Secrets::default(),
            stop: CancellationToken::new(),
            _server: server,
        }
    }

    pub(crate) fn fault(&self, operation: &str, kind: FaultKind, times: Option<u32>) {
        self.sandbox.set_faults(FaultOptions {
            rules: vec![FaultRule {
                operation: operation.to_owned(),
                kind,
                probability: 1.0,
                times,
            }],
            ..FaultOptions::default()
        });
    }

    /// Waits until the fault has hit a call, after which it may hit so many more.
    pub(crate) async fn hit(&self, left: u32) {
        while self.hits_left() > left {
            tokio::task::yield_now().await;
        }
    }

    /// How often the fault may still hit.
    pub(crate) fn hits_left(&self) -> u32 {
        let faults = self.sandbox.faults();
        faults.rules.iter().filter_map(|rule| rule.times).sum()
    }

    pub(crate) fn no_faults(&self) {
        self.sandbox.set_faults(FaultOptions::default());
    }

    /// Everything, as a process sees it that has just started.
    pub(crate) async fn look(&self, desired: &Desired) -> Observed {
        let wanted = desired.wanted();
        observe(&self.aws, &self.environment, &desired.0.key, wanted).await
    }

    pub(crate) fn plan(&self, desired: &Desired, known: &Known) -> Plan {
        let key = &desired.0.key;
        plan(desired.wanted(), key, known.observed(), &self.context)
    }

    /// Nothing in flight.
    pub(crate) fn flights(&self) -> Flights {
        let secrets = Arc::new(self.secrets.clone());
        Flights::new(self.aws.clone(), secrets, 16, self.stop.clone())
    }

    /// A plan from its first step to its last. The results are in the order of the steps.
    pub(crate) async fn execute(&self, plan: &Plan, known: &mut Known) -> Vec<StepResult> {
        let mut flights = self.flights();
        flights.take_up(&plan.steps, known, |_| Due::Now);
        let mut results = Vec::new();
        while let Some(result) = flights.land(known).await {
            results.push(result);
        }
        known.relate();
        results.sort_by_key(|result| result.step.id);
        results
    }

    /// Plans and executes from what is known, without another look, until nothing is left; everything must succeed.
    #[track_caller]
    pub(crate) fn converge<'a>(
        &'a self,
        desired: &'a Desired,
        known: &'a mut Known,
    ) -> impl Future<Output = ()> + 'a {
        let caller = std::panic::Location::caller();
        async move {
            for _ in 0..4 {
                let mut plan = self.plan(desired, known);
                if plan.steps.is_empty() && !plan.waiting.is_empty() {
                    // A successor's targets, perhaps.
                    let groups = unhealthy(known.observed());
                    ask_health(&self.aws, known, &groups).await.unwrap();
                    plan = self.plan(desired, known);
                }
                if plan.steps.is_empty() {
                    return;
                }
                for result in self.execute(&plan, known).await {
                    let step = &result.step;
                    assert_eq!(
                        result.outcome,
                        Outcome::Done,
                        "{caller}: {step}\nof\n{plan}"
                    );
                }
            }
            let plan = self.plan(desired, known);
            assert!(plan.steps.is_empty(), "{caller}: never settles\n{plan}");
        }
    }

    /// From nothing known to settled.
    pub(crate) async fn programmed(&self, desired: &Desired) -> Known {
        let mut known = Known::new(self.look(desired).await);
        self.converge(desired, &mut known).await;
        known
    }

    /// Plans and executes from what is known, without another look, until nothing is left; what failed is tried again.
    pub(crate) async fn endure(&self, desired: &Desired, known: &mut Known) {
        for _ in 0..8 {
            let plan = self.plan(desired, known);
            if plan.steps.is_empty() {
                return;
            }
            self.execute(&plan, known).await;
        }
        panic!("never settles:\n{}", self.plan(desired, known));
    }

    /// As the loop of a programmer: whatever fails is tried again after another look. Returns how many looks it took.
    pub(crate) async fn persist(&self, desired: &Desired, known: &mut Known) -> usize {
        for looks in 0..8 {
            let plan = self.plan(desired, known);
            if plan.steps.is_empty() && plan.waiting.is_empty() {
                return looks;
            }
            self.execute(&plan, known).await;
            known.refresh(self.look(desired).await);
        }
        panic!("never settles:\n{}", self.plan(desired, known));
    }

    /// How many things of a kind the sandbox holds, by the name of the map in its state; `name` in their text.
    pub(crate) fn count(&self, kind: &str, name: &str) -> usize {
        let state = self.sandbox.state().unwrap();
        let regions = state["regions"].as_object().unwrap();
        let things = regions
            .values()
            .flat_map(|it| it[kind].as_object().unwrap());
        things
            .filter(|(_, thing)| thing.to_string().contains(name))
            .count()
    }

    /// Everything that carries this cluster's tags.
    pub(crate) fn ours(&self) -> Vec<(&'static str, usize)> {
        [
            "load_balancers",
            "listeners",
            "rules",
            "target_groups",
            "security_groups",
            "certificates",
        ]
        .map(|kind| (kind, self.count(kind, "elbv2.k8s.aws/cluster")))
        .into()
    }

    /// Calls since the last time, `service:Operation count`, sorted.
    pub(crate) fn calls(&self) -> Vec<String> {
        let counts = self.sandbox.call_counts();
        self.sandbox.reset_calls();
        let operations = counts.operations.into_iter();
        operations
            .map(|(name, count)| format!("{name} {count}"))
            .collect()
    }
}

/// The policies of both programmers as one.
fn policies(cluster: &str) -> Policy {
    let statements = |kind| {
        let scope = PolicyScope {
            kind,
            cluster,
            partition: "aws",
        };
        let policy = serde_json::to_value(policy(scope)).unwrap();
        policy["Statement"].as_array().unwrap().clone()
    };
    let both = [LoadBalancerKind::Alb, LoadBalancerKind::Nlb].map(statements);
    let both = json!({"Version": "2012-10-17", "Statement": both.concat()});
    Policy::parse(&both.to_string()).unwrap()
}

impl Secrets {
    /// A new certificate for a host, as content `fingerprint` of the Secret `team/<name>`.
    pub(crate) fn put(&self, name: &str, fingerprint: &str, host: &str) {
        let made = rcgen::generate_simple_self_signed(vec![host.to_owned()]).unwrap();
        let material = KeyMaterial {
            fingerprint: fingerprint.to_owned(),
            certificate_pem: made.cert.pem(),
            chain_pem: String::new(),
            private_key_pem: made.signing_key.serialize_pem(),
        };
        let key = ObjectKey::new("team", name);
        self.0.lock().unwrap().insert(key, material);
    }

    /// Takes the Secret `team/<name>` away.
    pub(crate) fn take(&self, name: &str) {
        let key = ObjectKey::new("team", name);
        self.0.lock().unwrap().remove(&key).unwrap();
    }
}

#[async_trait]
impl SecretSource for Secrets {
    async fn tls_material(&self, secret: &ObjectKey) -> Result<Option<KeyMaterial>, SecretError> {
        Ok(self.0.lock().unwrap().get(secret).cloned())
    }

    async fn client_credentials(
        &self,
        secret: &ObjectKey,
    ) -> Result<Option<ClientCredentials>, SecretError> {
        Ok(Some(ClientCredentials {
            client_id: secret.name.to_string(),
            client_secret: "hidden".to_owned(),
        }))
    }
}
