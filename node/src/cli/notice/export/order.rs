//! An order, and the decision that it carries: no intent says which, so that `--resume` asks for it again.

use jiff::civil::Date;
use meldeverbund_proto::v1::NoticeForce;

use crate::{
    cli::{decide::moment, error::CliError},
    notice::Decision,
    text::{Lang, say},
};

/// Whether it is an order, and on which decision.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct OrderArgs {
    /// An order instead of a voluntary request
    #[arg(long, requires_all = ["decision_reference", "decision_authority", "decision_date"], group = "decided")]
    pub(super) order: bool,
    /// The file reference of the decision that the order carries
    #[arg(long = "decision", requires = "decided", value_name = "REFERENCE")]
    decision_reference: Option<String>,
    /// The court or authority that decided
    #[arg(long = "decided-by", requires = "decided", value_name = "AUTHORITY")]
    decision_authority: Option<String>,
    /// The date of the decision
    #[arg(long = "decided-on", requires = "decided", value_parser = moment::day, value_name = "DATE")]
    decision_date: Option<Date>,
}

/// The decision that an order carries, as the officer names it.
pub(super) struct Decided {
    authority: String,
    on: Date,
    reference: String,
}

impl OrderArgs {
    /// The decision of an order; nothing for a request.
    pub(super) fn decided(&self, lang: Lang, force: NoticeForce) -> Result<Option<Decided>, CliError> {
        let Self { order: _, decision_reference, decision_authority, decision_date } = self.clone();
        match (force, decision_reference, decision_authority, decision_date) {
            (NoticeForce::Order, Some(reference), Some(authority), Some(on)) => {
                Ok(Some(Decided { authority, on, reference }))
            }
            (NoticeForce::Order, ..) => Err(CliError::Value(say(
                lang,
                "Diese Mitteilungen sind Anordnungen; es fehlt die Entscheidung: --decision, --decided-by, --decided-on".into(),
                "These notices are orders; the decision is missing: --decision, --decided-by, --decided-on".into(),
            ))),
            (_, None, None, None) => Ok(None),
            _ => Err(CliError::Value(say(
                lang,
                "Diese Mitteilungen sind Löschanregungen und keine Anordnungen; sie beruhen auf keiner Entscheidung.".into(),
                "These notices are requests and no orders; they rest on no decision.".into(),
            ))),
        }
    }
}

impl Decided {
    /// With the words of the configuration.
    pub(super) fn with(&self, text: String) -> Decision {
        let Self { authority, on, reference } = self;
        Decision { authority: authority.clone(), on: *on, reference: reference.clone(), text }
    }
}
