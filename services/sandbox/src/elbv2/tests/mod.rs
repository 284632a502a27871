//! One case for every rule by which ELBv2 accepts or refuses; data only.

mod attributes;
mod listeners;
mod load_balancers;
mod quotas;
mod rules;
mod ssl_policies;
mod target_groups;
