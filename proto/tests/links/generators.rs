//! Links as they come, and nastier: each part is drawn from what trips parsers.

use proptest::{
    collection::vec,
    prelude::{Just, Strategy, any, prop_oneof},
    sample::select,
};

/// An onion address whose checksum is right; made from no key that anybody has.
const ONION: &str = "sjg23spp5fhxjdw57c4hubhfwg7wg5yghvv3jatpa5gf2jajv64px2qd.onion";

const HOSTS: [&str; 44] = [
    "h.example",
    "H.Example",
    "www.h.example",
    "a.b.h.example",
    "h.example.",
    "h.example..",
    ".h.example",
    "a..h.example",
    "a_b.example",
    "-a-.example",
    "localhost",
    "co.uk",
    "1.example",
    "h.1",
    "bücher.example",
    "xn--bcher-kva.example",
    "XN--bcher-KVA.example",
    "xn--a.example",
    "faß.example",
    "h。example",
    "ｈ.example",
    "h%2eexample",
    "%68.example",
    "h\u{ad}.example",
    "192.0.2.1",
    "3221225985",
    "0xC0.0.0x2.1",
    "0300.0.2.01",
    "192.0.2.256",
    "192.0.2.1.",
    "[2001:db8::1]",
    "[2001:DB8:0:0::1]",
    "[::ffff:192.0.2.1]",
    "[fe80::1%25e]",
    "[::1",
    "",
    ".",
    "h example",
    "h\"i.example",
    "h.example,i",
    ONION,
    "onion",
    "aaaaaaaaaaaaaaaa.onion",
    "b.example\\@c.example",
];

const PIECES: [&str; 58] = [
    "a",
    "b",
    "C",
    "Z",
    "0",
    "1",
    "4",
    "f",
    "-",
    ".",
    "_",
    "~",
    "!",
    "$",
    "&",
    "'",
    "(",
    ")",
    "*",
    "+",
    ",",
    ";",
    "=",
    ":",
    "@",
    "/",
    "//",
    "/./",
    "/../",
    "..",
    "%2e",
    "%2E%2e",
    "%",
    "%%",
    "%4",
    "%41",
    "%7e",
    "%7E",
    "%2f",
    "%2F",
    "%25",
    "%2541",
    "%zz",
    "%e4",
    "%C3%A4",
    "ä",
    "\u{1f600}",
    " ",
    "\"",
    "<",
    ">",
    "`",
    "{",
    "}",
    "|",
    "^",
    "[",
    "\\",
];

fn any_of(choices: &'static [&'static str]) -> impl Strategy<Value = String> {
    select(choices).prop_map(str::to_owned)
}

fn pieces(most: usize) -> impl Strategy<Value = String> {
    vec(select(&PIECES[..]), 0..most).prop_map(|pieces| pieces.concat())
}

fn scheme() -> impl Strategy<Value = String> {
    prop_oneof![
        12 => any_of(&["https://", "http://", "ftp://"]),
        3 => any_of(&["HTTPS://", "hTTp://", "http:", "https:/", "https:///", "ftp:\\\\", "https:\\/"]),
        1 => any_of(&["hxxp://", "data:", "file://", "", "//", " https://", "ht\ttp://", "\u{feff}http://", "a:"]),
    ]
}

fn userinfo() -> impl Strategy<Value = String> {
    prop_oneof![
        6 => Just(String::new()),
        2 => any_of(&["u@", "u:p@", ":@", "@", "u:@", ":p@", "a@b@", "%75%%341@", "u%40:%2f@", "i.example:80@", "ä:'@"]),
        1 => pieces(4).prop_map(|user| user + "@"),
    ]
}

fn host() -> impl Strategy<Value = String> {
    prop_oneof![
        8 => any_of(&HOSTS),
        4 => "[a-z0-9_-]{1,8}(\\.[a-z0-9-]{1,8}){0,2}\\.(example|test|invalid)",
        1 => "(0x)?[0-9a-f]{1,9}(\\.(0x)?[0-9]{1,3}){0,4}",
        1 => "\\[[0-9a-fA-F:.]{1,24}\\]",
        1 => "\\PC{1,6}(\\.example)?",
    ]
}

fn port() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just(String::new()),
        3 => any_of(&[":80", ":443", ":21", ":8080", ":", ":0443", ":0", ":65535", ":65536", ":x", ":-1"]),
        1 => any::<u16>().prop_map(|port| format!(":{port}")),
    ]
}

/// What follows the authority.
pub(crate) fn rest() -> impl Strategy<Value = String> {
    let path = prop_oneof![1 => Just(String::new()), 6 => pieces(10).prop_map(|path| format!("/{path}"))];
    let query = prop_oneof![2 => Just(String::new()), 1 => pieces(8).prop_map(|query| format!("?{query}"))];
    let begin = any_of(&["", "/", "!", "%21", "%2f", "a!"]);
    let fragment = prop_oneof![
        2 => Just(String::new()),
        1 => (begin, pieces(6)).prop_map(|(begin, end)| format!("#{begin}{end}")),
    ];
    (path, query, fragment).prop_map(|(path, query, fragment)| path + &query + &fragment)
}

/// A text that looks like a link; about half of them have a canonical form.
pub(crate) fn link_like() -> impl Strategy<Value = String> {
    (scheme(), userinfo(), host(), port(), rest(), blemish()).prop_map(
        |(scheme, user, host, port, rest, blemish)| {
            let link = scheme + &user + &host + &port + &rest;
            match blemish {
                Some((character, at)) => {
                    let at = link.floor_char_boundary(at % (link.len() + 1));
                    let (before, after) = link.split_at(at);
                    format!("{before}{character}{after}")
                }
                None => link,
            }
        },
    )
}

/// One character at some place, now and then.
fn blemish() -> impl Strategy<Value = Option<(char, usize)>> {
    let character = prop_oneof![
        select(&['\t', '\n', '\0', '\\', '@', '#', '%', ':', '[', ' ', '\u{200b}'][..]),
        any::<char>()
    ];
    prop_oneof![5 => Just(None), 1 => (character, any::<usize>()).prop_map(Some)]
}
