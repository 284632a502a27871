//! What the kernel says of a program that runs.

use std::collections::BTreeMap;
use std::fs;

use tributary_tests_e2e::kubernetes::installation::{Installation, Part};

/// Memory of one program, in MiB.
pub(crate) fn resident(installation: &Installation, part: Part) -> f64 {
    mebibytes(&status(installation, part), "VmRSS:")
}

/// Its `/proc/PID/status`.
pub(crate) fn status(installation: &Installation, part: Part) -> String {
    let status = format!("/proc/{}/status", installation.process_id(part, 0));
    std::fs::read_to_string(status).unwrap()
}

/// A line of `/proc/PID/status`.
pub(crate) fn mebibytes(status: &str, field: &str) -> f64 {
    let line = status.lines().find_map(|line| line.strip_prefix(field));
    let kibibytes = line.and_then(|line| line.split_whitespace().next());
    kibibytes.unwrap().parse::<f64>().unwrap() / 1024.0
}

/// CPU time of every program on the machine in ms, by the name that the kernel has of it, of threads that are there.
pub(crate) fn cpu_times() -> BTreeMap<String, f64> {
    let mut times = BTreeMap::new();
    for process in entries("/proc") {
        // What is no process has none; what has ended meanwhile has none any more.
        let Ok(name) = fs::read_to_string(format!("{process}/comm")) else {
            continue;
        };
        let threads = entries(&format!("{process}/task"));
        let took: f64 = threads.filter_map(|thread| on_cpu(&thread)).sum();
        *times.entry(name.trim_end().to_owned()).or_default() += took;
    }
    times
}

/// What each program took since then, those that took something.
pub(crate) fn cpu_since(before: &BTreeMap<String, f64>) -> BTreeMap<String, f64> {
    let mut took = cpu_times();
    for (name, time) in &mut took {
        *time -= before.get(name).copied().unwrap_or_default();
    }
    // What starts with the kernel's own names is renamed as it works.
    took.retain(|name, time| *time >= 1.0 && !name.starts_with("kworker"));
    took
}

/// Of a thread in ms: the first number of its `schedstat` is in ns.
fn on_cpu(thread: &str) -> Option<f64> {
    let statistics = fs::read_to_string(format!("{thread}/schedstat")).ok()?;
    let nanoseconds: f64 = statistics.split_whitespace().next()?.parse().ok()?;
    Some(nanoseconds / 1e6)
}

fn entries(folder: &str) -> impl Iterator<Item = String> + use<> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path().to_string_lossy().into_owned())
}
