use std::convert::Infallible;

use super::*;

mod rotation;

const NOW: Timestamp = Timestamp(1_000_000);
const SETTLE: i64 = 100;
const LIVES: Lives = Lives {
    authority: 300_000,
    identity: 90_000,
    settle: SETTLE,
};

fn ago(seconds: i64) -> Timestamp {
    Timestamp(NOW.0 - seconds)
}

fn authority(id: &str, made: Timestamp) -> Authority {
    Authority {
        validity: LIVES.authority(made),
        id: id.to_owned(),
    }
}

fn former() -> Authority {
    authority("former", ago(1_000))
}

fn next() -> Authority {
    authority("next", ago(500))
}

fn fresh() -> Authority {
    authority("fresh", NOW)
}

fn name(who: &str) -> String {
    format!("{who}.west")
}

fn trust(authorities: &[Authority], since: i64) -> Trust {
    Trust {
        authorities: authorities.iter().cloned().collect(),
        since: Some(ago(since)),
    }
}

/// Trusts these since long; has a certificate of this one, made so many seconds ago.
fn holder(who: &str, trusts: &[Authority], by: &Authority, made: i64) -> (String, Holder) {
    let identity = Identity {
        names: vec![name(who)],
        by: by.id.clone(),
        validity: LIVES.identity(ago(made), by),
    };
    let holder = Holder {
        trust: trust(trusts, 300),
        identity: Some(identity),
    };
    (who.to_owned(), holder)
}

fn held(authorities: &[Authority], holders: Vec<(String, Holder)>) -> Held {
    Held {
        authorities: authorities.iter().cloned().collect(),
        holders: holders.into_iter().collect(),
    }
}

fn wanted(names: &[&str]) -> BTreeMap<String, Wanted> {
    let wanted = |who: &&str| ((*who).to_owned(), Wanted::Identity(vec![name(who)]));
    names.iter().map(wanted).collect()
}

/// Keys kept, trusted, and who gets a certificate of whom: `a:next`.
#[track_caller]
fn check(held: &Held, kept: &[&str], trusted: &[&str], signed: &[&str]) {
    let decision = decide(held, NOW, &wanted(&["a", "b"]), LIVES, || {
        Ok::<_, Infallible>(fresh())
    });
    let Ok(decision) = decision;
    let ids = |set: &BTreeSet<Authority>| -> Vec<String> {
        set.iter().map(|authority| authority.id.clone()).collect()
    };
    let sign = decision.sign.iter();
    let sign: Vec<_> = sign.map(|(who, by)| format!("{who}:{}", by.id)).collect();
    assert_eq!(
        (ids(&decision.authorities), ids(&decision.trusted), sign),
        (
            kept.iter().map(|it| (*it).to_owned()).collect(),
            trusted.iter().map(|it| (*it).to_owned()).collect(),
            signed.iter().map(|it| (*it).to_owned()).collect()
        )
    );
}

#[test]
fn where_nothing_is_everything_is_made() {
    let held = Held::default();
    check(&held, &["fresh"], &["fresh"], &["a:fresh", "b:fresh"]);
}

#[test]
fn where_everything_is_as_it_should_be_nothing_is_made() {
    let all = [former()];
    let holders = vec![
        holder("a", &all, &all[0], 900),
        holder("b", &all, &all[0], 1),
    ];
    check(&held(&all, holders), &["former"], &["former"], &[]);
}

#[test]
fn what_an_interrupted_run_left_out_is_made_of_the_same_authority() {
    let all = [former()];
    let mut made = holder("a", &all, &all[0], 1);
    made.1.trust.since = Some(ago(1));
    check(
        &held(&all, vec![]),
        &["former"],
        &["former"],
        &["a:former", "b:former"],
    );
    check(
        &held(&all, vec![made]),
        &["former"],
        &["former"],
        &["b:former"],
    );
}

#[test]
fn a_certificate_is_renewed_after_two_thirds_of_its_time() {
    let old = [authority("former", ago(100_000))];
    // 90,600 seconds with what it is good for before it was made.
    for (made, signed) in [(59_799, None), (59_800, Some("b:former"))] {
        let holders = vec![
            holder("a", &old, &old[0], 1_000),
            holder("b", &old, &old[0], made),
        ];
        check(
            &held(&old, holders),
            &["former"],
            &["former"],
            signed.as_slice(),
        );
    }
}

#[test]
fn a_certificate_that_has_ended_or_is_anothers_or_is_none_is_made_anew() {
    let all = [former()];
    let a = || holder("a", &all, &all[0], 900);
    let mut others = vec![holder("b", &all, &all[0], 900); 4];
    if let [ended, early, renamed, none] = others.as_mut_slice() {
        let of = |it: &mut (String, Holder)| it.1.identity.take().unwrap();
        let validity = Validity {
            from: ago(9),
            until: ago(1),
        };
        ended.1.identity = Some(Identity {
            validity,
            ..of(ended)
        });
        let validity = Validity {
            from: Timestamp(NOW.0 + 1),
            until: Timestamp(NOW.0 + 9),
        };
        early.1.identity = Some(Identity {
            validity,
            ..of(early)
        });
        renamed.1.identity = Some(Identity {
            names: vec!["b.east".to_owned()],
            ..of(renamed)
        });
        of(none);
    }
    for other in others {
        let held = held(&all, vec![a(), other]);
        check(&held, &["former"], &["former"], &["b:former"]);
    }
}

#[test]
fn a_certificate_does_not_outlive_its_authority() {
    let by = authority("former", ago(250_000));
    assert_eq!(LIVES.identity(NOW, &by).until, by.validity.until);
    assert_eq!(
        LIVES.identity(NOW, &fresh()).until,
        Timestamp(NOW.0 + LIVES.identity)
    );
}

#[test]
fn an_authority_that_ends_has_a_successor_which_is_only_trusted_first() {
    for (made, is_due) in [(199_799, false), (199_800, true)] {
        let all = [authority("former", ago(made))];
        let holders = vec![
            holder("a", &all, &all[0], 900),
            holder("b", &all, &all[0], 900),
        ];
        let expected: &[&str] = if is_due {
            &["former", "fresh"]
        } else {
            &["former"]
        };
        check(&held(&all, holders), expected, expected, &[]);
    }
}

#[test]
fn it_signs_when_everybody_has_trusted_it_for_some_time() {
    let all = [former(), next()];
    for (since, signed) in [(SETTLE - 1, &[][..]), (SETTLE, &["a:next", "b:next"])] {
        let (a, mut b) = (
            holder("a", &all, &all[0], 900),
            holder("b", &all, &all[0], 900),
        );
        b.1.trust.since = Some(ago(since));
        check(
            &held(&all, vec![a, b]),
            &["former", "next"],
            &["former", "next"],
            signed,
        );
    }
    // One who does not trust it yet: an interrupted run.
    let holders = vec![
        holder("a", &all, &all[0], 900),
        holder("b", &all[..1], &all[0], 900),
    ];
    check(
        &held(&all, holders),
        &["former", "next"],
        &["former", "next"],
        &[],
    );
}

#[test]
fn the_former_is_trusted_until_nobody_has_had_a_certificate_of_it_for_some_time() {
    let all = [former(), next()];
    for (made, left) in [(SETTLE - 1, &["former", "next"][..]), (SETTLE, &["next"])] {
        let holders = vec![
            holder("a", &all, &all[1], 200),
            holder("b", &all, &all[1], made),
        ];
        check(&held(&all, holders), left, left, &[]);
    }
}

#[test]
fn who_was_left_out_when_certificates_were_changed_gets_one_of_the_next() {
    let all = [former(), next()];
    let holders = vec![
        holder("a", &all, &all[1], 5),
        holder("b", &all, &all[0], 900),
    ];
    check(
        &held(&all, holders),
        &["former", "next"],
        &["former", "next"],
        &["b:next"],
    );
}

#[test]
fn a_secret_that_was_deleted_takes_nobody_back_to_the_former() {
    let all = [former(), next()];
    let holders = vec![holder("a", &all, &all[1], 200)];
    check(
        &held(&all, holders),
        &["former", "next"],
        &["former", "next"],
        &["b:next"],
    );
    let mut made = holder("b", &all, &all[1], 1);
    made.1.trust.since = Some(ago(1));
    let holders = vec![holder("a", &all, &all[1], 200), made];
    check(
        &held(&all, holders),
        &["former", "next"],
        &["former", "next"],
        &[],
    );
}

#[test]
fn a_lost_key_is_replaced_as_if_it_ended() {
    let lost = [former()];
    let holders = vec![
        holder("a", &lost, &lost[0], 900),
        holder("b", &lost, &lost[0], 900),
    ];
    check(&held(&[], holders), &["fresh"], &["former", "fresh"], &[]);
    let all = [former(), next()];
    let holders = vec![
        holder("a", &all, &all[0], 900),
        holder("b", &all, &all[0], 900),
    ];
    check(
        &held(&all[1..], holders),
        &["next"],
        &["former", "next"],
        &["a:next", "b:next"],
    );
    let holders = vec![
        holder("a", &all, &all[1], 200),
        holder("b", &all, &all[1], 200),
    ];
    check(&held(&all[1..], holders), &["next"], &["next"], &[]);
}

#[test]
fn after_a_long_time_without_runs_everything_is_made_anew() {
    let ended = [authority("ended", ago(400_000))];
    let holders = vec![
        holder("a", &ended, &ended[0], 399_000),
        holder("b", &ended, &ended[0], 399_000),
    ];
    check(
        &held(&ended, holders),
        &["fresh"],
        &["fresh"],
        &["a:fresh", "b:fresh"],
    );
}

#[test]
fn since_when_somebody_trusts_goes_on_only_where_it_is_the_same() {
    let all = [former()];
    let Ok(decision) = decide(&held(&all, vec![]), NOW, &wanted(&["a"]), LIVES, || {
        Ok::<_, Infallible>(fresh())
    });
    let check = |trust: Option<Trust>, expected: Timestamp| {
        let holder = trust.map(|trust| Holder {
            trust,
            identity: None,
        });
        assert_eq!(decision.since(holder.as_ref(), NOW), expected);
    };
    check(Some(trust(&all, 300)), ago(300));
    check(Some(trust(&[former(), next()], 300)), NOW);
    check(Some(trust(&all, -1)), NOW);
    check(None, NOW);
    let authorities = trust(&all, 0).authorities;
    check(
        Some(Trust {
            authorities,
            since: None,
        }),
        NOW,
    );
}
