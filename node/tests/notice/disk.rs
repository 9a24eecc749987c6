//! Everything or nothing.

use std::{fs, os::unix::fs::PermissionsExt as _, path::PathBuf};

use meldeverbund_node::notice::{Item, Options, Package, WriteError, write};

use crate::{item, options, provider, sender};

fn packages(items: Vec<Item>) -> Vec<Package> {
    Package::plan(items, &sender(), &Options::default()).unwrap()
}

fn names(folder: &std::path::Path) -> Vec<String> {
    let mut names: Vec<String> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[test]
fn one_folder_a_provider_for_this_account_alone() {
    let disk = tempfile::tempdir().unwrap();
    let dir = disk.path().join("notices");
    let items = vec![
        item(1, "https://b.example/1"),
        item(2, "https://a.example/2"),
        item(3, "https://www.b.example/3"),
    ];
    let written = write(&packages(items), &dir).unwrap();
    assert_eq!(names(disk.path()), ["notices"], "nothing is left beside it");
    assert_eq!(names(&dir), ["a.example", "b.example"]);
    assert_eq!(written.iter().map(|one| one.links).collect::<Vec<_>>(), [1, 2]);
    assert_eq!(
        names(&written[1].folder),
        ["answer.csv", "letter.html", "letter.txt", "links.csv", "notice.xarf.json"]
    );
    let mode = |path: &PathBuf| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&dir), 0o700);
    assert_eq!(mode(&written[0].folder), 0o700);
    assert_eq!(mode(&written[0].folder.join("links.csv")), 0o600);
}

#[test]
fn two_providers_whose_names_become_one() {
    let disk = tempfile::tempdir().unwrap();
    let list = [
        provider("Files & Mehr", &["one.example"]),
        provider("files mehr", &["two.example"]),
        provider("three.example", &["cdn.example"]),
    ];
    let items = vec![
        item(1, "https://one.example/1"),
        item(2, "https://two.example/2"),
        item(3, "https://cdn.example/3"),
        item(4, "https://three.example/4"),
    ];
    let packages = Package::plan(items, &sender(), &options(&list)).unwrap();
    let written = write(&packages, &disk.path().join("notices")).unwrap();
    assert_eq!(
        names(&disk.path().join("notices")),
        ["files-mehr", "files-mehr-2", "three.example", "three.example-2"]
    );
    assert!(written.iter().all(|one| one.links == 1), "a listed provider is not the domain of the same name");
}

#[test]
fn what_exists_is_never_touched() {
    let disk = tempfile::tempdir().unwrap();
    let dir = disk.path().join("notices");
    let packages = packages(vec![item(1, "https://a.example/1")]);
    fs::create_dir(&dir).unwrap();
    assert!(matches!(write(&packages, &dir), Err(WriteError::Exists)), "even an empty folder");
    fs::remove_dir(&dir).unwrap();
    fs::write(&dir, "a file").unwrap();
    assert!(matches!(write(&packages, &dir), Err(WriteError::Exists)));
    fs::remove_file(&dir).unwrap();
    std::os::unix::fs::symlink("nowhere", &dir).unwrap();
    assert!(matches!(write(&packages, &dir), Err(WriteError::Exists)), "even a link to nowhere");
    fs::remove_file(&dir).unwrap();

    fs::create_dir(disk.path().join(".notices.part")).unwrap();
    assert!(matches!(write(&packages, &dir), Err(WriteError::Unfinished)));
    assert_eq!(names(disk.path()), [".notices.part"], "what another export left is not removed");
    assert!(matches!(
        write(&packages, &disk.path().join("..")),
        Err(WriteError::Exists | WriteError::NoName)
    ));
}

#[test]
fn a_disk_that_refuses_midway_leaves_nothing() {
    // The first provider's files fit below the system's longest path, the second one's do not.
    const LONGEST_PATH: usize = 4_095;
    let disk = tempfile::tempdir().unwrap();
    let parts = "/.notices.part/a.example/notice.xarf.json".len();
    let mut deep = disk.path().to_owned();
    while deep.as_os_str().len() + parts + 2 < LONGEST_PATH {
        let room = LONGEST_PATH - parts - deep.as_os_str().len() - 1;
        deep.push("x".repeat(room.min(200)));
    }
    fs::create_dir_all(&deep).unwrap();
    let dir = deep.join("notices");
    let first = item(1, "https://a.example/1");
    let second = item(2, "https://a-longer-name-of-a-provider.example/2");

    let both = write(&packages(vec![first.clone(), second]), &dir);
    assert!(matches!(both, Err(WriteError::Io(_))), "{both:?}");
    assert_eq!(names(&deep), [""; 0]);

    write(&packages(vec![first]), &dir).unwrap();
    assert_eq!(names(&deep), ["notices"], "the first alone fits");
}

#[test]
fn a_folder_that_cannot_be_made_is_an_error() {
    let disk = tempfile::tempdir().unwrap();
    let dir = disk.path().join("absent").join("notices");
    let refused = write(&packages(vec![item(1, "https://a.example/1")]), &dir);
    assert!(matches!(refused, Err(WriteError::Io(_))));
    assert_eq!(names(disk.path()), [""; 0]);
}
