//! Values of every domain type that travels, from a seed.
//!
//! Only well-formed ones: what must be refused is written out case by case in the tests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use tributary_model::key::{ListenerOwner, RouteKind};
use tributary_model::listener::Protocol;
use tributary_model::{AttachedRoutes, Hostname, Name, ObjectKey, Revision, Timestamp};

mod config;
mod desired;
mod judgement;
mod resource;
mod view;

/// A stream of numbers (splitmix64): the same seed gives the same value.
pub(crate) struct Source(u64);

/// A value out of a [`Source`].
pub(crate) trait Arbitrary: Sized {
    fn arbitrary(source: &mut Source) -> Self;
}

/// The value of a seed.
pub(crate) fn from_seed<T: Arbitrary>(seed: u64) -> T {
    T::arbitrary(&mut Source(seed))
}

impl Source {
    fn number(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.number() % bound
    }

    pub(crate) fn pick<T: Clone>(&mut self, choices: &[T]) -> T {
        let place = usize::try_from(self.below(choices.len() as u64)).unwrap();
        choices[place].clone()
    }

    pub(crate) fn any<T: Arbitrary>(&mut self) -> T {
        T::arbitrary(self)
    }
}

/// A struct-like variant whose fields are all arbitrary.
macro_rules! fields {
    ($source:ident, $($type:ident)::+ { $($field:ident),* $(,)? }) => {
        $($type)::+ { $($field: $source.any()),* }
    };
}

/// A struct whose fields are all arbitrary. `convert` calls it for each type that it converts field by field.
macro_rules! structure {
    ($type:path { $($field:ident),* $(,)? }) => {
        impl $crate::arbitrary::Arbitrary for $type {
            fn arbitrary(source: &mut $crate::arbitrary::Source) -> Self {
                $type { $($field: source.any()),* }
            }
        }
    };
}

macro_rules! structs {
    ($($type:ident { $($field:ident),* $(,)? })*) => {
        $($crate::arbitrary::structure!($type { $($field),* });)*
    };
}

/// An enum, by one expression a variant.
macro_rules! variants {
    ($type:ty: |$source:ident| $($value:expr),* $(,)?) => {
        impl $crate::arbitrary::Arbitrary for $type {
            fn arbitrary($source: &mut $crate::arbitrary::Source) -> Self {
                let choices: &[fn(&mut $crate::arbitrary::Source) -> $type] =
                    &[$(|#[allow(unused_variables)] $source| $value),*];
                let choice = $source.pick(choices);
                choice($source)
            }
        }
    };
}

pub(crate) use {fields, structs, structure, variants};

impl Arbitrary for bool {
    fn arbitrary(source: &mut Source) -> Self {
        source.below(2) == 0
    }
}

/// Never 0, since most are ports.
impl Arbitrary for u16 {
    fn arbitrary(source: &mut Source) -> Self {
        source.pick(&[1, 80, 443, 8080, u16::MAX])
    }
}

impl Arbitrary for u32 {
    fn arbitrary(source: &mut Source) -> Self {
        source.pick(&[0, 1, 999, u32::MAX])
    }
}

impl Arbitrary for u64 {
    fn arbitrary(source: &mut Source) -> Self {
        let any = source.number();
        source.pick(&[0, 1, any, u64::MAX])
    }
}

impl Arbitrary for i64 {
    fn arbitrary(source: &mut Source) -> Self {
        source.pick(&[0, 1, 1_700_000_000, i64::MAX, i64::MIN])
    }
}

impl Arbitrary for usize {
    fn arbitrary(source: &mut Source) -> Self {
        source.pick(&[0, 1, 15, 1_000_000])
    }
}

/// Never empty, since some must not be.
impl Arbitrary for String {
    fn arbitrary(source: &mut Source) -> Self {
        let long = "x".repeat(253);
        source
            .pick(&["a", "team-a", "/", "*.x", "ünï\u{0} \n", "0", &long])
            .to_owned()
    }
}

impl Arbitrary for Name {
    fn arbitrary(source: &mut Source) -> Self {
        source.any::<String>().into()
    }
}

impl<T: Arbitrary> Arbitrary for Option<T> {
    fn arbitrary(source: &mut Source) -> Self {
        source.any::<bool>().then(|| source.any())
    }
}

impl<T: Arbitrary> Arbitrary for Vec<T> {
    fn arbitrary(source: &mut Source) -> Self {
        let length = source.below(3);
        (0..length).map(|_| source.any()).collect()
    }
}

impl Arbitrary for AttachedRoutes {
    fn arbitrary(source: &mut Source) -> Self {
        source.any::<BTreeSet<_>>().into_iter().collect()
    }
}

impl<T: Arbitrary + Ord> Arbitrary for BTreeSet<T> {
    fn arbitrary(source: &mut Source) -> Self {
        source.any::<Vec<T>>().into_iter().collect()
    }
}

impl<K: Arbitrary + Ord, V: Arbitrary> Arbitrary for BTreeMap<K, V> {
    fn arbitrary(source: &mut Source) -> Self {
        source.any::<Vec<(K, V)>>().into_iter().collect()
    }
}

impl<T: Arbitrary> Arbitrary for Arc<T> {
    fn arbitrary(source: &mut Source) -> Self {
        Self::new(source.any())
    }
}

impl<A: Arbitrary, B: Arbitrary> Arbitrary for (A, B) {
    fn arbitrary(source: &mut Source) -> Self {
        (source.any(), source.any())
    }
}

impl Arbitrary for Timestamp {
    fn arbitrary(source: &mut Source) -> Self {
        Self(source.any())
    }
}

impl Arbitrary for Revision {
    fn arbitrary(source: &mut Source) -> Self {
        Self(source.any())
    }
}

impl Arbitrary for Hostname {
    fn arbitrary(source: &mut Source) -> Self {
        let host = source.pick(&["a.example.com", "*.example.com", "x", "1.2.3.4.example"]);
        Self::parse(host).unwrap()
    }
}

impl Arbitrary for std::net::IpAddr {
    fn arbitrary(source: &mut Source) -> Self {
        source
            .pick(&["10.0.0.1", "fd00::1", "::ffff:10.0.0.1"])
            .parse()
            .unwrap()
    }
}

impl Arbitrary for Protocol {
    fn arbitrary(source: &mut Source) -> Self {
        Self::parse(source.pick(&["HTTP", "HTTPS", "TLS", "TCP", "UDP", "example.com/custom"]))
    }
}

impl Arbitrary for RouteKind {
    fn arbitrary(source: &mut Source) -> Self {
        source.pick(&Self::ALL)
    }
}

impl Arbitrary for ObjectKey {
    fn arbitrary(source: &mut Source) -> Self {
        let namespace = source.pick(&["", "team-a", "team-b"]);
        Self::new(namespace, source.any::<Name>())
    }
}

impl Arbitrary for ListenerOwner {
    fn arbitrary(source: &mut Source) -> Self {
        let key = source.any();
        if source.any() {
            Self::gateway(key)
        } else {
            Self::listener_set(key)
        }
    }
}
