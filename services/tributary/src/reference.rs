//! The command line, told to shells, to `man` and to docs/reference/cli.md: made of what clap has.

use std::io::Write;

use anyhow::Context as _;
use clap::CommandFactory;

use crate::args::{Cli, CompletionArgs, ManArgs};

#[cfg(test)]
mod tests;

pub(crate) fn completion(args: &CompletionArgs, out: &mut dyn Write) -> anyhow::Result<()> {
    let CompletionArgs { shell } = args;
    let mut script = Vec::new();
    clap_complete::generate(*shell, &mut Cli::command(), "tributary", &mut script);
    out.write_all(&script).context("cannot write the script")
}

/// A page for the program and one for each subcommand.
pub(crate) fn man(args: &ManArgs) -> anyhow::Result<()> {
    let ManArgs { folder } = args;
    let named = || format!("cannot write the manual pages to {}", folder.display());
    std::fs::create_dir_all(folder).with_context(named)?;
    clap_mangen::generate_to(Cli::command(), folder).with_context(named)
}
