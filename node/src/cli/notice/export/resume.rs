//! The files of notices that are under way from this node, written without a new intent: after a disk that failed, or an
//! answer that came late. The terms are those of the intents; only what no intent says is asked for again.

use std::collections::HashMap;

use meldeverbund_proto::{
    CommandId, TargetId,
    node::v1::{GatherTargetsRequest, GatherTargetsResponse, GatheredTarget, OwnIntent},
    v1::Intend,
};

use super::{
    Work,
    intents::Intents,
    recipients::Group,
    report::Report,
    targets::{LeftOut, Why, items},
    terms::Letter,
};
use crate::{
    cli::{Exit, error::CliError},
    client::gather::gather,
    notice::{Item, Package},
    text::say,
};

pub(super) async fn run(work: &mut Work<'_>) -> Result<Exit, CliError> {
    let selection = Some(work.selection());
    let request = GatherTargetsRequest { selection, with_referrals: true, only_known: false };
    let mut found = Found::default();
    let mut desk = work.desk.clone();
    gather(&mut desk, request, |page| found.add(work, page)).await?;
    let Found { terms: _, letter, links, taken, recipients, left_out } = found;
    let letter = match letter {
        Some(letter) => letter,
        None => work.export.terms.letter_of(work.context.lang, Intend::default())?,
    };
    let mut report = Report::new(&letter, work.export, left_out);
    let packages = work.plan(links, &letter, &mut report)?;
    let groups = Group::of(&packages);
    report.renamed = renamed(&packages, &groups, &taken, &recipients);
    report.add_groups(&packages, &groups, &taken);
    work.finish(packages, Intents { taken, ..Intents::default() }, report).await
}

/// What is under way, page by page.
#[derive(Default)]
struct Found {
    terms: Option<Intend>,
    letter: Option<Letter>,
    links: Vec<Item>,
    taken: HashMap<TargetId, CommandId>,
    recipients: HashMap<CommandId, String>,
    left_out: LeftOut,
}

impl Found {
    fn add(&mut self, work: &Work<'_>, page: GatherTargetsResponse) -> Result<(), CliError> {
        let intents: HashMap<String, OwnIntent> =
            page.intents.into_iter().map(|own| (own.intent_id.clone(), own)).collect();
        for target in page.targets {
            let own = intents.get(&target.intent_id).and_then(|own| own.intend.clone());
            match against(&target, &work.export.intent, own.is_some()) {
                Some(why) => self.left_out.entry(why).or_default().push(target.target_id),
                None => self.take(work, target, own.unwrap_or_default())?,
            }
        }
        Ok(())
    }

    fn take(&mut self, work: &Work<'_>, target: GatheredTarget, intend: Intend) -> Result<(), CliError> {
        let intent: CommandId = target.intent_id.parse().map_err(|_| CliError::BrokeOff)?;
        let id: TargetId = target.target_id.parse().map_err(|_| CliError::BrokeOff)?;
        self.taken.insert(id, intent);
        self.recipients.entry(intent).or_insert_with(|| intend.recipient.clone());
        let intend = Intend { recipient: String::new(), ..intend };
        if self.terms.get_or_insert_with(|| intend.clone()) != &intend {
            return Err(CliError::Value(different(work)));
        }
        let letter = match &mut self.letter {
            Some(letter) => letter,
            none => none.insert(work.export.terms.letter_of(work.context.lang, intend)?),
        };
        self.links.extend(items(letter, target, intent)?);
        Ok(())
    }
}

fn against(target: &GatheredTarget, only: &str, is_own: bool) -> Option<Why> {
    if target.intent_id.is_empty() || !(only.is_empty() || only == target.intent_id) {
        Some(Why::NotUnderWay)
    } else if !is_own {
        Some(Why::NotOurs)
    } else if target.in_doubt {
        Some(Why::InDoubt)
    } else if target.referrals.is_empty() {
        Some(Why::NoLink)
    } else {
        None
    }
}

/// Targets of which the register names another recipient than the files: the list of providers has changed since.
fn renamed(
    packages: &[Package],
    groups: &[Group],
    taken: &HashMap<TargetId, CommandId>,
    recipients: &HashMap<CommandId, String>,
) -> u64 {
    let differs = |group: &Group| {
        let named = group.recipient(packages);
        let registered = |target| taken.get(target).and_then(|intent| recipients.get(intent));
        group.targets.iter().filter(|target| registered(*target) != Some(&named)).count() as u64
    };
    groups.iter().map(differs).sum()
}

fn different(work: &Work<'_>) -> String {
    say(
        work.context.lang,
        "Die Mitteilungen, die unterwegs sind, haben verschiedene Angaben (Art, Rechtsgrundlage, Aktenzeichen). Bitte die \
         Auswahl enger fassen oder mit --intent eine Ankündigung nennen.",
        "The notices under way have different terms (kind, legal basis, file reference). Please narrow the selection, or \
         name one intent with --intent.",
    )
    .to_owned()
}
