//! Folder names that every file system takes, made from names that anybody may have chosen.

use std::collections::HashSet;

use super::limits::FOLDER_CHARS;

/// Names that old systems keep for devices, whatever follows the first dot.
const DEVICES: [&str; 6] = ["con", "prn", "aux", "nul", "com", "lpt"];

/// What a provider is called whose name has no letter that could be kept.
const NAMELESS: &str = "anbieter";

/// Names that were given, so that no two providers share a folder.
#[derive(Debug, Default)]
pub(super) struct Folders {
    taken: HashSet<String>,
}

impl Folders {
    /// A folder name for a provider; the second of the same name gets `-2`.
    pub(super) fn name(&mut self, provider: &str) -> String {
        let safe = safe(provider);
        let mut name = safe.clone();
        let mut number = 2_u64;
        while !self.taken.insert(name.clone()) {
            name = format!("{safe}-{number}");
            number += 1;
        }
        name
    }
}

/// Lower-case ASCII letters, digits, single hyphens and single dots between them.
fn safe(name: &str) -> String {
    let mut safe = String::new();
    for letter in name.chars().flat_map(char::to_lowercase) {
        match letter {
            'a'..='z' | '0'..='9' => safe.push(letter),
            'ä' => safe.push_str("ae"),
            'ö' => safe.push_str("oe"),
            'ü' => safe.push_str("ue"),
            'ß' => safe.push_str("ss"),
            '.' if safe.ends_with(|c: char| c.is_ascii_alphanumeric()) => safe.push('.'),
            _ if safe.ends_with(|c: char| c.is_ascii_alphanumeric()) => safe.push('-'),
            _ => {}
        }
    }
    safe.truncate(FOLDER_CHARS);
    let safe = safe.trim_end_matches(['-', '.']);
    let stem = safe.split('.').next().unwrap_or_default().trim_end_matches(|c: char| c.is_ascii_digit());
    match safe {
        "" => NAMELESS.to_owned(),
        _ if DEVICES.contains(&stem) => format!("{NAMELESS}-{safe}"),
        _ => safe.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn names_become_folders() {
        for (name, folder) in [
            ("files.example", "files.example"),
            ("Größte Dateien GmbH & Co. KG", "groesste-dateien-gmbh-co.kg"),
            ("../../etc/passwd", "etc-passwd"),
            ("a/b\\c:d", "a-b-c-d"),
            ("2001:db8::1", "2001-db8-1"),
            ("", "anbieter"),
            ("...", "anbieter"),
            ("файл", "anbieter"),
            ("CON", "anbieter-con"),
            ("lpt1.example", "anbieter-lpt1.example"),
            ("console.example", "console.example"),
            ("\u{202e}elpmaxe", "elpmaxe"),
        ] {
            assert_eq!(safe(name), folder, "{name}");
        }
        assert_eq!(safe(&"x".repeat(500)).len(), FOLDER_CHARS);
    }

    #[test]
    fn no_two_providers_share_a_folder() {
        let mut folders = Folders::default();
        let names = ["Files GmbH", "files-gmbh", "FILES  GMBH!", "files-gmbh-2"];
        assert_eq!(
            names.map(|name| folders.name(name)),
            ["files-gmbh", "files-gmbh-2", "files-gmbh-3", "files-gmbh-2-2"]
        );
    }

    proptest! {
        #[test]
        fn a_folder_is_one_plain_name(name in ".{0,80}") {
            let folder = safe(&name);
            prop_assert!(!folder.is_empty() && folder.len() <= FOLDER_CHARS + NAMELESS.len() + 1);
            prop_assert!(folder.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"-.".contains(&b)));
            prop_assert!(!folder.starts_with(['-', '.']) && !folder.ends_with(['-', '.']) && !folder.contains(".."));
        }
    }
}
