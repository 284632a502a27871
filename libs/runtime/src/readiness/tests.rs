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
    programmers.clear();
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

#[test]
fn a_condition_of_parts_holds_as_long_as_each_that_is_there_does() {
    let readiness = Readiness::default();
    let lease = readiness.condition("lease");
    lease.met();
    let (one, two) = (readiness.part("desired"), readiness.part("desired"));
    one.met();
    assert_eq!(readiness.unmet(), ["desired"]);
    two.unmet_because("nobody answers");
    assert_eq!(readiness.unmet(), ["desired: nobody answers"]);
    two.met();
    assert!(readiness.is_ready());
    let three = readiness.part("desired");
    assert!(readiness.is_ready());
    drop(three);
    two.unmet();
    drop(two);
    assert!(readiness.is_ready());
    drop(one);
    assert!(readiness.is_ready());
}

#[test]
fn why_something_is_not_met_yet_does_not_take_back_that_it_was() {
    let readiness = Readiness::default();
    let snapshot = readiness.condition("snapshot");
    snapshot.still_unmet_because("nobody answers");
    assert_eq!(readiness.unmet(), ["snapshot: nobody answers"]);
    snapshot.met();
    snapshot.still_unmet_because("nobody answers");
    assert!(readiness.is_ready());
}

#[test]
fn a_concern_says_why_and_is_told_until_each_has_cleared_it() {
    let readiness = Readiness::default();
    let (one, two) = (readiness.concern("aws"), readiness.concern("aws"));
    one.raise();
    two.raise_because("no\n  credentials");
    assert_eq!(readiness.concerns(), ["aws: no credentials"]);
    two.clear();
    assert_eq!(readiness.concerns(), ["aws"]);
    drop(one);
    assert!(readiness.concerns().is_empty());
}

#[tokio::test]
async fn a_service_hears_when_its_own_concerns_change() {
    let readiness = Readiness::default();
    let aws = readiness.concern("alb-programmer/aws");
    let other = readiness.concern("watcher/kinds");
    let mut concerns = readiness.concerns_of("alb-programmer/".to_owned());
    let ((), ()) = tokio::join!(concerns.changed(), async {
        other.raise();
        aws.raise_because("no credentials");
    });
    assert_eq!(concerns.now(), ["aws: no credentials"]);
    let ((), ()) = tokio::join!(concerns.changed(), async { aws.clear() });
    assert!(concerns.now().is_empty());
}
