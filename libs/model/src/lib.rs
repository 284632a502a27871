//! The words that every Tributary crate speaks: Kubernetes objects after normalization, what the
//! merge makes of them, what a load balancer should be, and what was found out about it.
//!
//! ```text
//! resource::Resource ──> merge ──> resolved::* ──┬──> judgement::* ──> status::*
//!                                 desired::*  ──> plan ──> report::* ──┘
//! ```
//!
//! **Knows:** the shapes of Gateway API and ELBv2 that matter for merging and planning, total orders
//! over them, and nothing else.
//!
//! **Must not know:** how any of it is read or sent. There is no serde, no prost, no kube, no AWS SDK,
//! no clock and no randomness here; every collection iterates in a defined order.

pub mod attached;
pub mod compact;
pub mod config;
pub mod controller;
pub mod desired;
pub mod elb;
pub mod fault;
pub mod gate;
pub mod health;
pub mod holder;
pub mod hostname;
pub mod installation;
pub mod judgement;
pub mod key;
pub mod labels;
pub mod listener;
pub mod meta;
pub mod other_controller;
pub mod precedence;
pub mod report;
pub mod resolved;
pub mod resource;
pub mod revision;
pub mod route;
pub mod rulebook;
pub mod selector;
pub mod shard;
pub mod snapshot;
pub mod status;
pub mod time;
pub mod view;
pub mod workload;

pub use attached::AttachedRoutes;
pub use compact::compact;
pub use fault::FieldFault;
pub use hostname::Hostname;
pub use installation::Installation;
pub use key::{Kind, ListenerOwner, ListenerRef, Name, ObjectKey, ObjectRef, OwnerKind, RouteKind};
pub use labels::Labels;
pub use meta::Meta;
pub use precedence::{Precedence, PrecedenceClass};
pub use resource::{Change, Resource};
pub use revision::Revision;
pub use rulebook::Rule;
pub use shard::shard_of;
pub use snapshot::Snapshot;
pub use time::Timestamp;
