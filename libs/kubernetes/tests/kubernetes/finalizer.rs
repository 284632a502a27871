//! Our finalizer on a Gateway, among others'.

use k8s_openapi::api::rbac::v1::PolicyRule;
use kube::Api;
use kube::api::{ApiResource, DeleteParams, DynamicObject, Patch, PatchParams};
use serde_json::json;
use tributary_kubernetes::{Class, Cluster, Finalizer};
use tributary_model::elb::LoadBalancerKind::{self, Alb, Nlb};
use tributary_model::{Installation, ObjectKey};
use tributary_tests_kubernetes::accounts::Scope;
use tributary_tests_kubernetes::cluster::Cluster as Admin;
use tributary_tests_kubernetes::shared::shared;
use tributary_tests_kubernetes::wait::until;

const OTHERS: &str = "example.com/theirs";

struct Fixture {
    admin: Admin,
    namespace: String,
    programmer: Cluster,
}

impl Fixture {
    async fn new() -> Self {
        let admin = shared().await;
        let namespace = admin.namespace("finalizer").await;
        let rule: PolicyRule = serde_json::from_value(json!({
            "apiGroups": ["gateway.networking.k8s.io"],
            "resources": ["gateways"],
            "verbs": ["get", "list", "patch"],
        }))
        .unwrap();
        let account = admin
            .account(&namespace, "programmer", &[rule], Scope::Cluster)
            .await;
        Self {
            programmer: Cluster::connect(Some(&account)).await.unwrap(),
            admin,
            namespace,
        }
    }

    async fn gateway(&self, name: &str, finalizers: &[&str]) -> ObjectKey {
        let gateway = json!({
            "apiVersion": "gateway.networking.k8s.io/v1",
            "kind": "Gateway",
            "metadata": { "name": name, "namespace": self.namespace, "finalizers": finalizers },
            "spec": {
                "gatewayClassName": "alb",
                "listeners": [{ "name": "http", "port": 80, "protocol": "HTTP" }],
            },
        });
        self.admin.apply(&gateway).await.unwrap();
        ObjectKey::new(self.namespace.as_str(), name)
    }

    fn api(&self) -> Api<DynamicObject> {
        let resource = ApiResource {
            group: "gateway.networking.k8s.io".to_owned(),
            version: "v1".to_owned(),
            api_version: "gateway.networking.k8s.io/v1".to_owned(),
            kind: "Gateway".to_owned(),
            plural: "gateways".to_owned(),
        };
        Api::namespaced_with(self.admin.client(), &self.namespace, &resource)
    }

    /// Of this test: others share the server.
    async fn leaving(&self, kind: LoadBalancerKind) -> Vec<ObjectKey> {
        let mut leaving = self.programmer.leaving(kind).await.unwrap();
        leaving.retain(|key| *key.namespace == *self.namespace);
        leaving
    }

    /// Its finalizers and its resource version.
    async fn read(&self, name: &str) -> (Vec<String>, String) {
        let metadata = self.api().get(name).await.unwrap().metadata;
        (
            metadata.finalizers.unwrap_or_default(),
            metadata.resource_version.unwrap(),
        )
    }
}

#[tokio::test]
async fn it_is_written_once_and_others_stay() {
    let fixture = Fixture::new().await;
    let programmer = &fixture.programmer;
    for (name, others) in [("alone", &[][..]), ("among-others", &[OTHERS][..])] {
        let key = fixture.gateway(name, others).await;
        let added = programmer.add_finalizer(&key, Alb).await.unwrap();
        assert_eq!(added, Finalizer::Written);
        let (finalizers, version) = fixture.read(name).await;
        assert_eq!(
            finalizers,
            [others, &[&Installation::default().finalizer(Alb)]].concat()
        );
        let again = programmer.add_finalizer(&key, Alb).await.unwrap();
        assert_eq!(again, Finalizer::Unchanged);
        assert_eq!(fixture.read(name).await.1, version, "nothing to write");

        let removed = programmer.remove_finalizer(&key, Alb).await.unwrap();
        assert_eq!(removed, Finalizer::Written);
        let (finalizers, version) = fixture.read(name).await;
        assert_eq!(finalizers, others);
        let again = programmer.remove_finalizer(&key, Alb).await.unwrap();
        assert_eq!(again, Finalizer::Unchanged);
        assert_eq!(fixture.read(name).await.1, version, "nothing to write");
    }
}

#[tokio::test]
async fn a_deleted_gateway_stays_until_it_is_removed() {
    let fixture = Fixture::new().await;
    let programmer = &fixture.programmer;
    let key = fixture.gateway("web", &[]).await;
    programmer.add_finalizer(&key, Alb).await.unwrap();
    assert_eq!(fixture.leaving(Alb).await, []);
    fixture
        .api()
        .delete("web", &DeleteParams::default())
        .await
        .unwrap();
    let metadata = fixture.api().get("web").await.unwrap().metadata;
    assert!(metadata.deletion_timestamp.is_some());
    assert_eq!(fixture.leaving(Alb).await, std::slice::from_ref(&key));
    assert_eq!(fixture.leaving(Nlb).await, []);
    let removed = programmer.remove_finalizer(&key, Alb).await.unwrap();
    assert_eq!(removed, Finalizer::Written);
    until("the Gateway is gone", async || {
        let found = fixture.api().get_opt("web").await.unwrap();
        found.is_none().then_some(())
    })
    .await;
    // Whoever comes too late finds nothing, which is fine.
    for outcome in [
        programmer.remove_finalizer(&key, Alb).await,
        programmer.add_finalizer(&key, Alb).await,
    ] {
        assert_eq!(outcome.unwrap(), Finalizer::Gone);
    }
}

#[tokio::test]
async fn none_is_added_to_a_gateway_that_is_being_deleted() {
    let fixture = Fixture::new().await;
    let key = fixture.gateway("web", &[OTHERS]).await;
    fixture
        .api()
        .delete("web", &DeleteParams::default())
        .await
        .unwrap();
    let added = fixture.programmer.add_finalizer(&key, Alb).await.unwrap();
    assert_eq!(added, Finalizer::Gone);
    let none = json!({ "metadata": { "finalizers": null } });
    fixture
        .api()
        .patch("web", &PatchParams::default(), &Patch::Merge(none))
        .await
        .unwrap();
}

#[tokio::test]
async fn what_others_write_meanwhile_is_kept() {
    let fixture = Fixture::new().await;
    let programmer = &fixture.programmer;
    let key = fixture.gateway("web", &["example.com/first"]).await;
    let meddling = async {
        for round in 0..20 {
            let patch = json!({ "metadata": { "finalizers": [format!("example.com/f{round}")] } });
            let (finalizers, version) = fixture.read("web").await;
            let mut patch = patch;
            patch["metadata"]["resourceVersion"] = json!(version);
            // Who writes the whole list has to keep ours, too.
            if finalizers
                .iter()
                .any(|it| *it == Installation::default().finalizer(Alb))
            {
                patch["metadata"]["finalizers"]
                    .as_array_mut()
                    .unwrap()
                    .push(json!(Installation::default().finalizer(Alb)));
            }
            match fixture
                .api()
                .patch("web", &PatchParams::default(), &Patch::Merge(patch))
                .await
            {
                Ok(_) => {}
                Err(kube::Error::Api(status)) if status.code == 409 => {}
                Err(error) => panic!("{error}"),
            }
            let theirs = fixture.read("web").await.0;
            assert!(
                theirs.iter().any(|it| it.starts_with("example.com/")),
                "{theirs:?}"
            );
        }
    };
    let writing = async {
        for _ in 0..10 {
            for outcome in [
                programmer.add_finalizer(&key, Alb).await,
                programmer.remove_finalizer(&key, Alb).await,
            ] {
                match outcome {
                    Ok(_) => {}
                    Err(failure) => assert_eq!(failure.class, Class::Conflict, "{failure}"),
                }
            }
        }
    };
    tokio::join!(meddling, writing);
}
