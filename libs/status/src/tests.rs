//! Properties of `next` over every judgement and every status that may be there already.

mod follow;

use proptest::prelude::*;
use tributary_model::Installation;
use tributary_model::Timestamp;
use tributary_model::judgement::{
    GatewayJudgement, JudgedOutcome, Judgement, ListenerJudgement, ListenerSetJudgement,
    LoadBalancerJudgement, ParentJudgement,
};
use tributary_model::report::ProgrammedState;
use tributary_model::resolved::{
    Conflict, GatewayAcceptance, ListenerSetAcceptance, NotAllowedCause, RefCause, RivalClass,
    RouteAcceptance,
};
use tributary_model::status::{Condition, Status};

use crate::testing::{
    EARLIER, LATER, class, dropped, foreign, gateway, good, parent, route, set, unresolved,
};
use crate::{Next, in_type_order, next};

fn load_balancers() -> impl Strategy<Value = LoadBalancerJudgement> {
    prop_oneof![
        Just(LoadBalancerJudgement::Unknown),
        Just(LoadBalancerJudgement::Ready),
        Just(LoadBalancerJudgement::Pending(
            "it is provisioning".to_owned()
        )),
        Just(LoadBalancerJudgement::Failed("no subnets".to_owned())),
        Just(LoadBalancerJudgement::Leaving("it is protected".to_owned())),
    ]
}

fn outcomes() -> impl Strategy<Value = JudgedOutcome> {
    let text = || "a text".to_owned();
    prop_oneof![
        Just(JudgedOutcome::Won(None)),
        Just(JudgedOutcome::Won(Some(ProgrammedState::Programmed))),
        Just(JudgedOutcome::Won(Some(ProgrammedState::Pending(text())))),
        Just(JudgedOutcome::Won(Some(ProgrammedState::TooManyListeners(
            text()
        )))),
        Just(JudgedOutcome::Won(Some(ProgrammedState::NoCertificate(
            text()
        )))),
        Just(JudgedOutcome::Won(Some(ProgrammedState::Refused(text())))),
        Just(JudgedOutcome::Won(Some(
            ProgrammedState::Impossible(text())
        ))),
        Just(JudgedOutcome::Won(Some(ProgrammedState::PortUnavailable(
            text()
        )))),
        Just(JudgedOutcome::Conflicted(
            Conflict::Hostname,
            RivalClass::SameResource
        )),
        Just(JudgedOutcome::Conflicted(
            Conflict::Protocol,
            RivalClass::EarlierByName
        )),
        Just(JudgedOutcome::UnsupportedProtocol),
        Just(JudgedOutcome::Invalid {
            field: text(),
            reason: text()
        }),
    ]
}

fn causes() -> impl Strategy<Value = RefCause> {
    prop::sample::select(vec![
        RefCause::RefNotPermitted,
        RefCause::InvalidCertificateRef,
        RefCause::InvalidCaCertificateRef,
        RefCause::InvalidCaCertificateKind,
        RefCause::InvalidRouteKinds,
    ])
}

fn listeners() -> impl Strategy<Value = Vec<ListenerJudgement>> {
    let one = (
        outcomes(),
        prop::option::of(causes()),
        any::<bool>(),
        any::<bool>(),
        0_u32..3,
    );
    prop::collection::vec(one, 0..4).prop_map(|listeners| {
        let build = |(index, (outcome, cause, unusable, overlapping_tls, attached_routes))| {
            ListenerJudgement {
                outcome,
                unusable_refs: unusable && Option::is_some(&cause),
                unresolved_refs: cause
                    .into_iter()
                    .map(|cause| unresolved("tls.certificateRefs[0]", cause))
                    .collect(),
                overlapping_tls,
                attached_routes,
                ..good(&format!("listener-{index}"))
            }
        };
        listeners.into_iter().enumerate().map(build).collect()
    })
}

fn judged_gateways() -> impl Strategy<Value = Judgement> {
    let acceptances = prop_oneof![
        4 => Just(GatewayAcceptance::Accepted),
        1 => Just(GatewayAcceptance::UnsupportedAddress),
        1 => Just(GatewayAcceptance::InvalidParameters("a text".to_owned())),
        1 => Just(GatewayAcceptance::LeftAlone("a text".to_owned())),
        1 => Just(GatewayAcceptance::ClassServed("a text".to_owned())),
        1 => Just(GatewayAcceptance::ClassMissing("a class".to_owned())),
    ];
    let gateways = (listeners(), load_balancers(), acceptances);
    let problems = prop_oneof![Just(Vec::new()), Just(vec!["a text".to_owned()])];
    (gateways, any::<bool>(), problems, 1_i64..4).prop_map(
        |((listeners, load_balancer, acceptance), unheard, problems, generation)| {
            let load_balancer = match acceptance {
                GatewayAcceptance::LeftAlone(_)
                | GatewayAcceptance::ClassServed(_)
                | GatewayAcceptance::ClassMissing(_) => LoadBalancerJudgement::Unknown,
                GatewayAcceptance::Accepted
                | GatewayAcceptance::UnsupportedAddress
                | GatewayAcceptance::InvalidParameters(_) => load_balancer,
            };
            Judgement::Gateway(GatewayJudgement {
                load_balancer,
                unheard,
                problems,
                acceptance,
                generation,
                ..gateway(listeners)
            })
        },
    )
}

fn judged_sets() -> impl Strategy<Value = Judgement> {
    let acceptances = prop_oneof![
        4 => Just(ListenerSetAcceptance::Admitted),
        1 => Just(ListenerSetAcceptance::NotAllowed(NotAllowedCause::SelectorMiss)),
        1 => Just(ListenerSetAcceptance::ParentNotAccepted),
        1 => Just(ListenerSetAcceptance::ParentGone),
    ];
    (listeners(), load_balancers(), acceptances, 1_i64..4).prop_map(
        |(listeners, load_balancer, acceptance, generation)| {
            Judgement::ListenerSet(ListenerSetJudgement {
                load_balancer,
                acceptance,
                generation,
                ..set(listeners)
            })
        },
    )
}

fn judged_routes() -> impl Strategy<Value = Judgement> {
    let acceptances = prop::sample::select(vec![
        RouteAcceptance::Accepted,
        RouteAcceptance::NoMatchingParent,
        RouteAcceptance::NotAllowedByListeners,
        RouteAcceptance::UnsupportedValue,
    ]);
    let one = (0_u8..4, acceptances, any::<bool>(), any::<bool>());
    (prop::collection::vec(one, 0..5), 1_i64..4).prop_map(|(parents, generation)| {
        let mut seen = std::collections::BTreeSet::new();
        let build =
            |(name, acceptance, is_dropped, shadowed): (u8, RouteAcceptance, bool, bool)| {
                seen.insert(name).then(|| ParentJudgement {
                    acceptance,
                    shadowed,
                    dropped_rules: is_dropped.then(|| dropped(0, true)).into_iter().collect(),
                    ..parent(&format!("parent-{name}"))
                })
            };
        let mut judged = route(parents.into_iter().filter_map(build).collect());
        judged.generation = generation;
        Judgement::Route(judged)
    })
}

/// Two judgements of one object.
fn pairs() -> impl Strategy<Value = (Judgement, Judgement)> {
    prop_oneof![
        1 => Just((Judgement::GatewayClass(class()), Judgement::GatewayClass(class()))),
        4 => (judged_gateways(), judged_gateways()),
        4 => (judged_sets(), judged_sets()),
        4 => (judged_routes(), judged_routes()),
    ]
}

fn write(judgement: &Judgement, current: Option<&Status>, now: Timestamp) -> Option<Status> {
    match next(judgement, current, now) {
        Next::Write(status) => Some(status),
        Next::Unchanged | Next::Outdated => None,
        other => panic!("these statuses are small: {other:?}"),
    }
}

/// Every list of conditions, with the name of where it is.
fn condition_lists(status: &mut Status) -> Vec<(String, &mut Vec<Condition>)> {
    let mut lists: Vec<(String, &mut Vec<Condition>)> = Vec::new();
    match status {
        Status::GatewayClass(class) => lists.push((String::new(), &mut class.conditions)),
        Status::Gateway(gateway) => {
            lists.push((String::new(), &mut gateway.conditions));
            for listener in &mut gateway.listeners {
                lists.push((listener.name.to_string(), &mut listener.conditions));
            }
        }
        Status::ListenerSet(set) => {
            lists.push((String::new(), &mut set.conditions));
            for listener in &mut set.listeners {
                lists.push((listener.name.to_string(), &mut listener.conditions));
            }
        }
        Status::Route(route) => {
            for parent in &mut route.parents {
                lists.push((parent.parent_ref.name.to_string(), &mut parent.conditions));
            }
        }
    }
    lists
}

proptest! {
    #[test]
    fn what_was_written_is_not_written_again((first, second) in pairs()) {
        let before = write(&first, None, EARLIER);
        let after = write(&second, before.as_ref(), LATER);
        if let Some(status) = after {
            prop_assert_eq!(next(&second, Some(&status), Timestamp(9_000)), Next::Unchanged);
        }
    }

    #[test]
    fn foreign_conditions_survive((first, second) in pairs()) {
        let Some(mut before) = write(&first, None, EARLIER) else { return Ok(()) };
        for (_, conditions) in condition_lists(&mut before) {
            conditions.insert(0, foreign("example.com/Audited"));
        }
        let Some(mut after) = write(&second, Some(&before), LATER) else { return Ok(()) };
        let had: Vec<String> = condition_lists(&mut before).into_iter().map(|(name, _)| name).collect();
        for (name, conditions) in condition_lists(&mut after) {
            let kept = conditions.contains(&foreign("example.com/Audited"));
            prop_assert_eq!(kept, had.contains(&name), "at {:?}", name);
        }
    }

    #[test]
    fn last_transition_time_moves_with_the_status_and_only_then((first, second) in pairs()) {
        let Some(mut before) = write(&first, None, EARLIER) else { return Ok(()) };
        let Some(mut after) = write(&second, Some(&before), LATER) else { return Ok(()) };
        let earlier: Vec<(String, Vec<Condition>)> = condition_lists(&mut before)
            .into_iter()
            .map(|(name, conditions)| (name, conditions.clone()))
            .collect();
        for (name, conditions) in condition_lists(&mut after) {
            for condition in conditions {
                let same_before = earlier
                    .iter()
                    .filter(|(earlier_name, _)| *earlier_name == name)
                    .flat_map(|(_, conditions)| conditions)
                    .find(|one| one.condition_type == condition.condition_type);
                let moved = same_before.is_none_or(|one| one.status != condition.status);
                prop_assert_eq!(condition.last_transition_time, if moved { LATER } else { EARLIER });
            }
        }
    }

    #[test]
    fn a_status_is_always_one_that_the_api_admits((first, second) in pairs()) {
        let before = write(&first, None, EARLIER);
        let Some(mut after) = write(&second, before.as_ref(), LATER) else { return Ok(()) };
        for (_, conditions) in condition_lists(&mut after) {
            prop_assert!(!conditions.is_empty());
            let mut types: Vec<_> = conditions.iter().map(|one| one.condition_type.clone()).collect();
            types.sort_unstable();
            types.dedup();
            prop_assert_eq!(types.len(), conditions.len());
        }
    }

    /// With reports at hand the past leaves nothing but transition times.
    #[test]
    fn the_present_status_decides_nothing((first, second) in pairs()) {
        let is_unknown = match &second {
            // One that cannot be removed keeps its address.
            Judgement::Gateway(judged) => matches!(
                judged.load_balancer,
                LoadBalancerJudgement::Unknown | LoadBalancerJudgement::Leaving(_)
            ),
            Judgement::ListenerSet(judged) => judged.load_balancer == LoadBalancerJudgement::Unknown,
            Judgement::GatewayClass(_) | Judgement::Route(_) | Judgement::Pod(_) => false,
        };
        prop_assume!(!is_unknown);
        let before = write(&first, None, EARLIER);
        let Some(mut after) = write(&second, before.as_ref(), LATER) else { return Ok(()) };
        let Some(mut fresh) = write(&second, None, LATER) else { return Ok(()) };
        for status in [&mut after, &mut fresh] {
            for (_, conditions) in condition_lists(status) {
                for condition in conditions {
                    condition.last_transition_time = LATER;
                }
            }
        }
        prop_assert_eq!(in_type_order(&after), in_type_order(&fresh));
    }

    #[test]
    fn entries_of_other_controllers_are_never_touched(judged in judged_routes(), places in prop::collection::vec(any::<bool>(), 0..8)) {
        let Some(Status::Route(mut before)) = write(&judged, None, EARLIER) else { return Ok(()) };
        for (place, at_front) in places.iter().enumerate() {
            let mut entry = before.parents.first().cloned().expect("something was written");
            entry.controller_name = "example.com/other".to_owned();
            entry.conditions = vec![foreign(&format!("example.com/{place}"))];
            let at = if *at_front { 0 } else { before.parents.len() };
            before.parents.insert(at, entry);
        }
        let mut again = judged;
        if let Judgement::Route(judged) = &mut again {
            judged.parents.reverse();
        }
        let Some(Status::Route(after)) = write(&again, Some(&Status::Route(before.clone())), LATER) else { return Ok(()) };
        let theirs = |status: &tributary_model::status::RouteStatus| {
            status.parents.iter().filter(|parent| !Installation::default().has_controller(&parent.controller_name)).cloned().collect::<Vec<_>>()
        };
        prop_assert_eq!(theirs(&after), theirs(&before));
    }
}

/// Its conditions are the kubelet's, and written one by one.
#[test]
fn of_a_pod_no_status_is_written() {
    let judged = Judgement::Pod(tributary_model::judgement::PodJudgement {
        key: tributary_model::ObjectKey::new("t", "p"),
        generation: 1,
        uid: None,
        gates: ["gateway.tributary.dev/target-health".to_owned()].into(),
    });
    assert_eq!(next(&judged, None, Timestamp(0)), Next::Unchanged);
}
