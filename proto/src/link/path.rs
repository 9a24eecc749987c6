//! Path, query and fragment, in one pass.

use super::percent::{self, FRAGMENT, PATH, QUERY};

/// Writes what follows the authority; an empty path is `/`.
pub(super) fn write(out: &mut String, rest: &str) {
    let (rest, fragment) = split(rest, '#');
    let (path, query) = split(rest, '?');
    write_path(out, path);
    if let Some(query) = query {
        out.push('?');
        percent::write(out, query, &QUERY);
    }
    if let Some(fragment) = fragment.filter(|fragment| names_the_object(fragment)) {
        out.push('#');
        percent::write(out, fragment, &FRAGMENT);
    }
}

/// Segments without their dots, as WHATWG's path state has it. A backslash separates them as a slash does.
///
/// The crate `url` keeps `C:` before `..` for every scheme, where WHATWG does for `file` alone; so the path is not
/// left to it.
fn write_path(out: &mut String, path: &str) {
    let start = out.len();
    let path = path.strip_prefix(['/', '\\']).unwrap_or(path);
    let mut segments = path.split(['/', '\\']).peekable();
    while let Some(segment) = segments.next() {
        match dots(segment) {
            Some(dots) => {
                if dots == 2 {
                    out.truncate(start + out[start..].rfind('/').unwrap_or(0));
                }
                if segments.peek().is_none() {
                    out.push('/');
                }
            }
            None => {
                out.push('/');
                percent::write(out, segment, &PATH);
            }
        }
    }
}

/// One or two, if a segment is `.` or `..`, each dot plain or as `%2e`.
fn dots(segment: &str) -> Option<usize> {
    let mut rest = segment;
    let mut count = 0;
    while let Some(after) = [".", "%2e", "%2E"].iter().find_map(|dot| rest.strip_prefix(dot)) {
        rest = after;
        count += 1;
    }
    (rest.is_empty() && (1..=2).contains(&count)).then_some(count)
}

/// Whether the server is not told all: such a fragment is the page's own address of what it shows.
///
/// Mail programs and trackers write `#!` as `#%21`. Dropped, such links would all become one; so the escapes count.
fn names_the_object(fragment: &str) -> bool {
    fragment.starts_with('/')
        || fragment.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("%2f"))
        || fragment.contains('!')
        || fragment.contains("%21")
}

fn split(text: &str, at: char) -> (&str, Option<&str>) {
    match text.split_once(at) {
        Some((before, after)) => (before, Some(after)),
        None => (text, None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn written(rest: &str) -> String {
        let mut out = String::from("https://h.example");
        write(&mut out, rest);
        out.split_off("https://h.example".len())
    }

    #[test]
    fn dots_go_up_and_never_above_the_root() {
        for (rest, spelling) in [
            ("", "/"),
            ("/", "/"),
            ("/.", "/"),
            ("/..", "/"),
            ("/../../a", "/a"),
            ("/a/.", "/a/"),
            ("/a/..", "/"),
            ("/a/b/../c", "/a/c"),
            ("/a/b/%2E%2e", "/a/"),
            ("/a//../b", "/a/b"),
            ("//..//", "//"),
            ("/...", "/..."),
            ("/a/.%2e.", "/a/..."),
            ("\\a\\.\\b", "/a/b"),
        ] {
            assert_eq!(written(rest), spelling, "{rest}");
        }
    }

    #[test]
    fn a_drive_letter_is_a_segment_like_any_other() {
        for (rest, spelling) in [("/C:/../a", "/a"), ("/a/c|/..", "/a/"), ("/C:/a", "/C:/a")] {
            assert_eq!(written(rest), spelling, "{rest}");
        }
    }

    #[test]
    fn a_fragment_stays_if_it_names_the_object() {
        for kept in ["/#/a", "/#!a", "/#a!b", "/?a#/b", "/#%2Fa", "/#%21a"] {
            assert_eq!(written(kept), kept);
        }
        for (dropped, spelling) in [("/#", "/"), ("/#a/b", "/"), ("/?#a", "/?"), ("/a#%2", "/a"), ("#ä", "/")]
        {
            assert_eq!(written(dropped), spelling, "{dropped}");
        }
    }
}
