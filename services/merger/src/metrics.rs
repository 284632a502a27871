//! What the merger alone knows, as gauges: how objects stand, quotas, certificates. Of the leader only, since nobody else
//! hears reports: sums over replicas are right.

use std::collections::BTreeMap;
use std::hash::Hash;
use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use tokio::time::sleep;
use tributary_model::desired::LoadBalancerKey;
use tributary_model::elb::LoadBalancerKind;
use tributary_model::report::QuotaUse;
use tributary_model::{Kind, ObjectKey};
use tributary_runtime::metrics::{Described, MetricName};
use tributary_runtime::{Context, Metrics};

use crate::census::{Counted, Tally};
use crate::gates::ADMISSIONS;
use crate::latency::CHANGE_SECONDS;
use crate::leadership::MergerLeadership;
use crate::shared::{Shared, Torn};
use crate::silence::UNHEARD;

#[cfg(test)]
mod tests;

/// Nobody reads them more often. Counting 40,000 routes takes some milliseconds, and only after a change.
const LOOK: Duration = Duration::from_secs(1);

/// What the merger alone has.
pub const METRICS: &[Described] = &[
    GATEWAYS.described(),
    LISTENER_SETS.described(),
    LISTENERS.described(),
    ROUTES.described(),
    CHANGE_SECONDS.described(),
    QUOTA_USED.described(),
    QUOTA_LIMIT.described(),
    CERTIFICATE_NOT_AFTER_SECONDS.described(),
    UNHEARD.described(),
    ADMISSIONS.described(),
    TENANT_OBJECTS.described(),
];

/// Whether there are metrics of each namespace.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tenants {
    /// As many series more as there are namespaces, kinds and states.
    Shown,
    /// None.
    #[default]
    Hidden,
}

/// How objects stand.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EncodeLabelSet)]
struct StandingLabels {
    state: &'static str,
    reason: &'static str,
}

/// The same of routes.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EncodeLabelSet)]
struct RouteLabels {
    kind: &'static str,
    state: &'static str,
    reason: &'static str,
}

/// Of a load balancer's quota. `namespace` and `name` would be those of the pod that is scraped.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EncodeLabelSet)]
struct QuotaLabels {
    kind: &'static str,
    gateway_namespace: String,
    gateway_name: String,
    quota: &'static str,
}

/// Of a Gateway's load balancer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EncodeLabelSet)]
struct GatewayLabels {
    gateway_namespace: String,
    gateway_name: String,
}

/// Of a namespace.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, EncodeLabelSet)]
struct TenantLabels {
    tenant: String,
    kind: &'static str,
    state: &'static str,
}

const LEADS: &str = "it leads and there is one";

const GATEWAYS: MetricName<Family<StandingLabels, Gauge>> = MetricName::new(
    "tributary_gateways",
    "Gateways of ours by state and reason",
    Family::default,
)
.labelled(&["state", "reason"])
.shown_when(LEADS);

const LISTENER_SETS: MetricName<Family<StandingLabels, Gauge>> = MetricName::new(
    "tributary_listener_sets",
    "ListenerSets of our Gateways by state and reason",
    Family::default,
)
.labelled(&["state", "reason"])
.shown_when(LEADS);

const LISTENERS: MetricName<Family<StandingLabels, Gauge>> = MetricName::new(
    "tributary_listeners",
    "Listeners of Gateways and admitted ListenerSets by state and reason",
    Family::default,
)
.labelled(&["state", "reason"])
.shown_when(LEADS);

const ROUTES: MetricName<Family<RouteLabels, Gauge>> = MetricName::new(
    "tributary_routes",
    "Routes with a parent of ours by kind, state and reason; degraded where one parent takes it and another does not",
    Family::default,
)
.labelled(&["kind", "state", "reason"])
.shown_when(LEADS);

const QUOTA_USED: MetricName<Family<QuotaLabels, Gauge>> = MetricName::new(
    "tributary_load_balancer_quota_used",
    "Places of a quota that a load balancer takes; what did not fit is not counted",
    Family::default,
)
.labelled(&["kind", "gateway_namespace", "gateway_name", "quota"])
.shown_when(LEADS);

const QUOTA_LIMIT: MetricName<Family<QuotaLabels, Gauge>> = MetricName::new(
    "tributary_load_balancer_quota_limit",
    "Places of a quota that a load balancer may take",
    Family::default,
)
.labelled(&["kind", "gateway_namespace", "gateway_name", "quota"])
.shown_when(LEADS);

const CERTIFICATE_NOT_AFTER_SECONDS: MetricName<Family<GatewayLabels, Gauge>> = MetricName::new(
    "tributary_certificate_not_after_seconds",
    "When the first certificate of a Gateway's listeners ends that is in a Secret, in seconds since 1970",
    Family::default,
)
.labelled(&["gateway_namespace", "gateway_name"])
.shown_when("it leads, and a listener has a certificate in a Secret");

const TENANT_OBJECTS: MetricName<Family<TenantLabels, Gauge>> = MetricName::new(
    "tributary_tenant_objects",
    "Gateways, ListenerSets, listeners and routes of a namespace by state",
    Family::default,
)
.labelled(&["tenant", "kind", "state"])
.shown_when("it leads and is told `--tenant-metrics`");

/// A family of which what is not said any more goes.
struct Gauges<L> {
    family: Family<L, Gauge>,
    shown: BTreeMap<L, i64>,
}

impl<L: Clone + Ord + Hash> Gauges<L> {
    fn show(&mut self, now: BTreeMap<L, i64>) {
        for (labels, value) in &now {
            if self.shown.get(labels) != Some(value) {
                self.family.get_or_create(labels).set(*value);
            }
        }
        for gone in self.shown.keys().filter(|it| !now.contains_key(*it)) {
            self.family.remove(gone);
        }
        self.shown = now;
    }
}

/// What is shown now.
struct Board {
    tenants: Tenants,
    gateways: Gauges<StandingLabels>,
    listener_sets: Gauges<StandingLabels>,
    listeners: Gauges<StandingLabels>,
    routes: Gauges<RouteLabels>,
    used: Gauges<QuotaLabels>,
    limits: Gauges<QuotaLabels>,
    ends: Gauges<GatewayLabels>,
    of_tenants: Gauges<TenantLabels>,
}

/// Load balancers' quotas, each with its name.
type Quotas = Vec<(LoadBalancerKey, [(&'static str, QuotaUse); 5])>;

/// Shows what is so, until the context stops.
pub(crate) async fn publish(
    context: &Context,
    shared: &Shared,
    leadership: &MergerLeadership,
    tenants: Tenants,
) -> Result<(), Torn> {
    let mut board = Board::new(&context.metrics, tenants);
    while context
        .shutdown
        .run_until_cancelled(sleep(LOOK))
        .await
        .is_some()
    {
        let (tally, quotas) = {
            let mut state = shared.lock()?;
            if leadership.epoch().is_ok() {
                (state.tally(), quotas(&state))
            } else {
                (Some(state.forget_tally()), Quotas::new())
            }
        };
        if let Some(tally) = tally {
            board.show_tally(&tally);
        }
        board.show_quotas(&quotas);
    }
    Ok(())
}

fn quotas(state: &crate::state::MergerState) -> Quotas {
    let reports = state.reports().iter();
    reports
        .filter_map(|report| Some((report.key.clone(), report.quotas?.each())))
        .collect()
}

impl Board {
    fn new(metrics: &Metrics, tenants: Tenants) -> Self {
        fn gauges<L>(metrics: &Metrics, name: &MetricName<Family<L, Gauge>>) -> Gauges<L>
        where
            L: Clone + Hash + Eq + EncodeLabelSet + std::fmt::Debug + Send + Sync + 'static,
        {
            Gauges {
                family: metrics.get(name),
                shown: BTreeMap::new(),
            }
        }
        Self {
            tenants,
            gateways: gauges(metrics, &GATEWAYS),
            listener_sets: gauges(metrics, &LISTENER_SETS),
            listeners: gauges(metrics, &LISTENERS),
            routes: gauges(metrics, &ROUTES),
            used: gauges(metrics, &QUOTA_USED),
            limits: gauges(metrics, &QUOTA_LIMIT),
            ends: gauges(metrics, &CERTIFICATE_NOT_AFTER_SECONDS),
            of_tenants: gauges(metrics, &TENANT_OBJECTS),
        }
    }

    fn show_tally(&mut self, tally: &Tally) {
        let mut gateways = BTreeMap::new();
        let mut listener_sets = BTreeMap::new();
        let mut listeners = BTreeMap::new();
        let mut routes = BTreeMap::new();
        for ((counted, standing), count) in &tally.standings {
            let (state, reason) = (standing.state.as_str(), standing.reason);
            let labels = StandingLabels { state, reason };
            let count = gauge(*count);
            match counted {
                Counted::Object(Kind::Gateway) => gateways.insert(labels, count),
                Counted::Object(Kind::ListenerSet) => listener_sets.insert(labels, count),
                Counted::Listener => listeners.insert(labels, count),
                Counted::Object(kind) => {
                    let kind = kind.as_str();
                    let labels = RouteLabels {
                        kind,
                        state,
                        reason,
                    };
                    routes.insert(labels, count)
                }
            };
        }
        self.gateways.show(gateways);
        self.listener_sets.show(listener_sets);
        self.listeners.show(listeners);
        self.routes.show(routes);
        let ends = tally.first_certificates.iter();
        let ends = ends.map(|(gateway, it)| (GatewayLabels::of(gateway), it.not_after.0));
        self.ends.show(ends.collect());
        let tenants = match self.tenants {
            Tenants::Shown => tally
                .tenants
                .iter()
                .map(|((tenant, counted, state), count)| {
                    let labels = TenantLabels {
                        tenant: tenant.to_string(),
                        kind: counted.as_str(),
                        state: state.as_str(),
                    };
                    (labels, gauge(*count))
                }),
            Tenants::Hidden => return,
        };
        self.of_tenants.show(tenants.collect());
    }

    fn show_quotas(&mut self, quotas: &Quotas) {
        let (mut used, mut limits) = (BTreeMap::new(), BTreeMap::new());
        for (LoadBalancerKey { kind, gateway }, each) in quotas {
            for (quota, of) in each {
                let labels = QuotaLabels::of(*kind, gateway, quota);
                used.insert(labels.clone(), i64::from(of.used));
                limits.insert(labels, i64::from(of.limit));
            }
        }
        self.used.show(used);
        self.limits.show(limits);
    }
}

impl GatewayLabels {
    fn of(gateway: &ObjectKey) -> Self {
        Self {
            gateway_namespace: gateway.namespace.to_string(),
            gateway_name: gateway.name.to_string(),
        }
    }
}

impl QuotaLabels {
    fn of(kind: LoadBalancerKind, gateway: &ObjectKey, quota: &'static str) -> Self {
        Self {
            kind: kind.as_str(),
            gateway_namespace: gateway.namespace.to_string(),
            gateway_name: gateway.name.to_string(),
            quota,
        }
    }
}

fn gauge(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}
