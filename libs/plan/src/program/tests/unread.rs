use tributary_model::Kind;
use tributary_model::elb::Scheme;

use super::*;

const SECRETS: &[Kind] = &[Kind::Secret];

/// From one state to another on which nothing is known of Secrets: the operations, and what is said.
#[track_caller]
fn check_withheld(from: &Desired, to: &Desired, expected: &[&str], said: &[&str]) -> Plan {
    let to = to.clone().unread(SECRETS);
    let plan = to.plan(&from.programmed(), &context());
    let ops = ops(&plan);
    let matches =
        ops.len() == expected.len() && ops.iter().zip(expected).all(|(op, it)| op.starts_with(it));
    assert!(matches, "expected {expected:#?}, planned\n{plan}");
    assert_eq!(plan.report.problems, said);
    let done = run(&from.programmed(), &plan.steps, &alb(), &context());
    assert_eq!(done.violations, Vec::<String>::new());
    // Whoever waits for it to converge is not kept waiting for a person.
    let rest = to.plan(&done.observed, &context());
    assert!(rest.steps.is_empty() && rest.report.settled, "{rest}");
    rest
}

const ONE: &str =
    "Secrets cannot be read, so nothing that exists is changed or removed: 1 step is withheld";

const TWO: &str =
    "Secrets cannot be read, so nothing that exists is changed or removed: 2 steps are withheld";

#[test]
fn what_is_as_desired_is_no_problem() {
    check_withheld(&two_teams(), &two_teams(), &[], &[]);
}

#[test]
fn what_seems_unwanted_stays() {
    let one = Desired::new().http(80, "a").rule(80, "a", "/", "a-web");
    check_withheld(&two_teams(), &one, &[], &[TWO]);
    let nothing = Desired::new();
    let plan = nothing
        .unread(SECRETS)
        .plan(&two_teams().programmed(), &context());
    assert!(plan.steps.is_empty() && plan.report.settled, "{plan}");
}

#[test]
fn what_is_new_is_added() {
    let more = two_teams().http(85, "c").rule(85, "c", "/", "c-web");
    let added = [
        "authorize ingress",
        "create target group k8s-team-cweb",
        "register",
        "create listener",
        "create rule",
    ];
    check_withheld(&two_teams(), &more, &added, &[]);
}

#[test]
fn targets_come_and_do_not_go() {
    let other = two_teams().edit_group("a-web", |group| {
        group.targets = std::iter::once(target(9, 80)).collect();
    });
    check_withheld(&two_teams(), &other, &["register"], &[ONE]);
}

#[test]
fn a_certificate_is_not_imported_again() {
    let of = |version| Desired::new().https(443, "a", secret("a", version));
    let rest = check_withheld(&of("1"), &of("2"), &[], &[TWO]);
    assert!(matches!(state(&rest, "a"), ProgrammedState::Pending(why) if why.contains("withheld")));
}

/// What nobody seems to want may be wanted: a new rule goes behind it or waits, and so does one whose place hangs on a move.
#[test]
fn a_new_rule_takes_no_traffic_of_one_that_only_seems_unwanted() {
    let of = |paths: &[&str]| {
        let empty = Desired::new().http(80, "b");
        paths
            .iter()
            .fold(empty, |desired, path| desired.rule(80, "b", path, "g"))
    };
    let before = of(&["/1", "/2"]);
    check_withheld(&before, &of(&["/2", "/3"]), &["create rule"], &[ONE]);
    check_withheld(&before, &of(&["/3", "/1"]), &[], &[TWO]);
    check_withheld(&before, &of(&["/2", "/1", "/3"]), &[], &[TWO]);
}

/// A successor would draw the traffic that nobody knows of.
#[test]
fn a_load_balancer_is_not_replaced() {
    let public = two_teams().settings(|it| it.scheme = Some(Scheme::InternetFacing));
    let plan = public
        .unread(SECRETS)
        .plan(&two_teams().programmed(), &context());
    let made = ops(&plan);
    assert!(
        made.iter()
            .all(|op| !op.starts_with("create load balancer")),
        "{plan}"
    );
}
