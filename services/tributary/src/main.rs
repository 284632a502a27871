//! The command a person types: everything in one process, questions to a running one, and each service alone.
//!
//! Data goes to stdout, progress and errors to stderr. The only service that depends on services.

mod args;
mod iam;
mod interfaces;
#[cfg(test)]
mod metrics;
mod query;
mod reference;
mod up;

use std::ffi::{OsStr, OsString};
use std::io::stdout;
use std::path::Path;
use std::process::ExitCode;

use anyhow::Context as _;
use clap::Parser;

use crate::args::{Cli, Command};
use crate::query::Client;

fn main() -> ExitCode {
    let Cli { command } = Cli::parse_from(words(std::env::args_os()));
    match run(command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("Error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// A link's name says which service: `tributary-merger` is `tributary merger`.
fn words(args: impl Iterator<Item = OsString>) -> Vec<OsString> {
    let mut words: Vec<OsString> = args.collect();
    let program = words.first().map(Path::new).and_then(Path::file_name);
    let service = program.and_then(OsStr::to_str);
    if let Some(service) = service.and_then(|name| name.strip_prefix("tributary-")) {
        let service = OsString::from(service);
        words.insert(1, service);
    }
    words
}

fn run(command: Command) -> anyhow::Result<ExitCode> {
    match command {
        Command::Up(args) => {
            let common = up::common(&args);
            return Ok(tributary_runtime::run("tributary", &common, |context| {
                up::up(context, *args)
            })?);
        }
        Command::Wait(args) => {
            return ask(async {
                query::wait(&Client::connect(&args.server).await?, &args, &mut stdout()).await
            });
        }
        Command::Get(args) => {
            return ask(async {
                query::get(&Client::connect(&args.server).await?, &args, &mut stdout()).await
            });
        }
        Command::Describe(args) => {
            return ask(async {
                query::describe(&Client::connect(&args.server).await?, &args, &mut stdout()).await
            });
        }
        Command::Explain(args) => {
            return ask(async {
                query::explain(&Client::connect(&args.server).await?, &args, &mut stdout()).await
            });
        }
        Command::Status(args) => {
            return ask(async {
                query::health(Client::connect(&args.server).await, &args, &mut stdout()).await
            });
        }
        Command::Iam(args) => iam::iam(&args, &mut stdout())?,
        Command::Completion(args) => reference::completion(&args, &mut stdout())?,
        Command::Man(args) => reference::man(&args)?,
        Command::Sandbox(args) => {
            let common = tributary_runtime::CommonArgs::default();
            tributary_runtime::run("sandbox", &common, |context| up::sandbox(context, args))?;
        }
        Command::Watcher(args) => {
            let common = args.common.clone();
            tributary_runtime::run("watcher", &common, |context| {
                tributary_watcher::run(context, args)
            })?;
        }
        Command::Merger(args) => {
            let common = args.common.clone();
            tributary_runtime::run("merger", &common, |context| {
                tributary_merger::run(context, args)
            })?;
        }
        Command::AlbProgrammer(args) => {
            let common = args.common.clone();
            tributary_runtime::run("alb-programmer", &common, |context| {
                tributary_alb_programmer::run(context, args)
            })?;
        }
        Command::NlbProgrammer(args) => {
            let common = args.common.clone();
            tributary_runtime::run("nlb-programmer", &common, |context| {
                tributary_nlb_programmer::run(context, args)
            })?;
        }
        Command::StatusWriter(args) => {
            let common = args.common.clone();
            tributary_runtime::run("status-writer", &common, |context| {
                tributary_status_writer::run(context, args)
            })?;
        }
        Command::Certificates(args) => {
            let common = args.common.clone();
            tributary_runtime::run("certificates", &common, |context| {
                tributary_certificates::run(context, args)
            })?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// A question needs no telemetry and no graceful stop: Ctrl-C ends it.
fn ask(question: impl Future<Output = anyhow::Result<ExitCode>>) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build();
    runtime
        .context("cannot start the async runtime")?
        .block_on(question)
}

#[cfg(test)]
mod tests {
    use super::words;

    #[track_caller]
    fn check(line: &str, expected: &str) {
        let args = line.split(' ').map(Into::into);
        let expected: Vec<std::ffi::OsString> = expected.split(' ').map(Into::into).collect();
        assert_eq!(words(args), expected);
    }

    #[test]
    fn the_name_of_a_link_is_a_subcommand() {
        check(
            "/bin/tributary-merger --help",
            "/bin/tributary-merger merger --help",
        );
        check(
            "tributary-alb-programmer",
            "tributary-alb-programmer alb-programmer",
        );
        check("/bin/tributary up", "/bin/tributary up");
        // As kubectl starts its plugins.
        check(
            "/bin/kubectl-tributary get listeners",
            "/bin/kubectl-tributary get listeners",
        );
        check("other up", "other up");
    }
}
