//! Requests and answers.

use std::borrow::Borrow;
use std::time::Duration;

use tributary_model::ListenerRef;
use tributary_model::desired::{DesiredLoadBalancer, LoadBalancerKey};
use tributary_model::view::{Explanation, ListenerView};

use super::ConvertError;
use super::codec::{
    absent, each_of, list, message, one_of, optional, optional_name, optional_one_of, required,
    same,
};
use crate::call::{
    Acknowledgement, Answer, ExplainQuery, ListenerFilter, LoadBalancerShard, ObjectFilter,
    Publisher, RefusedReport, ReportsTaken, SetAside, Shard, WaitOutcome, WaitTimeout,
};
use crate::event::Position;
use crate::{desired, judgement, listeners, report, snapshot, types};

#[cfg(test)]
crate::arbitrary::structure!(LoadBalancerShard { kind, shard });
message!(
    Acknowledgement = judgement::AcknowledgeJudgementsRequest {
        position: position_of,
        set_aside: list,
        failed: list,
        concerns: same,
        instance: same,
    }
);
message!(
    SetAside = judgement::SetAside {
        object: required,
        reason: same,
    }
);
message!(
    ListenerFilter = listeners::ListenerFilter {
        gateway: optional,
        namespace: optional_name,
        owner: optional,
        states: each_of,
        hostname: same,
        labels: optional,
    }
);
message!(
    ObjectFilter = listeners::ListObjectsRequest {
        kind: optional_one_of,
        namespace: optional_name,
        labels: optional,
    }
);
message!(
    ExplainQuery = listeners::ExplainRequest {
        object: required,
        listener: optional_name,
    }
);

/// The position of a message, which every answer has.
pub(crate) fn position(position: Option<types::Position>) -> Result<Position, ConvertError> {
    position_of::read("position", position)
}

mod position_of {
    use super::{ConvertError, Position, absent, types};

    #[allow(clippy::unnecessary_wraps)] // prost holds every message field as an option
    pub(super) fn write(position: &Position) -> Option<types::Position> {
        Some(position.into())
    }

    pub(super) fn read(
        field: &str,
        position: Option<types::Position>,
    ) -> Result<Position, ConvertError> {
        position
            .map(Position::from)
            .ok_or_else(|| absent().under(field))
    }
}

impl From<&Shard> for types::Shard {
    fn from(shard: &Shard) -> Self {
        Self {
            index: shard.index(),
            count: shard.count(),
        }
    }
}

impl TryFrom<types::Shard> for Shard {
    type Error = ConvertError;

    fn try_from(message: types::Shard) -> Result<Self, Self::Error> {
        let types::Shard { index, count } = message;
        if count > Self::MOST {
            let reason = format!("is {count}, and the most is {}", Self::MOST);
            return Err(ConvertError::at("count", reason));
        }
        Self::new(index, count)
            .ok_or_else(|| ConvertError::at("index", format!("{index} is not below {count}")))
    }
}

impl From<&LoadBalancerShard> for desired::WatchLoadBalancersRequest {
    fn from(share: &LoadBalancerShard) -> Self {
        let LoadBalancerShard { kind, shard } = share;
        Self {
            kind: one_of::write(kind),
            shard: required::write(shard),
            // Not of the share: the caller adds them.
            concerns: Vec::new(),
        }
    }
}

impl TryFrom<desired::WatchLoadBalancersRequest> for LoadBalancerShard {
    type Error = ConvertError;

    fn try_from(message: desired::WatchLoadBalancersRequest) -> Result<Self, Self::Error> {
        let desired::WatchLoadBalancersRequest {
            kind,
            shard,
            concerns: _,
        } = message;
        Ok(Self {
            kind: one_of::read("kind", kind)?,
            shard: required::read("shard", shard)?,
        })
    }
}

impl From<&Publisher> for report::Publisher {
    fn from(publisher: &Publisher) -> Self {
        let Publisher {
            instance,
            load_balancers: LoadBalancerShard { kind, shard },
            shard_epoch,
        } = publisher;
        Self {
            instance: instance.clone(),
            kind: one_of::write(kind),
            shard: required::write(shard),
            shard_epoch: *shard_epoch,
        }
    }
}

impl TryFrom<report::Publisher> for Publisher {
    type Error = ConvertError;

    fn try_from(message: report::Publisher) -> Result<Self, Self::Error> {
        let report::Publisher {
            instance,
            kind,
            shard,
            shard_epoch,
        } = message;
        Ok(Self {
            instance: instance_name("instance", instance)?,
            load_balancers: LoadBalancerShard {
                kind: one_of::read("kind", kind)?,
                shard: required::read("shard", shard)?,
            },
            shard_epoch,
        })
    }
}

/// What is logged is short and has no line of its own.
fn instance_name(field: &str, instance: String) -> Result<String, ConvertError> {
    if instance.len() > Publisher::LONGEST_INSTANCE {
        let (length, most) = (instance.len(), Publisher::LONGEST_INSTANCE);
        let reason = format!("has {length} bytes, and the most is {most}");
        return Err(ConvertError::at(field, reason));
    }
    let is_plain = |letter: u8| letter.is_ascii_alphanumeric() || matches!(letter, b'-' | b'.');
    if !instance.bytes().all(is_plain) {
        let reason = "has other characters than letters, digits, \"-\" and \".\"";
        return Err(ConvertError::at(field, reason));
    }
    Ok(instance)
}

impl From<&ReportsTaken> for report::PublishReportsResponse {
    fn from(taken: &ReportsTaken) -> Self {
        let ReportsTaken { position, refused } = taken;
        Self {
            position: position.as_ref().map(types::Position::from),
            refused: list::write(refused),
        }
    }
}

impl TryFrom<report::PublishReportsResponse> for ReportsTaken {
    type Error = ConvertError;

    fn try_from(message: report::PublishReportsResponse) -> Result<Self, Self::Error> {
        let report::PublishReportsResponse { position, refused } = message;
        Ok(Self {
            position: position.map(Position::from),
            refused: list::read("refused", refused)?,
        })
    }
}

impl From<&RefusedReport> for report::RefusedReport {
    fn from(refused: &RefusedReport) -> Self {
        let RefusedReport { key, error } = refused;
        Self {
            key: optional::write(key),
            field: error.path.clone(),
            reason: error.reason.clone().into_owned(),
        }
    }
}

impl TryFrom<report::RefusedReport> for RefusedReport {
    type Error = ConvertError;

    fn try_from(message: report::RefusedReport) -> Result<Self, Self::Error> {
        let report::RefusedReport { key, field, reason } = message;
        Ok(Self {
            key: optional::read("key", key)?,
            error: ConvertError::at(field, reason),
        })
    }
}

impl From<&Position> for snapshot::SyncResponse {
    fn from(position: &Position) -> Self {
        Self {
            position: position_of::write(position),
        }
    }
}

impl TryFrom<snapshot::SyncResponse> for Position {
    type Error = ConvertError;

    fn try_from(message: snapshot::SyncResponse) -> Result<Self, Self::Error> {
        position(message.position)
    }
}

/// A request of one required field.
macro_rules! key_request {
    ($key:ty = $request:path { $field:ident }) => {
        impl From<&$key> for $request {
            fn from(key: &$key) -> Self {
                Self {
                    $field: required::write(key),
                }
            }
        }

        impl TryFrom<$request> for $key {
            type Error = ConvertError;

            fn try_from(message: $request) -> Result<Self, Self::Error> {
                required::read(stringify!($field), message.$field)
            }
        }
    };
}

key_request!(ListenerRef = listeners::GetListenerRequest { listener });
key_request!(LoadBalancerKey = desired::GetLoadBalancerRequest { key });

impl<T: Borrow<ListenerView>> From<&Answer<T>> for listeners::GetListenerResponse {
    fn from(answer: &Answer<T>) -> Self {
        Self {
            position: position_of::write(&answer.position),
            listener: required::write(answer.item.borrow()),
        }
    }
}

impl TryFrom<listeners::GetListenerResponse> for Answer<ListenerView> {
    type Error = ConvertError;

    fn try_from(message: listeners::GetListenerResponse) -> Result<Self, Self::Error> {
        Ok(Self {
            position: position(message.position)?,
            item: required::read("listener", message.listener)?,
        })
    }
}

impl<T: Borrow<DesiredLoadBalancer>> From<&Answer<T>> for desired::GetLoadBalancerResponse {
    fn from(answer: &Answer<T>) -> Self {
        Self {
            position: position_of::write(&answer.position),
            load_balancer: required::write(answer.item.borrow()),
        }
    }
}

impl TryFrom<desired::GetLoadBalancerResponse> for Answer<DesiredLoadBalancer> {
    type Error = ConvertError;

    fn try_from(message: desired::GetLoadBalancerResponse) -> Result<Self, Self::Error> {
        Ok(Self {
            position: position(message.position)?,
            item: required::read("load_balancer", message.load_balancer)?,
        })
    }
}

impl From<&Answer<Vec<Explanation>>> for listeners::ExplainResponse {
    fn from(answer: &Answer<Vec<Explanation>>) -> Self {
        Self {
            position: position_of::write(&answer.position),
            explanations: list::write(&answer.item),
        }
    }
}

impl TryFrom<listeners::ExplainResponse> for Answer<Vec<Explanation>> {
    type Error = ConvertError;

    fn try_from(message: listeners::ExplainResponse) -> Result<Self, Self::Error> {
        Ok(Self {
            position: position(message.position)?,
            item: list::read("explanations", message.explanations)?,
        })
    }
}

impl From<&WaitTimeout> for listeners::WaitSettledRequest {
    /// Saturates at what protobuf can say, 10,000 years.
    fn from(patience: &WaitTimeout) -> Self {
        let longest = prost_types::Duration {
            seconds: 315_576_000_000,
            nanos: 0,
        };
        let timeout = prost_types::Duration::try_from(patience.0).unwrap_or(longest);
        Self {
            timeout: Some(timeout),
        }
    }
}

impl TryFrom<listeners::WaitSettledRequest> for WaitTimeout {
    type Error = ConvertError;

    fn try_from(message: listeners::WaitSettledRequest) -> Result<Self, Self::Error> {
        let timeout = message.timeout.ok_or_else(|| absent().under("timeout"))?;
        Duration::try_from(timeout)
            .map(Self)
            .map_err(|_| ConvertError::at("timeout", "must not be negative"))
    }
}

impl From<&WaitOutcome> for listeners::WaitSettledResponse {
    fn from(wait_outcome: &WaitOutcome) -> Self {
        match wait_outcome {
            WaitOutcome::Settled => Self {
                settled: true,
                pending: Vec::new(),
            },
            WaitOutcome::Pending(pending) => Self {
                settled: false,
                pending: pending.clone(),
            },
        }
    }
}

impl From<listeners::WaitSettledResponse> for WaitOutcome {
    fn from(message: listeners::WaitSettledResponse) -> Self {
        match message {
            listeners::WaitSettledResponse { settled: true, .. } => Self::Settled,
            listeners::WaitSettledResponse {
                settled: false,
                pending,
            } => Self::Pending(pending),
        }
    }
}
