use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::Operation;

/// Names of the operations that the SDK's clients are asked for: `client.describe_rules()` is `DescribeRules`.
fn asked_for(text: &str) -> BTreeSet<String> {
    let text: String = text.split_whitespace().collect();
    let calls = text.split("client.").skip(1);
    calls
        .filter_map(|call| call.split_once("()"))
        .map(|(method, _)| method)
        .filter(|method| method.chars().all(|c| c.is_ascii_lowercase() || c == '_'))
        // OIDC has clients, too, which may be none.
        .filter(|method| *method != "as_ref")
        .map(camel)
        .collect()
}

/// EC2's requests are made of our own table: a call names its row.
fn named(text: &str) -> BTreeSet<String> {
    let calls = text.split("Operation::").skip(1);
    calls
        .map(|call| {
            let end = call.find(|c: char| !c.is_ascii_alphanumeric());
            call[..end.unwrap_or(call.len())].to_owned()
        })
        .collect()
}

fn camel(method: &str) -> String {
    let words = method.split('_');
    words
        .map(|word| word[..1].to_ascii_uppercase() + &word[1..])
        .collect()
}

/// By path.
fn sources(folder: &Path) -> Vec<(PathBuf, String)> {
    let mut texts = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            texts.extend(sources(&path));
        } else if path.file_name().unwrap() != "tests.rs" {
            let text = fs::read_to_string(&path).unwrap();
            texts.push((path, text));
        }
    }
    texts
}

#[test]
fn the_table_has_exactly_the_operations_that_the_code_asks_the_sdk_for() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/sdk");
    let is_ec2 = |path: &Path| path.starts_with(folder.join("ec2")) || path.ends_with("ec2.rs");
    let asked: BTreeSet<String> = sources(&folder)
        .iter()
        .flat_map(|(path, text)| {
            if is_ec2(path) {
                named(text)
            } else {
                asked_for(text)
            }
        })
        .collect();
    let table: BTreeSet<String> = Operation::ALL
        .iter()
        .map(|it| it.name().to_owned())
        .collect();
    assert_eq!(asked, table);
}

#[test]
fn a_call_over_several_lines_is_found() {
    let text =
        "let request = self\n    .client\n    .set_ip_address_type()\n    .load_balancer_arn(arn);";
    assert_eq!(asked_for(text), ["SetIpAddressType".to_owned()].into());
}

#[test]
fn a_row_that_a_call_names_is_found() {
    let text = "ec2.all(Operation::DescribeVpcs, form)";
    assert_eq!(named(text), ["DescribeVpcs".to_owned()].into());
}
