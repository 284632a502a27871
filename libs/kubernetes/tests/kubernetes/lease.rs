//! One leader: failover after a kill and a stop, an API server that is paused, a leader that was.

use std::time::{Duration, Instant};

use k8s_openapi::api::coordination::v1::Lease;
use k8s_openapi::api::core::v1::ServiceAccount;
use k8s_openapi::api::rbac::v1::PolicyRule;
use kube::api::{Api, DeleteParams};
use serde_json::json;
use tokio::task::JoinSet;
use tributary_kubernetes::Cluster;
use tributary_kubernetes::lease::{Election, Leadership, Timing, identity};
use tributary_runtime::{CancellationToken, Context, Readiness};
use tributary_tests_kubernetes::accounts::Scope;
use tributary_tests_kubernetes::server::{Options, Server};
use tributary_tests_kubernetes::shared::shared;
use tributary_tests_kubernetes::wait::until;

/// A candidate that runs.
pub(crate) struct Candidate {
    pub(crate) leadership: Leadership,
    readiness: Readiness,
    stop: CancellationToken,
    task: JoinSet<()>,
}

impl Candidate {
    pub(crate) async fn start(kubeconfig: &std::path::Path, namespace: &str) -> Self {
        let cluster = Cluster::connect(Some(kubeconfig)).await.unwrap();
        let election = Election::new(&cluster, namespace, "merger", identity(), Timing::default());
        let context = Context::new("test");
        let (leadership, stop) = (election.leadership(), context.shutdown.clone());
        let readiness = context.readiness.clone();
        let mut task = JoinSet::new();
        task.spawn(async move { election.run(&context).await });
        Self {
            leadership,
            readiness,
            stop,
            task,
        }
    }

    pub(crate) async fn end(mut self) {
        self.stop.cancel();
        self.task.join_next().await.unwrap().unwrap();
        assert!(!self.leadership.may_write());
    }

    pub(crate) async fn leads(&mut self) -> u64 {
        loop {
            if let Some(epoch) = self.leadership.changed().await {
                return epoch;
            }
        }
    }
}

/// A list by name is what a role with `resourceNames` allows.
#[tokio::test]
async fn a_lease_of_the_same_name_in_another_namespace_is_of_concern_while_it_is_renewed() {
    let shared = shared().await;
    let namespaces = [
        shared.namespace("duplicate").await,
        shared.namespace("duplicate").await,
    ];
    let [own, other] = &namespaces;
    let name = format!("{own}-writer");
    let rules = json!([
        { "verbs": ["list"], "resourceNames": [&name] },
        { "verbs": ["get", "create", "patch"] },
    ]);
    let rules = rules.as_array().unwrap().iter().map(|rule| {
        let mut rule = rule.clone();
        rule["apiGroups"] = json!(["coordination.k8s.io"]);
        rule["resources"] = json!(["leases"]);
        serde_json::from_value::<PolicyRule>(rule).unwrap()
    });
    let rules: Vec<PolicyRule> = rules.collect();
    let account = shared
        .account(own, "status-writer", &rules, Scope::Cluster)
        .await;
    let cluster = Cluster::connect(Some(&account)).await.unwrap();
    let start = |namespace: &str| {
        let timing = Timing::of(Duration::from_secs(1));
        let election = Election::new(&cluster, namespace, &name, identity(), timing);
        let context = Context::new("test");
        let (stop, readiness) = (context.shutdown.clone(), context.readiness.clone());
        let duplicates = election.duplicates();
        let mut task = JoinSet::new();
        task.spawn(
            async move { tokio::join!(election.run(&context), duplicates.watch(&context)).0 },
        );
        (stop, readiness, task)
    };
    let (stop, readiness, mut task) = start(own);
    let (stop_other, readiness_other, mut task_other) = start(other);
    let told = |readiness: &Readiness| readiness.concerns().concat();
    let says = |namespace: &str| format!("test/installation: namespace {namespace} has");
    until("both say it", async || {
        let both = told(&readiness).starts_with(&says(other))
            && told(&readiness_other).starts_with(&says(own));
        both.then_some(())
    })
    .await;
    stop_other.cancel();
    task_other.join_next().await.unwrap().unwrap();
    until("there is one again", async || {
        readiness.concerns().is_empty().then_some(())
    })
    .await;
    stop.cancel();
    task.join_next().await.unwrap().unwrap();
}

#[tokio::test]
async fn a_candidate_without_rights_on_its_lease_is_not_ready_and_says_why() {
    let cluster = shared().await;
    let namespace = cluster.namespace("rightless").await;
    for (verbs, why) in [(json!(["list"]), "get"), (json!(["get"]), "create")] {
        let rule: PolicyRule = serde_json::from_value(json!({
            "apiGroups": ["coordination.k8s.io"],
            "resources": ["leases"],
            "verbs": verbs,
        }))
        .unwrap();
        let account = cluster
            .account(
                &namespace,
                &format!("without-{why}"),
                &[rule],
                Scope::Namespace,
            )
            .await;
        let candidate = Candidate::start(&account, &namespace).await;
        until("it says why", async || {
            let unmet = candidate.readiness.unmet().concat();
            let says = unmet.starts_with("test/lease: merger: ") && unmet.contains("forbidden");
            says.then_some(())
        })
        .await;
        candidate.end().await;
    }
}

#[tokio::test]
async fn a_lease_goes_with_the_account_that_made_it() {
    let cluster = shared().await;
    let namespace = cluster.namespace("owned").await;
    let rule: PolicyRule = serde_json::from_value(json!({
        "apiGroups": ["coordination.k8s.io"],
        "resources": ["leases"],
        "verbs": ["get", "create", "patch"],
    }))
    .unwrap();
    let account = cluster
        .account(&namespace, "merger", &[rule], Scope::Namespace)
        .await;
    let mut candidate = Candidate::start(&account, &namespace).await;
    assert_eq!(candidate.leads().await, 1);
    let accounts: Api<ServiceAccount> = Api::namespaced(cluster.client(), &namespace);
    let params = DeleteParams::default();
    let _ = accounts.delete("merger", &params).await.unwrap();
    let leases: Api<Lease> = Api::namespaced(cluster.client(), &namespace);
    until("the Lease is gone", async || {
        let left = leases.get_opt("merger").await.unwrap();
        left.is_none().then_some(())
    })
    .await;
    candidate.end().await;
}

#[tokio::test]
async fn a_standby_follows_a_stopped_and_a_killed_leader() {
    let cluster = shared().await;
    let namespace = cluster.namespace("lease").await;
    let mut first = Candidate::start(cluster.kubeconfig(), &namespace).await;
    assert_eq!(first.leads().await, 1);
    let mut second = Candidate::start(cluster.kubeconfig(), &namespace).await;
    let mut third = Candidate::start(cluster.kubeconfig(), &namespace).await;

    let begun = Instant::now();
    first.stop.cancel();
    let (epoch, mut leader, mut standby) = tokio::select! {
        epoch = second.leads() => (epoch, second, third),
        epoch = third.leads() => (epoch, third, second),
    };
    let took = begun.elapsed();
    eprintln!("measured: {took:?} from a graceful stop to the next leader");
    assert_eq!(epoch, 2);
    assert!(took < Duration::from_secs(3), "{took:?}");
    first.task.join_next().await.unwrap().unwrap();

    // Dropped where it stands, as by a SIGKILL: nothing is released.
    let begun = Instant::now();
    leader.task.abort_all();
    let epoch = standby.leads().await;
    let took = begun.elapsed();
    eprintln!("measured: {took:?} from a kill to the next leader");
    assert_eq!(epoch, 3);
    assert!(
        took > Duration::from_secs(2),
        "{took:?}: it was still leading"
    );
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert!(!leader.leadership.may_write());
    assert!(
        leader
            .leadership
            .changed()
            .await
            .is_none_or(|epoch| epoch == 2)
    );
    standby.end().await;
}

#[tokio::test]
async fn the_same_holder_comes_back_with_another_epoch() {
    let cluster = shared().await;
    let namespace = cluster.namespace("lease").await;
    for epoch in 1..4 {
        let mut candidate = Candidate::start(cluster.kubeconfig(), &namespace).await;
        assert_eq!(candidate.leads().await, epoch);
        candidate.end().await;
    }
}

#[tokio::test]
async fn a_leader_steps_down_when_nobody_answers_and_one_leads_again_afterwards() {
    let server = Server::start(Options {
        controllers: Some(Vec::new()),
        ..Options::default()
    })
    .await;
    let kubeconfig = server.cluster().kubeconfig().to_owned();
    let mut first = Candidate::start(&kubeconfig, "default").await;
    assert_eq!(first.leads().await, 1);
    let second = Candidate::start(&kubeconfig, "default").await;

    server.pause();
    let begun = Instant::now();
    first.leadership.lost(1).await;
    let took = begun.elapsed();
    eprintln!("measured: {took:?} until a leader without an API server stepped down");
    assert!(took < Duration::from_secs(4), "{took:?}");
    assert!(!first.leadership.may_write());
    assert!(!second.leadership.may_write());
    server.resume();
    until("one of the two leads", async || {
        let leading = [&first, &second].map(|candidate| candidate.leadership.leading());
        assert!(leading.iter().flatten().count() < 2, "{leading:?}");
        leading
            .into_iter()
            .flatten()
            .next()
            .filter(|epoch| *epoch > 1)
    })
    .await;
}

#[tokio::test]
async fn a_leader_that_may_not_write_any_more_steps_down_and_one_that_may_again_leads_anew() {
    let admin = shared().await;
    let namespace = admin.namespace("lease").await;
    let rule: PolicyRule = serde_json::from_value(json!({
        "apiGroups": ["coordination.k8s.io"],
        "resources": ["leases"],
        "verbs": ["get", "create", "patch"],
    }))
    .unwrap();
    let account = admin
        .account(
            &namespace,
            "merger",
            std::slice::from_ref(&rule),
            Scope::Namespace,
        )
        .await;
    let mut candidate = Candidate::start(&account, &namespace).await;
    assert_eq!(candidate.leads().await, 1);
    let with_rules = |rules: &[PolicyRule]| {
        json!({
            "apiVersion": "rbac.authorization.k8s.io/v1",
            "kind": "Role",
            "metadata": { "name": "merger", "namespace": namespace },
            "rules": rules,
        })
    };
    admin.apply(&with_rules(&[])).await.unwrap();
    candidate.leadership.lost(1).await;
    assert!(!candidate.leadership.may_write());
    admin.apply(&with_rules(&[rule])).await.unwrap();
    assert_eq!(candidate.leads().await, 2);
    candidate.end().await;
}

/// A thread that holds up its runtime is as good as SIGSTOP: no timer fires, nothing is renewed.
#[test]
fn a_leader_that_was_paused_knows_before_any_of_its_tasks_has_run() {
    let paused = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .unwrap();
    let others = tokio::runtime::Runtime::new().unwrap();
    let (cluster, namespace) = others.block_on(async {
        let cluster = shared().await;
        let namespace = cluster.namespace("lease").await;
        (cluster, namespace)
    });
    let kubeconfig = cluster.kubeconfig();
    let first = paused.block_on(async {
        let mut first = Candidate::start(kubeconfig, &namespace).await;
        assert_eq!(first.leads().await, 1);
        first
    });
    assert!(first.leadership.may_write());
    // Nobody polls the first one's runtime any more.
    let second = others.block_on(async {
        let mut second = Candidate::start(kubeconfig, &namespace).await;
        assert_eq!(second.leads().await, 2);
        second
    });
    assert!(!first.leadership.may_write(), "both may write");
    paused.block_on(async {
        until("the first one finds out who leads", async || {
            assert!(!first.leadership.may_write());
            (!first.task.is_empty()).then_some(())
        })
        .await;
    });
    assert!(second.leadership.may_write());
    others.block_on(async {
        second.end().await;
    });
}
