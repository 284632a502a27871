//! What AWS holds, as values: no request, no region, no rule but those that make a value itself.

pub(crate) mod actions;
pub(crate) mod certificates;
pub(crate) mod instances;
pub(crate) mod interfaces;
pub(crate) mod listeners;
pub(crate) mod load_balancers;
pub(crate) mod network;
pub(crate) mod prefix_lists;
pub(crate) mod protocols;
pub(crate) mod rules;
pub(crate) mod security_groups;
pub(crate) mod target_groups;
pub(crate) mod trust_stores;
