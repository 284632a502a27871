//! Whether an observed target group is a desired one, and what that is called.

use tributary_model::desired::DesiredTargetGroup;
use tributary_model::elb::{ProtocolVersion, TargetIpAddressType};

use crate::input::{PlanInput, load_balancer};
use crate::values::names;
use crate::values::observed::ObservedTargetGroup;

/// Whether the observed group can become the desired one in place.
pub(crate) fn is_same(
    input: &PlanInput,
    desired: &DesiredTargetGroup,
    observed: &ObservedTargetGroup,
) -> bool {
    // A name is given once. The derived one stands in where the asked one was taken.
    let named = desired.name.as_ref().is_none_or(|asked| {
        *asked == observed.name || observed.name == derived_name(input, desired)
    });
    named
        && desired.protocol == observed.protocol
        && desired.protocol_version == observed.protocol_version
        && desired.port == observed.port
        && desired.target_type == observed.target_type
        && desired.ip_address_type == observed.ip_address_type
}

/// Whether a group that nothing uses was made for this load balancer and not for the one that it replaces.
pub(crate) fn is_named_for(
    input: &PlanInput,
    desired: &DesiredTargetGroup,
    observed: &ObservedTargetGroup,
) -> bool {
    desired.name.as_ref() == Some(&observed.name) || observed.name == derived_name(input, desired)
}

/// The name of one that asks for none.
pub(crate) fn derived_name(input: &PlanInput, desired: &DesiredTargetGroup) -> String {
    let gateway = &input.key().gateway;
    let (namespace, name) = match &desired.service {
        Some(service) => (&service.namespace, &service.name),
        None => (&gateway.namespace, &gateway.name),
    };
    let immutable = [
        desired.id.0.to_string(),
        desired.name.clone().unwrap_or_default(),
        desired.protocol.as_str().to_owned(),
        version(desired.protocol_version).to_owned(),
        desired.port.to_string(),
        desired.target_type.as_str().to_owned(),
        ip_address_type(desired.ip_address_type).to_owned(),
    ];
    let load_balancer = load_balancer::name(input);
    // Under an explicit name too, the load balancers of two Gateways must not share a target group.
    let load_balancer = format!("{}/{}/{load_balancer}", input.context.cluster, input.key());
    names::target_group(
        namespace,
        name,
        &load_balancer,
        &immutable.each_ref().map(String::as_str),
    )
}

fn version(version: Option<ProtocolVersion>) -> &'static str {
    match version {
        None => "",
        Some(ProtocolVersion::Http1) => "HTTP1",
        Some(ProtocolVersion::Http2) => "HTTP2",
        Some(ProtocolVersion::Grpc) => "GRPC",
    }
}

fn ip_address_type(ip_address_type: TargetIpAddressType) -> &'static str {
    match ip_address_type {
        TargetIpAddressType::Ipv4 => "ipv4",
        TargetIpAddressType::Ipv6 => "ipv6",
    }
}
