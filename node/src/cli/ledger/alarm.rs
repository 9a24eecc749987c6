//! `ledger alarm`: what the witness found wrong, and who has seen it.

use meldeverbund_proto::node::v1::{AcknowledgeAlarmRequest, ShowLedgerRequest};
use serde_json::json;

use super::status::{alarm_line, alarms_json};
use crate::{
    cli::{Exit, context::Context, error::CliError},
    text::{self, say},
};

#[derive(Debug, clap::Subcommand)]
pub(in crate::cli) enum Alarm {
    /// List alarms and notices that nobody has acknowledged
    List(List),
    /// Note that an alarm was seen; this node vouches for the ledger again once none is open
    Ack(Ack),
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct List {
    /// Acknowledged ones, too
    #[arg(long)]
    all: bool,
}

#[derive(Debug, clap::Args)]
pub(in crate::cli) struct Ack {
    /// The alarm's number; without it all
    #[arg(value_name = "NUMBER")]
    alarm: Option<u64>,
    /// What you say of it
    #[arg(long, value_name = "TEXT")]
    reason: String,
}

impl Alarm {
    pub(super) async fn run(self, context: &Context) -> Result<Exit, CliError> {
        match self {
            Self::List(verb) => verb.run(context).await,
            Self::Ack(verb) => verb.run(context).await,
        }
    }
}

impl List {
    async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let request = ShowLedgerRequest { all_alarms: self.all };
        let answer = context.desk().await?.show_ledger(request).await?.into_inner();
        let mut screen = context.screen();
        if context.json {
            for alarm in alarms_json(&answer.alarms) {
                screen.json(&alarm)?;
            }
        } else if answer.alarms.is_empty() {
            screen.line(say(context.lang, "Nichts.", "Nothing."))?;
        }
        for alarm in answer.alarms.iter().filter(|_| !context.json) {
            if alarm.acknowledged_at_us == 0 {
                screen.line(alarm_line(context.lang, alarm))?;
            } else {
                let (id, by, reason) = (alarm.id, &alarm.acknowledged_by, &alarm.reason);
                let what = text::ledger_alarm(context.lang, &alarm.kind);
                let at = text::time(context.lang, alarm.acknowledged_at_us);
                screen.line(format!("{id}: {what} [{}] – {by}, {at}: {reason}", alarm.detail))?;
            }
        }
        screen.flush()?;
        let open = answer.state.is_some_and(|state| state.open_alarms > 0);
        Ok(if open { Exit::Fault } else { Exit::Done })
    }
}

impl Ack {
    async fn run(self, context: &Context) -> Result<Exit, CliError> {
        let request = AcknowledgeAlarmRequest { alarm: self.alarm.unwrap_or(0), reason: self.reason };
        let answer = context.desk().await?.acknowledge_alarm(request).await?.into_inner();
        let mut screen = context.screen();
        if context.json {
            screen.json(&json!({ "acknowledged": answer.acknowledged }))?;
        } else {
            let count = text::count(context.lang, answer.acknowledged);
            screen.line(say(
                context.lang,
                format!("Zur Kenntnis genommen: {count}"),
                format!("Acknowledged: {count}"),
            ))?;
        }
        screen.flush()?;
        Ok(Exit::Done)
    }
}
