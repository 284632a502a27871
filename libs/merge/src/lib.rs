//! The merge: every object that was read → what each listener, route and Gateway becomes, and what each
//! load balancer should be.
//!
//! ```text
//!  Change ──> Store ──reads──┐
//!                            v
//!   class ─> gateway ─> owner ─> conflicts ─> route ─> port ─> target group ─> load balancer
//!   (ours?)  (settings, (listeners (order,    (attach-  (one ELB  (settings,     (whole desired
//!            kind)      by them-   winners)   ment,     listener) targets)       state)
//!                       selves)               rules)       │                          │
//!                            └──────────┴────────┴─────────┴──> Resolved              v
//!                                                                  │    reports ─> judge ─> Judgement
//! ```
//!
//! Every layer is remembered; their order is a type (`engine::dirty::Mark`). A layer's result that did not change by
//! value stops the wave there, so a change costs what it reaches: an EndpointSlice the target groups of its Service, a
//! route the ports it is attached to. Which result read which object is recorded while it is computed ([`Merge`] holds the
//! record), so that nothing has to know by heart what to recompute. From scratch and incremental are the
//! same functions: [`merge()`] is [`Merge::new`], [`Merge::apply`] for every object, [`Merge::propagate`].
//!
//! **Knows:** the rules of docs/rules, and what an ELB can express.
//!
//! **Must not know:** how objects are read, how AWS is called, quotas, priorities of rules, the wording of
//! conditions, the time. It cannot fail: what is wrong in the input is data in the output.

mod engine;
mod index;
mod output;
mod read;
mod rules;
mod values;

pub use engine::merge::{Merge, Merged, Options, Outcome, Untouched, merge};
pub use output::judge;

#[cfg(test)]
mod tests;
