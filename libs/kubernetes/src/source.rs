//! Where objects are read: an API server, or a folder of manifests.

use std::convert::Infallible;
use std::fmt;
use std::path::PathBuf;
use std::str::FromStr;

/// `--source`, of the command and of every service that reads objects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SourceArg {
    /// The word `kubernetes`.
    Kubernetes,
    /// Anything else: a folder or file of manifests. One of that name is `./kubernetes`.
    Folder(PathBuf),
}

impl FromStr for SourceArg {
    type Err = Infallible;

    fn from_str(value: &str) -> Result<Self, Infallible> {
        Ok(match value {
            "kubernetes" => Self::Kubernetes,
            folder => Self::Folder(folder.into()),
        })
    }
}

impl fmt::Display for SourceArg {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Kubernetes => formatter.write_str("kubernetes"),
            Self::Folder(folder) => folder.display().fmt(formatter),
        }
    }
}
