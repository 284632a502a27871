use std::num::NonZeroU32;

use super::*;

fn check(gateway: &str, count: u32, shard: u32) {
    let (namespace, name) = gateway.split_once('/').unwrap();
    let count = NonZeroU32::new(count).unwrap();
    assert_eq!(shard_of(&ObjectKey::new(namespace, name), count), shard);
}

/// Computed by a Python program from the algorithm's text: what any build of any replica has to say.
#[test]
fn a_share_is_the_same_in_every_build() {
    check("infra/web", u32::MAX, 4_123_811_607);
    check("team-a/shop", u32::MAX, 436_506_556);
    check("prod/täst", u32::MAX, 136_861_406);
}

#[test]
fn shares_of_the_usual_count() {
    check("infra/web", 8, 0);
    check("team-a/shop", 8, 7);
    check("default/my-gateway", 8, 2);
}

#[test]
fn one_share_is_everything() {
    check("infra/web", 1, 0);
    check("team-a/shop", 1, 0);
}

/// <https://datatracker.ietf.org/doc/html/draft-eastlake-fnv>, appendix C.
#[test]
fn the_algorithm_is_fnv_1a() {
    let hash = |text: &str| text.bytes().fold(FNV_OFFSET_BASIS, fnv1a_step);
    assert_eq!(hash(""), 0xcbf2_9ce4_8422_2325);
    assert_eq!(hash("a"), 0xaf63_dc4c_8601_ec8c);
    assert_eq!(hash("foobar"), 0x8594_4171_f739_67e8);
}
