//! Any program may be killed at any time amid changes: the end is that of a run from scratch.

use fastrand::Rng;
use serde_json::{Value, json};
use tributary_tests_e2e::sandbox::assert_same;

use tributary_tests_e2e::kubernetes::installation::{FIVE, Installation};
use tributary_tests_e2e::kubernetes::objects::{
    apply, delete, manifests, named, normal, repository, statuses,
};

const KILLS: usize = 50;
const TEAMS: usize = 6;

#[tokio::test]
async fn fifty_kills_amid_changes_end_like_a_run_from_scratch() {
    let mut random = Rng::with_seed(11);
    let mut installation = Installation::of_five().await;
    apply(
        installation.cluster(),
        &manifests(&repository("examples/listenersets")),
    )
    .await;
    apply(installation.cluster(), &platform()).await;
    installation.settled().await;
    for number in 0..KILLS {
        let part = random.choice(FIVE).unwrap();
        change(&installation, &mut random).await;
        installation.kill(part, 0);
        change(&installation, &mut random).await;
        installation.start(part, 0);
        // Now and then everybody comes to rest; else the next one dies while the last one still begins.
        if number % 10 == 9 {
            installation.settled().await;
        }
    }
    installation.settled().await;
    let held = installation.inventory().await;
    installation.stop_all().await;
    let written = normal(statuses(installation.cluster()).await);

    // The same cluster, and an AWS that holds nothing.
    let expected = installation.from_scratch().await;
    assert_same(&held, &expected, "after fifty kills");
    let expected = normal(statuses(installation.cluster()).await);
    assert_eq!(written, expected);
}

/// Open to every team.
fn platform() -> Vec<Value> {
    let mut objects: Vec<_> = (0..TEAMS)
        .map(|team| {
            json!({
                "apiVersion": "v1",
                "kind": "Namespace",
                "metadata": { "name": format!("team-{team}") },
            })
        })
        .collect();
    let mut gateway = named("Gateway", "infra", "my-gateway");
    gateway["spec"] = json!({
        "gatewayClassName": "aws-alb-gateway-class",
        "allowedListeners": { "namespaces": { "from": "All" } },
        "listeners": [{ "name": "default-http", "port": 80, "protocol": "HTTP" }],
    });
    objects.push(gateway);
    objects
}

/// One change of one team's: a set comes or goes, or a route is another.
async fn change(installation: &Installation, random: &mut Rng) {
    let namespace = format!("team-{}", random.usize(..TEAMS));
    let name = format!("set-{}", random.usize(..2));
    let mut set = named("ListenerSet", &namespace, &name);
    if random.u8(..4) == 0 {
        return delete(installation.cluster(), &[set]).await;
    }
    // Two teams after one hostname now and then.
    let hostname = format!("host-{}.example.com", random.usize(..8));
    set["spec"] = json!({
        "parentRef": { "name": "my-gateway", "namespace": "infra" },
        "listeners": [{ "name": "web", "port": 8080, "protocol": "HTTP", "hostname": hostname }],
    });
    let service = json!({
        "apiVersion": "v1",
        "kind": "Service",
        "metadata": { "name": "app", "namespace": namespace },
        "spec": { "ports": [{ "port": 80 }] },
    });
    let mut route = named("HTTPRoute", &namespace, &name);
    let path = format!("/{}", random.usize(..4));
    route["spec"] = json!({
        "parentRefs": [{ "kind": "ListenerSet", "group": "gateway.networking.k8s.io", "name": name }],
        "rules": [{
            "matches": [{ "path": { "type": "PathPrefix", "value": path } }],
            "backendRefs": [{ "name": "app", "port": 80 }],
        }],
    });
    apply(installation.cluster(), &[service, set, route]).await;
}
