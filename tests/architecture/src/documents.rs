//! What the program's texts say of documents, and documents of the code: what is named is there.

use crate::facts::SourceFile;
use crate::syntax::Scope;
use std::collections::{BTreeMap, BTreeSet};

#[cfg(test)]
mod tests;

/// Where pages end in a text: what a path does not contain.
const AROUND: [char; 12] = [
    '(', ')', '[', ']', '<', '>', '"', '\'', '`', ',', ';', '\u{2026}',
];

/// Texts that ship and name a page, or a folder of specifications, that nobody who has the repository can open. `pages` are
/// the Markdown files by their path from the root.
pub fn missing(sources: &[SourceFile], pages: &BTreeMap<String, String>) -> Vec<String> {
    let mut broken = Vec::new();
    for source in sources.iter().filter(|source| source.ships()) {
        let texts = &source.syntax.literals;
        for text in texts.iter().filter(|text| text.scope == Scope::Always) {
            broken.extend(
                named(&text.name)
                    .filter(|page| !pages.contains_key(*page))
                    .map(|page| {
                        format!(
                            "{}:{}: {page} is no page of the repository",
                            source.path, text.line
                        )
                    }),
            );
        }
    }
    broken
}

/// Pages that name a source file, `libs/x/src/y.rs`, which is not there.
pub fn gone(sources: &[SourceFile], pages: &BTreeMap<String, String>) -> Vec<String> {
    let there: BTreeSet<&str> = sources.iter().map(|source| &*source.path).collect();
    let mut broken = Vec::new();
    for (page, text) in pages {
        let words = text.split(|one: char| one.is_whitespace() || AROUND.contains(&one));
        let files = words.filter(|word| {
            let folders = ["libs/", "services/", "tests/"];
            let is_source = word.strip_suffix(".rs").is_some();
            is_source && folders.iter().any(|folder| word.starts_with(folder))
        });
        let gone = files.filter(|file| !there.contains(file));
        broken.extend(gone.map(|file| format!("{page}: {file} is no file of the repository")));
    }
    broken
}

/// What looks like a page: `docs/rules/tls.md`, `spec/listenersets`. A field of an object, `/spec/listeners`, does not.
fn named(text: &str) -> impl Iterator<Item = &str> {
    text.split(|one: char| one.is_whitespace() || AROUND.contains(&one))
        .map(|word| word.trim_end_matches(['.', ':', '!', '?']))
        .map(|word| word.split_once('#').map_or(word, |(page, _)| page))
        // A source says it from its own folder.
        .map(|word| word.trim_start_matches("../"))
        .filter(|word| {
            let named = |name: Option<&str>| name.is_some_and(|name| !name.is_empty());
            named(word.strip_suffix(".md")) || named(word.strip_prefix("spec/"))
        })
}
