//! The example `federation`, as a newcomer runs it: its object, and the story in it.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use std::{
    env, fs,
    path::PathBuf,
    process::{Command, Output},
};

use serde_json::Value;

/// Who does what once all three have referred; `o` owns, `c` consents, `h` holds, `z` is the central office.
const STORY: [(char, &str, &str); 17] = [
    ('o', "assess", "referred"),
    ('o', "secure_evidence", "referred"),
    ('o', "settle_provider_data", "referred"),
    ('o', "release", "referred"),
    ('c', "consent", "referred"),
    ('h', "place_hold", "referred"),
    ('h', "lift_hold", "referred"),
    ('h', "consent", "cleared"),
    ('o', "request_grant", "granted"),
    ('o', "intend", "granted"),
    ('o', "report_sent", "notified"),
    ('o', "report_answer", "notified"),
    ('o', "report_check", "notified"),
    ('o', "close_round", "closed"),
    ('c', "referral", "referred"),
    ('h', "dispute_ownership", "referred"),
    ('z', "assign_owner", "referred"),
];

#[test]
fn the_example_goes_on_to_the_end() {
    let said = object(&run(&["--json"]));
    assert_eq!(said["broken"], Value::Array(Vec::new()));
    assert_eq!((&said["ownerless"], said["offices"].as_array().unwrap().len()), (&Value::from(0), 3));
    assert_story(&said);
    let receipt = &said["receipt"];
    assert_eq!((&receipt["state"], &receipt["pinned"]), (&Value::from("final"), &Value::from(4)));
    assert!(receipt["votes"].as_u64().unwrap() >= 3, "more than half of four: {receipt}");
    // Five targets, one link that is hidden and one that nobody knows: the same openly and blind.
    let answers = serde_json::json!({ "hit": 5, "no reportable hit, not a clearance": 2 });
    let liaison = &said["liaison"];
    assert_eq!((&liaison["open"], &liaison["blind"]), (&answers, &answers));
    assert_eq!(liaison["released"], "ST/0123456/2026");
}

#[test]
fn the_example_tells_of_a_list_of_ones_own() {
    let folder = tempfile::tempdir().unwrap();
    let list = folder.path().join("mine.txt");
    fs::write(&list, "https://files.example/a\nhxxps://FILES[.]example/a#top\nno link\n").unwrap();
    let said = object(&run(&["--json", "--input", list.to_str().unwrap()]));
    assert_eq!((&said["targets"], &said["broken"]), (&Value::from(1), &Value::Array(Vec::new())));
    assert_story(&said);
    fs::write(&list, "no link\n").unwrap();
    let said = object(&run(&["--json", "--input", list.to_str().unwrap()]));
    assert_eq!((&said["targets"], &said["story"]), (&Value::from(0), &Value::Array(Vec::new())));
}

#[test]
fn the_example_prints_no_link_that_can_be_clicked() {
    let output = run(&[]);
    assert!(output.status.success());
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("The story of ") && said.contains("[.]"), "{said}");
    for scheme in ["http://", "https://", "ftp://"] {
        assert!(!said.contains(scheme), "{said}");
    }
    let story = said.split("The story of ").nth(1).unwrap();
    let (story, inquiry) = story.split_once("\nThe liaison body ").unwrap();
    assert!(inquiry.contains("not a clearance") && inquiry.contains("released its case number"), "{inquiry}");
    assert!(story.contains("): final, cosigned by "), "{story}");
    assert!(story.lines().count() <= 26, "{story}");
}

/// After the referrals of all three: what was done, by whom, and who was responsible.
fn assert_story(said: &Value) {
    let story: Vec<[&str; 4]> = said["story"].as_array().unwrap().iter().map(entry).collect();
    let opening = story.iter().take_while(|[_, what, ..]| *what == "referral").count();
    let (opening, rest) = story.split_at(opening);
    let owner = opening[0][0];
    let by = |place: char| rest[STORY.iter().position(|step| step.0 == place).unwrap()][0];
    let (consenting, holding) = (by('c'), by('h'));
    for office in [owner, consenting, holding] {
        assert!(opening.iter().any(|[agency, ..]| *agency == office), "{office} has not referred");
    }
    let wanted: Vec<_> = STORY
        .iter()
        .map(|(place, what, stage)| match place {
            'o' => [owner, *what, *stage, owner],
            'c' => [consenting, *what, *stage, owner],
            'h' => [holding, *what, *stage, owner],
            _ => ["de-bka", *what, *stage, holding],
        })
        .collect();
    assert_eq!(rest, wanted);
    let rounds = said["story"].as_array().unwrap().iter().map(|entry| entry["round"].as_u64().unwrap());
    let second = rounds.filter(|round| *round == 2).count();
    assert_eq!(second, 3, "the round begins with the link that comes back");
}

fn entry(entry: &Value) -> [&str; 4] {
    ["agency", "what", "stage", "owner"].map(|field| entry[field].as_str().unwrap())
}

fn object(output: &Output) -> Value {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

/// Runs the example that cargo has built beside this test.
fn run(arguments: &[&str]) -> Output {
    let own = env::current_exe().unwrap();
    let example: PathBuf = own.ancestors().nth(2).unwrap().join("examples").join("federation");
    let output = Command::new(&example).args(arguments).output();
    output.unwrap_or_else(|error| {
        panic!("{error}: `cargo build -p meldeverbund-node --example federation` makes {}", example.display())
    })
}
