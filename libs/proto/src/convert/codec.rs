//! The two directions of every kind of field, side by side, and the macros that put fields together.
//!
//! `message!` names each field once, with its codec: what is written and what is read cannot drift
//! apart, and a new field of a domain type breaks the build until it has one. In tests it also says how to make a value.

// One signature for all codecs: a reference to the field, the field's name and value.
#![allow(
    clippy::needless_pass_by_value,
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    clippy::unnecessary_wraps
)]

use super::ConvertError;

/// A message and a domain type with the same field names.
macro_rules! message {
    ($model:path = $message:path { $($field:ident: $codec:ident),* $(,)? }) => {
        $crate::convert::codec::conversion!($model = $message { $($field: $codec),* });

        #[cfg(test)]
        $crate::arbitrary::structure!($model { $($field),* });
    };
}

/// As `message!`, for a domain type of which not every field may have any value: `arbitrary` makes one by hand.
macro_rules! conversion {
    ($model:path = $message:path { $($field:ident: $codec:ident),* $(,)? }) => {
        impl From<&$model> for $message {
            fn from(value: &$model) -> Self {
                let $model { $($field),* } = value;
                Self { $($field: $codec::write($field)),* }
            }
        }

        impl TryFrom<$message> for $model {
            type Error = $crate::convert::ConvertError;

            fn try_from(message: $message) -> Result<Self, Self::Error> {
                let $message { $($field),* } = message;
                Ok(Self {
                    $($field: $codec::read(stringify!($field), $field)?),*
                })
            }
        }
    };
}

/// The spec of a kind: as `message!`, but the domain type's `meta` travels beside it, in `SourceObject`.
macro_rules! spec {
    ($model:path = $message:path { $($field:ident: $codec:ident),* $(,)? }) => {
        impl From<&$model> for $message {
            fn from(value: &$model) -> Self {
                let $model { meta: _, $($field),* } = value;
                Self { $($field: $codec::write($field)),* }
            }
        }

        impl TryFrom<$crate::convert::codec::Beside<tributary_model::Meta, $message>> for $model {
            type Error = $crate::convert::ConvertError;

            fn try_from(
                $crate::convert::codec::Beside(meta, message): $crate::convert::codec::Beside<
                    tributary_model::Meta,
                    $message,
                >,
            ) -> Result<Self, Self::Error> {
                let $message { $($field),* } = message;
                Ok(Self {
                    meta,
                    $($field: $codec::read(stringify!($field), $field)?),*
                })
            }
        }

        #[cfg(test)]
        $crate::arbitrary::structure!($model { meta, $($field),* });
    };
}

/// An enumeration whose values have the same names on both sides, besides `Unspecified`.
macro_rules! enumeration {
    ($model:path = $message:path { $($value:ident),* $(,)? }) => {
        impl $crate::convert::codec::one_of::OneOf for $model {
            type Wire = $message;
        }

        impl From<$model> for $message {
            fn from(value: $model) -> Self {
                match value {
                    $(<$model>::$value => Self::$value),*
                }
            }
        }

        impl TryFrom<$message> for $model {
            type Error = $crate::convert::ConvertError;

            fn try_from(value: $message) -> Result<Self, Self::Error> {
                match value {
                    <$message>::Unspecified => Err($crate::convert::codec::absent()),
                    $(<$message>::$value => Ok(Self::$value)),*
                }
            }
        }

        #[cfg(test)]
        $crate::arbitrary::variants!($model: |source| $(Self::$value),*);
    };
}

pub(super) use {conversion, enumeration, message, spec};

/// A message and what travels beside it but belongs to the same domain type.
pub(super) struct Beside<I, P>(pub(super) I, pub(super) P);

/// What is said of a required field that is not there, before the field is known.
pub(super) fn absent() -> ConvertError {
    ConvertError::at("", "is required")
}

/// A value in `field`, converted.
pub(super) fn within<P, M>(field: &str, value: P) -> Result<M, ConvertError>
where
    M: TryFrom<P, Error = ConvertError>,
{
    M::try_from(value).map_err(|error| error.under(field))
}

/// The value of an enumeration that a number in `field` stands for.
pub(super) fn known<P: TryFrom<i32>>(field: &str, number: i32) -> Result<P, ConvertError> {
    P::try_from(number)
        .map_err(|_| ConvertError::at(field, format!("has the unknown value {number}")))
}

/// A field that both sides hold alike and that may have any value.
pub(super) mod same {
    use super::ConvertError;

    pub(in crate::convert) fn write<T: Clone>(value: &T) -> T {
        value.clone()
    }

    pub(in crate::convert) fn read<T>(_field: &str, value: T) -> Result<T, ConvertError> {
        Ok(value)
    }
}

/// A string that must not be empty.
pub(super) mod text {
    use super::{ConvertError, absent};

    pub(in crate::convert) fn write(value: &str) -> String {
        value.to_owned()
    }

    pub(in crate::convert) fn read<T: From<String>>(
        field: &str,
        value: String,
    ) -> Result<T, ConvertError> {
        if value.is_empty() {
            return Err(absent().under(field));
        }
        Ok(value.into())
    }
}

/// A shared string that may be empty.
pub(super) mod any_name {
    use tributary_model::Name;

    use super::ConvertError;

    pub(in crate::convert) use super::text::write;

    pub(in crate::convert) fn read(_field: &str, value: String) -> Result<Name, ConvertError> {
        Ok(value.into())
    }
}

/// A name that may be absent, but not empty.
pub(super) mod optional_name {
    use tributary_model::Name;

    use super::{ConvertError, text};

    pub(in crate::convert) fn write(value: &Option<Name>) -> Option<String> {
        value.as_deref().map(str::to_owned)
    }

    pub(in crate::convert) fn read(
        field: &str,
        value: Option<String>,
    ) -> Result<Option<Name>, ConvertError> {
        value.map(|value| text::read(field, value)).transpose()
    }
}

/// A message that must be there.
pub(super) mod required {
    use super::{ConvertError, absent, within};

    pub(in crate::convert) fn write<'a, M, P: From<&'a M>>(value: &'a M) -> Option<P> {
        Some(value.into())
    }

    pub(in crate::convert) fn read<P, M>(field: &str, value: Option<P>) -> Result<M, ConvertError>
    where
        M: TryFrom<P, Error = ConvertError>,
    {
        within(field, value.ok_or_else(|| absent().under(field))?)
    }
}

/// A message that may be absent.
pub(super) mod optional {
    use super::{ConvertError, within};

    pub(in crate::convert) fn write<'a, M, P: From<&'a M>>(value: &'a Option<M>) -> Option<P> {
        value.as_ref().map(P::from)
    }

    pub(in crate::convert) fn read<P, M>(
        field: &str,
        value: Option<P>,
    ) -> Result<Option<M>, ConvertError>
    where
        M: TryFrom<P, Error = ConvertError>,
    {
        value.map(|value| within(field, value)).transpose()
    }
}

/// A collection of messages.
pub(super) mod list {
    use super::ConvertError;

    pub(in crate::convert) fn write<'a, M, P, C>(values: &'a C) -> Vec<P>
    where
        M: 'a,
        P: From<&'a M>,
        &'a C: IntoIterator<Item = &'a M>,
    {
        values.into_iter().map(P::from).collect()
    }

    pub(in crate::convert) fn read<P, M, C>(field: &str, values: Vec<P>) -> Result<C, ConvertError>
    where
        M: TryFrom<P, Error = ConvertError>,
        C: FromIterator<M>,
    {
        // Collecting results leaves room for four where one is usual, in every list of every object.
        let mut read = Vec::with_capacity(values.len());
        for (index, value) in values.into_iter().enumerate() {
            read.push(M::try_from(value).map_err(|error| error.under_index(field, index))?);
        }
        Ok(read.into_iter().collect())
    }
}

/// A list of shared messages.
pub(super) mod shared_list {
    use std::sync::Arc;

    use super::{ConvertError, list};

    pub(in crate::convert) fn write<'a, M: 'a, P: From<&'a M>>(
        values: impl IntoIterator<Item = &'a Arc<M>>,
    ) -> Vec<P> {
        values.into_iter().map(|value| P::from(value)).collect()
    }

    pub(in crate::convert) fn read<P, M, C>(field: &str, values: Vec<P>) -> Result<C, ConvertError>
    where
        M: TryFrom<P, Error = ConvertError>,
        C: FromIterator<Arc<M>>,
    {
        let values: Vec<M> = list::read(field, values)?;
        Ok(values.into_iter().map(Arc::new).collect())
    }
}

/// Labels, a map on the wire.
pub(super) mod label_map {
    use std::collections::BTreeMap;

    use tributary_model::labels::{Labels, NoLabel};

    use super::ConvertError;

    pub(in crate::convert) fn write(labels: &Labels) -> BTreeMap<String, String> {
        labels.to_map()
    }

    pub(in crate::convert) fn read(
        field: &str,
        labels: BTreeMap<String, String>,
    ) -> Result<Labels, ConvertError> {
        Labels::of(&labels).map_err(|NoLabel { key }| {
            ConvertError::at(field, format!("has {key:?}, which is no label"))
        })
    }
}

/// A map of shared values that carry their own key: a list on the wire, where no key may come twice.
pub(super) mod keyed {
    use std::collections::BTreeMap;
    use std::sync::Arc;

    use super::ConvertError;

    /// A value that carries its own key.
    pub(in crate::convert) trait Keyed {
        /// Its type.
        type Key: Ord;
        /// Its field.
        const KEY_FIELD: &'static str;
        /// The key.
        fn key(&self) -> Self::Key;
    }

    pub(in crate::convert) fn write<'a, K: 'a, M: 'a, P: From<&'a M>>(
        values: impl IntoIterator<Item = (&'a K, &'a Arc<M>)>,
    ) -> Vec<P> {
        values
            .into_iter()
            .map(|(_, value)| P::from(value))
            .collect()
    }

    pub(in crate::convert) fn read<P, M, C>(field: &str, values: Vec<P>) -> Result<C, ConvertError>
    where
        M: Keyed + TryFrom<P, Error = ConvertError>,
        C: FromIterator<(M::Key, Arc<M>)>,
    {
        let mut map = BTreeMap::new();
        for (index, value) in values.into_iter().enumerate() {
            let value = M::try_from(value).map_err(|error| error.under_index(field, index))?;
            if map.insert(value.key(), Arc::new(value)).is_some() {
                return Err(
                    ConvertError::at(M::KEY_FIELD, "is given twice").under_index(field, index)
                );
            }
        }
        Ok(map.into_iter().collect())
    }
}

/// An enumeration that must have one of the values that both sides know.
pub(super) mod one_of {
    use super::{ConvertError, known, within};

    /// A domain enumeration that travels as `Wire`.
    pub(in crate::convert) trait OneOf: Clone {
        /// The generated enumeration.
        type Wire: From<Self> + Into<i32> + TryFrom<i32>;
    }

    pub(in crate::convert) fn write<M: OneOf>(value: &M) -> i32 {
        M::Wire::from(value.clone()).into()
    }

    pub(in crate::convert) fn read<M>(field: &str, value: i32) -> Result<M, ConvertError>
    where
        M: OneOf + TryFrom<M::Wire, Error = ConvertError>,
    {
        within(field, known::<M::Wire>(field, value)?)
    }
}

/// An enumeration that may be absent.
pub(super) mod optional_one_of {
    use super::ConvertError;
    use super::one_of::{self, OneOf};

    pub(in crate::convert) fn write<M: OneOf>(value: &Option<M>) -> Option<i32> {
        value.as_ref().map(one_of::write)
    }

    pub(in crate::convert) fn read<M>(
        field: &str,
        value: Option<i32>,
    ) -> Result<Option<M>, ConvertError>
    where
        M: OneOf + TryFrom<M::Wire, Error = ConvertError>,
    {
        value.map(|value| one_of::read(field, value)).transpose()
    }
}

/// A collection of values of an enumeration.
pub(super) mod each_of {
    use super::ConvertError;
    use super::one_of::{self, OneOf};

    pub(in crate::convert) fn write<'a, M, C>(values: &'a C) -> Vec<i32>
    where
        M: OneOf + 'a,
        &'a C: IntoIterator<Item = &'a M>,
    {
        values.into_iter().map(one_of::write).collect()
    }

    pub(in crate::convert) fn read<M, C>(field: &str, values: Vec<i32>) -> Result<C, ConvertError>
    where
        M: OneOf + TryFrom<M::Wire, Error = ConvertError>,
        C: FromIterator<M>,
    {
        values
            .into_iter()
            .map(|value| one_of::read(field, value))
            .collect()
    }
}

mod scalar;

pub(super) use scalar::{
    content_revision, hostname_list, index, index_list, ip_address, listener_protocol, number16,
    optional_hostname, optional_port, parse_hostname, port_number, rule_id, target_group_id,
    timestamp,
};
