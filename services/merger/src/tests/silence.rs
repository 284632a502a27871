//! A report that stops coming is missed.

use tributary_model::Kind;
use tributary_model::judgement::{GatewayJudgement, Judgement};
use tributary_proto::types;

use super::*;

/// The first Gateway's judgement, as it is published.
fn judged(world: &World) -> GatewayJudgement {
    let object = ObjectRef::new(Kind::Gateway, key("infra/web"));
    let judged = world.shared.judgements.get(&object).unwrap();
    let message = types::JudgedObject::from(&*judged);
    match Judgement::try_from(message.judgement.unwrap()).unwrap() {
        Judgement::Gateway(judged) => judged,
        other => panic!("{other:?}"),
    }
}

/// Lets so much time pass, and everybody do what they do meanwhile.
async fn pass(seconds: u64) {
    let over = timeout(Duration::from_secs(seconds), std::future::pending::<()>());
    assert!(over.await.is_err());
}

fn is_told(world: &World) -> bool {
    let concerns = world.context.readiness.concerns();
    assert!(["", "merger/alb-programmers"].contains(&concerns.join(" ").as_str()));
    assert_eq!(judged(world).unheard, !concerns.is_empty());
    let metrics = world.context.metrics.text().unwrap();
    let count = if concerns.is_empty() { 0 } else { 2 };
    let line = format!("tributary_unheard_load_balancers{{kind=\"alb\"}} {count}\n");
    assert!(metrics.contains(&line), "{metrics}");
    assert!(metrics.contains("tributary_unheard_load_balancers{kind=\"nlb\"} 0\n"));
    !concerns.is_empty()
}

async fn listed(world: &World) -> Programmer {
    let programmer = world.programmer("programmer", Shard::WHOLE, 0);
    let all = [active("infra/web", "x"), active("infra/other", "x")];
    programmer.list(all).await;
    world
        .until("it is heard", |state| {
            state.reports().iter().count() == 2 && state.unheard().count() == 0
        })
        .await;
    programmer
}

#[tokio::test(start_paused = true)]
async fn a_programmer_that_stays_away_is_missed_and_changes_no_verdict() {
    let world = World::new(Holders::Latest).await;
    let programmer = listed(&world).await;
    let before = judged(&world);
    pass(600).await;
    assert!(!is_told(&world), "a stream that is open says enough");
    programmer.ends().await.unwrap();
    pass(55).await;
    assert!(!is_told(&world), "not yet");
    pass(15).await;
    assert!(is_told(&world));
    assert!(
        world.context.readiness.unmet().is_empty(),
        "it is ready all the same"
    );
    let unheard = GatewayJudgement {
        unheard: true,
        ..before.clone()
    };
    assert_eq!(judged(&world), unheard, "the last word stands");
    let _programmer = listed(&world).await;
    pass(6).await;
    assert!(!is_told(&world));
    assert_eq!(judged(&world), before);
}

/// It has called and says nothing: nobody knows what it knows.
#[tokio::test(start_paused = true)]
async fn a_programmer_that_never_lists_is_missed() {
    let world = World::new(Holders::Latest).await;
    let programmer = world.programmer("programmer", Shard::WHOLE, 0);
    programmer.say(Event::Init).await;
    pass(70).await;
    assert!(is_told(&world));
}

#[tokio::test(start_paused = true)]
async fn a_rolling_restart_writes_nothing() {
    let world = World::new(Holders::Latest).await;
    let mut programmer = listed(&world).await;
    let before = world.shared.judgements.position();
    for _ in 0..5 {
        programmer.ends().await.unwrap();
        pass(40).await;
        programmer = listed(&world).await;
    }
    pass(120).await;
    assert_eq!(world.shared.judgements.position(), before);
}

/// One of two shares has nobody: its load balancers are missed and the others are not.
#[tokio::test(start_paused = true)]
async fn each_load_balancer_is_missed_by_itself() {
    let world = World::new(Holders::Latest).await;
    let kind = LoadBalancerKind::Alb;
    let includes = |shard, gateway| LoadBalancerShard { kind, shard }.includes(&alb(gateway));
    // Share of `infra/other` alone.
    let shares = (2..=Shard::MOST).flat_map(|count| {
        let shares = 0..count;
        shares.map(move |index| Shard::new(index, count).unwrap())
    });
    let mut shares =
        shares.filter(|shard| includes(*shard, "infra/other") && !includes(*shard, "infra/web"));
    let programmer = world.programmer("other", shares.next().unwrap(), 0);
    programmer.list([active("infra/other", "x")]).await;
    pass(70).await;
    let state = world.shared.lock().unwrap();
    let unheard: Vec<_> = state.unheard().cloned().collect();
    assert_eq!(unheard, [alb("infra/web")]);
}

/// What is new is waited for as long as what is old.
#[tokio::test(start_paused = true)]
async fn a_new_load_balancer_has_its_own_minute() {
    let world = World::new(Holders::Latest).await;
    pass(50).await;
    world.say(gateway("infra/new").listener(http("http", 80)).build());
    world
        .until("it is desired", |state| state.is_desired(&alb("infra/new")))
        .await;
    pass(30).await;
    {
        let state = world.shared.lock().unwrap();
        assert_eq!(state.unheard().count(), 2, "the old ones");
    }
    pass(40).await;
    let state = world.shared.lock().unwrap();
    assert_eq!(state.unheard().count(), 3);
}
