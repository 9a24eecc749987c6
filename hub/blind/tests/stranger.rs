//! A blind question as a client asks it that has nothing of this house: the steps of docs/liaison-client.md, *Blind, without a node*,
//! one function each, with a library of the group (RFC 9496) and SHA-512 alone.
#![expect(clippy::unwrap_used, reason = "a test that cannot go on fails")]

use curve25519_dalek::{
    RistrettoPoint, Scalar, constants::RISTRETTO_BASEPOINT_POINT, ristretto::CompressedRistretto,
};
use meldeverbund_blind::{BlindedElements, EpochKey, FilterBuilder, Selector};
use rand::{SeedableRng as _, rngs::StdRng};
use sha2::{Digest as _, Sha512};

/// RFC 9497, 3.1 and 4.1: version, mode VOPRF, suite.
const CONTEXT: &[u8] = b"OPRFV1-\x01-ristretto255-SHA512";

/// RFC 9497, A.1.2.3: two inputs in one batch.
const RFC_PUBLIC_KEY: &str = "c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e";
const RFC_INPUTS: [&str; 2] = ["00", "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"];
const RFC_BLINDS: [&str; 2] = [
    "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706",
    "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e",
];
const RFC_BLINDED: [&str; 2] = [
    "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945",
    "90a0145ea9da29254c3a56be4fe185465ebb3bf2a1801f7124bbbadac751e654",
];
const RFC_EVALUATED: [&str; 2] = [
    "aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e",
    "cc5ac221950a49ceaa73c8db41b82c20372a4c8d63e5dded2db920b7eee36a2a",
];
const RFC_PROOF: &str = "cc203910175d786927eeb44ea847328047892ddf8590e723c37205cb74600b0a5ab5337c8eb4ceae0494c2cf89529dcf94572ed267473d567aeed6ab873dee08";
const RFC_OUTPUTS: [&str; 2] = [
    "b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7da4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c",
    "8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6",
];

/// What docs/liaison-client.md shows of this house: the MD5 of the content `test`, asked with the first blind of the RFC.
const CONTENT: &str = "098f6bcd4621d373cade4e832627b4f6";
/// RFC 9380, 5.3.1, with SHA-512, for 64 bytes: one block.
fn expand_message_xmd(message: &[u8], tag: &[u8]) -> [u8; 64] {
    let tag = [tag, &[u8::try_from(tag.len()).unwrap()]].concat();
    let first = Sha512::new_with_prefix([0; 128]).chain_update(message).chain_update([0, 64, 0]);
    let first = first.chain_update(&tag).finalize();
    Sha512::new_with_prefix(first).chain_update([1]).chain_update(tag).finalize().into()
}

/// RFC 9497, 4.1: RFC 9496's map of 64 bytes to an element.
fn hash_to_group(input: &[u8]) -> RistrettoPoint {
    RistrettoPoint::from_uniform_bytes(&expand_message_xmd(input, &[b"HashToGroup-", CONTEXT].concat()))
}

/// RFC 9497, 4.1: 64 bytes, little-endian, modulo the order of the group.
fn hash_to_scalar(message: &[u8]) -> Scalar {
    Scalar::from_bytes_mod_order_wide(&expand_message_xmd(message, &[b"HashToScalar-", CONTEXT].concat()))
}

/// RFC 9497, 1.2: each part behind its length of two bytes.
fn with_lengths(parts: &[&[u8]]) -> Vec<u8> {
    let part = |part: &&[u8]| [&u16::try_from(part.len()).unwrap().to_be_bytes()[..], part].concat();
    parts.iter().flat_map(part).collect()
}

/// RFC 9497, 3.3.1 `Blind`.
fn blind(input: &[u8], blind: Scalar) -> RistrettoPoint {
    blind * hash_to_group(input)
}

/// RFC 9497, 2.2.2 `VerifyProof`: that one key has evaluated all of them.
fn verify(key: [u8; 32], blinded: &[RistrettoPoint], evaluated: &[RistrettoPoint], proof: &[u8]) -> bool {
    let bytes = |element: &RistrettoPoint| element.compress().to_bytes();
    let seed = Sha512::digest(with_lengths(&[&key, &[b"Seed-", CONTEXT].concat()]));
    let (mut m, mut z) = (RistrettoPoint::default(), RistrettoPoint::default());
    for (i, (c, d)) in blinded.iter().zip(evaluated).enumerate() {
        let place = u16::try_from(i).unwrap().to_be_bytes();
        let said =
            [&with_lengths(&[&seed])[..], &place, &with_lengths(&[&bytes(c), &bytes(d)]), b"Composite"];
        let weight = hash_to_scalar(&said.concat());
        m += weight * c;
        z += weight * d;
    }
    let [challenge, response] = [&proof[..32], &proof[32..]]
        .map(|half| Option::<Scalar>::from(Scalar::from_canonical_bytes(half.try_into().unwrap())));
    let (Some(challenge), Some(response)) = (challenge, response) else { return false };
    let t2 = response * RISTRETTO_BASEPOINT_POINT + challenge * element(&key);
    let t3 = response * m + challenge * z;
    let said = with_lengths(&[&key, &bytes(&m), &bytes(&z), &bytes(&t2), &bytes(&t3)]);
    hash_to_scalar(&[&said[..], b"Challenge"].concat()) == challenge
}

/// RFC 9497, 3.3.2 `Finalize`, once the proof is verified.
fn finalize(input: &[u8], blind: Scalar, evaluated: &RistrettoPoint) -> [u8; 64] {
    let unblinded = (blind.invert() * evaluated).compress().to_bytes();
    let said = [&with_lengths(&[input, &unblinded])[..], b"Finalize"].concat();
    Sha512::digest(said).into()
}

/// Whether docs/blind-queries.md's filter has a tag: read from its first bit, as the page says.
fn is_in(filter: &[u8], tag: &[u8]) -> bool {
    let (head, bits) = filter.split_at(16);
    assert_eq!(&head[..8], b"mvblind1");
    let entries = u64::from_be_bytes(head[8..].try_into().unwrap());
    let number = u64::from_be_bytes(tag[..8].try_into().unwrap());
    let wanted = (u128::from(number) * (u128::from(entries) << 20)) >> 64;
    let mut bits = bits.iter().flat_map(|byte| (0..8).rev().map(move |bit| byte >> bit & 1));
    let mut entry = 0_u128;
    (0..entries).any(|_| {
        let high = bits.by_ref().take_while(|bit| *bit == 1).count() as u128;
        let low = (0..20).fold(0, |low, _| low << 1 | u128::from(bits.next().unwrap()));
        entry += high << 20 | low;
        entry == wanted
    })
}

fn unhex<const N: usize>(text: &str) -> [u8; N] {
    hex::decode(text).unwrap().try_into().unwrap()
}

fn scalar(text: &str) -> Scalar {
    Scalar::from_canonical_bytes(unhex(text)).unwrap()
}

fn element(bytes: &[u8; 32]) -> RistrettoPoint {
    CompressedRistretto(*bytes).decompress().unwrap()
}

#[test]
fn the_steps_are_those_of_rfc_9497() {
    let inputs = RFC_INPUTS.map(|input| hex::decode(input).unwrap());
    let blinds = RFC_BLINDS.map(scalar);
    let blinded: Vec<_> = inputs.iter().zip(blinds).map(|(input, scalar)| blind(input, scalar)).collect();
    for (element, expected) in blinded.iter().zip(RFC_BLINDED) {
        assert_eq!(hex::encode(element.compress().to_bytes()), expected);
    }
    let evaluated = RFC_EVALUATED.map(|text| element(&unhex(text)));
    let (key, proof) = (unhex(RFC_PUBLIC_KEY), unhex::<64>(RFC_PROOF));
    assert!(verify(key, &blinded, &evaluated, &proof));
    for n in 0..2 {
        assert_eq!(hex::encode(finalize(&inputs[n], blinds[n], &evaluated[n])), RFC_OUTPUTS[n]);
    }
    // Of other elements, in another order, or by another key it proves nothing.
    let [one, two] = evaluated;
    assert!(!verify(key, &blinded, &[two, one], &proof));
    assert!(!verify(key, &blinded[..1], &[one], &proof));
    let other = EpochKey::derive(&[1; 32], &[2; 32], 3).public().to_bytes();
    assert!(!verify(other, &blinded, &evaluated, &proof));
    let mut bent = proof;
    bent[0] ^= 1;
    assert!(!verify(key, &blinded, &evaluated, &bent));
}

#[test]
fn a_stranger_finds_in_the_set_what_the_hub_has_put_there() {
    let key = EpochKey::derive(&[1; 32], &[2; 32], 3);
    let known: [u8; 16] = unhex(CONTENT);
    let mut selectors: Vec<_> =
        (0..300_u16).map(|n| [n.to_be_bytes(); 8].concat().try_into().unwrap()).collect();
    selectors.push(known);
    let mut set = FilterBuilder::default();
    for selector in selectors.iter().skip(150) {
        set.add(&key.tag(&Selector::Md5(*selector)));
    }
    let (filter, _) = set.finish();

    // What a stranger has: the set, the public key, and a hub that evaluates.
    let inputs: Vec<_> =
        selectors.iter().map(|digest| [b"meldeverbund blind v1\0\x04", &digest[..]].concat()).collect();
    let blinds: Vec<_> = (1..=inputs.len() as u64).map(|n| hash_to_scalar(&n.to_be_bytes())).collect();
    let blinded: Vec<_> = inputs.iter().zip(&blinds).map(|(input, scalar)| blind(input, *scalar)).collect();
    let sent: Vec<_> = blinded.iter().map(|element| element.compress().to_bytes()).collect();
    let answer = key.evaluate(&BlindedElements::read(&sent).unwrap(), &mut StdRng::seed_from_u64(1));
    let evaluated: Vec<_> = answer.elements.iter().map(element).collect();
    assert!(verify(key.public().to_bytes(), &blinded, &evaluated, &answer.proof));
    let found: Vec<_> = (0..inputs.len())
        .map(|n| is_in(&filter, &finalize(&inputs[n], blinds[n], &evaluated[n])[..16]))
        .collect();
    let expected: Vec<_> = (0..inputs.len()).map(|n| n >= 150).collect();
    assert_eq!(found, expected);
}

#[test]
fn what_the_page_shows_is_what_comes_out() {
    let key = EpochKey::derive(&[1; 32], &[2; 32], 3);
    let digest: [u8; 16] = unhex(CONTENT);
    let input = [b"meldeverbund blind v1\0\x04", &digest[..]].concat();
    let scalar = scalar(RFC_BLINDS[0]);
    let sent = blind(&input, scalar).compress().to_bytes();
    let answer = key.evaluate(&BlindedElements::read(&[sent]).unwrap(), &mut StdRng::seed_from_u64(1));
    let output = finalize(&input, scalar, &element(&answer.elements[0]));
    let mut set = FilterBuilder::default();
    set.add(&key.tag(&Selector::Md5(digest)));
    let made = [
        ("public key", hex::encode(key.public().to_bytes())),
        ("input", hex::encode(&input)),
        ("blind", RFC_BLINDS[0].to_owned()),
        ("blinded element", hex::encode(sent)),
        ("evaluated element", hex::encode(answer.elements[0])),
        ("tag", hex::encode(&output[..16])),
        ("filter of this tag alone", hex::encode(set.finish().0)),
    ];
    let page = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/liaison-client.md");
    let page = std::fs::read_to_string(page).unwrap();
    let rows: Vec<_> = made.iter().map(|(name, value)| format!("| {name} | `{value}` |")).collect();
    let rows = rows.join("\n");
    assert!(page.contains(&rows), "docs/liaison-client.md does not say:\n{rows}");
}
