//! Many edits of a folder end as one run on its last state.

use fastrand::Rng;

use crate::sandbox::assert_same;
use crate::status::{ageless, assert_equal};
use crate::system::{Part, System};
use crate::teams::Teams;

const EDITS: usize = 50;

async fn check(seed: u64) {
    let mut random = Rng::with_seed(seed);
    let mut teams = Teams::new();
    let mut system = System::new();
    teams.write(&system.source());
    system.start(Part::Up);
    let mut story = Vec::new();
    for number in 0..EDITS {
        story.push(teams.edit(&mut random));
        teams.write(&system.source());
        // Some edits meet a system at rest, and some one at work.
        if number % 5 == 0 {
            system.settled().await;
        }
    }
    teams.repair();
    teams.write(&system.source());
    system.settled().await;
    // With a sandbox of its own, too.
    let mut scratch = System::new();
    teams.write(&scratch.source());
    scratch.start(Part::Up);
    scratch.settled().await;
    assert_equal(
        &ageless(system.statuses()),
        &ageless(scratch.statuses()),
        &format!("seed {seed}: {story:#?}"),
    );
    assert_same(
        &system.inventory().await,
        &scratch.inventory().await,
        &format!("seed {seed}: {story:#?}"),
    );
}

#[tokio::test]
async fn random_edits_of_a_folder_end_like_a_run_from_scratch() {
    check(1).await;
}

#[tokio::test]
async fn other_random_edits_of_a_folder_end_like_a_run_from_scratch() {
    check(2).await;
}
