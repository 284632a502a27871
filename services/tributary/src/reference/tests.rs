use std::fmt::Write as _;

use clap::builder::Str;
use clap::{Arg, Command, ValueEnum};
use clap_complete::Shell;

use super::*;

/// `UPDATE_GOLDEN=1` writes it.
#[test]
fn golden_the_command_line_is_in_the_reference() {
    let mut text = INTRODUCTION.to_owned();
    let mut command = Cli::command();
    command.build();
    for subcommand in command.get_subcommands() {
        if subcommand.get_name() != "help" {
            section(subcommand, &mut text);
        }
    }
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/cli.md");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(file, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(file).unwrap(), text);
}

const INTRODUCTION: &str = "# The command line

Generated from the program's flags (`services/tributary/src/args.rs`). `tributary COMMAND --help` prints the same, `tributary man DIR` writes manual
pages, and `source <(tributary completion bash)` sets up completion. A link named `kubectl-tributary` in the PATH makes it the plugin `kubectl tributary`.

`get`, `describe`, `explain`, `wait` and `status` ask the server that `--server` names. Without `--server` they ask `tributary up` on this machine if it
runs, and otherwise the mergers of the kubeconfig's cluster, through the API server, with the token that kubectl would send. If your kubeconfig has a client
certificate and no token, use a ServiceAccount: `--as-account NAMESPACE/NAME`. [Who may call what](rpcs.md) describes permissions.
";

fn section(command: &Command, text: &mut String) {
    let about = command.get_about().unwrap_or_default();
    write!(text, "\n## tributary {}\n\n{about}.\n", command.get_name()).unwrap();
    text.push_str("\n| argument | default | environment | |\n|---|---|---|---|\n");
    for argument in command.get_arguments() {
        if matches!(argument.get_id().as_str(), "help" | "version") {
            continue;
        }
        row(argument, text);
    }
}

fn row(argument: &Arg, text: &mut String) {
    let names = argument.get_value_names().unwrap_or_default();
    let value = names.iter().map(Str::as_str).collect::<Vec<_>>();
    let takes = argument.get_action().takes_values();
    let mut shown = match (argument.get_short(), argument.get_long()) {
        (Some(short), Some(long)) => format!("-{short}, --{long}"),
        (None, Some(long)) => format!("--{long}"),
        (Some(short), None) => format!("-{short}"),
        (None, None) => String::new(),
    };
    if takes {
        let space = if shown.is_empty() { "" } else { " " };
        write!(shown, "{space}{}", value.join(" ")).unwrap();
    }
    let defaults = argument.get_default_values().iter();
    let defaults: Vec<_> = defaults.map(|it| it.to_string_lossy()).collect();
    let default = match &defaults.join(",")[..] {
        "" => String::new(),
        _ if !takes => String::new(),
        default => format!("`{default}`"),
    };
    let environment = argument.get_env().map(|name| name.to_string_lossy());
    let environment = environment.map_or(String::new(), |name| format!("`{name}`"));
    let help = argument.get_long_help().or(argument.get_help());
    let help = help.map(ToString::to_string).unwrap_or_default();
    let help = help.replace('\n', " ").replace('|', "\\|");
    let possible: Vec<_> = argument
        .get_possible_values()
        .iter()
        .filter(|_| takes)
        .map(|it| format!("`{}`", it.get_name()))
        .collect();
    let possible = if possible.is_empty() {
        String::new()
    } else {
        format!(" ({})", possible.join(", "))
    };
    writeln!(
        text,
        "| `{}` | {default} | {environment} | {help}{possible} |",
        shown.replace('|', "\\|")
    )
    .unwrap();
}

#[test]
fn every_shell_gets_a_script_that_knows_the_subcommands() {
    for shell in Shell::value_variants() {
        let mut script = Vec::new();
        completion(&CompletionArgs { shell: *shell }, &mut script).unwrap();
        let script = String::from_utf8(script).unwrap();
        assert!(
            script.contains("explain") && script.contains("as-account"),
            "{shell}"
        );
    }
}

#[test]
fn each_subcommand_has_a_manual_page() {
    let folder = tempfile::tempdir().unwrap();
    let args = ManArgs {
        folder: folder.path().join("man1"),
    };
    man(&args).unwrap();
    for name in ["tributary.1", "tributary-get.1", "tributary-merger.1"] {
        let page = std::fs::read_to_string(args.folder.join(name)).unwrap();
        assert!(page.contains(".TH"), "{name}: {page}");
    }
}
