//! Medians of rounds, and the table they are shown in.

use std::time::Duration;

/// One figure per round, rounds taken in turn with those of its peers, so that a slow moment of the machine hits all.
#[derive(Debug, Clone, Default)]
pub(crate) struct Samples(Vec<f64>);

impl Samples {
    /// Adds a round's time, in milliseconds.
    pub(crate) fn time(&mut self, taken: Duration) {
        self.0.push(taken.as_secs_f64() * 1000.0);
    }

    /// The middle one; the mean of the middle two.
    pub(crate) fn median(&self) -> f64 {
        assert!(!self.0.is_empty(), "no round was measured");
        let mut sorted = self.0.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted.len() / 2;
        if sorted.len() % 2 == 1 { sorted[middle] } else { f64::midpoint(sorted[middle - 1], sorted[middle]) }
    }

    /// Each round's figure over its peer's in the same round.
    pub(crate) fn over(&self, peer: &Self) -> Self {
        Self(self.0.iter().zip(&peer.0).map(|(own, other)| own / other).collect())
    }
}

/// Figures with what they are held against.
#[derive(Debug)]
pub(crate) struct Table {
    rows: Vec<[String; 4]>,
}

impl Table {
    /// With these column titles.
    pub(crate) fn new(titles: [&str; 4]) -> Self {
        Self { rows: vec![titles.map(str::to_owned)] }
    }

    /// A row as it is.
    pub(crate) fn row(&mut self, cells: [&str; 4]) {
        self.rows.push(cells.map(str::to_owned));
    }

    /// The rows, the first column to the left and the others to the right.
    pub(crate) fn text(&self) -> String {
        let width = |column: usize| self.rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
        let widths = [width(0), width(1), width(2), width(3)];
        let line = |[what, figure, against, target]: &[String; 4]| {
            let text = format!(
                "{what:<0$}  {figure:>1$}  {against:>2$}  {target:>3$}",
                widths[0], widths[1], widths[2], widths[3]
            );
            format!("{}\n", text.trim_end())
        };
        self.rows.iter().map(line).collect()
    }
}

/// `< 20 ms, met`.
pub(crate) fn verdict(figure: f64, limit: f64, unit: &str) -> String {
    format!("< {limit}{unit}, {}", if figure < limit { "met" } else { "missed" })
}

/// How many rounds: the first number among the program's arguments, else `default`.
pub(crate) fn rounds(default: usize) -> usize {
    std::env::args().skip(1).find_map(|argument| argument.parse().ok()).unwrap_or(default).max(1)
}
