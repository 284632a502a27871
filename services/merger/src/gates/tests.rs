use axum::body::{Body, to_bytes};
use axum::http::Request;
use serde_json::{Value, json};
use tower::ServiceExt as _;
use tributary_merge::Options;
use tributary_model::resource::SourceObject;
use tributary_model::{Installation, Labels, Resource};
use tributary_runtime::Context;
use tributary_testkit::objects::{class, gateway, http};
use tributary_testkit::routes::http_route;
use tributary_testkit::workloads::service;

use super::*;

/// A merger's state and its pages; nobody leads.
struct World {
    context: Context,
    shared: Arc<Shared>,
    pages: Router,
}

fn world() -> World {
    let context = Context::new("merger");
    let shared = Arc::new(Shared::new(&context, Options::default()));
    let gate = Installation::default().gate();
    let both = BTreeSet::from([LoadBalancerKind::Alb, LoadBalancerKind::Nlb]);
    let pages = Gates::new(Arc::clone(&shared), &context.metrics, gate, both).routes();
    World {
        context,
        shared,
        pages,
    }
}

impl World {
    /// A Service `web` behind a route, and all is read.
    fn knows(&self) {
        let Resource::Service(mut web) = service("shop/web", 80) else {
            unreachable!("it is a Service");
        };
        web.selector = [("app".to_owned(), "web".to_owned())].into();
        let mut state = self.shared.lock().unwrap();
        for resource in [
            class("alb", "gateway.k8s.aws/alb"),
            gateway("shop/gw").listener(http("http", 80)).build(),
            http_route("shop/r")
                .to_gateway("shop/gw")
                .backend("web")
                .build(),
            Resource::Service(web),
        ] {
            state.apply(Arc::new(SourceObject {
                resource: Arc::new(resource),
                status: None,
                resource_version: None,
                labels: Labels::default(),
            }));
        }
        state.mark_complete();
        state.propagate();
    }

    async fn ask(&self, body: impl Into<Body>) -> (StatusCode, Value) {
        let request = Request::post("/pods").body(body.into()).unwrap();
        let answer = self.pages.clone().oneshot(request).await.unwrap();
        let code = answer.status();
        let body = to_bytes(answer.into_body(), usize::MAX).await.unwrap();
        (code, serde_json::from_slice(&body).unwrap_or_default())
    }

    fn counted(&self) -> Vec<String> {
        let text = self.context.metrics.text().unwrap();
        let lines = text.lines();
        let lines =
            lines.filter_map(|it| it.strip_prefix("tributary_pod_admissions_total{outcome="));
        let mut lines: Vec<_> = lines
            .filter(|it| !it.ends_with(" 0"))
            .map(str::to_owned)
            .collect();
        lines.sort();
        lines
    }
}

fn question(operation: &str, app: &str, gates: &[&str]) -> String {
    let gates: Vec<_> = gates
        .iter()
        .map(|it| json!({ "conditionType": it }))
        .collect();
    let kind = json!({ "group": "", "version": "v1", "kind": "Pod" });
    let resource = json!({ "group": "", "version": "v1", "resource": "pods" });
    json!({
        "apiVersion": "admission.k8s.io/v1",
        "kind": "AdmissionReview",
        "request": {
            "uid": "u",
            "kind": kind,
            "resource": resource,
            "namespace": "shop",
            "operation": operation,
            "userInfo": {},
            "object": {
                "apiVersion": "v1",
                "kind": "Pod",
                "metadata": { "labels": { "app": app } },
                "spec": { "containers": [], "readinessGates": gates },
            },
        },
    })
    .to_string()
}

/// What an answer does to the pod.
fn patched(answer: &Value) -> Option<Value> {
    let response = &answer["response"];
    assert_eq!(
        (&response["uid"], &response["allowed"]),
        (&json!("u"), &json!(true))
    );
    let patch: Option<Vec<u8>> = serde_json::from_value(response["patch"].clone()).unwrap();
    patch.map(|patch| serde_json::from_slice(&patch).unwrap())
}

#[tokio::test]
async fn who_does_not_lead_answers_all_the_same() {
    let world = world();
    world.knows();
    let gate = json!({ "conditionType": "gateway.tributary.dev/target-health" });
    let added = json!([{ "op": "add", "path": "/spec/readinessGates/-", "value": gate }]);
    let ours = "gateway.tributary.dev/target-health";
    for (question, expected) in [
        (question("CREATE", "web", &[]), Some(added)),
        (question("CREATE", "web", &[ours]), None),
        (question("CREATE", "other", &[]), None),
        (question("UPDATE", "web", &[]), None),
    ] {
        let (code, answer) = world.ask(question.clone()).await;
        assert_eq!(code, StatusCode::OK, "{question}");
        assert_eq!(patched(&answer), expected, "{question}");
    }
    let each = [
        "\"added\"} 1",
        "\"carried\"} 1",
        "\"no_target\"} 1",
        "\"not_new\"} 1",
    ];
    assert_eq!(world.counted(), each);
}

#[tokio::test]
async fn who_has_not_read_everything_does_not_say_no() {
    let world = world();
    let (code, _) = world.ask(question("CREATE", "web", &[])).await;
    assert_eq!(code, StatusCode::SERVICE_UNAVAILABLE);
    world.knows();
    let (code, answer) = world.ask(question("CREATE", "web", &[])).await;
    assert_eq!(code, StatusCode::OK);
    assert!(patched(&answer).is_some());
    assert_eq!(world.counted(), ["\"added\"} 1", "\"not_ready\"} 1"]);
}

#[tokio::test]
async fn what_is_no_question_is_refused_and_counted() {
    let world = world();
    world.knows();
    for body in ["", "[]", "{\"kind\": \"AdmissionReview\"}"] {
        let (code, _) = world.ask(body).await;
        assert_eq!(code, StatusCode::BAD_REQUEST, "{body}");
    }
    // axum's own bound, where the server says no other.
    let (code, _) = world.ask(vec![b' '; 3_000_000]).await;
    assert_eq!(code, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(world.counted(), ["\"refused\"} 4"]);
}
