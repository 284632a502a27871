//! What the watcher and the merger hold of a large world, and how long they take to read it.

use std::time::{Duration, Instant};

use tokio::time::interval;
use tributary_testkit::worlds::Size;
use tributary_tests_e2e::system::{Part, System};

use crate::figures::Figures;
use crate::process::mebibytes;
use crate::world;

/// The merger is asked this often whether it has everything.
const LOOK: Duration = Duration::from_millis(20);

/// Watcher and merger alone: nobody reads what the merger publishes.
pub async fn measure(figures: &mut Figures, name: &str, size: Size, aim: &'static str) {
    let mut system = System::new();
    world(size).write(&system.source());
    let start = Instant::now();
    system.start(Part::Watcher);
    system.start(Part::Merger);
    let mut look = interval(LOOK);
    while !system.is_merged().await {
        look.tick().await;
    }
    let took = start.elapsed().as_secs_f64();
    figures.add(
        format!("{name}: files to desired state"),
        "s",
        "",
        vec![took],
    );
    for (part, aim) in [(Part::Watcher, ""), (Part::Merger, aim)] {
        let status = std::fs::read_to_string(format!("/proc/{}/status", system.process_id(part)));
        let status = status.unwrap();
        for (field, what, aim) in [("VmRSS:", "memory", aim), ("VmHWM:", "peak memory", "")] {
            let name = format!("{name}: {what} of {part:?}");
            figures.add(name, "MiB", aim, vec![mebibytes(&status, field)]);
        }
    }
}
