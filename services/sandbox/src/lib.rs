//! A local AWS for tests, demos and the embedded default of `tributary up`.
//!
//! **What it knows.** The wire protocols of five AWS services on one port, and the rules
//! by which AWS accepts or refuses what a controller of load balancers does: Elastic Load
//! Balancing v2, EC2 (networks and security groups), Certificate Manager, Resource Groups Tagging
//! and STS. The AWS SDKs, boto3 and the aws CLI work against it by endpoint URL alone; signatures
//! are not checked, only the region is read from them.
//!
//! **What it must not know.** Anything of Tributary: it stands for AWS, so it shares no type with
//! the code that it tests. It listens on loopback alone unless it is told otherwise
//! ([`Options::audience`], `--listen-anywhere`): it asks nobody who they are.
//!
//! **What it lacks.** No packet is forwarded: a registered target becomes healthy after the
//! provisioning time without being asked, or, with [`Reachability::BySecurityGroups`], where the
//! security groups of its network interface let the load balancer in. Shield, WAFv2, Lambda targets and gateway load balancers
//! are outside; an operation outside answers as AWS does for one that does not exist
//! (`InvalidAction`, `UnknownOperationException`), never with a pretended success.
//!
//! ```text
//!  HTTP ──> wire: which service, region, operation ──> faults ──> one operation ──> answer
//!             query │ ec2 │ json 1.1                     │         pure function      XML │ JSON
//!                                                        │      (State, Request) -> Value
//!                        call log <──────────────────────┘               │
//!  /_sandbox/* (side door) ── call log, faults, quotas, interfaces, state ┘
//! ```
//!
//! **Layers**, each of which imports what stands before it: values of the wire (`wire::tree`, `service`, `tags`, `error`) and
//! options, `resources` (what AWS holds), `state` (all of it in one region), `operation` (what an operation is), the services
//! (`ec2`, `elbv2`, `acm`, `tagging`, `sts`), `seed` and `dispatch` over all services, `sandbox`, HTTP (`serve`, `admin`).
//!
//! **Reachability** is off until asked for ([`Options::reachability`], `--reachability`). Then a
//! target of a target group in use is healthy only where a security group of its network interface
//! lets the load balancer in, on the target's port and on that of its health check: by one of the
//! load balancer's groups, or by ranges that hold all addresses of the load balancer's own
//! interfaces. Whatever cannot be reached is unhealthy: behind an ALB by `Target.Timeout`, behind an
//! NLB by `Target.FailedHealthChecks`, as the API reference has it. Nodes and pods get their
//! interfaces by [`Sandbox::seed_interfaces`] or `PUT /_sandbox/interfaces`, a list of
//! [`SeedInterface`]s; those that name no group have the cluster's ([`SeedOptions::cluster`],
//! `--seed-cluster`), tagged as EKS tags the group of its nodes.
//!
//! **Lagging deletes** are off, too ([`Options::lagging_deletes`], `--lagging-deletes 30s`). With
//! them the interfaces and target groups of a deleted load balancer stay in use for so long:
//! `DependencyViolation` and `ResourceInUse`, as AWS answers for seconds to minutes.
//!
//! **A caller's policy** ([`Sandbox::set_policy`]) is off, too. With it a call is refused that the policy does not allow, by
//! action, resource, and the tags of what is changed and of the request.
//!
//! State is apart by region; every region begins with the same small world ([`SeedOptions`]).

mod acm;
mod admin;
mod args;
mod call_log;
mod clock;
mod dispatch;
mod ec2;
mod elbv2;
mod error;
mod faults;
mod iam;
mod ids;
mod operation;
mod options;
mod page;
mod quotas;
mod resources;
mod sandbox;
mod seed;
mod serve;
mod service;
mod state;
mod sts;
mod tagging;
mod tags;
#[cfg(test)]
mod testing;
mod wire;

pub use args::Args;
pub use call_log::{CallCounts, CallRecord, Outcome};
pub use clock::{Clock, ManualClock};
pub use faults::{FaultKind, FaultOptions, FaultRule};
pub use iam::{Policy, PolicyError};
pub use options::{
    Audience, Options, Reachability, SeedError, SeedInstance, SeedInterface, SeedOptions,
    SeededInterface,
};
pub use quotas::Quotas;
pub use sandbox::Sandbox;
pub use serve::{Bound, Error};
