//! The message of every stream as events.

use std::borrow::Borrow;

use tributary_model::desired::{DesiredLoadBalancer, LoadBalancerKey};
use tributary_model::judgement::JudgedObject;
use tributary_model::report::LoadBalancerReport;
use tributary_model::resource::SourceObject;
use tributary_model::view::ListenerView;
use tributary_model::{ListenerRef, ObjectRef};

use super::{DecodedEvent, Event, EventMessage, Position, Positioned, Refused};
use crate::convert::ConvertError;
use crate::{desired, judgement, listeners, report, snapshot, types};

/// A message of position, traceparent and the five events. Every stream has a message type of its own
/// with an enum of its own inside, so this cannot be a generic function.
macro_rules! event_message {
    (
        $message:path, $event:path, $key:ty => $item:ty = $wire:ty,
        key_of_item: $key_of_item:expr $(,)?
    ) => {
        impl EventMessage for $message {
            type Key = $key;
            type Item = $item;
            type Wire = $wire;

            fn key(item: &$item) -> $key {
                let key_of_item: fn(&$item) -> $key = $key_of_item;
                key_of_item(item)
            }

            fn encode_event<V, T: Borrow<V>>(event: &Positioned<Event<$key, T>>) -> Self
            where
                $wire: for<'a> From<&'a V>,
            {
                use $event as Wire;
                let Positioned {
                    position,
                    traceparent,
                    item,
                } = event;
                let event = match item {
                    Event::Init => Wire::Init(types::Init {}),
                    Event::InitApply(item) => Wire::InitApply(item.borrow().into()),
                    Event::InitDone => Wire::InitDone(types::InitDone {}),
                    Event::Apply(item) => Wire::Apply(item.borrow().into()),
                    Event::Delete(key) => Wire::Delete(key.into()),
                };
                #[allow(clippy::needless_update)] // PublishReportsRequest has one field more
                Self {
                    position: Some(position.into()),
                    traceparent: traceparent.clone(),
                    event: Some(event),
                    ..Self::default()
                }
            }

            fn decode_event(self) -> Result<DecodedEvent<Self>, Refused<$key>> {
                use $event as Wire;
                let position = self.position.map(Position::from);
                let key = self
                    .event
                    .as_ref()
                    .and_then(|event| match event {
                        Wire::InitApply(item) | Wire::Apply(item) => item.key(),
                        Wire::Delete(key) => Some(key),
                        Wire::Init(_) | Wire::InitDone(_) => None,
                    })
                    .cloned();
                let refuse = |error| Refused {
                    // That it cannot be read is said by `error` already.
                    key: key.and_then(|key| <$key>::try_from(key).ok()),
                    position,
                    error,
                };
                let event = match self.event {
                    None => Err(ConvertError::at("event", "is required")),
                    Some(Wire::Init(types::Init {})) => Ok(Event::Init),
                    Some(Wire::InitApply(item)) => read("init_apply", item, Event::InitApply),
                    Some(Wire::InitDone(types::InitDone {})) => Ok(Event::InitDone),
                    Some(Wire::Apply(item)) => read("apply", item, Event::Apply),
                    Some(Wire::Delete(key)) => read("delete", key, Event::Delete),
                };
                let item = match event {
                    Ok(event) => event,
                    Err(error) => return Err(refuse(error)),
                };
                match position {
                    Some(position) => Ok(Positioned {
                        position,
                        traceparent: trace_context(self.traceparent),
                        item,
                    }),
                    None => Err(refuse(ConvertError::at("position", "is required"))),
                }
            }
        }
    };
}

event_message!(
    snapshot::WatchSnapshotResponse,
    snapshot::watch_snapshot_response::Event,
    ObjectRef => SourceObject = types::SourceObject,
    key_of_item: |object| object.resource.object_ref(),
);
event_message!(
    desired::WatchLoadBalancersResponse,
    desired::watch_load_balancers_response::Event,
    LoadBalancerKey => DesiredLoadBalancer = types::DesiredLoadBalancer,
    key_of_item: |desired| desired.key.clone(),
);
event_message!(
    report::PublishReportsRequest,
    report::publish_reports_request::Event,
    LoadBalancerKey => LoadBalancerReport = types::LoadBalancerReport,
    key_of_item: |report| report.key.clone(),
);
event_message!(
    judgement::WatchJudgementsResponse,
    judgement::watch_judgements_response::Event,
    ObjectRef => JudgedObject = types::JudgedObject,
    key_of_item: |judged| judged.judgement.object(),
);
event_message!(
    listeners::WatchListenersResponse,
    listeners::watch_listeners_response::Event,
    ListenerRef => ListenerView = types::ListenerView,
    key_of_item: |view| view.resolved.listener.clone(),
);

/// The name of an item that may not be readable otherwise.
trait Named {
    /// Message of the name.
    type Key;

    /// The name, if there is one.
    fn key(&self) -> Option<&Self::Key>;
}

impl Named for types::SourceObject {
    type Key = types::ObjectRef;

    fn key(&self) -> Option<&types::ObjectRef> {
        self.object.as_ref()
    }
}

impl Named for types::DesiredLoadBalancer {
    type Key = types::LoadBalancerKey;

    fn key(&self) -> Option<&types::LoadBalancerKey> {
        self.key.as_ref()
    }
}

impl Named for types::LoadBalancerReport {
    type Key = types::LoadBalancerKey;

    fn key(&self) -> Option<&types::LoadBalancerKey> {
        self.key.as_ref()
    }
}

impl Named for types::JudgedObject {
    type Key = types::ObjectRef;

    fn key(&self) -> Option<&types::ObjectRef> {
        self.judgement.as_ref()?.object.as_ref()
    }
}

impl Named for types::ListenerView {
    type Key = types::ListenerRef;

    fn key(&self) -> Option<&types::ListenerRef> {
        self.resolved.as_ref()?.listener.as_ref()
    }
}

/// A trace context as it was sent, unless it is none: version 00 has 55 characters, later ones may have more. It is kept
/// with the item, and a trace is no reason to lose a message.
fn trace_context(traceparent: String) -> String {
    const LONGEST: usize = 256;
    if traceparent.len() > LONGEST {
        return String::new();
    }
    traceparent
}

fn read<K, T, P, M>(
    field: &str,
    message: P,
    event: fn(M) -> Event<K, T>,
) -> Result<Event<K, T>, ConvertError>
where
    M: TryFrom<P, Error = ConvertError>,
{
    match M::try_from(message) {
        Ok(value) => Ok(event(value)),
        Err(error) => Err(error.under(field)),
    }
}
