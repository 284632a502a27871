//! The ALB programmer as a process of its own; everything is in the library.

use std::process::ExitCode;

use clap::Parser;

#[derive(Parser)]
#[command(
    name = "tributary-alb-programmer",
    version,
    about = "Makes AWS's ALB load balancers what they should be"
)]
struct Cli {
    #[command(flatten)]
    args: tributary_alb_programmer::Args,
}

fn main() -> ExitCode {
    let Cli { args } = Cli::parse();
    let common = args.common.clone();
    match tributary_runtime::run("alb-programmer", &common, |context| {
        tributary_alb_programmer::run(context, args)
    }) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", tributary_runtime::chain(&error));
            ExitCode::FAILURE
        }
    }
}
