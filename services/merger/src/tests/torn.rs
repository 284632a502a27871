//! A panic with the state in hand ends the service.

use tonic::Code;
use tributary_proto::listeners::ListLoadBalancersRequest;

use super::*;

/// A handler's panic ends a task and nothing else: tonic runs each in one of its connection's.
#[tokio::test]
async fn a_panic_in_a_handler_stops_the_service() {
    let mut world = World::new(Holders::Latest).await;
    let mut handlers = JoinSet::new();
    let shared = Arc::clone(&world.shared);
    handlers.spawn(async move {
        let mut state = shared.lock().unwrap();
        state.mark_complete();
        panic!("between two steps");
    });
    assert!(handlers.join_next().await.unwrap().unwrap_err().is_panic());
    // Nobody asks: it ends all the same.
    let ended = timeout(Duration::from_secs(20), world.running.join_next()).await;
    assert_eq!(ended.unwrap().unwrap().unwrap(), Err(Torn));
    assert!(world.context.shutdown.is_cancelled());
    let mut client = clients::listeners(world.merger.clone());
    let answer = client
        .list_load_balancers(ListLoadBalancersRequest {})
        .await;
    let status = answer.unwrap_err();
    assert_eq!(status.code(), Code::Internal);
    assert_eq!(status.message(), "a panic has torn the merger's state");
}

#[tokio::test]
async fn a_panic_elsewhere_tears_nothing() {
    let mut world = World::new(Holders::Latest).await;
    let mut handlers = JoinSet::new();
    let shared = Arc::clone(&world.shared);
    handlers.spawn(async move {
        drop(shared.lock().unwrap());
        panic!("with nothing in hand");
    });
    assert!(handlers.join_next().await.unwrap().unwrap_err().is_panic());
    assert!(!world.shared.torn().is_cancelled());
    world.context.shutdown.cancel();
    assert_eq!(world.running.join_next().await.unwrap().unwrap(), Ok(()));
}
