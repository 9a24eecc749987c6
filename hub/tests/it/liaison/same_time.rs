//! What is hidden takes as long as what is not there: Welch's t over interleaved pairs, as two classes of a leakage assessment.

use meldeverbund_proto::v1::{ContentHash, HashAlgorithm, Selector};
use tokio::time::Instant;

use super::{answered, client, content, europol, link, question, referring, token, with_token};
use crate::harness::{Federation, Office, accepted};

/// Pairs of questions: in every run of the tests, and by the command in docs/testing.md.
const PAIRS: usize = 5_000;

/// How many pairs instead.
const PAIRS_VARIABLE: &str = "MELDEVERBUND_TEST_PAIRS";

/// Below it, no difference is found (as leakage assessments have it: one in 100,000 by chance).
const MOST_T: f64 = 4.5;

/// The share of questions that the machine answered undisturbed.
const QUIET_SHARE: f64 = 0.5;

/// Streams beside each other: an answer leaves at a tick, so that one alone would wait most of the time.
const STREAMS: usize = 4;

/// Hidden targets, and as many that are not there; each is asked about many times, every other one by its content.
const TARGETS: usize = 64;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn hidden_takes_as_long_as_absent() {
    let pairs =
        std::env::var(PAIRS_VARIABLE).map_or(PAIRS, |pairs| pairs.parse().expect("a number of pairs"));
    let federation = Federation::start_with(meldeverbund_certs::Clock::system(), |config| {
        config.liaison.selectors_per_minute = u32::MAX;
        config.liaison.selectors_per_day = u32::MAX;
        config.liaison.selectors_per_stream = u32::MAX;
    })
    .await;
    let (nw, europol) = (federation.office("de-nw-lka").await, europol(&federation).await);
    nw.open_case("1/26").await;
    for n in 0..TARGETS {
        let hidden = referring("1/26", &format!("https://a.test/hidden/{n}"), |referral| {
            (referral.hidden_from_liaison, referral.content_hashes) = (true, vec![hash("hidden", n)]);
        });
        accepted(nw.submit(hidden).await);
        nw.refer("1/26", &[&format!("https://a.test/shown/{n}")]).await;
    }
    let tasks: Vec<_> =
        (0..STREAMS).map(|_| tokio::spawn(measure(europol.clone(), pairs.div_ceil(STREAMS)))).collect();
    let mut both = [Vec::new(), Vec::new()];
    for task in tasks {
        for (all, some) in both.iter_mut().zip(task.await.unwrap()) {
            all.extend(some);
        }
    }
    // All of them, and those that nothing else held up: a small difference drowns in what the machine did meanwhile.
    for share in [1.0, QUIET_SHARE] {
        let [hidden, absent] = &cropped(&both, share);
        let t = welch(hidden, absent);
        let said = format!("{:.1} µs hidden, {:.1} µs absent, t {t:.2}", mean(hidden), mean(absent));
        println!("{pairs} pairs, the quickest {share}: {said}");
        assert!(t.abs() < MOST_T, "the quickest {share}: {said}");
    }
    drop((nw, europol));
    federation.end().await;
}

/// A link of this kind, or a content.
fn selector(kind: &str, n: usize) -> Selector {
    if n.is_multiple_of(2) { link(&format!("https://a.test/{kind}/{n}")) } else { content(&hash(kind, n)) }
}

fn hash(kind: &str, n: usize) -> ContentHash {
    let number = (n * 2 + usize::from(kind == "hidden")) as u64;
    ContentHash { algorithm: HashAlgorithm::Sha256.into(), digest: number.to_be_bytes().repeat(4) }
}

/// What both classes have below the time that this share of all questions took at most.
fn cropped(both: &[Vec<f64>; 2], share: f64) -> [Vec<f64>; 2] {
    let mut all = both.concat();
    all.sort_unstable_by(f64::total_cmp);
    let most = all[((all.len() - 1) as f64 * share) as usize];
    both.each_ref().map(|class| class.iter().copied().filter(|took| *took <= most).collect())
}

/// How long each question took, µs: hidden and absent, one of each in turn, now the one first and now the other.
async fn measure(europol: Office, pairs: usize) -> [Vec<f64>; 2] {
    let (questions, stream) = tokio::sync::mpsc::channel(1);
    let stream = tokio_stream::wrappers::ReceiverStream::new(stream);
    let request = with_token(stream, &token("eu-europol"));
    let mut answers = client(&europol).query(request).await.unwrap().into_inner();
    let mut took = [Vec::with_capacity(pairs), Vec::with_capacity(pairs)];
    for pair in 0..pairs {
        for class in if rand::random() { [0, 1] } else { [1, 0] } {
            let kind = ["hidden", "absent"][class];
            let question = question(vec![selector(kind, pair % TARGETS)]);
            let asked = Instant::now();
            questions.send(question).await.unwrap();
            let answer = answers.message().await.unwrap().unwrap();
            took[class].push(asked.elapsed().as_secs_f64() * 1e6);
            answered(answer);
        }
    }
    took
}

/// Welch's t of two classes.
fn welch(one: &[f64], other: &[f64]) -> f64 {
    let part = |class: &[f64]| variance(class) / class.len() as f64;
    (mean(one) - mean(other)) / (part(one) + part(other)).sqrt()
}

fn mean(class: &[f64]) -> f64 {
    class.iter().sum::<f64>() / class.len() as f64
}

fn variance(class: &[f64]) -> f64 {
    let mean = mean(class);
    class.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / (class.len() - 1) as f64
}

#[test]
fn the_measure_tells_classes_apart() {
    let class = |shift: f64| (0..5_000).map(|n| f64::from(n % 100) + shift).collect::<Vec<_>>();
    assert!(welch(&class(0.0), &class(0.0)).abs() < 1e-9);
    assert!(welch(&class(0.0), &class(3.0)).abs() > MOST_T);
}
