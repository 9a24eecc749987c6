use std::convert::Infallible;

use meldeverbund_proto::LinkId;
use proptest::prelude::*;
use rand::{SeedableRng as _, TryCryptoRng, TryRng, rngs::StdRng};
use voprf::VoprfServer;

use super::*;
use crate::{BlindedElements, EpochKey};

/// RFC 9497, A.1.2: ristretto255-SHA512, VOPRF mode.
struct Vector {
    inputs: &'static [&'static str],
    blinds: &'static [&'static str],
    blinded: &'static [&'static str],
    evaluated: &'static [&'static str],
    proof: &'static str,
    proof_random: &'static str,
    outputs: &'static [&'static str],
}

const SEED: [u8; 32] = [0xa3; 32];
const KEY_INFO: &[u8] = b"test key";
const PUBLIC_KEY: &str = "c803e2cc6b05fc15064549b5920659ca4a77b2cca6f04f6b357009335476ad4e";

const VECTORS: [Vector; 3] = [
    Vector {
        inputs: &["00"],
        blinds: &["64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706"],
        blinded: &["863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945"],
        evaluated: &["aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e"],
        proof: "ddef93772692e535d1a53903db24367355cc2cc78de93b3be5a8ffcc6985dd066d4346421d17bf5117a2a1ff0fcb2a759f58a539dfbe857a40bce4cf49ec600d",
        proof_random: "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e",
        outputs: &[
            "b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7da4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c",
        ],
    },
    Vector {
        inputs: &["5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"],
        blinds: &["64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706"],
        blinded: &["cc0b2a350101881d8a4cba4c80241d74fb7dcbfde4a61fde2f91443c2bf9ef0c"],
        evaluated: &["60a59a57208d48aca71e9e850d22674b611f752bed48b36f7a91b372bd7ad468"],
        proof: "401a0da6264f8cf45bb2f5264bc31e109155600babb3cd4e5af7d181a2c9dc0a67154fabf031fd936051dec80b0b6ae29c9503493dde7393b722eafdf5a50b02",
        proof_random: "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e",
        outputs: &[
            "8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6",
        ],
    },
    Vector {
        inputs: &["00", "5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a5a"],
        blinds: &[
            "64d37aed22a27f5191de1c1d69fadb899d8862b58eb4220029e036ec4c1f6706",
            "222a5e897cf59db8145db8d16e597e8facb80ae7d4e26d9881aa6f61d645fc0e",
        ],
        blinded: &[
            "863f330cc1a1259ed5a5998a23acfd37fb4351a793a5b3c090b642ddc439b945",
            "90a0145ea9da29254c3a56be4fe185465ebb3bf2a1801f7124bbbadac751e654",
        ],
        evaluated: &[
            "aa8fa048764d5623868679402ff6108d2521884fa138cd7f9c7669a9a014267e",
            "cc5ac221950a49ceaa73c8db41b82c20372a4c8d63e5dded2db920b7eee36a2a",
        ],
        proof: "cc203910175d786927eeb44ea847328047892ddf8590e723c37205cb74600b0a5ab5337c8eb4ceae0494c2cf89529dcf94572ed267473d567aeed6ab873dee08",
        proof_random: "419c4f4f5052c53c45f3da494d2b67b220d02118e0857cdbcf037f9ea84bbe0c",
        outputs: &[
            "b58cfbe118e0cb94d79b5fd6a6dafb98764dff49c14e1770b566e42402da1a7da4d8527693914139caee5bd03903af43a491351d23b430948dd50cde10d32b3c",
            "8a9a2f3c7f085b65933594309041fc1898d42d0858e59f90814ae90571a6df60356f4610bf816f27afdd84f47719e480906d27ecd994985890e5f539e7ea74b6",
        ],
    },
];

/// Gives the scalars of a vector: a scalar is drawn as 64 bytes, little-endian, reduced.
struct Scalars(std::vec::IntoIter<u8>);

impl Scalars {
    fn of(scalars: &[&str]) -> Self {
        let wide = scalars.iter().flat_map(|scalar| [hex::decode(scalar).unwrap(), vec![0; 32]].concat());
        Self(wide.collect::<Vec<_>>().into_iter())
    }
}

impl TryRng for Scalars {
    type Error = Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Infallible> {
        unreachable!("scalars are drawn as bytes")
    }

    fn try_next_u64(&mut self) -> Result<u64, Infallible> {
        unreachable!("scalars are drawn as bytes")
    }

    fn try_fill_bytes(&mut self, bytes: &mut [u8]) -> Result<(), Infallible> {
        bytes.fill_with(|| self.0.next().expect("no more is drawn than the vector has"));
        Ok(())
    }
}

impl TryCryptoRng for Scalars {}

#[test]
fn the_vectors_of_rfc_9497_byte_for_byte() {
    let key = EpochKey(VoprfServer::new_from_seed(&SEED, KEY_INFO).unwrap());
    assert_eq!(hex::encode(key.public().to_bytes()), PUBLIC_KEY);
    let hexes = |values: &[[u8; 32]]| values.iter().map(hex::encode).collect::<Vec<_>>();
    for vector in VECTORS {
        let inputs = vector.inputs.iter().map(|input| hex::decode(input).unwrap()).collect();
        let questions = Questions::blind_inputs(inputs, &mut Scalars::of(vector.blinds));
        assert_eq!(hexes(questions.elements()), vector.blinded);
        let batch = BlindedElements::read(questions.elements()).unwrap();
        let evaluated = key.evaluate(&batch, &mut Scalars::of(&[vector.proof_random]));
        assert_eq!(hexes(&evaluated.elements), vector.evaluated);
        assert_eq!(hex::encode(evaluated.proof), vector.proof);
        let outputs = questions.outputs(&key.public(), &evaluated.elements, &evaluated.proof).unwrap();
        assert_eq!(outputs.iter().map(hex::encode).collect::<Vec<_>>(), vector.outputs);
    }
}

fn key(epoch: u32) -> EpochKey {
    EpochKey::derive(&[1; 32], &[2; 32], epoch)
}

fn selectors(count: u8) -> Vec<Selector> {
    (0..count).map(|n| Selector::Link(LinkId::from_bytes([n; 32]))).collect()
}

#[test]
fn both_sides_find_the_same_tags() {
    let (key, mut rng) = (key(1), StdRng::seed_from_u64(1));
    let mut selectors = selectors(5);
    selectors.extend([Selector::Sha256([1; 32]), Selector::Sha1([1; 20]), Selector::Md5([1; 16])]);
    let questions = Questions::blind(&selectors, &mut rng);
    let evaluated = key.evaluate(&BlindedElements::read(questions.elements()).unwrap(), &mut rng);
    let tags = questions.finish(&key.public(), &evaluated.elements, &evaluated.proof).unwrap();
    let own: Vec<_> = selectors.iter().map(|selector| key.tag(selector)).collect();
    assert_eq!(tags, own);
    assert_ne!(key.tag(&selectors[0]), self::key(2).tag(&selectors[0]), "another epoch has other tags");
}

#[test]
fn what_the_proof_does_not_show_is_refused() {
    let mut rng = StdRng::seed_from_u64(2);
    let (key, other) = (key(1), key(2));
    let questions = Questions::blind(&selectors(3), &mut rng);
    let batch = BlindedElements::read(questions.elements()).unwrap();
    let good = key.evaluate(&batch, &mut rng);
    let finish = |elements: &[[u8; 32]], proof: &[u8]| questions.finish(&key.public(), elements, proof);
    assert!(finish(&good.elements, &good.proof).is_ok());

    let swapped = [good.elements[1], good.elements[0], good.elements[2]];
    assert_eq!(finish(&swapped, &good.proof), Err(BlindError::Proof));
    let foreign = [good.elements[0], other.evaluate(&batch, &mut rng).elements[1], good.elements[2]];
    assert_eq!(finish(&foreign, &good.proof), Err(BlindError::Proof), "one under another key");
    let with_other = other.evaluate(&batch, &mut rng);
    assert_eq!(
        finish(&with_other.elements, &with_other.proof),
        Err(BlindError::Proof),
        "all under another key"
    );
    for at in [0, 31, 32, 63] {
        let mut proof = good.proof;
        proof[at] ^= 1;
        assert_eq!(finish(&good.elements, &proof), Err(BlindError::Proof), "bit of byte {at}");
    }
    assert_eq!(finish(&good.elements, &good.proof[1..]), Err(BlindError::Proof));
    assert_eq!(finish(&good.elements, &[0; 64]), Err(BlindError::Proof));
    assert_eq!(finish(&good.elements[1..], &good.proof), Err(BlindError::Count { found: 2, expected: 3 }));
    let identity = [good.elements[0], [0; 32], good.elements[2]];
    assert_eq!(finish(&identity, &good.proof), Err(BlindError::Element { position: 1 }));
    let none = [good.elements[0], [0xff; 32], good.elements[2]];
    assert_eq!(finish(&none, &good.proof), Err(BlindError::Element { position: 1 }));
    assert_eq!(PublicKey::from_bytes(&[0; 32]), Err(BlindError::PublicKey));
    assert_eq!(PublicKey::from_bytes(&key.public().to_bytes()), Ok(key.public()));
}

#[test]
fn saved_questions_are_the_same_batch() {
    let (key, mut rng) = (key(1), StdRng::seed_from_u64(3));
    let selectors = selectors(3);
    let questions = Questions::blind(&selectors, &mut rng);
    let restored = Questions::restore(&selectors, &questions.save()).unwrap();
    assert_eq!(restored.elements(), questions.elements());
    let evaluated = key.evaluate(&BlindedElements::read(questions.elements()).unwrap(), &mut rng);
    let finish =
        |questions: &Questions| questions.finish(&key.public(), &evaluated.elements, &evaluated.proof);
    assert_eq!(finish(&restored), finish(&questions));
    for bad in [&questions.save()[1..], &questions.save()[64..], &[0; 192]] {
        assert_eq!(Questions::restore(&selectors, bad).unwrap_err(), BlindError::Saved);
    }
}

#[test]
fn one_selector_is_never_blinded_alike() {
    let mut rng = StdRng::seed_from_u64(4);
    let same = vec![Selector::Sha1([1; 20]); 10];
    let mut seen: Vec<_> = Questions::blind(&same, &mut rng).elements().to_vec();
    seen.extend(Questions::blind(&same, &mut rng).elements());
    seen.sort_unstable();
    seen.dedup();
    assert_eq!(seen.len(), 20);
}

proptest! {
    #[test]
    fn whatever_comes_off_the_wire_is_read_or_refused(
        elements in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 0..4),
        proof in prop::collection::vec(any::<u8>(), 0..70),
    ) {
        let questions = Questions::blind(&selectors(2), &mut StdRng::seed_from_u64(5));
        prop_assert!(questions.finish(&key(1).public(), &elements, &proof).is_err());
        let _ = BlindedElements::read(&elements);
    }
}
