//! What the API server does with nobody listening and nothing else to do: no start can be faster.

use std::time::Instant;

use futures::stream::{self, StreamExt};
use kube::api::{Api, ApiResource, DynamicObject, ListParams, Patch, PatchParams};
use kube::core::GroupVersionKind;
use serde_json::json;
use tributary_tests_kubernetes::cluster::Cluster;

use crate::figures::Figures;

/// As many as the status writer has under way.
const WRITERS: usize = 32;

/// Every HTTPRoute's status is written once more, as the status writer does it, with another message in one condition.
pub(crate) async fn measure(figures: &mut Figures, name: &str, cluster: &Cluster) {
    let kind = GroupVersionKind::gvk("gateway.networking.k8s.io", "v1", "HTTPRoute");
    let resource = ApiResource::from_gvk(&kind);
    let all: Api<DynamicObject> = Api::all_with(cluster.client(), &resource);
    let routes = all.list(&ListParams::default()).await.unwrap().items;
    let (begun, count) = (Instant::now(), routes.len());
    stream::iter(routes)
        .for_each_concurrent(WRITERS, async |mut route| {
            let status = &mut route.data["status"];
            status["parents"][0]["conditions"][0]["message"] = json!("once more");
            let patch = json!({
                "metadata": { "resourceVersion": route.metadata.resource_version },
                "status": status,
            });
            let namespace = route.metadata.namespace.as_deref().unwrap();
            let api: Api<DynamicObject> =
                Api::namespaced_with(cluster.client(), namespace, &resource);
            let name = route.metadata.name.as_deref().unwrap();
            api.patch_status(name, &PatchParams::default(), &Patch::Merge(&patch))
                .await
                .unwrap();
        })
        .await;
    let took = begun.elapsed().as_secs_f64();
    figures.add(
        format!("{name}: {count} status writes, the API server alone"),
        "s",
        "",
        vec![took],
    );
}
