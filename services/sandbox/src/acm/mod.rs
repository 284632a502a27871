//! Certificate Manager: imported certificates, and issued ones that are issued at once.

pub(crate) mod certificates;
pub(crate) mod import;
pub(crate) mod issue;
pub(crate) mod pem;
pub(crate) mod tagging;

#[cfg(test)]
mod tests;

use crate::operation::Operation::{self, Read, Write};

/// The operation of this name, if it is within the sandbox's scope.
pub(crate) fn operation(name: &str) -> Option<Operation> {
    Some(match name {
        "ImportCertificate" => Write(import::import),
        "RequestCertificate" => Write(issue::request),
        "DeleteCertificate" => Write(certificates::delete),
        "ListCertificates" => Read(certificates::list),
        "DescribeCertificate" => Read(certificates::describe),
        "GetCertificate" => Read(certificates::get),
        "AddTagsToCertificate" => Write(tagging::add),
        "RemoveTagsFromCertificate" => Write(tagging::remove),
        "ListTagsForCertificate" => Read(tagging::list),
        _ => return None,
    })
}
