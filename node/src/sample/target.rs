//! Made-up objects at file hosts: each has an id of its own in its link, so that two of them never share one.

use super::{
    hosts::{self, Host, Hosts},
    rng::{Rng, Stream},
};

/// The parts of a link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Parts {
    pub(super) scheme: &'static str,
    /// With FTP, where it selects the directory.
    pub(super) user: Option<&'static str>,
    pub(super) host: Host,
    /// A port that is not the scheme's own.
    pub(super) port: Option<u16>,
    /// Begins with a slash.
    pub(super) path: String,
    /// With its question mark.
    pub(super) query: String,
    /// With its hash sign; only where it names the object.
    pub(super) fragment: String,
}

/// The link of a target, as it is found first. Every 25th of the odd targets is the twin of the one before it: nearly
/// the same link, and another object.
pub(super) fn found(seed: u64, hosts: &Hosts, target: u64) -> Parts {
    let mut rng = Rng::of(seed, Stream::Twin, target);
    if target % 2 == 1 && rng.per_mille(40) {
        twin(original(seed, hosts, target - 1), &mut rng)
    } else {
        original(seed, hosts, target)
    }
}

fn original(seed: u64, hosts: &Hosts, target: u64) -> Parts {
    let mut rng = Rng::of(seed, Stream::Target, target);
    let kind = rng.below(1000);
    let (scheme, host) = match kind {
        0..10 => ("http", hosts.pick_onion(&mut rng).clone()),
        10..15 => ("ftp", hosts::ftp(&mut rng)),
        _ => (if rng.per_mille(300) { "http" } else { "https" }, hosts.pick(&mut rng).clone()),
    };
    let id = id(seed, target);
    let (path, query, fragment) =
        if scheme == "ftp" { in_directory(&id) } else { at_file_host(&id, &mut rng) };
    let user = (scheme == "ftp" && rng.per_mille(500)).then_some("gast");
    let port = (scheme != "ftp" && rng.per_mille(15)).then_some(8080);
    Parts { scheme, user, host, port, path, query, fragment }
}

/// Twelve letters and digits. The steps can be undone, so that no two targets have the same.
fn id(seed: u64, target: u64) -> String {
    const DIGITS: &[u8; 36] = b"0123456789abcdefghijklmnopqrstuvwxyz";
    const BITS: u32 = 60;
    const MASK: u64 = (1 << BITS) - 1;
    let offset = Rng::of(seed, Stream::Target, u64::MAX).next();
    let mut number = target.wrapping_mul(0x9E37_79B9_7F4A_7C15).wrapping_add(offset) & MASK;
    number ^= number >> 31;
    number = number.wrapping_mul(0xBF58_476D_1CE4_E5B9) & MASK;
    let mut id = String::with_capacity(12);
    for _ in 0..12 {
        id.push(char::from(DIGITS[(number % 36) as usize]));
        number /= 36;
    }
    id
}

fn at_file_host(id: &str, rng: &mut Rng) -> (String, String, String) {
    let name = rng.pick(&["archiv", "bild", "urlaub-2019", "teil1", "neu", "B%C3%BCcher", "set_04", "a%20b"]);
    let number = rng.below(90) + 10;
    let none = String::new;
    match rng.below(16) {
        0..4 => (format!("/d/{id}"), none(), none()),
        4..7 => (format!("/file/{id}/{name}.html"), none(), none()),
        7..9 => (format!("/{id}"), none(), none()),
        9 => ("/download.php".to_owned(), format!("?id={id}"), none()),
        10 => (format!("/v/{id}"), format!("?sort=neu&seite={number}"), none()),
        11 => (format!("/folder/{number}/{id}/{name}.part{number}.rar"), none(), none()),
        12 => ("/".to_owned(), none(), format!("#!{id}!{number}")),
        13 => ("/app".to_owned(), none(), format!("#/datei/{id}")),
        14 => (format!("/Galerie/{id}/img_{number}.jpg"), none(), none()),
        _ => (format!("/{id}/{name}/"), none(), none()),
    }
}

fn in_directory(id: &str) -> (String, String, String) {
    (format!("/pub/{id}.zip"), String::new(), String::new())
}

/// Another object whose link differs in what names objects: the case of the path, `www.`, a slash at the end, a
/// further parameter.
fn twin(mut parts: Parts, rng: &mut Rng) -> Parts {
    let named_by_fragment = !parts.fragment.is_empty();
    match rng.below(4) {
        0 if !parts.host.is_onion && parts.scheme != "ftp" => {
            parts.host.name.insert_str(0, "www.");
            if let Some(umlauts) = &mut parts.host.umlauts {
                umlauts.insert_str(0, "www.");
            }
        }
        1 if !named_by_fragment && parts.scheme != "ftp" => {
            let mark = if parts.query.is_empty() { '?' } else { '&' };
            parts.query = format!("{}{mark}teil=2", parts.query);
        }
        2 if parts.query.is_empty() && !named_by_fragment => parts.path.push('/'),
        // A letter in front, because an id may have none.
        _ => parts.path = format!("/A{}", &parts.path[1..]),
    }
    parts
}
