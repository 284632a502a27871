//! `report.proto`: what a load balancer is.

use tributary_model::report::{
    ListenerReport, LoadBalancerPhase, LoadBalancerReport, ProgrammedState, QuotaUse, Quotas,
    RuleProblem, RuleState,
};

use super::ConvertError;
use super::codec::{
    absent, content_revision, enumeration, known, list, message, one_of, optional, required, same,
};
use crate::types;
use crate::types::programmed_state::State;

enumeration!(
    LoadBalancerPhase = types::LoadBalancerPhase {
        Absent,
        Provisioning,
        Active,
        Failed,
        Deleting,
        Deleted,
    }
);

enumeration!(
    RuleState = types::RuleState {
        NotServed,
        Degraded,
        Pending,
    }
);

message!(
    LoadBalancerReport = types::LoadBalancerReport {
        key: required,
        phase: one_of,
        arn: same,
        dns_name: same,
        listeners: list,
        rules: list,
        problems: same,
        blocked: same,
        settled: same,
        healthy: list,
        quotas: optional,
    }
);
message!(
    Quotas = types::Quotas {
        listeners: required,
        rules: required,
        certificates: required,
        target_groups: required,
        targets: required,
    }
);
message!(
    QuotaUse = types::QuotaUse {
        used: same,
        limit: same,
    }
);
message!(
    ListenerReport = types::ListenerReport {
        listener: required,
        revision: content_revision,
        state: required,
        awaits_rules: same,
        elb_listener: same,
        notes: same,
    }
);
message!(
    RuleProblem = types::RuleProblem {
        origin: required,
        listener: required,
        message: same,
        state: one_of,
    }
);

impl From<&ProgrammedState> for types::ProgrammedState {
    fn from(value: &ProgrammedState) -> Self {
        let (state, message) = match value {
            ProgrammedState::Programmed => (State::Programmed, ""),
            ProgrammedState::Pending(message) => (State::Pending, message.as_str()),
            ProgrammedState::TooManyListeners(message) => {
                (State::TooManyListeners, message.as_str())
            }
            ProgrammedState::NoCertificate(message) => (State::NoCertificate, message.as_str()),
            ProgrammedState::Refused(message) => (State::Refused, message.as_str()),
            ProgrammedState::PortUnavailable(message) => (State::PortUnavailable, message.as_str()),
            ProgrammedState::Impossible(message) => (State::Impossible, message.as_str()),
        };
        Self {
            state: state.into(),
            message: message.to_owned(),
        }
    }
}

impl TryFrom<types::ProgrammedState> for ProgrammedState {
    type Error = ConvertError;

    fn try_from(message: types::ProgrammedState) -> Result<Self, Self::Error> {
        let types::ProgrammedState { state, message } = message;
        match known("state", state)? {
            State::Unspecified => Err(absent().under("state")),
            State::Programmed => Ok(Self::Programmed),
            State::Pending => Ok(Self::Pending(message)),
            State::TooManyListeners => Ok(Self::TooManyListeners(message)),
            State::NoCertificate => Ok(Self::NoCertificate(message)),
            State::Refused => Ok(Self::Refused(message)),
            State::PortUnavailable => Ok(Self::PortUnavailable(message)),
            State::Impossible => Ok(Self::Impossible(message)),
        }
    }
}
