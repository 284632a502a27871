//! What could not be read costs only what needs it.

use proptest::prelude::*;
use tributary_model::Hostname;
use tributary_model::desired::CertificateSource;

use super::properties::{account, limits, world};
use super::*;

const WHY: &str = "certificates: no answer";

fn discovered() -> CertificateSource {
    CertificateSource::Discovered {
        hostname: Hostname::parse("a.example.com").unwrap(),
    }
}

/// A listener that needs no certificate, and one that does.
fn both(source: CertificateSource) -> Desired {
    Desired::new()
        .http(80, "plain")
        .rule(80, "plain", "/", "plain")
        .https(443, "a", source)
        .rule(443, "a", "/", "a")
}

/// As if a look had failed: at certificates, subnets, security groups.
fn blinded([certificates, subnets, groups]: [bool; 3], mut observed: Observed) -> Observed {
    let why = |is_unread: bool| is_unread.then(|| WHY.to_owned());
    if certificates {
        observed.certificates.clear();
    }
    if subnets {
        observed.network.subnets.clear();
    }
    if groups {
        observed.security_groups.clear();
    }
    observed.unread = crate::values::observed::Unread {
        discovery: certificates.then(|| "ACM: no answer".to_owned()),
        certificates: why(certificates),
        subnets: why(subnets),
        security_groups: why(groups),
    };
    observed
}

const CERTIFICATES: [bool; 3] = [true, false, false];
const SUBNETS: [bool; 3] = [false, true, false];
const GROUPS: [bool; 3] = [false, false, true];

#[test]
fn without_a_look_at_certificates_the_other_listeners_come() {
    for source in [discovered(), secret("tls", "1"), retained("tls")] {
        let plan = both(source).plan(&blinded(CERTIFICATES, empty()), &context());
        assert!(plan.to_string().contains("HTTP:80 default"), "\n{plan}");
        assert!(!plan.to_string().contains("HTTPS"), "\n{plan}");
        assert!(!plan.to_string().contains("import"), "\n{plan}");
        let ProgrammedState::Pending(findings) = state(&plan, "a") else {
            panic!("\n{plan}");
        };
        assert!(
            findings.starts_with("AWS could not be looked at: "),
            "{findings}"
        );
        assert_eq!(plan.report.problems, ["ACM: no answer", WHY]);
        assert!(!plan.report.settled);
    }
}

#[test]
fn without_a_look_at_certificates_what_serves_stays_and_others_change() {
    let mut account = empty();
    let certificate = issued(&["a.example.com"], 1);
    account.certificates.insert("arn:a".to_owned(), certificate);
    let before = converge(&both(discovered()), &account, &context());
    let to = both(discovered()).rule(80, "plain", "/new", "plain");
    let plan = to.plan(&blinded(CERTIFICATES, before), &context());
    let ops = ops(&plan);
    assert_eq!(ops.len(), 1, "\n{plan}");
    assert!(ops[0].starts_with("create rule"), "\n{plan}");
}

#[test]
fn a_named_certificate_that_cannot_be_looked_at_is_for_aws_to_judge() {
    let mut observed = empty();
    let denied = ("arn:other".to_owned(), "access denied".to_owned());
    observed.unread_certificates.extend([denied]);
    let desired = both(arn("arn:other"));
    let plan = desired.plan(&observed, &context());
    assert!(
        plan.to_string().contains("certificate arn:other "),
        "\n{plan}"
    );
    let mut settled = converge(&desired, &observed, &context());
    settled.unread_certificates = observed.unread_certificates;
    let report = desired.plan(&settled, &context()).report;
    assert!(report.settled);
    let notes: Vec<&String> = report.listeners.iter().flat_map(|it| &it.notes).collect();
    assert_eq!(
        notes,
        ["certificate arn:other is served unseen: access denied"]
    );
}

#[test]
fn without_a_look_at_subnets_what_stands_changes_and_nothing_else_is_said() {
    let before = both(arn("arn:a")).programmed();
    let to = both(arn("arn:a")).rule(80, "plain", "/new", "plain");
    let plan = to.plan(&blinded(SUBNETS, before), &context());
    assert_eq!(ops(&plan).len(), 1, "\n{plan}");
    assert_eq!(plan.report.problems, [WHY]);
    let plan = to.plan(&blinded(SUBNETS, empty()), &context());
    assert_eq!(ops(&plan), Vec::<String>::new());
    assert_eq!(plan.report.problems, [WHY]);
}

#[test]
fn without_a_look_at_security_groups_nothing_new_comes_to_stand_behind_them() {
    let named = |desired: Desired| {
        desired.settings(|settings| settings.security_groups = vec!["sg-1".to_owned()])
    };
    let mut account = empty();
    let group = crate::values::observed::ObservedSecurityGroup {
        name: "mine".to_owned(),
        vpc: "vpc-1".to_owned(),
        ingress: BTreeSet::new(),
        tags: crate::values::tags::Tags::new(),
    };
    account.security_groups.insert("sg-1".to_owned(), group);
    for with in [|it: Desired| it, named] {
        let before = converge(&with(both(arn("arn:a"))), &account, &context());
        let to = with(both(arn("arn:a")))
            .rule(80, "plain", "/new", "plain")
            .http(81, "new");
        let plan = to.plan(&blinded(GROUPS, before), &context());
        assert_eq!(ops(&plan).len(), 1, "\n{plan}");
        find(&plan, "create rule");
        assert!(matches!(state(&plan, "new"), ProgrammedState::Pending(_)));
        assert_eq!(plan.report.problems, [WHY]);
        let plan = to.plan(&blinded(GROUPS, empty()), &context());
        assert_eq!(ops(&plan), Vec::<String>::new());
        assert_eq!(plan.report.problems, [WHY]);
    }
}

proptest! {
    #[test]
    fn what_could_not_be_read_is_neither_made_twice_nor_removed(
        from in world(), to in world(), context in limits(), unread in any::<[bool; 3]>(),
    ) {
        prop_assume!(unread != [false; 3]);
        let before = converge(&from.desired(), &account(), &context);
        let to = to.desired();
        let plan = to.plan(&blinded(unread, before.clone()), &context);
        prop_assert!(plan.steps.iter().all(|it| !it.op.removes()), "\n{}", plan);
        prop_assert!(!plan.report.settled);
        let done = run(&before, &plan.steps, &alb(), &context);
        prop_assert_eq!(&done.violations, &Vec::<String>::new(), "\n{}", plan);
        let imports = |observed: &Observed| observed.certificates.len();
        prop_assert!(!unread[0] || imports(&done.observed) == imports(&before), "\n{}", plan);
        let groups = |observed: &Observed| observed.security_groups.len();
        prop_assert!(!unread[2] || groups(&done.observed) == groups(&before), "\n{}", plan);
        // With sight again it ends as if nothing had been.
        converge(&to, &done.observed, &context);
    }

    #[test]
    fn without_a_look_at_certificates_all_others_are_served(from in world(), to in world()) {
        let before = converge(&from.desired(), &account(), &context());
        let to = to.desired();
        let mut blind = blinded(CERTIFICATES, before.clone());
        for _ in 0..3 {
            let plan = to.plan(&blind, &context());
            blind = run(&blind, &plan.steps, &alb(), &context()).observed;
        }
        let report = to.plan(&blind, &context()).report;
        for port in to.0.listeners.values().filter(|it| it.protocol == ElbProtocol::Http) {
            for member in port.members.values() {
                let mut listeners = report.listeners.iter();
                let findings = listeners.find(|it| it.listener == member.listener).unwrap();
                prop_assert_eq!(&findings.state, &ProgrammedState::Programmed);
            }
        }
    }
}
