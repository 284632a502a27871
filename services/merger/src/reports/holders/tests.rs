use std::sync::atomic::{AtomicUsize, Ordering};

use tonic::Code;
use tributary_kubernetes::Class;
use tributary_proto::call::Shard;

use super::*;

const SHARE: LoadBalancerShard = LoadBalancerShard {
    kind: LoadBalancerKind::Alb,
    shard: Shard::WHOLE,
};

/// Leases of which that of the ALBs' first shard says this, and how often it is read.
fn leases(epoch: Result<Option<u64>, Failure>) -> (Holders, Arc<AtomicUsize>) {
    let reads = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&reads);
    let holders = Holders::reading(Box::new(move |kind, index| {
        assert_eq!((kind, index), (LoadBalancerKind::Alb, 0));
        counted.fetch_add(1, Ordering::Relaxed);
        let epoch = epoch.clone();
        Box::pin(async move { epoch })
    }));
    (holders, reads)
}

async fn check(lease: Option<u64>, epoch: u64, said: Result<(), &str>) {
    let (holders, _) = leases(Ok(lease));
    let checked = holders.check(SHARE, epoch).await;
    let refused = checked
        .as_ref()
        .copied()
        .map_err(|status| (status.code(), status.message()));
    assert_eq!(
        refused,
        said.map_err(|said| (Code::FailedPrecondition, said))
    );
}

#[tokio::test]
async fn who_names_the_lease_s_epoch_has_the_shard() {
    check(Some(3), 3, Ok(())).await;
}

#[tokio::test]
async fn an_epoch_that_nobody_was_given_is_refused() {
    check(
        Some(3),
        u64::MAX,
        Err("publisher.shard_epoch: is 18446744073709551615, and the shard's Lease was at 3"),
    )
    .await;
}

#[tokio::test]
async fn a_deposed_holder_is_refused() {
    let said = "publisher.shard_epoch: is 2, and another programmer has the shard since 3";
    check(Some(3), 2, Err(said)).await;
    let said = "publisher.shard_epoch: is 0, and another programmer has the shard since 3";
    check(Some(3), 0, Err(said)).await;
}

#[tokio::test]
async fn programmers_that_divide_nothing_need_no_lease() {
    check(None, 0, Ok(())).await;
    let said = "publisher.shard_epoch: is 1, and the shard had no Lease in the merger's namespace";
    check(None, 1, Err(said)).await;
}

#[tokio::test]
async fn without_leases_nothing_is_compared() {
    assert!(Holders::Latest.check(SHARE, u64::MAX).await.is_ok());
    assert!(Holders::Latest.check(SHARE, 0).await.is_ok());
}

#[tokio::test]
async fn a_lease_that_cannot_be_read_refuses_nobody_for_good() {
    let (holders, _) = leases(Err(Failure {
        class: Class::Forbidden,
        message: "leases is forbidden".to_owned(),
    }));
    let refused = holders.check(SHARE, 1).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable);
    assert!(
        refused.message().contains("leases is forbidden"),
        "{refused}"
    );
}

#[tokio::test(start_paused = true)]
async fn however_often_somebody_calls_a_lease_is_read_once_a_second() {
    let (holders, reads) = leases(Ok(Some(3)));
    for _ in 0..100 {
        assert!(holders.check(SHARE, u64::MAX).await.is_err());
        assert!(holders.check(SHARE, 3).await.is_ok());
    }
    assert_eq!(reads.load(Ordering::Relaxed), 1);
    tokio::time::advance(FRESH).await;
    assert!(holders.check(SHARE, 3).await.is_ok());
    assert_eq!(reads.load(Ordering::Relaxed), 2);
}

/// The shard moved after the Lease was read.
#[tokio::test(start_paused = true)]
async fn the_next_holder_is_told_to_come_again() {
    let (holders, _) = leases(Ok(Some(3)));
    assert!(holders.check(SHARE, 3).await.is_ok());
    let refused = holders.check(SHARE, 4).await.unwrap_err();
    assert_eq!(refused.code(), Code::Unavailable, "{refused}");
}
