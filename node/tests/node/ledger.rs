//! The witness against a small ledger that is honest, and lies when a test tells it to.

use meldeverbund_node::{
    clock::Random,
    config::Config,
    ledger::OwnKeys,
    store::{ReceiptCounts, SeenCheckpoint, StoredAlarm},
    witness::AlarmKind,
};
use meldeverbund_proto::{
    note::{Note, SignatureLine, SigningKey},
    v1::{self, Verdict},
};

use crate::{
    harness::{CASE, Office, PATIENCE, Running, links},
    hub::{FakeHub, Ledger, State, ledger_key},
};

/// An office that pins the hub's first key and its own witness, and a hub with a ledger.
pub(crate) struct Scene {
    pub(crate) office: Office,
    pub(crate) hub: FakeHub,
    pub(crate) own: OwnKeys,
}

/// What the node holds of the ledger.
#[derive(Debug)]
pub(crate) struct Held {
    pub(crate) counts: ReceiptCounts,
    newest: Option<SeenCheckpoint>,
    pub(crate) alarms: Vec<StoredAlarm>,
}

impl Held {
    pub(crate) fn kinds(&self) -> Vec<AlarmKind> {
        self.alarms.iter().map(|stored| stored.alarm.kind).collect()
    }

    pub(crate) fn size(&self) -> u64 {
        self.newest.as_ref().map_or(0, |newest| newest.size)
    }

    fn is_final(&self) -> bool {
        self.newest.as_ref().is_some_and(|newest| newest.is_final)
    }
}

impl Scene {
    pub(crate) fn new() -> Self {
        let scene = Self::without_pins();
        let file = scene.office.config_file();
        let text = std::fs::read_to_string(&file).unwrap();
        let pins = format!(
            "[ledger]\nhub_keys = [\"{}\"]\nwitnesses = [\"{}\"]\n",
            ledger_key(1).vkey(),
            scene.own.witness_vkey()
        );
        std::fs::write(&file, text + &pins).unwrap();
        scene
    }

    fn without_pins() -> Self {
        let office = Office::new();
        let config = Config::load(&office.config_file()).unwrap();
        std::fs::create_dir_all(&config.data_dir).unwrap();
        let own = OwnKeys::load_or_make(&config, &Random::seeded(7)).unwrap();
        let hub = FakeHub::start(office.path());
        hub.state.lock().unwrap().ledger = Some(Ledger::new());
        Self { office, hub, own }
    }

    pub(crate) async fn start(&self) -> Running {
        let mut node = self.office.start(self.hub.dial()).await;
        node.open_case(CASE).await;
        node
    }

    /// Changes the hub's ledger.
    pub(crate) fn change(&self, change: impl FnOnce(&mut Ledger)) {
        change(self.hub.state.lock().unwrap().ledger.as_mut().unwrap());
        self.hub.wake();
    }

    /// The hub is gone, and comes back as a copy of so many leaves, in a new epoch that owns up to all that there was.
    pub(crate) async fn restore(&self, kept: u64) {
        self.hub.down().await;
        {
            let mut state = self.hub.state.lock().unwrap();
            let ledger = state.ledger.as_ref().unwrap();
            let last = ledger.note(ledger.size()).to_string();
            state.restore(kept, last);
        }
        self.hub.up();
    }

    pub(crate) fn look<T>(&self, look: impl FnOnce(&Ledger) -> T) -> T {
        look(self.hub.state.lock().unwrap().ledger.as_ref().unwrap())
    }

    /// Waits until the node vouches for a size.
    pub(crate) async fn vouched(&self, size: u64) -> String {
        let found = |state: &State| {
            let ledger = state.ledger.as_ref().unwrap();
            let at = ledger.vouched.iter().rfind(|(_, at, _)| *at == size);
            at.map(|(_, _, line)| line.clone())
        };
        self.hub.until(found).await
    }

    /// How often the node has vouched.
    fn vouches(&self) -> usize {
        self.look(|ledger| ledger.vouched.len())
    }
}

pub(crate) async fn hand_in(node: &mut Running, count: usize) -> u64 {
    let hand_in = node.refer("list", &links(count), 10).await;
    node.until(|status| (status.queue.unwrap().referrals == 0).then_some(())).await;
    hand_in.id
}

async fn held(node: &Running) -> Held {
    let mut tx = node.node.store.read().await.unwrap();
    Held {
        counts: tx.receipt_counts().await.unwrap(),
        newest: tx.newest_checkpoint().await.unwrap(),
        alarms: tx.alarms(false, 100).await.unwrap(),
    }
}

/// Waits until the node holds what a test wants.
pub(crate) async fn until(node: &Running, look: impl Fn(&Held) -> bool) -> Held {
    let mut changes = node.node.changes();
    let waited = async {
        loop {
            changes.mark_unchanged();
            let held = held(node).await;
            if look(&held) {
                return held;
            }
            changes.changed().await.unwrap();
        }
    };
    match tokio::time::timeout(PATIENCE, waited).await {
        Ok(held) => held,
        Err(_) => panic!("the node never got there: {:?}", held(node).await),
    }
}

async fn acknowledge(node: &Running) {
    node.node.acknowledge_alarms(None, "Erika Muster", "seen").await.unwrap();
}

#[tokio::test]
async fn receipts_are_verified_joined_and_final() {
    let scene = Scene::new();
    let mut node = scene.start().await;
    let list = hand_in(&mut node, 25).await;
    let kept = held(&node).await;
    assert_eq!((kept.counts.proven, kept.counts.unproven), (3, 0), "{kept:?}");
    scene.change(|ledger| {
        ledger.grow(3);
        ledger.publish();
    });
    let line = scene.vouched(29).await;
    let line: SignatureLine = line.parse().unwrap();
    let note = scene.look(|ledger| ledger.note(29));
    line.verify_cosignature(&note, &scene.own.witness_vkey()).unwrap();
    let held = until(&node, |held| held.counts.finished == 3).await;
    assert!(held.is_final() && held.alarms.is_empty(), "{held:?}");
    assert!(node.report(list).await.iter().all(|row| row.verdict() == Verdict::New));
    assert_eq!(scene.hub.state.lock().unwrap().broken, Vec::<String>::new());
    node.stop().await;
}

#[tokio::test]
async fn every_submission_is_signed_with_the_office_s_key() {
    let scene = Scene::new();
    let mut node = scene.start().await;
    hand_in(&mut node, 12).await;
    let submissions: Vec<Vec<u8>> = {
        let state = scene.hub.state.lock().unwrap();
        state.submissions.values().map(|(bytes, _)| bytes.clone()).collect()
    };
    for bytes in submissions {
        let request = <v1::SubmitRequest as prost::Message>::decode(&bytes[..]).unwrap();
        let signature = request.signature.clone().unwrap();
        let agency = "de-nw-lka".parse().unwrap();
        let command = request.submission_id.parse().unwrap();
        let digest = |(position, referral): (u32, &v1::Referral)| {
            let salt = meldeverbund_proto::leaf::Salt::from_slice(&referral.salt).unwrap();
            let case_number = request.case_number.as_str();
            let mut bytes = Vec::new();
            meldeverbund_proto::statement::ReferralStatement {
                agency: &agency,
                submission: command,
                position,
                case_number,
                referral,
            }
            .encode(&mut bytes);
            meldeverbund_proto::leaf::statement_digest(&salt, &bytes)
        };
        let digests = (0..).zip(&request.referrals).map(digest).collect();
        let batch =
            meldeverbund_proto::statement::BatchStatement { agency: agency.clone(), command, digests };
        let key = scene.own.statement_vkey();
        assert_eq!(signature.key_id, format!("{:08x}", key.key_id()));
        meldeverbund_proto::envelope::verify(&key, &batch, &signature.signature).unwrap();
    }
    node.stop().await;
}

/// The hub's lie about a receipt: the work goes on, the receipt counts for nothing, and nothing is vouched for until a
/// person has seen it.
async fn a_lie_about_a_receipt(bend: fn(&mut Ledger), expected: AlarmKind) {
    let scene = Scene::new();
    let mut node = scene.start().await;
    scene.vouched(1).await;
    scene.change(bend);
    let list = hand_in(&mut node, 3).await;
    assert!(node.report(list).await.iter().all(|row| row.verdict() == Verdict::New), "the answer counts");
    scene.change(|ledger| {
        (ledger.bend, ledger.silent) = (None, false);
        ledger.publish();
    });
    let held = until(&node, |held| held.size() == 4 && !held.alarms.is_empty()).await;
    assert_eq!(held.kinds(), [expected], "{held:?}");
    assert_eq!((held.counts.proven, held.counts.joined, held.counts.finished), (0, 0, 0), "{held:?}");
    assert_eq!(scene.vouches(), 1, "vouched in spite of an alarm");
    acknowledge(&node).await;
    scene.vouched(4).await;
    node.stop().await;
}

#[tokio::test]
async fn a_receipt_with_another_decision_is_an_alarm() {
    a_lie_about_a_receipt(
        |ledger| ledger.bend = Some(|receipt| receipt.decision_digests[0][0] ^= 1),
        AlarmKind::Receipt,
    )
    .await;
}

#[tokio::test]
async fn a_receipt_of_another_leaf_is_an_alarm() {
    a_lie_about_a_receipt(
        |ledger| ledger.bend = Some(|receipt| receipt.first_leaf_index += 1),
        AlarmKind::Receipt,
    )
    .await;
}

#[tokio::test]
async fn a_receipt_with_a_wrong_signature_is_an_alarm() {
    fn bend(receipt: &mut v1::Receipt) {
        let note: Note = receipt.checkpoint.parse().unwrap();
        // The right key's line under another text.
        receipt.checkpoint = note.to_string().replacen("\n4\n", "\n5\n", 1);
    }
    a_lie_about_a_receipt(|ledger| ledger.bend = Some(bend), AlarmKind::Receipt).await;
}

#[tokio::test]
async fn a_receipt_by_a_stranger_s_key_is_an_alarm() {
    fn bend(receipt: &mut v1::Receipt) {
        let note: Note = receipt.checkpoint.parse().unwrap();
        receipt.checkpoint = Note::sign(note.text().to_owned(), &ledger_key(66)).unwrap().to_string();
    }
    a_lie_about_a_receipt(|ledger| ledger.bend = Some(bend), AlarmKind::Key).await;
}

#[tokio::test]
async fn an_answer_without_a_receipt_is_an_alarm() {
    a_lie_about_a_receipt(|ledger| ledger.silent = true, AlarmKind::NoReceipt).await;
}

#[tokio::test]
async fn a_promised_leaf_that_is_not_published_is_an_alarm() {
    let scene = Scene::new();
    let mut node = scene.start().await;
    scene.vouched(1).await;
    hand_in(&mut node, 3).await;
    scene.change(|ledger| {
        // The leaf that was promised gives way to another.
        ledger.leaves[2].statement[0] ^= 1;
        ledger.grow(2);
        ledger.publish();
    });
    let held = until(&node, |held| !held.alarms.is_empty()).await;
    assert_eq!(held.kinds(), [AlarmKind::MissingLeaf]);
    assert_eq!(held.counts.unproven, 1);
    let evidence = &held.alarms[0].alarm;
    assert!(evidence.known.contains("/ledger/1\n6\n") && evidence.shown.contains("/ledger/1\n4\n"));
    assert_eq!(scene.vouches(), 1);
    node.stop().await;
}

/// What the hub does to a ledger that this node has vouched for at size 4; the node must neither follow nor vouch.
async fn a_bent_history(bend: fn(&mut Ledger), expected: AlarmKind) {
    let scene = Scene::new();
    let mut node = scene.start().await;
    hand_in(&mut node, 3).await;
    scene.change(Ledger::publish);
    scene.vouched(4).await;
    let before = until(&node, Held::is_final).await.newest.unwrap();
    node.stop().await;
    scene.change(bend);
    let vouches = scene.vouches();
    let node = scene.start().await;
    let held = until(&node, |held| !held.alarms.is_empty()).await;
    assert_eq!(held.kinds(), [expected], "{held:?}");
    assert_eq!(held.newest.unwrap().root, before.root, "what was seen is kept");
    assert!(held.alarms[0].alarm.known.starts_with("meldeverbund.example/ledger/1\n4\n"));
    assert!(!held.alarms[0].alarm.shown.is_empty());
    assert_eq!(scene.vouches(), vouches, "vouched for a bent history");
    // Seen by a person, and still bent: it is an alarm again, and never vouched for.
    acknowledge(&node).await;
    let again = until(&node, |held| !held.alarms.is_empty()).await;
    assert_eq!(again.kinds(), [expected]);
    assert_eq!(scene.vouches(), vouches);
    node.stop().await;
}

#[tokio::test]
async fn another_root_of_a_size_is_a_fork() {
    a_bent_history(|ledger| ledger.leaves[3].time_us += 1, AlarmKind::Fork).await;
}

#[tokio::test]
async fn a_longer_history_that_begins_otherwise_is_a_fork() {
    let bend = |ledger: &mut Ledger| {
        ledger.leaves.swap(2, 3);
        ledger.grow(5);
        ledger.publish();
    };
    a_bent_history(bend, AlarmKind::Fork).await;
}

#[tokio::test]
async fn a_hub_whose_newest_is_older_is_an_alarm() {
    a_bent_history(|ledger| ledger.published = 3, AlarmKind::Behind).await;
}

#[tokio::test]
async fn a_hub_restored_without_an_epoch_is_an_alarm() {
    let bend = |ledger: &mut Ledger| {
        ledger.leaves.truncate(2);
        ledger.publish();
    };
    a_bent_history(bend, AlarmKind::Behind).await;
}

#[tokio::test]
async fn a_checkpoint_by_a_stranger_s_key_is_an_alarm() {
    let bend = |ledger: &mut Ledger| {
        ledger.keys.push((0, ledger_key(66)));
        ledger.grow(1);
        ledger.publish();
    };
    a_bent_history(bend, AlarmKind::Key).await;
}

#[tokio::test]
async fn a_key_that_puts_itself_in_office_is_an_alarm() {
    let bend = |ledger: &mut Ledger| {
        ledger.rotate_as(66, |statement| statement.signature_old = Some([7; 64]));
        ledger.signing = 1;
        ledger.publish();
    };
    a_bent_history(bend, AlarmKind::Key).await;
}

#[tokio::test]
async fn a_key_whose_leaf_is_not_in_the_ledger_is_an_alarm() {
    let bend = |ledger: &mut Ledger| {
        ledger.rotate(2);
        ledger.leaves.last_mut().unwrap().decision[0] ^= 1;
        ledger.signing = 1;
        ledger.publish();
    };
    a_bent_history(bend, AlarmKind::Key).await;
}

#[tokio::test]
async fn an_epoch_that_hides_what_was_witnessed_is_an_alarm() {
    let bend = |ledger: &mut Ledger| {
        let older = ledger.note(2).to_string();
        ledger.restore(2, older);
    };
    a_bent_history(bend, AlarmKind::Epoch).await;
}

#[tokio::test]
async fn an_epoch_s_leaf_that_is_not_in_the_tree_is_an_alarm() {
    let bend = |ledger: &mut Ledger| {
        let known = ledger.note(4).to_string();
        ledger.restore(4, known);
        ledger.pretended = Some((4, ledger.leaves[4]));
        ledger.leaves[4].time_us += 1;
    };
    a_bent_history(bend, AlarmKind::Epoch).await;
}

/// What the epoch kept is not what was promised, and lies beyond what this office had joined to it.
#[tokio::test]
async fn an_epoch_that_changed_a_promised_leaf_is_an_alarm() {
    let scene = Scene::new();
    let mut node = scene.start().await;
    scene.change(|ledger| ledger.ahead = 2);
    hand_in(&mut node, 3).await;
    scene.change(Ledger::publish);
    scene.vouched(6).await;
    until(&node, |held| held.counts.finished == 1).await;
    node.stop().await;
    scene.change(|ledger| {
        let known = ledger.note(6).to_string();
        ledger.leaves[2].time_us += 1;
        ledger.restore(5, known);
    });
    let node = scene.start().await;
    let held = until(&node, |held| held.newest.as_ref().is_some_and(|newest| newest.epoch == 2)).await;
    assert!(held.kinds().contains(&AlarmKind::MissingLeaf), "{held:?}");
    assert_eq!((held.counts.unproven, held.counts.given_up), (1, 0));
    node.stop().await;
}

/// The hub answers in its new epoch before it publishes a checkpoint of it.
#[tokio::test]
async fn receipts_of_the_new_epoch_are_not_given_up_with_those_of_the_old_one() {
    let scene = Scene::new();
    let mut node = scene.start().await;
    hand_in(&mut node, 3).await;
    scene.change(Ledger::publish);
    scene.vouched(4).await;
    until(&node, |held| held.counts.finished == 1).await;
    scene.change(|ledger| {
        ledger.veiled = true;
        let known = ledger.note(4).to_string();
        ledger.restore(2, known);
    });
    let again: Vec<String> = (0..3).map(|n| format!("https://again.example/{n}")).collect();
    node.refer("again", &again, 10).await;
    node.until(|status| (status.queue.unwrap().referrals == 0).then_some(())).await;
    scene.change(|ledger| {
        ledger.veiled = false;
        ledger.publish();
    });
    let held = until(&node, |held| held.newest.as_ref().is_some_and(|newest| newest.epoch == 2)).await;
    assert_eq!((held.counts.given_up, held.counts.unproven), (1, 0), "{held:?}");
    until(&node, |held| held.counts.finished == 1).await;
    node.stop().await;
}

#[tokio::test]
async fn an_epoch_that_counts_other_leaves_than_it_kept_is_an_alarm() {
    let bend = |ledger: &mut Ledger| {
        let known = ledger.note(4).to_string();
        ledger.restore_as(3, known, |statement| statement.kept_leaves = 4);
    };
    a_bent_history(bend, AlarmKind::Epoch).await;
}

#[tokio::test]
async fn an_epoch_that_names_nothing_is_an_alarm() {
    a_bent_history(|ledger| ledger.restore(3, String::new()), AlarmKind::Epoch).await;
}

#[tokio::test]
async fn an_epoch_that_names_another_root_is_an_alarm() {
    let bend = |ledger: &mut Ledger| {
        ledger.leaves[3].time_us += 1;
        let forged = ledger.note(4).to_string();
        ledger.restore(2, forged);
    };
    a_bent_history(bend, AlarmKind::Epoch).await;
}

#[tokio::test]
async fn an_epoch_that_claims_to_keep_what_it_changed_is_an_alarm() {
    let bend = |ledger: &mut Ledger| {
        let known = ledger.note(4).to_string();
        ledger.leaves[2].time_us += 1;
        ledger.restore(4, known);
    };
    a_bent_history(bend, AlarmKind::Epoch).await;
}

#[tokio::test]
async fn an_older_consistent_checkpoint_that_comes_late_is_no_alarm() {
    let scene = Scene::new();
    let mut node = scene.start().await;
    hand_in(&mut node, 3).await;
    scene.change(Ledger::publish);
    scene.vouched(4).await;
    scene.change(|ledger| {
        let late = v1::WitnessResponse { checkpoint: ledger.note(2).to_string(), consistency: Vec::new() };
        ledger.instead.push(late);
    });
    scene.hub.until(|state| state.ledger.as_ref().unwrap().instead.is_empty().then_some(())).await;
    scene.change(|ledger| {
        ledger.grow(2);
        ledger.publish();
    });
    scene.vouched(6).await;
    let held = until(&node, |held| held.size() == 6).await;
    assert!(held.alarms.is_empty(), "{held:?}");
    node.stop().await;
}

#[tokio::test]
async fn a_late_checkpoint_of_another_history_is_a_fork() {
    let scene = Scene::new();
    let mut node = scene.start().await;
    hand_in(&mut node, 3).await;
    scene.change(Ledger::publish);
    scene.vouched(4).await;
    scene.change(|ledger| {
        let honest = ledger.leaves[1];
        ledger.leaves[1].time_us += 1;
        let late = v1::WitnessResponse { checkpoint: ledger.note(2).to_string(), consistency: Vec::new() };
        ledger.leaves[1] = honest;
        ledger.instead.push(late);
    });
    let held = until(&node, |held| !held.alarms.is_empty()).await;
    assert_eq!(held.kinds(), [AlarmKind::Fork]);
    node.stop().await;
}

#[tokio::test]
async fn an_epoch_that_owns_up_is_followed_and_told() {
    let scene = Scene::new();
    let mut node = scene.start().await;
    hand_in(&mut node, 3).await;
    scene.change(Ledger::publish);
    scene.vouched(4).await;
    until(&node, |held| held.counts.finished == 1).await;
    let more: Vec<String> = (0..2).map(|n| format!("https://more.example/{n}")).collect();
    node.refer("more", &more, 10).await;
    node.until(|status| (status.queue.unwrap().referrals == 0).then_some(())).await;
    scene.change(|ledger| {
        ledger.publish();
    });
    scene.vouched(6).await;
    scene.restore(5).await;
    let held = until(&node, |held| held.newest.as_ref().is_some_and(|newest| newest.epoch == 2)).await;
    assert_eq!(held.kinds(), [AlarmKind::EpochBegan], "{held:?}");
    assert_eq!(held.counts.given_up, 1, "leaves behind the kept ones are gone, and said to be");
    // A notice stops nothing.
    scene.hub.until(|s| s.ledger.as_ref().unwrap().vouched.iter().find(|v| v.0 == 2).map(|_| ())).await;
    scene.hub.until(|state| (state.reconciled == [2]).then_some(())).await;
    // What was lost has leaves of the new epoch, and they are joined like any other.
    let size = scene.look(Ledger::size);
    scene.change(|ledger| {
        ledger.grow(4);
        ledger.publish();
    });
    scene.vouched(size + 4).await;
    let held = until(&node, |held| held.counts.finished == 2).await;
    assert_eq!((held.counts.unproven, held.counts.given_up), (0, 1));
    node.stop().await;
}

#[tokio::test]
async fn an_epoch_whose_leaf_a_second_restore_took_away_leaves_a_gap() {
    let scene = Scene::new();
    let mut node = scene.start().await;
    hand_in(&mut node, 3).await;
    scene.change(Ledger::publish);
    scene.vouched(4).await;
    until(&node, |held| held.counts.finished == 1).await;
    node.stop().await;
    scene.change(|ledger| {
        let first = ledger.note(4).to_string();
        ledger.restore(2, first);
        ledger.grow(4);
        let second = ledger.note(7).to_string();
        ledger.restore(2, second);
        ledger.grow(1);
        ledger.publish();
    });
    let node = scene.start().await;
    let held = until(&node, |held| held.newest.as_ref().is_some_and(|newest| newest.epoch == 3)).await;
    assert_eq!((held.kinds(), held.counts.given_up), (vec![AlarmKind::EpochBegan], 1), "{held:?}");
    scene.hub.until(|s| s.ledger.as_ref().unwrap().vouched.iter().find(|v| v.0 == 3).map(|_| ())).await;
    node.stop().await;
}

#[tokio::test]
async fn the_hub_s_next_key_is_followed_from_leaf_to_leaf() {
    let scene = Scene::new();
    let mut node = scene.start().await;
    scene.vouched(1).await;
    scene.change(|ledger| {
        ledger.rotate(2);
        ledger.publish();
    });
    scene.vouched(2).await;
    let held = until(&node, |held| !held.alarms.is_empty()).await;
    assert_eq!(held.kinds(), [AlarmKind::KeyChanged]);
    // The old key goes; the new one alone signs, and the next after it.
    scene.change(|ledger| ledger.signing = 1);
    hand_in(&mut node, 3).await;
    scene.change(|ledger| {
        ledger.rotate(3);
        ledger.signing = 1;
        ledger.publish();
    });
    scene.vouched(6).await;
    let held = until(&node, |held| held.counts.finished == 1).await;
    assert_eq!(held.kinds(), [AlarmKind::KeyChanged; 2]);
    node.stop().await;
}

#[tokio::test]
async fn without_a_pin_the_first_key_is_kept() {
    let scene = Scene::without_pins();
    let mut node = scene.start().await;
    hand_in(&mut node, 3).await;
    scene.change(Ledger::publish);
    scene.vouched(4).await;
    let held = until(&node, |held| held.counts.joined == 1).await;
    assert!(!held.is_final(), "nobody is pinned, so nothing is final");
    node.stop().await;
    // Another first key, later: what was kept stands.
    scene.change(|ledger| {
        ledger.keys[0].1 = SigningKey::from_seed(ledger.keys[0].1.name(), &[9; 32]).unwrap();
        ledger.grow(1);
        ledger.publish();
    });
    let node = scene.start().await;
    let held = until(&node, |held| !held.alarms.is_empty()).await;
    assert_eq!(held.kinds(), [AlarmKind::Key]);
    node.stop().await;
}

/// A cosignature that was lost is given again for the same tree, and never for another of that size.
#[tokio::test]
async fn what_is_vouched_for_is_durable_before_it_is_said() {
    let scene = Scene::new();
    let config = Config::load(&scene.office.config_file()).unwrap();
    scene.change(|ledger| (ledger.deaf, ledger.store) = (true, Some(config.store_path())));
    let mut node = scene.start().await;
    hand_in(&mut node, 3).await;
    scene.change(Ledger::publish);
    scene.vouched(4).await;
    // The hub has the word; the node's disk had it first.
    assert_eq!(scene.hub.state.lock().unwrap().broken, Vec::<String>::new());
    let kept = held(&node).await.newest.unwrap();
    assert_eq!((kept.size, kept.root), (4, scene.look(|ledger| ledger.root(4))));
    assert!(kept.cosigned_us.is_some());
    node.stop().await;
    let before = scene.vouches();
    let node = scene.start().await;
    scene.hub.until(|state| (state.ledger.as_ref().unwrap().vouched.len() > before).then_some(())).await;
    let (last, begun) = scene.look(|l| (l.vouched.last().unwrap().clone(), *l.begun.last().unwrap()));
    assert_eq!((last.0, last.1), (1, 4));
    assert_eq!(begun, (1, 4));
    let line: SignatureLine = last.2.parse().unwrap();
    line.verify_cosignature(&scene.look(|ledger| ledger.note(4)), &scene.own.witness_vkey()).unwrap();
    node.stop().await;
    scene.change(|ledger| ledger.leaves[3].time_us += 1);
    let node = scene.start().await;
    until(&node, |held| held.kinds() == [AlarmKind::Fork]).await;
    assert_eq!(scene.vouches(), before + 1);
    node.stop().await;
}
