//! From what a load balancer should be and what AWS says it is, to the calls that close the gap.
//!
//! ```text
//! DesiredLoadBalancer ─┐
//! Observed ────────────┼─> plan() ─> Plan { steps (a DAG of Op), report, waiting }
//! Context (limits …) ──┘                 │
//!        ^                               v
//!        └──── observe again <──── execute (libs/aws)
//! ```
//!
//! The layers are folders; each imports itself and what stands before it (`tests/architecture`):
//!
//! - `values`: what comes in, the operations and what each does to what is known ([`effect`]), the plan; names, tags, quotas.
//! - [`simulate`]: when AWS takes an operation, for tests. It knows nothing of how plans are made.
//! - `input`: the inputs of one plan, what of them is ours, and which observed thing a desired one is.
//! - `admission`: who is served, by certificates and quotas.
//! - `parts`: the steps for each part of a load balancer, in one draft.
//! - `program`: the order of the parts; replacing, taking over and removing a load balancer; what is withheld; the report.
//!
//! **Knows:** which field AWS can change in place, in which order resources may be made and removed, quotas
//! and who pays when one is full, how our resources are named and tagged.
//!
//! **Must not know:** how AWS is called, what time it is, what happened in an earlier run. Everything that
//! was done before is in [`observed::Observed`], by its tags.
//!
//! Promises: a plan on the outcome of a plan is empty; nothing without our mark is changed or removed; on a
//! partial observation nothing is created or removed, only changed in place, and what waits for a part that
//! could not be read (certificates, subnets, security groups) costs the rest nothing but removals; while a kind cannot be read nothing is removed
//! or changed, only added; at no moment of any order that the steps allow is a quota exceeded; what one owner adds takes
//! nothing from others; whichever steps AWS refuses, what was served before is served by something. Exceptions to the
//! first: a load balancer that replaces another (scheme, name) is made by one plan, and the former removed by a later one,
//! once the new one serves all that the former does; and what a take-over marks is changed by the next plan.
//!
//! What is not programmed is listed in `parts::unprogrammed`. Who asks for it reads so in the report's problems.

mod admission;
#[cfg(test)]
mod fixtures;
mod input;
mod parts;
mod program;
pub mod simulate;
mod values;

pub use parts::backend;
pub use program::plan;
pub use values::plan::Plan;
pub use values::{defaults, effect, limits, names, observed, op, tags, waits};
