//! `judgement.proto`: what the status of an object should say.

use tributary_model::ObjectRef;
use tributary_model::installation::NoInstallation;
use tributary_model::judgement::{
    GatewayClassJudgement, GatewayJudgement, JudgedObject, JudgedOutcome, Judgement,
    ListenerJudgement, ListenerSetJudgement, LoadBalancerJudgement, ParentJudgement, PodJudgement,
    RouteJudgement,
};
use tributary_model::key::Kind;
use tributary_model::resolved::ClassMark;

use super::ConvertError;
use super::codec::{
    Beside, absent, known, list, message, one_of, optional, optional_name, required, same, text,
    within,
};
use crate::types;
use crate::types::judged_outcome::Outcome;
use crate::types::judgement::Verdict;
use crate::types::load_balancer_judgement::State;

mod refused_rule_list;

message!(
    JudgedObject = types::JudgedObject {
        judgement: required,
        current: optional,
        resource_version: same,
    }
);
message!(
    ListenerJudgement = types::ListenerJudgement {
        name: text,
        outcome: required,
        supported_kinds: list,
        unresolved_refs: list,
        unusable_refs: same,
        overlapping_tls: same,
        attached_routes: same,
        notes: same,
        certificates: list,
    }
);
message!(
    ParentJudgement = types::ParentJudgement {
        parent_ref: required,
        controller_name: text,
        acceptance: one_of,
        unresolved_refs: list,
        dropped_rules: list,
        refused_rules: refused_rule_list,
        degraded_rules: refused_rule_list,
        pending_rules: refused_rule_list,
        shadowed: same,
        serves_nothing: same,
    }
);

impl From<&Judgement> for types::Judgement {
    fn from(value: &Judgement) -> Self {
        let (generation, verdict) = match value {
            Judgement::GatewayClass(judged) => {
                (judged.generation, Verdict::GatewayClass(judged.into()))
            }
            Judgement::Gateway(judged) => (judged.generation, Verdict::Gateway(judged.into())),
            Judgement::ListenerSet(judged) => {
                (judged.generation, Verdict::ListenerSet(judged.into()))
            }
            Judgement::Route(judged) => (judged.generation, Verdict::Route(judged.into())),
            Judgement::Pod(judged) => (judged.generation, Verdict::Pod(judged.into())),
        };
        Self {
            object: required::write(&value.object()),
            generation,
            verdict: Some(verdict),
        }
    }
}

impl TryFrom<types::Judgement> for Judgement {
    type Error = ConvertError;

    fn try_from(message: types::Judgement) -> Result<Self, Self::Error> {
        let types::Judgement {
            object,
            generation,
            verdict,
        } = message;
        let object: ObjectRef = required::read("object", object)?;
        let judged = (object.clone(), generation);
        let judgement = match verdict.ok_or_else(|| absent().under("verdict"))? {
            Verdict::GatewayClass(verdict) => {
                Self::GatewayClass(within("gateway_class", Beside(judged, verdict))?)
            }
            Verdict::Gateway(verdict) => Self::Gateway(within("gateway", Beside(judged, verdict))?),
            Verdict::ListenerSet(verdict) => {
                Self::ListenerSet(within("listener_set", Beside(judged, verdict))?)
            }
            Verdict::Route(verdict) => {
                check_is_route(object.kind)?;
                Self::Route(within("route", Beside(judged, verdict))?)
            }
            Verdict::Pod(verdict) => Self::Pod(within("pod", Beside(judged, verdict))?),
        };
        let kind = judgement.object().kind;
        if kind != object.kind {
            return Err(ConvertError::at(
                "object.kind",
                format!("is {}, the verdict is that on a {kind}", object.kind),
            ));
        }
        Ok(judgement)
    }
}

fn check_is_route(kind: Kind) -> Result<(), ConvertError> {
    match kind.route() {
        Some(_) => Ok(()),
        None => Err(ConvertError::at(
            "object.kind",
            format!("is {kind}, the verdict is that on a route"),
        )),
    }
}

/// What a judgement is about: object and its judged generation travel beside the verdict.
type Judged = (ObjectRef, i64);

impl From<&GatewayClassJudgement> for types::GatewayClassJudgement {
    fn from(value: &GatewayClassJudgement) -> Self {
        let GatewayClassJudgement {
            key: _,
            generation: _,
            controller_name,
            invalid_parameters,
            problems,
            mark,
            left_alone,
        } = value;
        let mark = match mark {
            ClassMark::Stands => types::ClassMark::Unspecified,
            ClassMark::Missing => types::ClassMark::Missing,
            ClassMark::Obsolete => types::ClassMark::Obsolete,
        };
        Self {
            controller_name: controller_name.clone(),
            invalid_parameters: invalid_parameters.clone(),
            problems: problems.clone(),
            mark: mark.into(),
            left_alone: *left_alone,
        }
    }
}

impl TryFrom<Beside<Judged, types::GatewayClassJudgement>> for GatewayClassJudgement {
    type Error = ConvertError;

    fn try_from(
        Beside((object, generation), message): Beside<Judged, types::GatewayClassJudgement>,
    ) -> Result<Self, Self::Error> {
        let types::GatewayClassJudgement {
            controller_name,
            invalid_parameters,
            mark,
            left_alone,
            problems,
        } = message;
        Ok(Self {
            key: object.key,
            generation,
            controller_name: text::read("controller_name", controller_name)?,
            invalid_parameters,
            problems,
            mark: match known("mark", mark)? {
                types::ClassMark::Unspecified => ClassMark::Stands,
                types::ClassMark::Missing => ClassMark::Missing,
                types::ClassMark::Obsolete => ClassMark::Obsolete,
            },
            left_alone,
        })
    }
}

impl From<&PodJudgement> for types::PodJudgement {
    fn from(value: &PodJudgement) -> Self {
        let PodJudgement {
            key: _,
            generation: _,
            uid,
            gates,
        } = value;
        Self {
            uid: optional_name::write(uid),
            gates: gates.iter().cloned().collect(),
        }
    }
}

impl TryFrom<Beside<Judged, types::PodJudgement>> for PodJudgement {
    type Error = ConvertError;

    fn try_from(
        Beside((object, generation), message): Beside<Judged, types::PodJudgement>,
    ) -> Result<Self, Self::Error> {
        let types::PodJudgement { uid, gates } = message;
        Ok(Self {
            key: object.key,
            generation,
            uid: optional_name::read("uid", uid)?,
            gates: gates.into_iter().collect(),
        })
    }
}

impl From<&GatewayJudgement> for types::GatewayJudgement {
    fn from(value: &GatewayJudgement) -> Self {
        let GatewayJudgement {
            key: _,
            generation: _,
            acceptance,
            load_balancer,
            unheard,
            problems,
            addresses,
            listeners,
            attached_listener_sets,
        } = value;
        Self {
            acceptance: required::write(acceptance),
            load_balancer: required::write(load_balancer),
            addresses: addresses.clone(),
            listeners: list::write(listeners),
            attached_listener_sets: *attached_listener_sets,
            unheard: *unheard,
            problems: problems.clone(),
        }
    }
}

impl TryFrom<Beside<Judged, types::GatewayJudgement>> for GatewayJudgement {
    type Error = ConvertError;

    fn try_from(
        Beside((object, generation), message): Beside<Judged, types::GatewayJudgement>,
    ) -> Result<Self, Self::Error> {
        let types::GatewayJudgement {
            acceptance,
            load_balancer,
            unheard,
            problems,
            addresses,
            listeners,
            attached_listener_sets,
        } = message;
        Ok(Self {
            key: object.key,
            generation,
            acceptance: required::read("acceptance", acceptance)?,
            load_balancer: required::read("load_balancer", load_balancer)?,
            unheard,
            problems,
            addresses,
            listeners: list::read("listeners", listeners)?,
            attached_listener_sets,
        })
    }
}

impl From<&ListenerSetJudgement> for types::ListenerSetJudgement {
    fn from(value: &ListenerSetJudgement) -> Self {
        let ListenerSetJudgement {
            key: _,
            generation: _,
            acceptance,
            load_balancer,
            listeners,
        } = value;
        Self {
            acceptance: one_of::write(acceptance),
            load_balancer: required::write(load_balancer),
            listeners: list::write(listeners),
        }
    }
}

impl TryFrom<Beside<Judged, types::ListenerSetJudgement>> for ListenerSetJudgement {
    type Error = ConvertError;

    fn try_from(
        Beside((object, generation), message): Beside<Judged, types::ListenerSetJudgement>,
    ) -> Result<Self, Self::Error> {
        let types::ListenerSetJudgement {
            acceptance,
            load_balancer,
            listeners,
        } = message;
        Ok(Self {
            key: object.key,
            generation,
            acceptance: one_of::read("acceptance", acceptance)?,
            load_balancer: required::read("load_balancer", load_balancer)?,
            listeners: list::read("listeners", listeners)?,
        })
    }
}

impl From<&RouteJudgement> for types::RouteJudgement {
    fn from(value: &RouteJudgement) -> Self {
        let RouteJudgement {
            route: _,
            generation: _,
            installation,
            parents,
            left_alone,
        } = value;
        Self {
            installation: installation.to_string(),
            parents: list::write(parents),
            left_alone: list::write(left_alone),
        }
    }
}

impl TryFrom<Beside<Judged, types::RouteJudgement>> for RouteJudgement {
    type Error = ConvertError;

    fn try_from(
        Beside((route, generation), message): Beside<Judged, types::RouteJudgement>,
    ) -> Result<Self, Self::Error> {
        let types::RouteJudgement {
            parents,
            left_alone,
            installation,
        } = message;
        Ok(Self {
            route,
            generation,
            installation: installation.parse().map_err(|error: NoInstallation| {
                ConvertError::at("installation", error.to_string())
            })?,
            parents: list::read("parents", parents)?,
            left_alone: list::read("left_alone", left_alone)?,
        })
    }
}

impl From<&LoadBalancerJudgement> for types::LoadBalancerJudgement {
    fn from(value: &LoadBalancerJudgement) -> Self {
        let (state, message) = match value {
            LoadBalancerJudgement::Unknown => (State::Unknown, ""),
            LoadBalancerJudgement::Ready => (State::Ready, ""),
            LoadBalancerJudgement::Pending(message) => (State::Pending, message.as_str()),
            LoadBalancerJudgement::Failed(message) => (State::Failed, message.as_str()),
            LoadBalancerJudgement::Leaving(message) => (State::Leaving, message.as_str()),
        };
        Self {
            state: state.into(),
            message: message.to_owned(),
        }
    }
}

impl TryFrom<types::LoadBalancerJudgement> for LoadBalancerJudgement {
    type Error = ConvertError;

    fn try_from(message: types::LoadBalancerJudgement) -> Result<Self, Self::Error> {
        let types::LoadBalancerJudgement { state, message } = message;
        match known("state", state)? {
            State::Unspecified => Err(absent().under("state")),
            State::Unknown => Ok(Self::Unknown),
            State::Ready => Ok(Self::Ready),
            State::Pending => Ok(Self::Pending(message)),
            State::Failed => Ok(Self::Failed(message)),
            State::Leaving => Ok(Self::Leaving(message)),
        }
    }
}

impl From<&JudgedOutcome> for types::JudgedOutcome {
    fn from(value: &JudgedOutcome) -> Self {
        let outcome = match value {
            JudgedOutcome::Won(programmed) => Outcome::Won(types::JudgedWon {
                programmed: optional::write(programmed),
            }),
            JudgedOutcome::Conflicted(conflict, rival_class) => {
                Outcome::Conflicted(types::JudgedConflict {
                    conflict: one_of::write(conflict),
                    rival_class: one_of::write(rival_class),
                })
            }
            JudgedOutcome::UnsupportedProtocol => {
                Outcome::UnsupportedProtocol(types::UnsupportedProtocol {})
            }
            JudgedOutcome::Invalid { field, reason } => Outcome::Invalid(types::InvalidField {
                field: field.clone(),
                reason: reason.clone(),
            }),
        };
        Self {
            outcome: Some(outcome),
        }
    }
}

impl TryFrom<types::JudgedOutcome> for JudgedOutcome {
    type Error = ConvertError;

    fn try_from(message: types::JudgedOutcome) -> Result<Self, Self::Error> {
        Ok(match message.outcome.ok_or_else(absent)? {
            Outcome::Won(types::JudgedWon { programmed }) => {
                Self::Won(optional::read("won.programmed", programmed)?)
            }
            Outcome::Conflicted(types::JudgedConflict {
                conflict,
                rival_class,
            }) => Self::Conflicted(
                one_of::read("conflicted.conflict", conflict)?,
                one_of::read("conflicted.rival_class", rival_class)?,
            ),
            Outcome::UnsupportedProtocol(types::UnsupportedProtocol {}) => {
                Self::UnsupportedProtocol
            }
            Outcome::Invalid(types::InvalidField { field, reason }) => {
                Self::Invalid { field, reason }
            }
        })
    }
}
