//! The list of our own kinds' fields, and what is told of every row that says refused.

#![cfg(test)]

use std::collections::BTreeSet;

use serde_json::Value;
use tributary_model::status::ConditionStatus;
use tributary_tests_fields::case::{Case, set};
use tributary_tests_fields::rows::{State, differences, rows};
use tributary_tests_fields::{schema, text, world, yaml};

const LIST: &str = "../../docs/reference/fields.md";

const OWN: [&str; 3] = [
    "gateway.k8s.aws_listenerruleconfigurations.yaml",
    "gateway.k8s.aws_loadbalancerconfigurations.yaml",
    "gateway.k8s.aws_targetgroupconfigurations.yaml",
];

fn cases(kind: &str) -> Vec<Case> {
    let cases = yaml(&text(&format!("cases/{kind}.yaml")));
    serde_json::from_value(cases).unwrap()
}

#[test]
fn every_field_of_our_kinds_is_in_the_list() {
    let (rows, bad) = rows(&text(LIST));
    assert_eq!(bad, Vec::<String>::new(), "no rows");
    for name in OWN {
        let definition = yaml(&text(&format!("../../deploy/crds/{name}")));
        let (kind, fields) = schema::fields(&definition, &["spec", "status"]);
        assert!(fields.len() > 30, "{kind} has more fields than {fields:?}");
        let wrong = differences(&kind, &fields, &rows[&kind]);
        assert_eq!(wrong, Vec::<String>::new(), "{}", wrong.join("\n"));
    }
}

#[test]
fn in_a_world_that_asks_for_nothing_special_nothing_is_refused() {
    for (object, conditions) in world::told(&world::objects()) {
        for condition in conditions {
            let is_good = match condition.condition_type.as_str() {
                "Accepted" | "Programmed" | "ResolvedRefs" => {
                    condition.status == ConditionStatus::True
                }
                "Conflicted" => condition.status == ConditionStatus::False,
                "OverlappingTLSConfig" => true,
                _ => false,
            };
            assert!(is_good, "{object}: {condition:?}");
        }
    }
}

#[test]
fn every_row_that_says_refused_is_told_in_a_status() {
    let (rows, _) = rows(&text(LIST));
    let before = world::told(&world::objects());
    for (kind, rows) in rows {
        let refused: BTreeSet<String> = rows
            .into_iter()
            .filter(|row| row.state == State::Refused)
            .map(|row| row.field)
            .collect();
        if refused.is_empty() {
            continue;
        }
        let cases = cases(&kind);
        let covered: BTreeSet<String> = cases.iter().map(|case| case.field.clone()).collect();
        assert_eq!(covered, refused, "cases of {kind}");
        for case in cases {
            let Case {
                told,
                condition,
                says,
                ..
            } = &case;
            let at = format!("{kind} {}", case.field);
            let is_told = |told_by: &world::ConditionsByObject| {
                told_by.get(told).is_some_and(|conditions| {
                    let mut of_type = conditions
                        .iter()
                        .filter(|found| found.condition_type == *condition);
                    of_type.any(|found| found.message.contains(says.as_str()))
                })
            };
            assert!(!is_told(&before), "{at} is told without being asked for");
            let after = world::told(&changed(&kind, &case));
            assert!(
                is_told(&after),
                "{at}: {told} is told {:#?}",
                after.get(told)
            );
        }
    }
}

/// The world with the case's value in the kind's object.
fn changed(kind: &str, case: &Case) -> Vec<Value> {
    let mut objects = world::objects();
    let object = objects.iter_mut().find(|object| object["kind"] == kind);
    let object = object.unwrap_or_else(|| panic!("no {kind} in the world"));
    for (path, value) in &case.with {
        set(object, path, value.clone());
    }
    set(object, &case.field, case.value.clone());
    objects
}
