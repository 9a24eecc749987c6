//! Guards a table that people open in a table program: a cell must not become a formula.

use std::borrow::Cow;

/// Characters that make a table program read a cell as a formula, the full-width ones of East Asian input included.
const FORMULA_STARTS: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// The text as a CSV cell that no table program runs: one that would begin a formula gets an apostrophe before it.
///
/// Separators and quotation marks are the CSV writer's matter.
pub fn csv_cell(text: &str) -> Cow<'_, str> {
    // Table programs strip white space, tabs and line breaks before they look.
    let first = text.trim_start().chars().next();
    let starts_formula = first.is_some_and(|c| FORMULA_STARTS.contains(&c));
    let starts_control = text.starts_with(|c: char| c.is_control());
    if starts_formula || starts_control { Cow::Owned(format!("'{text}")) } else { Cow::Borrowed(text) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cell_that_would_be_a_formula_gets_an_apostrophe() {
        for text in [
            "=1+1",
            "+49 30 1234",
            "-1",
            "@SUM(A1)",
            " =HYPERLINK(\"https://h.example\")",
            "\t=1",
            "\r=1",
            "\n",
            "\tx",
            "＝1+1",
        ] {
            assert_eq!(csv_cell(text), format!("'{text}"));
        }
    }

    #[test]
    fn other_cells_stay_as_they_are() {
        for text in ["", "https://h.example/=1", "H2", "a=b", "21.11.2026", "'=1", "§ 184b StGB"] {
            assert!(matches!(csv_cell(text), Cow::Borrowed(same) if same == text), "{text}");
        }
    }
}
