//! Which module imports which: no circles in a crate, and downwards only where a crate has layers.
//!
//! A module is a part of the one that declares it: what it takes from there is not looked at. What it takes through
//! somebody's `pub use` it takes from where that leads.

use crate::facts::SourceFile;
use crate::syntax::Scope;
use std::collections::{BTreeMap, BTreeSet};

#[cfg(test)]
mod tests;

/// Crates with their layers, the lowest first: each imports itself and what stands before it.
const LAYERED: [(&str, &[&str]); 2] = [
    (
        "libs/merge/src",
        &["values", "read", "rules", "index", "engine", "output"],
    ),
    (
        "libs/plan/src",
        &[
            "values",
            "simulate",
            "input",
            "admission",
            "parts",
            "program",
        ],
    ),
];

/// A name is handed on no more often.
const MOST_HANDS: usize = 4;

/// A module by its path from the crate's root, which is empty.
type Module = Vec<String>;
/// Who imports whom, with the line of one of the imports.
type Imports = BTreeMap<Module, BTreeMap<Module, usize>>;

/// Circles of modules, a line for each.
pub fn circles(sources: &[SourceFile]) -> Vec<String> {
    let mut broken = Vec::new();
    for (folder, files) in crates(sources) {
        let imports = imports(&files);
        let reached: BTreeMap<&Module, BTreeSet<&Module>> = imports
            .keys()
            .map(|it| (it, reached(it, &imports)))
            .collect();
        let mut told: BTreeSet<&Module> = BTreeSet::new();
        for (module, reaches) in &reached {
            if !reaches.contains(*module) || told.contains(*module) {
                continue;
            }
            let circle: Vec<&Module> = reaches
                .iter()
                .copied()
                .filter(|other| reached.get(*other).is_some_and(|it| it.contains(*module)))
                .collect();
            told.extend(&circle);
            let edges = circle.iter().flat_map(|from| {
                let to = imports.get(*from).into_iter().flatten();
                to.filter(|(to, _)| circle.contains(to))
                    .map(|(to, line)| format!("{} -> {} (line {line})", named(from), named(to)))
            });
            let edges: Vec<String> = edges.collect();
            broken.push(format!("{folder}: a circle: {}", edges.join(", ")));
        }
    }
    broken
}

/// Imports from a layer that stands above.
pub fn upwards(sources: &[SourceFile]) -> Vec<String> {
    let mut broken = Vec::new();
    for (folder, files) in crates(sources) {
        let Some((_, layers)) = LAYERED.iter().find(|(layered, _)| *layered == folder) else {
            continue;
        };
        for (from, to) in imports(&files) {
            let layer = |module: &Module| {
                let first = module.first()?;
                layers.iter().position(|layer| layer == first)
            };
            let Some(own) = layer(&from) else {
                if !from.is_empty() {
                    broken.push(format!("{folder}: {} is in no layer", named(&from)));
                }
                continue;
            };
            let above = to
                .iter()
                .filter(|(to, _)| layer(to).is_none_or(|other| other > own));
            broken.extend(above.map(|(to, line)| {
                let (from, to) = (named(&from), named(to));
                format!("{folder}: {from} imports {to}, which stands above it (line {line})")
            }));
        }
    }
    broken
}

/// The sources of each crate by its folder, and each by its module.
fn crates(sources: &[SourceFile]) -> BTreeMap<&str, BTreeMap<Module, &SourceFile>> {
    let mut crates: BTreeMap<&str, BTreeMap<Module, &SourceFile>> = BTreeMap::new();
    for source in sources.iter().filter(|source| source.ships()) {
        let Some((folder, file)) = source.path.split_once("/src/") else {
            continue;
        };
        let folder = &source.path[..folder.len() + "/src".len()];
        let mut module: Module = file
            .trim_end_matches(".rs")
            .split('/')
            .map(str::to_owned)
            .collect();
        let is_root = module.len() == 1 && ["lib", "main"].contains(&&*module[0]);
        if is_root || module.last().is_some_and(|last| last == "mod") {
            module.pop();
        }
        crates.entry(folder).or_default().insert(module, source);
    }
    crates
}

fn imports(files: &BTreeMap<Module, &SourceFile>) -> Imports {
    let mut imports = Imports::new();
    for (module, source) in files {
        let to = imports.entry(module.clone()).or_default();
        for path in &source.syntax.paths {
            if path.scope == Scope::Test {
                continue;
            }
            let Some(target) = target(files, module, &path.name, 0) else {
                continue;
            };
            if !module.starts_with(&target) {
                to.entry(target).or_insert(path.line);
            }
        }
    }
    imports
}

/// The module in which stands what a path means; nothing for what is in another crate or the module itself.
fn target(
    files: &BTreeMap<Module, &SourceFile>,
    from: &Module,
    path: &str,
    depth: usize,
) -> Option<Module> {
    let path = absolute(files, from, path)?;
    let length = (0..=path.len())
        .rev()
        .find(|length| files.contains_key(&path[..*length]))?;
    let (module, rest) = path.split_at(length);
    let module = module.to_vec();
    let handed_on = rest.first().and_then(|name| {
        let source = files.get(&module)?;
        let mut names = source.syntax.paths.iter();
        let path = names.find(|path| {
            path.scope == Scope::Always
                && path.name.rsplit("::").next() == Some(name)
                && path.name.contains("::")
        })?;
        // Two modules may hand the same name to one another.
        (depth < MOST_HANDS).then(|| target(files, &module, &path.name, depth + 1))?
    });
    Some(handed_on.unwrap_or(module))
}

/// A path from the crate's root; nothing for one that begins with no module of the crate.
fn absolute(files: &BTreeMap<Module, &SourceFile>, from: &Module, path: &str) -> Option<Module> {
    let mut segments = path.split("::").peekable();
    let mut base = match *segments.peek()? {
        "crate" => Module::new(),
        "self" | "super" => from.clone(),
        child => {
            let mut child_module = from.clone();
            child_module.push(child.to_owned());
            return files.contains_key(&child_module).then(|| {
                from.iter()
                    .cloned()
                    .chain(segments.map(str::to_owned))
                    .collect()
            });
        }
    };
    for segment in segments {
        match segment {
            "crate" | "self" => {}
            "super" => drop(base.pop()),
            name => base.push(name.to_owned()),
        }
    }
    Some(base)
}

/// What a module imports, and what that imports, and so on.
fn reached<'a>(from: &'a Module, imports: &'a Imports) -> BTreeSet<&'a Module> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(module) = open.pop() {
        for next in imports.get(module).into_iter().flat_map(BTreeMap::keys) {
            if reached.insert(next) {
                open.push(next);
            }
        }
    }
    reached
}

fn named(module: &Module) -> String {
    if module.is_empty() {
        return "the root".to_owned();
    }
    module.join("::")
}
