//! A world that AWS has nothing of yet.

use std::time::Instant;

use serde_json::json;
use tributary_testkit::worlds::Size;
use tributary_tests_e2e::manifests::CERTIFICATE;
use tributary_tests_e2e::sandbox::calls;
use tributary_tests_e2e::system::{FIVE, Part, System};

use crate::figures::Figures;
use crate::world;

/// From the start of all programs until everything is programmed and told. Operations that differ are the steps that
/// the programmer says it has done: each is one write, and all are needed.
pub async fn measure(figures: &mut Figures, name: &str, size: Size, samples: usize) {
    let (mut times, mut counts, mut ratios) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..samples {
        let mut system = System::new();
        system.certificate = CERTIFICATE;
        system.first_faults = json!({"latency_ms": 20});
        system.quotas = json!({"rules-per-application-load-balancer": 1000});
        world(size).write(&system.source());
        let start = Instant::now();
        system.start(Part::Sandbox);
        for part in FIVE {
            system.start(part);
        }
        system.settled().await;
        times.push(start.elapsed().as_secs_f64());
        let calls = calls(system.sandbox).await;
        eprintln!("{calls:#?}");
        let log = system.log(Part::AlbProgrammer);
        let steps = log.lines().filter(|line| line.contains(": done ")).count();
        let calls: u64 = calls.values().sum();
        counts.push(number(calls));
        ratios.push(number(calls) / number(steps as u64));
    }
    figures.add(format!("{name}: first programming"), "s", "< 20", times);
    figures.add(
        format!("{name}: first programming, calls"),
        "calls",
        "",
        counts,
    );
    figures.add(
        format!("{name}: calls for each operation"),
        "",
        "<= 1.2",
        ratios,
    );
}

/// Exact, as far as anybody counts.
pub(crate) fn number(count: u64) -> f64 {
    u32::try_from(count).map_or(f64::NAN, f64::from)
}
