//! Every case of `cases/`.

use std::fmt;
use std::path::Path;

use tributary_tests_golden::{GoldenError, check, run, write};

fn golden(rule: &Path) -> datatest_stable::Result<()> {
    // The pattern below names a file in a folder, so there is a parent.
    let case = rule.parent().unwrap_or(rule);
    compare(case).map_err(|error| Box::new(Readable(error)) as Box<dyn std::error::Error>)
}

/// The harness prints what failed with `Debug`, and a difference has many lines.
#[derive(thiserror::Error)]
#[error(transparent)]
struct Readable(GoldenError);

impl fmt::Debug for Readable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.0)
    }
}

fn compare(case: &Path) -> Result<(), GoldenError> {
    let outcome = run(case)?;
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        return write(case, &outcome);
    }
    check(case, &outcome)
}

datatest_stable::harness! {
    { test = golden, root = "cases", pattern = r"/rule\.md$" },
}
