use super::*;
use crate::fixtures::{alb, issued};
use crate::values::tags::{Tags, Unmarked};

/// The certificate that is found for a host among these: ARN, name, when it was issued.
fn check(host: &str, certificates: &[(&str, &str, i64)], expected: Option<&str>) {
    let observed = Observed {
        certificates: certificates
            .iter()
            .map(|(arn, name, at)| ((*arn).to_owned(), issued(&[name], *at)))
            .collect(),
        ..Observed::default()
    };
    let key = alb();
    let index = CertificateIndex::of(&observed, ownership(&key));
    let hostname = Hostname::parse(host).unwrap();
    assert_eq!(index.discover(&hostname), expected);
}

fn ownership(key: &tributary_model::desired::LoadBalancerKey) -> Ownership<'_> {
    Ownership {
        cluster: "test",
        installation: "here",
        key,
        unmarked: Unmarked::Foreign,
    }
}

#[test]
fn the_newest_certificate_is_found_and_the_first_of_equals() {
    check("a.x", &[("1", "a.x", 5), ("2", "a.x", 9)], Some("2"));
    check("a.x", &[("1", "a.x", 9), ("2", "a.x", 5)], Some("1"));
    check("a.x", &[("1", "a.x", 5), ("2", "a.x", 5)], Some("1"));
    check("a.x", &[("1", "b.x", 5)], None);
}

#[test]
fn an_exact_name_comes_before_a_wildcard_for_one_label() {
    check("a.x", &[("1", "*.x", 9), ("2", "a.x", 5)], Some("2"));
    check("a.x", &[("1", "*.x", 9), ("2", "b.x", 5)], Some("1"));
    check("a.b.x", &[("1", "*.x", 9)], None);
}

#[test]
fn of_several_imports_of_a_secret_the_one_in_use_is_kept() {
    let key = alb();
    let secret = ObjectKey::new("team", "tls");
    let import = |is_used: bool| {
        let mut import = issued(&["a.x"], 1);
        let mut tags: Tags = ownership(&key).tags(tags::CERTIFICATE);
        tags.insert(tags::SECRET.to_owned(), secret.to_string());
        import.tags = tags;
        if is_used {
            import.in_use_by.insert("arn:lb".to_owned());
        }
        import
    };
    for (used, expected) in [
        ([false, false, false], "1"),
        ([true, false, false], "1"),
        ([false, true, false], "2"),
        ([false, true, true], "2"),
        ([false, false, true], "3"),
    ] {
        let imports = ["1", "2", "3"].into_iter().zip(used);
        let observed = Observed {
            certificates: imports
                .map(|(arn, is_used)| (arn.to_owned(), import(is_used)))
                .collect(),
            ..Observed::default()
        };
        let index = CertificateIndex::of(&observed, ownership(&key));
        let found = index.imported(&secret).map(|(arn, _)| arn);
        assert_eq!(found, Some(expected), "{used:?}");
    }
}
