//! `scan --staged`: what `git commit` would record, in every way in which an index is kept.

use std::fs;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

use crate::plant::Noise;
use crate::repository::{command, found, git, pairs, put, repository, secret, told};
use crate::run::{Ran, Run, array, string, token};

fn scan(target: &Path) -> Ran {
    Run::scan(target, &["--staged", "--format", "json", "--show-secrets"]).go()
}

/// The file of a loose object.
fn object(root: &Path, name: &str) -> PathBuf {
    let id = told(root, &["rev-parse", name]);
    root.join(".git/objects").join(&id[..2]).join(&id[2..])
}

/// Classes and paths of the gaps.
#[track_caller]
fn classes(ran: &Ran) -> Vec<(String, String)> {
    array(&ran.json()["gaps"]).iter().map(|gap| (string(&gap["class"]), string(&gap["path"]))).collect()
}

#[test]
fn the_index_is_scanned_and_not_the_work_tree() {
    let folder = repository(&[], &[("old.env", &secret("old")), ("part.env", "a=1\n"), ("sub/kept.env", "a=1\n")]);
    let root = folder.path();
    put(root, "new.env", &secret("new"));
    put(root, "sub/new.env", &secret("below"));
    put(root, "part.env", &secret("staged"));
    git(root, &["add", "."]);
    // In the work tree alone: a change on top of a staged one, a change of its own, and a file that git does not know.
    put(root, "part.env", &secret("unstaged"));
    put(root, "sub/kept.env", &secret("changed"));
    put(root, "untracked.env", &secret("untracked"));
    let names = ["old", "new", "below", "staged", "unstaged", "changed", "untracked"];
    let ran = scan(root).expect(1);
    let expected = pairs(&[("new.env", "new"), ("part.env", "staged"), ("sub/new.env", "below")]);
    assert_eq!(found(&ran, &names), expected);
    let report = ran.json();
    assert_eq!(report["targets"][0]["kind"], "staged");
    assert_eq!(report["coverage"]["files_read"], 3);
    // A folder of the work tree is a scope of its own, with paths relative to it.
    assert_eq!(found(&scan(&root.join("sub")).expect(1), &names), pairs(&[("new.env", "below")]));
    git(root, &["commit", "-qm", "y"]);
    assert_eq!(found(&scan(root).expect(0), &names), []);
    // The plain scan sees what lies there, as ever.
    assert_eq!(Run::scan(root, &["--format", "json"]).go().places().len(), 6);
}

#[test]
fn what_the_file_had_before_is_not_told_of_again() {
    let folder = repository(&[], &[("a.env", &secret("old")), ("b.env", "x=1\n")]);
    let root = folder.path();
    put(root, "a.env", &format!("# first\n{}{}{}", secret("old"), secret("new"), secret("old")));
    git(root, &["add", "."]);
    let ran = scan(root).expect(1);
    assert_eq!(found(&ran, &["old", "new"]), pairs(&[("a.env", "new"), ("a.env", "old")]));
    let places = ran.places();
    assert_eq!(places.iter().map(|place| place.region[0]).collect::<Vec<_>>(), [3, 4], "the second of two is new");
    // In another file it is new there.
    put(root, "a.env", &secret("old"));
    put(root, "b.env", &secret("old"));
    git(root, &["add", "."]);
    assert_eq!(found(&scan(root).expect(1), &["old"]), pairs(&[("b.env", "old")]));
}

#[test]
fn what_is_moved_or_removed_is_nothing_new() {
    let folder = repository(&[], &[("a.env", &secret("a")), ("d/b.env", &secret("b")), ("d/e/c.env", &secret("c"))]);
    let root = folder.path();
    git(root, &["mv", "a.env", "moved.env"]);
    git(root, &["mv", "d", "elsewhere"]);
    assert_eq!(found(&scan(root).expect(0), &[]), []);
    git(root, &["reset", "-q", "--hard"]);
    git(root, &["rm", "-rq", "d"]);
    let report = scan(root).expect(0).json();
    assert_eq!(report["coverage"]["files_seen"], 0);
    // A file becomes a folder that holds it.
    git(root, &["reset", "-q", "--hard"]);
    git(root, &["rm", "-q", "--cached", "a.env"]);
    fs::rename(root.join("a.env"), root.join("kept")).unwrap();
    fs::create_dir(root.join("a.env")).unwrap();
    fs::rename(root.join("kept"), root.join("a.env/a.env")).unwrap();
    git(root, &["add", "."]);
    assert_eq!(found(&scan(root).expect(0), &[]), []);
    git(root, &["reset", "-q", "--hard"]);
    // A copy is new.
    fs::copy(root.join("a.env"), root.join("copy.env")).unwrap();
    git(root, &["add", "copy.env"]);
    assert_eq!(found(&scan(root).expect(1), &["a"]), pairs(&[("copy.env", "a")]));
}

#[test]
fn before_the_first_commit_all_of_the_index_is_new() {
    let folder = TempDir::new().unwrap();
    let root = folder.path();
    git(root, &["init", "-q"]);
    assert_eq!(found(&scan(root).expect(0), &[]), [], "no index yet");
    put(root, "a/b/c.env", &secret("c"));
    git(root, &["add", "."]);
    assert_eq!(found(&scan(root).expect(1), &["c"]), pairs(&[("a/b/c.env", "c")]));
}

#[test]
fn in_whatever_form_the_index_is_kept() {
    type Prepare = fn(&Path);
    let forms: [(&str, &[&str], Prepare); 7] = [
        ("version 2", &[], |root| git(root, &["update-index", "--index-version", "2"])),
        ("version 4", &[], |root| git(root, &["update-index", "--index-version", "4"])),
        ("split", &[], |root| git(root, &["update-index", "--split-index"])),
        ("sparse", &[], |root| {
            git(root, &["sparse-checkout", "set", "--cone", "--sparse-index", "kept"]);
        }),
        ("without known trees", &[], |root| {
            git(root, &["read-tree", "--empty"]);
            git(root, &["reset", "-q"]);
        }),
        ("packed", &[], |root| git(root, &["gc", "-q"])),
        ("sha256", &["--object-format=sha256"], |_| {}),
    ];
    for (form, options, prepare) in forms {
        let files = [("kept/a.env", "a=1\n"), ("gone/b.env", &*secret("b")), ("gone/x/c.env", "c=1\n")];
        let folder = repository(options, &files);
        let root = folder.path();
        prepare(root);
        assert_eq!(found(&scan(root).expect(0), &[]), [], "{form}");
        put(root, "kept/a.env", &secret("a"));
        put(root, "kept/new/d.env", &secret("d"));
        git(root, &["add", "kept"]);
        let expected = pairs(&[("kept/a.env", "a"), ("kept/new/d.env", "d")]);
        assert_eq!(found(&scan(root).expect(1), &["a", "b", "d"]), expected, "{form}");
    }
}

#[test]
fn a_folder_that_is_not_checked_out_can_be_staged_too() {
    let folder = repository(&[], &[("kept/a.env", "a=1\n"), ("gone/b.env", "b=1\n"), ("gone/x/c.env", "c=1\n")]);
    let root = folder.path();
    git(root, &["checkout", "-qb", "other"]);
    put(root, "gone/x/c.env", &secret("c"));
    git(root, &["commit", "-qam", "y"]);
    git(root, &["sparse-checkout", "set", "--cone", "--sparse-index", "kept"]);
    // The index has the trees of one commit, HEAD is another.
    git(root, &["reset", "-q", "--soft", "main"]);
    assert_eq!(found(&scan(root).expect(1), &["c"]), pairs(&[("gone/x/c.env", "c")]));
}

#[test]
fn linked_work_trees_links_and_what_is_only_announced() {
    let folder = repository(&[], &[("a.env", "a=1\n")]);
    let root = folder.path();
    let linked = TempDir::new().unwrap();
    let path = linked.path().join("linked");
    git(root, &["worktree", "add", "-q", "-b", "side", path.to_str().unwrap()]);
    put(&path, "a.env", &secret("linked"));
    git(&path, &["add", "."]);
    assert_eq!(found(&scan(&path).expect(1), &["linked"]), pairs(&[("a.env", "linked")]));
    assert_eq!(found(&scan(root).expect(0), &[]), [], "each has an index of its own");
    put(root, "announced.env", &secret("announced"));
    git(root, &["add", "--intent-to-add", "announced.env"]);
    assert_eq!(found(&scan(root).expect(0), &[]), [], "a commit leaves it out");
    symlink(format!("x/{}", token("target")), root.join("link")).unwrap();
    git(root, &["add", "link"]);
    assert_eq!(found(&scan(root).expect(1), &["target"]), pairs(&[("link", "target")]));
}

#[test]
fn conflicts_and_submodules_are_named() {
    let folder = repository(&[], &[("a.env", "a=1\n")]);
    let root = folder.path();
    git(root, &["checkout", "-qb", "side"]);
    put(root, "a.env", &secret("theirs"));
    git(root, &["commit", "-qam", "y"]);
    git(root, &["checkout", "-q", "main"]);
    put(root, "a.env", &secret("ours"));
    git(root, &["commit", "-qam", "z"]);
    assert!(!command(root).args(["merge", "-q", "side"]).output().unwrap().status.success(), "a conflict");
    let ran = scan(root).expect(1);
    assert_eq!(found(&ran, &["ours", "theirs"]), pairs(&[("a.env", "theirs")]));
    let notes = |ran: &Ran| array(&ran.json()["notes"]).iter().map(string).collect::<Vec<_>>().join("\n");
    assert!(notes(&ran).contains("there are conflicts"));
    git(root, &["merge", "--abort"]);
    let inner = repository(&[], &[("b.env", &secret("inner"))]);
    git(root, &["submodule", "--quiet", "add", inner.path().to_str().unwrap(), "inner"]);
    let ran = scan(root).expect(0);
    assert!(notes(&ran).contains("inner: another commit of this submodule"), "{}", notes(&ran));
}

#[test]
fn a_hook_sees_the_index_that_the_commit_is_made_of() {
    let folder = repository(&[], &[("a.env", "a=1\n"), ("b.env", "b=1\n")]);
    let root = folder.path();
    put(root, "a.env", &secret("a"));
    put(root, "b.env", &secret("b"));
    git(root, &["add", "a.env"]);
    let hook = root.join(".git/hooks/pre-commit");
    fs::create_dir_all(hook.parent().unwrap()).unwrap();
    let program = env!("CARGO_BIN_EXE_straykey");
    let line = format!("{program} scan --staged --format json --show-secrets > .git/report.json");
    fs::write(&hook, format!("#!/bin/sh\nexport STRAYKEY_FINGERPRINT_KEY=x\n{line}\n")).unwrap();
    fs::set_permissions(&hook, fs::Permissions::from_mode(0o755)).unwrap();
    let seen = |arguments: &[&str]| {
        let output = command(root).args(arguments).output().unwrap();
        assert!(!output.status.success(), "the hook stops the commit");
        let stdout = fs::read(root.join(".git/report.json")).unwrap();
        found(&Ran { status: 1, stdout, stderr: String::new() }, &["a", "b"])
    };
    assert_eq!(seen(&["commit", "-m", "x"]), pairs(&[("a.env", "a")]));
    assert_eq!(seen(&["commit", "-am", "x"]), pairs(&[("a.env", "a"), ("b.env", "b")]));
    assert_eq!(seen(&["commit", "-m", "x", "b.env"]), pairs(&[("b.env", "b")]));
}

#[test]
fn damage_is_a_gap_and_hides_nothing_else() {
    let staged = || {
        let folder = repository(&[], &[("d/a.env", "a=1\n"), ("d/e/b.env", "b=1\n")]);
        put(folder.path(), "d/a.env", &secret("a"));
        put(folder.path(), "d/e/b.env", &secret("b"));
        git(folder.path(), &["add", "."]);
        folder
    };
    let folder = staged();
    fs::remove_file(object(folder.path(), ":d/e/b.env")).unwrap();
    let ran = scan(folder.path()).expect(1);
    assert_eq!(found(&ran, &["a"]), pairs(&[("d/a.env", "a")]));
    assert_eq!(classes(&ran), pairs(&[("missing", "d/e/b.env")]));

    let folder = staged();
    let path = object(folder.path(), ":d/e/b.env");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(&path, "no zlib").unwrap();
    let ran = scan(folder.path()).expect(1);
    assert_eq!(found(&ran, &["a"]), pairs(&[("d/a.env", "a")]));
    assert_eq!(classes(&ran), pairs(&[("unreadable", "d/e/b.env")]));
    assert!(!ran.text().contains(".git/objects"), "a reason names no path: {}", ran.text());

    // A checksum that does not agree: what came is searched.
    let folder = staged();
    let path = object(folder.path(), ":d/e/b.env");
    let mut bytes = fs::read(&path).unwrap();
    *bytes.last_mut().unwrap() ^= 1;
    fs::remove_file(&path).unwrap();
    fs::write(&path, bytes).unwrap();
    assert_eq!(classes(&scan(folder.path()).expect(1)), pairs(&[("unreadable", "d/e/b.env")]));

    fs::remove_file(&path).unwrap();
    assert!(Command::new("mkfifo").arg(&path).status().expect("mkfifo can be started").success());
    let ran = scan(folder.path()).expect(1);
    assert_eq!(classes(&ran), pairs(&[("unreadable", "d/e/b.env")]));

    // Without the tree of a folder in HEAD all that is staged there counts as new.
    let folder = staged();
    fs::remove_file(object(folder.path(), "HEAD:d/e")).unwrap();
    let ran = scan(folder.path()).expect(1);
    assert_eq!(found(&ran, &["a", "b"]), pairs(&[("d/a.env", "a"), ("d/e/b.env", "b")]));
    assert_eq!(classes(&ran), pairs(&[("missing", "d/e")]));

    let folder = staged();
    fs::write(folder.path().join(".git/HEAD"), "nonsense\n").unwrap();
    let ran = scan(folder.path()).expect(1);
    assert_eq!(found(&ran, &["a", "b"]).len(), 2);
    assert_eq!(classes(&ran), pairs(&[("unreadable", "")]));

    let folder = staged();
    let index = folder.path().join(".git/index");
    let mut bytes = fs::read(&index).unwrap();
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&index, bytes).unwrap();
    let ran = scan(folder.path()).expect(3);
    assert_eq!(classes(&ran), pairs(&[("unreadable", "")]));
}

#[test]
fn bytes_that_were_changed_at_random_cannot_upset_the_scan() {
    let mut noise = Noise::seeded("damage");
    for form in ["2", "4", "split", "pack"] {
        let folder = repository(&[], &[("a/b.env", "b=1\n"), ("a/c/d.env", "d=1\n"), ("e.env", "e=1\n")]);
        let root = folder.path();
        match form {
            "split" => git(root, &["update-index", "--split-index"]),
            "pack" => git(root, &["gc", "-q"]),
            version => git(root, &["update-index", "--index-version", version]),
        }
        put(root, "a/new.env", &secret("new"));
        git(root, &["add", "."]);
        let folder = root.join(if form == "pack" { ".git/objects/pack" } else { ".git" });
        let files = fs::read_dir(folder).unwrap().map(|file| file.unwrap().path());
        let name = |file: &PathBuf| file.file_name().unwrap().to_string_lossy().into_owned();
        let files: Vec<PathBuf> = files
            .filter(|file| ["index", "sharedindex", "pack-"].iter().any(|start| name(file).starts_with(start)))
            .collect();
        for _ in 0..24 {
            let file = &files[noise.below(files.len())];
            let whole = fs::read(file).unwrap();
            let mut bytes = whole.clone();
            if form != "pack" {
                // An index without a checksum is believed.
                let end = bytes.len() - 20;
                bytes[end..].fill(0);
            }
            for _ in 0..=noise.below(4) {
                let at = noise.below(bytes.len());
                bytes[at] = [0, 1, 0x7f, 0x80, 0xff][noise.below(5)];
            }
            fs::remove_file(file).unwrap();
            fs::write(file, bytes).unwrap();
            let ran = scan(root);
            assert!([0, 1, 3].contains(&ran.status), "{form}: {} {}", ran.status, ran.stderr);
            fs::write(file, whole).unwrap();
        }
        assert_eq!(found(&scan(root).expect(1), &["new"]), pairs(&[("a/new.env", "new")]), "{form}");
    }
}

#[test]
fn large_files_are_read_as_they_come() {
    // Larger than what is held whole, and of lines that hardly shrink.
    let mut lines = String::new();
    let mut state = 1_u64;
    while lines.len() < 3 << 20 {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        lines.push_str(&format!("{state:x}\n"));
    }
    let folder = repository(&[], &[]);
    let root = folder.path();
    put(root, "large.log", &format!("{}{lines}{}", secret("first"), secret("last")));
    git(root, &["add", "."]);
    let names = ["first", "last"];
    assert_eq!(found(&scan(root).expect(1), &names), pairs(&[("large.log", "first"), ("large.log", "last")]));
    // Cut in two: what came is searched, and the rest is a gap.
    let path = object(root, ":large.log");
    let bytes = fs::read(&path).unwrap();
    fs::remove_file(&path).unwrap();
    fs::write(&path, &bytes[..bytes.len() / 2]).unwrap();
    let ran = scan(root).expect(1);
    assert_eq!(found(&ran, &names), pairs(&[("large.log", "first")]));
    assert_eq!(classes(&ran), pairs(&[("unreadable", "large.log")]));
    // In a pack.
    fs::write(&path, &bytes).unwrap();
    git(root, &["commit", "-qm", "x"]);
    git(root, &["gc", "-q"]);
    git(root, &["reset", "-q", "--soft", "HEAD~"]);
    assert_eq!(found(&scan(root).expect(1), &names), pairs(&[("large.log", "first"), ("large.log", "last")]));
}

#[test]
fn what_is_larger_than_the_budget_is_a_gap_in_packs_alone() {
    let folder = repository(&[], &[]);
    let root = folder.path();
    put(root, "huge.log", &format!("{}{}", "x\n".repeat(33 << 20), secret("huge")));
    git(root, &["add", "."]);
    assert_eq!(found(&scan(root).expect(1), &["huge"]), pairs(&[("huge.log", "huge")]));
    git(root, &["commit", "-qm", "x"]);
    git(root, &["gc", "-q"]);
    git(root, &["reset", "-q", "--soft", "HEAD~"]);
    assert_eq!(classes(&scan(root).expect(3)), pairs(&[("over-budget", "huge.log")]));
}

#[test]
fn references_that_cannot_be_read_make_all_of_the_index_new() {
    let folder = repository(&["--ref-format=reftable"], &[("a.env", &secret("a"))]);
    let ran = scan(folder.path()).expect(1);
    assert_eq!(found(&ran, &["a"]), pairs(&[("a.env", "a")]));
    assert_eq!(string(&ran.json()["gaps"][0]["class"]), "unreadable");
}

#[test]
fn nothing_that_the_configuration_names_is_run() {
    let folder = repository(&[], &[("a.env", "a=1\n")]);
    let root = folder.path();
    put(root, ".gitattributes", "*.env filter=evil diff=evil merge=evil\n");
    put(root, "a.env", &secret("a"));
    git(root, &["add", "."]);
    let mark = root.join("ran");
    let program = root.join("evil.sh");
    fs::write(&program, format!("#!/bin/sh\ntouch {}\n", mark.display())).unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
    let program = program.to_str().unwrap();
    for name in [
        "core.fsmonitor",
        "core.pager",
        "core.sshCommand",
        "core.editor",
        "core.alternateRefsCommand",
        "credential.helper",
        "diff.external",
        "diff.evil.textconv",
        "diff.evil.command",
        "filter.evil.clean",
        "filter.evil.smudge",
        "filter.evil.process",
        "merge.evil.driver",
        "gpg.program",
        "uploadpack.packObjectsHook",
    ] {
        git(root, &["config", name, program]);
    }
    git(root, &["config", "core.hooksPath", root.to_str().unwrap()]);
    fs::remove_file(&mark).ok();
    assert_eq!(found(&scan(root).expect(1), &["a"]), pairs(&[("a.env", "a")]));
    for arguments in [&["--history"][..], &["--history", "--allow-outside"], &["--since", "HEAD"], &[]] {
        let ran = Run::scan(root, arguments).go();
        assert!(matches!(ran.status, 0 | 1), "{}", ran.stderr);
    }
    assert!(!mark.exists(), "a program of the repository ran");
    // The mark would be seen: git itself runs them.
    drop(command(root).args(["status"]).output());
    assert!(mark.exists(), "the programs can run");
}

#[test]
fn only_folders_of_work_trees_have_anything_staged() {
    let folder = TempDir::new().unwrap();
    let ran = scan(folder.path()).expect(2);
    assert!(ran.stderr.contains("need directories in git work trees"), "{}", ran.stderr);
    Run::new(["scan", "--staged", "-"]).go().expect(2);
}

#[test]
fn exclusions_of_the_operator_hold() {
    let folder = repository(&[], &[]);
    let root = folder.path();
    put(root, "fixtures/a.env", &secret("a"));
    put(root, "b.env", &secret("b"));
    git(root, &["add", "."]);
    let configuration = TempDir::new().unwrap();
    put(configuration.path(), "c.toml", "[[exclude]]\npath = \"fixtures/\"\nreason = \"test data\"\n");
    let config = configuration.path().join("c.toml");
    let arguments = ["--staged", "--format", "json", "--show-secrets", "--config", config.to_str().unwrap()];
    let ran = Run::scan(root, &arguments).go().expect(1);
    assert_eq!(found(&ran, &["a", "b"]), pairs(&[("b.env", "b")]));
    assert_eq!(ran.json()["coverage"]["files_excluded"], 1);
}
