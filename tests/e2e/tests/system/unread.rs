//! A source whose mount is gone takes nothing from anybody, not even over a restart, and goes on when it is back.

use crate::sandbox::assert_same;
use crate::status::assert_equal;
use crate::system::{FIVE, Part, System};
use crate::teams::Teams;
use crate::until;

/// What the watcher says while it waits.
const WAITS: &str = "holds nothing any more";

#[tokio::test]
async fn a_source_that_is_empty_all_at_once_deletes_nothing_and_is_told_once() {
    let mut system = System::new();
    Teams::new().write(&system.source());
    system.start(Part::Sandbox);
    for part in FIVE {
        system.start(part);
    }
    system.settled().await;
    let (statuses, inventory) = (system.statuses(), system.inventory().await);
    assert!(!inventory.is_empty());

    let source = system.source();
    let mounted = source.with_file_name("mounted");
    std::fs::rename(&source, &mounted).unwrap();
    std::fs::create_dir(&source).unwrap();
    for lives in [1, 2] {
        let told = || system.log(Part::Watcher).matches(WAITS).count();
        until("the watcher waits", async || told() == lives).await;
        if lives == 1 {
            system.settled().await;
        }
        assert_same(&system.inventory().await, &inventory, "while it is gone");
        assert_equal(&system.statuses(), &statuses, "while it is gone");
        if lives == 1 {
            system.kill(Part::Watcher);
            system.start(Part::Watcher);
        }
    }
    std::fs::remove_dir(&source).unwrap();
    std::fs::rename(&mounted, &source).unwrap();
    system.settled().await;
    assert_same(&system.inventory().await, &inventory, "when it is back");
    assert_equal(&system.statuses(), &statuses, "when it is back");
    assert_eq!(system.log(Part::Watcher).matches(WAITS).count(), 2);
}
