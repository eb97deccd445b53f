//! Tests of the file policy through the walk, on trees in temporary folders.

#[cfg(unix)]
mod unix;

use std::collections::BTreeMap;

use super::*;
use crate::source::git::tests::{git, write};

/// All that a walk told, sorted.
#[derive(Debug, Default, PartialEq, Eq)]
struct Told {
    files: Vec<Vec<u8>>,
    gaps: Vec<(GapClass, Vec<u8>, u64)>,
    excluded: Vec<(ExclusionClass, Vec<u8>)>,
    directories: u64,
    links_inside: u64,
    aggregated: Vec<(ExclusionClass, Vec<u8>, u64)>,
    notes: Vec<String>,
}

impl Told {
    /// Files, links and special files accounted for.
    fn accounted(&self) -> u64 {
        self.files.len() as u64
            + self.excluded.len() as u64
            + self.links_inside
            + self.gaps.iter().map(|gap| gap.2).sum::<u64>()
            + self.aggregated.iter().map(|exclusion| exclusion.2).sum::<u64>()
    }

    fn has(&self, path: &str) -> bool {
        self.files.iter().any(|file| file == path.as_bytes())
    }

    /// Number of files of each exclusion of one class.
    fn counts(&self, class: ExclusionClass) -> BTreeMap<String, u64> {
        let of_class = self.aggregated.iter().filter(|exclusion| exclusion.0 == class);
        of_class.map(|(_, path, files)| (String::from_utf8_lossy(path).into(), *files)).collect()
    }

    fn ignored(&self) -> BTreeMap<String, u64> {
        self.counts(ExclusionClass::GitIgnored)
    }
}

fn walk_with(root: &Path, no_ignore: bool, threads: usize) -> Told {
    walk_as(root, &WalkOptions { no_ignore, threads, ..WalkOptions::default() })
}

fn walk_as(root: &Path, options: &WalkOptions) -> Told {
    let told = Mutex::new(Told::default());
    let summary = walk(root, 7, options, &|| {
        Box::new(|met| {
            let mut told = told.lock().expect("no panics");
            match met {
                Met::File { path, relative } => {
                    assert!(path.ends_with(&*os::path_from_bytes(&relative)) || path == root);
                    told.files.push(relative);
                }
                Met::Gap { class, relative, reason, files } => {
                    assert!(!reason.is_empty() && !reason.contains('/'), "{reason}");
                    told.gaps.push((class, relative, files));
                }
                Met::Excluded { class, relative } => told.excluded.push((class, relative)),
                Met::Directory => told.directories += 1,
                Met::LinkInside => told.links_inside += 1,
            }
        })
    });
    let mut told = told.into_inner().expect("no panics");
    told.files.sort();
    told.gaps.sort();
    told.excluded.sort();
    assert!(summary.exclusions.is_sorted());
    told.aggregated = summary
        .exclusions
        .iter()
        .map(|exclusion| {
            assert_eq!(exclusion.origin.target(), 7);
            (exclusion.class, exclusion.origin.path_bytes().to_vec(), exclusion.files)
        })
        .collect();
    told.notes = summary.notes;
    told
}

/// Walks with one thread and with several, and checks that both tell the same and that all entries are accounted for.
fn check(root: &Path, no_ignore: bool) -> Told {
    let told = walk_with(root, no_ignore, 1);
    assert_eq!(told, walk_with(root, no_ignore, 4));
    assert_eq!(told.accounted(), entries(root), "{told:#?}");
    told
}

/// Files, links and special files below a folder, counted independently.
fn entries(folder: &Path) -> u64 {
    let Ok(list) = fs::read_dir(folder) else { return 0 };
    list.map(|entry| {
        let entry = entry.expect("an entry");
        if entry.file_type().expect("a type").is_dir() { entries(&entry.path()) } else { 1 }
    })
    .sum()
}

fn temporary() -> tempfile::TempDir {
    tempfile::tempdir().expect("temporary directory")
}

fn repository() -> tempfile::TempDir {
    let folder = temporary();
    git(folder.path(), &["init", "-q"]);
    folder
}

#[test]
fn outside_of_work_trees_no_ignore_file_is_obeyed() {
    let folder = temporary();
    for name in [".gitignore", ".ignore", ".rgignore", ".fdignore"] {
        write(folder.path(), name, "*\n");
    }
    write(folder.path(), ".hidden/a", "a");
    write(folder.path(), "b/c", "c");
    let told = check(folder.path(), false);
    assert_eq!(told.files.len(), 6);
    assert_eq!(told.directories, 3);
    assert!(told.has(".hidden/a") && told.has("b/c"));
}

#[test]
fn inside_of_work_trees_only_git_s_ignore_files_are_obeyed() {
    let folder = repository();
    write(folder.path(), ".ignore", "*\n");
    write(folder.path(), ".rgignore", "*\n");
    write(folder.path(), ".gitignore", "*.log\n/out/\n!keep.log\n");
    write(folder.path(), ".git/info/exclude", "local\n");
    for path in ["a.log", "keep.log", "out/x", "out/deep/y", "out/deep/keep.log", "sub/out/z", "sub/local"] {
        write(folder.path(), path, "x");
    }
    write(folder.path(), "sub/.gitignore", "!b.log\n");
    write(folder.path(), "sub/b.log", "x");
    let told = check(folder.path(), false);
    let expected = [("a.log", 1), ("out", 3), ("sub/local", 1)];
    assert_eq!(told.ignored(), expected.map(|(path, files)| (path.to_owned(), files)).into());
    for path in ["keep.log", "sub/b.log", "sub/out/z", ".ignore"] {
        assert!(told.has(path), "{path}");
    }
    let told = check(folder.path(), true);
    assert!(told.ignored().is_empty());
    assert!(told.has("out/deep/y") && told.has("a.log"));
    assert_eq!(told.counts(ExclusionClass::GitDirectory).len(), 1);
}

#[test]
fn the_user_s_own_excludes_do_not_count() {
    let folder = repository();
    write(folder.path(), "mine", "*.txt\n");
    let mine = folder.path().join("mine");
    git(folder.path(), &["config", "core.excludesFile", mine.to_str().expect("a plain name")]);
    write(folder.path(), "a.txt", "a");
    assert!(check(folder.path(), false).has("a.txt"));
}

#[test]
fn tracked_files_are_scanned_although_ignored() {
    let folder = repository();
    write(folder.path(), "out/tracked", "t");
    write(folder.path(), "out/deep/tracked", "t");
    write(folder.path(), "a.log", "t");
    git(folder.path(), &["add", "."]);
    write(folder.path(), ".gitignore", "out\n*.log\n");
    write(folder.path(), "out/deep/untracked", "u");
    write(folder.path(), "b.log", "u");
    let told = check(folder.path(), false);
    for path in ["out/tracked", "out/deep/tracked", "a.log"] {
        assert!(told.has(path), "{path}");
    }
    let expected = [("b.log".to_owned(), 1), ("out".to_owned(), 1)];
    assert_eq!(told.ignored(), expected.into());
    assert!(told.notes.is_empty());
}

#[test]
fn names_that_hold_secrets_are_scanned_even_in_ignored_directories() {
    let folder = repository();
    write(folder.path(), ".gitignore", ".env*\nvendor/\n*\n");
    for path in [".env", ".env.local", "vendor/x/.npmrc", "vendor/x/y/id_rsa", "vendor/x/index.js", "n"] {
        write(folder.path(), path, "x");
    }
    let told = check(folder.path(), false);
    for path in [".env", ".env.local", "vendor/x/.npmrc", "vendor/x/y/id_rsa"] {
        assert!(told.has(path), "{path}");
    }
    assert!(!told.has("vendor/x/index.js"));
    let expected = [(".gitignore", 1), ("n", 1), ("vendor", 1)];
    assert_eq!(told.ignored(), expected.map(|(path, files)| (path.to_owned(), files)).into());
}

#[test]
fn without_a_usable_index_nothing_is_ignored_and_a_note_says_so() {
    let folder = repository();
    write(folder.path(), ".gitignore", "out/\n");
    write(folder.path(), "out/a", "a");
    assert_eq!(check(folder.path(), false).ignored().len(), 1);
    fs::write(folder.path().join(".git/index"), "damaged index").expect("write");
    let told = check(folder.path(), false);
    assert!(told.has("out/a"));
    assert_eq!(told.notes.len(), 1);
    assert!(told.notes[0].contains("at the target"), "{:?}", told.notes);

    let folder = temporary();
    git(folder.path(), &["init", "-q", "--object-format=sha256", "sub"]);
    write(folder.path(), "sub/.gitignore", "out/\n");
    write(folder.path(), "sub/out/a", "a");
    let told = check(folder.path(), false);
    assert!(told.has("sub/out/a") && told.notes[0].contains("work tree sub"), "{:?}", told.notes);
}

#[test]
fn an_oversized_ignore_file_is_not_obeyed_and_a_note_says_so() {
    let folder = repository();
    write(folder.path(), "sub/.gitignore", &"a\n".repeat(1 << 20));
    write(folder.path(), "sub/a", "a");
    let told = check(folder.path(), false);
    assert!(told.has("sub/a"));
    assert!(told.notes[0].contains("of sub is not obeyed"), "{:?}", told.notes);
}

#[test]
fn rules_do_not_reach_into_nested_work_trees() {
    let folder = repository();
    write(folder.path(), ".gitignore", "vendor/\n*.gen\n");
    write(folder.path(), "vendor/plain", "p");
    let inner = folder.path().join("vendor/inner");
    write(&inner, "a.gen", "a");
    git(&inner, &["init", "-q"]);
    write(&inner, ".gitignore", "*.tmp\n");
    write(&inner, "sub/b.tmp", "b");
    write(&inner, "sub/c.gen", "c");
    let told = check(folder.path(), false);
    assert!(told.has("vendor/inner/a.gen") && told.has("vendor/inner/sub/c.gen"));
    let expected = [("vendor/inner/sub/b.tmp".to_owned(), 1), ("vendor".to_owned(), 1)];
    assert_eq!(told.ignored(), expected.into());
    assert_eq!(told.counts(ExclusionClass::GitDirectory).len(), 2);
}

#[test]
fn files_that_the_outer_index_holds_are_scanned_in_an_inner_work_tree() {
    let folder = repository();
    write(folder.path(), "sub/kept.txt", "k");
    git(folder.path(), &["add", "."]);
    git(&folder.path().join("sub"), &["init", "-q"]);
    write(folder.path(), "sub/.gitignore", "*.txt\n");
    write(folder.path(), "sub/other.txt", "o");
    let told = check(folder.path(), false);
    assert!(told.has("sub/kept.txt") && !told.has("sub/other.txt"));
}

#[test]
fn a_target_inside_of_a_work_tree_obeys_the_rules_above_it() {
    let folder = repository();
    write(folder.path(), ".gitignore", "*.log\n/a/b/anchored\nwhole/\n");
    write(folder.path(), "a/.gitignore", "!kept.log\n");
    for path in ["a/b/x.log", "a/b/kept.log", "a/b/anchored", "a/b/tracked.log", "a/b/c/anchored"] {
        write(folder.path(), path, "x");
    }
    write(folder.path(), "whole/file", "x");
    git(folder.path(), &["add", "-f", "a/b/tracked.log"]);
    let told = check(&folder.path().join("a/b"), false);
    let expected = [("anchored".to_owned(), 1), ("x.log".to_owned(), 1)];
    assert_eq!(told.ignored(), expected.into());
    assert!(told.has("kept.log") && told.has("tracked.log") && told.has("c/anchored"));
    // What the operator names is scanned.
    assert!(check(&folder.path().join("whole"), false).has("file"));
}

#[test]
fn of_git_directories_configuration_and_hooks_are_scanned() {
    let inner = repository();
    write(inner.path(), "a", "a");
    git(inner.path(), &["add", "."]);
    git(inner.path(), &["commit", "-qm", "x"]);
    let folder = repository();
    let url = inner.path().to_str().expect("a plain name");
    git(folder.path(), &["submodule", "--quiet", "add", url, "sub"]);
    write(folder.path(), ".git/hooks/pre-commit", "#!/bin/sh\n");
    write(folder.path(), ".git/config.worktree", "");
    let told = check(folder.path(), false);
    for path in
        [".git/config", ".git/config.worktree", ".git/hooks/pre-commit", ".git/modules/sub/config", "sub/.git", "sub/a"]
    {
        assert!(told.has(path), "{path}");
    }
    let rest = |file: &&Vec<u8>| file.starts_with(b".git/") && !file.windows(5).any(|w| w == b"hooks");
    assert_eq!(told.files.iter().filter(rest).count(), 3);
    let git_directories = told.counts(ExclusionClass::GitDirectory);
    assert_eq!(git_directories.keys().collect::<Vec<_>>(), [".git"]);
    assert!(git_directories[".git"] > 10);
    assert!(told.gaps.is_empty());
}

#[test]
fn a_bare_repository_is_a_gap_and_hides_nothing_but_git_s_files() {
    let folder = temporary();
    git(folder.path(), &["init", "-q", "--bare", "store"]);
    write(folder.path(), "store/objects/src/key.txt", "k");
    write(folder.path(), "store/deploy.txt", "d");
    for (root, prefix) in [(folder.path().to_path_buf(), "store"), (folder.path().join("store"), "")] {
        let told = check(&root, false);
        let under = |path: &str| {
            if prefix.is_empty() { path.to_owned() } else { format!("{prefix}/{path}") }
        };
        assert_eq!(told.gaps, [(GapClass::Opaque, prefix.as_bytes().to_vec(), 0)]);
        for path in ["config", "deploy.txt", "objects/src/key.txt"] {
            assert!(told.has(&under(path)), "{path}");
        }
        assert!(!told.has(&under("HEAD")));
        assert!(told.counts(ExclusionClass::GitDirectory)[prefix] >= 3);
    }
}

#[test]
fn what_looks_like_a_bare_repository_and_is_tracked_hides_nothing() {
    let folder = repository();
    for place in ["outer", "outer/inner"] {
        for name in ["HEAD", "objects/kept", "refs/kept"] {
            write(folder.path(), &format!("{place}/{name}"), "k");
        }
    }
    git(folder.path(), &["add", "."]);
    for root in ["", "outer", "outer/inner"] {
        let told = check(&folder.path().join(root), false);
        assert!(told.gaps.is_empty(), "{root}: {:?}", told.gaps);
        assert!(told.has("objects/kept") || told.has("outer/inner/objects/kept"), "{root}: {:?}", told.files);
    }
}

#[test]
fn a_target_that_is_a_file() {
    let folder = repository();
    write(folder.path(), ".gitignore", "*\n");
    write(folder.path(), "a.txt", "a");
    let told = walk_with(&folder.path().join("a.txt"), false, 1);
    assert_eq!(told.files, [b"a.txt".to_vec()]);
    let told = walk_with(&folder.path().join("absent"), false, 1);
    assert_eq!(told.gaps, [(GapClass::Unreadable, Vec::new(), 0)]);
}

#[test]
fn what_git_itself_would_not_add_is_left_out_and_nothing_else() {
    let folder = repository();
    let rules = "*.o\n!keep.o\nbuild/\n/top\na/**/z\n**/gen/*\n!**/gen/x\n*.{a,b}\n[!a]q\nsp\\ ace\ntrail   \n\
                 \\#h\n\\!b\nd/e/\nfoo/*\n!foo/bar/\n[0-9]n\n?y\n\\[l\nq{1}\nc[!x]o2\na[^x]o3\ntab\t\nnbsp\u{a0}\n[[:digit:]]p\n/a/b[+-9]o4\n[\\]]v\n[^\\!-\\-]w\n[!]y\n[[:punct:]]5u\n";
    write(folder.path(), ".gitignore", rules);
    write(folder.path(), "a/.gitignore", "!top\n/local\n*.o\n!build/\n");
    let names = [
        "m.o",
        "keep.o",
        "build/x",
        "top",
        "z",
        "gen/x",
        "gen/w",
        "n.a",
        "n.{a,b}",
        "bq",
        "aq",
        "sp ace",
        "trail",
        "#h",
        "!b",
        "d/e/f",
        "d/e2",
        "foo/bar/k",
        "foo/l",
        "7n",
        "yy",
        "[l",
        "local",
        "q1",
        "q{1}",
        "o2",
        "o3",
        "o4",
        "tab",
        "nbsp",
        "5p",
        ":p",
        "]p",
        ":]p",
        "co2",
        "czo2",
        "b.o4",
        "]v",
        "\\]v",
        "!w",
        ".w",
        "aw",
        "[!]y",
        "+5u",
    ];
    for folder_name in ["", "a/", "a/b/", "c/"] {
        for name in names {
            write(folder.path(), &format!("{folder_name}{name}"), "x");
        }
    }
    same_as_git(folder.path(), &check(folder.path(), false));
}

/// Compares the files to scan with those that git would add.
fn same_as_git(folder: &Path, told: &Told) {
    let listed = git(folder, &["ls-files", "-z", "--others", "--exclude-standard"]);
    let mut listed: Vec<String> = listed
        .split(|&byte| byte == 0)
        .filter(|path| !path.is_empty())
        .map(|path| String::from_utf8_lossy(path).into_owned())
        .collect();
    listed.sort_unstable();
    let files = told.files.iter().filter(|path| !path.starts_with(b".git/"));
    let found: Vec<String> = files.map(|path| String::from_utf8_lossy(path).into_owned()).collect();
    let rules = fs::read_to_string(folder.join(".gitignore")).expect("rules");
    assert_eq!(found, listed, "{rules:?}");
}

#[test]
fn random_rules_mean_what_they_mean_to_git() {
    let rounds = std::env::var("STRAYKEY_TEST_ROUNDS").map_or(40, |text| text.parse().expect("a number"));
    let folder = repository();
    for directory in ["", "a/", "b/", "a/b/", "a/b/a/", "b/-/"] {
        for name in ["x", "y", "xy", "ax", "a]", "x y", "x\t", "{x}", "-x", "!x", "#x", "[x]", "x ", "\\x"] {
            write(folder.path(), &format!("{directory}{name}"), "x");
        }
    }
    let pieces = [
        "a",
        "b",
        "x",
        "y",
        "/",
        "*",
        "**",
        "**/",
        "/**",
        "?",
        "[",
        "]",
        "!",
        "^",
        "-",
        "[!x]",
        "[a-y]",
        "[^a-b]",
        "\\",
        "{",
        "}",
        " ",
        "\t",
        "[[:alpha:]]",
        "[+-y]",
        "#",
        "x",
        "y",
        "a/",
        "/",
    ];
    let mut state: u64 = 0x9e37_79b9_7f4a_7c15;
    let mut random = |below: usize| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        usize::try_from(state >> 33).expect("31 bits") % below
    };
    for _ in 0..rounds {
        let mut rules = String::new();
        for _ in 0..=random(4) {
            let sign = if random(4) == 0 { "!" } else { "" };
            let line: String = (0..=random(4)).map(|_| pieces[random(pieces.len())]).collect();
            // Git takes two stars next to other characters for one or for any number of directories, depending on
            // what precedes them, against its documentation.
            let stars = line.split('/').any(|part| part.contains("**") && part != "**");
            if !stars {
                rules.extend([sign, &line, "\n"]);
            }
        }
        write(folder.path(), ".gitignore", &rules);
        same_as_git(folder.path(), &walk_with(folder.path(), false, 1));
    }
}

#[test]
fn what_the_operator_leaves_out_is_counted_with_its_reason() {
    let folder = tempfile::tempdir().expect("a folder");
    for path in ["vendor/a/b.c", "vendor/c.c", "src/x.c", "src/x.min.js", ".env", "deep/vendor/y.c", "large"] {
        write(folder.path(), path, if path == "large" { "0123456789" } else { "x" });
    }
    let rules = [("vendor/**", "third party"), ("*.min.js", "made from src"), (".env", "made by the test")];
    let rules = rules.map(|(pattern, reason)| (pattern.to_owned(), reason.to_owned()));
    for threads in [1, 4] {
        let exclude = Arc::new(PathExclusions::new(rules.clone()).expect("patterns"));
        let told =
            walk_as(folder.path(), &WalkOptions { threads, exclude, max_file_size: Some(9), ..WalkOptions::default() });
        assert_eq!(told.files, [b"deep/vendor/y.c".to_vec(), b"src/x.c".to_vec()]);
        let expected = [(".env".to_owned(), 1), ("src/x.min.js".to_owned(), 1), ("vendor".to_owned(), 2)];
        assert_eq!(told.counts(ExclusionClass::Configured), BTreeMap::from(expected));
        assert_eq!(told.excluded, [(ExclusionClass::OverConfiguredSize, b"large".to_vec())]);
        assert_eq!(told.accounted(), 7);
    }
}
