use rstest::rstest;
use tributary_model::resource::{Author, CarriedStatus};

use super::*;

const SET: &str = "
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: {METADATA}
spec:
  parentRef: {name: web}
  listeners: [{name: http, port: 80, protocol: HTTP}]
";

fn set(metadata: &str) -> String {
    SET.replace("METADATA", metadata)
}

#[test]
fn absent_metadata_gets_the_defaults() {
    let object = resource_of(&set("name: app"));
    assert_eq!(*object.meta(), meta("default", "app"));
}

#[test]
fn given_metadata_counts() {
    let object = resource_of(&set(
        "name: app, namespace: team-a, generation: 3, creationTimestamp: 1970-01-01T02:00:01+02:00, deletionTimestamp: 2026-01-01T00:00:00Z",
    ));
    let expected = Meta {
        key: ObjectKey::new("team-a", "app"),
        generation: 3,
        created: Timestamp(1),
        deleting: true,
    };
    assert_eq!(*object.meta(), expected);
}

#[test]
fn null_timestamps_and_labels_are_absent_ones() {
    let object = resource_of(&set(
        "name: app, creationTimestamp: null, deletionTimestamp: null, labels: null",
    ));
    assert_eq!(*object.meta(), meta("default", "app"));
}

#[test]
fn cluster_scoped_kinds_have_no_namespace() {
    let class = resource_of(
        "
apiVersion: gateway.networking.k8s.io/v1
kind: GatewayClass
metadata: {name: alb, namespace: nonsense}
spec: {controllerName: gateway.k8s.aws/alb}
",
    );
    assert_eq!(class.meta().key, ObjectKey::cluster("alb"));
}

#[rstest]
#[case::no_metadata("null", "metadata", "is required")]
#[case::no_name("{}", "metadata.name", "is required")]
#[case::upper_case_name("{name: App}", "metadata.name", "is not a DNS name")]
#[case::name_with_slash("{name: a/b}", "metadata.name", "is not a DNS name")]
#[case::empty_name("{name: ''}", "metadata.name", "must not be empty")]
#[case::dotted_namespace(
    "{name: a, namespace: a.b}",
    "metadata.namespace",
    "is not a DNS label"
)]
#[case::bad_timestamp(
    "{name: a, creationTimestamp: yesterday}",
    "metadata.creationTimestamp",
    "RFC 3339"
)]
#[case::label_that_is_no_string(
    "{name: a, labels: {team: 7}}",
    "metadata.labels.team",
    "invalid type"
)]
#[case::bad_label_value(
    "{name: a, labels: {team: 'a b'}}",
    "metadata.labels[team]",
    "is not a label value"
)]
#[case::bad_label_key(
    "{name: a, labels: {'a b': c}}",
    "metadata.labels[a b]",
    "is not a label key"
)]
fn metadata_is_checked(#[case] metadata: &str, #[case] field: &str, #[case] reason: &str) {
    refused(&SET.replace("{METADATA}", metadata), field, reason);
}

#[test]
fn names_of_253_characters_are_good_and_longer_ones_are_not() {
    let longest = format!("{}a", "a.".repeat(126));
    resource_of(&set(&format!("name: {longest}")));
    refused(
        &set(&format!("name: {longest}b")),
        "metadata.name",
        "1 to 253 characters",
    );
}

#[rstest]
#[case::not_an_object("[]", "", "is not a Kubernetes object")]
#[case::no_kind("apiVersion: v1", "kind", "is required")]
#[case::no_api_version("kind: Gateway", "apiVersion", "is required")]
#[case::kind_is_a_number("{apiVersion: v1, kind: 3}", "kind", "must be a string")]
fn documents_that_cannot_be_named_are_refused(
    #[case] text: &str,
    #[case] field: &str,
    #[case] reason: &str,
) {
    refused(text, field, reason);
}

#[rstest]
#[case::other_kind(
    "{apiVersion: apps/v1, kind: Deployment}",
    "apps/v1 Deployment is not a kind that is read"
)]
#[case::kind_of_another_group(
    "{apiVersion: networking.istio.io/v1, kind: Gateway}",
    "networking.istio.io/v1 Gateway is not a kind that is read"
)]
#[case::older_version(
    "{apiVersion: gateway.networking.k8s.io/v1alpha2, kind: Gateway}",
    "Gateway is read at v1 and v1beta1, not at v1alpha2"
)]
#[case::opaque_secret(
    "{apiVersion: v1, kind: Secret, data: {a: Yg==}}",
    "a Secret of type Opaque is not read"
)]
fn what_is_not_ours_is_foreign(#[case] text: &str, #[case] message: &str) {
    assert_eq!(foreign(text).to_string(), message);
    assert_eq!(identify(&yaml(text), &defaults()), Ok(None));
}

#[test]
fn rejections_name_the_object_as_far_as_it_is_known() {
    let named = normalize(
        &yaml(&set("name: app").replace("port: 80", "port: 0")),
        &defaults(),
    );
    let rejected = named.unwrap_err();
    assert_eq!(rejected.object, "ListenerSet default/app");
    assert_eq!(
        rejected.to_string(),
        "ListenerSet default/app: spec.listeners[0].port: must be 1 to 65535, it is 0"
    );
    assert!(rejected.object_ref.is_some());

    let misnamed = normalize(&yaml(&set("name: A, namespace: x")), &defaults()).unwrap_err();
    assert_eq!(misnamed.object, "ListenerSet x/A");
    assert_eq!(misnamed.object_ref, None);
}

#[test]
fn identification_does_not_look_at_the_spec() {
    let object = yaml(&set("name: app").replace("port: 80", "port: 0"));
    let expected = ObjectRef::new(Kind::ListenerSet, ObjectKey::new("default", "app"));
    assert_eq!(identify(&object, &defaults()), Ok(Some(expected)));
}

#[test]
fn unknown_fields_are_named_and_ignored() {
    let (object, warnings) = accepted(
        &set("name: app, annotations: {a: b}, uid: x, lables: {a: b}")
            .replace("spec:", "colour: red\nspec:")
            .replace("protocol: HTTP", "protocol: HTTP, colour: red")
            .replace("parentRef:", "sectionNames: []\n  parentRef:"),
    );
    assert_eq!(*object.resource, resource_of(&set("name: app")));
    let fields: Vec<_> = warnings
        .iter()
        .map(|warning| warning.field.as_str())
        .collect();
    assert_eq!(
        fields,
        [
            "colour",
            "metadata.lables",
            "spec.listeners[0].colour",
            "spec.sectionNames"
        ]
    );
}

#[test]
fn the_status_comes_along() {
    let (object, _) = accepted(&format!("{}\nstatus: {{conditions: []}}", set("name: app")));
    let status = Status::ListenerSet(tributary_model::status::ListenerSetStatus::default());
    // Whose it is, the object's text does not say.
    let author = Author::Unknown;
    assert_eq!(object.status, Some(CarriedStatus { status, author }));
}

#[test]
fn a_status_that_cannot_be_read_costs_itself() {
    let (object, warnings) = accepted(&format!(
        "{}\nstatus: {{conditions: [{{type: Accepted, status: true, reason: A, message: '', lastTransitionTime: 2026-01-01T00:00:00Z}}]}}",
        set("name: app")
    ));
    assert_eq!(object.status, None);
    assert_eq!(warnings[0].field, "status.conditions[0].status");
}

#[test]
fn lists_are_expanded_however_deep() {
    let expanded = expand(yaml(
        "
kind: List
apiVersion: v1
items:
- {kind: A, apiVersion: x/v1}
- kind: BList
  apiVersion: y/v1
  items: [{metadata: {name: b}}, {kind: Other, apiVersion: z/v1}]
- kind: List
  items: []
",
    ));
    let names: Vec<_> = expanded
        .iter()
        .map(|object| format!("{} {}", object["apiVersion"], object["kind"]))
        .collect();
    assert_eq!(
        names,
        [r#""x/v1" "A""#, r#""y/v1" "B""#, r#""z/v1" "Other""#]
    );
}

#[test]
fn an_object_that_is_no_list_expands_to_itself() {
    let object = yaml(&set("name: app"));
    assert_eq!(expand(object.clone()), [object]);
    assert_eq!(expand(Value::Null), [Value::Null]);
}

#[rstest]
#[case(0, "1970-01-01T00:00:00Z")]
#[case(1_795_420_800, "2026-11-23T08:00:00Z")]
#[case(-1, "1969-12-31T23:59:59Z")]
fn timestamps_go_both_ways(#[case] seconds: i64, #[case] text: &str) {
    assert_eq!(timestamp_to_rfc3339(Timestamp(seconds)), text);
    assert_eq!(timestamp_from_rfc3339(text), Ok(Timestamp(seconds)));
}

#[test]
fn timestamps_beyond_every_calendar_are_clamped() {
    assert!(timestamp_to_rfc3339(Timestamp(i64::MAX)).starts_with("9999-"));
    assert!(timestamp_to_rfc3339(Timestamp(i64::MIN)).starts_with("-009999-"));
}

#[test]
fn a_refusal_quotes_no_more_than_a_person_reads() {
    let long = "x".repeat(1 << 20);
    let object = set(&format!("name: {long}"));
    let rejected = normalize(&yaml(&object), &defaults()).unwrap_err();
    assert!(rejected.to_string().len() < 2_000);
    // As long as YAML lets a key be.
    let (_, warnings) = accepted(&set(&format!("name: app, {}: 1", &long[..1_000])));
    assert!(warnings[0].field.len() < 600);
}

#[test]
fn an_object_that_people_ask_about_has_its_labels_beside_it() {
    let (object, warnings) = accepted(&set("name: app, labels: {team: a, example.com/tier: ''}"));
    assert_eq!(object.labels.text(), "example.com/tier=\nteam=a");
    assert_eq!(warnings, []);
    let (service, _) = accepted(
        "
apiVersion: v1
kind: Service
metadata: {name: app, labels: {team: a}}
spec: {ports: [{port: 80}]}
",
    );
    assert!(service.labels.is_empty());
}

#[test]
fn labels_of_more_than_16_kib_are_left_out_with_a_warning() {
    let labels = |count: usize| {
        let labels = (0..count).map(|number| format!("k{number:03}: '{}'", "x".repeat(59)));
        let labels: Vec<String> = labels.collect();
        set(&format!("name: app, labels: {{{}}}", labels.join(", ")))
    };
    // Each takes 64 bytes and its line end, but for the last.
    let (most, warnings) = accepted(&labels(252));
    assert_eq!(most.labels.text().len(), 252 * 65 - 1);
    assert_eq!(warnings, []);
    let (more, warnings) = accepted(&labels(253));
    assert!(more.labels.is_empty());
    let [Warning { field, reason }] = &warnings[..] else {
        panic!("{warnings:?}");
    };
    assert_eq!(field, "metadata.labels");
    assert_eq!(
        reason,
        "nobody can select the object by its labels: they have 16444 bytes, and the most is 16384"
    );
}

#[rstest]
#[case::number("{a: 1}", "metadata.annotations.a", "expected a string")]
#[case::key("{a b: c}", "metadata.annotations[a b]", "is not an annotation's key")]
#[case::prefix(
    "{a_b/c: d}",
    "metadata.annotations[a_b/c]",
    "is not an annotation's key"
)]
fn bad_annotations(#[case] annotations: &str, #[case] field: &str, #[case] reason: &str) {
    let text = format!(
        "apiVersion: v1\nkind: Namespace\nmetadata: {{name: a, annotations: {annotations}}}"
    );
    refused(&text, field, reason);
}

#[test]
fn the_prefix_of_an_annotation_may_have_capitals() {
    resource_of("{apiVersion: v1, kind: Namespace, metadata: {name: a, annotations: {A.b/C: d}}}");
}
