//! What came of it, and whether every promise was kept.

use std::fmt;

use meldeverbund_proto::node::v1::HandIn;
use serde_json::{Value, json};

use crate::{liaison::Inquiry, lists::Lists, stage::Stage, story::Story};

/// What became of one office's list.
struct Row {
    agency: String,
    handed_in: u64,
    new: u64,
    joined: u64,
    already: u64,
    refused: u64,
}

/// What came of it.
pub(crate) struct Summary {
    rows: Vec<Row>,
    targets: i64,
    ownerless: i64,
    seconds: f64,
    story: Option<Story>,
    inquiry: Option<Inquiry>,
    /// Promises that were broken; none if all is well.
    pub(crate) broken: Vec<String>,
}

impl Summary {
    /// Collects what nodes and hub say, and holds it against each other and against the lists.
    pub(crate) async fn new(
        stage: &Stage,
        lists: &Lists,
        hand_ins: &[HandIn],
        seconds: f64,
    ) -> anyhow::Result<Self> {
        let rows: Vec<_> =
            stage.offices.iter().zip(hand_ins).map(|(office, done)| row(&office.agency, done)).collect();
        let counts = stage.counts().await?;
        let owned = stage.owned().await?;
        let mut broken = Vec::new();
        let mut check = |kept: bool, promise: String| {
            if !kept {
                broken.push(promise);
            }
        };
        let different = i64::try_from(lists.different)?;
        check(
            counts.targets == different,
            format!("{} targets for {different} different links", counts.targets),
        );
        check(counts.ownerless == 0, format!("{} targets without an owner", counts.ownerless));
        for row in &rows {
            let told = row.new + row.joined + row.already + row.refused;
            check(
                told == row.handed_in,
                format!("{}: told of {told} of {} lines", row.agency, row.handed_in),
            );
            let owned = owned.get(&row.agency).copied().unwrap_or(0);
            check(
                u64::try_from(owned)? == row.new,
                format!("{}: {} new, {owned} owned", row.agency, row.new),
            );
        }
        Ok(Self {
            rows,
            targets: counts.targets,
            ownerless: counts.ownerless,
            seconds,
            story: None,
            inquiry: None,
            broken,
        })
    }

    /// Adds the story of a target, and the promises that were broken in it.
    pub(crate) fn add(&mut self, mut story: Story) {
        self.broken.append(&mut story.broken);
        self.story = Some(story);
    }

    /// Adds what the liaison body learnt, and the promises that were broken in it.
    pub(crate) fn ask(&mut self, mut inquiry: Inquiry) {
        self.broken.append(&mut inquiry.broken);
        self.inquiry = Some(inquiry);
    }

    /// The link of the story, not clickable.
    pub(crate) fn link(&self) -> Option<&str> {
        self.story.as_ref().map(|story| story.link.as_str())
    }

    /// The summary as one object.
    pub(crate) fn to_json(&self) -> Value {
        let office = |row: &Row| {
            json!({
                "agency": row.agency, "handed_in": row.handed_in, "new": row.new, "joined": row.joined,
                "already": row.already, "refused": row.refused,
            })
        };
        json!({
            "offices": self.rows.iter().map(office).collect::<Vec<_>>(),
            "targets": self.targets, "ownerless": self.ownerless, "seconds": self.seconds, "broken": self.broken,
            "receipt": self.story.as_ref().map(Story::receipt),
            "liaison": self.inquiry.as_ref().map(Inquiry::to_json),
            "story": self.story.as_ref().map_or_else(|| json!([]), Story::to_json),
        })
    }
}

fn row(agency: &str, hand_in: &HandIn) -> Row {
    let counts = hand_in.counts.unwrap_or_default();
    Row {
        agency: agency.to_owned(),
        handed_in: counts.rows,
        new: counts.new,
        joined: counts.joined,
        already: counts.already_yours + counts.reopened,
        refused: counts.refused + counts.rejected,
    }
}

impl fmt::Display for Summary {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<12} {:>10} {:>8} {:>8} {:>8} {:>8}",
            "office", "handed in", "new", "joined", "already", "refused"
        )?;
        for Row { agency, handed_in, new, joined, already, refused } in &self.rows {
            writeln!(f, "{agency:<12} {handed_in:>10} {new:>8} {joined:>8} {already:>8} {refused:>8}")?;
        }
        let lines: u64 = self.rows.iter().map(|row| row.handed_in).sum();
        let rate = lines as f64 / self.seconds.max(f64::EPSILON);
        writeln!(f, "\n{} targets, each with exactly one owner ({} without).", self.targets, self.ownerless)?;
        writeln!(
            f,
            "{lines} lines in {:.1} s: {rate:.0} a second, from file to the hub's answer.",
            self.seconds
        )?;
        self.story.iter().try_for_each(|story| write!(f, "{story}"))?;
        self.inquiry.iter().try_for_each(|inquiry| write!(f, "{inquiry}"))?;
        self.broken.iter().try_for_each(|promise| writeln!(f, "BROKEN: {promise}"))
    }
}
