//! Who sees one namespace reads nothing of another but what a status says.

use std::sync::Arc;

use proptest::prelude::*;
use tributary_merge::judge::judge;
use tributary_model::judgement::{Judgement, ListenerJudgement};
use tributary_model::resource::SourceObject;
use tributary_model::selector::{FromNamespaces, LabelOperator, LabelRequirement, LabelSelector};
use tributary_model::{Labels, ListenerRef, Resource, controller};
use tributary_runtime::Context;
use tributary_testkit::objects::{ListenerBuilder, class, gateway, http, https, key, listener_set};
use tributary_testkit::routes::http_route;

use super::*;
use crate::shared::Shared;

/// In every name of the others.
const MARK: &str = "zz";

/// A listener: port, host, and whether it is HTTPS.
type Listener = (u16, Option<&'static str>, bool);

/// What the others have: sets with their age and listeners, and whether they send a route to each of the tenant's sets.
#[derive(Clone, Debug)]
struct Others {
    sets: Vec<(i64, Vec<Listener>)>,
    routes: usize,
}

fn any_listener() -> impl Strategy<Value = Listener> {
    let hosts = vec![Some("a.x.com"), Some("*.x.com"), None];
    (80..83_u16, prop::sample::select(hosts), any::<bool>())
}

fn any_others() -> impl Strategy<Value = Others> {
    let set = (0..6_i64, prop::collection::vec(any_listener(), 1..4));
    (prop::collection::vec(set, 0..4), 0..3_usize)
        .prop_map(|(sets, routes)| Others { sets, routes })
}

fn built(name: &str, listener: Listener) -> ListenerBuilder {
    let (port, host, is_https) = listener;
    let builder = if is_https {
        https(name, port, host.unwrap_or("a.x.com"))
    } else {
        match host {
            Some(host) => http(name, port).host(host),
            None => http(name, port),
        }
    };
    builder.routes_from(FromNamespaces::All)
}

/// The Gateway, two sets and a route of namespace `t`, and what the others have.
fn world(own: &[Listener], others: &Others) -> Shared {
    let mut objects = vec![
        class("alb", controller::ALB),
        gateway("infra/gw")
            .allow_all()
            .listener(http("web", 80).routes_from(FromNamespaces::All))
            .build(),
        http_route("t/r")
            .to_gateway("infra/gw")
            .to_set("t/s-0")
            .backend("app")
            .build(),
    ];
    let sets = own.chunks(2).enumerate().map(|(number, listeners)| {
        let mut set = listener_set(&format!("t/s-{number}"), "infra/gw").created(3);
        for (index, listener) in listeners.iter().enumerate() {
            set = set.listener(built(&format!("l-{index}"), *listener));
        }
        set.build()
    });
    objects.extend(sets);
    for (number, (created, listeners)) in others.sets.iter().enumerate() {
        let name = format!("{MARK}-{number}/{MARK}");
        let mut set = listener_set(&name, "infra/gw").created(*created);
        for (index, listener) in listeners.iter().enumerate() {
            set = set.listener(built(&format!("{MARK}-{index}"), *listener));
        }
        objects.push(set.build());
    }
    for number in 0..others.routes {
        let route = http_route(&format!("{MARK}-{number}/{MARK}-r"));
        objects.push(route.to_set("t/s-0").backend("app").build());
    }
    merged(objects)
}

/// Each has its own name for a label, and so the others' have the mark in theirs.
fn label(resource: &Resource) -> Labels {
    let ObjectKey { namespace, name } = &resource.meta().key;
    let labels = [(format!("of-{namespace}"), format!("{namespace}.{name}"))];
    Labels::of(&labels.into()).unwrap()
}

fn merged(objects: Vec<Resource>) -> Shared {
    let shared = Shared::new(&Context::new("merger"), tributary_merge::Options::default());
    let mut state = shared.lock().unwrap();
    state.reset(objects.into_iter().map(|resource| {
        Arc::new(SourceObject {
            labels: label(&resource),
            resource: Arc::new(resource),
            status: None,
            resource_version: None,
        })
    }));
    state.mark_complete();
    state.propagate();
    drop(state);
    shared
}

fn own() -> Sight {
    Sight::Namespace("t".into())
}

/// What the tenant reads of listeners: by the filter and the store that its RPCs use.
fn read(shared: &Shared) -> Vec<Arc<ListenerView>> {
    let sight = own();
    let passes = |_: &ListenerRef, view: &ListenerView| {
        listener_passes(&ListenerFilter::default(), view, &sight)
    };
    shared.listeners_for(&sight).select(passes).1
}

/// What the status of its owner says of a listener: the class of a refusal, and how many routes.
fn status(shared: &Shared, listener: &ListenerRef) -> ListenerJudgement {
    let state = shared.lock().unwrap();
    let judged = judge(state.merge(), &listener.owner.object(), state.reports()).unwrap();
    let Judgement::ListenerSet(judged) = judged else {
        panic!("{judged:?}");
    };
    let mut listeners = judged.listeners.into_iter();
    listeners.find(|it| it.name == listener.name).unwrap()
}

proptest! {
    #[test]
    fn what_a_tenant_reads_follows_from_its_own_and_its_status(
        listeners in prop::collection::vec(any_listener(), 1..5),
        (one, other) in (any_others(), any_others()),
    ) {
        let (one, other) = (world(&listeners, &one), world(&listeners, &other));
        let (in_one, in_other) = (read(&one), read(&other));
        prop_assert_eq!(in_one.len(), listeners.len());
        prop_assert_eq!(in_other.len(), listeners.len());
        for (left, right) in in_one.iter().zip(&in_other) {
            prop_assert!(!format!("{left:?}").contains(MARK), "{left:#?}");
            prop_assert!(!format!("{left:?}").contains("infra.gw"), "{left:#?}");
            let (of_left, of_right) = (&left.resolved, &right.resolved);
            let said = |shared: &Shared, view: &ListenerView| {
                let listener = &view.resolved.listener;
                // Of two sets of its own it knows which one is meant.
                (status(shared, listener), view.resolved.overlapping_tls.clone())
            };
            if said(&one, left) == said(&other, right) && of_left.outcome == of_right.outcome {
                prop_assert_eq!(left, right);
            }
        }
    }

    #[test]
    fn what_a_tenant_is_explained_names_nobody_else(
        listeners in prop::collection::vec(any_listener(), 1..5),
        others in any_others(),
    ) {
        let shared = world(&listeners, &others);
        let state = shared.lock().unwrap();
        for (kind, name) in [
            (Kind::ListenerSet, "t/s-0"),
            (Kind::ListenerSet, "t/s-1"),
            (Kind::HttpRoute, "t/r"),
        ] {
            let object = ObjectRef::new(kind, key(name));
            let told = state.explain(&object, None, &own());
            prop_assert!(!format!("{told:?}").contains(MARK), "{told:#?}");
            let all = state.explain(&object, None, &Sight::Everything);
            prop_assert_eq!(all.len(), told.len());
        }
    }
}

fn others(created: i64, listener: Listener, routes: usize) -> Others {
    Others {
        sets: vec![(created, vec![listener])],
        routes,
    }
}

#[test]
fn a_rival_of_another_namespace_is_known_by_its_class() {
    let taken = (81, Some("a.x.com"), false);
    let shared = world(&[taken], &others(1, taken, 0));
    let [view] = &read(&shared)[..] else {
        panic!("one listener");
    };
    let ListenerOutcome::Conflicted {
        rival, rival_class, ..
    } = &view.resolved.outcome
    else {
        panic!("{view:#?}");
    };
    assert_eq!(*rival, None);
    assert_eq!(
        *rival_class,
        tributary_model::resolved::RivalClass::OlderListenerSet
    );
    assert_eq!(
        view.explanation.decision,
        "not served: hostname conflict with a listener of another namespace"
    );
    let listener = &view.resolved.listener;
    let all = shared.listeners.get(listener).unwrap();
    assert!(format!("{all:?}").contains(MARK), "the platform reads all");
}

#[test]
fn of_routes_of_other_namespaces_a_tenant_reads_how_many() {
    let free = (82, Some("a.x.com"), false);
    let shared = world(&[free], &others(5, (80, None, false), 2));
    let [view] = &read(&shared)[..] else {
        panic!("one listener");
    };
    assert_eq!(view.withheld_routes, 2);
    assert_eq!(view.resolved.attached_routes.len(), 1);
}

#[test]
fn a_tenant_reads_its_own_labels_and_selects_by_no_others() {
    let free = (81, Some("b.x.com"), false);
    let shared = world(&[free], &others(1, (82, None, false), 0));
    let selected = |sight: &Sight, key: &str| {
        let filter = ListenerFilter {
            labels: Some(LabelSelector {
                match_expressions: vec![LabelRequirement {
                    key: key.to_owned(),
                    operator: LabelOperator::Exists,
                    values: Vec::new(),
                }],
                ..LabelSelector::default()
            }),
            ..ListenerFilter::default()
        };
        let passes = |_: &ListenerRef, view: &ListenerView| listener_passes(&filter, view, sight);
        let (_, listeners) = shared.listeners_for(sight).select(passes);
        let mut labels: Vec<String> = listeners
            .iter()
            .map(|view| view.labels.text().to_owned())
            .collect();
        labels.sort();
        labels
    };
    assert_eq!(selected(&own(), "of-t"), ["of-t=t.s-0"]);
    for (theirs, label) in [
        ("of-zz-0", "of-zz-0=zz-0.zz"),
        ("of-infra", "of-infra=infra.gw"),
    ] {
        assert_eq!(selected(&own(), theirs), Vec::<String>::new());
        assert_eq!(selected(&Sight::Everything, theirs), [label]);
    }
}

#[test]
fn an_object_is_listed_to_who_sees_its_namespace() {
    let filter = ObjectFilter::default();
    let object = |name| ObjectRef::new(Kind::ListenerSet, key(name));
    assert!(object_passes(&filter, &object("t/s"), &own()));
    assert!(!object_passes(&filter, &object("u/s"), &own()));
    assert!(object_passes(&filter, &object("u/s"), &Sight::Everything));
    let class = ObjectRef::new(Kind::GatewayClass, ObjectKey::cluster("alb"));
    assert!(!object_passes(&filter, &class, &own()));
}

#[test]
fn a_route_at_another_namespaces_set_does_not_learn_the_sets_gateway() {
    let set =
        listener_set("u/s", "infra/gw").listener(http("l", 81).routes_from(FromNamespaces::All));
    let shared = merged(vec![
        class("alb", controller::ALB),
        gateway("infra/gw")
            .allow_all()
            .listener(http("web", 80))
            .build(),
        set.build(),
        http_route("t/r").to_set("u/s").backend("app").build(),
    ]);
    let state = shared.lock().unwrap();
    let route = ObjectRef::new(Kind::HttpRoute, key("t/r"));
    assert_eq!(gateways(state.merge(), &route, &own()), BTreeSet::new());
    let all = gateways(state.merge(), &route, &Sight::Everything);
    assert_eq!(all, [key("infra/gw")].into());
}
