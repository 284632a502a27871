//! Against what AWS says of `HostHeaderConditionConfig`, and against the hosts that Gateway API means.

use regex::Regex;
use tributary_testkit::objects::hostname;

use super::{Patterns, RuleCondition, form, host_condition};

fn patterns(host: &str) -> Patterns {
    match host_condition(&[hostname(host)]) {
        Some(RuleCondition::HostHeader(patterns)) => patterns,
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_aws_takes_as_a_value_is_one() {
    for host in [
        "shop.example.com",
        "a.b",
        "1.2.x",
        "*.x",
        "*.example.com",
        "xn--80ak6aa92e.com",
    ] {
        assert_eq!(patterns(host), Patterns::Wildcard(vec![host.to_owned()]));
    }
}

/// A regular expression that matches these values of `Host`, and not those.
fn check(host: &str, matched: &[&str], others: &[&str]) {
    let Patterns::Regex(values) = patterns(host) else {
        panic!("AWS refuses {host} as a value");
    };
    let [value] = values.as_slice() else {
        panic!("{values:?}");
    };
    let regex = Regex::new(value).expect("it is one");
    for value in matched {
        assert!(regex.is_match(value), "{value} is {host}");
    }
    for value in others {
        assert!(!regex.is_match(value), "{value} is not {host}");
    }
}

#[test]
fn one_label() {
    check(
        "shop",
        &["shop", "SHOP", "shop:8080", "Shop:80"],
        &[
            "workshop", "shops", "shop.com", "a.shop", "shop:", "shop:a", "",
        ],
    );
}

#[test]
fn a_last_label_with_a_digit() {
    check(
        "shop.site1",
        &["shop.site1", "Shop.Site1", "shop.site1:443"],
        &["shopxsite1", "shop.site", "shop.site11", "a.shop.site1"],
    );
}

#[test]
fn a_last_label_with_a_hyphen() {
    check(
        "shop.xn--p1ai",
        &["shop.xn--p1ai", "SHOP.XN--P1AI"],
        &["shop.xn--p2ai", "shop"],
    );
}

#[test]
fn a_wildcard_stands_for_one_or_more_labels() {
    check(
        "*.site1",
        &["a.site1", "a.b.site1", "A.SITE1:8080"],
        &["site1", ".site1", "asite1", "a.site1.com"],
    );
}

#[test]
fn no_value_has_more_than_128_characters() {
    // 12 of every expression are anchors and port, 4 each letter's, 1 each digit's.
    for (host, is_compared) in [
        ("a".repeat(29), true),
        ("a".repeat(30), false),
        (format!("{}1234", "a".repeat(28)), true),
        (format!("{}12345", "a".repeat(28)), false),
        (format!("{0}.{0}.aa", "b".repeat(62)), true),
        (format!("{0}.{0}.aaa", "b".repeat(62)), false),
    ] {
        assert_eq!(form(&hostname(&host)).is_ok(), is_compared, "{host}");
        let (Patterns::Wildcard(values) | Patterns::Regex(values)) = patterns(&host);
        assert_eq!(values[0].len() <= 128, is_compared, "{host}");
    }
}
