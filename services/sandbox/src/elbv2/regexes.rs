//! Which regular expressions conditions and transforms take ("Listener rules", Rule basics): not
//! those with "lookaheads, lookbehinds, backreferences, atomic groups, possessive quantifiers,
//! subroutines, recursion, and Unicode character classes (such as \p{L})".

use regex_syntax::ast::parse::Parser;
use regex_syntax::ast::{self, Ast, ClassSetItem, Flag, Visitor};

use crate::error::ApiError;

/// Finds what the parser knows and AWS does not. The rest of the list the parser does not know
/// either.
struct Unsupported;

/// Checks one expression.
pub(super) fn check(value: &str) -> Result<(), ApiError> {
    let wrong = match Parser::new().parse(value) {
        Err(error) => error.kind().to_string(),
        Ok(parsed) => match ast::visit(&parsed, Unsupported) {
            Err(what) => format!("{what} are not supported"),
            // What parses may still be none, such as a class without a member.
            Ok(()) if regex::Regex::new(value).is_ok() => return Ok(()),
            Ok(()) => "it cannot be compiled".to_owned(),
        },
    };
    Err(ApiError::validation(format!(
        "'{value}' is not a valid regular expression: {wrong}"
    )))
}

impl Visitor for Unsupported {
    type Output = ();
    type Err = &'static str;

    fn finish(self) -> Result<(), Self::Err> {
        Ok(())
    }

    fn visit_pre(&mut self, ast: &Ast) -> Result<(), Self::Err> {
        match ast {
            Ast::ClassUnicode(_) => Err("Unicode character classes"),
            // `a++` and its like: here a repetition of a repetition, elsewhere a possessive one.
            Ast::Repetition(outer) if matches!(*outer.ast, Ast::Repetition(_)) => {
                Err("possessive quantifiers")
            }
            // Here a flag of line ends, elsewhere the whole expression again.
            Ast::Flags(flags) if flags.flags.flag_state(Flag::CRLF).is_some() => Err("recursions"),
            _ => Ok(()),
        }
    }

    fn visit_class_set_item_pre(&mut self, item: &ClassSetItem) -> Result<(), Self::Err> {
        match item {
            ClassSetItem::Unicode(_) => Err("Unicode character classes"),
            _ => Ok(()),
        }
    }
}
