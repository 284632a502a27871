//! Which file is compiled as what: follows `mod x;` from the roots that cargo names.

use crate::facts::Place;
use crate::syntax::{ModuleDeclaration, Scope, Syntax};
use std::collections::BTreeMap;

#[cfg(test)]
mod tests;

/// The place of every file, [`Place::Unlisted`] for what no root leads to.
pub(crate) fn places(
    roots: &BTreeMap<String, Place>,
    files: &BTreeMap<String, Syntax>,
) -> BTreeMap<String, Place> {
    let mut places: BTreeMap<String, Place> = files
        .keys()
        .map(|path| (path.clone(), Place::Unlisted))
        .collect();
    let mut open: Vec<(String, Place)> = roots
        .iter()
        .map(|(path, place)| (path.clone(), *place))
        .collect();
    while let Some((path, place)) = open.pop() {
        let (Some(known), Some(syntax)) = (places.get_mut(&path), files.get(&path)) else {
            continue;
        };
        // A file that ships and is tested too ships; the order of `Place` says so.
        if *known <= place {
            continue;
        }
        *known = place;
        for declaration in &syntax.modules {
            let below = match (place, declaration.scope) {
                (Place::Test, _) | (_, Scope::Test) => Place::Test,
                (_, Scope::Always) => Place::Module,
            };
            for candidate in candidates(&path, roots.contains_key(&path), declaration) {
                open.push((candidate, below));
            }
        }
    }
    places
}

/// Where the compiler looks for a declared module, given the file that declares it.
fn candidates(path: &str, is_root: bool, declaration: &ModuleDeclaration) -> Vec<String> {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    if let Some(named) = &declaration.path {
        return vec![format!("{folder}/{named}")];
    }
    let stem = file.trim_end_matches(".rs");
    let names = declaration.names.join("/");
    let base = if is_root || stem == "mod" {
        format!("{folder}/{names}")
    } else {
        format!("{folder}/{stem}/{names}")
    };
    vec![format!("{base}.rs"), format!("{base}/mod.rs")]
}
