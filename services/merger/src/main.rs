//! The merger as a process of its own; everything is in the library.

use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
#[command(
    name = "tributary-merger",
    version,
    about = "Merges listeners, streams what should be, answers who has what and why"
)]
struct Cli {
    #[command(flatten)]
    args: tributary_merger::Args,
}

fn main() -> ExitCode {
    let Cli { args } = Cli::parse();
    let common = args.common.clone();
    match tributary_runtime::run("merger", &common, |context| {
        tributary_merger::run(context, args)
    }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", tributary_runtime::chain(&error));
            ExitCode::FAILURE
        }
    }
}
