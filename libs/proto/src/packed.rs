//! Items kept as their message: one piece of memory for each, where the item itself is hundreds.

use std::fmt;
use std::marker::PhantomData;

use prost::Message;

use crate::convert::ConvertError;
use crate::types;

#[cfg(test)]
mod tests;

/// An item as message `P`, encoded: for stores of many thousands that are sent or compared now and then, and looked
/// into hardly ever. Equal items are equal here, and the other way round.
pub struct Packed<P> {
    bytes: Box<[u8]>,
    message: PhantomData<fn() -> P>,
}

impl<P: Message + Default> Packed<P> {
    /// Of an item.
    pub fn of<'a, T>(item: &'a T) -> Self
    where
        P: From<&'a T>,
    {
        Self {
            bytes: P::from(item).encode_to_vec().into(),
            message: PhantomData,
        }
    }

    /// To be sent.
    pub fn message(&self) -> P {
        match P::decode(&*self.bytes) {
            Ok(message) => message,
            Err(error) => unreachable!("was encoded here: {error}"),
        }
    }

    /// The item.
    ///
    /// # Errors
    /// What a receiver of the message would say: a domain type can hold what its message must not.
    pub fn read<T>(&self) -> Result<T, ConvertError>
    where
        T: TryFrom<P, Error = ConvertError>,
    {
        self.message().try_into()
    }
}

impl<P> PartialEq for Packed<P> {
    fn eq(&self, other: &Self) -> bool {
        self.bytes == other.bytes
    }
}

impl<P> Eq for Packed<P> {}

impl<P> fmt::Debug for Packed<P> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Packed({} bytes)", self.bytes.len())
    }
}

/// Streams send what is kept so as they send the item.
impl From<&Packed<types::SourceObject>> for types::SourceObject {
    fn from(packed: &Packed<types::SourceObject>) -> Self {
        packed.message()
    }
}
