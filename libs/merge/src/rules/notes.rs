//! What a Gateway and its listeners ask for and do not get, though they are served.

use tributary_model::Kind;
use tributary_model::config::{
    ListenerConfiguration, LoadBalancerConfiguration, LoadBalancerSettings, MutualAuthentication,
    MutualAuthenticationMode, ProtocolPort,
};
use tributary_model::elb::ElbProtocol;
use tributary_model::listener::{FrontendTls, Listener, Protocol};
use tributary_model::resource::Gateway;

use crate::read::reader::Reader;
use crate::rules::certificates;
use crate::rules::nlb;
use crate::rules::parameters;
use crate::rules::unmet::{self, Unmet};
use crate::values::facts::GatewayFacts;
use crate::values::wire::WireClass;

/// Of a Gateway as a whole: its own fields, and what is refused of the configurations that it takes.
pub(crate) fn of_gateway<'a>(
    gateway: &Gateway,
    configurations: impl IntoIterator<Item = &'a LoadBalancerConfiguration>,
    settings: &LoadBalancerSettings,
) -> Vec<String> {
    let own = gateway.unsupported.iter();
    let own = own.map(|field| Unmet::GatewayField(field).to_string());
    let faults = configurations.into_iter().flat_map(|configuration| {
        let kind = Kind::LoadBalancerConfiguration;
        unmet::of_object(kind, &configuration.meta.key, &configuration.faults)
    });
    let misplaced = settings
        .listeners
        .iter()
        .flat_map(|(place, configuration)| {
            // Where it names none, each listener says by itself what does not go with it.
            let protocol = place.protocol.as_deref().and_then(elb_protocol);
            let fields = protocol.map(|protocol| (protocol, not_on(protocol, configuration)));
            fields.into_iter().flat_map(move |(protocol, fields)| {
                let told =
                    move |field| Unmet::NotOnProtocol(place, field, protocol.as_str()).to_string();
                fields.into_iter().map(told)
            })
        });
    let fallback = falls_back(&gateway.frontend_tls).then(|| Unmet::InsecureFallback.to_string());
    own.chain(faults).chain(misplaced).chain(fallback).collect()
}

/// What is refused of a class's configuration, and of the target groups' configuration that it makes the default.
pub(crate) fn of_configuration(
    reader: &mut Reader<'_>,
    configuration: &LoadBalancerConfiguration,
) -> Vec<String> {
    let kind = Kind::LoadBalancerConfiguration;
    let own = unmet::of_object(kind, &configuration.meta.key, &configuration.faults);
    let default = parameters::default_target_groups(configuration);
    let default = default.and_then(|key| reader.target_group_configuration(&key));
    let of_default = default.into_iter().flat_map(|default| {
        let kind = Kind::TargetGroupConfiguration;
        unmet::of_object(kind, &default.meta.key, &default.faults)
    });
    own.chain(of_default).collect()
}

/// Entries of the Gateway's own configuration that no listener of it and its sets has. A class's configuration is for many
/// Gateways, so there it is no mistake that one of them lacks a port.
pub(crate) fn unused<'a, Listeners: Iterator<Item = &'a Listener>>(
    gateway: &GatewayFacts,
    listeners: impl Fn() -> Listeners,
) -> Vec<String> {
    let is_unused = |place: &&ProtocolPort| !listeners().any(|listener| is_for(place, listener));
    let unused = gateway.own_places.iter().filter(is_unused);
    unused
        .map(|place| Unmet::NoListener(place).to_string())
        .collect()
}

/// Whether an entry may be meant for a listener, whatever becomes of it: see [`LoadBalancerSettings::elb_listener`](tributary_model::config::LoadBalancerSettings::elb_listener).
fn is_for(place: &ProtocolPort, listener: &Listener) -> bool {
    let ProtocolPort { protocol, port } = place;
    let protocols: &[&str] = match &listener.protocol {
        Protocol::Http => &["HTTP"],
        Protocol::Https => &["HTTPS"],
        Protocol::Tcp => &["TCP", "TCP_UDP"],
        Protocol::Udp => &["UDP", "TCP_UDP"],
        Protocol::Tls => &["TLS", "TCP"],
        Protocol::Other(_) => &[],
    };
    let is_of = |asked: &String| protocols.contains(&asked.as_str());
    port.is_none_or(|port| port == listener.port) && protocol.as_ref().is_none_or(is_of)
}

/// Of one valid listener.
pub(crate) fn of_listener(
    gateway: &GatewayFacts,
    listener: &Listener,
    class: WireClass,
) -> Vec<String> {
    let options = listener.tls.iter().flat_map(|tls| tls.options.keys());
    let options = options.map(|key| Unmet::TlsOption(key).to_string());
    let protocol = nlb::elb_protocol(class);
    let configured = gateway.settings.elb_listener(protocol, listener.port);
    let unmet = configured.into_iter().flat_map(|(place, configuration)| {
        let misplaced = not_on(protocol, configuration).into_iter();
        let misplaced = misplaced
            .map(|field| Unmet::NotOnProtocol(place, field, protocol.as_str()).to_string());
        let unprogrammed = unprogrammed(configuration);
        misplaced.chain(unprogrammed.map(|field| Unmet::NotProgrammed(place, field).to_string()))
    });
    let fallback = listener.protocol == Protocol::Https
        && certificates::frontend_validation(&gateway.frontend_tls, listener.port)
            .1
            .is_some_and(|validation| validation.allow_insecure_fallback);
    let fallback = fallback.then(|| Unmet::InsecureFallback.to_string());
    options.chain(unmet).chain(fallback).collect()
}

fn falls_back(frontend: &FrontendTls) -> bool {
    let of_ports = frontend.per_port.values().flatten();
    let mut all = frontend.default.iter().chain(of_ports);
    all.any(|validation| validation.allow_insecure_fallback)
}

fn elb_protocol(name: &str) -> Option<ElbProtocol> {
    [
        ElbProtocol::Http,
        ElbProtocol::Https,
        ElbProtocol::Tcp,
        ElbProtocol::Udp,
        ElbProtocol::Tls,
        ElbProtocol::TcpUdp,
    ]
    .into_iter()
    .find(|protocol| protocol.as_str() == name)
}

/// Fields that a listener of the protocol does not have.
fn not_on(protocol: ElbProtocol, configuration: &ListenerConfiguration) -> Vec<&'static str> {
    let ListenerConfiguration {
        default_certificate,
        certificates,
        ssl_policy,
        alpn_policy,
        target_group_stickiness: _,
        mutual_authentication,
        attributes: _,
        quic_enabled: _,
    } = configuration;
    let (ends_tls, has_alpn, verifies) = match protocol {
        ElbProtocol::Https => (true, false, true),
        ElbProtocol::Tls => (true, true, false),
        ElbProtocol::Http | ElbProtocol::Tcp | ElbProtocol::Udp | ElbProtocol::TcpUdp => {
            (false, false, false)
        }
    };
    let given = [
        (
            "defaultCertificate",
            default_certificate.is_some(),
            ends_tls,
        ),
        ("certificates", !certificates.is_empty(), ends_tls),
        ("sslPolicy", ssl_policy.is_some(), ends_tls),
        // The AWS Load Balancer Controller's CRD fills None in everywhere.
        (
            "alpnPolicy",
            alpn_policy.as_ref().is_some_and(|policy| policy != "None"),
            has_alpn,
        ),
        (
            "mutualAuthentication",
            mutual_authentication.as_ref().is_some_and(is_on),
            verifies,
        ),
    ];
    given
        .into_iter()
        .filter_map(|(field, is_given, has)| (is_given && !has).then_some(field))
        .collect()
}

fn is_on(mutual: &MutualAuthentication) -> bool {
    match mutual.mode {
        MutualAuthenticationMode::Off => false,
        MutualAuthenticationMode::Passthrough | MutualAuthenticationMode::Verify => true,
    }
}

fn unprogrammed(
    configuration: &ListenerConfiguration,
) -> impl Iterator<Item = &'static str> + use<> {
    let asked = [
        (
            "targetGroupStickiness",
            configuration.target_group_stickiness,
        ),
        ("quicEnabled", configuration.quic_enabled),
    ];
    asked
        .into_iter()
        .filter_map(|(field, asked)| (asked == Some(true)).then_some(field))
}
