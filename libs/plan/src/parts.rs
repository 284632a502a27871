//! The parts of a load balancer: for each, the steps from what is observed to what fits.
//!
//! All of them add to one [`builder`], and tell what did not work in it or in [`findings`]. Their order is `program`'s.

pub(crate) mod actions;
pub(crate) mod association;
pub mod backend;
pub(crate) mod builder;
pub(crate) mod certificates;
pub(crate) mod cleanup;
pub(crate) mod external_tags;
pub(crate) mod findings;
pub(crate) mod health;
pub(crate) mod listeners;
pub(crate) mod load_balancer;
pub(crate) mod priorities;
pub(crate) mod registered;
pub(crate) mod rollout;
pub(crate) mod rules;
pub(crate) mod security_group;
pub(crate) mod security_groups;
pub(crate) mod sni;
pub(crate) mod subnets;
pub(crate) mod target_groups;
pub(crate) mod unchangeable;
pub(crate) mod unprogrammed;
