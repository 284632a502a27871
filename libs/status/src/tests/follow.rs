//! The conditions of a Gateway or ListenerSet follow from those of its listeners: the table of
//! docs/rules/status.md, read from the entries that stand beside them in the same status.

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::test_runner::TestCaseError;
use tributary_merge::judge::{Reports, judge};
use tributary_merge::{Options, merge};
use tributary_model::desired::DesiredLoadBalancer;
use tributary_model::judgement::{JudgedOutcome, Judgement, LoadBalancerJudgement};
use tributary_model::report::{
    ListenerReport, LoadBalancerPhase, LoadBalancerReport, ProgrammedState,
};
use tributary_model::resolved::{GatewayAcceptance, ListenerSetAcceptance, Resolved};
use tributary_model::status::{Condition, ConditionStatus, ListenerStatus, Status};
use tributary_model::{ObjectKey, Snapshot};
use tributary_testkit::random;

use super::{judged_gateways, judged_sets, write};
use crate::testing::{EARLIER, LATER};

/// What an entry says of its listener.
struct Entry<'a> {
    accepted: &'a Condition,
    programmed: &'a Condition,
    conflicted: &'a Condition,
    resolved_refs: &'a Condition,
}

/// The words in which the table's rows differ between the two kinds.
struct Words {
    /// `Programmed` False where no listener is valid.
    none_valid: &'static str,
    /// `Programmed` False where every valid listener's port is another's.
    ports: &'static str,
    /// `Programmed` False where the load balancer cannot be had.
    failed: &'static str,
}

const OF_SETS: Words = Words {
    none_valid: "ListenersNotValid",
    ports: "PortUnavailable",
    failed: "ParentNotProgrammed",
};
const OF_GATEWAYS: Words = Words {
    none_valid: "Invalid",
    ports: "Invalid",
    failed: "NoResources",
};

impl<'a> Entry<'a> {
    fn of(listener: &'a ListenerStatus) -> Self {
        let of = |condition_type| condition(&listener.conditions, condition_type);
        Self {
            accepted: of("Accepted"),
            programmed: of("Programmed"),
            conflicted: of("Conflicted"),
            resolved_refs: of("ResolvedRefs"),
        }
    }

    /// Accepted, and not without anything to serve with, of which `Programmed` points to `ResolvedRefs`.
    fn is_valid(&self) -> bool {
        is_true(self.accepted)
            && (is_true(self.resolved_refs)
                || is_true(self.programmed)
                || !self.programmed.message.contains("ResolvedRefs says why"))
    }

    fn is_pending(&self) -> bool {
        said(self.programmed) == "False/Pending"
    }
}

fn condition<'a>(conditions: &'a [Condition], condition_type: &str) -> &'a Condition {
    conditions
        .iter()
        .find(|condition| condition.condition_type == condition_type)
        .unwrap_or_else(|| panic!("there is always {condition_type}"))
}

fn is_true(condition: &Condition) -> bool {
    condition.status == ConditionStatus::True
}

fn said(condition: &Condition) -> String {
    format!("{:?}/{}", condition.status, condition.reason)
}

/// §3, and what each entry says in itself.
fn check_entry(entry: &Entry<'_>) -> Result<(), TestCaseError> {
    if !is_true(entry.accepted) {
        prop_assert!(!is_true(entry.programmed), "served, but not accepted");
    }
    let is_conflict = |condition: &Condition| {
        ["HostnameConflict", "ProtocolConflict"].contains(&condition.reason.as_str())
    };
    if is_true(entry.conflicted) {
        prop_assert!(!is_true(entry.accepted));
        prop_assert!(is_conflict(entry.conflicted));
        prop_assert_eq!(&entry.accepted.reason, &entry.conflicted.reason);
        prop_assert_eq!(&entry.programmed.reason, &entry.conflicted.reason);
    } else {
        prop_assert!(!is_conflict(entry.accepted) && !is_conflict(entry.programmed));
    }
    Ok(())
}

/// An accepted Gateway, or an admitted set.
fn check_accepted(
    conditions: &[Condition],
    entries: &[Entry<'_>],
    load_balancer: &LoadBalancerJudgement,
    words: &Words,
) -> Result<(), TestCaseError> {
    let valid: Vec<&Entry<'_>> = entries.iter().filter(|entry| entry.is_valid()).collect();
    let accepted = condition(conditions, "Accepted");
    let programmed = condition(conditions, "Programmed");
    let expected = if valid.len() == entries.len() {
        "True/Accepted"
    } else if valid.is_empty() {
        "False/ListenersNotValid"
    } else {
        "True/ListenersNotValid"
    };
    prop_assert_eq!(said(accepted), expected);

    if valid.is_empty() && !entries.is_empty() {
        prop_assert_eq!(said(programmed), format!("False/{}", words.none_valid));
        return Ok(());
    }
    let any_served = valid.iter().any(|entry| is_true(entry.programmed));
    let any_pending = valid.iter().any(|entry| entry.is_pending());
    let only_ports = valid
        .iter()
        .all(|entry| said(entry.programmed) == "False/PortUnavailable");
    let by_entries = if any_pending {
        "False/Pending".to_owned()
    } else if any_served || valid.is_empty() {
        "True/Programmed".to_owned()
    } else if only_ports {
        format!("False/{}", words.ports)
    } else {
        "False/Invalid".to_owned()
    };
    match load_balancer {
        LoadBalancerJudgement::Ready => prop_assert_eq!(said(programmed), by_entries),
        LoadBalancerJudgement::Failed(_) => {
            prop_assert_eq!(said(programmed), format!("False/{}", words.failed));
            prop_assert!(!any_served);
        }
        LoadBalancerJudgement::Pending(_) | LoadBalancerJudgement::Leaving(_) => {
            prop_assert_eq!(said(programmed), "False/Pending");
            prop_assert!(!any_served);
        }
        // Kept from the last report, or waiting for the first: in no case more than the entries say.
        LoadBalancerJudgement::Unknown => {
            if is_true(programmed) {
                prop_assert_eq!(said(programmed), by_entries);
            }
        }
    }
    Ok(())
}

/// One that is not: refused as a whole, and no listener of it is served.
fn check_not_accepted(
    conditions: &[Condition],
    entries: &[Entry<'_>],
    accepted: &str,
    programmed: &str,
) -> Result<(), TestCaseError> {
    prop_assert_eq!(
        said(condition(conditions, "Accepted")),
        format!("False/{accepted}")
    );
    prop_assert_eq!(
        said(condition(conditions, "Programmed")),
        format!("False/{programmed}")
    );
    prop_assert!(!entries.iter().any(|entry| is_true(entry.programmed)));
    Ok(())
}

fn check(judgement: &Judgement, status: &Status) -> Result<(), TestCaseError> {
    let (conditions, listeners) = match status {
        Status::Gateway(status) => (&status.conditions, &status.listeners),
        Status::ListenerSet(status) => (&status.conditions, &status.listeners),
        Status::GatewayClass(_) | Status::Route(_) => return Ok(()),
    };
    let entries: Vec<Entry<'_>> = listeners.iter().map(Entry::of).collect();
    entries.iter().try_for_each(check_entry)?;
    match judgement {
        Judgement::Gateway(judged) => {
            let reason = match &judged.acceptance {
                GatewayAcceptance::Accepted => {
                    let load_balancer = &judged.load_balancer;
                    return check_accepted(conditions, &entries, load_balancer, &OF_GATEWAYS);
                }
                GatewayAcceptance::InvalidParameters(_) => "InvalidParameters",
                GatewayAcceptance::UnsupportedAddress => "UnsupportedAddress",
                // Nothing is decided of it: what stood stands, and it was looked at when it was written.
                GatewayAcceptance::LeftAlone(_)
                | GatewayAcceptance::ClassServed(_)
                | GatewayAcceptance::ClassMissing(_) => {
                    return Ok(());
                }
            };
            check_not_accepted(conditions, &entries, reason, "Invalid")
        }
        Judgement::ListenerSet(judged) => match judged.acceptance {
            ListenerSetAcceptance::Admitted => {
                check_accepted(conditions, &entries, &judged.load_balancer, &OF_SETS)
            }
            ListenerSetAcceptance::LeftAlone => Ok(()),
            ListenerSetAcceptance::NotAllowed(_) => {
                prop_assert!(entries.is_empty());
                check_not_accepted(conditions, &entries, "NotAllowed", "NotAllowed")
            }
            ListenerSetAcceptance::ParentNotAccepted | ListenerSetAcceptance::ParentGone => {
                check_not_accepted(
                    conditions,
                    &entries,
                    "ParentNotAccepted",
                    "ParentNotProgrammed",
                )
            }
        },
        Judgement::GatewayClass(_) | Judgement::Route(_) | Judgement::Pod(_) => Ok(()),
    }
}

/// The judgement as the merge can make it: before the first report only what the merge decides is known.
fn as_judged(mut judgement: Judgement) -> Judgement {
    let (load_balancer, listeners) = match &mut judgement {
        Judgement::Gateway(judged) => (&judged.load_balancer, &mut judged.listeners),
        Judgement::ListenerSet(judged) => (&judged.load_balancer, &mut judged.listeners),
        Judgement::GatewayClass(_) | Judgement::Route(_) | Judgement::Pod(_) => return judgement,
    };
    if *load_balancer == LoadBalancerJudgement::Unknown {
        for listener in listeners {
            if let JudgedOutcome::Won(state) = &mut listener.outcome {
                *state = state
                    .take()
                    .filter(|state| matches!(state, ProgrammedState::PortUnavailable(_)));
            }
        }
    }
    judgement
}

fn judgements(of: impl Strategy<Value = Judgement>) -> impl Strategy<Value = Judgement> {
    of.prop_map(as_judged)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn conditions_of_an_owner_follow_from_its_listeners(
        (first, second) in prop_oneof![
            (judgements(judged_gateways()), judgements(judged_gateways())),
            (judgements(judged_sets()), judgements(judged_sets())),
        ]
    ) {
        let before = write(&first, None, EARLIER);
        if let Some(status) = &before {
            check(&first, status)?;
        }
        if let Some(status) = write(&second, before.as_ref(), LATER) {
            check(&second, &status)?;
        }
    }

    /// §4: a Gateway's conditions speak of its own listeners only.
    #[test]
    fn attached_sets_change_no_condition_of_a_gateway(judged in judged_gateways(), sets in 0_u32..3) {
        let Judgement::Gateway(judged) = judged else { unreachable!("it is a Gateway's") };
        let mut other = judged.clone();
        other.attached_listener_sets = sets;
        let Some(Status::Gateway(one)) = write(&Judgement::Gateway(judged), None, EARLIER) else { return Ok(()) };
        let Some(Status::Gateway(other)) = write(&Judgement::Gateway(other), None, EARLIER) else { return Ok(()) };
        prop_assert_eq!(one.conditions, other.conditions);
        prop_assert_eq!(one.listeners, other.listeners);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// The same of whole worlds, whatever is reported of them; and `attachedListenerSets` counts the sets that say that
    /// they are accepted.
    #[test]
    fn conditions_follow_in_whole_worlds(
        changes in random::changes(60),
        told in prop::option::weighted(0.9, prop::collection::vec(tellings(), 1..4)),
    ) {
        let mut snapshot = Snapshot::default();
        for change in changes {
            snapshot.apply(change);
        }
        let merge = merge(&snapshot, Options::default()).merge;
        let mut reports = Reports::default();
        for desired in merge.load_balancers().values() {
            if let Some(told) = &told {
                reports.insert(&merge, report(desired, told));
            }
        }
        let mut accepted: BTreeMap<ObjectKey, u32> = BTreeMap::new();
        let mut counted: BTreeMap<ObjectKey, u32> = BTreeMap::new();
        for (object, resolved) in merge.iter() {
            let Some(judgement) = judge(&merge, object, &reports) else { continue };
            let Some(status) = write(&judgement, None, EARLIER) else { continue };
            check(&judgement, &status)?;
            match (resolved.as_ref(), &status) {
                (Resolved::ListenerSet(set), Status::ListenerSet(status)) => {
                    let is_accepted = is_true(condition(&status.conditions, "Accepted"));
                    *accepted.entry(set.gateway.clone()).or_default() += u32::from(is_accepted);
                }
                (Resolved::Gateway(gateway), Status::Gateway(status)) => {
                    let count = status.attached_listener_sets.expect("it is always written");
                    counted.insert(gateway.key.clone(), count);
                }
                _ => {}
            }
        }
        for (gateway, count) in counted {
            prop_assert_eq!(count, accepted.get(&gateway).copied().unwrap_or_default(), "of {}", gateway);
        }
    }
}

/// What a report says of a listener: nothing, or this state.
fn tellings() -> impl Strategy<Value = Option<ProgrammedState>> {
    let text = || "a text".to_owned();
    prop_oneof![
        1 => Just(None),
        2 => Just(Some(ProgrammedState::Programmed)),
        1 => Just(Some(ProgrammedState::Pending(text()))),
        1 => Just(Some(ProgrammedState::TooManyListeners(text()))),
        1 => Just(Some(ProgrammedState::NoCertificate(text()))),
        1 => Just(Some(ProgrammedState::Refused(text()))),
        1 => Just(Some(ProgrammedState::PortUnavailable(text()))),
    ]
}

/// A report on a load balancer that serves, of its listeners in turn what is told.
fn report(desired: &DesiredLoadBalancer, told: &[Option<ProgrammedState>]) -> LoadBalancerReport {
    let members = desired
        .listeners
        .values()
        .flat_map(|listener| listener.members.values());
    LoadBalancerReport {
        key: desired.key.clone(),
        phase: LoadBalancerPhase::Active,
        arn: None,
        dns_name: None,
        listeners: members
            .zip(told.iter().cycle())
            .filter_map(|(member, state)| {
                Some(ListenerReport {
                    listener: member.listener.clone(),
                    revision: member.revision,
                    state: state.clone()?,
                    awaits_rules: false,
                    elb_listener: None,
                    notes: Vec::new(),
                })
            })
            .collect(),
        rules: Vec::new(),
        problems: Vec::new(),
        blocked: false,
        healthy: [].into(),
        quotas: None,
        settled: true,
    }
}
