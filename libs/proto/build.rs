//! Compiles `proto/**` in process (protox), so that building needs no protoc.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use prost::Message;

fn main() -> Result<(), Box<dyn Error>> {
    // Asked at run time: a cached build script outlives the checkout that it was compiled in.
    let root = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?).join("../../proto");
    println!("cargo::rerun-if-changed={}", root.display());
    let mut sources = Vec::new();
    find_sources(&root.join("tributary"), &mut sources)?;
    sources.sort();

    // Comments stay in: `grpcurl describe` shows them to whoever asks by reflection.
    let descriptors = protox::compile(&sources, [&root])?;
    let out_dir = PathBuf::from(env::var("OUT_DIR")?);
    fs::write(out_dir.join("descriptors.bin"), descriptors.encode_to_vec())?;

    tonic_prost_build::configure()
        // Maps keep their order, so that equal content is equal bytes.
        .btree_map(".")
        .include_file("contracts.rs")
        .compile_fds(descriptors)?;
    Ok(())
}

fn find_sources(folder: &Path, sources: &mut Vec<PathBuf>) -> Result<(), Box<dyn Error>> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.is_dir() {
            find_sources(&path, sources)?;
        } else if path
            .extension()
            .is_some_and(|extension| extension == "proto")
        {
            sources.push(path);
        }
    }
    Ok(())
}
