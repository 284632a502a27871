//! Between messages and domain types.

pub use error::ConvertError;

mod error;
