//! Names, sizes, docs, lints: what makes the next file easy to find and to read.

use crate::facts::{Area, PackageFacts, Place, SourceFile};

#[cfg(test)]
mod tests;

/// What is read in one sitting is about 400 lines; the rest is for the day somebody adds one more case.
const LONGEST_FILE: usize = 450;

/// What it knows, what it must not know, a picture of the flow: a library says so in no fewer lines than that.
const SHORTEST_LIBRARY_DOCS: usize = 3;

/// Members whose name does not follow from their folder.
pub fn names(packages: &[PackageFacts]) -> Vec<String> {
    packages
        .iter()
        .filter_map(|package| {
            let PackageFacts { name, folder, .. } = package;
            let expected = expected_name(package)?;
            (*name != expected).then(|| format!("{folder} is {name}, not {expected}"))
        })
        .collect()
}

/// Members that are built without the workspace's lints.
pub fn lints(packages: &[PackageFacts]) -> Vec<String> {
    packages
        .iter()
        .filter(|package| !inherits_lints(&package.manifest))
        .map(|package| {
            format!(
                "{}/Cargo.toml has no `[lints] workspace = true`",
                package.folder
            )
        })
        .collect()
}

/// Files that are too long, not counting their tests.
pub fn length(sources: &[SourceFile]) -> Vec<String> {
    sources
        .iter()
        .filter(|source| source.ships() && source.syntax.lines_without_tests > LONGEST_FILE)
        .map(|source| {
            format!(
                "{} has {} lines without its tests: {LONGEST_FILE} at most",
                source.path, source.syntax.lines_without_tests
            )
        })
        .collect()
}

/// Files that look like code and are never compiled.
pub fn unlisted(sources: &[SourceFile]) -> Vec<String> {
    sources
        .iter()
        .filter(|source| source.place == Place::Unlisted)
        .map(|source| {
            format!(
                "{} is listed by no `mod`: cargo never compiles it",
                source.path
            )
        })
        .collect()
}

/// Libraries and programs that do not say what they are.
pub fn docs(sources: &[SourceFile]) -> Vec<String> {
    sources
        .iter()
        .filter_map(|source| {
            let least = match source.place {
                Place::LibraryRoot => SHORTEST_LIBRARY_DOCS,
                // A program is a page that starts a library; a build script explains itself where it must.
                Place::ProgramRoot if source.path.ends_with("build.rs") => 0,
                Place::ProgramRoot => 1,
                Place::Module | Place::Test | Place::Unlisted => 0,
            };
            let said = source.syntax.doc_lines;
            (said < least).then(|| {
                format!(
                    "{} has {said} lines of crate docs: {least} at least",
                    source.path
                )
            })
        })
        .collect()
}

fn expected_name(package: &PackageFacts) -> Option<String> {
    let (_, last) = package.folder.split_once('/')?;
    Some(match package.area()? {
        Area::Service if last == "tributary" => last.to_owned(),
        Area::Library | Area::Service => format!("tributary-{last}"),
        Area::Test => format!("tributary-tests-{last}"),
    })
}

fn inherits_lints(manifest: &str) -> bool {
    let mut table = "";
    manifest.lines().map(str::trim).any(|line| {
        if line.starts_with('[') {
            table = line;
        }
        let said = line.split('#').next().unwrap_or_default().replace(' ', "");
        (table == "[lints]" && said == "workspace=true")
            || (table.is_empty() && said == "lints.workspace=true")
    })
}
