//! What trees and streams can hold: hostile names, links, encodings, sizes, containers, git's ignore rules.

use std::ffi::OsStr;
use std::fs;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::process::Command;

use serde_json::Value;
use tempfile::TempDir;

use crate::run::{Place, Run, array, put, string, token, tree};

fn report(target: &Path, arguments: &[&str]) -> Value {
    Run::scan(target, &["--format", "json"]).args(arguments).go().json()
}

/// Class and path of each exclusion.
fn exclusions(report: &Value) -> Vec<(String, String)> {
    let rows = array(&report["exclusions"]);
    rows.iter().map(|row| (string(&row["class"]), string(&row["path"]))).collect()
}

fn has(rows: &[(String, String)], class: &str, path: &str) -> bool {
    rows.iter().any(|row| row.0 == class && row.1 == path)
}

/// The places of `value`, which the reports of a run with `--show-secrets` name.
fn of<'p>(places: &'p [Place], value: &str) -> Vec<&'p Place> {
    places.iter().filter(|place| place.value.as_deref() == Some(value)).collect()
}

#[test]
fn special_files_and_links_are_named_and_cannot_hang_the_scan() {
    let folder = tree(&[("a/real.env", &format!("T={}\n", token("real")))]);
    let root = folder.path();
    let made = Command::new("mkfifo").arg(root.join("pipe")).status().expect("mkfifo can be started");
    assert!(made.success());
    let _listener = UnixListener::bind(root.join("socket")).unwrap();
    symlink("loop", root.join("loop")).unwrap();
    symlink("nowhere", root.join("dangling")).unwrap();
    symlink("..", root.join("a/up")).unwrap();
    symlink("real.env", root.join("a/alias.env")).unwrap();
    symlink("/etc/hostname", root.join("out")).unwrap();

    let report = report(root, &[]);
    let rows = exclusions(&report);
    for (class, path) in [
        ("special-file", "pipe"),
        ("special-file", "socket"),
        ("broken-link", "loop"),
        ("broken-link", "dangling"),
        ("link-out-of-target", "out"),
    ] {
        assert!(has(&rows, class, path), "{class} {path} is not among {rows:?}");
    }
    let places = crate::run::places(&report);
    assert_eq!(places.len(), 1, "links inside the target repeat nothing: {places:?}");
    assert_eq!(places[0].path, "a/real.env");
    assert_eq!(report["outcome"]["complete"], true);
    assert_eq!(report["coverage"]["links_inside"], 2);
}

#[test]
fn counts_add_up() {
    let folder = tree(&[("a", "text\n"), ("b/c", "text\n")]);
    symlink("/etc/hostname", folder.path().join("out")).unwrap();
    put(folder.path(), "d.bin", b"\x7fELF\0\0\0\x01binary\0");
    let coverage = report(folder.path(), &[])["coverage"].clone();
    let count = |name: &str| coverage[name].as_u64().unwrap_or_else(|| panic!("{name} is missing"));
    assert_eq!(count("files_seen"), 4);
    assert_eq!(count("files_seen"), count("files_read") + count("files_excluded") + count("files_unreadable"));
    assert_eq!(count("files_read"), count("text_files") + count("decoded_files") + count("binary_files"));
    assert_eq!(count("bytes_read"), 5 + 5 + 15);
}

#[test]
fn names_that_are_not_text_are_told_exactly() {
    let folder = TempDir::with_prefix("names-").unwrap();
    let name = b"caf\xe9.env";
    fs::write(folder.path().join(OsStr::from_bytes(name)), token("latin name")).unwrap();
    let report = report(folder.path(), &[]);
    let place = &report["findings"][0]["places"][0];
    assert_eq!(place["path"], "caf\u{fffd}.env");
    assert_eq!(place["path_bytes"], "Y2Fm6S5lbnY=");
}

#[test]
fn names_cannot_write_to_the_terminal() {
    let folder = tree(&[("\u{1b}[31mred\u{202e}.env", &token("escape")), ("new\nline.env", &token("line"))]);
    for format in ["pretty", "json", "jsonl", "sarif"] {
        let ran = Run::scan(folder.path(), &["--format", format, "-v", "-v"]).go().expect(1);
        let all = ran.text() + &ran.stderr;
        assert!(!all.contains('\u{1b}') && !all.contains('\u{202e}'), "{format}");
    }
    let pretty = Run::scan(folder.path(), &[]).go().text();
    assert!(!pretty.lines().any(|line| line.starts_with("line.env")), "{pretty}");
}

#[test]
fn sixteen_bit_text_is_decoded() {
    for (name, bom, big) in [("le-bom", true, false), ("be-bom", true, true), ("le", false, false), ("be", false, true)]
    {
        let value = token(name);
        let text = format!("{}# größer \u{1f511}\r\nTOKEN={value}\r\n", if bom { "\u{feff}" } else { "" });
        let bytes: Vec<u8> =
            text.encode_utf16().flat_map(|unit| if big { unit.to_be_bytes() } else { unit.to_le_bytes() }).collect();
        let folder = TempDir::with_prefix("wide-").unwrap();
        put(folder.path(), ".env", &bytes);
        let places = Run::scan(folder.path(), &["--format", "json", "--show-secrets"]).go().expect(1).places();
        assert_eq!(places.len(), 1, "{name}: {places:?}");
        assert_eq!(places[0].value.as_deref(), Some(value.as_str()), "{name}");
        let start = 2 * text[..text.find(&value).unwrap()].encode_utf16().count() as u64;
        assert_eq!(places[0].span, (start, start + 80), "{name}");
        assert_eq!(places[0].region, [2, 7, 2, 47], "{name}");
    }
}

#[test]
fn paths_beyond_the_limit_of_the_system_are_found_or_told() {
    let folder = tree(&[("a.env", &token("near"))]);
    // Only a shell that steps down can make such a path; each name has 200 characters.
    let script = format!(
        "n=$(printf '%0200d' 0); i=0; while [ $i -lt 25 ]; do mkdir $n && cd -P ./$n || exit 1; i=$((i+1)); done; \
         printf '%s' '{}' > deep.env",
        token("deep")
    );
    let made = Command::new("sh").args(["-c", &script]).current_dir(folder.path()).status().expect("sh can be started");
    assert!(made.success(), "the deep folder can be made");
    let ran = Run::scan(folder.path(), &["--format", "json", "--show-secrets"]).go().expect(1);
    let report = ran.json();
    let places = ran.places();
    assert_eq!(of(&places, &token("near")).len(), 1);
    let deep = of(&places, &token("deep")).len();
    let gaps = array(&report["gaps"]);
    let told = gaps.iter().any(|gap| gap["class"] == "unreadable" && string(&gap["path"]).starts_with("0000"));
    assert!(deep == 1 || told, "neither found nor told: {gaps:?}");
    if deep == 0 {
        assert_eq!(report["outcome"]["complete"], false);
    }
}

/// A file of 40 MB in one line, and where its tokens lie: at both ends and around each window's border.
fn large() -> (Vec<u8>, Vec<(u64, String)>) {
    const SIZE: usize = 40_000_000;
    const WINDOW: usize = 16 << 20;
    let mut bytes = b"lorem ipsum dolor sit amet ".repeat(SIZE / 27 + 1);
    bytes.truncate(SIZE);
    let offsets = [0, WINDOW - 20, WINDOW + 200, 2 * WINDOW - 39, 2 * WINDOW + 300, SIZE - 40];
    let mut tokens = Vec::new();
    for (at, offset) in offsets.into_iter().enumerate() {
        let value = token(&format!("large {at}"));
        bytes[offset..offset + 40].copy_from_slice(value.as_bytes());
        for edge in [offset.wrapping_sub(1), offset + 40] {
            if let Some(byte) = bytes.get_mut(edge) {
                *byte = b' ';
            }
        }
        tokens.push((offset as u64, value));
    }
    (bytes, tokens)
}

#[track_caller]
fn assert_large(places: &[Place], tokens: &[(u64, String)]) {
    assert_eq!(places.len(), tokens.len(), "{places:?}");
    for (offset, value) in tokens {
        let found = of(places, value);
        assert_eq!(found.len(), 1, "the token at {offset}");
        assert_eq!(found[0].span, (*offset, offset + 40));
        assert_eq!(found[0].region, [1, offset + 1, 1, offset + 41]);
    }
}

#[test]
fn a_large_file_of_one_line_is_searched_whole_and_once() {
    let (bytes, tokens) = large();
    let folder = TempDir::with_prefix("large-").unwrap();
    put(folder.path(), "large.txt", &bytes);
    let ran = Run::scan(folder.path(), &["--format", "json", "--show-secrets"]).go().expect(1);
    assert_large(&ran.places(), &tokens);
    assert_eq!(ran.json()["outcome"]["complete"], true);
    assert_eq!(ran.json()["coverage"]["bytes_read"], bytes.len());
}

#[test]
fn a_large_stream_is_searched_whole_and_once() {
    let (bytes, tokens) = large();
    let ran = Run::new(["scan", "-", "--format", "json", "--show-secrets"]).stdin(&bytes).go().expect(1);
    assert_large(&ran.places(), &tokens);
}

#[test]
fn standard_input_gives_what_the_file_gives() {
    let corpus = crate::plant::project("windows-desk");
    for name in [".env", "settings.ini", "legacy.txt", "strings.properties"] {
        let file = corpus.root().join(name);
        let strip = |places: Vec<Place>| -> Vec<_> {
            places.into_iter().map(|place| (place.rule, place.span, place.region, place.fingerprint)).collect()
        };
        let from_file = Run::scan(&file, &["--format", "json"]).go().places();
        let ran = Run::new(["scan", "-", "--format", "json"]).stdin(&fs::read(&file).unwrap()).go();
        let from_stream = ran.places();
        assert!(from_stream.iter().all(|place| place.path == "-"));
        assert!(!from_file.is_empty(), "{name}");
        assert_eq!(strip(from_file), strip(from_stream), "{name}");
    }
}

#[test]
fn standard_input_names_the_target_that_it_is() {
    let folder = tree(&[("a.txt", "text\n")]);
    let run = Run::scan(folder.path(), &["--format", "json"]).args(["-"]);
    let ran = run.stdin(token("stream").as_bytes()).go().expect(1);
    assert_eq!(ran.json()["targets"][1]["kind"], "stdin");
    assert_eq!(ran.json()["findings"][0]["places"][0]["target"], 1);
}

#[test]
fn a_file_as_target_has_its_name_as_path() {
    let folder = tree(&[("a.env", &token("single"))]);
    let places = crate::run::places(&report(&folder.path().join("a.env"), &[]));
    assert_eq!(places[0].path, "a.env");
}

#[test]
fn a_target_given_twice_is_reported_for_each() {
    let folder = tree(&[("a/x.env", &token("x")), ("b/y.env", &token("y"))]);
    let root = folder.path();
    let report = Run::scan(&root.join("a"), &["--format", "json"]).args([root.join("b")]).go().expect(1).json();
    let mut targets: Vec<(u64, String)> = array(&report["findings"])
        .iter()
        .map(|finding| &finding["places"][0])
        .map(|place| (place["target"].as_u64().unwrap(), string(&place["path"])))
        .collect();
    targets.sort();
    assert_eq!(targets, [(0, "x.env".to_owned()), (1, "y.env".to_owned())]);
}

/// A ZIP archive with one stored member, as PKWARE's APPNOTE 6.3 lays it out.
fn stored_zip(name: &str, content: &[u8]) -> Vec<u8> {
    let (size, length) = (content.len() as u32, name.len() as u16);
    let mut common = vec![10, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    common.extend([0; 4]);
    common.extend(size.to_le_bytes());
    common.extend(size.to_le_bytes());
    common.extend(length.to_le_bytes());
    common.extend([0, 0]);
    let mut zip = b"PK\x03\x04".to_vec();
    zip.extend(&common);
    zip.extend(name.as_bytes());
    zip.extend(content);
    let directory = zip.len() as u32;
    zip.extend(b"PK\x01\x02\x0a\0");
    zip.extend(&common);
    zip.extend([0; 14]);
    zip.extend(name.as_bytes());
    let end = zip.len() as u32 - directory;
    zip.extend(b"PK\x05\x06\0\0\0\0\x01\0\x01\0");
    zip.extend(end.to_le_bytes());
    zip.extend(directory.to_le_bytes());
    zip.extend([0, 0]);
    zip
}

#[test]
fn a_container_is_an_opaque_gap_whose_strings_are_searched() {
    let folder = TempDir::with_prefix("zip-").unwrap();
    put(folder.path(), "backup.zip", &stored_zip("app.env", format!("TOKEN={}\n", token("zip")).as_bytes()));
    let report = report(folder.path(), &[]);
    let gaps = array(&report["gaps"]);
    assert_eq!(gaps.len(), 1, "{gaps:?}");
    assert_eq!((&gaps[0]["class"], &gaps[0]["path"]), (&"opaque".into(), &"backup.zip".into()));
    assert!(string(&gaps[0]["reason"]).to_ascii_lowercase().contains("zip"), "the format is named: {}", gaps[0]);
    let places = crate::run::places(&report);
    assert_eq!(places.len(), 1);
    assert_eq!(places[0].path, "backup.zip");
    assert_eq!(report["outcome"]["complete"], true, "opaque gaps do not fail by default");
}

#[test]
fn strings_of_binary_files_are_searched() {
    let folder = TempDir::with_prefix("binary-").unwrap();
    let noise = crate::plant::Noise::seeded("binary").bytes(2000);
    let bytes =
        [b"\x7fELF\x02\x01\x01\0", &noise[..1000], b"\0", token("binary").as_bytes(), b"\0", &noise[1000..]].concat();
    put(folder.path(), "program", &bytes);
    let report = report(folder.path(), &[]);
    assert_eq!(report["findings"][0]["places"][0]["content"], "binary");
    assert_eq!(crate::run::places(&report)[0].span.0, 8 + 1000 + 1);
}

/// A git work tree: `kept.log` is tracked although it is ignored, `build/`, `a.log` and `.env` are ignored.
fn work_tree() -> TempDir {
    let folder = tree(&[
        (".gitignore", "build/\n*.log\n.env\n"),
        ("src/main.py", &format!("key = '{}'\n", token("source"))),
        ("kept.log", &token("kept")),
        ("a.log", &token("log")),
        ("build/out.txt", &token("build")),
        ("build/deep/more.txt", &token("more")),
        (".env", &format!("T={}\n", token("env"))),
        ("sub/.env.local", &format!("T={}\n", token("local"))),
    ]);
    let repository = git2::Repository::init(folder.path()).unwrap();
    let mut index = repository.index().unwrap();
    for path in [".gitignore", "src/main.py", "kept.log"] {
        index.add_path(Path::new(path)).unwrap();
    }
    index.write().unwrap();
    folder
}

fn paths(report: &Value) -> Vec<String> {
    let mut paths: Vec<String> = crate::run::places(report).into_iter().map(|place| place.path).collect();
    paths.sort();
    paths
}

#[test]
fn ignored_files_are_left_out_and_counted_but_for_those_that_hold_secrets() {
    let folder = work_tree();
    let report = report(folder.path(), &[]);
    assert_eq!(paths(&report), [".env", "kept.log", "src/main.py", "sub/.env.local"]);
    let rows = exclusions(&report);
    assert!(has(&rows, "git-ignored", "a.log"), "{rows:?}");
    let build = array(&report["exclusions"])
        .iter()
        .find(|row| string(&row["path"]).trim_end_matches('/') == "build")
        .unwrap_or_else(|| panic!("build is not among {rows:?}"));
    assert_eq!(build["files"], 2);
    assert_eq!(report["outcome"]["complete"], true);
}

#[test]
fn no_ignore_scans_everything() {
    let report = report(work_tree().path(), &["--no-ignore"]);
    assert_eq!(
        paths(&report),
        [".env", "a.log", "build/deep/more.txt", "build/out.txt", "kept.log", "src/main.py", "sub/.env.local"]
    );
}

#[test]
fn ignore_rules_above_the_target_count() {
    let folder = work_tree();
    put(folder.path(), "sub/b.log", token("below").as_bytes());
    let sub = report(&folder.path().join("sub"), &[]);
    assert_eq!(paths(&sub), [".env.local"]);
    assert!(has(&exclusions(&sub), "git-ignored", "b.log"));
    // Who names an ignored folder means it.
    let build = report(&folder.path().join("build"), &[]);
    assert_eq!(paths(&build), ["deep/more.txt", "out.txt"]);
}

#[test]
fn ignore_files_count_only_in_git_work_trees_and_only_those_of_git() {
    let bare = tree(&[(".gitignore", "*.log\n"), ("a.log", &token("outside"))]);
    assert_eq!(paths(&report(bare.path(), &[])), ["a.log"]);
    let folder = work_tree();
    for name in [".ignore", ".rgignore", ".straykeyignore"] {
        put(folder.path(), name, b"*.py\n.env\nsub\n");
    }
    assert_eq!(paths(&report(folder.path(), &[])), [".env", "kept.log", "src/main.py", "sub/.env.local"]);
}

#[test]
fn the_git_directory_is_named_and_its_config_is_read() {
    let folder = work_tree();
    let config = folder.path().join(".git/config");
    let mut text = fs::read_to_string(&config).unwrap();
    let value = token("config");
    text.push_str(&format!("[remote \"origin\"]\n\turl = https://x:{value}@github.com/norvale/app.git\n"));
    fs::write(&config, text).unwrap();
    let report = report(folder.path(), &[]);
    assert!(paths(&report).contains(&".git/config".to_owned()), "{:?}", paths(&report));
    assert!(exclusions(&report).iter().any(|row| row.0 == "git-directory"), "{:?}", exclusions(&report));
    let repository = string(&report["targets"][0]["git"]["repository"]);
    assert!(repository.contains("github.com/norvale/app") && !repository.contains(&value), "{repository}");
}
