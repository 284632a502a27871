//! What fails the same way again and again is one warning.

use std::fmt::Display;

/// One thing that is tried until it succeeds, and what its last failure said.
#[derive(Clone, Debug)]
pub(crate) struct Complaint {
    /// What follows from the failure, for logs.
    consequence: &'static str,
    last: Option<String>,
}

impl Complaint {
    pub(crate) fn new(consequence: &'static str) -> Self {
        Self {
            consequence,
            last: None,
        }
    }

    /// What it gave. A failure is a warning, but not the same one twice before it has succeeded.
    pub(crate) fn heard<T, E: Display>(&mut self, result: Result<T, E>) -> Option<T> {
        let error = match result {
            Ok(value) => {
                self.last = None;
                return Some(value);
            }
            Err(error) => error.to_string(),
        };
        if self.last.as_ref() == Some(&error) {
            tracing::debug!(error, "still: {}", self.consequence);
        } else {
            tracing::warn!(error, "{}", self.consequence);
            self.last = Some(error);
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_failure_is_one_warning_until_it_succeeds() {
        let mut complaint = Complaint::new("it stays");
        let mut warned = Vec::new();
        for result in [
            Err("denied"),
            Err("denied"),
            Err("throttled"),
            Ok(()),
            Err("throttled"),
        ] {
            let before = complaint.last.clone();
            assert_eq!(complaint.heard(result), result.ok());
            warned.push(complaint.last.is_some() && complaint.last != before);
        }
        assert_eq!(warned, [true, false, true, false, true]);
    }
}
