//! Tells the hub what was decided about cases: an opening before the case's referrals, a closing after them.

use std::{sync::Arc, time::Duration};

use meldeverbund_proto::{
    node::v1::watch_response::What,
    v1::{
        Case, CaseState, CloseCaseRequest, OpenCaseRequest, Refusal, case_service_client::CaseServiceClient,
    },
};
use tokio_util::sync::CancellationToken;
use tonic::transport::Channel;

use super::trouble::{Broken, cannot_write, refusal_of};
use crate::{
    desk::case_row,
    node::Node,
    store::{AtHub, CaseCommand, CaseFile, CaseVerb, StoreError, Sums, Tx, Write},
};

/// Pause before commands that the hub failed on are tried again.
const PAUSE: Duration = Duration::from_secs(5);

/// Tells until the connection fails or `stop`.
pub(super) async fn run(node: &Arc<Node>, channel: &Channel, stop: &CancellationToken) -> Result<(), Broken> {
    let mut client = CaseServiceClient::new(channel.clone());
    let mut work = node.work();
    // Commands up to here were tried since the last pause; one that the hub fails on holds up no other case.
    let mut tried = 0;
    while !stop.is_cancelled() {
        work.mark_unchanged();
        let next = node.store.read().await?.next_case_command(tried).await?;
        let Some(command) = next else {
            let pause = async {
                if tried > 0 {
                    tokio::time::sleep(PAUSE).await;
                } else {
                    std::future::pending::<()>().await;
                }
            };
            tokio::select! {
                _ = work.changed() => {}
                () = pause => {}
                () = stop.cancelled() => return Ok(()),
            }
            tried = 0;
            continue;
        };
        let id = command.id;
        match tell(node, &mut client, &command).await? {
            Told::Done(at_hub) => {
                settle(node, Settle { command, outcome: Ok(at_hub), now_us: node.clock.now_us() }).await?;
            }
            Told::Refused(refusal) if refusal.code().is_passing() => {
                cannot_write(node, &refusal)?;
                tried = id;
            }
            Told::Refused(refusal) => {
                settle(node, Settle { command, outcome: Err(refusal), now_us: node.clock.now_us() }).await?;
            }
        }
    }
    Ok(())
}

enum Told {
    Done(Done),
    Refused(Refusal),
}

/// How the hub has the case now.
#[derive(Debug)]
struct Done {
    state: CaseState,
    /// The case's fields, where it stood already.
    stood: Option<Case>,
}

async fn tell(
    node: &Node,
    client: &mut CaseServiceClient<Channel>,
    command: &CaseCommand,
) -> Result<Told, Broken> {
    let case = node.store.read().await?.case_by_id(command.case_file).await?.case;
    let command_id = command.command_id.to_string();
    let salt = command.salt.to_vec();
    let told = match command.verb {
        CaseVerb::Open => {
            client.open_case(OpenCaseRequest { command_id, salt, case: Some(case) }).await.map(|response| {
                let response = response.into_inner();
                Done { state: response.state(), stood: response.case.filter(|_| response.stood_already) }
            })
        }
        CaseVerb::Close => client
            .close_case(CloseCaseRequest {
                command_id,
                salt,
                number: case.number,
                reason: command.reason.clone(),
            })
            .await
            .map(|_| Done { state: CaseState::Closed, stood: None }),
    };
    match told {
        Ok(done) => Ok(Told::Done(done)),
        Err(status) => match refusal_of(&status) {
            Some(refusal) => Ok(Told::Refused(refusal)),
            None => Err(status.into()),
        },
    }
}

async fn settle(node: &Node, settle: Settle) -> Result<(), Broken> {
    if let Err(refusal) = &settle.outcome {
        tracing::warn!(
            code = refusal.code().as_str_name(),
            field = refusal.field,
            "sync.case_command_refused"
        );
    }
    if settle.outcome.is_ok() {
        node.hubs(|hubs, _| hubs.wrote());
    }
    let (case, sums) = node.store.write(settle).await?;
    node.changed();
    node.has_work();
    node.tell(|| What::Case(case_row(case, sums)));
    Ok(())
}

#[derive(Debug)]
struct Settle {
    command: CaseCommand,
    outcome: Result<Done, Refusal>,
    now_us: i64,
}

impl Write for Settle {
    type Out = (CaseFile, Sums);

    async fn run(&self, tx: &mut Tx) -> Result<Self::Out, StoreError> {
        let Self { command, outcome, now_us } = self;
        let case = command.case_file;
        match outcome {
            Ok(done) => {
                tx.case_command_done(command.id, *now_us).await?;
                if let Some(stood) = &done.stood {
                    tx.correct_case(case, stood).await?;
                }
                if done.state == CaseState::Closed {
                    tx.set_case_state(case, CaseState::Closed).await?;
                    tx.set_case_at_hub(case, AtHub::Closed).await?;
                } else {
                    tx.set_case_at_hub(case, AtHub::Open).await?;
                }
            }
            Err(refusal) => {
                tx.case_command_refused(command.id, refusal, *now_us).await?;
                if command.verb == CaseVerb::Open {
                    tx.set_case_at_hub(case, AtHub::Refused).await?;
                }
            }
        }
        Ok((tx.case_by_id(case).await?, tx.case_sums(case).await?))
    }
}
