//! The plan when no load balancer is desired any more.

use tributary_model::report::LoadBalancerReport;

use crate::input::ours::{imported_certificates, load_balancers, target_groups};
use crate::parts::backend::{self, View};
use crate::parts::builder::PlanBuilder;
use crate::parts::cleanup::{self, Deleted, Keep};
use crate::program::finish::finish;
use crate::program::report;
use crate::values::plan::Plan;

/// The steps that remove all that is ours.
pub(crate) fn plan(view: View) -> Plan {
    let mut builder = PlanBuilder::default();
    let report = remove(view, &mut builder);
    finish(builder, report, view.observed, view.context, None)
}

/// Nothing is desired: everything of ours goes.
fn remove(view: View, builder: &mut PlanBuilder) -> LoadBalancerReport {
    let View {
        observed,
        ownership,
        context: _,
    } = view;
    let mut deleted = Deleted::new();
    for gone in load_balancers(observed, ownership) {
        cleanup::delete_load_balancer(gone, &mut deleted, builder);
    }
    let keep = Keep::default();
    cleanup::delete_unused(observed, ownership, &keep, &deleted, None, builder);
    backend::remove(view, &deleted, builder);
    let is_complete = observed.is_whole();
    let is_empty = load_balancers(observed, ownership).next().is_none()
        && target_groups(observed, ownership).next().is_none()
        && imported_certificates(observed, ownership).next().is_none()
        && !backend::holds_any(view)
        && !observed
            .security_groups
            .values()
            .any(|group| ownership.owns(&group.tags));
    let problems = std::mem::take(&mut builder.problems);
    report::of_removal(ownership.key, is_complete && is_empty, problems)
}
