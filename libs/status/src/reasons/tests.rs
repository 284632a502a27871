use std::collections::BTreeSet;

use tributary_model::resolved::{Conflict, NotAllowedCause, RefCause, RivalClass};

use super::{Hindrance, Situation, condition_row};
use crate::expiry::{CERTIFICATE_EXPIRED, CERTIFICATE_EXPIRING};
use crate::notices::{CONFLICT_RESOLVED, STATUS_NOT_WRITTEN};

const CONFLICTS: [Conflict; 2] = [Conflict::Protocol, Conflict::Hostname];
const RIVALS: [RivalClass; 4] = [
    RivalClass::ParentGateway,
    RivalClass::SameResource,
    RivalClass::OlderListenerSet,
    RivalClass::EarlierByName,
];

fn every_situation() -> Vec<Situation<'static>> {
    use Situation as S;
    let mut all = vec![
        S::ClassAccepted,
        S::ClassAcceptedInvalidParameters("it does not exist"),
        S::ClassNotInFull("scheme is no scheme"),
        S::GatewayAccepted,
        S::GatewayAcceptedSomeListeners,
        S::GatewayAcceptedNoListener,
        S::GatewayAcceptedInvalidParameters("it does not exist"),
        S::GatewayAcceptedUnsupportedAddress,
        S::GatewayAcceptedClassMissing("alb"),
        S::GatewayNotManaged("another program holds it"),
        S::GatewayClassServed("another program serves its class"),
        S::GatewayProgrammed,
        S::GatewayProgrammedSome,
        S::GatewayProgrammedNoneServed(Hindrance::Ports),
        S::GatewayProgrammedNoneServed(Hindrance::Refused),
        S::GatewayProgrammedUnreported,
        S::GatewayProgrammedProvisioning("it is provisioning"),
        S::GatewayProgrammedListenersPending,
        S::GatewayProgrammedFailed("no subnets"),
        S::GatewayProgrammedLeaving("it is protected"),
        S::GatewayProgrammedNotAccepted,
        S::GatewayProgrammedNoListener,
        S::SetAccepted,
        S::SetAcceptedSomeListeners,
        S::SetAcceptedNoListener,
        S::SetAcceptedParentNotAccepted,
        S::SetAcceptedParentGone,
        S::SetAcceptedLeftAlone,
        S::SetProgrammed,
        S::SetProgrammedSome,
        S::SetProgrammedNoneServed(Hindrance::Ports),
        S::SetProgrammedNoneServed(Hindrance::Refused),
        S::SetProgrammedPending,
        S::SetProgrammedParentFailed,
        S::SetProgrammedNoListener,
        S::SetProgrammedParentNotAccepted,
        S::SetProgrammedParentGone,
        S::ListenerAccepted,
        S::ListenerAcceptedUnsupportedProtocol,
        S::ListenerAcceptedInvalid("tls.mode", "HTTPS ends TLS at the load balancer"),
        S::ListenerAcceptedTooMany("50 listeners"),
        S::ListenerAcceptedNoCaCertificate,
        S::ListenerProgrammed,
        S::ListenerProgrammedWithNotes("a target was refused"),
        S::ListenerProgrammedNotAccepted,
        S::ListenerProgrammedTooMany(""),
        S::ListenerProgrammedUnusableRefs,
        S::ListenerProgrammedNoCertificate,
        S::ListenerProgrammedRefused("SSL policy not found."),
        S::ListenerProgrammedPortUnavailable("a listener of higher precedence has it"),
        S::ListenerProgrammedPending("creating it"),
        S::ListenerProgrammedWaiting,
        S::ListenerProgrammedParentFailed,
        S::ListenerProgrammedParentNotAccepted,
        S::ListenerProgrammedUnreported,
        S::ListenerNotConflicted,
        S::ListenerResolvedRefsNoCertificate("ACM has none"),
        S::ListenerOverlappingTls,
        S::ResolvedRefs,
        S::GatewayDegraded("a group has no healthy target"),
        S::GatewayNotInFull("wafV2 is not programmed"),
        S::RouteDegraded("rules[0]: a target is unhealthy"),
        S::RouteDegradedAndWaiting("rules[0]: a target is unhealthy"),
        S::RoutePending("rules[0]: creating it"),
        S::RouteServesNothing("rules[0]: AWS says no"),
        S::ListenerProgrammedImpossible("a host header has no dot"),
        S::RouteAccepted,
        S::RouteAcceptedShadowed,
        S::RouteAcceptedNoMatchingParent,
        S::RouteAcceptedNotAllowedByListeners,
        S::RouteAcceptedNoMatchingListenerHostname,
        S::RouteAcceptedUnsupportedValue("rules[0].filters[0]: ELB has no RequestMirror"),
        S::RouteAcceptedIncompatibleFilters("rules[0].filters[1]: it excludes the first"),
        S::RoutePartiallyUnsupported("rules[0].filters[0]: ELB has no RequestMirror"),
        S::RoutePartiallyIncompatible("rules[0].filters[1]: it excludes the first"),
    ];
    for conflict in CONFLICTS {
        for rival in RIVALS {
            all.extend([
                S::ListenerAcceptedConflict(conflict, rival),
                S::ListenerProgrammedConflict(conflict, rival),
                S::ListenerConflicted(conflict, rival),
            ]);
        }
    }
    for cause in [
        RefCause::RefNotPermitted,
        RefCause::InvalidCertificateRef,
        RefCause::InvalidCaCertificateRef,
        RefCause::InvalidCaCertificateKind,
        RefCause::InvalidRouteKinds,
        RefCause::InvalidKind,
        RefCause::BackendNotFound,
        RefCause::UnsupportedProtocol,
    ] {
        all.push(S::ResolvedRefsNot(
            cause,
            "tls.certificateRefs[0]: no grant.",
        ));
    }
    for cause in [
        NotAllowedCause::NoneAllowed,
        NotAllowedCause::OtherNamespace,
        NotAllowedCause::SelectorMiss,
        NotAllowedCause::SelectorMissing,
    ] {
        all.extend([
            S::SetAcceptedNotAllowed(cause),
            S::SetProgrammedNotAllowed(cause),
        ]);
    }
    all
}

/// The table is a match that the compiler holds complete, so its rows are the list to compare with.
#[test]
fn every_row_of_the_table_is_a_situation_here() {
    let names = |text: &str| {
        text.split_once(|it: char| !it.is_alphanumeric())
            .map(|it| it.0.to_owned())
    };
    let table = include_str!("table.rs");
    let rows: BTreeSet<String> = table.split("S::").skip(1).filter_map(names).collect();
    let here: BTreeSet<String> = every_situation()
        .iter()
        .filter_map(|situation| names(&format!("{situation:?} ")))
        .collect();
    assert_eq!(here, rows);
}

#[test]
fn every_reason_has_a_section_in_troubleshooting_and_every_section_a_reason() {
    let situations = every_situation().into_iter();
    let reasons: BTreeSet<&str> = situations
        .map(|situation| condition_row(situation).reason)
        .chain([CONFLICT_RESOLVED, STATUS_NOT_WRITTEN])
        .chain([CERTIFICATE_EXPIRING, CERTIFICATE_EXPIRED])
        .collect();
    let page = include_str!("../../../../docs/troubleshooting.md");
    let sections: BTreeSet<&str> = page
        .lines()
        .filter_map(|line| line.strip_prefix("### "))
        .collect();
    assert_eq!(sections, reasons);
}

/// `metav1.Condition.reason`: `^[A-Za-z]([A-Za-z0-9_,:]*[A-Za-z0-9_])?$`, CamelCase by convention.
#[test]
fn every_reason_is_camel_case() {
    for situation in every_situation() {
        let reason = condition_row(situation).reason;
        assert!(
            reason.starts_with(|first: char| first.is_ascii_uppercase()),
            "{reason}"
        );
        assert!(
            reason.chars().all(|one| one.is_ascii_alphanumeric()),
            "{reason}"
        );
    }
}

#[test]
fn every_message_is_whole_sentences() {
    for situation in every_situation() {
        let message = condition_row(situation).message;
        assert!(
            message.ends_with('.') && !message.ends_with(".."),
            "{message}"
        );
        assert!(
            !message.contains(" .") && !message.contains("  "),
            "{message}"
        );
    }
}

fn check_rival(rival: RivalClass, conflict: Conflict, expected: &str) {
    for situation in [
        Situation::ListenerAcceptedConflict(conflict, rival),
        Situation::ListenerProgrammedConflict(conflict, rival),
        Situation::ListenerConflicted(conflict, rival),
    ] {
        assert_eq!(condition_row(situation).message, expected);
    }
}

#[test]
fn a_rival_is_named_by_its_class() {
    check_rival(
        RivalClass::ParentGateway,
        Conflict::Hostname,
        "A listener of the parent Gateway has this port and hostname. Choose another port, or another hostname where the protocol knows hostnames.",
    );
    check_rival(
        RivalClass::OlderListenerSet,
        Conflict::Protocol,
        "A listener of an older ListenerSet uses this port with another protocol. \
         Choose another port or the same protocol.",
    );
    check_rival(
        RivalClass::EarlierByName,
        Conflict::Hostname,
        "A listener of a ListenerSet of the same age, whose namespace/name sorts first, \
         has this port and hostname. Choose another port, or another hostname where the protocol knows hostnames.",
    );
    check_rival(
        RivalClass::SameResource,
        Conflict::Hostname,
        "Another listener of this resource has this port and hostname. Choose another port, or another hostname where the protocol knows hostnames.",
    );
}
