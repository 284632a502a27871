//! What the unit tests of operations share: a region whose clock stands still.

use std::sync::OnceLock;
use std::time::Duration;

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::clock::later;
use crate::operation::{Answer, Operation, Parameters, Request};
use crate::options::{Options, SeedInstance, SeedOptions};
use crate::quotas::Quotas;
use crate::service::Service;
use crate::state::State;
use crate::wire::tree::Tree;
use crate::{dispatch, seed};

/// A region under test.
pub(crate) struct World {
    pub(crate) state: State,
    pub(crate) now: Timestamp,
}

impl World {
    /// A region with one issued certificate, one instance and one trust store.
    pub(crate) fn new() -> Self {
        // Issuing the certificate takes longer than any test.
        static SEEDED: OnceLock<State> = OnceLock::new();
        let options = Options {
            seed: SeedOptions {
                instances: vec![SeedInstance {
                    id: "i-0001".to_owned(),
                    private_ip: [172, 31, 0, 5].into(),
                }],
                trust_stores: vec!["clients".to_owned()],
                ..SeedOptions::default()
            },
            provisioning: Duration::from_secs(10),
            ..Options::default()
        };
        let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
        let state = SEEDED
            .get_or_init(|| seed::region("us-west-2", &options, Quotas::default(), now))
            .clone();
        Self { state, now }
    }

    pub(crate) fn pass(&mut self, seconds: u64) {
        self.now = later(self.now, Duration::from_secs(seconds));
    }

    /// Calls an operation; `service` is `elbv2`, `ec2`, `acm` or `tagging`.
    pub(crate) fn call(&mut self, service: &str, operation: &str, parameters: &Value) -> Answer {
        let service = match service {
            "elbv2" => Service::Elbv2,
            "ec2" => Service::Ec2,
            "acm" => Service::Acm,
            "tagging" => Service::Tagging,
            other => panic!("no service {other}"),
        };
        let request = Request {
            service,
            now: self.now,
            parameters: match service {
                Service::Acm | Service::Tagging => Parameters::Json(parameters.clone()),
                Service::Elbv2 | Service::Ec2 | Service::Sts => Parameters::Query(tree(parameters)),
            },
        };
        match dispatch::operation(service, operation).expect("a known operation") {
            Operation::Read(read) => read(&self.state, &request),
            Operation::Write(write) => write(&mut self.state, &request),
        }
    }

    pub(crate) fn elb(&mut self, operation: &str, parameters: &Value) -> Value {
        self.call("elbv2", operation, parameters)
            .unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    /// The error code of a call, or `ok`. A refused call must leave everything as it was.
    pub(crate) fn code(&mut self, service: &str, operation: &str, parameters: &Value) -> String {
        let before = serde_json::to_value(&self.state).unwrap();
        match self.call(service, operation, parameters) {
            Ok(_) => "ok".to_owned(),
            Err(error) => {
                let after = serde_json::to_value(&self.state).unwrap();
                assert_eq!(
                    before, after,
                    "{operation} was refused but changed something"
                );
                error.code.into_owned()
            }
        }
    }

    pub(crate) fn subnets(&self, public: bool) -> Vec<String> {
        let mut subnets: Vec<_> = self
            .state
            .network
            .subnets
            .values()
            .filter(|subnet| subnet.public == public)
            .collect();
        subnets.sort_by_key(|subnet| &subnet.zone);
        subnets
            .into_iter()
            .map(|subnet| subnet.id.clone())
            .collect()
    }

    pub(crate) fn vpc(&self) -> String {
        self.state.network.vpcs.keys().next().unwrap().clone()
    }

    pub(crate) fn certificate(&self) -> String {
        self.state.certificates.keys().next().unwrap().clone()
    }

    pub(crate) fn load_balancer(&mut self, name: &str, kind: &str) -> String {
        let subnets = self.subnets(true);
        let created = self.elb(
            "CreateLoadBalancer",
            &json!({"Name": name, "Type": kind, "Subnets": subnets}),
        );
        text(&created["LoadBalancers"][0]["LoadBalancerArn"])
    }

    /// A target group of type `ip` on port 80.
    pub(crate) fn target_group(&mut self, name: &str, protocol: &str) -> String {
        let vpc = self.vpc();
        let created = self.elb(
            "CreateTargetGroup",
            &json!({
                "Name": name, "Protocol": protocol, "Port": 80, "VpcId": vpc, "TargetType": "ip",
            }),
        );
        text(&created["TargetGroups"][0]["TargetGroupArn"])
    }

    /// An HTTP listener that answers 404.
    pub(crate) fn listener(&mut self, load_balancer: &str, port: u16) -> String {
        let created = self.elb(
            "CreateListener",
            &json!({
                "LoadBalancerArn": load_balancer, "Protocol": "HTTP", "Port": port,
                "DefaultActions": [not_found()],
            }),
        );
        text(&created["Listeners"][0]["ListenerArn"])
    }

    pub(crate) fn https_listener(&mut self, load_balancer: &str, port: u16) -> String {
        let certificate = self.certificate();
        let created = self.elb(
            "CreateListener",
            &json!({
                "LoadBalancerArn": load_balancer, "Protocol": "HTTPS", "Port": port,
                "DefaultActions": [not_found()],
                "Certificates": [{"CertificateArn": certificate}],
            }),
        );
        text(&created["Listeners"][0]["ListenerArn"])
    }

    pub(crate) fn rule(&mut self, listener: &str, priority: u32, action: &Value) -> String {
        let created = self.elb(
            "CreateRule",
            &json!({
                "ListenerArn": listener, "Priority": priority, "Actions": [action],
                "Conditions": [host(&format!("h{priority}.example.com"))],
            }),
        );
        text(&created["Rules"][0]["RuleArn"])
    }
}

pub(crate) fn not_found() -> Value {
    json!({"Type": "fixed-response", "FixedResponseConfig": {"StatusCode": "404"}})
}

pub(crate) fn forward(target_group: &str) -> Value {
    json!({"Type": "forward", "TargetGroupArn": target_group})
}

pub(crate) fn host(name: &str) -> Value {
    json!({"Field": "host-header", "HostHeaderConfig": {"Values": [name]}})
}

pub(crate) fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// JSON as the query protocols would carry it.
pub(crate) fn tree(value: &Value) -> Tree {
    match value {
        Value::Object(map) => Tree::Map(
            map.iter()
                .map(|(key, value)| (key.clone(), tree(value)))
                .collect(),
        ),
        Value::Array(items) => Tree::List(items.iter().map(tree).collect()),
        Value::String(text) => Tree::Leaf(text.clone()),
        other => Tree::Leaf(other.to_string()),
    }
}
