//! Lists that do not fit one message: sent in parts, all of the same position.
//!
//! At least one part comes, so that an empty list has its position too; the regular end of the stream
//! says that the list is whole.

use std::borrow::Borrow;
use std::sync::Arc;

use tributary_model::resource::SourceObject;
use tributary_model::view::{ListenerView, LoadBalancerView, ObjectView, Rejection};

use crate::call::ListenerPlace;
use crate::convert::{ConvertError, position};
use crate::event::Position;
use crate::{listeners, snapshot};

/// Size that a part grows to, in bytes: a quarter of what tonic, and grpcurl, accept when nobody has
/// told them of larger messages.
pub const PART_BYTES: usize = 1024 * 1024;

/// One part of a list, read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part<T> {
    /// How far the server had come.
    pub position: Position,
    /// What could be read.
    pub items: Vec<T>,
    /// What could not.
    pub refused: Vec<ConvertError>,
}

/// The message of a list.
pub trait PartMessage: prost::Message + Default + 'static {
    /// What the list is of.
    type Item: 'static;
    /// Message of an item.
    type Wire: prost::Message + for<'a> From<&'a Self::Item>;

    /// One part.
    fn encode_part(position: Position, items: Vec<Self::Wire>) -> Self;

    /// Reads one part; an item that cannot be read blocks no other.
    ///
    /// # Errors
    /// When it names no position.
    fn decode_part(self) -> Result<Part<Self::Item>, ConvertError>;
}

/// A list in parts of about [`PART_BYTES`]. Items are converted as the parts are taken.
pub fn parts<M, T>(
    position: Position,
    items: impl IntoIterator<Item = T>,
) -> impl Iterator<Item = M>
where
    M: PartMessage,
    T: Borrow<M::Item>,
{
    let messages = items.into_iter().map(|item| M::Wire::from(item.borrow()));
    parts_of_messages(position, messages)
}

/// The same of items that are kept as messages.
pub fn parts_of_messages<M: PartMessage>(
    position: Position,
    items: impl IntoIterator<Item = M::Wire>,
) -> impl Iterator<Item = M> {
    let mut items = items.into_iter().peekable();
    let mut first = true;
    std::iter::from_fn(move || {
        if !first && items.peek().is_none() {
            return None;
        }
        first = false;
        let mut part = Vec::new();
        let mut bytes = 0;
        while bytes < PART_BYTES
            && let Some(item) = items.next()
        {
            bytes += prost::Message::encoded_len(&item);
            part.push(item);
        }
        Some(M::encode_part(position, part))
    })
}

/// A page of listeners in parts; the last one names the place behind which the next page begins.
pub fn page_parts(
    position: Position,
    page: impl IntoIterator<Item = Arc<ListenerView>>,
    next: Option<ListenerPlace>,
) -> impl Iterator<Item = listeners::ListListenersResponse> {
    let mut parts = parts(position, page).peekable();
    let mut token = next.map(|next| next.token()).unwrap_or_default();
    std::iter::from_fn(move || {
        let mut part: listeners::ListListenersResponse = parts.next()?;
        if parts.peek().is_none() {
            part.next_page_token = std::mem::take(&mut token);
        }
        Some(part)
    })
}

macro_rules! part_message {
    ($message:path, $items:ident: $wire:path => $item:ty) => {
        impl PartMessage for $message {
            type Item = $item;
            type Wire = $wire;

            fn encode_part(position: Position, $items: Vec<$wire>) -> Self {
                #[allow(clippy::needless_update)] // ListListenersResponse has one field more
                Self {
                    position: Some((&position).into()),
                    $items,
                    ..Self::default()
                }
            }

            fn decode_part(self) -> Result<Part<$item>, ConvertError> {
                let position = position(self.position)?;
                let mut items = Vec::with_capacity(self.$items.len());
                let mut refused = Vec::new();
                for (index, item) in self.$items.into_iter().enumerate() {
                    match item.try_into() {
                        Ok(item) => items.push(item),
                        Err(error) => refused.push(ConvertError::under_index(
                            error,
                            stringify!($items),
                            index,
                        )),
                    }
                }
                Ok(Part {
                    position,
                    items,
                    refused,
                })
            }
        }
    };
}

part_message!(snapshot::GetSnapshotResponse, objects: crate::types::SourceObject => SourceObject);
part_message!(snapshot::ListRejectionsResponse, rejections: crate::types::Rejection => Rejection);
part_message!(listeners::ListListenersResponse, listeners: crate::types::ListenerView => ListenerView);
part_message!(listeners::ListObjectsResponse, objects: crate::types::ObjectView => ObjectView);
part_message!(
    listeners::ListLoadBalancersResponse,
    load_balancers: crate::types::LoadBalancerView => LoadBalancerView
);

#[cfg(test)]
mod tests;
