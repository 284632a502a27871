//! Any service may be killed at any time, and started again in any order.

use fastrand::Rng;

use crate::sandbox::assert_same;
use crate::scratch::judged;
use crate::status::{ageless, assert_equal};
use crate::system::{FIVE, Part, System};
use crate::teams::Teams;

/// Edits while parts are down: a burst, as a checkout makes one.
const BURST: usize = 3;

/// The same as a run from scratch, and nothing double.
pub(crate) async fn end_is_as_from_scratch(system: &System, story: &[String]) {
    system.settled().await;
    let expected = judged(&system.source()).await;
    let story = format!("{story:#?}");
    assert_equal(
        &ageless(system.statuses()),
        &ageless(expected.statuses),
        &story,
    );
    assert_same(&system.inventory().await, &expected.inventory, &story);
}

struct Drill {
    random: Rng,
    teams: Teams,
    system: System,
    story: Vec<String>,
}

impl Drill {
    async fn new(seed: u64) -> Self {
        let teams = Teams::new();
        let system = System::of_five(FIVE);
        teams.write(&system.source());
        system.settled().await;
        Self {
            random: Rng::with_seed(seed),
            teams,
            system,
            story: vec![format!("seed {seed}")],
        }
    }

    fn edit(&mut self) {
        for _ in 0..BURST {
            self.story.push(self.teams.edit(&mut self.random));
            self.teams.write(&self.system.source());
        }
    }

    fn kill(&mut self, part: Part) {
        self.story.push(format!("kill {part:?}"));
        self.system.kill(part);
    }

    fn start(&mut self, part: Part) {
        self.story.push(format!("start {part:?}"));
        self.system.start(part);
    }

    async fn end(mut self) {
        self.teams.repair();
        self.teams.write(&self.system.source());
        end_is_as_from_scratch(&self.system, &self.story).await;
    }
}

#[tokio::test]
async fn any_service_may_be_killed_and_started_again() {
    let mut drill = Drill::new(3).await;
    for part in FIVE {
        drill.kill(part);
        drill.edit();
        drill.start(part);
        drill.system.settled().await;
    }
    drill.end().await;
}

#[tokio::test]
async fn services_may_be_killed_at_work_in_any_order() {
    let mut drill = Drill::new(4).await;
    for _ in 0..3 {
        let mut order = FIVE;
        drill.random.shuffle(&mut order);
        for part in order {
            // No wait: it dies while it works on the last burst.
            drill.edit();
            drill.kill(part);
            drill.edit();
            drill.start(part);
        }
    }
    drill.end().await;
}

#[tokio::test]
async fn all_services_may_be_gone_at_once() {
    let mut drill = Drill::new(5).await;
    for _ in 0..3 {
        drill.edit();
        for part in FIVE {
            drill.kill(part);
        }
        drill.edit();
        let mut order = FIVE;
        drill.random.shuffle(&mut order);
        for part in order {
            drill.start(part);
        }
    }
    drill.end().await;
}
