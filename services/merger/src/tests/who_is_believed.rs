//! A report is believed only from who holds the load balancer, and only of what the merger knows.

use tonic::Code;
use tributary_kubernetes::Failure;
use tributary_model::ListenerOwner;

use super::*;
use crate::progress::pending;
use crate::reports::Holders;

/// Of ALBs; every shard has been taken three times.
fn leases() -> Holders {
    Holders::reading(Box::new(|_, _| {
        Box::pin(async { Ok::<_, Failure>(Some(3)) })
    }))
}

async fn heard(world: &World, dns: &str) {
    let said = format!("{dns} is heard");
    let holds = |state: &MergerState| {
        let report = state.reports().get(&alb("infra/web"));
        report.and_then(|report| report.dns_name.as_deref()) == Some(dns)
    };
    world.until(&said, holds).await;
}

#[tokio::test]
async fn an_invented_epoch_shuts_nobody_out_without_leases() {
    let world = World::new(Holders::Latest).await;
    let mut inventor = world.programmer("inventor", Shard::WHOLE, u64::MAX);
    inventor.list([active("infra/web", "invented")]).await;
    heard(&world, "invented").await;
    let programmer = world.programmer("true", Shard::WHOLE, 0);
    programmer.list([active("infra/web", "true")]).await;
    heard(&world, "true").await;
    assert_eq!(inventor.is_ended().await.code(), Code::FailedPrecondition);
    assert!(programmer.ends().await.unwrap().refused.is_empty());
}

#[tokio::test]
async fn an_invented_epoch_is_not_heard_beside_a_lease() {
    let world = World::new(leases()).await;
    let mut inventor = world.programmer("inventor", Shard::WHOLE, u64::MAX);
    inventor.list([active("infra/web", "invented")]).await;
    let refused = inventor.is_ended().await;
    assert_eq!(refused.code(), Code::FailedPrecondition);
    assert!(refused.message().starts_with("publisher.shard_epoch: "));
    let programmer = world.programmer("true", Shard::WHOLE, 3);
    programmer.list([active("infra/web", "true")]).await;
    heard(&world, "true").await;
    let mut deposed = world.programmer("deposed", Shard::WHOLE, 2);
    deposed.list([active("infra/web", "deposed")]).await;
    assert_eq!(deposed.is_ended().await.code(), Code::FailedPrecondition);
    // The true one's stream is still the one that counts.
    programmer
        .say(Event::Apply(active("infra/web", "later")))
        .await;
    heard(&world, "later").await;
}

/// Of two that divide by unlike counts the later one has what may be in both.
#[tokio::test]
async fn two_counts_are_not_believed_of_one_load_balancer() {
    let world = World::new(Holders::Latest).await;
    let share = |count| {
        let shares = (0..count).map(|index| Shard::new(index, count).unwrap());
        let mut shares = shares.filter(|shard| {
            let kind = LoadBalancerKind::Alb;
            let shard = *shard;
            LoadBalancerShard { kind, shard }.includes(&alb("infra/web"))
        });
        shares.next().unwrap()
    };
    let mut whole = world.programmer("whole", Shard::WHOLE, 0);
    whole
        .list([active("infra/web", "whole"), active("infra/other", "whole")])
        .await;
    heard(&world, "whole").await;
    let third = world.programmer("third", share(3), 0);
    third.list([active("infra/web", "third")]).await;
    heard(&world, "third").await;
    assert_eq!(whole.is_ended().await.code(), Code::FailedPrecondition);
    // What it had said of others stands until somebody speaks for those.
    assert_eq!(
        dns_name(world.reported(&alb("infra/other"))).as_deref(),
        Some("whole")
    );
    let whole = world.programmer("whole", Shard::WHOLE, 0);
    whole.list([active("infra/web", "again")]).await;
    heard(&world, "again").await;
    // It speaks for everything, and has not looked at the other yet: what was said stands, and settles nothing.
    assert_eq!(
        dns_name(world.reported(&alb("infra/other"))).as_deref(),
        Some("whole")
    );
    assert_eq!(world.reported_at(&alb("infra/other")), Position::default());
}

async fn check_refused(
    shard: Shard,
    position: impl Fn(Position) -> Position,
    event: Event<LoadBalancerKey, LoadBalancerReport>,
    said: &str,
) {
    let world = World::new(Holders::Latest).await;
    let programmer = world.programmer("programmer", shard, 0);
    programmer.list([]).await;
    let position = position(programmer.position);
    programmer.say_at(position, event).await;
    let taken = programmer.ends().await.unwrap();
    let refused: Vec<String> = taken
        .refused
        .iter()
        .map(|it| it.error.to_string())
        .collect();
    assert_eq!(refused, [said]);
    assert!(taken.refused[0].key.is_some(), "by name");
    let state = world.shared.lock().unwrap();
    assert_eq!(state.reports().iter().count(), 0);
}

#[tokio::test]
async fn a_report_of_another_kind_is_refused() {
    let mut nlb = active("infra/web", "x");
    nlb.key.kind = LoadBalancerKind::Nlb;
    check_refused(
        Shard::WHOLE,
        |position| position,
        Event::Apply(nlb),
        "apply.key.kind: nlb infra/web is not of the publisher's kind, alb",
    )
    .await;
}

/// `infra/web` is in share 0 of 8.
#[tokio::test]
async fn a_report_of_another_share_is_refused() {
    check_refused(
        Shard::new(1, 8).unwrap(),
        |position| position,
        Event::Apply(active("infra/web", "x")),
        "apply.key.gateway: alb infra/web is not in share 1 of 8, the publisher's",
    )
    .await;
}

#[tokio::test]
async fn nobody_deletes_from_another_share() {
    check_refused(
        Shard::new(1, 8).unwrap(),
        |position| position,
        Event::Delete(alb("infra/web")),
        "delete.gateway: alb infra/web is not in share 1 of 8, the publisher's",
    )
    .await;
}

#[tokio::test]
async fn a_load_balancer_that_nobody_wants_is_refused() {
    check_refused(
        Shard::WHOLE,
        |position| position,
        Event::Apply(active("infra/ghost", "x")),
        "apply.key: nobody desires alb infra/ghost, keeps it, or waits for its removal",
    )
    .await;
}

#[tokio::test]
async fn a_report_on_what_nobody_was_told_is_refused() {
    let last = Position {
        epoch: u64::MAX,
        generation: u64::MAX,
    };
    let world = World::new(Holders::Latest).await;
    let programmer = world.programmer("programmer", Shard::WHOLE, 0);
    programmer.list([]).await;
    programmer
        .say_at(last, Event::Apply(active("infra/web", "x")))
        .await;
    programmer
        .say(Event::Apply(active("infra/web", "true")))
        .await;
    heard(&world, "true").await;
    let taken = programmer.ends().await.unwrap();
    assert_eq!(taken.refused.len(), 1);
    assert_eq!(taken.refused[0].error.path, "apply.position");
}

/// A removal is heard of whatever is removed: programmers search for what nobody wants.
#[tokio::test]
async fn a_removal_is_heard_of_what_nobody_wants() {
    let world = World::new(Holders::Latest).await;
    let programmer = world.programmer("programmer", Shard::WHOLE, 0);
    let mut leaving = report("infra/ghost", LoadBalancerPhase::Deleting, "x");
    leaving.problems = vec!["it is protected".to_owned()];
    programmer.list([leaving.clone()]).await;
    world
        .until("it is heard", |state| {
            state.reports().get(&alb("infra/ghost")) == Some(&leaving)
        })
        .await;
    programmer.say(Event::Delete(alb("infra/ghost"))).await;
    world
        .until("it is gone", |state| {
            state.reports().get(&alb("infra/ghost")).is_none()
        })
        .await;
    assert!(programmer.ends().await.unwrap().refused.is_empty());
}

/// Its report counts for nothing, but something is there that has to go.
#[tokio::test]
async fn what_a_programmer_has_and_nobody_wants_is_waited_for() {
    let world = World::new(Holders::Latest).await;
    let programmer = world.programmer("programmer", Shard::WHOLE, 0);
    programmer.list([active("infra/ghost", "x")]).await;
    let waits = |state: &MergerState| {
        let lines = pending(state, Position::default());
        lines.iter().any(|line| line.contains("infra/ghost"))
    };
    world.until("it is waited for", waits).await;
    programmer
        .say(Event::Apply(report(
            "infra/ghost",
            LoadBalancerPhase::Deleting,
            "x",
        )))
        .await;
    programmer.say(Event::Delete(alb("infra/ghost"))).await;
    world.until("it is not", |state| !waits(state)).await;
    // Nor for what somebody says who has gone.
    programmer
        .say(Event::Apply(active("infra/ghost", "x")))
        .await;
    world.until("it is waited for", waits).await;
    assert_eq!(programmer.ends().await.unwrap().refused.len(), 2);
    assert!(!waits(&world.shared.lock().unwrap()));
}

#[tokio::test]
async fn what_is_wanted_by_now_is_not_said_to_be_unwanted() {
    let world = World::new(Holders::Latest).await;
    let programmer = world.programmer("programmer", Shard::WHOLE, 0);
    programmer.list([active("infra/late", "x")]).await;
    let is_unwanted = |state: &MergerState| {
        let lines = pending(state, Position::default());
        lines.iter().any(|line| line.contains("nobody wants it"))
    };
    world.until("it is not wanted", is_unwanted).await;
    world.say(gateway("infra/late").listener(http("http", 80)).build());
    world
        .until("it is", |state| {
            state.is_desired(&alb("infra/late")) && !is_unwanted(state)
        })
        .await;
}

/// The other team's listener is a witness: what is said of it is taken.
#[tokio::test]
async fn an_unknown_listener_is_left_out_and_the_rest_is_taken() {
    let world = World::new(Holders::Latest).await;
    let programmer = world.programmer("programmer", Shard::WHOLE, 0);
    let own = || ListenerOwner::gateway(key("infra/web"));
    let sets = || ListenerOwner::listener_set(key("team/set"));
    let mut said = active("infra/web", "x");
    said.listeners = vec![
        listener(&own(), "http"),
        listener(&own(), "ghost"),
        listener(&sets(), "own"),
        listener(&ListenerOwner::listener_set(key("team/ghost")), "own"),
    ];
    programmer.list([said]).await;
    heard(&world, "x").await;
    let taken = world.reported(&alb("infra/web")).unwrap();
    let listeners: Vec<_> = taken.listeners.iter().map(|it| &it.listener).collect();
    assert_eq!(
        listeners,
        [&own().listener("http"), &sets().listener("own")]
    );
    let refused = programmer.ends().await.unwrap().refused;
    let refused: Vec<String> = refused.iter().map(|it| it.error.path.clone()).collect();
    assert_eq!(
        refused,
        [
            "init_apply.listeners[1].listener",
            "init_apply.listeners[3].listener"
        ]
    );
}

/// A programmer that is quicker than the watcher is not refused what the merger is about to know.
#[tokio::test]
async fn nothing_is_refused_before_the_snapshot_is_complete() {
    let context = Context::new("merger");
    let objects = Published::new(&context, "snapshot");
    let watcher = GrpcServices::default()
        .add_service(SnapshotServiceServer::new(Watcher(objects.clone())))
        .build()
        .unwrap();
    let options = Options {
        watcher: Transport::local(watcher.routes()),
        merge: tributary_merge::Options::default(),
        tenants: Tenants::Hidden,
    };
    let service = Service::new(context.clone(), options);
    let grpc = service.contracts(GrpcServices::default()).build().unwrap();
    let world = World {
        context,
        objects,
        shared: Arc::clone(&service.shared),
        merger: Transport::local(grpc.routes()),
        running: JoinSet::new(),
    };
    let programmer = world.programmer("early", Shard::WHOLE, 0);
    programmer.list([active("infra/web", "early")]).await;
    // It has called, and nothing was read yet.
    let mut listeners = clients::listeners(world.merger.clone());
    let asked = tributary_proto::listeners::ListObjectsRequest::default();
    listeners.list_objects(asked).await.unwrap();
    world.say(class("alb", "gateway.k8s.aws/alb"));
    world.say(gateway("infra/web").listener(http("http", 80)).build());
    world.objects.mark_complete();
    let mut running = JoinSet::new();
    running.spawn(service.run());
    heard(&world, "early").await;
    assert!(programmer.ends().await.unwrap().refused.is_empty());
}
