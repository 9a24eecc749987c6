//! Figures: how many, by Land, host or class, in some months.

use askama::Template;
use axum::{
    extract::{Query, State},
    http::StatusCode,
    response::Response,
};
use meldeverbund_domain::figures::{Grouping, Line, Measure, Month};
use meldeverbund_web::Texts;
use serde::Deserialize;
use url::form_urlencoded;

use super::{Console, access::Area, caller::Caller, figures_chart::Chart};
use crate::{
    clock::now_us,
    flow::{Failure, FigurePage, FigureQuery, causes, read_figures},
};

/// Groups of one page: what fits on some screens.
const LISTED: i64 = 50;

/// Months that are shown when nobody asks for others.
const MONTHS: i64 = 12;

/// What belongs together: the heading's text, and the figures of its table. The first is the one that is drawn.
const SECTIONS: [(&str, &[&str]); 7] = [
    ("figures-referrals", &["referred", "new", "duplicates", "merged", "parted"]),
    (
        "figures-open",
        &[
            "owned",
            "held",
            "waiting-owner",
            "waiting-conditions",
            "waiting-grant",
            "waiting-dispatch",
            "waiting-provider",
        ],
    ),
    ("figures-domestic", &["notified-domestic", "gone-2-domestic", "gone-7-domestic", "gone-28-domestic"]),
    ("figures-abroad", &["notified-abroad", "gone-2-abroad", "gone-7-abroad", "gone-28-abroad"]),
    ("figures-unknown", &["notified-unknown", "gone-2-unknown", "gone-7-unknown", "gone-28-unknown"]),
    (
        "figures-ended",
        &[
            "ended",
            "ended-gone",
            "ended-gone-before",
            "ended-refused",
            "ended-not-forwardable",
            "ended-not-unlawful",
            "ended-withdrawn",
            "ended-unresolved",
            "ended-contested",
        ],
    ),
    ("figures-again", &["reappeared", "complaints", "upheld"]),
];

#[derive(Template)]
#[template(path = "figures.html")]
struct Figures<'p> {
    t: Texts<'p>,
    from: String,
    until: String,
    by: &'static str,
    /// What was asked and is no time.
    is_wrong: bool,
    behind: i64,
    sections: Vec<Section>,
    next: Option<String>,
    /// The downloads' addresses.
    csv: String,
    json: String,
    /// Whether this person may publish; the newest month that is over.
    publishes: Option<String>,
    definitions: Vec<Definition>,
}

impl Figures<'_> {
    /// How much is not counted yet.
    fn lag(&self) -> String {
        self.t.count("figures-behind", self.behind)
    }
}

struct Section {
    key: &'static str,
    columns: Vec<String>,
    rows: Vec<(String, Vec<Cell>)>,
    chart: Option<Chart>,
}

/// A number, and its part of its denominator in percent.
struct Cell {
    value: i64,
    percent: Option<String>,
}

struct Definition {
    name: String,
    means: String,
    of: Option<String>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Asked {
    from: String,
    until: String,
    by: String,
    after: String,
}

/// The page.
pub(super) async fn page(
    State(console): State<Console>,
    caller: Caller,
    Query(asked): Query<Asked>,
) -> Response {
    if !caller.may(Area::Figures) {
        return console.no_page(&caller);
    }
    let this = Month::at(now_us(console.0.hub.clock()));
    let wanted = asked.query(this);
    let is_wrong = wanted.is_none();
    let query = wanted.unwrap_or_else(|| Asked::default().query(this).expect("nothing is no wrong time"));
    match read(&console, &query).await {
        Ok(found) => {
            let t = console.texts(caller.language);
            let publishes = caller.may(Area::PublicFigures).then(|| this.before(1).to_string());
            let content = shown(t, &query, &found, is_wrong, publishes);
            console.page(&caller, Area::Figures, &t.say("figures"), &content)
        }
        Err(failure) => {
            tracing::warn!(cause = %causes(&failure), "figures could not be read");
            console.problem_for(&caller, StatusCode::SERVICE_UNAVAILABLE, "failed")
        }
    }
}

async fn read(console: &Console, query: &FigureQuery) -> Result<FigurePage, Failure> {
    Ok(read_figures(&mut console.0.hub.still().await?, query).await?)
}

impl Asked {
    /// What is asked; none: a month is none, or the last lies before the first.
    pub(super) fn query(&self, this: Month) -> Option<FigureQuery> {
        let month = |text: &str, otherwise: Month| match text.trim() {
            "" => Some(otherwise),
            text => text.parse().ok(),
        };
        let months = (month(&self.from, this.before(MONTHS - 1))?, month(&self.until, this)?);
        let grouping = Grouping::from_name(&self.by).unwrap_or(Grouping::Land);
        (months.0 <= months.1).then(|| FigureQuery {
            grouping,
            months,
            after: self.after.clone(),
            most: LISTED,
        })
    }
}

fn shown<'p>(
    t: Texts<'p>,
    query: &FigureQuery,
    found: &FigurePage,
    is_wrong: bool,
    publishes: Option<String>,
) -> Figures<'p> {
    let (from, until) = (query.months.0.to_string(), query.months.1.to_string());
    let by = query.grouping.name();
    let address = |path: &str, after: Option<&str>| {
        let mut pairs = form_urlencoded::Serializer::new(String::new());
        pairs.append_pair("from", &from).append_pair("until", &until).append_pair("by", by);
        after.map(|after| pairs.append_pair("after", after));
        format!("{path}?{}", pairs.finish())
    };
    let (csv, json) = (address("/figures.csv", None), address("/figures.json", None));
    let next = found.next.as_deref().map(|after| address("/figures", Some(after)));
    let sections = SECTIONS.iter().map(|(key, names)| section(t, key, names, found)).collect();
    let definitions = Measure::all().iter().map(|measure| definition(t, measure)).collect();
    let behind = found.behind;
    Figures { t, from, until, by, is_wrong, behind, sections, next, csv, json, publishes, definitions }
}

fn definition(t: Texts<'_>, measure: &Measure) -> Definition {
    let name = t.say(&format!("figure-{}", measure.name));
    let means = t.say(&format!("figure-{}-means", measure.name));
    let of = measure.of.map(|of| t.say(&format!("figure-{of}")));
    Definition { name, means, of }
}

fn section(t: Texts<'_>, key: &'static str, names: &[&'static str], found: &FigurePage) -> Section {
    let columns: Vec<_> = names.iter().map(|name| t.say(&format!("figure-{name}"))).collect();
    let groups = || found.sheet.lines.iter().filter(|line| !line.name.is_empty());
    let row = |name: String, line: &Line| (name, names.iter().map(|name| cell(line, name)).collect());
    let total = found.total.lines.iter().map(|line| row(t.say("figures-all"), line));
    let rows = total.chain(groups().map(|line| row(group(t, found, &line.name), line))).collect();
    let bars: Vec<_> = match found.sheet.grouping {
        Grouping::All => {
            let total = found.total.lines.first();
            let values = names.iter().map(|name| total.and_then(|line| line.value(name)).unwrap_or(0));
            columns.iter().cloned().zip(values).collect()
        }
        _ => groups().map(|line| (group(t, found, &line.name), line.value(names[0]).unwrap_or(0))).collect(),
    };
    let title = match found.sheet.grouping {
        Grouping::All => t.say(key),
        _ => columns.first().cloned().unwrap_or_default(),
    };
    Section { key, columns, rows, chart: Chart::of(title, bars) }
}

/// A group's name, as people say it.
fn group(t: Texts<'_>, found: &FigurePage, name: &str) -> String {
    if found.sheet.grouping == Grouping::Class {
        t.say(&format!("figures-class-{name}"))
    } else {
        name.to_owned()
    }
}

fn cell(line: &Line, name: &str) -> Cell {
    let value = line.value(name).unwrap_or(0);
    let of = Measure::all().iter().find(|measure| measure.name == name).and_then(|measure| measure.of);
    let whole = of.and_then(|of| line.value(of)).filter(|whole| *whole > 0 && value > 0);
    // In tenths, rounded: whole numbers would make 0 of what is something.
    let percent = whole.map(|whole| (value * 1_000 + whole / 2) / whole);
    Cell { value, percent: percent.map(|tenths| format!("{}.{}", tenths / 10, tenths % 10)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_figure_stands_in_one_section() {
        let mut shown: Vec<_> = SECTIONS.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        let mut all: Vec<_> = Measure::all().iter().map(|measure| measure.name).collect();
        all.retain(|name| *name != "notified");
        shown.sort_unstable();
        all.sort_unstable();
        assert_eq!(shown, all, "`notified` is the sum of three that are shown");
    }

    #[test]
    fn months_that_are_none_are_not_asked_for() {
        let this: Month = "2026-03".parse().unwrap();
        let asked = |from: &str, until: &str| {
            let asked = Asked { from: from.into(), until: until.into(), ..Asked::default() };
            asked.query(this).map(|query| (query.months.0.to_string(), query.months.1.to_string()))
        };
        assert_eq!(asked("", ""), Some(("2025-04".into(), "2026-03".into())));
        assert_eq!(asked("2026-01", "2026-02"), Some(("2026-01".into(), "2026-02".into())));
        assert_eq!((asked("2026-02", "2026-01"), asked("march", ""), asked("", "=1")), (None, None, None));
    }

    #[test]
    fn a_part_is_shown_in_percent_of_its_whole() {
        let names: Vec<_> = Measure::all().iter().map(|measure| measure.name).collect();
        let value = |name: &str| match name {
            "referred" => 3,
            "duplicates" => 2,
            _ => 0,
        };
        let line = Line { name: String::new(), values: names.iter().map(|name| value(name)).collect() };
        assert_eq!(cell(&line, "duplicates").percent.as_deref(), Some("66.7"));
        assert_eq!((cell(&line, "new").percent, cell(&line, "referred").percent), (None, None));
    }
}
