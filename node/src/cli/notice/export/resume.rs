//! The files of notices that are under way from this node, written without a new intent: after a disk that failed, or an
//! answer that came late. The terms are those of the intents; only what no intent says is asked for again.

use std::collections::HashMap;

use meldeverbund_proto::{
    CommandId, TargetId,
    node::v1::{GatherTargetsRequest, GatheredTarget},
    v1::Intend,
};

use super::{
    Work,
    intents::Intents,
    recipients::Group,
    report::Report,
    targets::{LeftOut, Why, items},
};
use crate::{
    cli::{Exit, error::CliError},
    client::gather::{Gathered, gather},
    notice::{Item, Package},
    text::say,
};

pub(super) async fn run(work: &mut Work<'_>) -> Result<Exit, CliError> {
    let selection = Some(work.selection());
    let request = GatherTargetsRequest { selection, with_referrals: true, only_known: false };
    let Gathered { targets, intents } = gather(&mut work.desk, request).await?;
    let mut left_out = LeftOut::new();
    let (mut under_way, mut recipients, mut taken) = (Vec::new(), HashMap::new(), HashMap::new());
    let mut terms: Option<Intend> = None;
    for target in targets {
        let own = intents.get(&target.intent_id).and_then(|own| own.intend.clone());
        match against(&target, &work.export.intent, own.is_some()) {
            Some(why) => left_out.entry(why).or_default().push(target.target_id),
            None => {
                let intend = own.unwrap_or_default();
                let intent: CommandId = target.intent_id.parse().map_err(|_| CliError::BrokeOff)?;
                let id: TargetId = target.target_id.parse().map_err(|_| CliError::BrokeOff)?;
                taken.insert(id, intent);
                recipients.insert(intent, intend.recipient.clone());
                let intend = Intend { recipient: String::new(), ..intend };
                if terms.get_or_insert_with(|| intend.clone()) != &intend {
                    return Err(CliError::Value(different(work)));
                }
                under_way.push((target, intent));
            }
        }
    }
    let letter = work.export.terms.letter_of(work.context.lang, terms.unwrap_or_default())?;
    let mut links: Vec<Item> = Vec::new();
    for (target, intent) in under_way {
        links.extend(items(&letter, target, intent)?);
    }
    let mut report = Report::new(&letter, work.export, left_out);
    let packages = work.plan(links, &letter, &mut report)?;
    let groups = Group::of(&packages);
    report.renamed = renamed(&packages, &groups, &taken, &recipients);
    report.add_groups(&packages, &groups, &taken);
    work.finish(packages, Intents { taken, ..Intents::default() }, report).await
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
