//! Values that protobuf has no type for.

use super::{ConvertError, absent};

/// 1..65535.
pub(in crate::convert) mod port_number {
    use super::ConvertError;

    pub(in crate::convert) fn write(value: &u16) -> u32 {
        u32::from(*value)
    }

    pub(in crate::convert) fn read(field: &str, value: u32) -> Result<u16, ConvertError> {
        match u16::try_from(value) {
            Ok(port) if port > 0 => Ok(port),
            _ => Err(ConvertError::at(
                field,
                format!("must be a port from 1 to 65535, is {value}"),
            )),
        }
    }
}

/// A port that may be absent.
pub(in crate::convert) mod optional_port {
    use super::{ConvertError, port_number};

    pub(in crate::convert) fn write(value: &Option<u16>) -> Option<u32> {
        value.map(u32::from)
    }

    pub(in crate::convert) fn read(
        field: &str,
        value: Option<u32>,
    ) -> Result<Option<u16>, ConvertError> {
        value
            .map(|value| port_number::read(field, value))
            .transpose()
    }
}

/// 0..65535; protobuf has no 16 bits.
pub(in crate::convert) mod number16 {
    use super::ConvertError;

    pub(in crate::convert) use super::port_number::write;

    pub(in crate::convert) fn read(field: &str, value: u32) -> Result<u16, ConvertError> {
        u16::try_from(value)
            .map_err(|_| ConvertError::at(field, format!("must be at most 65535, is {value}")))
    }
}

/// A place in a list.
pub(in crate::convert) mod index {
    use super::ConvertError;

    /// Saturates: a list of 2^32 entries fits no message, so no index comes near.
    pub(in crate::convert) fn write(value: &usize) -> u32 {
        u32::try_from(*value).unwrap_or(u32::MAX)
    }

    pub(in crate::convert) fn read(field: &str, value: u32) -> Result<usize, ConvertError> {
        usize::try_from(value)
            .map_err(|_| ConvertError::at(field, format!("is too large an index: {value}")))
    }
}

/// Places in a list.
pub(in crate::convert) mod index_list {
    use super::{ConvertError, index};

    pub(in crate::convert) fn write(values: &[usize]) -> Vec<u32> {
        values.iter().map(index::write).collect()
    }

    pub(in crate::convert) fn read(
        field: &str,
        values: Vec<u32>,
    ) -> Result<Vec<usize>, ConvertError> {
        values
            .into_iter()
            .map(|value| index::read(field, value))
            .collect()
    }
}

/// A hostname that may be absent.
pub(in crate::convert) mod optional_hostname {
    use tributary_model::Hostname;

    use super::{ConvertError, parse_hostname};

    pub(in crate::convert) fn write(value: &Option<Hostname>) -> Option<String> {
        value.as_ref().map(ToString::to_string)
    }

    pub(in crate::convert) fn read(
        field: &str,
        value: Option<String>,
    ) -> Result<Option<Hostname>, ConvertError> {
        value.map(|value| parse_hostname(field, &value)).transpose()
    }
}

/// Hostnames.
pub(in crate::convert) mod hostname_list {
    use tributary_model::Hostname;

    use super::{ConvertError, parse_hostname};

    pub(in crate::convert) fn write(values: &[Hostname]) -> Vec<String> {
        values.iter().map(ToString::to_string).collect()
    }

    pub(in crate::convert) fn read(
        field: &str,
        values: Vec<String>,
    ) -> Result<Vec<Hostname>, ConvertError> {
        values
            .into_iter()
            .enumerate()
            .map(|(index, value)| parse_hostname(&format!("{field}[{index}]"), &value))
            .collect()
    }
}

/// Whole seconds.
pub(in crate::convert) mod timestamp {
    use tributary_model::Timestamp;

    use super::{ConvertError, absent};

    pub(in crate::convert) fn write(value: &Timestamp) -> Option<prost_types::Timestamp> {
        let Timestamp(seconds) = *value;
        Some(prost_types::Timestamp { seconds, nanos: 0 })
    }

    pub(in crate::convert) fn read(
        field: &str,
        value: Option<prost_types::Timestamp>,
    ) -> Result<Timestamp, ConvertError> {
        match value {
            None => Err(absent().under(field)),
            Some(prost_types::Timestamp { seconds, nanos: 0 }) => Ok(Timestamp(seconds)),
            // Two creation times that differ only below a second would change precedence on one side.
            Some(_) => Err(ConvertError::at(field, "must be whole seconds")),
        }
    }
}

/// An IP address.
pub(in crate::convert) mod ip_address {
    use std::net::IpAddr;

    use super::ConvertError;

    pub(in crate::convert) fn write(value: &IpAddr) -> String {
        value.to_string()
    }

    pub(in crate::convert) fn read(field: &str, value: String) -> Result<IpAddr, ConvertError> {
        value
            .parse()
            .map_err(|_| ConvertError::at(field, format!("{value:?} is not an IP address")))
    }
}

/// A listener's protocol: any string but none.
pub(in crate::convert) mod listener_protocol {
    use tributary_model::listener::Protocol;

    use super::{ConvertError, absent};

    pub(in crate::convert) fn write(value: &Protocol) -> String {
        value.as_str().to_owned()
    }

    pub(in crate::convert) fn read(field: &str, value: String) -> Result<Protocol, ConvertError> {
        if value.is_empty() {
            return Err(absent().under(field));
        }
        Ok(Protocol::parse(&value))
    }
}

/// A content revision.
pub(in crate::convert) mod content_revision {
    use tributary_model::Revision;

    use super::ConvertError;

    pub(in crate::convert) fn write(value: &Revision) -> u64 {
        value.0
    }

    pub(in crate::convert) fn read(_field: &str, value: u64) -> Result<Revision, ConvertError> {
        Ok(Revision(value))
    }
}

/// A hostname in `field`.
pub(in crate::convert) fn parse_hostname(
    field: &str,
    value: &str,
) -> Result<tributary_model::Hostname, ConvertError> {
    tributary_model::Hostname::parse(value)
        .map_err(|error| ConvertError::at(field, error.to_string()))
}

/// Identity of a rule.
pub(in crate::convert) mod rule_id {
    use tributary_model::desired::RuleId;

    use super::super::text;
    use super::ConvertError;

    pub(in crate::convert) fn write(id: &RuleId) -> String {
        text::write(&id.0)
    }

    pub(in crate::convert) fn read(field: &str, id: String) -> Result<RuleId, ConvertError> {
        text::read(field, id).map(RuleId)
    }
}

/// Identity of a target group.
pub(in crate::convert) mod target_group_id {
    use tributary_model::desired::TargetGroupId;

    use super::super::text;
    use super::ConvertError;

    pub(in crate::convert) fn write(id: &TargetGroupId) -> String {
        text::write(&id.0)
    }

    pub(in crate::convert) fn read(field: &str, id: String) -> Result<TargetGroupId, ConvertError> {
        text::read(field, id).map(TargetGroupId)
    }
}
