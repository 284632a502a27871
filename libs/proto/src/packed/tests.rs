use proptest::prelude::*;
use tributary_model::judgement::JudgedObject;
use tributary_model::resource::SourceObject;

use super::*;
use crate::arbitrary::{Arbitrary, from_seed};

fn check<P, T>(one: u64, other: u64)
where
    P: Message + Default + for<'a> From<&'a T>,
    T: Arbitrary + TryFrom<P, Error = ConvertError> + PartialEq + fmt::Debug,
{
    let (one, other): (T, T) = (from_seed(one), from_seed(other));
    let (packed, another) = (Packed::<P>::of(&one), Packed::<P>::of(&other));
    assert_eq!(packed == another, one == other);
    assert_eq!(packed.read(), Ok(one));
}

proptest! {
    #[test]
    fn a_packed_source_object_is_the_object(one: u64, other: u64) {
        check::<types::SourceObject, SourceObject>(one, other);
        check::<types::SourceObject, SourceObject>(one, one);
    }

    #[test]
    fn a_packed_judged_object_is_the_object(one: u64, other: u64) {
        check::<types::JudgedObject, JudgedObject>(one, other);
        check::<types::JudgedObject, JudgedObject>(one, one);
    }
}
