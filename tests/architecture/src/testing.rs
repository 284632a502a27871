//! What tests must not do, and what must not be left for later.

use crate::facts::{Place, SourceFile};
use crate::syntax::{Named, Scope};

#[cfg(test)]
mod tests;

/// Functions that wait for the clock.
const SLEEPS: [&str; 4] = ["sleep", "sleep_ms", "sleep_until", "park_timeout"];

/// Macros that stand for code which is not there.
const UNFINISHED: [&str; 2] = ["todo", "unimplemented"];

/// Tests that are switched off. A test that cannot pass is deleted, or its bug is fixed.
pub fn ignored(sources: &[SourceFile]) -> Vec<String> {
    found(
        sources,
        |source| &source.syntax.attributes,
        |_, attribute| (attribute.name == "ignore").then_some("a test that does not run"),
    )
}

/// Tests that wait for the clock instead of for what they wait for. The one place that polls is tributary-testkit.
pub fn sleeping(sources: &[SourceFile]) -> Vec<String> {
    found(
        sources,
        |source| &source.syntax.paths,
        |source, path| {
            let last = path.name.rsplit("::").next().unwrap_or(&path.name);
            (in_test(source, path) && SLEEPS.contains(&last)).then_some(
                "a test that waits for the clock: wait for the condition, or pause the time",
            )
        },
    )
}

/// Code that is still to be written.
pub fn unfinished(sources: &[SourceFile]) -> Vec<String> {
    found(
        sources,
        |source| &source.syntax.macros,
        |_, call| {
            UNFINISHED
                .contains(&call.name.as_str())
                .then_some("code that is still to be written")
        },
    )
}

fn in_test(source: &SourceFile, named: &Named) -> bool {
    source.place == Place::Test || named.scope == Scope::Test
}

fn found<'a>(
    sources: &'a [SourceFile],
    among: impl Fn(&'a SourceFile) -> &'a [Named],
    why: impl Fn(&SourceFile, &Named) -> Option<&'static str>,
) -> Vec<String> {
    let mut broken = Vec::new();
    for source in sources {
        for named in among(source) {
            if let Some(why) = why(source, named) {
                broken.push(format!(
                    "{}:{}: {}: {why}",
                    source.path, named.line, named.name
                ));
            }
        }
    }
    broken
}
