//! The last release beside this one: each service may be either, and changes from one to the other amid edits.
//!
//! `.ci/previous` makes the program of the last release; without it these tests do not run (`just skew`).

use std::collections::BTreeSet;

use fastrand::Rng;

use crate::kills::end_is_as_from_scratch;
use crate::process::{Release, run_release};
use crate::system::{FIVE, System, words};
use crate::teams::Teams;

/// All but for the start, each once, and in the end the start again: one service changes at a time (a Gray code).
fn changes() -> impl Iterator<Item = usize> {
    let combinations = 1_u32 << FIVE.len();
    (1..=combinations).map(|number| {
        let bit = usize::try_from(number.trailing_zeros()).unwrap();
        bit.min(FIVE.len() - 1)
    })
}

/// Both releases' clients understand the merger, whichever it is.
async fn answers(system: &System) {
    let server = system.merger.to_string();
    for release in [Release::This, Release::Previous] {
        for args in [
            vec!["wait", "--timeout", "60s", "--server", &server],
            vec!["get", "listeners", "-A", "--server", &server],
        ] {
            let ended = run_release(release, "tributary", &words(&args)).await;
            let what = format!("{release:?} {args:?}: {}{}", ended.stdout, ended.stderr);
            assert_eq!(ended.code, Some(0), "{what}");
        }
    }
}

#[tokio::test]
async fn every_combination_of_the_last_release_and_this_one_works() {
    let mut random = Rng::with_seed(12);
    let mut teams = Teams::new();
    let mut system = System::of_five(FIVE);
    teams.write(&system.source());
    system.settled().await;
    let mut story = Vec::new();
    let mut previous = BTreeSet::new();
    for changed in changes() {
        let part = FIVE[changed];
        let release = if previous.insert(part) {
            Release::Previous
        } else {
            previous.remove(&part);
            Release::This
        };
        story.push(format!("{part:?} is now of {release:?}"));
        system.stop(part).await;
        story.push(teams.edit(&mut random));
        teams.write(&system.source());
        system.start_release(release, part);
        answers(&system).await;
    }
    assert!(previous.is_empty(), "{previous:?}");
    teams.repair();
    teams.write(&system.source());
    end_is_as_from_scratch(&system, &story).await;
}
