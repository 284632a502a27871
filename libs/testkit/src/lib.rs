//! For tests only: objects in few words, and random snapshots.
//!
//! ```
//! use tributary_testkit::objects::{class, gateway, http, listener_set};
//! let snapshot = [
//!     class("alb", "gateway.k8s.aws/alb"),
//!     gateway("infra/web").class("alb").listener(http("http", 80)).allow_all().build(),
//!     listener_set("team/app", "infra/web").listener(http("http", 8080)).build(),
//! ];
//! assert_eq!(snapshot.len(), 3);
//! ```
//!
//! **Knows:** the model. **Must not know:** what anybody makes of it.

pub mod objects;
pub mod random;
pub mod routes;
pub mod workloads;
pub mod worlds;
