//! Of which load balancers no programmer is heard any more: by metric, `/readyz` and status.
//!
//! It does not make the merger unready. Programmers come to it through a Service, which leaves out who is not ready: they
//! would be missing for ever.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use tokio::time::{Instant, sleep};
use tributary_model::desired::LoadBalancerKey;
use tributary_model::elb::LoadBalancerKind;
use tributary_runtime::metrics::MetricName;
use tributary_runtime::{Concern, Context};

use crate::leadership::MergerLeadership;
use crate::shared::{Shared, Torn};

/// Some hundred comparisons, and a route whose change nobody speaks of is told within two seconds.
const LOOK: Duration = Duration::from_secs(1);

/// Of load balancers of one kind.
#[derive(Clone, Debug, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct KindLabels {
    kind: &'static str,
}

pub(crate) const UNHEARD: MetricName<Family<KindLabels, Gauge>> = MetricName::new(
    "tributary_unheard_load_balancers",
    "Desired load balancers of which no programmer has been heard for more than a minute",
    Family::default,
)
.labelled(&["kind"]);

/// What is told of one kind.
struct SilenceTold {
    kind: LoadBalancerKind,
    concern: Concern,
    count: Gauge,
}

pub(crate) async fn listen(
    context: &Context,
    shared: &Shared,
    leadership: &MergerLeadership,
) -> Result<(), Torn> {
    let family = context.metrics.get(&UNHEARD);
    let kinds = [LoadBalancerKind::Alb, LoadBalancerKind::Nlb].map(|kind| SilenceTold {
        kind,
        concern: context.concern(&format!("{}-programmers", kind.as_str())),
        count: family.get_or_create_owned(&KindLabels {
            kind: kind.as_str(),
        }),
    });
    while context
        .shutdown
        .run_until_cancelled(sleep(LOOK))
        .await
        .is_some()
    {
        let unheard: Vec<LoadBalancerKey> = {
            let mut state = shared.lock()?;
            if leadership.epoch().is_ok() {
                state.listen(Instant::now());
            } else {
                state.await_programmers();
            }
            state.unheard().cloned().collect()
        };
        for told in &kinds {
            told.tell(&unheard);
        }
    }
    Ok(())
}

impl SilenceTold {
    fn tell(&self, unheard: &[LoadBalancerKey]) {
        let Self {
            kind,
            concern,
            count,
        } = self;
        let now = unheard.iter().filter(|key| key.kind == *kind).count();
        let now = i64::try_from(now).unwrap_or(i64::MAX);
        let kind = kind.as_str();
        match (count.set(now), now) {
            (0, 0) => {}
            (0, _) => {
                concern.raise();
                tracing::warn!(
                    kind,
                    count = now,
                    "no programmer is heard of load balancers that are desired"
                );
            }
            (_, 0) => {
                concern.clear();
                tracing::info!(kind, "programmers are heard again");
            }
            (_, _) => {}
        }
    }
}
