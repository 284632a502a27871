//! `-o`: in which form things are printed.

use std::str::FromStr;

use clap::ValueEnum;

use super::path::{Path, PathError, Template};

#[cfg(test)]
mod tests;

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    Table,
    Wide,
    Yaml,
    Json,
}

/// Of `get`.
#[derive(Clone, Debug)]
pub(crate) enum GetOutput {
    Of(Output),
    /// `jsonpath=TEMPLATE`.
    Filled(Template),
    /// `custom-columns=NAME:PATH,...`.
    Columns(Columns),
}

#[derive(Clone, Debug)]
pub(crate) struct Columns(pub(crate) Vec<(String, Path)>);

/// No form that is known.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum FormError {
    #[error("expected table, wide, yaml, json, jsonpath=TEMPLATE or custom-columns=NAME:PATH,...")]
    Unknown,
    #[error("\"{0}\" is no column: expected NAME:PATH")]
    Column(String),
    #[error(transparent)]
    Path(#[from] PathError),
}

impl FromStr for GetOutput {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        match text.split_once('=') {
            Some(("jsonpath", template)) => Ok(Self::Filled(template.parse()?)),
            Some(("custom-columns", columns)) => Ok(Self::Columns(columns.parse()?)),
            Some(_) => Err(FormError::Unknown),
            None => match Output::from_str(text, false) {
                Ok(output) => Ok(Self::Of(output)),
                Err(_unknown) => Err(FormError::Unknown),
            },
        }
    }
}

impl FromStr for Columns {
    type Err = FormError;

    fn from_str(text: &str) -> Result<Self, FormError> {
        let mut depth = 0_i32;
        let columns = text.split(|character| {
            match character {
                '[' | '(' | '{' => depth += 1,
                ']' | ')' | '}' => depth -= 1,
                _ => {}
            }
            character == ',' && depth == 0
        });
        let columns = columns.map(|column| match column.split_once(':') {
            Some((name, path)) if !name.is_empty() => Ok((name.to_owned(), path.parse()?)),
            Some(_) | None => Err(FormError::Column(column.to_owned())),
        });
        Ok(Self(columns.collect::<Result<_, FormError>>()?))
    }
}
