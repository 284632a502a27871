//! The table that is printed.

use std::fmt;
use std::time::SystemTime;

/// What was measured, in the order of measuring.
#[derive(Clone, Debug, Default)]
pub struct Figures(Vec<Figure>);

#[derive(Clone, Debug)]
struct Figure {
    name: String,
    unit: &'static str,
    aim: &'static str,
    /// Sorted.
    samples: Vec<f64>,
}

impl Figures {
    /// One more row; `aim` is what the project wants of it.
    pub fn add(
        &mut self,
        name: impl Into<String>,
        unit: &'static str,
        aim: &'static str,
        mut samples: Vec<f64>,
    ) {
        samples.sort_by(f64::total_cmp);
        let figure = Figure {
            name: name.into(),
            unit,
            aim,
            samples,
        };
        // At once, too: a run takes minutes.
        eprintln!("{figure}");
        self.0.push(figure);
    }
}

impl Figure {
    /// The sample that so many of a hundred do not exceed.
    fn percentile(&self, percent: usize) -> f64 {
        let rank = (self.samples.len() * percent).div_ceil(100).max(1);
        self.samples.get(rank - 1).copied().unwrap_or(f64::NAN)
    }
}

impl fmt::Display for Figure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            name,
            unit,
            aim,
            samples,
        } = self;
        let [min, median, p99, max] = [0, 50, 99, 100].map(|percent| self.percentile(percent));
        write!(
            f,
            "| {name:<58} | {unit:<5} | {:>3} | {min:>9.2} | {median:>9.2} | {p99:>9.2} | {max:>9.2} | {aim:<8} |",
            samples.len()
        )
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| {:<58} | unit  |   n |       min |    median |       p99 |       max | aim      |\n|---|---|---|---|---|---|---|---|",
            "figure"
        )?;
        for figure in &self.0 {
            writeln!(f, "{figure}")?;
        }
        Ok(())
    }
}

pub(crate) fn milliseconds(from: SystemTime, to: SystemTime) -> f64 {
    // The kernel stamps files with its last tick, which may be before `from`.
    to.duration_since(from).unwrap_or_default().as_secs_f64() * 1000.0
}
