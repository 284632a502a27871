//! Status files, and what of them must be equal.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::LazyLock;

use regex::Regex;
use serde_json::Value;
use walkdir::WalkDir;

/// Status files by their path below the status folder.
pub type Statuses = BTreeMap<String, String>;

static TRANSITION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(lastTransitionTime:).*").unwrap());
/// AWS puts digits of its own behind a load balancer's name, and behind an NLB's hexadecimal ones.
static DNS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"-[0-9a-f]+(\.elb)?\.[a-z0-9-]+(\.elb)?\.amazonaws\.com").unwrap()
});
static GENERATION: LazyLock<Regex> =
    LazyLock::new(|| Regex::new(r"(?m)^  generation: (\d+)$").unwrap());

/// The files as they are.
pub fn read(folder: &Path) -> Statuses {
    let files = WalkDir::new(folder).into_iter().map(Result::unwrap);
    files
        .filter(|entry| entry.file_type().is_file())
        .map(|entry| {
            let path = entry.path().strip_prefix(folder).unwrap();
            let text = std::fs::read_to_string(entry.path()).unwrap();
            (path.to_str().unwrap().to_owned(), text)
        })
        .collect()
}

/// Without what differs from run to run: when something came to be, and what AWS calls it.
pub fn normal(statuses: Statuses) -> Statuses {
    let normal = |text: String| {
        let text = TRANSITION.replace_all(&text, "$1 TIME");
        DNS.replace_all(&text, "-DIGITS.amazonaws.com").into_owned()
    };
    statuses
        .into_iter()
        .map(|(path, text)| (path, normal(text)))
        .collect()
}

/// Without the count of edits, too: a generation that is the object's own becomes one word, any other stays.
pub fn ageless(statuses: Statuses) -> Statuses {
    let ageless = |text: String| {
        let Some(own) = GENERATION.captures(&text).map(|found| found[1].to_owned()) else {
            return text;
        };
        let any = Regex::new(&format!(r"(?m)([gG]eneration:) {own}$")).unwrap();
        any.replace_all(&text, "$1 OWN").into_owned()
    };
    normal(statuses)
        .into_iter()
        .map(|(path, text)| (path, ageless(text)))
        .collect()
}

/// Shows which files differ, and no others.
#[track_caller]
pub fn assert_equal(got: &Statuses, expected: &Statuses, what: &str) {
    let mut different = Vec::new();
    for path in got.keys().chain(expected.keys()) {
        let (got, expected) = (got.get(path), expected.get(path));
        if got != expected {
            let show = |text: Option<&String>| text.map_or("nothing", String::as_str).to_owned();
            different.push(format!(
                "── {path}: got ──\n{}\n── expected ──\n{}",
                show(got),
                show(expected)
            ));
        }
    }
    assert!(different.is_empty(), "{what}:\n{}", different.join("\n"));
}

/// `.status` of one file.
pub fn status(statuses: &Statuses, path: &str) -> Value {
    let text = statuses
        .get(path)
        .unwrap_or_else(|| panic!("{path} is not among {:?}", statuses.keys()));
    of(text)
}

/// `.status` in the text of a file.
pub fn of(text: &str) -> Value {
    let mut document: Value = serde_saphyr::from_str(text).unwrap();
    document["status"].take()
}

/// `Type=Status/Reason` of each condition, in order.
pub fn conditions(of: &Value) -> Vec<String> {
    let conditions = of["conditions"].as_array().into_iter().flatten();
    let word = |condition: &Value, field: &str| condition[field].as_str().unwrap().to_owned();
    conditions
        .map(|condition| {
            format!(
                "{}={}/{}",
                word(condition, "type"),
                word(condition, "status"),
                word(condition, "reason")
            )
        })
        .collect()
}
