//! What the checks look at: plain data, made by [`crate::read`] or by a test.

use crate::syntax::Syntax;
use std::collections::BTreeSet;

/// The crates that decide and do nothing else.
pub const PURE: [&str; 4] = [
    "tributary-model",
    "tributary-merge",
    "tributary-plan",
    "tributary-status",
];

/// One member.
#[derive(Debug, Clone, Default)]
pub struct PackageFacts {
    /// As in its manifest: `tributary-merge`.
    pub name: String,
    /// From the workspace's root: `libs/merge`.
    pub folder: String,
    /// The text of its `Cargo.toml`.
    pub manifest: String,
    /// The text of its own `clippy.toml`; empty if it has none, and the workspace's holds.
    pub clippy: String,
    /// What its manifest names.
    pub dependencies: Vec<Dependency>,
    /// Every package that its library can call: normal dependencies, theirs and so on.
    pub reaches: BTreeSet<String>,
}

/// A line of a manifest's dependency tables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dependency {
    /// The package's name, also where the manifest renames it.
    pub name: String,
    /// Which table.
    pub kind: DependencyKind,
}

/// Which table a dependency stands in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DependencyKind {
    /// `[dependencies]`
    Normal,
    /// `[build-dependencies]`
    Build,
    /// `[dev-dependencies]`
    Development,
}

/// The top folder that a member lives in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Area {
    /// `libs/`
    Library,
    /// `services/`
    Service,
    /// `tests/`: looks at the others from outside.
    Test,
}

/// One `.rs` file.
#[derive(Debug, Clone)]
pub struct SourceFile {
    /// From the workspace's root, with forward slashes.
    pub path: String,
    /// The member that it belongs to.
    pub package: String,
    /// How it comes into a build.
    pub place: Place,
    /// What it names.
    pub syntax: Syntax,
}

/// How a file comes into a build.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// The root of a library.
    LibraryRoot,
    /// The root of a program or a build script.
    ProgramRoot,
    /// A module of one of those.
    Module,
    /// A test, benchmark or example, or a module under `#[cfg(test)]`.
    Test,
    /// No root lists it: cargo never compiles it.
    Unlisted,
}

impl PackageFacts {
    /// The top folder that the member lives in; `None` if it is none of the three.
    pub fn area(&self) -> Option<Area> {
        match self.folder.split('/').next()? {
            "libs" => Some(Area::Library),
            "services" => Some(Area::Service),
            "tests" => Some(Area::Test),
            _ => None,
        }
    }

    /// Whether it is one of [`PURE`].
    pub fn is_pure(&self) -> bool {
        PURE.contains(&self.name.as_str())
    }
}

impl SourceFile {
    /// Whether what is not marked as a test in there ships.
    pub fn ships(&self) -> bool {
        match self.place {
            Place::LibraryRoot | Place::ProgramRoot | Place::Module => true,
            Place::Test | Place::Unlisted => false,
        }
    }
}
