//! A watch lasts as long as the right to it.

use std::sync::Arc;
use std::time::Duration;

use futures::{FutureExt, StreamExt, stream};
use tonic::{Extensions, Status};
use tributary_kubernetes::Verb;
use tributary_model::Name;
use tributary_model::view::Sight;
use tributary_proto::event::EventMessage;
use tributary_runtime::Visitor;
use tributary_stream::EventStream;

use super::People;

/// The events, and when the token or the right to what is seen has ended, why.
pub(crate) fn watched<M: EventMessage>(
    people: Option<&Arc<People>>,
    extensions: &Extensions,
    namespace: Option<Name>,
    sight: Sight,
    events: EventStream<M>,
) -> EventStream<M> {
    let (Some(people), Some(visitor)) = (people, extensions.get::<Visitor>()) else {
        return events;
    };
    let (people, visitor) = (Arc::clone(people), visitor.clone());
    let ends = async move { Err(people.ends(&visitor, namespace.as_ref(), &sight).await) };
    // Whoever reads ends with the first error.
    stream::select(events, ends.into_stream()).boxed()
}

impl People {
    /// Why a visitor may watch no longer, once that is so.
    async fn ends(&self, visitor: &Visitor, namespace: Option<&Name>, sight: &Sight) -> Status {
        loop {
            tokio::time::sleep(jittered(self.counts)).await;
            if let Err(status) = self.again(visitor, namespace, sight).await {
                return status;
            }
        }
    }

    async fn again(
        &self,
        visitor: &Visitor,
        namespace: Option<&Name>,
        sight: &Sight,
    ) -> Result<(), Status> {
        let person = self.person(&visitor.token, None).await?;
        let now = self.sight_of(&person, Verb::Watch, namespace).await?;
        if now == Sight::Everything || now == *sight {
            return Ok(());
        }
        let why = format!("{} may no longer watch {sight}: only {now}", person.name);
        Err(Status::permission_denied(why))
    }
}

/// A little sooner each time, so that watches that began together are not asked about together.
fn jittered(most: Duration) -> Duration {
    most.mul_f64(0.8 + fastrand::f64() / 5.0)
}
