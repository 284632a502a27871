//! Columns as kubectl prints them: three spaces apart, the last one as long as it likes.

use anstyle::{AnsiColor, Style};

/// Rows under a header.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Table {
    /// Upper case, `-` instead of spaces.
    pub(crate) header: Vec<&'static str>,
    /// As many cells as the header has.
    pub(crate) rows: Vec<Vec<Cell>>,
}

/// One cell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cell {
    text: String,
    tone: Tone,
}

/// What a cell's colour says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Nothing.
    #[default]
    Plain,
    /// All is well.
    Good,
    /// Not yet.
    Waiting,
    /// Somebody should look.
    Bad,
    /// A heading.
    Heading,
}

/// Between columns, as kubectl's.
const GAP: usize = 3;

impl Table {
    /// A table of things with the same columns.
    pub(crate) fn of<T>(
        header: &[&'static str],
        items: impl IntoIterator<Item = T>,
        row: impl Fn(T) -> Vec<Cell>,
    ) -> Self {
        Self {
            header: header.to_vec(),
            rows: items.into_iter().map(row).collect(),
        }
    }

    /// As lines, header first, with colours. No line is longer than `columns`, if given.
    pub(crate) fn lines(&self, columns: Option<usize>) -> Vec<String> {
        let widths = self.widths();
        [&self.header_cells()]
            .into_iter()
            .chain(&self.rows)
            .map(|row| line(row, &widths, columns))
            .collect()
    }

    /// The rows alone, under a header that was printed with columns at least this wide.
    pub(crate) fn rows_under(&self, least: &[usize]) -> Vec<String> {
        let least = least.iter().copied().chain(std::iter::repeat(0));
        let widths = self.widths().into_iter().zip(least);
        let widths: Vec<usize> = widths.map(|(own, least)| own.max(least)).collect();
        let rows = self.rows.iter();
        rows.map(|row| line(row, &widths, None)).collect()
    }

    /// Of its columns, the header's words among them.
    pub(crate) fn widths(&self) -> Vec<usize> {
        let Self { header: _, rows } = self;
        let header = self.header_cells();
        let width = |column: usize| {
            let cells = rows.iter().chain([&header]);
            let widths = cells.filter_map(|row| row.get(column)).map(Cell::width);
            widths.max().unwrap_or_default()
        };
        (0..header.len()).map(width).collect()
    }

    fn header_cells(&self) -> Vec<Cell> {
        self.header.iter().copied().map(Cell::from).collect()
    }

    /// As one text, each line ended.
    pub(crate) fn text(&self) -> String {
        let mut text = self.lines(None).join("\n");
        text.push('\n');
        text
    }
}

fn line(row: &[Cell], widths: &[usize], columns: Option<usize>) -> String {
    let mut line = String::new();
    let mut space = 0;
    let mut left = columns.unwrap_or(usize::MAX);
    for (cell, width) in row.iter().zip(widths) {
        if !cell.text.is_empty() {
            left = left.saturating_sub(space);
            if left == 0 {
                break;
            }
            line.extend(std::iter::repeat_n(' ', space));
            line.push_str(&cell.tone.paint(&cut(&cell.text, left)));
            left = left.saturating_sub(cell.width());
            space = 0;
        }
        space += width.saturating_sub(cell.width()) + GAP;
    }
    line
}

/// At most so many characters; what is cut ends in an ellipsis.
pub(crate) fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept = text.chars().take(most.saturating_sub(1));
    kept.chain(['…'].into_iter().take(most)).collect()
}

impl Cell {
    /// A coloured cell.
    pub(crate) fn toned(text: impl AsRef<str>, tone: Tone) -> Self {
        Self {
            text: one_line(text.as_ref()),
            tone,
        }
    }

    /// Names of Kubernetes objects, hostnames and ARNs are ASCII: characters are columns.
    fn width(&self) -> usize {
        self.text.chars().count()
    }
}

/// Text from tenants and from AWS must not break a line or steer a terminal.
pub(crate) fn one_line(text: &str) -> String {
    text.chars()
        .map(|character| {
            if character.is_control() {
                ' '
            } else {
                character
            }
        })
        .collect()
}

impl From<&str> for Cell {
    fn from(text: &str) -> Self {
        Self::toned(text, Tone::Plain)
    }
}

impl From<String> for Cell {
    fn from(text: String) -> Self {
        Self::toned(text, Tone::Plain)
    }
}

impl Tone {
    /// The text in its colour.
    pub(crate) fn paint(self, text: &str) -> String {
        let style = match self {
            Self::Plain => return text.to_owned(),
            Self::Good => AnsiColor::Green.on_default(),
            Self::Waiting => AnsiColor::Yellow.on_default(),
            Self::Bad => AnsiColor::Red.on_default(),
            Self::Heading => Style::new().bold(),
        };
        format!("{style}{text}{style:#}")
    }
}

#[cfg(test)]
mod tests;
