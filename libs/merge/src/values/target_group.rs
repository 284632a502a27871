//! A target group as the routes that forward to it make it.

use tributary_model::desired::DesiredTargetGroup;
use tributary_model::selector::LabelSelector;
use tributary_model::workload::{L4Protocol, Service, ServicePort};
use tributary_model::{Name, ObjectKey};

/// A target group without what changes often: who uses it, and its targets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TargetGroupTemplate {
    /// `listeners` and `targets` are empty here.
    pub(crate) group: DesiredTargetGroup,
    /// Absent for the empty group.
    pub(crate) source: Option<TargetSource>,
}

/// Where targets come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct TargetSource {
    pub(crate) service: ObjectKey,
    pub(crate) port_name: Name,
    pub(crate) protocol: L4Protocol,
    pub(crate) node_port: Option<u16>,
    pub(crate) node_selector: Option<LabelSelector>,
}

impl TargetSource {
    /// The Service's port.
    pub(crate) fn port_of<'a>(&self, service: &'a Service) -> Option<&'a ServicePort> {
        let mut ports = service.ports.iter();
        ports.find(|port| port.name == self.port_name && port.protocol == self.protocol)
    }
}
