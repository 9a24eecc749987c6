//! What officers noted, completed by what their nodes know: histories of single targets.

use std::{
    collections::{BTreeMap, HashMap},
    path::Path,
};

use meldeverbund_failure::{Call, Outcome, What};
use meldeverbund_proto::v1::{DecideRequest, Decided, RefusalCode, Verdict, decide_request::Decision};
use prost::Message as _;
use sqlx::{ConnectOptions as _, Row as _, SqliteConnection, sqlite::SqliteConnectOptions};
use uuid::Uuid;

use crate::{
    history::{Command, Notes, Told},
    world::{AGENCIES, NODES, home},
};

/// A decision as its node has it.
struct Stored {
    what: String,
    request: DecideRequest,
    /// None: it was given up before it was sent.
    decided: Option<Decided>,
}

/// The calls on each target. What nobody was told of, but the node was answered, has its outcome and ended at some time
/// before the run did.
pub(crate) async fn histories(root: &Path, notes: &Notes, end_us: u64) -> BTreeMap<String, Vec<Call>> {
    let mut histories: BTreeMap<String, Vec<Call>> = BTreeMap::new();
    for (node, (agency, name)) in NODES.into_iter().enumerate() {
        let path = root.join(home(agency, name)).join("data/node.sqlite");
        let mut store = SqliteConnectOptions::new().filename(path).read_only(true).connect().await.unwrap();
        for (target, call) in opened(&mut store, node, notes, end_us).await {
            histories.entry(target).or_default().push(call);
        }
        let mut stored = decisions(&mut store).await;
        let commands: Vec<&Command> = notes.commands.iter().filter(|one| one.node == node).collect();
        for (command, number) in commands.iter().zip(numbers(&commands, &stored)) {
            let stored = number.map(|number| stored.remove(&number).unwrap());
            if let Some(call) = call(command, stored.as_ref(), end_us) {
                histories.entry(command.target.clone()).or_default().push(call);
            }
        }
    }
    histories
}

/// Which decision of the node's each command became: the one it was told, or the only one that can be it.
fn numbers(commands: &[&Command], stored: &BTreeMap<u64, Stored>) -> Vec<Option<u64>> {
    let mut numbers = Vec::new();
    let mut last = 0;
    for (place, command) in commands.iter().enumerate() {
        // An officer gives one command after the other.
        let next = commands[place..].iter().find_map(|later| later.decision).unwrap_or(u64::MAX);
        let number = command.decision.or_else(|| {
            let fits = |stored: &&Stored| {
                stored.what == command.what && stored.request.target_ids == [command.target.clone()]
            };
            let mut between = stored.range(last + 1..next);
            between.find(|(_, stored)| fits(stored)).map(|(number, _)| *number)
        });
        last = number.unwrap_or(last);
        numbers.push(number);
    }
    numbers
}

/// The call that a command was; none: its node never took it, or gave it up before it was sent.
fn call(command: &Command, stored: Option<&Stored>, end_us: u64) -> Option<Call> {
    let by = agency(NODES[command.node].0);
    let invoked_us = command.invoked_us;
    if let Told::Owner(owner) = &command.told {
        let outcome = Outcome::Owner(agency(owner));
        return Some(Call {
            by,
            what: What::ReadOwner,
            invoked_us,
            returned_us: command.returned_us,
            outcome,
        });
    }
    let Some(Stored { request, decided: Some(decided), .. }) = stored else {
        assert_eq!(command.told, Told::Nothing, "its node does not know of {command:?}");
        return None;
    };
    let answer = &decided.answers[0];
    let outcome = match &answer.refusal {
        None => Outcome::Taken { fence: answer.fence },
        Some(refusal) => Outcome::Refused(refusal.code()),
    };
    let same = match (&command.told, outcome) {
        (Told::Nothing, _) | (Told::Taken, Outcome::Taken { .. }) => true,
        (Told::Refused(code), Outcome::Refused(stored)) => *code == name(stored),
        _ => false,
    };
    assert!(same, "told otherwise than its node knows: {command:?}, {outcome:?}");
    let what = what(request.decision.as_ref()?)?;
    Some(Call { by, what, invoked_us, returned_us: Some(command.returned_us.unwrap_or(end_us)), outcome })
}

fn what(decision: &Decision) -> Option<What> {
    Some(match decision {
        Decision::RequestGrant(_) => What::RequestGrant,
        Decision::ReturnGrant(_) => What::ReturnGrant,
        Decision::Intend(intend) => What::Intend { fence: *intend.fences.first()? },
        Decision::ReportSent(_) => What::ReportSent,
        Decision::ReportFailed(_) => What::ReportFailed,
        Decision::ResolveIntent(resolve) => What::Resolve { was_sent: resolve.was_sent },
        Decision::OfferOwnership(offer) => What::Offer { to: agency(&offer.agency_id) },
        Decision::AnswerOffer(answer) => What::AnswerOffer { take: answer.accepted },
        _ => return None,
    })
}

/// The node's decisions on single targets, by number.
async fn decisions(store: &mut SqliteConnection) -> BTreeMap<u64, Stored> {
    let rows = sqlx::query(
        "SELECT d.id, d.what, b.request, b.decided FROM decision d JOIN decision_batch b ON b.decision = d.id
         WHERE d.target_count = 1",
    );
    let rows = rows.fetch_all(store).await.unwrap().into_iter().map(|row| {
        let (request, decided): (Vec<u8>, Option<Vec<u8>>) = (row.get("request"), row.get("decided"));
        let stored = Stored {
            what: row.get("what"),
            request: DecideRequest::decode(&request[..]).unwrap(),
            decided: decided.map(|bytes| Decided::decode(&bytes[..]).unwrap()),
        };
        (row.get::<i64, _>("id").unsigned_abs(), stored)
    });
    rows.collect()
}

/// The referrals that were the first of their links.
async fn opened(
    store: &mut SqliteConnection,
    node: usize,
    notes: &Notes,
    end_us: u64,
) -> Vec<(String, Call)> {
    let hand_ins: HashMap<u64, _> =
        notes.handed_in.iter().filter(|one| one.node == node).map(|one| (one.number, one)).collect();
    let rows = sqlx::query(
        "SELECT s.hand_in, t.target_id FROM submission s
           JOIN referral r ON r.id BETWEEN s.first_referral AND s.first_referral + s.referral_count - 1
           JOIN answer n ON n.referral = r.id JOIN target t ON t.id = n.target
         WHERE s.hand_in IS NOT NULL AND n.verdict = ?",
    )
    .bind(i64::from(i32::from(Verdict::New)));
    let rows = rows.fetch_all(store).await.unwrap().into_iter().map(|row| {
        let hand_in = hand_ins[&row.get::<i64, _>("hand_in").unsigned_abs()];
        let call = Call {
            by: agency(NODES[node].0),
            what: What::Open,
            invoked_us: hand_in.invoked_us,
            returned_us: Some(hand_in.returned_us.unwrap_or(end_us)),
            outcome: Outcome::Taken { fence: 0 },
        };
        (Uuid::from_slice(row.get("target_id")).unwrap().to_string(), call)
    });
    rows.collect()
}

fn agency(id: &str) -> usize {
    AGENCIES.iter().position(|known| *known == id).expect("one of ours")
}

/// A code as the command line spells it.
fn name(code: RefusalCode) -> String {
    code.as_str_name().trim_start_matches("REFUSAL_CODE_").to_ascii_lowercase()
}
