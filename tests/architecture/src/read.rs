//! Reads the workspace: `cargo metadata`, manifests, sources and contracts. The only module with I/O.

use crate::facts::{Dependency, DependencyKind, PackageFacts, Place, SourceFile};
use crate::{modules, syntax};
use cargo_metadata::{
    DependencyKind as CargoKind, Metadata, MetadataCommand, PackageId, TargetKind,
};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::{fs, io};

/// Why the workspace could not be read.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// Cargo could not tell; mostly a manifest that does not parse.
    #[error("cargo metadata failed")]
    Metadata(#[from] cargo_metadata::Error),
    /// It told too little: it was asked without dependencies.
    #[error("cargo metadata gave no resolved dependencies")]
    NoResolve,
    /// A file or folder that should be there cannot be read.
    #[error("cannot read {}", path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// What the system says.
        source: io::Error,
    },
    /// A source file is no Rust.
    #[error("cannot parse {path}")]
    Syntax {
        /// From the workspace's root.
        path: String,
        /// Where and why.
        source: syn::Error,
    },
}

/// The members of the workspace that `manifest` belongs to.
///
/// # Errors
/// When cargo fails, or a manifest cannot be read.
pub fn packages(manifest: &Path) -> Result<Vec<PackageFacts>, Error> {
    let metadata = metadata(manifest)?;
    let root = metadata.workspace_root.as_std_path();
    let names: BTreeMap<&PackageId, &str> = metadata
        .packages
        .iter()
        .map(|package| (&package.id, package.name.as_str()))
        .collect();
    let edges = normal_edges(&metadata)?;
    metadata
        .workspace_packages()
        .into_iter()
        .map(|member| {
            let manifest = member.manifest_path.as_std_path();
            Ok(PackageFacts {
                name: member.name.to_string(),
                folder: relative(root, manifest.parent().unwrap_or(root)),
                clippy: read_if_there(&manifest.with_file_name("clippy.toml"))?,
                manifest: read(manifest)?,
                dependencies: member.dependencies.iter().map(dependency).collect(),
                reaches: reached(&member.id, &edges)
                    .into_iter()
                    .filter_map(|id| names.get(id))
                    .map(|name| (*name).to_owned())
                    .collect(),
            })
        })
        .collect()
}

/// Every `.rs` file below the folders of the members.
///
/// # Errors
/// When cargo fails, or a file cannot be read or is no Rust.
pub fn sources(manifest: &Path) -> Result<Vec<SourceFile>, Error> {
    let metadata = metadata(manifest)?;
    let root = metadata.workspace_root.as_std_path();
    let mut sources = Vec::new();
    for member in metadata.workspace_packages() {
        sources.append(&mut sources_of(member, root)?);
    }
    Ok(sources)
}

/// Every `.proto` file of the contracts: path from the root of the workspace -> text.
///
/// # Errors
/// When cargo fails, or a file cannot be read.
pub fn contracts(manifest: &Path) -> Result<BTreeMap<String, String>, Error> {
    let metadata = metadata(manifest)?;
    let root = metadata.workspace_root.as_std_path();
    texts(root, &root.join("proto"), "proto")
}

/// The text of every Markdown file, by its path from the root of the workspace.
///
/// # Errors
/// When cargo fails, or a file cannot be read.
pub fn pages(manifest: &Path) -> Result<BTreeMap<String, String>, Error> {
    let metadata = metadata(manifest)?;
    let root = metadata.workspace_root.as_std_path();
    texts(root, root, "md")
}

fn metadata(manifest: &Path) -> Result<Metadata, Error> {
    // Locked: looking must not change what is looked at.
    let metadata = MetadataCommand::new()
        .manifest_path(manifest)
        .other_options(vec!["--locked".to_owned()])
        .exec()?;
    Ok(metadata)
}

fn dependency(dependency: &cargo_metadata::Dependency) -> Dependency {
    Dependency {
        name: dependency.name.clone(),
        kind: match dependency.kind {
            CargoKind::Build => DependencyKind::Build,
            CargoKind::Development => DependencyKind::Development,
            // cargo_metadata's enum is open; what is not known to be harmless counts as normal.
            _ => DependencyKind::Normal,
        },
    }
}

fn normal_edges(metadata: &Metadata) -> Result<BTreeMap<&PackageId, Vec<&PackageId>>, Error> {
    let resolve = metadata.resolve.as_ref().ok_or(Error::NoResolve)?;
    let normal = |edge: &&cargo_metadata::NodeDep| {
        edge.dep_kinds
            .iter()
            .any(|kind| kind.kind == CargoKind::Normal)
    };
    Ok(resolve
        .nodes
        .iter()
        .map(|node| {
            let to = node.deps.iter().filter(normal).map(|edge| &edge.pkg);
            (&node.id, to.collect())
        })
        .collect())
}

fn reached<'a>(
    from: &'a PackageId,
    edges: &BTreeMap<&'a PackageId, Vec<&'a PackageId>>,
) -> BTreeSet<&'a PackageId> {
    let mut reached = BTreeSet::new();
    let mut open = vec![from];
    while let Some(id) = open.pop() {
        for &next in edges.get(id).into_iter().flatten() {
            if reached.insert(next) {
                open.push(next);
            }
        }
    }
    reached
}

fn sources_of(member: &cargo_metadata::Package, root: &Path) -> Result<Vec<SourceFile>, Error> {
    let manifest = member.manifest_path.as_std_path();
    let mut files = BTreeMap::new();
    for (path, text) in texts(root, manifest.parent().unwrap_or(root), "rs")? {
        let syntax = syntax::syntax(&text).map_err(|source| Error::Syntax {
            path: path.clone(),
            source,
        })?;
        files.insert(path, syntax);
    }
    let roots = member
        .targets
        .iter()
        .map(|target| (relative(root, target.src_path.as_std_path()), place(target)))
        .collect();
    let places = modules::places(&roots, &files);
    Ok(files
        .into_iter()
        .map(|(path, syntax)| SourceFile {
            package: member.name.to_string(),
            place: places.get(&path).copied().unwrap_or(Place::Unlisted),
            path,
            syntax,
        })
        .collect())
}

fn place(target: &cargo_metadata::Target) -> Place {
    let is = |kind: TargetKind| target.kind.contains(&kind);
    if is(TargetKind::Test) || is(TargetKind::Bench) || is(TargetKind::Example) {
        Place::Test
    } else if is(TargetKind::Bin) || is(TargetKind::CustomBuild) {
        Place::ProgramRoot
    } else {
        Place::LibraryRoot
    }
}

/// The texts of all files below `folder` with that extension, by their path from the root. Hidden folders and build
/// output are not ours.
fn texts(root: &Path, folder: &Path, extension: &str) -> Result<BTreeMap<String, String>, Error> {
    let mut texts = BTreeMap::new();
    let mut open = vec![folder.to_owned()];
    while let Some(folder) = open.pop() {
        for entry in fs::read_dir(&folder).map_err(|source| io_error(&folder, source))? {
            let entry = entry.map_err(|source| io_error(&folder, source))?;
            let kind = entry
                .file_type()
                .map_err(|source| io_error(&entry.path(), source))?;
            let name = entry.file_name();
            let ours = !name.as_encoded_bytes().starts_with(b".") && name != "target";
            if kind.is_dir() && ours {
                open.push(entry.path());
            } else if kind.is_file() && entry.path().extension().is_some_and(|it| it == extension) {
                texts.insert(relative(root, &entry.path()), read(&entry.path())?);
            }
        }
    }
    Ok(texts)
}

fn read(path: &Path) -> Result<String, Error> {
    fs::read_to_string(path).map_err(|source| io_error(path, source))
}

fn read_if_there(path: &Path) -> Result<String, Error> {
    match fs::read_to_string(path) {
        Err(source) if source.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        text => text.map_err(|source| io_error(path, source)),
    }
}

fn io_error(path: &Path, source: io::Error) -> Error {
    Error::Io {
        path: path.to_owned(),
        source,
    }
}

/// From the workspace's root, with forward slashes.
fn relative(root: &Path, path: &Path) -> String {
    let parts: Vec<_> = path
        .strip_prefix(root)
        .unwrap_or(path)
        .components()
        .map(|part| part.as_os_str().to_string_lossy())
        .collect();
    parts.join("/")
}
