//! The liaison body's part: an open and a blind question about what the offices referred, a referral that answers as none, and
//! details that the owner releases.

use std::{collections::BTreeMap, fmt, time::Duration};

use anyhow::{Context as _, bail, ensure};
use meldeverbund_node::{
    client::{self, LiaisonDeskClient},
    liaison::Token,
    text::{self, Lang},
};
use meldeverbund_people::{Role, testing::TestIssuer};
use meldeverbund_proto::{
    node::v1::{
        AnswerDisclosureRequest, AskBegin, AskFinish, AskRequest, AskRow, AskRows, AskedState,
        ListDisclosuresRequest, ReportQuestionRequest, RequestDisclosureRequest, ShowBlindRequest,
        ask_request, ask_response::Step,
    },
    v1::{AgencyCard, DisclosedValue, DisclosureField, Purpose, Referral},
};
use serde_json::{Value, json};
use tokio::time::{Instant, interval};
use tokio_stream::iter;

use crate::{
    cast::Cast,
    office::{CASE, Office},
    stage::{BODY, Stage},
};

/// A link that an office refers and hides from liaison.
const HIDDEN: &str = "https://covert.example/measure";

/// A link that nobody has referred.
const UNKNOWN: &str = "https://nobody.example/knows";

/// How long the set of blind questions may take to have what was referred.
const NEWS: Duration = Duration::from_secs(60);

/// How often is looked.
const LOOK_EVERY: Duration = Duration::from_millis(200);

/// What the liaison body learnt.
pub(crate) struct Inquiry {
    open: Answers,
    blind: Answers,
    owner: String,
    released: Option<String>,
    /// Promises that were broken.
    pub(crate) broken: Vec<String>,
}

/// How many were answered how.
type Answers = BTreeMap<&'static str, usize>;

impl Inquiry {
    /// Plays it.
    pub(crate) async fn run(stage: &Stage, cast: &Cast<'_>, issuer: &TestIssuer) -> anyhow::Result<Self> {
        hide(cast.owner).await?;
        let token = Token::parse(&issuer.token(&[Role::LiaisonOfficer], stage.now()).sign())?;
        let body = &stage.body;
        let mut officer = client::connect_liaison(&body.socket, Lang::En, Some(token)).await?;
        let known = cast.referrals.iter().filter_map(|of| of.first()).map(|one| one.link.clone());
        let mut links: Vec<String> = known.collect();
        let hits = links.len();
        links.extend([HIDDEN, UNKNOWN].map(str::to_owned));

        let open = ask(&mut officer, false, &links).await?;
        let rows = report(&mut officer, open).await?;
        let open_answers = count(&rows);
        await_set(&mut officer, stage).await?;
        let blind = ask(&mut officer, true, &links).await?;
        let blind_rows = report(&mut officer, blind).await?;
        let mut inquiry = Self {
            open: open_answers,
            blind: count(&blind_rows),
            owner: rows.first().and_then(|row| row.1.clone()).unwrap_or_default(),
            released: None,
            broken: Vec::new(),
        };
        let right = |rows: &[(AskedState, Option<String>)]| {
            rows.iter()
                .enumerate()
                .all(|(i, (state, _))| *state == if i < hits { AskedState::Hit } else { AskedState::NoHit })
        };
        if !right(&rows) || !right(&blind_rows) {
            inquiry.broken.push("open and blind questions are not answered as was referred".into());
        }
        inquiry.released = disclose(&mut officer, open, cast, stage).await?;
        if inquiry.released.as_deref() != Some(CASE) {
            inquiry.broken.push("what the owner released did not arrive".into());
        }
        Ok(inquiry)
    }

    /// What it learnt, as one object.
    pub(crate) fn to_json(&self) -> Value {
        json!({ "open": self.open, "blind": self.blind, "owner": self.owner, "released": self.released })
    }
}

/// The owner refers a link that liaison is not to see.
async fn hide(owner: &Office) -> anyhow::Result<()> {
    let referral = Referral { link: HIDDEN.into(), hidden_from_liaison: true, ..Referral::default() };
    let counts = owner.hand_in_one(referral).await?.counts.unwrap_or_default();
    ensure!(counts.new == 1, "the hidden referral was not recorded");
    Ok(())
}

/// Asks, and waits until all is answered.
async fn ask(officer: &mut LiaisonDeskClient, blind: bool, links: &[String]) -> anyhow::Result<u64> {
    let purpose =
        Purpose { code: "investigation".into(), case_number: "EP/7/26".into(), reason: String::new() };
    let begin = AskBegin { purpose: Some(purpose), blind, ..AskBegin::default() };
    let rows = (1_u64..).zip(links).map(|(line, text)| AskRow { line, text: text.clone() }).collect();
    let steps = [
        ask_request::Step::Begin(begin),
        ask_request::Step::Rows(AskRows { first_row: 1, rows }),
        ask_request::Step::Finish(AskFinish { rows: links.len() as u64 }),
    ];
    let requests = iter(steps.map(|step| AskRequest { step: Some(step) }));
    let mut answers = officer.ask(requests).await?.into_inner();
    while let Some(answer) = answers.message().await? {
        if let Some(Step::Done(done)) = answer.step {
            return Ok(done.question.context("the node says nothing of the question")?.question);
        }
    }
    bail!("the node broke off")
}

/// How each row was answered, and who owns what was a hit.
async fn report(
    officer: &mut LiaisonDeskClient,
    question: u64,
) -> anyhow::Result<Vec<(AskedState, Option<String>)>> {
    let request = ReportQuestionRequest { question, only_hits: false };
    let mut pages = officer.report_question(request).await?.into_inner();
    let mut rows = Vec::new();
    while let Some(page) = pages.message().await? {
        rows.extend(page.rows.into_iter().map(|row| (row.state(), row.hit.map(|hit| hit.owner_agency_id))));
    }
    Ok(rows)
}

/// Waits until the set has what was referred, but for the one link that is hidden.
async fn await_set(officer: &mut LiaisonDeskClient, stage: &Stage) -> anyhow::Result<()> {
    let all = u64::try_from(stage.counts().await?.targets)? - 1;
    let (mut looks, deadline) = (interval(LOOK_EVERY), Instant::now() + NEWS);
    loop {
        looks.tick().await;
        let shown = officer.show_blind(ShowBlindRequest {}).await?.into_inner();
        if shown.sets.first().is_some_and(|set| set.entries >= all) {
            return Ok(());
        }
        ensure!(Instant::now() < deadline, "the set of blind questions stays empty");
    }
}

/// Asks the owner of the first hit for its case number, which it releases; what the body is shown of it.
async fn disclose(
    officer: &mut LiaisonDeskClient,
    question: u64,
    cast: &Cast<'_>,
    stage: &Stage,
) -> anyhow::Result<Option<String>> {
    let field: i32 = DisclosureField::CaseNumber.into();
    let request =
        RequestDisclosureRequest { question, row: 1, fields: vec![field], reason: "joint action".into() };
    let asked = officer.request_disclosure(request).await?.into_inner();
    let AgencyCard { agency_id, .. } = asked.agency.context("nobody is asked")?;
    let owner = [cast.owner, cast.consenting, cast.holding, &stage.central];
    let owner = owner.into_iter().find(|office| office.agency == agency_id).context("a stranger is asked")?;
    let mut desk = client::connect_liaison(&owner.socket, Lang::En, None).await?;
    let value = DisclosedValue { field, text: CASE.into(), restricted: false };
    let answer = AnswerDisclosureRequest {
        disclosure_id: asked.disclosure_id.clone(),
        values: vec![value],
        reason: String::new(),
    };
    desk.answer_disclosure(answer).await?;
    let list = ListDisclosuresRequest { disclosure_id: asked.disclosure_id, answered: true, limit: 0 };
    let shown = officer.list_disclosures(list).await?.into_inner().disclosures;
    Ok(shown.into_iter().flat_map(|one| one.values).map(|value| value.text).next())
}

fn count(rows: &[(AskedState, Option<String>)]) -> Answers {
    let mut answers = Answers::new();
    for (state, _) in rows {
        *answers.entry(text::asked_state(Lang::En, *state)).or_default() += 1;
    }
    answers
}

impl fmt::Display for Inquiry {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "\nThe liaison body {BODY} asks")?;
        for (way, answers) in [("openly", &self.open), ("blindly", &self.blind)] {
            let answers: Vec<String> =
                answers.iter().map(|(answer, count)| format!("{count} × {answer}")).collect();
            writeln!(f, "  {way:<8} {}", answers.join(", "))?;
        }
        writeln!(f, "  One referral is not visible to liaison: it answers as one that nobody has made.")?;
        match &self.released {
            Some(_) => writeln!(f, "  Asked for details, {} released its case number.", self.owner),
            None => writeln!(f, "  Nothing was released."),
        }
    }
}
