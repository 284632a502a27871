//! All security groups of a load balancer: those in front of it, and the one that its targets let in.

use crate::admission::Admission;
use crate::input::PlanInput;
use crate::parts::backend::{self, Carried};
use crate::parts::builder::PlanBuilder;
use crate::parts::security_group::{self, SecurityGroups};
use crate::values::op::Handle;

/// Everything that the load balancer is to have, its backend group among it.
pub(crate) fn security_groups(
    input: &PlanInput,
    admission: &Admission,
    vpc: &str,
    builder: &mut PlanBuilder,
) -> (SecurityGroups, Carried) {
    let mut security_groups = security_group::frontend(input, admission, vpc, builder);
    let carried = match &mut security_groups {
        SecurityGroups::Unseen => Carried::Unknown,
        SecurityGroups::Unmanaged if !input.desired.settings.security_groups.is_empty() => {
            Carried::Unknown
        }
        SecurityGroups::Unmanaged => backend::carried(input, vpc, builder),
        SecurityGroups::Groups(groups, _) => {
            let carried = backend::carried(input, vpc, builder);
            match &carried {
                Carried::Nothing => {}
                Carried::Group(group) => {
                    groups.insert(group.clone());
                }
                Carried::Unknown => {
                    let current = input.current.map(|it| &it.load_balancer.security_groups);
                    let kept = current.into_iter().flatten().cloned();
                    groups.extend(kept.map(Handle::Existing));
                }
            }
            carried
        }
    };
    (security_groups, carried)
}
