use std::collections::BTreeSet;

use tokio::time::advance;
use tributary_model::config::HealthCheckSettings;
use tributary_model::desired::TargetId;
use tributary_model::elb::{TargetIpAddressType, TargetProtocol, TargetType};
use tributary_plan::observed::{Health, ObservedTargetGroup};
use tributary_plan::tags::Tags;

use super::*;

const FIRST: Duration = Duration::from_secs(1);

fn checks() -> Checks {
    Checks::new(FIRST, SecondsCounter::default())
}

/// So many groups in use, with a target each.
fn observed(groups: usize, health: &Health) -> Observed {
    let group = |number: usize| ObservedTargetGroup {
        name: format!("group{number}"),
        protocol: TargetProtocol::Http,
        protocol_version: None,
        port: 80,
        target_type: TargetType::Ip,
        ip_address_type: TargetIpAddressType::Ipv4,
        vpc: "vpc-1".to_owned(),
        health_check: HealthCheckSettings::default(),
        attributes: BTreeMap::new(),
        tags: Tags::default(),
        load_balancers: BTreeSet::from(["lb".to_owned()]),
        targets: BTreeMap::from([(
            DesiredTarget {
                id: TargetId::Instance("i-1".to_owned()),
                port: 80,
            },
            TargetState::Registered(health.clone()),
        )]),
    };
    Observed {
        target_groups: (0..groups)
            .map(|number| (format!("{number:03}"), group(number)))
            .collect(),
        ..Observed::default()
    }
}

/// How long until the next round.
async fn next(checks: &mut Checks) -> (Duration, Vec<String>) {
    let now = Instant::now();
    let wait = checks.due().unwrap() - now;
    advance(wait).await;
    (wait, checks.take(Instant::now()))
}

#[tokio::test(start_paused = true)]
async fn healthy_targets_are_not_asked_about() {
    let mut checks = checks();
    checks.note(&observed(3, &Health::Healthy), Instant::now());
    assert_eq!(checks.due(), None);
    checks.note(&observed(1, &Health::Initial), Instant::now());
    assert!(checks.due().is_some());
    checks.note(&observed(1, &Health::Healthy), Instant::now());
    assert_eq!(checks.due(), None);
}

#[tokio::test(start_paused = true)]
async fn what_stays_unhealthy_is_asked_about_ever_more_rarely_and_soon_after_a_change() {
    let mut checks = checks();
    let sick = observed(1, &Health::Unhealthy("Target.Timeout".to_owned()));
    let mut waits = Vec::new();
    for _ in 0..12 {
        checks.note(&sick, Instant::now());
        let (wait, groups) = next(&mut checks).await;
        assert_eq!(groups, ["000"]);
        waits.push(wait);
    }
    assert!(waits[0] <= FIRST * 2, "{waits:?}");
    assert!(waits[11] >= LONGEST / 2, "{waits:?}");
    assert!(waits.iter().all(|wait| *wait <= LONGEST), "{waits:?}");
    checks.note(&observed(1, &Health::Initial), Instant::now());
    let (wait, _) = next(&mut checks).await;
    assert!(wait <= FIRST * 2, "{wait:?}");
}

#[tokio::test(start_paused = true)]
async fn a_round_is_bounded_and_all_take_turns() {
    let mut checks = checks();
    let many = observed(50, &Health::Initial);
    let mut asked = BTreeSet::new();
    for _ in 0..3 {
        checks.note(&many, Instant::now());
        let (_, groups) = next(&mut checks).await;
        assert_eq!(groups.len(), AT_ONCE);
        asked.extend(groups);
    }
    assert_eq!(asked.len(), 50);
}

fn closed() -> Op {
    Op::SetSecurityGroups {
        load_balancer: "lb".to_owned(),
        security_groups: BTreeSet::new(),
    }
}

#[tokio::test(start_paused = true)]
async fn what_may_close_the_way_to_healthy_targets_has_them_asked_about_until_aws_must_know() {
    let mut checks = checks();
    let healthy = observed(2, &Health::Healthy);
    checks.done(&closed(), &healthy, Instant::now());
    let begin = Instant::now();
    let mut last = begin;
    let mut rounds = 0;
    loop {
        checks.note(&healthy, Instant::now());
        if checks.due().is_none() {
            break;
        }
        let (_, groups) = next(&mut checks).await;
        assert_eq!(groups, ["000", "001"]);
        last = Instant::now();
        rounds += 1;
    }
    let (interval, timeout, times) = CHECK;
    let found = Duration::from_secs((interval * times + timeout).into());
    assert!(last - begin > found, "{:?}", last - begin);
    assert!(last - begin < LONGEST_WATCH, "{:?}", last - begin);
    assert!(rounds < 20, "{rounds}");
}

#[tokio::test(start_paused = true)]
async fn another_health_check_has_its_own_group_asked_about() {
    let mut checks = checks();
    let healthy = observed(2, &Health::Healthy);
    let op = Op::ModifyTargetGroup {
        target_group: "001".to_owned(),
        health_check: HealthCheckSettings::default(),
    };
    checks.done(&op, &healthy, Instant::now());
    checks.note(&healthy, Instant::now());
    let (_, groups) = next(&mut checks).await;
    assert_eq!(groups, ["001"]);
}

#[tokio::test(start_paused = true)]
async fn what_opens_or_only_moves_has_nobody_asked_about() {
    let mut checks = checks();
    let healthy = observed(2, &Health::Healthy);
    let op = Op::DeleteRule {
        rule: "rule".to_owned(),
    };
    checks.done(&op, &healthy, Instant::now());
    checks.note(&healthy, Instant::now());
    assert_eq!(checks.due(), None);
}
