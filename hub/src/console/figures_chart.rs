//! A bar chart, drawn as SVG without scripts. The table below it says the same: nothing stands in the picture alone.

/// Bars of one chart; of more groups the largest are drawn.
const BARS: usize = 12;

/// The picture's units: a bar's height with the gap, where bars begin, and the longest.
const ROW: i64 = 28;
const LEFT: i64 = 260;
const LONGEST: i64 = 460;

/// Letters of a label that fit in front of a bar.
const LABEL: usize = 34;

/// A chart, ready to be written.
pub(super) struct Chart {
    pub(super) title: String,
    pub(super) height: i64,
    pub(super) bars: Vec<Bar>,
}

/// One bar.
pub(super) struct Bar {
    pub(super) label: String,
    pub(super) value: i64,
    /// The top of the bar, and the line on which its words stand.
    pub(super) y: i64,
    pub(super) base: i64,
    pub(super) width: i64,
    /// Where the number stands.
    pub(super) end: i64,
}

impl Chart {
    /// The chart of these values; none where there is nothing to be drawn.
    pub(super) fn of(title: String, mut values: Vec<(String, i64)>) -> Option<Self> {
        values.retain(|(_, value)| *value > 0);
        values.sort_by_key(|(_, value)| std::cmp::Reverse(*value));
        values.truncate(BARS);
        let most = values.first()?.1;
        let bars = values.into_iter().zip(0..).map(|((label, value), n)| {
            // What is there is seen, however small.
            let width = (value.saturating_mul(LONGEST) / most).max(2);
            let label = match label.char_indices().nth(LABEL) {
                Some((end, _)) => format!("{}…", &label[..end]),
                None => label,
            };
            Bar { label, value, y: n * ROW + 4, base: n * ROW + 20, width, end: LEFT + width + 6 }
        });
        let bars: Vec<_> = bars.collect();
        let height = i64::try_from(bars.len()).expect("a few bars") * ROW + 4;
        Some(Self { title, height, bars })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bars_are_as_long_as_their_numbers_and_the_largest_come_first() {
        let values = vec![("a".to_owned(), 1), ("b".to_owned(), 0), ("c".to_owned(), 1_000)];
        let chart = Chart::of("t".into(), values).unwrap();
        let bars: Vec<_> = chart.bars.iter().map(|bar| (bar.label.as_str(), bar.width)).collect();
        assert_eq!(bars, [("c", LONGEST), ("a", 2)]);
        assert_eq!(chart.height, 2 * ROW + 4);
    }

    #[test]
    fn there_is_no_picture_of_nothing_and_none_of_everything() {
        assert!(Chart::of("t".into(), vec![("a".into(), 0)]).is_none());
        let many = (1..100).map(|n| (format!("{n}{}", "ü".repeat(50)), n)).collect();
        let chart = Chart::of("t".into(), many).unwrap();
        assert_eq!(chart.bars.len(), BARS);
        assert_eq!(chart.bars[0].label.chars().count(), LABEL + 1);
    }
}
