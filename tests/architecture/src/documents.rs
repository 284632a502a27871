//! What the program's texts say of documents: a page that is named is a page of the repository.

use crate::facts::SourceFile;
use crate::syntax::Scope;
use std::collections::BTreeSet;

#[cfg(test)]
mod tests;

/// Where pages end in a text: what a path does not contain.
const AROUND: [char; 12] = [
    '(', ')', '[', ']', '<', '>', '"', '\'', '`', ',', ';', '\u{2026}',
];

/// Texts that ship and name a page, or a folder of specifications, that nobody who has the repository can open. `pages` are
/// the Markdown files by their path from the root.
pub fn missing(sources: &[SourceFile], pages: &BTreeSet<String>) -> Vec<String> {
    let mut broken = Vec::new();
    for source in sources.iter().filter(|source| source.ships()) {
        let texts = &source.syntax.literals;
        for text in texts.iter().filter(|text| text.scope == Scope::Always) {
            broken.extend(
                named(&text.name)
                    .filter(|page| !pages.contains(*page))
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
