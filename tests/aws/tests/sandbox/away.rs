//! A Secret that is away for a moment: what was imported from it serves on, and whoever shares the port notices nothing.

use std::collections::BTreeMap;

use tributary_model::desired::CertificateSource;
use tributary_model::report::ProgrammedState;

use crate::desired::{Desired, alb, retained, secret};
use crate::programmer::{Programmer, state};
use crate::world::World;

/// Two teams on port 443, the first with this certificate.
fn teams(first: CertificateSource) -> Desired {
    alb()
        .https(443, "a", first)
        .rule(443, "a", "/", "a")
        .https(443, "b", secret("b", "first"))
        .rule(443, "b", "/", "b")
}

/// Waits until nothing is left to do for this, and nothing keeps a listener from being served but these notes on the
/// first team's.
async fn settles(programmer: &mut Programmer, desired: &Desired, noted: &[&str]) {
    programmer.want(desired);
    let report = programmer
        .says(desired, |report| {
            let first = state(report, "a").is_some_and(|it| it.notes == noted);
            report.settled
                && first
                && report
                    .listeners
                    .iter()
                    .all(|it| it.state == ProgrammedState::Programmed)
        })
        .await;
    assert_eq!(report.listeners.len(), 2);
}

/// ARN and fingerprint of what we imported.
async fn imported(world: &World) -> BTreeMap<String, String> {
    let observed = world.look(&teams(retained("a"))).await;
    let certificates = observed.certificates.into_iter();
    let ours = certificates.filter_map(|(arn, it)| {
        let fingerprint = it.tags.get("gateway.tributary.dev/fingerprint")?;
        Some((arn, fingerprint.clone()))
    });
    ours.collect()
}

/// Calls that are no mere looks.
fn writes(world: &World) -> Vec<String> {
    let mut calls = world.calls();
    calls.retain(|call| {
        let (_, operation) = call.split_once(':').unwrap();
        !["Describe", "List", "Get"]
            .iter()
            .any(|look| operation.starts_with(look))
    });
    calls
}

const NOTE: &str = "Secret team/a has no usable certificate now; the one imported from it before is served until it does";

#[tokio::test]
async fn a_secret_that_is_away_for_a_moment_costs_no_write_and_comes_back_to_the_same_arn() {
    let world = World::new().await;
    world.secrets.put("a", "first", "a.example.com");
    world.secrets.put("b", "first", "b.example.com");
    let mut programmer = Programmer::start(&world);
    settles(&mut programmer, &teams(secret("a", "first")), &[]).await;
    let before = imported(&world).await;
    let things = world.ours();
    writes(&world);

    world.secrets.take("a");
    settles(&mut programmer, &teams(retained("a")), &[NOTE]).await;
    programmer.end().await;
    assert_eq!(writes(&world), Vec::<String>::new());

    // One that has just been started knows nothing but what it finds.
    let mut programmer = Programmer::start(&world);
    settles(&mut programmer, &teams(retained("a")), &[NOTE]).await;
    assert_eq!(writes(&world), Vec::<String>::new());
    assert_eq!(imported(&world).await, before);
    assert_eq!(world.ours(), things);

    world.secrets.put("a", "second", "a.example.com");
    settles(&mut programmer, &teams(secret("a", "second")), &[]).await;
    programmer.end().await;
    assert_eq!(
        writes(&world),
        ["acm:AddTagsToCertificate 1", "acm:ImportCertificate 1"]
    );
    let after = imported(&world).await;
    assert!(after.keys().eq(before.keys()), "{after:?}");
    let mut contents: Vec<_> = after.into_values().collect();
    contents.sort();
    assert_eq!(contents, ["first", "second"]);
    assert_eq!(world.ours(), things);
}

#[tokio::test]
async fn of_a_secret_that_was_never_there_only_its_own_listener_is_not_served() {
    let world = World::new().await;
    world.secrets.put("b", "first", "b.example.com");
    let mut programmer = Programmer::start(&world);
    let desired = teams(retained("a"));
    programmer.want(&desired);
    let report = programmer.says(&desired, |report| report.settled).await;
    let said = |name| state(&report, name).map(|it| it.state.clone()).unwrap();
    assert!(matches!(said("a"), ProgrammedState::NoCertificate(_)));
    assert_eq!(said("b"), ProgrammedState::Programmed);
    programmer.end().await;
    assert_eq!(imported(&world).await.len(), 1);
}
