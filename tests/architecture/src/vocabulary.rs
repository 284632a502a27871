//! The words of the code: those that were given up, because nobody else uses them or because they had several meanings, stay
//! away from types and modules. What each is now says `docs/glossary.md`.

use crate::facts::SourceFile;
use crate::syntax::Scope;

#[cfg(test)]
mod tests;

/// As a type is named; a module has it in small letters.
const RETIRED: [&str; 19] = [
    "Accession",
    "Contender",
    "Contest",
    "Draft",
    "Fit",
    "Patience",
    "Reign",
    "Room",
    "Rooms",
    "Said",
    "Says",
    "Setback",
    "Setbacks",
    "Settle",
    "Settling",
    "Site",
    "Sites",
    "Told",
    "Verdict",
];

/// Types and modules of what ships that have such a name.
pub fn retired(sources: &[SourceFile]) -> Vec<String> {
    let mut broken = Vec::new();
    for source in sources.iter().filter(|source| source.ships()) {
        let types = source.syntax.types.iter();
        let types = types.filter(|it| it.scope == Scope::Always);
        let types = types.map(|it| (&*it.name, it.name.clone()));
        let modules = source.syntax.modules.iter();
        let modules = modules.filter(|it| it.scope == Scope::Always);
        let modules = modules.filter_map(|it| it.names.last());
        let modules = modules.map(|name| (&**name, capitalized(name)));
        for (name, as_type) in types.chain(modules) {
            if RETIRED.contains(&&*as_type) {
                broken.push(format!("{}: {name} is a retired word", source.path));
            }
        }
    }
    broken
}

fn capitalized(name: &str) -> String {
    let mut letters = name.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
