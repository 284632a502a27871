//! Operations for people: in logs and statuses, where a line has an end.

use std::fmt::{self, Display, Formatter, Write};

use super::Op;

/// In a log. A call that moves 2,000 rules names them all in its text, which is 155 KB.
const LINE: usize = 1_000;

/// The beginning of an operation's text, and how much more there is of it. Not for telling operations apart.
#[derive(Clone, Copy, Debug)]
pub struct Brief<'a> {
    op: &'a Op,
    most: usize,
}

impl Op {
    /// As every log line has it.
    pub fn brief(&self) -> Brief<'_> {
        self.within(LINE)
    }

    /// In so many bytes, and some for how much more there is.
    pub fn within(&self, most: usize) -> Brief<'_> {
        Brief { op: self, most }
    }

    /// What is done, without to what: `create rule`, `register`.
    pub fn verb(&self) -> String {
        let text = self.within(80).to_string();
        let is_plain = |word: &&str| word.chars().all(|it| it.is_ascii_alphabetic());
        let mut words: Vec<&str> = text.split(' ').take_while(is_plain).collect();
        while words
            .last()
            .is_some_and(|last| ["of", "on", "with", "from", "over", "in"].contains(last))
        {
            words.pop();
        }
        words.join(" ")
    }
}

impl Display for Brief<'_> {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Self { op, most } = *self;
        let mut cut = Cut {
            to: f,
            left: most,
            more: 0,
        };
        write!(cut, "{op}")?;
        let Cut { to, left: _, more } = cut;
        if more > 0 {
            write!(to, " … and {more} bytes more")?;
        }
        Ok(())
    }
}

struct Cut<'a, 'f> {
    to: &'a mut Formatter<'f>,
    left: usize,
    more: usize,
}

impl Write for Cut<'_, '_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        let (kept, cut) = text.split_at(text.floor_char_boundary(self.left));
        self.left -= kept.len();
        self.more += cut.len();
        if !cut.is_empty() {
            self.left = 0;
        }
        self.to.write_str(kept)
    }
}

#[cfg(test)]
mod tests;
