//! HTTPRoute and GRPCRoute rules → ALB rules.
//!
//! A rule is translated once per Gateway (`translate`: matches, filters, backends), then placed on each
//! listener that the route is attached to (`place`: hostnames, what only HTTPS can do). Several ALB rules
//! come of one match when its hostnames do not fit into one, since a rule has five condition values.

mod conditions;
mod filters;
mod host_header;
mod paths;
mod patterns;
mod place;
pub(crate) mod precedence;
mod translate;

#[cfg(test)]
mod tests;

pub(crate) use host_header::{form, host_condition};
pub(crate) use place::{AttachedListener, PlacedRule, place};
pub(crate) use translate::{Translated, translate};
