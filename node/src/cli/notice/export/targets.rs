//! From targets to links: which targets a notice may be about as last told, and what is known of their links.

use std::collections::BTreeMap;

use meldeverbund_proto::{
    CanonicalLink, CommandId,
    node::v1::GatheredTarget,
    v1::{ContentHash, OffenceClass, Referral, Role, Stage},
};

use super::terms::Letter;
use crate::{
    cli::error::CliError,
    notice::{Item, Kind},
    text::{Lang, say},
};

/// Links, and the targets that are no part of it.
#[derive(Default)]
pub(super) struct Chosen {
    pub(super) items: Vec<Item>,
    pub(super) left_out: LeftOut,
}

/// Targets that are left out, by the reason.
pub(super) type LeftOut = BTreeMap<Why, Vec<String>>;

/// Why a target is left out before the hub is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Why {
    /// Another agency's.
    NotOwner,
    /// A first notice without a grant.
    NoGrant,
    /// A reminder or a recall of nothing.
    NoThread,
    /// A notice is under way already.
    UnderWay,
    /// The agency has no link of its own to it at this node.
    NoLink,
    /// To be written again, but none is under way.
    NotUnderWay,
    /// To be written again, but another node intended it.
    NotOurs,
    /// To be written again, but it failed or is in doubt: a person says first what became of it.
    InDoubt,
}

impl Chosen {
    /// Adds the targets of a page that the letter may be about.
    pub(super) fn add(&mut self, letter: &Letter, page: Vec<GatheredTarget>) -> Result<(), CliError> {
        for target in page {
            match against(&letter.kind, &target) {
                Some(why) => self.left_out.entry(why).or_default().push(target.target_id),
                None => self.items.extend(items(letter, target, CommandId::from_bytes([0; 16]))?),
            }
        }
        Ok(())
    }
}

fn against(kind: &Kind, target: &GatheredTarget) -> Option<Why> {
    let is_first = matches!(kind, Kind::First);
    let stage = if is_first { Stage::Granted } else { Stage::Notified };
    if target.role() != Role::Owner {
        Some(Why::NotOwner)
    } else if !target.intent_id.is_empty() {
        Some(Why::UnderWay)
    } else if target.stage() != stage || target.fence == 0 {
        Some(if is_first { Why::NoGrant } else { Why::NoThread })
    } else if target.referrals.is_empty() {
        Some(Why::NoLink)
    } else {
        None
    }
}

/// A target's links, each once: what two referrals know of the same link is put together.
pub(super) fn items(
    letter: &Letter,
    target: GatheredTarget,
    intent: CommandId,
) -> Result<Vec<Item>, CliError> {
    let (assessed, round) = (target.offence_class(), target.round);
    let id = target.target_id.parse().map_err(|_| CliError::BrokeOff)?;
    let mut items: Vec<(Option<CanonicalLink>, Item)> = Vec::new();
    for referral in target.referrals {
        // A link without a canonical form stands alone; the plan names it.
        let canonical = CanonicalLink::parse(&referral.link).ok();
        let known = items.iter_mut().find(|(other, _)| canonical.is_some() && *other == canonical);
        let item = match known {
            Some((_, item)) => item,
            None => {
                let link = referral.link.clone();
                items.push((canonical, empty(id, link, intent, round)));
                let Some((_, item)) = items.last_mut() else { continue };
                item
            }
        };
        add(item, referral, letter);
    }
    let items = items.into_iter().map(|(_, mut item)| {
        item.offence_class = [assessed, item.offence_class, letter.else_offence]
            .into_iter()
            .find(|class| *class != OffenceClass::Unspecified)
            .unwrap_or_default();
        item
    });
    Ok(items.collect())
}

fn empty(target: meldeverbund_proto::TargetId, link: String, intent: CommandId, round: u32) -> Item {
    Item {
        target,
        link,
        content_hashes: Vec::new(),
        offence_class: OffenceClass::Unspecified,
        found_at_us: 0,
        access_hint: String::new(),
        intent,
        round,
    }
}

fn add(item: &mut Item, referral: Referral, letter: &Letter) {
    let offence_class = referral.offence_class();
    let Referral { content_hashes, found_at_us, access_hint, .. } = referral;
    let new = |hash: &ContentHash| !item.content_hashes.contains(hash);
    let new: Vec<ContentHash> = content_hashes.into_iter().filter(new).collect();
    item.content_hashes.extend(new);
    if offence_class != OffenceClass::Unspecified {
        item.offence_class = offence_class;
    }
    if item.found_at_us == 0 {
        item.found_at_us = found_at_us;
    }
    if letter.with_access_hints && item.access_hint.is_empty() {
        item.access_hint = access_hint;
    }
}

impl Why {
    /// The name for programs.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::NotOwner => "not_owner",
            Self::NoGrant => "no_grant",
            Self::NoThread => "no_thread",
            Self::UnderWay => "under_way",
            Self::NoLink => "no_link",
            Self::NotUnderWay => "not_under_way",
            Self::NotOurs => "not_this_node",
            Self::InDoubt => "in_doubt",
        }
    }

    pub(super) fn text(self, lang: Lang) -> &'static str {
        match self {
            Self::NotOwner => say(lang, "eine andere Behörde ist zuständig", "another agency is responsible"),
            Self::NoGrant => say(lang, "keine Versandberechtigung", "no grant"),
            Self::NoThread => {
                say(lang, "es ging noch keine Mitteilung hinaus", "no notice has left that it could follow")
            }
            Self::UnderWay => {
                say(lang, "eine Mitteilung ist schon unterwegs", "a notice is under way already")
            }
            Self::NoLink => {
                say(lang, "dieser Knoten hat keinen eigenen Link dazu", "this node has no own link to it")
            }
            Self::NotUnderWay => say(lang, "keine Mitteilung ist unterwegs", "no notice is under way"),
            Self::NotOurs => say(lang, "ein anderer Knoten hat sie angekündigt", "another node intended it"),
            Self::InDoubt => say(
                lang,
                "gescheitert oder ungewiss: erst notice resolve",
                "failed or in doubt: notice resolve comes first",
            ),
        }
    }
}
