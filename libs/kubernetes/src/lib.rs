//! The Kubernetes API, as far as Tributary needs it: what is watched, what is written, who leads.
//!
//! ```text
//!  kubeconfig or service account ──> Cluster ─┬─ served: kinds and versions ─> watch, versions (the watcher)
//!                                             ├─ status: read, write if unchanged, events (the status writer)
//!                                             ├─ secrets: one, by name; finalizer (the programmers)
//!                                             ├─ own: what a program keeps for itself (certificates)
//!                                             ├─ reviews: whose a token is, what may be seen (the merger)
//!                                             ├─ reach: a person's way to a merger (the command line)
//!                                             └─ lease: who leads, who is there (merger, status writer, programmers)
//! ```
//!
//! **Knows:** the protocol: discovery, lists, watches, resource versions, Leases, what an answer means. The only
//! crate that names `kube`: objects go in and out as JSON, kinds as the model's.
//!
//! **Must not know:** what an object means (`tributary-normalize`, `tributary-merge`), nor when something is tried
//! again: callers have one loop each, with its bounds and its metrics. Only [`lease`] has its own: to hold a Lease is to
//! keep writing it.

mod admission;
mod author;
mod beside;
mod cluster;
mod events;
mod failure;
mod finalizer;
mod gates;
mod installation;
pub mod lease;
mod object;
mod own;
mod reach;
mod reviews;
mod secret;
mod served;
mod source;
mod status;
mod token;
mod watch;

pub use admission::{PodReview, ReviewError};
pub use beside::{LbcLease, NoLease};
pub use cluster::{Cluster, ConnectError};
pub use events::{Event, EventRecorder, EventType, Regarding};
pub use failure::{Class, Failure};
pub use finalizer::Finalizer;
pub use gates::Gates;
pub use installation::InstallationArgs;
pub use own::{Account, OwnKind};
pub use reach::{MergerPod, Reach, ReachArgs, ReachError, Tunnel};
pub use reviews::{LISTENERS, Verb};
pub use served::{Kinds, Served, Unread};
pub use source::SourceArg;
pub use status::{Found, LiveStatus};
pub use watch::{Listing, WatchEvent, WatchMode};
