use super::Readiness;

#[test]
fn nothing_named_is_not_ready() {
    assert!(!Readiness::default().is_ready());
}

#[test]
fn ready_when_all_are_met() {
    let readiness = Readiness::default();
    let snapshot = readiness.condition("snapshot");
    let lease = readiness.condition("lease");
    snapshot.met();
    assert_eq!(readiness.unmet(), ["lease"]);
    assert!(!readiness.is_ready());
    lease.met();
    assert!(readiness.is_ready());
}

#[test]
fn what_was_met_may_become_unmet() {
    let readiness = Readiness::default();
    let snapshot = readiness.condition("snapshot");
    snapshot.met();
    snapshot.unmet();
    assert!(!readiness.is_ready());
}

#[test]
fn why_something_is_unmet_is_said_with_it() {
    let readiness = Readiness::default();
    let certificate = readiness.condition("certificate");
    certificate.unmet_because("it has ended");
    assert_eq!(readiness.unmet(), ["certificate: it has ended"]);
    assert!(!readiness.is_ready());
    certificate.unmet_because("it is another's");
    assert_eq!(readiness.unmet(), ["certificate: it is another's"]);
    certificate.met();
    assert!(readiness.is_ready());
}

#[test]
fn a_dropped_condition_is_unmet() {
    let readiness = Readiness::default();
    let snapshot = readiness.condition("snapshot");
    snapshot.met();
    drop(snapshot);
    assert_eq!(readiness.unmet(), ["snapshot"]);
}

#[tokio::test]
async fn waiting_ends_with_the_last_condition() {
    let readiness = Readiness::default();
    let snapshot = readiness.condition("snapshot");
    let (waited, ()) = tokio::join!(
        async {
            readiness.ready().await;
            readiness.is_ready()
        },
        async { snapshot.met() }
    );
    assert!(waited);
}

#[test]
fn a_concern_is_told_and_does_not_make_unready() {
    let readiness = Readiness::default();
    let snapshot = readiness.condition("snapshot");
    snapshot.met();
    let programmers = readiness.concern("programmers");
    assert!(readiness.concerns().is_empty());
    programmers.raise();
    assert_eq!(readiness.concerns(), ["programmers"]);
    assert!(readiness.is_ready());
    programmers.settle();
    assert!(readiness.concerns().is_empty());
}

#[test]
fn a_dropped_concern_is_none() {
    let readiness = Readiness::default();
    let programmers = readiness.concern("programmers");
    programmers.raise();
    drop(programmers);
    assert!(readiness.concerns().is_empty());
}
