use super::*;

fn hostname(value: &str) -> Hostname {
    Hostname::parse(value).unwrap()
}

#[test]
fn hostnames_are_checked() {
    for good in [
        "a",
        "a.b",
        "*.a",
        "xn--bcher-kva.example",
        "A.Example",
        "0.x",
    ] {
        assert!(Hostname::parse(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "*",
        "*.",
        "a..b",
        "-a.b",
        "a-.b",
        "a.*.b",
        "1.2.3.4",
        "a_b",
        "*.1.2.3.4",
        "a b",
    ] {
        assert!(Hostname::parse(bad).is_err(), "{bad}");
    }
}

#[test]
fn a_wildcard_covers_one_label_or_more() {
    for (wide, narrow, covered) in [
        ("*.x.com", "a.x.com", true),
        ("*.x.com", "a.b.x.com", true),
        ("*.x.com", "*.x.com", true),
        ("*.x.com", "*.a.x.com", true),
        ("*.x.com", "x.com", false),
        ("*.x.com", "ax.com", false),
        ("*.a.x.com", "*.x.com", false),
        ("a.x.com", "a.x.com", true),
        ("a.x.com", "*.x.com", false),
    ] {
        assert_eq!(
            hostname(wide).covers(&hostname(narrow)),
            covered,
            "{wide} covers {narrow}"
        );
    }
}

#[test]
fn the_intersection_is_the_narrower_one() {
    for (left, right, expected) in [
        ("*.x.com", "a.x.com", Some("a.x.com")),
        ("a.x.com", "*.x.com", Some("a.x.com")),
        ("*.x.com", "*.a.x.com", Some("*.a.x.com")),
        ("a.x.com", "b.x.com", None),
        ("*.x.com", "*.y.com", None),
    ] {
        let (left, right) = (hostname(left), hostname(right));
        assert_eq!(left.intersection(&right).map(Hostname::as_str), expected);
    }
}
