//! Replicas divide shards: one, two, three of them, and one that is killed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use k8s_openapi::api::rbac::v1::PolicyRule;
use serde_json::json;
use tokio::task::JoinSet;
use tributary_kubernetes::Cluster;
use tributary_kubernetes::lease::{Holding, Shards, Timing, identity};
use tributary_runtime::{BoxError, CancellationToken, Context};
use tributary_tests_kubernetes::accounts::Scope;
use tributary_tests_kubernetes::shared::shared;
use tributary_tests_kubernetes::wait::until;

const COUNT: u32 = 8;

/// What works where: by shard and epoch.
type Works = Arc<Mutex<BTreeMap<(u32, u64), Holding>>>;

struct Replica {
    works: Works,
    stop: CancellationToken,
    task: JoinSet<Result<(), BoxError>>,
}

impl Replica {
    async fn start(kubeconfig: &Path, namespace: &str) -> Self {
        let cluster = Cluster::connect(Some(kubeconfig)).await.unwrap();
        let shards = Shards::new(
            &cluster,
            namespace,
            "alb",
            COUNT,
            identity(),
            Timing::default(),
        );
        let context = Context::new("test");
        let works = Works::default();
        let working = Arc::clone(&works);
        let stop = context.shutdown.clone();
        let mut task = JoinSet::new();
        task.spawn(async move {
            let work = move |holding: Holding| {
                let works = Arc::clone(&working);
                async move {
                    let key = (holding.index, holding.epoch);
                    let stop = holding.stop.clone();
                    works.lock().unwrap().insert(key, holding);
                    stop.cancelled().await;
                    works.lock().unwrap().remove(&key);
                    Ok(())
                }
            };
            Box::pin(shards.run(&context, work)).await
        });
        Self { works, stop, task }
    }

    fn held(&self) -> Vec<(u32, u64)> {
        let works = self.works.lock().unwrap();
        let held = works
            .iter()
            .filter(|(_, holding)| !holding.stop.is_cancelled() && holding.is_held());
        held.map(|(key, _)| *key).collect()
    }

    async fn end(mut self) {
        self.stop.cancel();
        self.task.join_next().await.unwrap().unwrap().unwrap();
    }
}

/// Waits until every shard is held by one replica, so many by each; returns the epochs.
async fn settled(replicas: &[&Replica], shares: &[usize]) -> BTreeMap<u32, u64> {
    until("every shard is held", async || {
        let held: Vec<_> = replicas.iter().map(|replica| replica.held()).collect();
        let all: Vec<(u32, u64)> = held.iter().flatten().copied().collect();
        let distinct: BTreeSet<u32> = all.iter().map(|(index, _)| *index).collect();
        assert_eq!(all.len(), distinct.len(), "a shard is held twice: {held:?}");
        let mut sizes: Vec<usize> = held.iter().map(Vec::len).collect();
        sizes.sort_unstable();
        (sizes == shares).then(|| all.into_iter().collect())
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn one_two_three_replicas_and_one_is_killed() {
    let admin = shared().await;
    let namespace = admin.namespace("shards").await;
    // No more than this is needed.
    let rule: PolicyRule = serde_json::from_value(json!({
        "apiGroups": ["coordination.k8s.io"],
        "resources": ["leases"],
        "verbs": ["get", "list", "create", "patch", "delete"],
    }))
    .unwrap();
    let account = admin
        .account(&namespace, "programmer", &[rule], Scope::Namespace)
        .await;

    let mut first = Replica::start(&account, &namespace).await;
    let alone = settled(&[&first], &[8]).await;
    assert!(alone.values().all(|epoch| *epoch == 1), "{alone:?}");
    let begun = Instant::now();
    let second = Replica::start(&account, &namespace).await;
    settled(&[&first, &second], &[4, 4]).await;
    eprintln!(
        "measured: {:?} until a second replica had its share",
        begun.elapsed()
    );
    let begun = Instant::now();
    let third = Replica::start(&account, &namespace).await;
    let before = settled(&[&first, &second, &third], &[2, 3, 3]).await;
    eprintln!(
        "measured: {:?} until a third replica had its share",
        begun.elapsed()
    );

    // Dropped where it stands, as by a SIGKILL: nothing is given up.
    let lost: BTreeSet<u32> = first.held().into_iter().map(|(index, _)| index).collect();
    first.task.abort_all();
    let begun = Instant::now();
    let after = settled(&[&second, &third], &[4, 4]).await;
    let took = begun.elapsed();
    eprintln!("measured: {took:?} until a killed replica's shards were held again");
    assert!(took < Duration::from_secs(10), "{took:?}");
    for index in lost {
        assert!(
            after[&index] > before[&index],
            "{index}: {before:?} {after:?}"
        );
    }

    let begun = Instant::now();
    third.end().await;
    settled(&[&second], &[8]).await;
    eprintln!(
        "measured: {:?} until a stopped replica's shards were held again",
        begun.elapsed()
    );
    second.end().await;
}
