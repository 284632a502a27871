//! The terminal: taken over, drawn on, given back.

use std::io::{self, Write};

use crossterm::cursor::{Hide, MoveTo, Show};
use crossterm::terminal::{
    BeginSynchronizedUpdate, Clear, ClearType, EndSynchronizedUpdate, EnterAlternateScreen,
    LeaveAlternateScreen,
};
use crossterm::{execute, queue};

use super::frame::Size;

/// A terminal in our hands: its alternate screen, so that what was on it comes back. Dropped, it is given back,
/// whatever ended the drawing.
pub(super) struct Screen<W: Write> {
    out: W,
}

/// Where no size can be had: a serial line, most likely.
const USUAL_SIZE: Size = Size {
    columns: 80,
    rows: 24,
};

impl<W: Write> Screen<W> {
    /// Takes the terminal over.
    pub(super) fn enter(out: W) -> io::Result<Self> {
        let mut screen = Self { out };
        execute!(screen.out, EnterAlternateScreen, Hide)?;
        Ok(screen)
    }

    /// Draws a frame over the last one, without a blank moment between.
    pub(super) fn draw(&mut self, lines: &[String]) -> io::Result<()> {
        queue!(self.out, BeginSynchronizedUpdate)?;
        for (row, line) in (0..).zip(lines) {
            queue!(self.out, MoveTo(0, row))?;
            self.out.write_all(line.as_bytes())?;
            queue!(self.out, Clear(ClearType::UntilNewLine))?;
        }
        // A line that fills its row leaves the cursor on it: what is below begins at the next.
        if let Ok(row) = u16::try_from(lines.len()) {
            queue!(self.out, MoveTo(0, row), Clear(ClearType::FromCursorDown))?;
        }
        queue!(self.out, EndSynchronizedUpdate)?;
        self.out.flush()
    }
}

impl<W: Write> Drop for Screen<W> {
    fn drop(&mut self) {
        if let Err(error) = execute!(self.out, Show, LeaveAlternateScreen) {
            tracing::debug!(%error, "the terminal could not be given back");
        }
    }
}

/// Of the terminal now.
pub(super) fn size() -> Size {
    match crossterm::terminal::size() {
        Ok((columns, rows)) if columns > 0 && rows > 0 => Size {
            columns: usize::from(columns),
            rows: usize::from(rows),
        },
        Ok(_) | Err(_) => USUAL_SIZE,
    }
}
