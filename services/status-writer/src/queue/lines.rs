//! Who is next of those that are due: what people wait for, and behind it what there is by the thousand.
//!
//! ```text
//!  first:  Gateways, their class, sets ── seven in a row ──┐
//!                                                          ├──> a free place
//!  second: routes, counts ───────── then one of these ─────┘
//! ```
//!
//! In a start every route gets a status, and an API server takes some hundreds of writes a second. That a Gateway and its
//! sets serve is known long before; nobody who waits for that waits for other people's routes.

use std::collections::BTreeSet;

use tokio::time::Instant;
use tributary_model::{Kind, ObjectRef};

use crate::pace::Urgency;

/// While the second line waits, every eighth write is one of it.
const IN_A_ROW: u32 = 7;

/// See the module.
#[derive(Debug, Default)]
pub(super) struct Lines {
    first: BTreeSet<(Instant, ObjectRef)>,
    second: BTreeSet<(Instant, ObjectRef)>,
    /// Of the first line, one after the other, while somebody of the second was due.
    in_a_row: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    First,
    Second,
}

impl Lines {
    pub(super) fn insert(&mut self, object: &ObjectRef, urgency: Urgency, due: Instant) {
        self.line(object, urgency).insert((due, object.clone()));
    }

    pub(super) fn remove(&mut self, object: &ObjectRef, urgency: Urgency, due: Instant) {
        self.line(object, urgency).remove(&(due, object.clone()));
    }

    /// Whose turn it is now; it leaves its line when it is removed.
    pub(super) fn next(&mut self, now: Instant) -> Option<ObjectRef> {
        let due = |line: &BTreeSet<(Instant, ObjectRef)>| {
            let (due, object) = line.first()?;
            (*due <= now).then(|| object.clone())
        };
        let (first, second) = (due(&self.first), due(&self.second));
        let has_waited = self.in_a_row >= IN_A_ROW;
        match (first, second) {
            (Some(first), None) => {
                self.in_a_row = 0;
                Some(first)
            }
            (Some(first), Some(_)) if !has_waited => {
                self.in_a_row += 1;
                Some(first)
            }
            (_, second) => {
                self.in_a_row = 0;
                second
            }
        }
    }

    /// When the next one is due.
    pub(super) fn next_due(&self) -> Option<Instant> {
        let lines = [&self.first, &self.second].into_iter();
        lines.filter_map(|line| Some(line.first()?.0)).min()
    }

    fn line(
        &mut self,
        object: &ObjectRef,
        urgency: Urgency,
    ) -> &mut BTreeSet<(Instant, ObjectRef)> {
        match line(object.kind, urgency) {
            Line::First => &mut self.first,
            Line::Second => &mut self.second,
        }
    }
}

fn line(kind: Kind, urgency: Urgency) -> Line {
    match (kind, urgency) {
        (
            // A rollout waits for its pods.
            Kind::GatewayClass | Kind::Gateway | Kind::ListenerSet | Kind::Pod,
            Urgency::Prompt | Urgency::Awaiting,
        ) => Line::First,
        (
            Kind::GatewayClass
            | Kind::Gateway
            | Kind::ListenerSet
            | Kind::Pod
            | Kind::HttpRoute
            | Kind::GrpcRoute
            | Kind::TcpRoute
            | Kind::UdpRoute
            | Kind::TlsRoute
            // These get no status.
            | Kind::ReferenceGrant
            | Kind::BackendTlsPolicy
            | Kind::Namespace
            | Kind::Service
            | Kind::EndpointSlice
            | Kind::Node
            | Kind::Secret
            | Kind::LoadBalancerConfiguration
            | Kind::TargetGroupConfiguration
            | Kind::ListenerRuleConfiguration,
            Urgency::Prompt | Urgency::Awaiting | Urgency::Slow,
        ) => Line::Second,
    }
}
