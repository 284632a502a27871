//! Writes the CustomResourceDefinitions of `gateway.k8s.aws` into a directory.

use std::path::PathBuf;

use anyhow::Context;
use tributary_normalize::crds;

fn main() -> anyhow::Result<()> {
    let directory: PathBuf = std::env::args_os()
        .nth(1)
        .context("usage: generate_crds DIRECTORY")?
        .into();
    for definition in crds::definitions() {
        let path = directory.join(crds::file_name(&definition));
        let yaml = serde_saphyr::to_string(&definition).context("definition as YAML")?;
        std::fs::write(&path, yaml).with_context(|| format!("write {}", path.display()))?;
    }
    Ok(())
}
