//! What is wrong with an object, and where.

use std::fmt;

use tributary_model::ObjectRef;

/// An object that the API server would have refused, or that cannot be understood. Costs itself only.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{object}: {}{reason}", Prefix(field))]
pub struct Rejected {
    /// `Gateway infra/web`, as far as it is known.
    pub object: String,
    /// For lookups; absent when kind or name could not be read.
    pub object_ref: Option<ObjectRef>,
    /// Path of the field, for example `spec.listeners[2].port`; empty for the whole document.
    pub field: String,
    /// Lower case, no full stop.
    pub reason: String,
}

/// Something that was left aside without refusing the object.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Warning {
    /// Path of the field.
    pub field: String,
    /// Lower case, no full stop.
    pub reason: String,
}

impl Warning {
    /// A field that nobody reads: an API server prunes it, too.
    pub(crate) fn unknown(field: String) -> Self {
        Self {
            field: short(field),
            reason: "unknown field is ignored".to_owned(),
        }
    }
}

/// A [`Rejected`] before it is known whose it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) field: String,
    pub(crate) reason: String,
}

/// Where in the object we are. Lives on the stack, so that a good object costs no allocation for it.
#[derive(Clone, Copy)]
pub(crate) struct Path<'a> {
    parent: Option<&'a Path<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Field(&'a str),
    Index(usize),
    Key(&'a str),
}

struct Prefix<'a>(&'a str);

impl<'a> Path<'a> {
    pub(crate) const fn root(field: &'a str) -> Self {
        Self {
            parent: None,
            step: Step::Field(field),
        }
    }

    /// The whole document.
    pub(crate) const fn document() -> Self {
        Self::root("")
    }

    pub(crate) const fn field(&'a self, name: &'a str) -> Self {
        self.then(Step::Field(name))
    }

    pub(crate) const fn index(&'a self, index: usize) -> Self {
        self.then(Step::Index(index))
    }

    /// A key of a map that the user chose: `data[tls.crt]`.
    pub(crate) const fn key(&'a self, key: &'a str) -> Self {
        self.then(Step::Key(key))
    }

    pub(crate) fn fault(&self, reason: impl Into<String>) -> Fault {
        Fault {
            field: self.to_string(),
            reason: reason.into(),
        }
    }

    const fn then(&'a self, step: Step<'a>) -> Self {
        Self {
            parent: Some(self),
            step,
        }
    }

    fn is_document(&self) -> bool {
        self.parent.is_none() && matches!(self.step, Step::Field(""))
    }
}

impl Fault {
    pub(crate) fn of(self, object: String, object_ref: Option<ObjectRef>) -> Rejected {
        Rejected {
            object: short(object),
            object_ref,
            field: short(self.field),
            reason: short(self.reason),
        }
    }
}

/// Names and messages quote what somebody wrote, which may be a megabyte; a person reads this much of it.
const MOST_CHARACTERS: usize = 500;

pub(crate) fn short(mut text: String) -> String {
    if let Some((end, _)) = text.char_indices().nth(MOST_CHARACTERS) {
        text.truncate(end);
        text.push('…');
    }
    text
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(parent) = self.parent {
            parent.fmt(f)?;
            if matches!(self.step, Step::Field(_)) && !parent.is_document() {
                f.write_str(".")?;
            }
        }
        match self.step {
            Step::Field(name) => f.write_str(name),
            Step::Index(index) => write!(f, "[{index}]"),
            Step::Key(key) => write!(f, "[{key}]"),
        }
    }
}

impl fmt::Display for Prefix<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return Ok(());
        }
        write!(f, "{}: ", self.0)
    }
}
