//! `links`: lists referrals.

use meldeverbund_proto::{
    node::v1::{LinkState, ListLinksRequest},
    v1::{Stage, Verdict},
};

use super::{Exit, context::Context, error::CliError, json, print};
use crate::text::say;

#[derive(Debug, clap::Args)]
pub(super) struct Links {
    /// Only this case
    #[arg(long, default_value = "", value_name = "NUMBER")]
    case: String,
    /// Only this stage
    #[arg(long, value_enum)]
    stage: Option<StageName>,
    /// Only this owner's agency id
    #[arg(long, default_value = "", value_name = "ID")]
    owner: String,
    /// Only this verdict
    #[arg(long, value_enum)]
    verdict: Option<VerdictName>,
    /// Only this state
    #[arg(long, value_enum)]
    state: Option<StateName>,
    /// Only this hand-in
    #[arg(long, default_value_t = 0, hide_default_value = true, value_name = "NUMBER")]
    hand_in: u64,
    /// Rows of a page
    #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000), value_name = "COUNT")]
    limit: u32,
    /// Go on after an earlier page, as it says
    #[arg(long, default_value = "", value_name = "TOKEN")]
    after: String,
    /// All pages
    #[arg(long)]
    all: bool,
    /// Links as they are, clickable
    #[arg(long)]
    full: bool,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum StageName {
    Referred,
    Cleared,
    Granted,
    Notified,
    Closed,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum VerdictName {
    New,
    Joined,
    AlreadyYours,
    Reopened,
    Refused,
}

#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum StateName {
    Waiting,
    Answered,
    HeldUp,
}

impl Links {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let mut desk = context.desk().await?;
        let mut screen = context.screen();
        let mut request = self.request();
        loop {
            let page = desk.list_links(request.clone()).await?.into_inner();
            if context.json {
                for row in &page.rows {
                    screen.json(&json::link_row(row))?;
                }
            } else if !page.rows.is_empty() {
                print::links(&mut screen, context.lang, &page.rows, &page.agencies, self.full)?;
            } else if request.page_token.is_empty() {
                screen.line(say(context.lang, "Keine Linkmeldungen.", "No referrals."))?;
            }
            screen.flush()?;
            if page.next_page_token.is_empty() {
                return Ok(Exit::Done);
            }
            if !self.all {
                let token = page.next_page_token;
                // Beside the rows, so that a program reads rows alone.
                eprintln!(
                    "{}",
                    say(context.lang, format!("Weiter: --after {token}"), format!("More: --after {token}"))
                );
                return Ok(Exit::Done);
            }
            request.page_token = page.next_page_token;
        }
    }

    fn request(&self) -> ListLinksRequest {
        let stage = self.stage.map_or(Stage::Unspecified, |stage| match stage {
            StageName::Referred => Stage::Referred,
            StageName::Cleared => Stage::Cleared,
            StageName::Granted => Stage::Granted,
            StageName::Notified => Stage::Notified,
            StageName::Closed => Stage::Closed,
        });
        let verdict = self.verdict.map_or(Verdict::Unspecified, |verdict| match verdict {
            VerdictName::New => Verdict::New,
            VerdictName::Joined => Verdict::Joined,
            VerdictName::AlreadyYours => Verdict::AlreadyYours,
            VerdictName::Reopened => Verdict::Reopened,
            VerdictName::Refused => Verdict::Refused,
        });
        let state = self.state.map_or(LinkState::Unspecified, |state| match state {
            StateName::Waiting => LinkState::Waiting,
            StateName::Answered => LinkState::Answered,
            StateName::HeldUp => LinkState::HeldUp,
        });
        ListLinksRequest {
            case_number: self.case.clone(),
            stage: stage.into(),
            owner_agency_id: self.owner.clone(),
            verdict: verdict.into(),
            state: state.into(),
            hand_in: self.hand_in,
            page_size: if self.all { 1_000 } else { self.limit },
            page_token: self.after.clone(),
        }
    }
}
