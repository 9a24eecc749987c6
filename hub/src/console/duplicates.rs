//! Duplicates: pairs that may be one, some of them side by side, and the other names of a target.

use std::collections::BTreeSet;

use askama::Template;
use axum::{
    extract::{Path, Query, State},
    http::StatusCode,
    response::Response,
};
use meldeverbund_proto::{
    TargetId,
    v1::{GateState, TargetView},
};
use meldeverbund_web::{Defanged, Instant, Texts};
use serde::Deserialize;

use super::{
    Console,
    access::Area,
    acting::{Hidden, Wrong},
    caller::Caller,
    judging::{Choice, Chosen},
    target::word,
};
use crate::flow::{
    Failure, JudgedRecord, Likeness, Name, Pair, Seen, Side, names, newest_judged, pair, waiting_pairs,
};

/// Suggestions that one page looks at: what a person decides on at once.
const PAGE: i64 = 20;
/// Decisions that the page tells of, so that a slip can be undone at once.
const LATELY: i64 = 10;

#[derive(Template)]
#[template(path = "duplicates.html")]
struct Duplicates<'p> {
    t: Texts<'p>,
    hidden: Hidden,
    /// Whether this person may decide.
    acts: bool,
    pairs: Vec<Pair>,
    next: Option<String>,
    lately: Vec<JudgedRecord>,
    wrong: Option<Wrong>,
}

#[derive(Template)]
#[template(path = "names.html")]
struct Names<'p> {
    t: Texts<'p>,
    hidden: Hidden,
    acts: bool,
    target: String,
    link: Option<String>,
    names: Vec<(Name, Seen)>,
}

impl Duplicates<'_> {
    fn shown(&self) -> Shown<'_> {
        Shown(self.t)
    }

    fn act(&self, record: &JudgedRecord) -> String {
        self.t.say(&format!("act-{}", record.act.name()))
    }

    fn at(&self, record: &JudgedRecord) -> Option<Instant> {
        Instant::from_micros(record.recorded_at_us)
    }

    fn ticked(&self, _: &Pair) -> bool {
        false
    }
}

impl Names<'_> {
    fn shown(&self, link: &str) -> String {
        Defanged(link).to_string()
    }
}

/// How a side is shown, wherever it stands.
pub(super) struct Shown<'s>(pub(super) Texts<'s>);

impl Shown<'_> {
    pub(super) fn stage(&self, view: &TargetView) -> String {
        self.0.say(&format!("stage-{}", word(view.stage().as_str_name(), "STAGE_")))
    }

    pub(super) fn owner(&self, view: &TargetView) -> String {
        let firm = word(view.responsibility().as_str_name(), "RESPONSIBILITY_");
        let basis = word(view.owner_basis().as_str_name(), "OWNER_BASIS_");
        let [firm, basis] = [format!("responsibility-{firm}"), format!("basis-{basis}")];
        format!("{} · {} · {}", view.owner_agency_id, self.0.say(&firm), self.0.say(&basis))
    }

    pub(super) fn holds(&self, view: &TargetView) -> Vec<String> {
        let one = |hold: &meldeverbund_proto::v1::HoldView| {
            let until = Instant::from_micros(hold.until_us).map(|at| at.to_string()).unwrap_or_default();
            let lapsed =
                if hold.lapsed { format!(" · {}", self.0.say("hold-lapsed")) } else { String::new() };
            format!("{} {} {until}{lapsed}", hold.agency_id, self.0.say("until"))
        };
        view.holds.iter().map(one).collect()
    }

    /// Where the takedown is beyond its stage: what a merge meets.
    pub(super) fn notices(&self, view: &TargetView) -> String {
        match &view.intent {
            Some(intent) if intent.failed => self.0.say("pair-notice-failed"),
            Some(intent) if intent.in_doubt => self.0.say("pair-notice-in-doubt"),
            Some(_) => self.0.say("pair-notice-under-way"),
            None => view.notices.to_string(),
        }
    }

    pub(super) fn gates(&self, view: &TargetView) -> String {
        let set = view.gates().filter(|gate| *gate == GateState::Set).count();
        format!("{set} / 4")
    }

    pub(super) fn links(&self, side: &Side) -> Vec<String> {
        let shown = |link: &Option<String>| match link {
            Some(link) => Defanged(link).to_string(),
            None => self.0.say("link-redacted"),
        };
        side.examples.iter().map(shown).collect()
    }

    pub(super) fn reason(&self, likeness: &Likeness) -> String {
        self.0.say(match likeness {
            Likeness::HostRule => "likeness-host-rule",
            Likeness::ContentSha256 => "likeness-content",
            Likeness::ContentWeak => "likeness-content-weak",
            Likeness::NearAddress => "likeness-near-address",
        })
    }

    /// What a check box of the pair says: which, and how far it had come when it was looked at.
    pub(super) fn value(&self, pair: &Pair) -> String {
        format!("{}.{}.{}", pair.one.id, pair.other.id, pair.seen)
    }
}

#[derive(Deserialize)]
pub(super) struct After {
    #[serde(default)]
    pub(super) after: String,
}

/// What waits.
pub(super) async fn page(
    State(console): State<Console>,
    caller: Caller,
    Query(After { after }): Query<After>,
) -> Response {
    listed(&console, &caller, &after, None).await
}

/// The list, and what was wrong with the form that it sent.
pub(super) async fn listed(
    console: &Console,
    caller: &Caller,
    after: &str,
    wrong: Option<Wrong>,
) -> Response {
    if !caller.may(Area::Duplicates) {
        return console.no_page(caller);
    }
    let t = console.texts(caller.language);
    match read(console, caller, Some(after).filter(|after| !after.is_empty())).await {
        Ok((pairs, next, lately)) => {
            let status = if wrong.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
            let (hidden, acts) = (Hidden::new(console, caller), caller.may(Area::Decide));
            let content = Duplicates { t, hidden, acts, pairs, next, lately, wrong };
            console.framed(caller, Some(Area::Duplicates), status, &t.say("duplicates"), &content)
        }
        Err(Failure::Refused(_)) => console.no_page(caller),
        Err(failure) => console.failed(caller, &failure),
    }
}

type Listed = (Vec<Pair>, Option<String>, Vec<JudgedRecord>);

async fn read(console: &Console, caller: &Caller, after: Option<&str>) -> Result<Listed, Failure> {
    let (hub, office) = (&console.0.hub, &caller.session.agency);
    let mut still = hub.still().await?;
    let page = waiting_pairs(&mut still, &hub.views(), office, after, PAGE).await?;
    let lately = newest_judged(&mut still, office, LATELY).await?;
    Ok((page.pairs, page.next, lately))
}

#[derive(Deserialize)]
pub(super) struct Both {
    #[serde(default)]
    one: String,
    #[serde(default)]
    other: String,
}

/// Two targets side by side, whether or not anything suggests that they are one.
pub(super) async fn compare(
    State(console): State<Console>,
    caller: Caller,
    Query(both): Query<Both>,
) -> Response {
    if !caller.may(Area::Duplicates) {
        return console.no_page(&caller);
    }
    let id = |text: &str| text.trim().to_ascii_lowercase().parse::<TargetId>().ok();
    let Some((one, other)) = id(&both.one).zip(id(&both.other)) else {
        return console.problem_for(&caller, StatusCode::NOT_FOUND, "no-such-pair");
    };
    let found = async {
        let hub = &console.0.hub;
        let mut still = hub.still().await?;
        pair(&mut still, &hub.views(), &caller.session.agency, one, other).await
    };
    match found.await {
        Ok(Some(pair)) if !pair.is_one() => {
            let choice = Choice { one, other, seen: pair.seen };
            Chosen::first(&console, &caller, vec![choice]).await
        }
        Ok(_) => console.problem_for(&caller, StatusCode::NOT_FOUND, "no-such-pair"),
        Err(failure) => console.failed(&caller, &failure),
    }
}

/// The other names of a target.
pub(super) async fn names_page(
    State(console): State<Console>,
    caller: Caller,
    Path(id): Path<String>,
) -> Response {
    if !caller.may(Area::Duplicates) {
        return console.no_page(&caller);
    }
    let t = console.texts(caller.language);
    let Ok(id) = id.parse::<TargetId>() else { return console.no_page(&caller) };
    match read_names(&console, &caller, id).await {
        Ok(Some((target, link, names))) => {
            let (hidden, acts) = (Hidden::new(&console, &caller), caller.may(Area::Decide));
            let content = Names { t, hidden, acts, target, link, names };
            console.framed(&caller, Some(Area::Duplicates), StatusCode::OK, &t.say("names"), &content)
        }
        Ok(None) | Err(Failure::Refused(_)) => console.no_page(&caller),
        Err(failure) => console.failed(&caller, &failure),
    }
}

type NamesRead = (String, Option<String>, Vec<(Name, Seen)>);

async fn read_names(console: &Console, caller: &Caller, id: TargetId) -> Result<Option<NamesRead>, Failure> {
    let (hub, office) = (&console.0.hub, &caller.session.agency);
    let (mut still, views) = (hub.still().await?, hub.views());
    let Some((target, link, found)) = names(&mut still, &views, office, id).await? else { return Ok(None) };
    let mut seen = Vec::with_capacity(found.len());
    for name in found {
        let (Ok(one), Ok(other)) = (name.target.parse(), target.parse()) else { continue };
        let pair = pair(&mut still, &views, office, one, other).await?;
        seen.extend(pair.map(|pair| (name, pair.seen)));
    }
    Ok(Some((target, link, seen)))
}

/// The pairs that a form's check boxes name, each once.
pub(super) fn choices<'s>(boxes: impl Iterator<Item = &'s str>) -> Vec<Choice> {
    let mut once = BTreeSet::new();
    let read = boxes.filter_map(|text| {
        let mut parts = text.splitn(3, '.');
        let mut id = || parts.next()?.parse::<TargetId>().ok();
        let (one, other) = (id()?, id()?);
        Some(Choice { one, other, seen: parts.next()?.parse().ok()? })
    });
    read.filter(|choice| once.insert((*choice.one.as_bytes(), *choice.other.as_bytes()))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_check_box_names_a_pair_and_what_was_seen_of_it() {
        let [one, other] = ["018f0000-0000-7000-8000-000000000001", "018f0000-0000-7000-8000-000000000002"];
        let text = format!("{one}.{other}.3-0-7");
        let read = choices([&*text, &*text, "x.y.1-2-3", "", &format!("{one}.{other}")].into_iter());
        assert_eq!(read.len(), 1);
        assert_eq!(
            (read[0].one.to_string(), read[0].seen),
            (one.to_owned(), Seen { one: 3, other: 0, rejected: 7 })
        );
    }
}
