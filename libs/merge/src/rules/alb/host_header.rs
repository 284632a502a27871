//! Hostnames as values of an ALB rule's host-header condition.
//!
//! A plain value must have a dot and, behind the last one, letters only (ELBv2 `HostHeaderConditionConfig`):
//! AWS refuses `shop`, `shop.site1` and `shop.xn--p1ai`, and with such a value the whole rule. These are
//! compared by a regular expression instead. A condition has plain values or regular expressions, never both.

use tributary_model::Hostname;
use tributary_model::desired::{Patterns, RuleCondition};

use super::patterns::MAX_VALUE_LENGTH;

/// How an ELB compares a hostname; plain ones first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Form {
    Plain,
    Regex,
}

/// How an ELB can compare this hostname.
///
/// # Errors
/// Why it cannot.
pub(crate) fn form(host: &Hostname) -> Result<Form, String> {
    let (form, length) = match plainness(host) {
        Form::Plain => (Form::Plain, host.as_str().len()),
        Form::Regex => (Form::Regex, regex(host).len()),
    };
    match form {
        _ if length <= MAX_VALUE_LENGTH => Ok(form),
        Form::Plain => Err(format!(
            "an ELB compares hostnames of at most {MAX_VALUE_LENGTH} characters"
        )),
        Form::Regex => Err(format!(
            "an ELB takes as a hostname what has a dot and only letters behind the last one; as a regular \
             expression this one has {length} characters, where an ELB takes {MAX_VALUE_LENGTH}"
        )),
    }
}

/// The host-header condition for these hostnames, which are of one form; nothing for none.
pub(crate) fn host_condition(hosts: &[Hostname]) -> Option<RuleCondition> {
    if hosts.is_empty() {
        return None;
    }
    let is_plain = hosts.iter().all(|host| plainness(host) == Form::Plain);
    let patterns = if is_plain {
        // ELB's `*` matches one or more labels, as Gateway API's wildcard does.
        Patterns::Wildcard(hosts.iter().map(ToString::to_string).collect())
    } else {
        Patterns::Regex(hosts.iter().map(regex).collect())
    };
    Some(RuleCondition::HostHeader(patterns))
}

fn plainness(host: &Hostname) -> Form {
    let is_plain = host
        .as_str()
        .rsplit_once('.')
        .is_some_and(|(_, last)| last.bytes().all(|byte| byte.is_ascii_alphabetic()));
    if is_plain { Form::Plain } else { Form::Regex }
}

/// An expression for this hostname alone, in any case and, as Gateway API has it, with any port: AWS does not say
/// that regular expressions ignore case, or that they are not shown the port.
fn regex(host: &Hostname) -> String {
    let mut regex = String::from("^");
    for character in host.as_str().chars() {
        match character {
            // One or more labels.
            '*' => regex.push_str(".+"),
            '.' => regex.push_str(r"\."),
            letter if letter.is_ascii_alphabetic() => {
                regex.extend(['[', letter, letter.to_ascii_uppercase(), ']']);
            }
            // A digit or `-`.
            other => regex.push(other),
        }
    }
    regex.push_str("(:[0-9]+)?$");
    regex
}

#[cfg(test)]
mod tests;
