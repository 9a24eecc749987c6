//! `figures`: what was counted, by Land, host or class; counted again from the ledger; and what may be published.

use std::{fmt::Write as _, path::Path, process::ExitCode};

use clap::{Args, ValueEnum};
use meldeverbund_domain::figures::{Grouping, Line, Measure, Month, Sheet};
use serde_json::json;

use super::{offline, output::print};
use crate::{
    clock::{Clock, now_us},
    flow::{
        ForgetFigures, figures_behind, figures_csv, figures_json, public_csv, public_json, read_all_figures,
        read_published, recount,
    },
    serve::Config,
    store::{Connection, Store},
};

#[derive(Debug, Args)]
pub(super) struct FigureArguments {
    /// The month, or the first and the last: 2026-01, 2026-01..2026-03. Left out: this one.
    #[arg(long, value_parser = months)]
    month: Option<(Month, Month)>,
    /// By what.
    #[arg(long, value_enum, default_value_t = By::Land)]
    by: By,
    /// How.
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// Count everything again from the ledger, and compare with what was counted; exit code 1 if that differs.
    #[arg(long)]
    recompute: bool,
    /// What may be published of one month: small numbers are left out, and what would give them away.
    #[arg(long, conflicts_with = "recompute")]
    public: bool,
    /// Forget what was counted; the running hub forgets it piece by piece, and counts anew.
    #[arg(long, conflicts_with_all = ["recompute", "public", "month"])]
    forget: bool,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum By {
    All,
    Land,
    Host,
    Class,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Table,
    Csv,
    Json,
}

impl By {
    fn grouping(self) -> Grouping {
        match self {
            Self::All => Grouping::All,
            Self::Land => Grouping::Land,
            Self::Host => Grouping::Host,
            Self::Class => Grouping::Class,
        }
    }
}

fn months(text: &str) -> Result<(Month, Month), String> {
    let (first, last) = text.split_once("..").unwrap_or((text, text));
    let month = |text: &str| text.parse::<Month>().map_err(|error| error.to_string());
    let (first, last) = (month(first)?, month(last)?);
    if first > last { Err("ends before it begins".to_owned()) } else { Ok((first, last)) }
}

pub(super) async fn run(path: &Path, json: bool, asked: FigureArguments) -> anyhow::Result<ExitCode> {
    if asked.forget {
        offline::run(path, ForgetFigures).await?;
        return print(
            json,
            &json!({ "forgotten": true }),
            "Nobody is shown what was counted any more; the running hub forgets it, and counts anew.",
        );
    }
    let config = Config::read(path)?;
    let this = Month::at(now_us(&Clock::system()));
    let months = asked.month.unwrap_or((this, this));
    let format = if json { Format::Json } else { asked.format };
    let store = Store::open(&config.database).await?;
    let mut still = store.snapshot().await?;
    let done = if asked.public {
        anyhow::ensure!(months.1 < this, "--month: what is published is a month that is over");
        public(&mut still, months, format, config.figures.public_threshold).await
    } else if asked.recompute {
        recompute(&store, &mut still, asked.by.grouping(), months, format).await
    } else {
        counted(&mut still, asked.by.grouping(), months, format).await
    };
    drop(still);
    store.close().await;
    done
}

async fn public(
    still: &mut Connection,
    months: (Month, Month),
    format: Format,
    threshold: i64,
) -> anyhow::Result<ExitCode> {
    anyhow::ensure!(
        months.0 == months.1,
        "--month: what is published is one month; two of them would give away a third"
    );
    let published = read_published(still, months.0, threshold).await?;
    match format {
        Format::Json => println!("{}", public_json(&published)),
        Format::Csv | Format::Table => print!("{}", public_csv(&published)),
    }
    Ok(ExitCode::SUCCESS)
}

async fn counted(
    still: &mut Connection,
    grouping: Grouping,
    months: (Month, Month),
    format: Format,
) -> anyhow::Result<ExitCode> {
    let (total, sheet) = read_all_figures(still, grouping, months).await?;
    show(&total, &sheet, format);
    let behind = figures_behind(still).await?;
    if behind > 0 {
        eprintln!("{behind} leaves are not counted yet.");
    }
    Ok(ExitCode::SUCCESS)
}

async fn recompute(
    store: &Store,
    still: &mut Connection,
    grouping: Grouping,
    months: (Month, Month),
    format: Format,
) -> anyhow::Result<ExitCode> {
    let recounted = recount(still, store.target_ids()).await?;
    let sheet = |grouping| Sheet::of(&recounted.counts, grouping, months);
    show(&sheet(Grouping::All), &sheet(grouping), format);
    eprintln!("{} leaves were counted again.", recounted.leaves);
    for (leaves, what) in [
        (recounted.unknown, "leaves were redacted before figures were counted: they are in neither count"),
        (recounted.unreadable, "leaves cannot be read and are in neither count; see `ledger verify`"),
    ] {
        if leaves > 0 {
            eprintln!("{leaves} {what}.");
        }
    }
    if recounted.differs.is_empty() {
        eprintln!("It is what was counted before.");
        return Ok(ExitCode::SUCCESS);
    }
    for (key, (ledger, table)) in recounted.differs.iter().take(20) {
        eprintln!(
            "differs: {} {} {:?} in {}: the ledger says {ledger}, the table {table}",
            key.grouping.name(),
            key.name,
            key.figure,
            key.month
        );
    }
    eprintln!("{} sums differ. `figures --forget` has the running hub count anew.", recounted.differs.len());
    Ok(ExitCode::FAILURE)
}

fn show(total: &Sheet, sheet: &Sheet, format: Format) {
    match format {
        Format::Json => println!("{}", figures_json(total, sheet)),
        Format::Csv => print!("{}", figures_csv(total, sheet)),
        Format::Table => println!("{}", table(total, sheet)),
    }
}

/// One line a figure, one column a group: there are more figures than groups that anybody reads on a screen.
fn table(total: &Sheet, sheet: &Sheet) -> String {
    let groups: Vec<&Line> =
        total.lines.iter().chain(sheet.lines.iter().filter(|line| !line.name.is_empty())).collect();
    let mut text =
        format!("{} to {}, by {}\n{:<24}", sheet.months.0, sheet.months.1, sheet.grouping.name(), "");
    let name = |line: &Line| if line.name.is_empty() { "all".to_owned() } else { line.name.clone() };
    let width = |line: &Line| name(line).chars().count().max(8);
    for line in &groups {
        let _ = write!(text, "  {:>width$}", name(line), width = width(line));
    }
    for (n, measure) in Measure::all().iter().enumerate() {
        let _ = write!(text, "\n{:<24}", measure.name);
        for line in &groups {
            let _ = write!(text, "  {:>width$}", line.values[n], width = width(line));
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_one_or_a_range_in_order() {
        let month = |text: &str| text.parse::<Month>().unwrap();
        assert_eq!(months("2026-01"), Ok((month("2026-01"), month("2026-01"))));
        assert_eq!(months("2025-11..2026-02"), Ok((month("2025-11"), month("2026-02"))));
        for bad in ["2026-02..2026-01", "2026", "..", "2026-01..", "2026-13"] {
            assert!(months(bad).is_err(), "{bad}");
        }
    }
}
