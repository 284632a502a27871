use super::*;

#[test]
fn by_a_clock_that_is_minutes_off_nothing_is_made() {
    let theirs = Timestamp(1_800_000_000);
    for (off, is_taken) in [
        (0, true),
        (300, true),
        (-300, true),
        (301, false),
        (-301, false),
    ] {
        let ours = Timestamp(theirs.0 + off);
        assert_eq!(same_time(ours, Some(theirs)).is_ok(), is_taken, "{off}");
    }
    assert!(same_time(theirs, None).is_ok());
    let error = same_time(Timestamp(0), Some(theirs))
        .unwrap_err()
        .to_string();
    assert!(
        error.contains("clock says 1970-01-01T00:00:00Z, the API server's 2027-01-15T08:00:00Z"),
        "{error}"
    );
}

#[test]
fn what_another_run_or_a_late_role_causes_passes() {
    let failed = |class| RunError::Kubernetes {
        object: "Secret a/b".to_owned(),
        source: Failure {
            class,
            message: String::new(),
        },
    };
    for class in [Class::Conflict, Class::Forbidden, Class::Unavailable] {
        assert!(failed(class).may_pass(), "{class}");
    }
    // Helm makes the webhook after the Job.
    let name = "tributary-gates".to_owned();
    assert!(RunError::NoWebhook { name }.may_pass());
    // No such namespace; an object that is refused.
    for class in [Class::NotFound, Class::Invalid] {
        assert!(!failed(class).may_pass(), "{class}");
    }
}
