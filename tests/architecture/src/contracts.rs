//! What never travels, and what is decided in one place.

use crate::facts::SourceFile;
use crate::syntax::Scope;
use std::collections::{BTreeMap, BTreeSet};

#[cfg(test)]
mod tests;

/// Words of a field that would carry a private key. Programmers that need one fetch that Secret themselves; streams
/// carry fingerprints.
const PRIVATE: [&str; 5] = [
    "private_key",
    "privatekey",
    "secret_data",
    "tls_key",
    "key_pem",
];

/// Which load balancer a class gets is one decision in one file; whoever else compares these names makes a second one.
const CONTROLLERS: [&str; 3] = [
    "gateway.k8s.aws/alb",
    "gateway.k8s.aws/nlb",
    "gateway.tributary.dev/elb",
];

/// Fields of the contracts that would carry a private key.
pub fn private_keys(contracts: &BTreeMap<String, String>) -> Vec<String> {
    let mut broken = Vec::new();
    for (path, text) in contracts {
        for (index, line) in text.lines().enumerate() {
            let field = line.split("//").next().unwrap_or_default().to_lowercase();
            if let Some(word) = PRIVATE.iter().find(|word| field.contains(*word)) {
                broken.push(format!(
                    "{path}:{}: {word} in a contract: private keys never travel",
                    index + 1
                ));
            }
        }
    }
    broken
}

/// Controller names that more than one file of what ships knows.
pub fn controllers(sources: &[SourceFile]) -> Vec<String> {
    let mut broken = Vec::new();
    for controller in CONTROLLERS {
        let knowing: BTreeSet<&str> = sources
            .iter()
            .filter(|source| source.ships() && knows(source, controller))
            .map(|source| source.path.as_str())
            .collect();
        if knowing.len() > 1 {
            let files = Vec::from_iter(knowing).join(", ");
            broken.push(format!(
                "{controller} is known to {files}: one place decides by it"
            ));
        }
    }
    broken
}

fn knows(source: &SourceFile, text: &str) -> bool {
    let literals = &source.syntax.literals;
    // The list above is not a decision.
    source.package != env!("CARGO_PKG_NAME")
        && literals
            .iter()
            .any(|literal| literal.name == text && literal.scope == Scope::Always)
}
