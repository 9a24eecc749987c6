use super::*;

/// The example of C2SP signed-note.
const EXAMPLE_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const EXAMPLE_NOTE: &str = "This is an example message.\n\n\
    — example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";
/// The note of the specification's introduction: Salvatore Quasimodo, with an empty line in its text.
const WITH_EMPTY_LINE: &str = "Ognuno sta solo sul cuor della terra\n\
    trafitto da un raggio di sole:\n\ned è subito sera.\n\n\
    — quasimodo.example/salvatore NnugSzTjtVAewIS+Z/iJhUPeFDkO/5QQ2i5ddnGITLlC+EhfLW9oJKONrMouFSQU0xMcXxj99ihAQwaqP3ZekRwNtIc=\n";
/// The example of C2SP tlog-cosignature, whose keys are not published.
const BEHIND_THE_SOFA: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
    — example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
    — witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";
/// Made with Python: the ledger's key has the seed 01…01, the witness's 03…03.
const GOLDEN: &str = include_str!("../../tests/golden/cosigned-checkpoint-v1.note");
const GOLDEN_TIME_S: u64 = 1_795_305_600;

fn key(name: &str, seed: u8) -> SigningKey {
    SigningKey::from_seed(name, &[seed; 32]).unwrap()
}

fn ledger() -> SigningKey {
    key("meldeverbund.example/ledger", 1)
}

fn witness() -> SigningKey {
    key("meldeverbund.example/witness/de-nw-lka", 3)
}

fn golden() -> Note {
    GOLDEN.parse().unwrap()
}

#[test]
fn the_specifications_example_verifies() {
    let keys = [EXAMPLE_KEY.parse().unwrap()];
    let note = Note::parse(EXAMPLE_NOTE).unwrap();
    assert_eq!(note.text(), "This is an example message.\n");
    assert_eq!(note.verified(&keys).unwrap()[0].name(), "example.com/foo");
    for note in [EXAMPLE_NOTE, WITH_EMPTY_LINE, BEHIND_THE_SOFA, GOLDEN] {
        assert_eq!(Note::parse(note).unwrap().to_string(), note, "both ways");
    }
    assert!(Note::parse(WITH_EMPTY_LINE).unwrap().text().ends_with(":\n\ned è subito sera.\n"));
}

#[test]
fn golden_checkpoint_both_ways() {
    let keys = [ledger().vkey(), witness().witness_vkey()];
    let note = golden();
    assert_eq!(note.verified(&keys).unwrap(), keys.iter().collect::<Vec<_>>());
    let (checkpoint, signed) = Checkpoint::verified(&note, &keys).unwrap();
    assert_eq!((checkpoint.size, checkpoint.ledger().unwrap().epoch, signed.len()), (1, 1, 2));
    assert_eq!(checkpoint.root, crate::merkle::leaf_hash(b"leaf"));
    assert_eq!(note.signatures()[1].verify_cosignature(&note, &keys[1]), Ok(GOLDEN_TIME_S));

    let origin = Origin { trust_domain: "meldeverbund.example".into(), epoch: 1 };
    let own = Checkpoint::new(&origin, 1, checkpoint.root);
    assert_eq!(own, checkpoint);
    let mut made = Note::sign(own.to_string(), &ledger()).unwrap();
    made.cosign(&witness(), GOLDEN_TIME_S).unwrap();
    assert_eq!(made.to_string(), GOLDEN);
}

#[test]
fn other_signatures_are_ignored_but_own_ones_must_be_right() {
    let (own, other) = (ledger(), key("other.example", 9));
    let mut note = golden();
    assert_eq!(note.verified(&[]), Err(NoteError::NoKnownKey));
    assert_eq!(note.verified(&[other.vkey()]), Err(NoteError::NoKnownKey));
    let same_name = key(own.name(), 9).vkey();
    assert_eq!(note.verified(std::slice::from_ref(&same_name)), Err(NoteError::NoKnownKey));
    assert_eq!(note.verified(&[same_name, own.vkey()]).unwrap(), [&own.vkey()]);
    assert_eq!(note.verified(&[own.vkey(), own.vkey()]).unwrap().len(), 1, "each key once");

    note.attach(SignatureLine::new(&other.vkey(), vec![7; 64])).unwrap();
    assert!(note.verified(&[own.vkey()]).is_ok());
    let wrong = Err(NoteError::Signature("other.example".into()));
    assert_eq!(note.verified(&[own.vkey(), other.vkey()]), wrong);
    let twice = format!("{GOLDEN}{}\n", SignatureLine::new(&own.vkey(), vec![7; 64]));
    let wrong = Err(NoteError::Signature(own.name().into()));
    assert_eq!(Note::parse(&twice).unwrap().verified(&[own.vkey()]), wrong, "one right one is not enough");
}

#[test]
fn no_byte_of_a_note_can_be_another() {
    let keys = [ledger().vkey(), witness().witness_vkey()];
    for at in 0..GOLDEN.len() {
        for bit in 0..8 {
            let mut bytes = GOLDEN.as_bytes().to_vec();
            bytes[at] ^= 1 << bit;
            let Ok(text) = String::from_utf8(bytes) else { continue };
            // A line that is no longer under a known key's name is ignored, and then that key is missing.
            let both = text.parse::<Note>().and_then(|note| Ok(note.verified(&keys)?.len() == 2));
            assert!(!matches!(both, Ok(true)), "byte {at} bit {bit}");
        }
    }
}

#[test]
fn what_is_no_note_is_refused() {
    let line = EXAMPLE_NOTE.lines().last().unwrap();
    for (note, error) in [
        (String::new(), NoteError::Text),
        ("text\n".into(), NoteError::Unsigned),
        (format!("text\n{line}\n"), NoteError::Unsigned),
        ("text\n\n".into(), NoteError::Unsigned),
        (format!("text\n\n{line}"), NoteError::Text),
        (format!("text\r\n\n{line}\n"), NoteError::Text),
        (format!("te\u{1}xt\n\n{line}\n"), NoteError::Text),
        (format!("text\n\n{line}\n\n"), NoteError::Unsigned),
        (format!("text\n\n{line}\n{}\n", &line["— ".len()..]), NoteError::Line(2)),
        ("text\n\n— name\n".into(), NoteError::Line(1)),
        ("text\n\n— a+b AAAAAAA=\n".into(), NoteError::Line(1)),
        ("text\n\n— a\u{a0}b AAAAAAA=\n".into(), NoteError::Line(1)),
        ("text\n\n—  AAAAAAA=\n".into(), NoteError::Line(1)),
        ("text\n\n— name AAAAAAA\n".into(), NoteError::Line(1)),
        ("text\n\n— name AAAAAAB=\n".into(), NoteError::Line(1)),
        ("text\n\n— name AAAAAA==\n".into(), NoteError::Line(1)),
        (format!("text\n\n{}", format!("{line}\n").repeat(NOTE_SIGNATURES + 1)), NoteError::TooLarge),
        (format!("{}\n\n{line}\n", "x".repeat(NOTE_BYTES)), NoteError::TooLarge),
    ] {
        assert_eq!(Note::parse(&note), Err(error), "{:.60}", note.escape_debug());
    }
    let most = format!("text\n\n{}", format!("{line}\n").repeat(NOTE_SIGNATURES));
    assert!(Note::parse(&most).is_ok());
    assert_eq!(Note::sign("no end".into(), &ledger()), Err(NoteError::Text));
}

#[test]
fn a_newer_signature_takes_the_place_of_the_older() {
    let mut note = golden();
    note.cosign(&witness(), GOLDEN_TIME_S + 1).unwrap();
    let [_, line] = note.signatures() else { panic!("two signatures") };
    assert_eq!(line.verify_cosignature(&note, &witness().witness_vkey()), Ok(GOLDEN_TIME_S + 1));
    for seed in 10..10 + NOTE_SIGNATURES as u8 - 2 {
        note.cosign(&key("w.example", seed), 1).unwrap();
    }
    let (full, error) = (note.clone(), note.cosign(&key("w.example", 200), 1));
    assert_eq!(error, Err(CosignatureError::Note(NoteError::TooLarge)));
    assert_eq!(note, full, "what does not fit changes nothing");
}

#[test]
fn a_cosignature_is_of_one_checkpoint_one_key_and_one_time() {
    let (note, vkey) = (golden(), witness().witness_vkey());
    let line = note.cosignature(&witness(), 5).unwrap();
    assert_eq!(line.verify_cosignature(&note, &vkey), Ok(5));
    let other = Note::parse(BEHIND_THE_SOFA).unwrap();
    assert_eq!(line.verify_cosignature(&other, &vkey), Err(CosignatureError::Signature));
    assert_eq!(line.verify_cosignature(&note, &witness().vkey()), Err(CosignatureError::OtherKey));
    let elsewhere = key("meldeverbund.example/witness/de-nw-lka", 4).witness_vkey();
    assert_eq!(line.verify_cosignature(&note, &elsewhere), Err(CosignatureError::OtherKey));
    let with = |signature: Vec<u8>| SignatureLine::new(&vkey, signature).verify_cosignature(&note, &vkey);
    let mut later = line.signature().to_vec();
    later[7] += 1;
    assert_eq!(with(later), Err(CosignatureError::Signature));
    assert_eq!(with(line.signature()[..71].to_vec()), Err(CosignatureError::Form));
    assert_eq!(with(vec![0; 7]), Err(CosignatureError::Form));
    assert_eq!(with(vec![0xff; 72]), Err(CosignatureError::Form), "beyond 2^63 seconds");
    assert_eq!(note.cosignature(&witness(), 1 << 63), Err(CosignatureError::Form));
    let text = Note::parse(EXAMPLE_NOTE).unwrap();
    assert_eq!(text.cosignature(&witness(), 5), Err(CosignatureError::NoCheckpoint));
}

#[test]
fn checkpoints_are_read_as_they_are_written() {
    let checkpoint: Checkpoint = Note::parse(BEHIND_THE_SOFA).unwrap().text().parse().unwrap();
    assert_eq!((checkpoint.origin.as_str(), checkpoint.size), ("example.com/behind-the-sofa", 20_852_163));
    assert_eq!(checkpoint.ledger(), Err(CheckpointError::Origin));
    let root = "CsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=";
    let extended = format!("o\n0\n{root}\nextension\nanother\n");
    let read: Checkpoint = extended.parse().unwrap();
    assert_eq!((read.extensions.len(), read.to_string()), (2, extended));
    for bad in [
        format!("o\n0\n{root}"),
        "o\n0\n".into(),
        format!("\n0\n{root}\n"),
        format!("o\n00\n{root}\n"),
        format!("o\n+1\n{root}\n"),
        format!("o\n-1\n{root}\n"),
        format!("o\n\n{root}\n"),
        format!("o\n18446744073709551616\n{root}\n"),
        format!("o\n1\n{}\n", &root[..40]),
        format!("o\n1\n{root} \n"),
        format!("o\n1\n{root}\n\n"),
        format!("o\n1\n{root}\n\nextension\n"),
    ] {
        assert_eq!(bad.parse::<Checkpoint>(), Err(CheckpointError::Form), "{bad:?}");
    }
}

#[test]
fn verifier_keys_are_read_as_they_are_written() {
    let witness = witness().witness_vkey().to_string();
    for text in [EXAMPLE_KEY, &witness] {
        let key: VerifierKey = text.parse().unwrap();
        assert_eq!(key.to_string(), text);
        assert_eq!(serde_json::from_str::<VerifierKey>(&serde_json::to_string(&key).unwrap()).unwrap(), key);
    }
    assert_ne!(EXAMPLE_KEY.parse::<VerifierKey>().unwrap().algorithm(), Algorithm::CosignatureV1);
    let with = |bytes: &[u8]| format!("n+00000000+{}", data_encoding::BASE64.encode(bytes));
    let point = [&[1][..], &[1], &[0; 31]].concat();
    for (text, error) in [
        ("", KeyError::Form),
        ("example.com/foo", KeyError::Form),
        ("example.com/foo+530d903a", KeyError::Form),
        ("example.com/foo+530d903a+!", KeyError::Form),
        ("example.com/foo+530d903a+", KeyError::Form),
        (&EXAMPLE_KEY.replace("foo", "bar"), KeyError::Id),
        (&EXAMPLE_KEY.replace("530d903a", "530D903A"), KeyError::Id),
        (&EXAMPLE_KEY.replace("530d903a", "530d903b"), KeyError::Id),
        (&EXAMPLE_KEY.replace("example.com/foo", ""), KeyError::Name),
        (&EXAMPLE_KEY.replace("example.com/foo", "a b"), KeyError::Name),
        (&with(&[0; 33]), KeyError::Algorithm),
        (&with(&[1; 32]), KeyError::Form),
        (&with(&point), KeyError::Point),
        (&with(&[[1].as_slice(), &[2], &[0; 31]].concat()), KeyError::Point),
    ] {
        assert_eq!(text.parse::<VerifierKey>(), Err(error), "{text}");
    }
}

#[test]
fn a_secret_key_stays_in_its_file() {
    // Written by OpenSSL (RFC 8410): the seed is 04…04.
    let pem = "-----BEGIN PRIVATE KEY-----\n\
        MC4CAQAwBQYDK2VwBCIEIAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE\n\
        -----END PRIVATE KEY-----\n";
    let read = SigningKey::from_pem("n.example", pem).unwrap();
    assert_eq!(read.vkey(), key("n.example", 4).vkey());
    let again = SigningKey::from_pem("n.example", &read.to_pem()).unwrap();
    assert_eq!(again.vkey(), read.vkey());
    assert_eq!(format!("{read:?}"), "SigningKey(n.example, ..)");
    assert_eq!(SigningKey::from_pem("n.example", "").err(), Some(SecretKeyError::Pem));
    let public = pem.replace("PRIVATE", "PUBLIC");
    assert_eq!(SigningKey::from_pem("n.example", &public).err(), Some(SecretKeyError::Pem));
    assert_eq!(SigningKey::from_pem("a b", pem).err(), Some(SecretKeyError::Name(KeyError::Name)));
    assert_eq!(SigningKey::from_seed("", &[1; 32]).err(), Some(KeyError::Name));
}
