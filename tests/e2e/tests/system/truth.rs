//! At every moment, whoever is killed, what a status says is so in AWS.

use std::fmt::Write as _;
use std::time::Duration;

use fastrand::Rng;
use serde_json::{Value, json};
use tokio::time::{interval, timeout};

use crate::sandbox::{put_faults, state};
use crate::status;
use crate::system::{FIVE, System};

/// A tenant comes in each, and somebody is killed.
const ROUNDS: u16 = 6;
/// Long enough for many looks between two calls.
const LATENCY_MS: u16 = 150;
const LOOK: Duration = Duration::from_millis(10);
/// The kill comes somewhere in these looks: before the first call of a tenant, or after its last.
const LOOKS: u32 = 120;
const LONGEST: Duration = Duration::from_mins(1);

const PLATFORM: &str = "\
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: alb}
spec: {controllerName: gateway.k8s.aws/alb}
---
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {name: web, namespace: infra}
spec:
  gatewayClassName: alb
  allowedListeners: {namespaces: {from: Same}}
  listeners:
  - {name: http, protocol: HTTP, port: 80, hostname: www.example.com}
";

/// Every other one shares the platform's port: its listener may serve before its route has a rule.
struct Tenant(u16);

impl Tenant {
    fn port(&self) -> u16 {
        if self.0.is_multiple_of(2) {
            80
        } else {
            8000 + self.0
        }
    }

    fn host(&self) -> String {
        format!("t{}.example.com", self.0)
    }

    /// Its second route comes when the first one serves.
    fn write(&self, system: &System, routes: u16) {
        let Self(number) = self;
        let (port, host) = (self.port(), self.host());
        let mut text = format!(
            "\
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: {{name: t{number}, namespace: infra}}
spec:
  parentRef: {{name: web}}
  listeners:
  - {{name: http, protocol: HTTP, port: {port}, hostname: {host}}}
---
apiVersion: v1
kind: Service
metadata: {{name: t{number}, namespace: infra}}
spec:
  ports:
  - {{port: 80}}
---
apiVersion: discovery.k8s.io/v1
kind: EndpointSlice
metadata:
  name: t{number}
  namespace: infra
  labels: {{kubernetes.io/service-name: t{number}}}
addressType: IPv4
ports:
- {{port: 8080, protocol: TCP}}
endpoints:
- {{addresses: [10.0.1.{number}], conditions: {{ready: true}}}}
"
        );
        for route in 0..routes {
            write!(
                text,
                "\
---
apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: {{name: t{number}-{route}, namespace: infra}}
spec:
  parentRefs:
  - {{kind: ListenerSet, name: t{number}}}
  rules:
  - matches:
    - path: {{type: PathPrefix, value: /r{route}}}
    backendRefs:
    - {{name: t{number}, port: 80}}
"
            )
            .unwrap();
        }
        std::fs::write(system.source().join(format!("t{number}.yaml")), text).unwrap();
    }

    /// What is said to be served, each as AWS would have to have it: `port`, or `port host path`.
    fn told(&self, system: &System) -> Vec<String> {
        let Self(number) = self;
        let read = |path: String| {
            let text = std::fs::read_to_string(system.status().join(path));
            text.map_or(Value::Null, |text| status::of(&text))
        };
        let set = read(format!("listenerset/infra/t{number}.yaml"));
        // What is to come of a listener that is not programmed is told by the listener.
        if !is(&set["listeners"][0], "Programmed", "True") {
            return Vec::new();
        }
        let mut told = vec![self.port().to_string()];
        for route in 0..2 {
            let file = read(format!("httproute/infra/t{number}-{route}.yaml"));
            let parent = &file["parents"][0];
            let waits = is(parent, "gateway.tributary.dev/Programmed", "False");
            if is(parent, "Accepted", "True") && !waits {
                told.push(format!("{} {} /r{route}", self.port(), self.host()));
            }
        }
        told
    }
}

fn is(of: &Value, condition: &str, status: &str) -> bool {
    let mut conditions = of["conditions"].as_array().into_iter().flatten();
    conditions.any(|it| it["type"] == condition && it["status"] == status)
}

/// What AWS has, in the same words.
fn served(state: &Value) -> Vec<String> {
    let mut served = Vec::new();
    for region in state["regions"].as_object().unwrap().values() {
        for (_, listener) in region["listeners"].as_object().unwrap() {
            served.push(listener["port"].to_string());
        }
        for (_, rule) in region["rules"].as_object().unwrap() {
            let listener = &region["listeners"][rule["listener_arn"].as_str().unwrap()];
            let conditions = rule["conditions"].to_string();
            for number in 0..ROUNDS {
                for route in 0..2 {
                    let (host, path) = (Tenant(number).host(), format!("/r{route}"));
                    if conditions.contains(&format!("\"{host}\""))
                        && conditions.contains(&format!("\"{path}\""))
                    {
                        served.push(format!("{} {host} {path}", listener["port"]));
                    }
                }
            }
        }
    }
    served
}

/// Nothing is removed here, so what was told before AWS was looked at has to be there.
async fn nothing_is_told_that_is_not_so(system: &System, tenants: &[Tenant], story: &[String]) {
    let told: Vec<String> = tenants.iter().flat_map(|it| it.told(system)).collect();
    let served = served(&state(system.sandbox).await);
    let lies: Vec<&String> = told.iter().filter(|told| !served.contains(told)).collect();
    let statuses = system.statuses();
    assert!(
        lies.is_empty(),
        "not in AWS: {lies:?}; {story:#?}\n{statuses:#?}"
    );
}

#[tokio::test]
async fn a_status_says_served_only_of_what_is_in_aws_whoever_is_killed() {
    let mut random = Rng::with_seed(11);
    let mut system = System::of_five(FIVE);
    std::fs::write(system.source().join("platform.yaml"), PLATFORM).unwrap();
    system.settled().await;
    put_faults(system.sandbox, &json!({ "latency_ms": LATENCY_MS })).await;
    let mut tenants = Vec::new();
    let mut story = Vec::new();
    for number in 0..ROUNDS {
        let tenant = Tenant(number);
        tenant.write(&system, 1);
        tenants.push(tenant);
        for routes in [1, 2] {
            let victim = *random.choice(FIVE.iter()).unwrap();
            let (killed, started) = (random.u32(..LOOKS), random.u32(..LOOKS / 4));
            story.push(format!(
                "tenant {number} with {routes}: kill {victim:?} at look {killed}, start it {started} later"
            ));
            tenants[usize::from(number)].write(&system, routes);
            let mut looks = interval(LOOK);
            let told_all = async {
                let mut look = 0;
                loop {
                    looks.tick().await;
                    if look == killed {
                        system.kill(victim);
                    }
                    if look == killed + started {
                        system.start(victim);
                    }
                    nothing_is_told_that_is_not_so(&system, &tenants, &story).await;
                    let told = tenants[usize::from(number)].told(&system).len();
                    if look >= killed + started && told == usize::from(routes) + 1 {
                        break;
                    }
                    look += 1;
                }
            };
            assert!(timeout(LONGEST, told_all).await.is_ok(), "{story:#?}");
        }
    }
}
