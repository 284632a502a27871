//! The status writer as a process of its own; everything is in the library.

use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
#[command(
    name = "tributary-status-writer",
    version,
    about = "Turns judgements into status, and writes only what is different"
)]
struct Cli {
    #[command(flatten)]
    args: tributary_status_writer::Args,
}

fn main() -> ExitCode {
    let Cli { args } = Cli::parse();
    let common = args.common.clone();
    match tributary_runtime::run("status-writer", &common, |context| {
        tributary_status_writer::run(context, args)
    }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", tributary_runtime::chain(&error));
            ExitCode::FAILURE
        }
    }
}
