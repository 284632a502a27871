//! One case for every rule by which ELBv2 accepts or refuses; data only.

mod listeners;
mod load_balancers;
mod quotas;
mod rules;
mod target_groups;
