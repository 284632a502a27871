//! `workload.proto`: Services, EndpointSlices, Nodes, Namespaces, Secrets, grants.

use tributary_model::Meta;
use tributary_model::workload::{
    BackendTlsPolicy, CertificateFacts, Endpoint, EndpointPod, EndpointPort, EndpointSlice,
    GrantFrom, GrantTo, IpFamily, L4Protocol, Namespace, Node, Pod, PolicyTarget, ReferenceGrant,
    Service, ServicePort, ServiceType, TlsSecret,
};

use super::ConvertError;
use super::codec::{
    Beside, absent, any_name, each_of, enumeration, ip_address, list, message, one_of, optional,
    optional_name, optional_port, port_number, same, spec, text, timestamp, within,
};
use crate::types;
use crate::types::tls_secret_spec::Content;

enumeration!(
    ServiceType = types::ServiceType {
        ClusterIp,
        NodePort,
        LoadBalancer,
        ExternalName,
    }
);
enumeration!(IpFamily = types::IpFamily { Ipv4, Ipv6 });
enumeration!(L4Protocol = types::L4Protocol { Tcp, Udp, Sctp });

spec!(Namespace = types::NamespaceSpec { labels: same });
spec!(
    Service = types::ServiceSpec {
        ports: list,
        service_type: one_of,
        ip_families: each_of,
        selector: same,
    }
);
message!(
    ServicePort = types::ServicePort {
        name: any_name,
        port: port_number,
        target_port: optional_port,
        target_port_name: optional_name,
        protocol: one_of,
        node_port: optional_port,
        app_protocol: same,
    }
);
spec!(
    EndpointSlice = types::EndpointSliceSpec {
        service: text,
        ports: list,
        endpoints: list,
    }
);
message!(
    EndpointPort = types::EndpointPort {
        name: any_name,
        port: port_number,
        protocol: one_of
    }
);
message!(
    Endpoint = types::Endpoint {
        address: ip_address,
        ready: same,
        terminating: same,
        zone: same,
        node_name: optional_name,
        pod: optional,
    }
);
message!(
    EndpointPod = types::EndpointPod {
        name: text,
        uid: optional_name
    }
);
spec!(
    Node = types::NodeSpec {
        labels: same,
        instance_id: same,
        ready: same
    }
);
spec!(
    Pod = types::PodSpec {
        uid: optional_name,
        awaits_health: same,
        closed_gates: texts
    }
);
spec!(BackendTlsPolicy = types::BackendTlsPolicySpec { targets: list });
message!(
    PolicyTarget = types::PolicyTarget {
        group: same,
        kind: text,
        name: text,
        section_name: optional_name,
    }
);
spec!(
    ReferenceGrant = types::ReferenceGrantSpec {
        from: list,
        to: list
    }
);
message!(
    GrantFrom = types::GrantFrom {
        group: same,
        kind: text,
        namespace: text
    }
);
message!(
    GrantTo = types::GrantTo {
        group: same,
        kind: text,
        name: optional_name
    }
);
message!(
    CertificateFacts = types::CertificateFacts {
        fingerprint: text,
        dns_names: same,
        not_after: timestamp,
    }
);

/// A set of plain texts.
mod texts {
    use std::collections::BTreeSet;

    use super::ConvertError;

    pub(super) fn write(texts: &BTreeSet<String>) -> Vec<String> {
        texts.iter().cloned().collect()
    }

    #[expect(clippy::unnecessary_wraps, reason = "as every codec")]
    pub(super) fn read(_: &str, texts: Vec<String>) -> Result<BTreeSet<String>, ConvertError> {
        Ok(texts.into_iter().collect())
    }
}

impl From<&TlsSecret> for types::TlsSecretSpec {
    fn from(secret: &TlsSecret) -> Self {
        let TlsSecret {
            meta: _,
            certificate,
        } = secret;
        Self {
            content: Some(match certificate {
                Ok(facts) => Content::Certificate(facts.into()),
                Err(reason) => Content::Unusable(reason.clone()),
            }),
        }
    }
}

impl TryFrom<Beside<Meta, types::TlsSecretSpec>> for TlsSecret {
    type Error = ConvertError;

    fn try_from(
        Beside(meta, message): Beside<Meta, types::TlsSecretSpec>,
    ) -> Result<Self, Self::Error> {
        let certificate = match message.content.ok_or_else(absent)? {
            Content::Certificate(facts) => Ok(within("certificate", facts)?),
            Content::Unusable(reason) => Err(reason),
        };
        Ok(Self { meta, certificate })
    }
}
