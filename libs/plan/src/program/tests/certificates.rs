use super::*;

fn https(source: tributary_model::desired::CertificateSource) -> Desired {
    Desired::new().https(443, "a", source)
}

#[test]
fn a_secret_is_imported_before_its_listener_is_made() {
    let plan = https(secret("tls", "1")).plan(&empty(), &context());
    let import = find(&plan, "import certificate team/tls 1");
    assert!(
        find(&plan, "create listener").after.contains(&import.id),
        "\n{plan}"
    );
}

#[test]
fn a_rotated_secret_is_imported_to_the_same_arn() {
    check_change(
        &https(secret("tls", "1")),
        &https(secret("tls", "2")),
        &[
            "import certificate team/tls 2 over arn:aws:acm:certificate/team/tls",
            "tag arn:aws:acm:certificate/team/tls",
        ],
    );
    let plan = https(secret("tls", "2")).plan(&https(secret("tls", "1")).programmed(), &context());
    assert!(
        matches!(state(&plan, "a"), ProgrammedState::Pending(text) if text.contains("imported again"))
    );
}

#[test]
fn an_import_that_nobody_uses_goes_last() {
    check_change(
        &https(secret("tls", "1")).https(443, "b", secret("other", "1")),
        &https(secret("tls", "1")),
        &["remove certificate", "delete certificate"],
    );
}

#[test]
fn certificates_are_added_before_others_are_removed() {
    let from = https(arn("arn:a")).https(443, "b", arn("arn:b"));
    let to = https(arn("arn:a")).https(443, "c", arn("arn:c"));
    check_change(
        &from,
        &to,
        &["add certificate arn:c", "remove certificate arn:b"],
    );
}

#[test]
fn a_later_listener_leaves_the_default_certificate_alone() {
    let more = https(arn("arn:a")).https(443, "b", arn("arn:b"));
    check_change(&https(arn("arn:a")), &more, &["add certificate arn:b to"]);
}

#[test]
fn the_former_default_certificate_serves_by_sni_before_it_is_replaced() {
    let from = https(arn("arn:a")).https(443, "b", arn("arn:b"));
    let to = Desired::new()
        .https(443, "b", arn("arn:b"))
        .https(443, "a", arn("arn:a"));
    check_change(
        &from,
        &to,
        &[
            "add certificate arn:a",
            "modify listener",
            "remove certificate arn:b",
        ],
    );
}

#[test]
fn one_certificate_of_two_listeners_is_attached_once() {
    let desired = https(arn("arn:a")).https(443, "b", arn("arn:a"));
    let plan = desired.plan(&desired.programmed(), &context());
    assert_eq!(state(&plan, "b"), ProgrammedState::Programmed);
}

#[test]
fn discovery_takes_the_exact_name_before_the_wildcard_and_the_newest() {
    let desired = https(tributary_model::desired::CertificateSource::Discovered {
        hostname: tributary_model::Hostname::parse("a.example.com").unwrap(),
    });
    let mut observed = empty();
    for (name, names, at, expected) in [
        ("arn:wild-old", "*.example.com", 1, "arn:wild-old"),
        ("arn:wild-new", "*.example.com", 2, "arn:wild-new"),
        ("arn:exact", "a.example.com", 0, "arn:exact"),
        ("arn:too-deep", "*.a.example.com", 9, "arn:exact"),
    ] {
        observed
            .certificates
            .insert(name.to_owned(), issued(&[names], at));
        let plan = desired.plan(&observed, &context());
        let listener = find(&plan, "create listener").op.to_string();
        assert!(
            listener.contains(&format!("certificate {expected} ")),
            "{listener}"
        );
    }
}

#[test]
fn without_any_certificate_only_that_listener_is_left_out() {
    let desired = https(arn("arn:gone"))
        .rule(443, "a", "/", "a-web")
        .https(443, "b", arn("arn:b"));
    let mut observed = empty();
    observed.missing_certificates.insert("arn:gone".to_owned());
    let settled = converge(&desired, &observed, &context());
    let plan = desired.plan(&settled, &context());
    assert_eq!(
        state(&plan, "a"),
        ProgrammedState::NoCertificate("certificate arn:gone does not exist".to_owned())
    );
    assert_eq!(state(&plan, "b"), ProgrammedState::Programmed);
    assert!(settled.target_groups.is_empty());
    assert!(plan.report.settled);
}

#[test]
fn no_listener_is_made_on_a_port_without_any_certificate() {
    let mut observed = empty();
    observed.missing_certificates.insert("arn:gone".to_owned());
    let settled = converge(&https(arn("arn:gone")), &observed, &context());
    assert!(
        settled
            .load_balancers
            .values()
            .all(|it| it.listeners.is_empty())
    );
}

#[test]
fn a_refused_rotation_keeps_the_former_content_and_says_so() {
    let mut context = context();
    let version = crate::values::limits::SecretVersion {
        secret: tributary_model::ObjectKey::new("team", "tls"),
        fingerprint: "2".to_owned(),
    };
    context
        .refused_certificates
        .insert(version, "the key does not fit".to_owned());
    let observed = https(secret("tls", "1")).programmed();
    let plan = https(secret("tls", "2")).plan(&observed, &context);
    assert_eq!(ops(&plan), Vec::<String>::new());
    assert_eq!(state(&plan, "a"), ProgrammedState::Programmed);
    assert!(plan.report.listeners[0].notes[0].contains("the key does not fit"));
}

#[test]
fn what_was_not_seen_is_no_refusal() {
    let desired = https(tributary_model::desired::CertificateSource::Discovered {
        hostname: tributary_model::Hostname::parse("a.example.com").unwrap(),
    });
    let unseen = crate::values::observed::Observed {
        completeness: crate::values::observed::Completeness::Partial(vec!["no answer".to_owned()]),
        ..crate::values::observed::Observed::default()
    };
    let plan = desired.plan(&unseen, &context());
    assert_eq!(
        state(&plan, "a"),
        ProgrammedState::Pending("AWS could not be looked at: no answer".to_owned())
    );
    assert_eq!(plan.report.problems, ["no answer"]);
}

/// Whoever shares the port is a witness: nothing is done at all.
#[test]
fn a_secret_that_is_away_takes_nothing_down_and_asks_for_nothing() {
    let two = |source| {
        https(source)
            .rule(443, "a", "/", "a-web")
            .https(443, "b", secret("b", "1"))
    };
    let observed = two(secret("tls", "1")).programmed();
    let plan = two(retained("tls")).plan(&observed, &context());
    assert_eq!(ops(&plan), Vec::<String>::new());
    assert!(plan.report.settled);
    assert_eq!(state(&plan, "a"), ProgrammedState::Programmed);
    assert_eq!(state(&plan, "b"), ProgrammedState::Programmed);
    assert_eq!(
        plan.report.listeners[0].notes,
        [
            "Secret team/tls holds no certificate now; the one imported from it before is served until it does"
        ]
    );
}

#[test]
fn a_secret_that_comes_back_is_imported_to_the_same_arn_if_it_changed() {
    let from = https(secret("tls", "1")).programmed();
    let away = converge(&https(retained("tls")), &from, &context());
    check_repair(&away, &https(secret("tls", "1")), &[]);
    check_repair(
        &away,
        &https(secret("tls", "2")),
        &[
            "import certificate team/tls 2 over arn:aws:acm:certificate/team/tls",
            "tag arn:aws:acm:certificate/team/tls",
        ],
    );
}

#[test]
fn of_two_certificates_the_one_that_is_away_stays_attached_and_the_default() {
    let two = |first| https(first).certificate(443, "a", secret("other", "1"));
    check_change(&two(secret("tls", "1")), &two(retained("tls")), &[]);
}

#[test]
fn a_certificate_whose_secret_is_away_serves_on_after_its_end() {
    let mut observed = https(secret("tls", "1")).programmed();
    for certificate in observed.certificates.values_mut() {
        certificate.status =
            crate::values::observed::CertificateStatus::Other("EXPIRED".to_owned());
    }
    let plan = https(retained("tls")).plan(&observed, &context());
    assert_eq!(ops(&plan), Vec::<String>::new());
    assert_eq!(state(&plan, "a"), ProgrammedState::Programmed);
    assert!(plan.report.listeners[0].notes[0].contains("(ACM says EXPIRED)"));
}

#[test]
fn another_listener_may_use_what_was_imported_of_a_secret_that_is_away() {
    let before = https(secret("tls", "1"));
    let more = https(retained("tls")).https(444, "b", retained("tls"));
    let plan = more.plan(&before.programmed(), &context());
    let listener = find(&plan, "create listener").op.to_string();
    assert!(
        listener.contains("arn:aws:acm:certificate/team/tls"),
        "{listener}"
    );
    let settled = converge(&more, &before.programmed(), &context());
    assert_eq!(settled.certificates.len(), 1);
}

#[test]
fn of_a_secret_that_was_never_imported_nothing_is_served_and_no_load_balancer_comes() {
    let plan = https(retained("tls")).plan(&empty(), &context());
    assert_eq!(ops(&plan), Vec::<String>::new());
    assert!(plan.report.settled);
    assert_eq!(
        state(&plan, "a"),
        ProgrammedState::NoCertificate(
            "Secret team/tls holds no certificate, and none was imported from it before".to_owned()
        )
    );
}

/// Only what carries our mark and the Gateway's tags is ours to serve.
#[test]
fn what_others_imported_of_a_secret_is_not_served() {
    let mut observed = https(secret("tls", "1")).programmed();
    for certificate in observed.certificates.values_mut() {
        certificate.tags.remove(crate::values::tags::INSTALLATION);
    }
    let plan = https(retained("tls")).plan(&observed, &context());
    assert!(matches!(
        state(&plan, "a"),
        ProgrammedState::NoCertificate(_)
    ));
}

#[test]
fn what_was_imported_of_a_secret_goes_when_nothing_refers_to_it() {
    let two = https(arn("arn:a")).https(443, "b", secret("tls", "1"));
    let away = https(arn("arn:a")).https(443, "b", retained("tls"));
    let observed = converge(&away, &two.programmed(), &context());
    check_repair(
        &observed,
        &https(arn("arn:a")),
        &["remove certificate", "delete certificate"],
    );
}

/// What one listener is known to hold comes before what another would do with.
#[test]
fn a_content_that_is_asked_for_comes_before_whatever_is_there() {
    let mixed = https(retained("tls")).https(443, "b", secret("tls", "2"));
    check_change(
        &https(secret("tls", "1")),
        &mixed,
        &["import certificate team/tls 2 over", "tag"],
    );
}

#[test]
fn a_partial_look_leaves_the_default_certificate_to_whom_it_belongs() {
    let discovered = tributary_model::desired::CertificateSource::Discovered {
        hostname: tributary_model::Hostname::parse("a.example.com").unwrap(),
    };
    for first in [discovered, retained("tls")] {
        let mut account = empty();
        account
            .certificates
            .insert("arn:a".to_owned(), issued(&["a.example.com"], 1));
        let served = match &first {
            tributary_model::desired::CertificateSource::Retained { .. } => secret("tls", "1"),
            _ => first.clone(),
        };
        let of = |first| https(first).https(443, "b", arn("arn:b"));
        let mut observed = converge(&of(served), &account, &context());
        observed.certificates.clear();
        observed.completeness =
            crate::values::observed::Completeness::Partial(vec!["ACM".to_owned()]);
        assert_eq!(
            ops(&of(first).plan(&observed, &context())),
            Vec::<String>::new()
        );
    }
}
