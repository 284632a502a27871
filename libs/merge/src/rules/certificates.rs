//! Where a listener's certificates come from, and what of its TLS does not resolve (docs/rules/tls.md).

use tributary_model::config::{
    ListenerConfiguration, MutualAuthentication, MutualAuthenticationMode, ProtocolPort,
};
use tributary_model::desired::CertificateSource;
use tributary_model::listener::{
    CertificateRef, FrontendTls, FrontendValidation, Listener, Protocol, TlsMode,
};
use tributary_model::resolved::{RefCause, SecretCertificate, UnresolvedRef};
use tributary_model::workload::CertificateFacts;
use tributary_model::{Hostname, Kind, ListenerOwner, Name, ObjectKey};

use crate::read::reader::Reader;
use crate::rules::grants::{self, Referrer};
use crate::values::facts::GatewayFacts;
use crate::values::words;

/// A certificate may have a hundred names.
const NAMES_SHOWN: usize = 3;

/// What a listener has to serve TLS with.
#[derive(Default)]
pub(crate) struct Certificates {
    /// The first is the listener's own default.
    pub(crate) wanted: Vec<CertificateSource>,
    pub(crate) unresolved: Vec<UnresolvedRef>,
    /// Nothing is left to serve with, or clients could not be validated as asked.
    pub(crate) unusable: bool,
    /// What does not keep it from being served.
    pub(crate) notes: Vec<String>,
    /// Those of `wanted` that are in Secrets, and how long they are valid.
    pub(crate) in_secrets: Vec<SecretCertificate>,
}

/// Resolves a valid listener's certificates; empty for one that does not end TLS.
pub(crate) fn resolve(
    reader: &mut Reader<'_>,
    gateway: (&ObjectKey, &GatewayFacts),
    owner: &ListenerOwner,
    listener: &Listener,
) -> Certificates {
    if !ends_tls(listener) {
        return Certificates::default();
    }
    let settings = &gateway.1.settings;
    let entry = settings.listener(&[listener.protocol.as_str()], listener.port);
    let configuration = entry.map(|(_, configuration)| configuration);
    let refs = listener
        .tls
        .as_ref()
        .map(|tls| tls.certificate_refs.as_slice())
        .unwrap_or_default();
    let mut resolved = if refs.is_empty() {
        without_refs(listener, configuration)
    } else {
        from_refs(reader, owner, listener, refs)
    };
    if listener.protocol == Protocol::Https {
        let frontend = frontend_refs(reader, gateway, listener.port, configuration);
        resolved.unusable |= !frontend.is_empty();
        resolved.unresolved.extend(frontend);
        let refused =
            entry.and_then(|(place, configuration)| refused_validation(place, configuration));
        resolved.unusable |= refused.is_some();
        resolved.unresolved.extend(refused);
    }
    resolved
}

/// Client certificates are asked for in a way that is refused: without them the listener would let everybody in.
fn refused_validation(
    place: &ProtocolPort,
    configuration: &ListenerConfiguration,
) -> Option<UnresolvedRef> {
    let MutualAuthentication {
        mode, trust_store, ..
    } = configuration.mutual_authentication.as_ref()?;
    let is_refused = match mode {
        MutualAuthenticationMode::Verify => trust_store.is_none(),
        MutualAuthenticationMode::Off | MutualAuthenticationMode::Passthrough => false,
    };
    is_refused.then(|| UnresolvedRef {
        field: format!("listenerConfigurations[{place}].mutualAuthentication"),
        cause: RefCause::InvalidCaCertificateRef,
        message: "it is refused in the Gateway's LoadBalancerConfiguration, and without it everybody would be let in"
            .to_owned(),
    })
}

fn ends_tls(listener: &Listener) -> bool {
    match listener.protocol {
        Protocol::Https => true,
        Protocol::Tls => listener
            .tls
            .as_ref()
            .is_some_and(|tls| tls.mode == TlsMode::Terminate),
        Protocol::Http | Protocol::Tcp | Protocol::Udp | Protocol::Other(_) => false,
    }
}

fn from_refs(
    reader: &mut Reader<'_>,
    owner: &ListenerOwner,
    listener: &Listener,
    refs: &[CertificateRef],
) -> Certificates {
    let mut resolved = Certificates::default();
    let mut names = Vec::new();
    let mut is_away = false;
    for (index, reference) in refs.iter().enumerate() {
        let (cause, message) = match secret(reader, owner, reference) {
            Found::Certificate(secret, facts) => {
                names.extend(facts.dns_names.iter().map(String::as_str));
                resolved.wanted.push(CertificateSource::Secret {
                    secret: secret.clone(),
                    fingerprint: facts.fingerprint.clone(),
                });
                // One that has ended is served all the same: ACM may hold it still. Its owner is warned.
                resolved.in_secrets.push(SecretCertificate {
                    secret,
                    not_after: facts.not_after,
                });
                continue;
            }
            Found::Away(secret, message) => {
                is_away = true;
                resolved.wanted.push(CertificateSource::Retained { secret });
                (RefCause::InvalidCertificateRef, message)
            }
            Found::Refused(cause, message) => (cause, message),
        };
        resolved.unresolved.push(UnresolvedRef {
            field: format!("tls.certificateRefs[{index}]"),
            cause,
            message,
        });
    }
    resolved.unusable = resolved.wanted.is_empty();
    if !is_away {
        // For which hosts the one is that is away, only AWS knows.
        resolved.notes.extend(for_other_hosts(listener, &names));
    }
    resolved
}

/// Certificates that are all for other hosts are served, since AWS does so and not every client minds; the owner of the
/// listener should know.
fn for_other_hosts(listener: &Listener, names: &[&str]) -> Option<String> {
    let hostname = listener.hostname.as_ref()?;
    if names.is_empty() || names.iter().any(|name| is_for(name, hostname)) {
        return None;
    }
    let shown = names.len().min(NAMES_SHOWN);
    Some(format!(
        "tls.certificateRefs: no certificate is for {hostname}, they are for {}",
        names[..shown].join(", ")
    ))
}

/// Whether a certificate of this name is for one of these hosts at least: as in TLS, `*` stands for one label. Alone
/// it is what test suites write for any host.
fn is_for(name: &str, hostname: &Hostname) -> bool {
    if let Some(suffix) = hostname.wildcard_suffix() {
        return name == "*" || name.ends_with(suffix);
    }
    let host = hostname.as_str();
    name == "*"
        || name == host
        || host
            .split_once('.')
            .is_some_and(|(_, rest)| name.strip_prefix("*.") == Some(rest))
}

/// What a reference leads to.
enum Found<'a> {
    /// The Secret, and what its certificate says.
    Certificate(ObjectKey, &'a CertificateFacts),
    /// The owner may refer to this Secret, and there is no certificate in it now: it is missing or malformed, which a
    /// rotation may leave behind for a moment. The reference does not resolve; what was imported before serves on.
    Away(ObjectKey, String),
    /// It may not be referred to, or can never hold a certificate. Nothing is served for it.
    Refused(RefCause, String),
}

fn secret<'a>(
    reader: &mut Reader<'a>,
    owner: &ListenerOwner,
    reference: &CertificateRef,
) -> Found<'a> {
    let CertificateRef {
        group,
        kind,
        namespace,
        name,
    } = reference;
    let home = &owner.key.namespace;
    let key = ObjectKey::new(
        Name::clone(namespace.as_ref().unwrap_or(home)),
        Name::clone(name),
    );
    let referrer = Referrer {
        kind: owner.kind.kind(),
        namespace: home,
    };
    if !grants::permits(reader, referrer, group, kind, &key) {
        let message = format!(
            "no ReferenceGrant in namespace {} lets {} of namespace {home} refer to {kind} {name}",
            key.namespace,
            words::one(owner.kind.kind()),
        );
        let message = reader.missing(Kind::ReferenceGrant, message);
        return Found::Refused(RefCause::RefNotPermitted, message);
    }
    if !group.is_empty() || kind != Kind::Secret.as_str() {
        let message = format!("{kind} {key} is no Secret");
        return Found::Refused(RefCause::InvalidCertificateRef, message);
    }
    match reader.secret(&key).map(|secret| &secret.certificate) {
        None => {
            let message = format!("no Secret {key} of type kubernetes.io/tls");
            let message = reader.missing(Kind::Secret, message);
            Found::Away(key, message)
        }
        Some(Err(reason)) => {
            let message = format!("Secret {key}: {reason}");
            Found::Away(key, message)
        }
        Some(Ok(facts)) => Found::Certificate(key, facts),
    }
}

/// Explicit ARNs of the load balancer's configuration, else discovery by the listener's hostname.
fn without_refs(
    listener: &Listener,
    configuration: Option<&ListenerConfiguration>,
) -> Certificates {
    let arns = configuration
        .into_iter()
        .flat_map(|configuration| {
            configuration
                .default_certificate
                .iter()
                .chain(&configuration.certificates)
        })
        .map(|arn| CertificateSource::Arn(arn.clone()));
    let mut sources: Vec<CertificateSource> = Vec::new();
    for source in arns {
        if !sources.contains(&source) {
            sources.push(source);
        }
    }
    if sources.is_empty() {
        sources.extend(
            listener
                .hostname
                .as_ref()
                .map(|hostname| CertificateSource::Discovered {
                    hostname: hostname.clone(),
                }),
        );
    }
    let unresolved = if sources.is_empty() {
        vec![UnresolvedRef {
            field: "tls.certificateRefs".to_owned(),
            cause: RefCause::InvalidCertificateRef,
            message: format!(
                "no certificate: no certificateRefs, none in a LoadBalancerConfiguration for {}:{}, \
                 and no hostname to discover one in ACM by",
                listener.protocol, listener.port
            ),
        }]
    } else {
        Vec::new()
    };
    Certificates {
        unusable: sources.is_empty(),
        wanted: sources,
        unresolved,
        notes: Vec::new(),
        in_secrets: Vec::new(),
    }
}

/// What `Gateway.spec.tls.frontend` asks for on a port, and where below it.
pub(crate) fn frontend_validation(
    frontend: &FrontendTls,
    port: u16,
) -> (String, Option<&FrontendValidation>) {
    match frontend.per_port.get(&port) {
        Some(validation) => (format!("perPort[{port}].tls"), validation.as_ref()),
        None => ("default".to_owned(), frontend.default.as_ref()),
    }
}

/// `Gateway.spec.tls.frontend` on this port, for the Gateway's own and its sets' listeners alike.
///
/// An ELB takes CA bundles from a trust store, never from a ConfigMap. Where the load balancer's
/// configuration names one for the port, that does what is asked. Otherwise the listener is not served:
/// serving it without the validation would let everybody in.
fn frontend_refs(
    reader: &mut Reader<'_>,
    (gateway, facts): (&ObjectKey, &GatewayFacts),
    port: u16,
    configuration: Option<&ListenerConfiguration>,
) -> Vec<UnresolvedRef> {
    let (prefix, validation) = frontend_validation(&facts.frontend_tls, port);
    let Some(FrontendValidation {
        ca_certificate_refs,
        allow_insecure_fallback: _,
    }) = validation
    else {
        return Vec::new();
    };
    let verified = configuration
        .and_then(|configuration| configuration.mutual_authentication.as_ref())
        .is_some_and(|mutual| {
            mutual.mode == MutualAuthenticationMode::Verify && mutual.trust_store.is_some()
        });
    if verified {
        return Vec::new();
    }
    let referrer = Referrer {
        kind: Kind::Gateway,
        namespace: &gateway.namespace,
    };
    ca_certificate_refs
        .iter()
        .enumerate()
        .map(|(index, reference)| {
            let CertificateRef {
                group,
                kind,
                namespace,
                name,
            } = reference;
            let key = ObjectKey::new(
                Name::clone(namespace.as_ref().unwrap_or(&gateway.namespace)),
                Name::clone(name),
            );
            let (cause, message) = if !grants::permits(reader, referrer, group, kind, &key) {
                let message = format!(
                    "no ReferenceGrant in namespace {} lets the Gateway refer to {kind} {name}",
                    key.namespace
                );
                (
                    RefCause::RefNotPermitted,
                    reader.missing(Kind::ReferenceGrant, message),
                )
            } else if !group.is_empty() || !matches!(kind.as_str(), "ConfigMap" | "Secret") {
                (
                    RefCause::InvalidCaCertificateKind,
                    format!("{kind} {key} cannot hold CA certificates"),
                )
            } else {
                (
                    RefCause::InvalidCaCertificateRef,
                    format!(
                        "an ELB cannot take CA certificates from {kind} {key}: name a trust store in \
                         listenerConfigurations[].mutualAuthentication of a LoadBalancerConfiguration"
                    ),
                )
            };
            UnresolvedRef {
                field: format!("tls.frontend.{prefix}.validation.caCertificateRefs[{index}]"),
                cause,
                message,
            }
        })
        .collect()
}
