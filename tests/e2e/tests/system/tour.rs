//! README.md and docs/getting-started.md: each block of theirs that shows what the program prints.
//!
//! ~~~text
//! <!-- tour: examples/conflict -->       the block below asks `tributary up --source examples/conflict`
//!
//! ```console
//! $ tributary get conflicts              run, and what it prints is the text up to the next `$`
//! …
//! ```
//! ~~~
//!
//! Without such a comment a block's commands run by themselves (`up --once`). `UPDATE_GOLDEN=1` writes what is printed.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use regex::Regex;
use tempfile::TempDir;

use crate::address;
use crate::process::{Process, run};
use crate::system::words;

const START: &str = "```console\n";
const END: &str = "```\n";

fn at(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .join(path)
}

/// Splits a page into texts that stay and blocks that are run; the first is a text.
fn blocks(page: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut rest = page;
    while let Some(start) = rest.find(START) {
        let (text, block) = rest.split_at(start + START.len());
        let end = block.find(END).unwrap();
        parts.extend([text, &block[..end]]);
        rest = &block[end..];
    }
    parts.push(rest);
    parts
}

/// The source that a block's commands are about, by the comment at the end of the text before it.
fn source(text: &str) -> Option<&str> {
    let text = text.strip_suffix(START)?.trim_end();
    let comment = text.strip_suffix(" -->")?;
    let (_, source) = comment.rsplit_once("<!-- tour: ")?;
    Some(source)
}

/// `tributary` with the words behind it; a path of the repository is one, wherever this runs.
fn arguments(command: &str) -> Vec<OsString> {
    let mut words = command.split_whitespace();
    assert_eq!(words.next(), Some("tributary"), "{command}");
    words
        .map(|word| match word.strip_prefix("examples/") {
            Some(_) => at(word).into_os_string(),
            None => word.into(),
        })
        .collect()
}

/// The number in a load balancer's name is another one each time; the page has this one.
fn with_one_number(text: &str) -> String {
    let number = Regex::new(r"-[0-9]{10}\.").unwrap();
    number.replace_all(text, "-1234567890.").into_owned()
}

/// What a command prints, as the page has it: without spaces at the ends of lines.
async fn printed(command: &str, more: &[OsString]) -> String {
    let mut args = arguments(command);
    args.extend_from_slice(more);
    let ended = run("tributary", &args).await;
    assert_eq!(ended.code, Some(0), "{command}: {}", ended.stderr);
    let lines = ended.stdout.lines().map(str::trim_end);
    let text: String = lines.flat_map(|line| [line, "\n"]).collect();
    with_one_number(&text)
}

/// The block with what its commands print now.
async fn told(block: &str, more: &[OsString]) -> String {
    let mut told = String::new();
    let commands = block.lines().filter_map(|line| line.strip_prefix("$ "));
    for command in commands {
        let printed = printed(command, more).await;
        told.extend(["$ ", command, "\n", &printed]);
    }
    assert!(!told.is_empty(), "nothing is run: {block}");
    told
}

/// The page with what the program prints now.
async fn toured(page: &str) -> String {
    let mut now = String::new();
    let mut before = "";
    for (index, part) in blocks(page).into_iter().enumerate() {
        if index % 2 == 0 {
            now.push_str(part);
            before = part;
            continue;
        }
        let folder = TempDir::new().unwrap();
        let state = folder.path().join("state").into_os_string();
        let server = address::free(address::host()).to_string();
        let state: [OsString; 2] = ["--state-dir".into(), state];
        let Some(source) = source(before) else {
            let more = [&state[..], &words(&["--grpc-listen", &server])].concat();
            now.push_str(&told(part, &more).await);
            continue;
        };
        let mut args = words(&["up", "--grpc-listen", &server, "--source"]);
        args.push(at(source).into_os_string());
        args.extend(state);
        let up = Process::start("tributary", &args, &folder.path().join("log"));
        let server = words(&["--server", &server]);
        printed("tributary wait", &server).await;
        now.push_str(&told(part, &server).await);
        drop(up);
    }
    now
}

async fn check(page: &str) {
    let file = at(page);
    let text = std::fs::read_to_string(&file).unwrap();
    let now = toured(&text).await;
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&file, &now).unwrap();
        return;
    }
    assert!(blocks(&text).len() > 1, "{page} runs nothing");
    let (mut lines, mut printed) = (text.lines(), now.lines());
    loop {
        let (line, printed) = (lines.next(), printed.next());
        assert_eq!(line, printed, "{page}: `UPDATE_GOLDEN=1` writes it");
        if line.is_none() {
            return;
        }
    }
}

#[tokio::test]
async fn golden_the_readme_shows_what_the_program_prints() {
    check("README.md").await;
}

#[tokio::test]
async fn golden_getting_started_shows_what_the_program_prints() {
    check("docs/getting-started.md").await;
}

#[test]
fn a_comment_before_a_block_names_its_source() {
    let page = "a\n\n<!-- tour: examples/b -->\n\n```console\n$ tributary wait\nc\n```\nd\n```console\n$ e\n```\n";
    let parts = blocks(page);
    assert_eq!(parts.len(), 5, "{parts:?}");
    assert_eq!(parts.concat(), page);
    assert_eq!(source(parts[0]), Some("examples/b"));
    assert_eq!(parts[1], "$ tributary wait\nc\n");
    assert_eq!(source(parts[2]), None);
}
