//! What a pattern may be.

use std::fmt::Display;

use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{self, Ast, ClassSetItem, Flag, Visitor};
use regex_syntax::hir::translate::Translator;

/// Characters of one condition value (ELBv2 `RuleCondition`).
pub(super) const MAX_VALUE_LENGTH: usize = 128;

/// Refuses what an ELB would certainly refuse: too long, not well-formed, or with a feature that it does not have
/// (ELB, "Listener rules for your Application Load Balancer", rule basics).
pub(super) fn check_regex(pattern: &str) -> Result<(), String> {
    if pattern.chars().count() > MAX_VALUE_LENGTH {
        return Err(format!(
            "an ELB takes regular expressions of at most {MAX_VALUE_LENGTH} characters"
        ));
    }
    let refused = |why: &dyn Display| format!("{pattern:?} is no regular expression: {why}");
    let ast = Parser::new()
        .parse(pattern)
        .map_err(|error| refused(error.kind()))?;
    ast::visit(&ast, NotOfElb)
        .map_err(|what| format!("{pattern:?} has {what}, which an ELB does not know"))?;
    Translator::new()
        .translate(pattern, &ast)
        .map_err(|error| refused(error.kind()))?;
    Ok(())
}

/// What the parser here knows and an ELB does not. Lookarounds, back references, atomic groups and subroutines are no
/// regular expressions to the parser either.
struct NotOfElb;

impl Visitor for NotOfElb {
    type Output = ();
    type Err = &'static str;

    fn finish(self) -> Result<(), Self::Err> {
        Ok(())
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Self::Err> {
        match ast {
            Ast::ClassUnicode(_) => Err("a Unicode character class"),
            // `a++`: to the parser here a repetition of a repetition.
            Ast::Repetition(outer) if matches!(*outer.ast, Ast::Repetition(_)) => {
                Err("a possessive quantifier")
            }
            // `(?R)`: to the parser here a flag of line ends.
            Ast::Flags(flags) if flags.flags.flag_state(Flag::CRLF).is_some() => Err("a recursion"),
            _ => Ok(()),
        }
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), Self::Err> {
        match item {
            ClassSetItem::Unicode(_) => Err("a Unicode character class"),
            _ => Ok(()),
        }
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
