//! A real Kubernetes for tests: etcd, kube-apiserver and some controllers in one process, and a player of the node.
//!
//! ```text
//!  server/ (Go) ── .ci/kubernetes ──> ~/.cache ──> Server, or shared() ──> Cluster ──> namespaces, CRDs,
//!  crds/ (go.mod) ── go mod download ──> CRDs of the Gateway API ─────────────^        accounts, kubeconfigs
//!                                                                              ^
//!  Deployments' Pods ──────────────── Node: bound, Running, Ready, 10.244.a.b ─┘
//! ```
//!
//! Most tests want [`shared::shared`] and a namespace of their own in it: one server for all tests of a run, which
//! dies with its last user. What stops, pauses or configures a server starts its own [`server::Server`].
//!
//! Only tests in this package, and tests of other packages in a target that is called `kubernetes`, may use this:
//! these are what `just test` leaves out where there is no Go. Where pods have to run, `node/` is a real node.
//!
//! **Knows:** Kubernetes' API, the program in `server/`, where the CRDs are. **Must not know:** any crate of the
//! project, so that every one of them can be tested with it.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::missing_panics_doc,
    reason = "all of it is for tests, which end where they meet what they did not expect"
)]

pub mod accounts;
pub mod certificates;
pub mod cluster;
pub mod crds;
pub mod forwarding;
pub mod moody;
pub mod node;
pub mod server;
pub mod shared;
pub mod silent;
pub mod wait;

mod addresses;
mod built;
