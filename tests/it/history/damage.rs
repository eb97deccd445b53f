//! Damage, and objects that are large.

use std::fs;
use std::path::Path;

use super::{finds_both, gaps, has_gap, history, lives, removed, scan};
use crate::repository::{commit, found, git, put, repository, secret, told};

/// The place of an object in the pack of a repository that has one.
fn in_pack(root: &Path, id: &str) -> (std::path::PathBuf, usize, usize) {
    let pack = fs::read_dir(root.join(".git/objects/pack")).unwrap().map(|file| file.unwrap().path());
    let pack = pack.into_iter().find(|path| path.extension().is_some_and(|extension| extension == "pack")).unwrap();
    let listed = told(root, &["verify-pack", "-v", pack.with_extension("idx").to_str().unwrap()]);
    let line = listed.lines().find(|line| line.starts_with(id)).unwrap();
    let fields: Vec<&str> = line.split_whitespace().collect();
    (pack, fields[4].parse().unwrap(), fields[3].parse().unwrap())
}

#[test]
fn damage_costs_what_is_damaged() {
    let folder = removed(&[]);
    let root = folder.path();
    // A file with versions, one of another.
    let text = |line: &str| (0..400).map(|n| format!("{n} of a file\n")).collect::<String>() + line;
    for version in ["a=1\n", &secret("version"), "a=3\n", "a=4\n"] {
        commit(root, "versions.txt", &text(version));
    }
    git(root, &["gc", "-q"]);
    let newest = told(root, &["rev-parse", "HEAD:versions.txt"]);
    let (pack, offset, length) = in_pack(root, &newest);
    let whole = fs::read(&pack).unwrap();
    let write = |bytes: &[u8]| {
        let mut permissions = fs::metadata(&pack).unwrap().permissions();
        std::os::unix::fs::PermissionsExt::set_mode(&mut permissions, 0o644);
        fs::set_permissions(&pack, permissions).unwrap();
        fs::write(&pack, bytes).unwrap();
    };
    let mut bytes = whole.clone();
    bytes[offset + length / 2] ^= 0xff;
    write(&bytes);
    let ran = history(root).expect(1);
    finds_both(&ran);
    let damaged = gaps(&ran);
    assert!(damaged.iter().any(|(class, path, _)| class == "unreadable" && path.contains(&newest)), "{damaged:?}");
    // What is not damaged is still there, also where all the rest is cut off.
    for cut in [whole.len() - 21, whole.len() / 2, 40, 12, 0] {
        write(&whole[..cut]);
        let ran = history(root);
        assert!(matches!(ran.status, 1 | 3), "{cut}: {}\n{}", ran.status, ran.stderr);
        assert!(!gaps(&ran).is_empty(), "{cut}");
        assert!(!lives(&ran, "there").is_empty(), "{cut}");
    }
    write(&whole);
    // An index that is not there, one of another pack, and one that is cut off.
    let index = pack.with_extension("idx");
    let entries = fs::read(&index).unwrap();
    fs::remove_file(&index).unwrap();
    has_gap(&history(root).expect(1), "unreadable", "its index is not there");
    for cut in [0, 100, entries.len() / 2, entries.len() - 1] {
        fs::write(&index, &entries[..cut]).unwrap();
        let ran = history(root).expect(1);
        assert!(!gaps(&ran).is_empty(), "{cut}");
    }
    fs::write(&index, &entries).unwrap();
    finds_both(&history(root).expect(1));
    // Loose objects: damaged, of a name that is not theirs, no object at all.
    put(root, "loose.env", &secret("loose"));
    let loose = told(root, &["hash-object", "-w", "loose.env"]);
    fs::remove_file(root.join("loose.env")).unwrap();
    let file = root.join(".git/objects").join(&loose[..2]).join(&loose[2..]);
    let content = fs::read(&file).unwrap();
    fs::remove_file(&file).unwrap();
    for bytes in [&content[..content.len() / 2], b"", b"text"] {
        fs::write(&file, bytes).unwrap();
        let ran = history(root).expect(1);
        finds_both(&ran);
        assert!(gaps(&ran).iter().any(|(_, path, _)| path.contains(&loose)), "{:?}", gaps(&ran));
    }
}

#[test]
fn large_objects_are_read_within_a_budget() {
    let folder = repository(&[], &[("a.env", "a=1\n")]);
    let root = folder.path();
    let mut random = crate::plant::Noise::seeded("large objects");
    let mut text: String = std::iter::repeat_with(|| format!("{:x}\n", random.below(1 << 30))).take(700_000).collect();
    for version in 0..4 {
        text.push_str(&secret(&format!("large {version}")));
        commit(root, "large.txt", &text);
    }
    git(root, &["gc", "-q"]);
    let loose = format!("{text}{}", secret("loose"));
    put(root, "loose.txt", &loose);
    told(root, &["hash-object", "-w", "loose.txt"]);
    fs::remove_file(root.join("loose.txt")).unwrap();
    // So are messages, loose ones too.
    put(root, ".git/words", &format!("{text}{}", secret("message")));
    git(root, &["commit", "-q", "--allow-empty", "-F", ".git/words"]);
    fs::remove_file(root.join(".git/words")).unwrap();
    // What a fetch leaves has a line for each branch.
    let head = told(root, &["rev-parse", "HEAD"]);
    put(root, ".git/FETCH_HEAD", &format!("{head}\tnot-for-merge\tbranch 'x' of example\n").repeat(200));
    let ran = scan(root, &["--since", "HEAD~1"]).expect(1);
    let names = ["large 0", "large 1", "large 2", "large 3", "loose", "message"];
    let in_message = found(&ran, &names).into_iter().filter(|(_, name)| name == "message");
    assert_eq!((in_message.count(), gaps(&ran)), (1, vec![]));
    let ran = history(root).expect(1);
    for name in names {
        assert!(!lives(&ran, name).is_empty(), "{name}");
    }
    assert_eq!(gaps(&ran), []);
}
