//! The SDK behind the narrow traits. Nothing of the SDK leaves this folder.

use std::collections::BTreeSet;

use crate::error::{AwsError, Class};
use crate::operation::Operation;

pub(crate) mod acm;
pub(crate) mod ec2;
pub(crate) mod elbv2;
pub(crate) mod tagging;

/// A member that AWS documents as always there.
fn required<T>(operation: Operation, member: &str, value: Option<T>) -> Result<T, AwsError> {
    value.ok_or_else(|| odd(operation, format!("the answer has no {member}")))
}

/// An answer that cannot be understood. Asking again gives the same.
fn odd(operation: Operation, message: String) -> AwsError {
    AwsError::new(Class::Permanent, operation.name(), message)
}

/// The set in parts of at most `size`.
fn parts(arns: &BTreeSet<String>, size: usize) -> Vec<Vec<String>> {
    let all: Vec<String> = arns.iter().cloned().collect();
    all.chunks(size).map(<[String]>::to_vec).collect()
}
