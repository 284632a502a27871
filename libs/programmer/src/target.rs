//! What a worker is told to make of its load balancer.

use std::sync::{Arc, Mutex, PoisonError};

use tributary_model::desired::DesiredLoadBalancer;
use tributary_proto::convert::ConvertError;
use tributary_proto::packed::Packed;
use tributary_proto::types;
use tributary_stream::Position;

/// What a load balancer should be: nothing means gone.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) desired: Option<Arc<Wanted>>,
    /// Of the desired state, or of the listing that lacks it.
    pub(crate) position: Position,
    pub(crate) traceparent: String,
}

/// Desired state, which is needed whole for as long as there is something to do, and then hardly ever.
#[derive(Debug)]
pub(crate) struct Wanted(Mutex<Form>);

/// Replaced as a whole, so no panic leaves half of it.
#[derive(Debug)]
enum Form {
    Whole(Arc<DesiredLoadBalancer>),
    /// A third of the memory.
    Packed(Packed<types::DesiredLoadBalancer>),
}

impl Wanted {
    /// As it was received.
    pub(crate) fn new(desired: Arc<DesiredLoadBalancer>) -> Self {
        Self(Mutex::new(Form::Whole(desired)))
    }

    /// To plan from.
    ///
    /// # Errors
    /// What a receiver says of a message that it cannot read. This one was read before, so there is none; but no desired
    /// state would mean that the load balancer is to go.
    pub(crate) fn whole(&self) -> Result<Arc<DesiredLoadBalancer>, ConvertError> {
        match &*self.0.lock().unwrap_or_else(PoisonError::into_inner) {
            Form::Whole(desired) => Ok(Arc::clone(desired)),
            Form::Packed(packed) => packed.read().map(Arc::new),
        }
    }

    /// Nothing is left to do for a while.
    pub(crate) fn pack(&self) {
        let mut form = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Form::Whole(desired) = &*form {
            *form = Form::Packed(Packed::of(&**desired));
        }
    }
}

#[cfg(test)]
mod tests;
