//! What pure code may not even name, and that it cannot fail. Invariants 1 and 4 of the design.

use crate::facts::{PURE, PackageFacts, SourceFile};
use crate::syntax::{Named, Returns, Scope};

#[cfg(test)]
mod tests;

/// A name as any segment of a path, and why not.
const NAMES: [(&str, &str); 13] = [
    ("HashMap", "its order changes from run to run"),
    ("HashSet", "its order changes from run to run"),
    ("hash_map", "its order changes from run to run"),
    ("hash_set", "its order changes from run to run"),
    ("RandomState", "randomness"),
    ("Instant", "a clock"),
    ("SystemTime", "a clock"),
    ("LocalKey", "state between calls"),
    ("UNIX_EPOCH", "a clock"),
    ("TcpListener", "I/O"),
    ("TcpStream", "I/O"),
    ("ToSocketAddrs", "I/O: it asks DNS"),
    ("UdpSocket", "I/O"),
];

/// A module, and why not.
const MODULES: [(&str, &str); 8] = [
    ("std::env", "the environment"),
    ("std::fs", "I/O"),
    ("std::io", "I/O"),
    ("std::os", "the system"),
    ("std::process", "the system"),
    ("std::thread", "results that depend on who is first"),
    ("std::*", "names unseen"),
    ("std::collections::*", "names unseen"),
];

/// A macro, and why not.
const MACROS: [(&str, &str); 6] = [
    ("print", "I/O"),
    ("println", "I/O"),
    ("eprint", "I/O"),
    ("eprintln", "I/O"),
    ("dbg", "I/O"),
    ("thread_local", "state between calls"),
];

/// The least that clippy has to refuse in a pure crate: it sees through aliases, which [`impure`] does not.
const BANNED: [&str; 6] = [
    "std::collections::HashMap",
    "std::collections::HashSet",
    "std::time::Instant",
    "std::time::SystemTime",
    "std::env::var",
    "std::fs::read",
];

/// The pure crates whose functions cannot fail. The model's constructors may: they are how bad input is found.
const INFALLIBLE: [&str; 3] = ["tributary-merge", "tributary-plan", "tributary-status"];

/// Places where what ships of a pure crate names I/O, a clock, randomness or an unstable order.
pub fn impure(sources: &[SourceFile]) -> Vec<String> {
    let mut broken = Vec::new();
    for source in of(sources, &PURE) {
        let paths = source
            .syntax
            .paths
            .iter()
            .map(|path| (path, why_path(&path.name)));
        let macros = source
            .syntax
            .macros
            .iter()
            .map(|call| (call, why_macro(&call.name)));
        for (named, why) in paths.chain(macros) {
            if let (Scope::Always, Some(why)) = (named.scope, why) {
                broken.push(sentence(source, named, why));
            }
        }
    }
    broken
}

/// Public functions of merge, plan and status that can fail: there, what is wrong with the input is part of the output.
pub fn fallible(sources: &[SourceFile]) -> Vec<String> {
    let mut broken = Vec::new();
    for source in of(sources, &INFALLIBLE) {
        for function in &source.syntax.functions {
            match function.returns {
                Returns::Value => {}
                Returns::Result => broken.push(format!(
                    "{}:{}: {} returns a Result: what is wrong with the input is data in the output",
                    source.path, function.line, function.name
                )),
            }
        }
    }
    broken
}

/// Pure crates whose clippy.toml does not ban what it should, or not what the others' bans.
pub fn lints(packages: &[PackageFacts]) -> Vec<String> {
    let pure: Vec<&PackageFacts> = packages.iter().filter(|it| it.is_pure()).collect();
    let mut broken = Vec::new();
    for package in &pure {
        let PackageFacts { folder, clippy, .. } = package;
        for banned in BANNED {
            if !clippy.contains(&format!("path = \"{banned}\"")) {
                broken.push(format!("{folder}/clippy.toml does not ban {banned}"));
            }
        }
        if *clippy != pure[0].clippy {
            let first = &pure[0].folder;
            broken.push(format!("{folder}/clippy.toml is not that of {first}"));
        }
    }
    broken
}

fn of<'a>(sources: &'a [SourceFile], packages: &'a [&str]) -> impl Iterator<Item = &'a SourceFile> {
    sources
        .iter()
        .filter(|source| source.ships() && packages.contains(&source.package.as_str()))
}

fn why_path(path: &str) -> Option<&'static str> {
    let by_name = NAMES
        .iter()
        .find(|(name, _)| path.split("::").any(|segment| segment == *name));
    let by_module = || {
        MODULES.iter().find(|(module, _)| {
            path.strip_prefix(module)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        })
    };
    by_name.or_else(by_module).map(|(_, why)| *why)
}

fn why_macro(name: &str) -> Option<&'static str> {
    MACROS
        .iter()
        .find(|(known, _)| *known == name)
        .map(|(_, why)| *why)
}

fn sentence(source: &SourceFile, named: &Named, why: &str) -> String {
    format!(
        "{}:{}: names {}: {why}",
        source.path, named.line, named.name
    )
}
