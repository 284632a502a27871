use rstest::rstest;
use tributary_model::Installation;
use tributary_model::holder::Holder;
use tributary_model::listener::{CertificateRef, FrontendTls, FrontendValidation};
use tributary_model::resource::{Gateway, GatewayClass, ParametersRef, ParentGatewayRef};
use tributary_model::selector::{FromNamespaces, LabelOperator, LabelRequirement, LabelSelector};

use super::*;

fn gateway_yaml(spec: &str) -> String {
    format!(
        "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: web, namespace: infra}}
spec:
  gatewayClassName: alb
  listeners: [{{name: http, port: 80, protocol: HTTP}}]
  {spec}
"
    )
}

fn gateway(spec: &str) -> Gateway {
    match resource_of(&gateway_yaml(spec)) {
        Resource::Gateway(gateway) => *gateway,
        other => panic!("not a Gateway: {other:?}"),
    }
}

#[test]
fn a_plain_gateway_gets_every_default() {
    let Gateway {
        meta,
        class_name,
        listeners,
        allowed_listeners,
        parameters_ref,
        frontend_tls,
        requests_addresses,
        unsupported,
        holders,
    } = gateway("");
    assert_eq!(meta, super::meta("infra", "web"));
    assert_eq!(&*class_name, "alb");
    assert_eq!(listeners.len(), 1);
    assert_eq!(allowed_listeners, FromNamespaces::None);
    assert_eq!(parameters_ref, None);
    assert_eq!(frontend_tls, FrontendTls::default());
    assert!(!requests_addresses);
    assert!(holders.is_empty());
    assert!(unsupported.is_empty());
}

#[rstest]
#[case::labels("infrastructure: {labels: {a: b}}", "infrastructure.labels")]
#[case::annotations("infrastructure: {annotations: {a: b}}", "infrastructure.annotations")]
#[case::client_certificate("tls: {backend: {clientCertificateRef: {name: c}}}", "tls.backend")]
#[case::default_scope("defaultScope: All", "defaultScope")]
fn what_no_elb_can_do_is_named(#[case] spec: &str, #[case] field: &str) {
    assert_eq!(gateway(spec).unsupported, [field]);
}

#[rstest]
#[case::absent("{}", FromNamespaces::None)]
#[case::empty_namespaces("{namespaces: {}}", FromNamespaces::None)]
#[case::none("{namespaces: {from: None}}", FromNamespaces::None)]
#[case::same("{namespaces: {from: Same}}", FromNamespaces::Same)]
#[case::all("{namespaces: {from: All}}", FromNamespaces::All)]
#[case::selector_without_selector("{namespaces: {from: Selector}}", FromNamespaces::Selector(None))]
#[case::selector_is_kept_for_selector_only(
    "{namespaces: {from: Same, selector: {matchLabels: {a: b}}}}",
    FromNamespaces::Same
)]
#[case::selector(
    "{namespaces: {from: Selector, selector: {matchLabels: {a: b}, matchExpressions: [{key: c, operator: NotIn, values: [d]}]}}}",
    FromNamespaces::Selector(Some(LabelSelector {
        match_labels: [("a".to_owned(), "b".to_owned())].into(),
        match_expressions: vec![LabelRequirement {
            key: "c".to_owned(),
            operator: LabelOperator::NotIn,
            values: vec!["d".to_owned()],
        }],
    }))
)]
fn allowed_listeners(#[case] allowed: &str, #[case] expected: FromNamespaces) {
    let gateway = gateway(&format!("allowedListeners: {allowed}"));
    assert_eq!(gateway.allowed_listeners, expected);
}

#[test]
fn parameters_of_a_gateway_are_of_its_namespace() {
    let gateway = gateway(
        "infrastructure: {parametersRef: {group: gateway.k8s.aws, kind: LoadBalancerConfiguration, name: lb}}",
    );
    let expected = ParametersRef {
        group: "gateway.k8s.aws".to_owned(),
        kind: "LoadBalancerConfiguration".to_owned(),
        namespace: None,
        name: "lb".into(),
    };
    assert_eq!(gateway.parameters_ref, Some(expected));
}

#[test]
fn frontend_validation_is_kept_by_port() {
    let gateway = gateway(
        "
  tls:
    frontend:
      default: {validation: {caCertificateRefs: [{group: '', kind: ConfigMap, name: ca}]}}
      perPort:
      - port: 8443
        tls: {}
      - port: 9443
        tls: {validation: {mode: AllowInsecureFallback, caCertificateRefs: [{group: '', kind: ConfigMap, name: ca, namespace: pki}]}}
",
    );
    let validation = |namespace: Option<&str>, allow_insecure_fallback| FrontendValidation {
        ca_certificate_refs: vec![CertificateRef {
            group: String::new(),
            kind: "ConfigMap".to_owned(),
            namespace: namespace.map(Into::into),
            name: "ca".into(),
        }],
        allow_insecure_fallback,
    };
    let expected = FrontendTls {
        default: Some(validation(None, false)),
        per_port: [(8443, None), (9443, Some(validation(Some("pki"), true)))].into(),
    };
    assert_eq!(gateway.frontend_tls, expected);
}

#[test]
fn who_made_a_load_balancer_for_a_gateway_shows_in_its_finalizers() {
    use tributary_model::elb::LoadBalancerKind::{Alb, Nlb};
    let holders = |finalizers: &str| {
        let metadata = format!("{{name: web, namespace: infra, finalizers: [{finalizers}]}}");
        let yaml = gateway_yaml("").replace("{name: web, namespace: infra}", &metadata);
        match resource_of(&yaml) {
            Resource::Gateway(gateway) => gateway.holders.into_iter().collect::<Vec<_>>(),
            other => panic!("not a Gateway: {other:?}"),
        }
    };
    let lbc = Holder::AwsLoadBalancerController;
    assert_eq!(holders("gateway.k8s.aws/alb"), [lbc(Alb)]);
    assert_eq!(holders("gateway.k8s.aws/nlb"), [lbc(Nlb)]);
    assert_eq!(
        holders("example.com/x, gateway.tributary.dev/load-balancer-nlb"),
        [Holder::Tributary(Installation::default(), Nlb)]
    );
    assert_eq!(
        holders("gateway.tributary.dev/west.load-balancer-alb"),
        [Holder::Tributary("west".parse().unwrap(), Alb)]
    );
    assert_eq!(holders("gateway.k8s.aws/gatewayclass"), []);
}

#[test]
fn asking_for_addresses_is_noted() {
    assert!(gateway("addresses: [{value: 1.2.3.4}]").requests_addresses);
}

#[rstest]
#[case::unknown_from(
    "allowedListeners: {namespaces: {from: Some}}",
    "spec.allowedListeners.namespaces.from",
    "unknown variant `Some`"
)]
#[case::unknown_operator(
    "allowedListeners: {namespaces: {from: Selector, selector: {matchExpressions: [{key: a, operator: Is}]}}}",
    "spec.allowedListeners.namespaces.selector.matchExpressions[0].operator",
    "none of In, NotIn, Exists, DoesNotExist"
)]
#[case::in_without_values(
    "allowedListeners: {namespaces: {from: Selector, selector: {matchExpressions: [{key: a, operator: In}]}}}",
    "spec.allowedListeners.namespaces.selector.matchExpressions[0].values",
    "must not be empty"
)]
#[case::exists_with_values(
    "allowedListeners: {namespaces: {from: Selector, selector: {matchExpressions: [{key: a, operator: Exists, values: [b]}]}}}",
    "spec.allowedListeners.namespaces.selector.matchExpressions[0].values",
    "must be empty"
)]
#[case::parameters_without_name(
    "infrastructure: {parametersRef: {group: a.b, kind: C}}",
    "spec.infrastructure.parametersRef.name",
    "is required"
)]
#[case::frontend_without_default("tls: {frontend: {}}", "spec.tls.frontend.default", "is required")]
#[case::frontend_without_references(
    "tls: {frontend: {default: {validation: {caCertificateRefs: []}}}}",
    "spec.tls.frontend.default.validation.caCertificateRefs",
    "1 to 16 entries"
)]
#[case::frontend_port_twice(
    "tls: {frontend: {default: {}, perPort: [{port: 1, tls: {}}, {port: 1, tls: {}}]}}",
    "spec.tls.frontend.perPort[1].port",
    "same port"
)]
fn bad_gateways(#[case] spec: &str, #[case] field: &str, #[case] reason: &str) {
    refused(&gateway_yaml(spec), field, reason);
}

#[rstest]
#[case::no_spec("", "spec", "is required")]
#[case::no_class("spec: {listeners: []}", "spec.gatewayClassName", "is required")]
#[case::empty_class(
    "spec: {gatewayClassName: '', listeners: [{name: a, port: 1, protocol: TCP}]}",
    "spec.gatewayClassName",
    "must not be empty"
)]
#[case::no_listeners(
    "spec: {gatewayClassName: a, listeners: []}",
    "spec.listeners",
    "1 to 64"
)]
fn incomplete_gateways(#[case] spec: &str, #[case] field: &str, #[case] reason: &str) {
    let text = format!(
        "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: web, namespace: infra}}
{spec}
"
    );
    refused(&text, field, reason);
}

fn class_yaml(spec: &str) -> String {
    format!(
        "
apiVersion: gateway.networking.k8s.io/v1beta1
kind: GatewayClass
metadata: {{name: alb}}
spec: {spec}
"
    )
}

#[test]
fn a_class_may_have_parameters_in_a_namespace() {
    let class = resource_of(&class_yaml(
        "{controllerName: gateway.k8s.aws/alb, description: d, parametersRef: {group: gateway.k8s.aws, kind: LoadBalancerConfiguration, name: lb, namespace: infra}}",
    ));
    let expected = GatewayClass {
        meta: Meta {
            key: ObjectKey::cluster("alb"),
            ..meta("", "")
        },
        controller_name: "gateway.k8s.aws/alb".to_owned(),
        parameters_ref: Some(ParametersRef {
            group: "gateway.k8s.aws".to_owned(),
            kind: "LoadBalancerConfiguration".to_owned(),
            namespace: Some("infra".into()),
            name: "lb".into(),
        }),
        marked_in_use: false,
    };
    assert_eq!(class, Resource::GatewayClass(expected));
}

#[rstest]
#[case::no_controller("{}", "spec.controllerName", "is required")]
#[case::controller_without_path(
    "{controllerName: alb}",
    "spec.controllerName",
    "a domain, '/' and a path"
)]
#[case::controller_with_upper_case_domain(
    "{controllerName: A.b/c}",
    "spec.controllerName",
    "a domain"
)]
#[case::bad_group(
    "{controllerName: a/b, parametersRef: {group: A, kind: C, name: lb}}",
    "spec.parametersRef.group",
    "is not an API group"
)]
#[case::bad_kind(
    "{controllerName: a/b, parametersRef: {group: a, kind: 1C, name: lb}}",
    "spec.parametersRef.kind",
    "is not a kind"
)]
fn bad_classes(#[case] spec: &str, #[case] field: &str, #[case] reason: &str) {
    refused(&class_yaml(spec), field, reason);
}

fn set_yaml(parent: &str) -> String {
    format!(
        "
apiVersion: gateway.networking.k8s.io/v1
kind: ListenerSet
metadata: {{name: app, namespace: team-a}}
spec:
  parentRef: {parent}
  listeners: [{{name: http, port: 80, protocol: HTTP}}]
"
    )
}

#[rstest]
#[case::defaults("{name: web}", "gateway.networking.k8s.io", "Gateway", "team-a")]
#[case::other_namespace(
    "{name: web, namespace: infra}",
    "gateway.networking.k8s.io",
    "Gateway",
    "infra"
)]
#[case::any_kind_is_admitted("{name: web, group: x.y, kind: Mesh}", "x.y", "Mesh", "team-a")]
fn parents_of_sets(
    #[case] parent: &str,
    #[case] group: &str,
    #[case] kind: &str,
    #[case] namespace: &str,
) {
    let Resource::ListenerSet(set) = resource_of(&set_yaml(parent)) else {
        panic!("not a ListenerSet");
    };
    let expected = ParentGatewayRef {
        group: group.to_owned(),
        kind: kind.to_owned(),
        key: ObjectKey::new(namespace, "web"),
    };
    assert_eq!(set.parent_ref, expected);
}

#[rstest]
#[case::nameless("{}", "spec.parentRef.name", "is required")]
#[case::bad_namespace(
    "{name: a, namespace: A}",
    "spec.parentRef.namespace",
    "is not a DNS label"
)]
fn bad_parents_of_sets(#[case] parent: &str, #[case] field: &str, #[case] reason: &str) {
    refused(&set_yaml(parent), field, reason);
}

#[rstest]
#[case::label(
    "infrastructure: {labels: {a: b c}}",
    "spec.infrastructure.labels[a]",
    "is not a label value"
)]
#[case::label_key(
    "infrastructure: {labels: {A/b: c}}",
    "spec.infrastructure.labels[A/b]",
    "is not a label key"
)]
#[case::annotation(
    "infrastructure: {annotations: {a/: c}}",
    "spec.infrastructure.annotations[a/]",
    "is not an annotation's key"
)]
#[case::client_certificate(
    "tls: {backend: {clientCertificateRef: {name: a, namespace: A}}}",
    "spec.tls.backend.clientCertificateRef.namespace",
    "is not a DNS label"
)]
fn bad_parts_that_are_not_acted_on(#[case] part: &str, #[case] field: &str, #[case] reason: &str) {
    let text = format!(
        "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: a}}
spec:
  gatewayClassName: a
  listeners: [{{name: a, port: 80, protocol: HTTP}}]
  {part}
"
    );
    refused(&text, field, reason);
}

#[test]
fn an_option_of_tls_has_4096_characters_at_most() {
    let long = "a".repeat(4097);
    let text = format!(
        "
apiVersion: gateway.networking.k8s.io/v1
kind: Gateway
metadata: {{name: a}}
spec:
  gatewayClassName: a
  listeners: [{{name: a, port: 443, protocol: HTTPS, tls: {{options: {{a/b: {long}}}}}}}]
"
    );
    refused(
        &text,
        "spec.listeners[0].tls.options[a/b]",
        "at most 4096 characters",
    );
}

#[test]
fn what_a_backend_tls_policy_says_beside_its_targets_is_known() {
    resource_of(
        "
apiVersion: gateway.networking.k8s.io/v1
kind: BackendTLSPolicy
metadata: {name: a}
spec:
  options: {a/b: c}
  targetRefs: [{group: '', kind: Service, name: a}]
  validation: {hostname: a.example.com, wellKnownCACertificates: System}
",
    );
}
