//! How far long work is: one line on stderr that is written over, for who sits at a terminal and for nobody else.

use std::io::{self, IsTerminal, Write};

use crossterm::terminal;

use super::table::{cut, one_line};

/// The line, which goes when this does.
#[derive(Debug)]
pub(crate) struct Progress {
    is_seen: bool,
    is_drawn: bool,
}

/// To the beginning of the line, and nothing in it.
const AFRESH: &str = "\r\u{1b}[K";

impl Progress {
    pub(crate) fn new() -> Self {
        let is_dumb = std::env::var_os("TERM").is_none_or(|term| term == "dumb");
        Self {
            is_seen: io::stderr().is_terminal() && !is_dumb,
            is_drawn: false,
        }
    }

    /// Whether anybody sees it.
    pub(crate) fn is_seen(&self) -> bool {
        self.is_seen
    }

    pub(crate) fn show(&mut self, line: &str) {
        if !self.is_seen {
            return;
        }
        // One column less: a full line would wrap.
        let columns = terminal::size().map_or(80, |(columns, _)| usize::from(columns));
        let line = cut(&one_line(line), columns.saturating_sub(1));
        write(&format!("{AFRESH}{line}"));
        self.is_drawn = true;
    }

    pub(crate) fn clear(&mut self) {
        if self.is_drawn {
            write(AFRESH);
            self.is_drawn = false;
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

fn write(text: &str) {
    let mut stderr = io::stderr();
    // Nobody is left to be told that stderr is closed.
    let written = stderr.write_all(text.as_bytes());
    written.and_then(|()| stderr.flush()).unwrap_or_default();
}
