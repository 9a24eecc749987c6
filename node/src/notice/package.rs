//! The plan: one package a provider.

use std::{collections::BTreeMap, fmt, sync::Arc};

use meldeverbund_proto::{CommandId, TargetId};

use super::{
    Item, PlanError, Provider, Sender, check,
    folder::Folders,
    limits::LETTER_LINKS,
    provider::{Directory, Owner},
    xarf,
};

/// What the officer or the configuration states beside the notice itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Options {
    /// The providers that are known by name.
    pub providers: Vec<Provider>,
    /// Links that a letter prints; of more it states number and digest of the list that goes with it.
    pub letter_links: usize,
}

/// What one provider gets: one folder with its files.
pub struct Package {
    pub(super) folder: String,
    pub(super) provider: Provider,
    pub(super) sender: Arc<Sender>,
    pub(super) items: Vec<Item>,
    pub(super) letter_links: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { providers: Vec::new(), letter_links: LETTER_LINKS }
    }
}

impl Package {
    /// Groups links by provider and checks that their notices say what they must. Nothing is copied, and nothing is
    /// written: links keep their order, packages are in the order of the providers' names.
    ///
    /// # Errors
    /// The first thing that is wrong; then there is no plan at all.
    pub fn plan(items: Vec<Item>, sender: &Sender, options: &Options) -> Result<Vec<Self>, PlanError> {
        check::sender(sender)?;
        options.providers.iter().try_for_each(check::provider)?;
        if items.is_empty() {
            return Err(PlanError::NoItems);
        }
        let directory = Directory::new(&options.providers);
        let mut groups: BTreeMap<Owner, Vec<Item>> = BTreeMap::new();
        for item in items {
            let link = check::item(&item, sender)?;
            groups.entry(directory.owner(&link)).or_default().push(item);
        }
        if !sender.recipient.is_empty() && groups.len() > 1 {
            return Err(PlanError::OneRecipient { providers: groups.len() });
        }
        let mut named: Vec<(Provider, Vec<Item>)> =
            groups.into_iter().map(|(owner, items)| (options.provider(owner), items)).collect();
        named.sort_by(|(a, _), (b, _)| a.name.cmp(&b.name));
        let sender = Arc::new(sender.clone());
        let mut folders = Folders::default();
        let package = |(provider, items): (Provider, Vec<Item>)| Self {
            folder: folders.name(&provider.name),
            provider,
            sender: Arc::clone(&sender),
            items,
            letter_links: options.letter_links,
        };
        Ok(named.into_iter().map(package).collect())
    }

    /// The folder's name.
    pub fn folder(&self) -> &str {
        &self.folder
    }

    /// The provider's name.
    pub fn provider(&self) -> &str {
        &self.provider.name
    }

    /// The links, in the order of their positions.
    pub fn items(&self) -> &[Item] {
        &self.items
    }

    /// Who gets it, as the intent states it.
    pub fn recipient(&self) -> &str {
        if self.sender.recipient.is_empty() { &self.provider.name } else { &self.sender.recipient }
    }

    /// The package with the intents that the hub has answered: a link without one is left out, because no notice of it
    /// may leave the house. None if no link is left.
    pub fn intended(self, mut intent_of: impl FnMut(TargetId) -> Option<CommandId>) -> Option<Self> {
        let answered = |item: Item| Some(Item { intent: intent_of(item.target)?, ..item });
        let items: Vec<Item> = self.items.into_iter().filter_map(answered).collect();
        (!items.is_empty()).then_some(Self { items, ..self })
    }

    /// How many links have a report for programs. A recall has none, because a program would take it for a new report;
    /// an offence that the format cannot name has none either.
    pub(super) fn xarf_links(&self) -> usize {
        if self.sender.kind.is_recall() {
            return 0;
        }
        self.items.iter().filter(|item| xarf::can_name(item.offence_class)).count()
    }
}

impl Options {
    fn provider(&self, owner: Owner) -> Provider {
        match owner {
            Owner::Listed(place) => self.providers[place].clone(),
            Owner::Unlisted(name) => Provider { name, ..Provider::default() },
        }
    }
}

/// Without links.
impl fmt::Debug for Package {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Package({} links)", self.items.len())
    }
}
