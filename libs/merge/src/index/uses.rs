//! Which target groups of a load balancer are in use, and by whom.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tributary_model::ListenerRef;
use tributary_model::desired::TargetGroupId;

use crate::values::target_group::TargetGroupTemplate;

/// Target groups in use.
#[derive(Clone, Debug, Default)]
pub(crate) struct Uses {
    pub(crate) groups: BTreeMap<TargetGroupId, Use>,
    /// To be looked at again.
    pub(crate) touched: BTreeSet<TargetGroupId>,
}

/// One target group in use.
#[derive(Clone, Debug)]
pub(crate) struct Use {
    pub(crate) spec: Arc<TargetGroupTemplate>,
    /// How many rules or default actions of each listener forward to it.
    listeners: BTreeMap<ListenerRef, usize>,
}

impl Uses {
    /// One more rule or default action of the listener forwards to the group.
    pub(crate) fn enter(&mut self, spec: &Arc<TargetGroupTemplate>, listener: &ListenerRef) {
        let id = &spec.group.id;
        let Some(used) = self.groups.get_mut(id) else {
            let used = Use {
                spec: Arc::clone(spec),
                listeners: BTreeMap::from([(listener.clone(), 1)]),
            };
            self.groups.insert(id.clone(), used);
            self.touched.insert(id.clone());
            return;
        };
        if used.spec != *spec {
            used.spec = Arc::clone(spec);
            self.touched.insert(id.clone());
        }
        if let Some(count) = used.listeners.get_mut(listener) {
            *count += 1;
        } else {
            used.listeners.insert(listener.clone(), 1);
            self.touched.insert(id.clone());
        }
    }

    /// One less does.
    pub(crate) fn leave(&mut self, group: &TargetGroupId, listener: &ListenerRef) {
        let Some(used) = self.groups.get_mut(group) else {
            return;
        };
        let Some(count) = used.listeners.get_mut(listener) else {
            return;
        };
        *count -= 1;
        if *count == 0 {
            used.listeners.remove(listener);
            self.touched.insert(group.clone());
        }
        if used.listeners.is_empty() {
            self.groups.remove(group);
        }
    }
}

impl Use {
    pub(crate) fn listeners(&self) -> BTreeSet<ListenerRef> {
        self.listeners.keys().cloned().collect()
    }
}
