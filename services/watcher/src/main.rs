//! The watcher as a process of its own; everything is in the library.

use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
#[command(
    name = "tributary-watcher",
    version,
    about = "Reads what users asked for, normalized, and streams it"
)]
struct Cli {
    #[command(flatten)]
    args: tributary_watcher::Args,
}

fn main() -> ExitCode {
    let Cli { args } = Cli::parse();
    let common = args.common.clone();
    match tributary_runtime::run("watcher", &common, |context| {
        tributary_watcher::run(context, args)
    }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", tributary_runtime::chain(&error));
            ExitCode::FAILURE
        }
    }
}
