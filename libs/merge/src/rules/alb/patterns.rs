//! What a pattern may be.

/// Characters of one condition value (ELBv2 `RuleCondition`).
pub(super) const MAX_VALUE_LENGTH: usize = 128;

/// Refuses what an ELB would certainly refuse: too long, or not well-formed.
pub(super) fn check_regex(pattern: &str) -> Result<(), String> {
    if pattern.chars().count() > MAX_VALUE_LENGTH {
        return Err(format!(
            "an ELB takes regular expressions of at most {MAX_VALUE_LENGTH} characters"
        ));
    }
    match regex_syntax::parse(pattern) {
        Ok(_) => Ok(()),
        Err(regex_syntax::Error::Parse(error)) => Err(format!(
            "{pattern:?} is no regular expression: {}",
            error.kind()
        )),
        Err(regex_syntax::Error::Translate(error)) => Err(format!(
            "{pattern:?} is no regular expression: {}",
            error.kind()
        )),
        Err(_) => Err(format!("{pattern:?} is no regular expression")),
    }
}

/// Whether an ELB would read the value as a pattern.
pub(super) fn has_wildcards(value: &str) -> bool {
    value.contains(['*', '?'])
}

/// The value as a regular expression that matches it alone.
pub(super) fn escape(value: &str) -> String {
    let mut escaped = String::with_capacity(value.len());
    for character in value.chars() {
        if r"\.+*?()|[]{}^$".contains(character) {
            escaped.push('\\');
        }
        escaped.push(character);
    }
    escaped
}
