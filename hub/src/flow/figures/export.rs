//! Figures as files: CSV for people's spreadsheets, JSON for programs.

use std::fmt::Write as _;

use meldeverbund_domain::figures::{Line, Measure, Published, Sheet};
use serde_json::{Value, json};

/// What a spreadsheet takes for the beginning of a formula.
const FORMULA: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// What stands in the place of a number that is not published.
const LEFT_OUT: &str = "…";

/// A sheet as CSV (RFC 4180), one line a group, after the line of all of them together.
pub fn csv(total: &Sheet, sheet: &Sheet) -> String {
    let mut text = String::from("from,until,by,group");
    Measure::all().iter().for_each(|measure| {
        text.push(',');
        text.push_str(measure.name);
    });
    text.push_str("\r\n");
    let (from, until) = sheet.months;
    for (by, line) in lines(total, sheet) {
        // A string takes whatever is written.
        let _ = write!(text, "{from},{until},{by},{}", cell(&line.name));
        line.values.iter().for_each(|value| {
            let _ = write!(text, ",{value}");
        });
        text.push_str("\r\n");
    }
    text
}

/// A sheet as JSON: each figure with what it is a part of.
pub fn json(total: &Sheet, sheet: &Sheet) -> Value {
    let measures = Measure::all();
    let described =
        measures.iter().map(|one| json!({ "name": one.name, "of": one.of, "stands": one.stands() }));
    let rows = lines(total, sheet).map(|(by, line)| {
        let values =
            measures.iter().zip(&line.values).map(|(one, value)| (one.name.to_owned(), json!(value)));
        json!({ "by": by, "group": line.name, "figures": Value::Object(values.collect()) })
    });
    let (from, until) = sheet.months;
    json!({
        "from": from.to_string(), "until": until.to_string(),
        "measures": described.collect::<Vec<_>>(), "rows": rows.collect::<Vec<_>>(),
    })
}

/// What is published, as CSV: all groupings below each other.
pub fn public_csv(published: &Published) -> String {
    let mut text = format!("month,by,group,{}\r\n", published.columns.join(","));
    for (grouping, rows) in &published.tables {
        for row in rows {
            let _ = write!(text, "{},{},{}", published.month, grouping.name(), cell(&row.name));
            row.cells.iter().for_each(|value| {
                let _ = match value {
                    Some(value) => write!(text, ",{value}"),
                    None => write!(text, ",{LEFT_OUT}"),
                };
            });
            text.push_str("\r\n");
        }
    }
    text
}

/// What is published, as JSON; `null` where a number is left out.
pub fn public_json(published: &Published) -> Value {
    let rows = published.tables.iter().flat_map(|(grouping, rows)| {
        rows.iter().map(|row| {
            let cells = published.columns.iter().zip(&row.cells);
            let cells = cells.map(|(name, value)| ((*name).to_owned(), json!(value)));
            json!({ "by": grouping.name(), "group": row.name, "figures": Value::Object(cells.collect()) })
        })
    });
    json!({
        "month": published.month.to_string(), "smaller_are_left_out": published.threshold,
        "rows": rows.collect::<Vec<_>>(),
    })
}

fn lines<'s>(total: &'s Sheet, sheet: &'s Sheet) -> impl Iterator<Item = (&'static str, &'s Line)> {
    let all = total.lines.iter().map(|line| ("all", line));
    let groups = sheet.lines.iter().filter(|line| !line.name.is_empty());
    all.chain(groups.map(|line| (sheet.grouping.name(), line)))
}

/// A text in a CSV, which no spreadsheet takes for a formula.
fn cell(text: &str) -> String {
    let guard = if text.starts_with(FORMULA) { "'" } else { "" };
    if guard.is_empty() && !text.contains([',', '"', '\n', '\r', ';']) {
        return text.to_owned();
    }
    format!("\"{guard}{}\"", text.replace('"', "\"\""))
}

#[cfg(test)]
mod tests {
    use meldeverbund_domain::figures::{Counts, Figure, Grouping, Key, publish};

    use super::*;

    fn counts(host: &str, number: i64) -> Counts {
        let month = "2026-03".parse().unwrap();
        let key = |grouping, name: &str| Key { grouping, name: name.into(), figure: Figure::Opened, month };
        [(key(Grouping::All, ""), number), (key(Grouping::Host, host), number)].into_iter().collect()
    }

    #[test]
    fn no_cell_is_a_formula() {
        for (text, is) in [
            ("files.example", "files.example"),
            ("=1+1", "\"'=1+1\""),
            ("-files.example", "\"'-files.example\""),
            ("@a", "\"'@a\""),
            ("\tb", "\"'\tb\""),
            ("a,b", "\"a,b\""),
            ("a\"b", "\"a\"\"b\""),
        ] {
            assert_eq!(cell(text), is);
        }
        let months = ("2026-03".parse().unwrap(), "2026-03".parse().unwrap());
        let counts = counts("=cmd", 7);
        let (total, sheet) =
            (Sheet::of(&counts, Grouping::All, months), Sheet::of(&counts, Grouping::Host, months));
        let text = csv(&total, &sheet);
        let rows: Vec<_> = text.lines().collect();
        assert!(rows[0].starts_with("from,until,by,group,referred,new,"), "{text}");
        assert!(rows[1].starts_with("2026-03,2026-03,all,,7,7,0,"), "{text}");
        assert!(rows[2].starts_with("2026-03,2026-03,host,\"'=cmd\",7,7,0,"), "{text}");
        assert_eq!(json(&total, &sheet)["rows"][1]["figures"]["referred"], 7);
    }

    #[test]
    fn what_is_left_out_is_no_number() {
        let published = publish(&counts("files.example", 3), "2026-03".parse().unwrap(), 5);
        let text = public_csv(&published);
        assert!(text.contains("2026-03,all,,…,…,…,0,"), "{text}");
        assert!(!text.contains("files.example"), "{text}");
        assert!(public_json(&published)["rows"][0]["figures"]["referred"].is_null());
    }
}
