//! `notice export`: one folder a provider, for offices that send by their own means.
//!
//! plan (refuses what could not be written) → intent (the hub may refuse single targets: they are left out) → files →
//! `sent`, if the officer says so. Files whose notices are under way can be written again: [`resume`].

mod files;
mod intents;
mod order;
mod recipients;
mod report;
mod resume;
mod targets;
mod terms;

use std::path::PathBuf;

use jiff::Timestamp;
use meldeverbund_proto::node::v1::{GatherTargetsRequest, Selection, StatusRequest};

use self::{intents::Intents, recipients::Group, report::Report, targets::Chosen, terms::Terms};
use crate::{
    cli::{
        Exit,
        context::Context,
        decide::{SelectionArgs, moment},
        error::CliError,
        plan_error,
    },
    client::{DeskClient, gather::gather},
    clock::Clock,
    config::Config,
    notice::{Options, Package, PlanError, vacant},
};

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Export {
    #[command(flatten)]
    selection: SelectionArgs,
    #[command(flatten)]
    terms: Terms,
    /// The folder that is made; it must not exist
    #[arg(long, value_name = "FOLDER")]
    out: PathBuf,
    /// Report them sent once the files are complete
    #[arg(long)]
    sent: bool,
    /// When they left; without it now
    #[arg(long, value_parser = moment::instant, value_name = "TIME", requires = "sent")]
    at: Option<i64>,
    /// Write the files of notices that are under way from this node, without a new intent
    #[arg(long, group = "decided")]
    resume: bool,
    /// This intent alone; without it the notices under way as last told
    #[arg(long, default_value = "", hide_default_value = true, requires = "resume", value_name = "ID")]
    intent: String,
    /// Tell what would become of it; nothing is recorded or written
    #[arg(long, conflicts_with_all = ["sent", "resume"])]
    dry_run: bool,
    /// Whom you act for; it only annotates
    #[arg(long, default_value = "", hide_default_value = true, value_name = "NAME")]
    officer: String,
}

/// What an export works with.
struct Work<'a> {
    context: &'a Context,
    export: &'a Export,
    config: Config,
    desk: DeskClient,
    officer: String,
    now: Timestamp,
}

impl Export {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        if !self.dry_run {
            vacant(&self.out)?;
        }
        let config = context.config()?;
        let mut desk = context.desk().await?;
        let officer = desk.status(StatusRequest {}).await?.into_inner().officer;
        let now = Timestamp::from_microsecond(Clock::system().now_us()).unwrap_or(Timestamp::UNIX_EPOCH);
        let mut work = Work { context, export: &self, config, desk, officer, now };
        if self.resume { resume::run(&mut work).await } else { work.first_time().await }
    }
}

impl Work<'_> {
    async fn first_time(&mut self) -> Result<Exit, CliError> {
        let letter = self.export.terms.letter(self.context.lang)?;
        let request = GatherTargetsRequest {
            selection: Some(self.selection()),
            with_referrals: true,
            only_known: false,
        };
        let mut chosen = Chosen::default();
        gather(&mut self.desk, request, |page| chosen.add(&letter, page.targets)).await?;
        let Chosen { items, left_out } = chosen;
        let mut report = Report::new(&letter, self.export, left_out);
        let packages = self.plan(items, &letter, &mut report)?;
        let groups = Group::of(&packages);
        let intents = Intents::ask(self, &packages, &groups, &letter, self.export.dry_run).await?;
        report.add_intents(self.context.lang, &packages, &groups, &intents);
        if self.export.dry_run {
            return report.dry_run(self.context, &packages, &groups, &intents);
        }
        self.finish(packages, intents, report).await
    }

    fn selection(&self) -> Selection {
        self.export.selection.clone().into_selection()
    }

    /// The plan; where nothing is left to plan, the officer is shown why before the error.
    fn plan(
        &self,
        items: Vec<crate::notice::Item>,
        letter: &terms::Letter,
        report: &mut Report,
    ) -> Result<Vec<Package>, CliError> {
        let sender = letter.sender(&self.config, &self.officer, self.now)?;
        let options = Options {
            providers: self.config.providers.iter().map(crate::config::ProviderEntry::to_provider).collect(),
            letter_links: self.config.notices.letter_links,
        };
        let plan = Package::plan(items, &sender, &options);
        if matches!(plan, Err(PlanError::NoItems)) {
            report.show_left_out(self.context)?;
        }
        plan.map_err(|error| {
            let setting = plan_error::setting(error, &letter.intend.legal_basis);
            CliError::Plan { setting, error }
        })
    }
}
