//! A GatewayClass in use has Gateway API's finalizer, and loses no other.

use kube::api::DeleteParams;
use serde_json::json;
use tributary_model::holder::CLASS_IN_USE;
use tributary_model::resolved::ClassMark;
use tributary_model::{Kind, ObjectKey, ObjectRef};
use tributary_tests_kubernetes::shared::shared;
use tributary_tests_kubernetes::wait::until;

use crate::objects::{class_to_mark, manifest};
use crate::system::{Seen, System};

const OTHERS: &str = "example.com/theirs";

#[tokio::test]
async fn a_class_in_use_stays_until_no_gateway_uses_it() {
    let cluster = shared().await;
    let name = cluster.namespace("marks").await;
    let class = ObjectRef::new(Kind::GatewayClass, ObjectKey::cluster(&*name));
    let mut created = manifest(&class);
    created["metadata"]["finalizers"] = json!([OTHERS]);
    cluster.apply(&created).await.unwrap();
    let seen = Seen::new(cluster.client(), &class);
    let finalizers = async || seen.object().await.metadata.finalizers.unwrap_or_default();
    let system = System::start(&cluster).await;
    let judge = async |mark| {
        let current = seen.status().await;
        system.merger.judge(class_to_mark(&class, mark), current);
        assert_eq!(system.merger.settled().await.failed, []);
    };

    judge(ClassMark::Missing).await;
    assert_eq!(finalizers().await, [OTHERS, CLASS_IN_USE]);
    // Nothing is written that is there.
    let version = seen.version().await;
    judge(ClassMark::Stands).await;
    judge(ClassMark::Missing).await;
    assert_eq!(seen.version().await, version);

    seen.api()
        .delete(&name, &DeleteParams::default())
        .await
        .unwrap();
    judge(ClassMark::Stands).await;
    assert_eq!(finalizers().await, [OTHERS, CLASS_IN_USE]);
    judge(ClassMark::Obsolete).await;
    assert_eq!(finalizers().await, [OTHERS]);
    // Its last finalizer is another program's.
    let without = json!({ "metadata": { "finalizers": [] } });
    let patch = kube::api::Patch::Merge(&without);
    seen.api()
        .patch(&name, &kube::api::PatchParams::default(), &patch)
        .await
        .unwrap();
    until("it is gone", async || {
        let left = seen.api().get_opt(&name).await.unwrap();
        left.is_none().then_some(())
    })
    .await;
    // What is gone needs no mark.
    system
        .merger
        .judge(class_to_mark(&class, ClassMark::Obsolete), None);
    assert_eq!(system.merger.settled().await.failed, []);
}
