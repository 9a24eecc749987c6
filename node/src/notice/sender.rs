//! Who sends a notice, for whom, on which basis, and what is asked.

use std::fmt;

use jiff::civil::Date;
use meldeverbund_proto::{AgencyId, v1::OffenceClass};

/// Everything that a notice says beside its links. Texts about the law are the configuration's, word for word.
#[derive(Clone, PartialEq, Eq)]
pub struct Sender {
    /// The agency that sends it.
    pub agency: Agency,
    /// The unit (Dienststelle); may be empty.
    pub unit: String,
    /// The officer who signs; may be empty.
    pub officer: String,
    /// For whom it is sent; empty: for the sender itself.
    pub on_behalf_of: String,
    /// On what it rests.
    pub legal_basis: LegalBasis,
    /// Why the content is illegal, by offence.
    pub reasons: Reasons,
    /// Whether it orders.
    pub force: Force,
    /// What kind of notice it is.
    pub kind: Kind,
    /// The file reference (BKAG § 25(3)).
    pub file_reference: String,
    /// Who gets it, where all links are one provider's; empty: as the list of providers says.
    pub recipient: String,
    /// When it leaves, microseconds since 1970-01-01T00:00:00Z.
    pub at_us: i64,
    /// The date of the letter.
    pub date: Date,
    /// By when an answer is asked for.
    pub reply_by: Date,
    /// True: the data that lead to the uploader are to be kept. False where they are not needed.
    pub preserve_data: bool,
    /// What the provider is asked about telling its user; may be empty.
    pub user_notice: String,
    /// Who hears complaints about the notice, and how to reach them.
    pub complaints: String,
}

/// The agency as it stands on the letter.
#[derive(Clone, PartialEq, Eq)]
pub struct Agency {
    /// The agency's id.
    pub id: AgencyId,
    /// The name as it is written on letters.
    pub name: String,
    /// The postal address, line by line; may be empty.
    pub address: Vec<String>,
    /// How to reach the unit on duty.
    pub contact: String,
    /// The mailbox that answers go to.
    pub email: String,
}

/// On what a notice rests.
#[derive(Clone, PartialEq, Eq)]
pub struct LegalBasis {
    /// The code in the hub's list.
    pub code: String,
    /// The words for the letter.
    pub text: String,
}

/// Why content of each offence class is illegal, with the provision; needed for the classes that occur.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Reasons {
    /// StGB § 184b.
    pub stgb_184b: String,
    /// StGB § 184c.
    pub stgb_184c: String,
    /// StGB § 176e.
    pub stgb_176e: String,
    /// Another offence.
    pub other: String,
}

/// Whether the provider must or may.
#[derive(Clone, PartialEq, Eq)]
pub enum Force {
    /// A voluntary request (Löschanregung; DSA Art. 16).
    Request {
        /// What effect such a notice has.
        effect: String,
    },
    /// An order (Anordnung; DSA Art. 9).
    Order {
        /// The decision that it carries.
        decision: Decision,
        /// Where it applies (DSA Art. 9(2)(b)).
        scope: String,
        /// The remedies of the provider and of the user (DSA Art. 9(2)(a)(v)).
        remedies: String,
    },
}

/// The decision that an order carries: who decided, when, under which number.
#[derive(Clone, PartialEq, Eq)]
pub struct Decision {
    /// The court or authority that decided.
    pub authority: String,
    /// Its date.
    pub on: Date,
    /// Its file reference.
    pub reference: String,
    /// What else is said of it, such as the provisions that it rests on; may be empty.
    pub text: String,
}

/// What kind of notice it is.
#[derive(Clone, PartialEq, Eq)]
pub enum Kind {
    /// The first.
    First,
    /// A reminder.
    Reminder {
        /// The date of the first.
        first_on: Date,
    },
    /// Takes the notices back.
    Recall {
        /// The date of the first.
        first_on: Date,
        /// Why.
        reason: String,
    },
}

impl Reasons {
    /// The text for a class; empty if there is none.
    pub fn of(&self, class: OffenceClass) -> &str {
        match class {
            OffenceClass::Unspecified => "",
            OffenceClass::Stgb184b => &self.stgb_184b,
            OffenceClass::Stgb184c => &self.stgb_184c,
            OffenceClass::Stgb176e => &self.stgb_176e,
            OffenceClass::Other => &self.other,
        }
    }
}

impl Kind {
    /// True if it takes notices back.
    pub fn is_recall(&self) -> bool {
        matches!(self, Self::Recall { .. })
    }

    /// The name in files that programs read.
    pub fn name(&self) -> &'static str {
        match self {
            Self::First => "first",
            Self::Reminder { .. } => "reminder",
            Self::Recall { .. } => "recall",
        }
    }
}

impl Force {
    /// The name in files that programs read.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Request { .. } => "request",
            Self::Order { .. } => "order",
        }
    }

    /// The decision that an order carries.
    pub fn decision(&self) -> Option<&Decision> {
        match self {
            Self::Request { .. } => None,
            Self::Order { decision, .. } => Some(decision),
        }
    }
}

/// Without names and file references, so that no log line can carry them.
impl fmt::Debug for Sender {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sender({}, {}, {})", self.agency.id, self.force.name(), self.kind.name())
    }
}
