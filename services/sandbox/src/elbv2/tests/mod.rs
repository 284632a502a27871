//! One case for every rule by which ELBv2 accepts or refuses; data only.

mod attributes;
mod interfaces;
mod listeners;
mod load_balancers;
mod quotas;
mod reachability;
mod refusals;
mod rules;
mod source_nat;
mod ssl_policies;
mod target_groups;
