use proptest::prelude::*;
use tributary_model::desired::DesiredLoadBalancer;
use tributary_model::judgement::Judgement;
use tributary_model::resource::SourceObject;
use tributary_model::status::Status;

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
    fn a_packed_load_balancer_is_the_load_balancer(one: u64, other: u64) {
        check::<types::DesiredLoadBalancer, DesiredLoadBalancer>(one, other);
        check::<types::DesiredLoadBalancer, DesiredLoadBalancer>(one, one);
    }

    #[test]
    fn a_packed_judgement_is_the_judgement(one: u64, other: u64) {
        check::<types::Judgement, Judgement>(one, other);
        check::<types::Judgement, Judgement>(one, one);
    }

    #[test]
    fn a_packed_status_is_the_status(one: u64, other: u64) {
        check::<types::Status, Status>(one, other);
        check::<types::Status, Status>(one, one);
    }
}
