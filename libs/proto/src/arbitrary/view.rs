//! Answers to queries, and requests.

use std::num::NonZeroU32;

use tributary_model::resolved::ListenerOutcome;
use tributary_model::view::ListenerView;

use super::{Arbitrary, Source, fields, structs, variants};
use crate::call::{
    Answer, ListenerListing, ListenerPlace, ListenerWatch, Publisher, RefusedReport, ReportsTaken,
    Shard, WaitOutcome, WaitTimeout,
};
use crate::convert::ConvertError;
use crate::event::{Event, Position, Positioned};

structs! {
    ListenerView {
        resolved, load_balancer, dns_name, elb_listener, programmed, explanation,
        withheld_routes, labels,
    }
    Position { epoch, generation }
    ReportsTaken { position, refused }
    RefusedReport { key, error }
    ListenerPlace { gateway, precedence }
    ListenerWatch { filter, resume_after }
}

variants!(ListenerOutcome: |source|
    Self::Won,
    fields!(source, Self::Conflicted { conflict, rival, rival_class }),
    Self::UnsupportedProtocol,
    fields!(source, Self::Invalid { field, reason }));
variants!(Shard: |source| Self::WHOLE, Self::new(2, 3).unwrap());
variants!(WaitOutcome: |source| Self::Settled, Self::Pending(source.any()));

impl Arbitrary for Publisher {
    fn arbitrary(source: &mut Source) -> Self {
        let longest = "x".repeat(Self::LONGEST_INSTANCE);
        Self {
            instance: source.pick(&["", "4711", "pod-a.b-C", &longest]).to_owned(),
            load_balancers: source.any(),
            shard_epoch: source.any(),
        }
    }
}

impl Arbitrary for ListenerListing {
    fn arbitrary(source: &mut Source) -> Self {
        Self {
            filter: source.any(),
            page_size: NonZeroU32::new(source.any()),
            after: source.any(),
        }
    }
}

impl Arbitrary for WaitTimeout {
    fn arbitrary(source: &mut Source) -> Self {
        Self(std::time::Duration::from_millis(source.below(1 << 40)))
    }
}

impl Arbitrary for ConvertError {
    fn arbitrary(source: &mut Source) -> Self {
        Self::at(source.any::<String>(), source.any::<String>())
    }
}

impl<T: Arbitrary> Arbitrary for Answer<T> {
    fn arbitrary(source: &mut Source) -> Self {
        fields!(source, Self { position, item })
    }
}

impl<K: Arbitrary, T: Arbitrary> Arbitrary for Positioned<Event<K, T>> {
    fn arbitrary(source: &mut Source) -> Self {
        let item = match source.below(5) {
            0 => Event::Init,
            1 => Event::InitApply(source.any()),
            2 => Event::InitDone,
            3 => Event::Apply(source.any()),
            _ => Event::Delete(source.any()),
        };
        Self {
            position: source.any(),
            traceparent: source.any(),
            item,
        }
    }
}
