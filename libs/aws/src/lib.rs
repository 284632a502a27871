//! AWS, as far as load balancers need it: look at what is there, and carry out a plan.
//!
//! ```text
//!            ┌──────────────── libs/programmer: the loop ────────────────┐
//!            v                                                           │
//!  observe ──> Observed ──> Known (+ journal of our own writes) ──> plan ──> execute
//!     │                          ^                                         │   │
//!     │ describes                └──────────── what each step did ─────────┘   │ SecretSource (private keys)
//!     v                                                                        v
//!  traits Elbv2, Ec2, Acm, Tagging, Sts ──> SDK ──> call: turn, tries, numbers, error class ──> AWS or a sandbox
//! ```
//!
//! **Knows:** the AWS SDK (nobody else does, and none of its types leave this crate), how AWS's answers read in the plan's words,
//! which failures are worth another try, how fast one may ask, and that describes lag behind writes.
//!
//! **Must not know:** what should be there: it decides nothing but the order of calls that a plan allows. No Kubernetes, no
//! gRPC, no metrics library (numbers go to a [`Meter`]).

mod acm;
mod call;
mod drift;
mod ec2;
mod elbv2;
mod endpoint;
mod error;
mod execute;
mod health;
mod index;
mod known;
mod meter;
mod observe;
mod operation;
mod owned;
mod pace;
mod permission;
mod policy;
mod rule_slots;
mod sdk;
mod secrets;
mod statement;
mod states;
mod tagging;

use std::sync::Arc;

pub use acm::{Acm, Import};
pub use call::Permit;
pub use drift::{Ask, Finding, Question, ask, calls_of_a_look, questions};
pub use ec2::{Ec2, Interface, InterfaceFilter, RuleFilter, SecurityGroupFilter, SharedRule};
pub use elbv2::{
    Answer, AuthenticateRequest, Elbv2, Found, ListenerCertificates, ListenerRequest, RuleRequest,
    RulesOf,
};
pub use endpoint::{Endpoint, InvalidEndpoint, SANDBOX_REGION, sandbox_region};
pub use error::{AwsError, Class};
pub use execute::{Due, Flights, Outcome, StepResult};
pub use health::{ask_health, unhealthy};
pub use known::Known;
pub use meter::{Call, Meter, Unmetered, Wait, WaitReason};
pub use observe::{
    Environment, Wanting, look_again, observe, refresh, refresh_load_balancer_state, timed_out,
    wanting,
};
pub use operation::Operation;
pub use owned::owned;
pub use pace::{Group, Limit, Pacing};
pub use permission::tell_the_gateway;
pub use policy::{Policy, PolicyScope, policy};
pub use secrets::{ClientCredentials, KeyMaterial, SecretError, SecretSource};
pub use tagging::{ResourceType, Sts, TagFilter, Tagging};

/// One account and region. Clones are the same connection, pace and caches.
#[derive(Clone, Debug)]
pub struct Aws {
    /// Load balancers.
    pub elbv2: Arc<dyn Elbv2>,
    /// Subnets and security groups.
    pub ec2: Arc<dyn Ec2>,
    /// Certificates.
    pub acm: Arc<dyn Acm>,
    /// Finding what is ours.
    pub tagging: Arc<dyn Tagging>,
    /// Who we are.
    pub sts: Arc<dyn Sts>,
    index: Arc<index::Index>,
    states: Arc<states::States>,
    config: aws_config::SdkConfig,
    caller: call::Caller,
}

impl Aws {
    /// Builds the clients; sends nothing, but the default chains of [`Endpoint::Real`] may look at files and the instance's
    /// metadata. All load balancers of one account and region share one `Aws`, since they share AWS's limits.
    pub async fn connect(endpoint: &Endpoint, pacing: &Pacing, meter: Arc<dyn Meter>) -> Self {
        let config = endpoint::load(endpoint).await;
        let caller = call::Caller {
            pace: Arc::new(pace::Pace::new(pacing)),
            meter,
            permit: None,
        };
        let states = Arc::new(states::States::new(pacing.states));
        Self::of(config, caller, Arc::default(), states)
    }

    /// The same connection, pace and caches for somebody who may write only as long as the permit says so.
    #[must_use]
    pub fn with_permit(&self, permit: Arc<dyn Permit>) -> Self {
        let mut caller = self.caller.clone();
        caller.permit = Some(permit);
        Self::of(
            self.config.clone(),
            caller,
            Arc::clone(&self.index),
            Arc::clone(&self.states),
        )
    }

    fn of(
        config: aws_config::SdkConfig,
        caller: call::Caller,
        index: Arc<index::Index>,
        states: Arc<states::States>,
    ) -> Self {
        Self {
            elbv2: Arc::new(sdk::elbv2::SdkElbv2 {
                client: aws_sdk_elasticloadbalancingv2::Client::new(&config),
                caller: caller.clone(),
            }),
            ec2: Arc::new(sdk::ec2::SdkEc2 {
                client: sdk::ec2::client::Client::new(&config),
                caller: caller.clone(),
            }),
            acm: Arc::new(sdk::acm::SdkAcm {
                client: aws_sdk_acm::Client::new(&config),
                caller: caller.clone(),
            }),
            tagging: Arc::new(sdk::tagging::SdkTagging {
                client: aws_sdk_resourcegroupstagging::Client::new(&config),
                caller: caller.clone(),
            }),
            sts: Arc::new(sdk::tagging::SdkSts {
                client: aws_sdk_sts::Client::new(&config),
                caller: caller.clone(),
            }),
            index,
            states,
            config,
            caller,
        }
    }

    /// When load balancers that do not serve yet are looked at next, see [`refresh_load_balancer_state`].
    pub fn next_state_look(&self) -> tokio::time::Instant {
        self.states.next()
    }

    /// How often load balancers that do not serve yet are looked at.
    pub fn state_pace(&self) -> std::time::Duration {
        self.states.every()
    }

    /// Whether AWS throttles a group: it allows itself fewer calls than it may make at best.
    pub(crate) fn is_slowed(&self, group: Group) -> bool {
        self.caller.pace.is_slowed(group)
    }

    /// Forgets subnets and certificates to choose from, for a caller that has reason to doubt them (a certificate or subnet
    /// that AWS says is not there). They are forgotten within a minute anyhow.
    pub async fn forget(&self) {
        self.index.forget().await;
    }
}
