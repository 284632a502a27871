//! What a source file names: paths, macros, attributes, literals, modules and public functions, each with its line and
//! whether it stands under `#[cfg(test)]`.
//!
//! With a parser and not by searching the text, because comments and strings may say `HashMap` as often as they like,
//! and because `use std::{fs, io}` never says `std::fs`.

mod visit;

#[cfg(test)]
mod tests;

use syn::visit::Visit;

/// What one file names.
#[derive(Debug, Default, Clone)]
pub struct Syntax {
    /// `use` trees are flattened: `use a::{b, c::d}` gives `a::b` and `a::c::d`.
    pub paths: Vec<Named>,
    /// Without the `!`; the last segment only.
    pub macros: Vec<Named>,
    /// The attribute's path; of a `cfg_attr` also the words inside.
    pub attributes: Vec<Named>,
    /// String literals, also those that macros are given.
    pub literals: Vec<Named>,
    /// `mod x;` and what it says about the file it means.
    pub modules: Vec<ModuleDeclaration>,
    /// Structs, enums, traits and aliases that the file declares.
    pub types: Vec<Named>,
    /// `pub fn`, in impls too, and the functions of `pub trait`s.
    pub functions: Vec<PublicFunction>,
    /// Lines of `//!` at the top of the file that say something.
    pub doc_lines: usize,
    /// Lines of the file outside of inline `#[cfg(test)]` modules.
    pub lines_without_tests: usize,
}

/// A name and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The name, path segments joined by `::`.
    pub name: String,
    /// Counted from 1.
    pub line: usize,
    /// What it is compiled for.
    pub scope: Scope,
}

/// What a part of a file is compiled for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// Always.
    Always,
    /// Under `#[cfg(test)]` or in a `#[test]`.
    Test,
}

/// `mod x;`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleDeclaration {
    /// The inline modules around it, and its own name last.
    pub names: Vec<String>,
    /// Of `#[path = "…"]`.
    pub path: Option<String>,
    /// What it is compiled for.
    pub scope: Scope,
}

/// A function that other crates may see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicFunction {
    /// Its own name.
    pub name: String,
    /// Counted from 1.
    pub line: usize,
    /// Whether its type says that it can fail.
    pub returns: Returns,
}

/// What a function's type says about failure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Returns {
    /// `Result<…>` or `Option<Result<…>>`.
    Result,
    /// Anything else; a `Result` deeper inside is an answer per item, which is data.
    Value,
}

/// Reads a file's syntax. The error says where it is no Rust.
pub fn syntax(text: &str) -> Result<Syntax, syn::Error> {
    let file = syn::parse_file(text)?;
    let mut visitor = visit::Visitor::default();
    visitor.visit_file(&file);
    let visit::Visitor {
        mut found,
        test_lines,
        ..
    } = visitor;
    found.doc_lines = visit::doc_lines(&file.attrs);
    found.lines_without_tests = text.lines().count().saturating_sub(test_lines);
    Ok(found)
}
