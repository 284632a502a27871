//! What the kernel says of a program that runs.

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
