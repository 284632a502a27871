//! `listener.proto`: listeners, and who may attach to what.

use std::collections::BTreeMap;

use tributary_model::listener::{
    AllowedRoutes, CertificateRef, FrontendTls, FrontendValidation, Listener, ListenerTls,
    RouteGroupKind, TlsMode,
};
use tributary_model::selector::{FromNamespaces, LabelOperator, LabelRequirement, LabelSelector};

use super::ConvertError;
use super::codec::{
    absent, enumeration, known, list, listener_protocol, message, one_of, optional,
    optional_hostname, optional_name, port_number, required, same, text,
};
use crate::types;
use crate::types::from_namespaces::From as Choice;

enumeration!(
    TlsMode = types::TlsMode {
        Terminate,
        Passthrough
    }
);
enumeration!(
    LabelOperator = types::LabelOperator {
        In,
        NotIn,
        Exists,
        DoesNotExist
    }
);

message!(
    Listener = types::Listener {
        name: text,
        port: port_number,
        protocol: listener_protocol,
        hostname: optional_hostname,
        tls: optional,
        allowed_routes: required,
    }
);
message!(
    ListenerTls = types::ListenerTls {
        mode: one_of,
        certificate_refs: list,
        options: same,
    }
);
message!(
    CertificateRef = types::CertificateRef {
        group: same,
        kind: text,
        namespace: optional_name,
        name: text,
    }
);
message!(
    AllowedRoutes = types::AllowedRoutes {
        namespaces: required,
        kinds: list
    }
);
message!(
    RouteGroupKind = types::RouteGroupKind {
        group: same,
        kind: text
    }
);
message!(
    LabelSelector = types::LabelSelector {
        match_labels: same,
        match_expressions: list,
    }
);
message!(
    LabelRequirement = types::LabelRequirement {
        key: text,
        operator: one_of,
        values: same,
    }
);
message!(
    FrontendValidation = types::FrontendValidation {
        ca_certificate_refs: list,
        allow_insecure_fallback: same,
    }
);

impl From<&FromNamespaces> for types::FromNamespaces {
    fn from(value: &FromNamespaces) -> Self {
        let (from, selector) = match value {
            FromNamespaces::None => (Choice::None, None),
            FromNamespaces::Same => (Choice::Same, None),
            FromNamespaces::All => (Choice::All, None),
            FromNamespaces::Selector(selector) => (Choice::Selector, optional::write(selector)),
        };
        Self {
            from: from.into(),
            selector,
        }
    }
}

impl TryFrom<types::FromNamespaces> for FromNamespaces {
    type Error = ConvertError;

    fn try_from(message: types::FromNamespaces) -> Result<Self, Self::Error> {
        let types::FromNamespaces { from, selector } = message;
        let value = match known("from", from)? {
            Choice::Unspecified => return Err(absent().under("from")),
            Choice::Selector => {
                return Ok(Self::Selector(optional::read("selector", selector)?));
            }
            Choice::None => Self::None,
            Choice::Same => Self::Same,
            Choice::All => Self::All,
        };
        if selector.is_some() {
            // Either word may be the sender's mistake: whom it lets in cannot be guessed.
            return Err(ConvertError::at("selector", "does not fit `from`"));
        }
        Ok(value)
    }
}

impl From<&FrontendTls> for types::FrontendTls {
    fn from(value: &FrontendTls) -> Self {
        let FrontendTls { default, per_port } = value;
        Self {
            default: optional::write(default),
            per_port: per_port
                .iter()
                .map(|(number, validation)| types::FrontendTlsPort {
                    port: port_number::write(number),
                    validation: optional::write(validation),
                })
                .collect(),
        }
    }
}

impl TryFrom<types::FrontendTls> for FrontendTls {
    type Error = ConvertError;

    fn try_from(message: types::FrontendTls) -> Result<Self, Self::Error> {
        let types::FrontendTls { default, per_port } = message;
        let mut by_port = BTreeMap::new();
        for (index, entry) in per_port.into_iter().enumerate() {
            let (number, validation) =
                port_validation(entry).map_err(|error| error.under_index("per_port", index))?;
            if by_port.insert(number, validation).is_some() {
                return Err(
                    ConvertError::at("port", "is given twice").under_index("per_port", index)
                );
            }
        }
        Ok(Self {
            default: optional::read("default", default)?,
            per_port: by_port,
        })
    }
}

fn port_validation(
    entry: types::FrontendTlsPort,
) -> Result<(u16, Option<FrontendValidation>), ConvertError> {
    let types::FrontendTlsPort {
        port: number,
        validation,
    } = entry;
    Ok((
        port_number::read("port", number)?,
        optional::read("validation", validation)?,
    ))
}
