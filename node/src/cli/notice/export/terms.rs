//! What the officer says of an export, and the sender that comes of it and of the configuration.

use jiff::{Timestamp, ToSpan as _, civil::Date};
use meldeverbund_proto::v1::{self, NoticeForce, NoticeKind, OffenceClass};

use super::order::{Decided, OrderArgs};
use crate::{
    cli::{
        decide::{
            choice::{OffenceName, Word},
            moment,
        },
        error::CliError,
    },
    config::{Config, LegalBasis as Texts},
    import,
    notice::{Agency, Force, Kind, LegalBasis, Reasons, Sender},
    text::{Lang, say},
};

/// What an export says of itself.
#[derive(Debug, Clone, clap::Args)]
pub(super) struct Terms {
    /// On what it rests: a code of the hub's list, with its texts in the configuration
    #[arg(long, required_unless_present = "resume", conflicts_with = "resume", value_name = "CODE")]
    legal_basis: Option<String>,
    /// The file reference (BKAG § 25(3))
    #[arg(long, required_unless_present = "resume", conflicts_with = "resume", value_name = "REFERENCE")]
    file_reference: Option<String>,
    #[command(flatten)]
    order: OrderArgs,
    /// For which other body
    #[arg(long, default_value = "", hide_default_value = true, value_name = "BODY")]
    on_behalf_of: String,
    /// By which way: mail, form, platform, letter
    #[arg(long, default_value = "mail", value_name = "WAY")]
    channel: String,
    /// A reminder in the same thread
    #[arg(long, requires = "first_on", conflicts_with_all = ["recall", "resume"])]
    reminder: bool,
    /// The recall of the notices of the thread
    #[arg(long, requires_all = ["first_on", "reason"], conflicts_with = "resume")]
    recall: bool,
    /// The date of the first notice; for a reminder or a recall
    #[arg(long, value_parser = moment::day, value_name = "DATE")]
    first_on: Option<Date>,
    /// Why
    #[arg(long, default_value = "", hide_default_value = true, value_name = "TEXT")]
    reason: String,
    /// The offence of targets that were neither assessed here nor referred with one
    #[arg(long = "offence", value_enum)]
    else_offence: Option<OffenceName>,
    /// Give the access hints of the referrals to the provider
    #[arg(long)]
    with_access_hints: bool,
    /// Ask that the data which lead to the uploader are kept (the default)
    #[arg(long, conflicts_with = "no_preserve_data")]
    preserve_data: bool,
    /// Do not ask for it: they are not needed
    #[arg(long)]
    no_preserve_data: bool,
}

/// What the letters of one export say.
pub(super) struct Letter {
    /// The intent, without recipient and fences.
    pub(super) intend: v1::Intend,
    pub(super) kind: Kind,
    /// For targets of which nothing better is known.
    pub(super) else_offence: OffenceClass,
    pub(super) with_access_hints: bool,
    /// The decision that an order carries.
    decided: Option<Decided>,
    preserve_data: bool,
}

impl Terms {
    /// The letter of a new intent.
    pub(super) fn letter(&self, lang: Lang) -> Result<Letter, CliError> {
        let kind = match (self.reminder, self.recall) {
            (true, _) => NoticeKind::Reminder,
            (_, true) => NoticeKind::Recall,
            _ => NoticeKind::First,
        };
        let force = if self.order.order { NoticeForce::Order } else { NoticeForce::Request };
        self.letter_of(
            lang,
            v1::Intend {
                kind: kind.into(),
                force: force.into(),
                legal_basis: self.legal_basis.clone().unwrap_or_default(),
                on_behalf_of: self.on_behalf_of.clone(),
                channel: self.channel.clone(),
                file_reference: self.file_reference.clone().unwrap_or_default(),
                ..v1::Intend::default()
            },
        )
    }

    /// The letter of an intent; what no intent says comes from the officer.
    pub(super) fn letter_of(&self, lang: Lang, intend: v1::Intend) -> Result<Letter, CliError> {
        let first_on = || {
            let needed =
                say(lang, "--first-on fehlt: das Datum der ersten Mitteilung", "--first-on is required");
            self.first_on.ok_or_else(|| CliError::Value(needed.to_owned()))
        };
        let kind = match intend.kind() {
            NoticeKind::Reminder => Kind::Reminder { first_on: first_on()? },
            NoticeKind::Recall => Kind::Recall { first_on: first_on()?, reason: self.reason.clone() },
            NoticeKind::First | NoticeKind::Unspecified => Kind::First,
        };
        let decided = self.order.decided(lang, intend.force())?;
        Ok(Letter {
            intend,
            kind,
            decided,
            else_offence: OffenceClass::try_from(self.else_offence.number()).unwrap_or_default(),
            with_access_hints: self.with_access_hints,
            preserve_data: !self.no_preserve_data,
        })
    }
}

impl Letter {
    /// The sender; what the configuration lacks is empty, and the plan says so.
    pub(super) fn sender(&self, config: &Config, officer: &str, now: Timestamp) -> Result<Sender, CliError> {
        let notices = &config.notices;
        let nothing = Texts::default();
        let texts = notices.legal_bases.get(&self.intend.legal_basis).unwrap_or(&nothing);
        let date = import::date_of(now);
        let reply_by = date.saturating_add(i64::from(notices.reply_by_days).days());
        Ok(Sender {
            agency: Agency {
                id: config.agency.clone(),
                name: notices.agency.clone(),
                address: notices.address.clone(),
                contact: notices.contact.clone(),
                email: notices.email.clone(),
            },
            unit: notices.unit.clone(),
            officer: officer.to_owned(),
            on_behalf_of: self.intend.on_behalf_of.clone(),
            legal_basis: LegalBasis { code: self.intend.legal_basis.clone(), text: texts.text.clone() },
            reasons: Reasons {
                stgb_184b: notices.reasons.stgb_184b.clone(),
                stgb_184c: notices.reasons.stgb_184c.clone(),
                stgb_176e: notices.reasons.stgb_176e.clone(),
                other: notices.reasons.other.clone(),
            },
            force: match &self.decided {
                Some(decided) => Force::Order {
                    decision: decided.with(texts.decision.clone()),
                    scope: texts.scope.clone(),
                    remedies: texts.remedies.clone(),
                },
                None => Force::Request { effect: texts.effect.clone() },
            },
            kind: self.kind.clone(),
            file_reference: self.intend.file_reference.clone(),
            recipient: String::new(),
            at_us: now.as_microsecond(),
            date,
            reply_by,
            preserve_data: self.preserve_data,
            user_notice: notices.user_notice.clone(),
            complaints: notices.complaints.clone(),
        })
    }
}
