//! All security groups of a load balancer: those in front of it, and the one that its targets let in.

use crate::fit::Fit;
use crate::parts::backend::{self, Carried};
use crate::parts::draft::Draft;
use crate::parts::security_group::{self, Guard};
use crate::scope::Scope;
use crate::values::op::Handle;

/// Everything that the load balancer is to have, its backend group among it.
pub(crate) fn guard(scope: &Scope, fit: &Fit, vpc: &str, draft: &mut Draft) -> (Guard, Carried) {
    let mut guard = security_group::frontend(scope, fit, vpc, draft);
    let carried = match &mut guard {
        Guard::Unseen => Carried::Unknown,
        Guard::Unmanaged if !scope.desired.settings.security_groups.is_empty() => Carried::Unknown,
        Guard::Unmanaged => backend::carried(scope, vpc, draft),
        Guard::Groups(groups, _) => {
            let carried = backend::carried(scope, vpc, draft);
            match &carried {
                Carried::Nothing => {}
                Carried::Group(group) => {
                    groups.insert(group.clone());
                }
                Carried::Unknown => {
                    let current = scope.current.map(|it| &it.load_balancer.security_groups);
                    let kept = current.into_iter().flatten().cloned();
                    groups.extend(kept.map(Handle::Existing));
                }
            }
            carried
        }
    };
    (guard, carried)
}
