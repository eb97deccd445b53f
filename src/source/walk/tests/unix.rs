//! Links, special files, permissions and names as only Unix has them.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt as _;
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::os::unix::net::UnixListener;
use std::process::Command;

use super::*;

#[test]
fn links_are_not_followed() {
    let outside = temporary();
    write(outside.path(), "secret", "s");
    let folder = temporary();
    write(folder.path(), "dir/file", "f");
    let link = |to: &str, name: &str| symlink(to, folder.path().join(name)).expect("a link");
    link("dir/file", "to-file");
    link("dir", "to-dir");
    link("..", "dir/up");
    link(".", "self-dir");
    link(outside.path().to_str().expect("a plain name"), "out");
    link("../", "parent");
    link("nowhere", "dangling");
    link("loop-b", "loop-a");
    link("loop-a", "loop-b");
    link("dir/file/x", "through-a-file");
    link(&"n".repeat(4000), "endless-name");
    let told = check(folder.path(), false);
    assert_eq!(told.files, [b"dir/file".to_vec()]);
    assert_eq!(told.links_inside, 4);
    let expected = [
        (ExclusionClass::LinkOutOfTarget, "out"),
        (ExclusionClass::LinkOutOfTarget, "parent"),
        (ExclusionClass::BrokenLink, "dangling"),
        (ExclusionClass::BrokenLink, "endless-name"),
        (ExclusionClass::BrokenLink, "loop-a"),
        (ExclusionClass::BrokenLink, "loop-b"),
        (ExclusionClass::BrokenLink, "through-a-file"),
    ];
    assert_eq!(told.excluded, expected.map(|(class, path)| (class, path.as_bytes().to_vec())));
}

#[test]
fn the_target_itself_may_be_a_link() {
    let folder = repository();
    write(folder.path(), ".gitignore", "*.log\n");
    write(folder.path(), "sub/a", "a");
    write(folder.path(), "sub/a.log", "a");
    let elsewhere = temporary();
    let target = elsewhere.path().join("target");
    symlink(folder.path().join("sub"), &target).expect("a link");
    symlink("a", folder.path().join("sub/inside")).expect("a link");
    let told = check(&target, false);
    assert_eq!(told.files, [b"a".to_vec()]);
    assert_eq!((told.links_inside, told.ignored()["a.log"]), (1, 1));
    let mut slash = target.into_os_string();
    slash.push("//");
    assert_eq!(check(Path::new(&slash), false), told);
}

#[test]
fn special_files_are_left_out() {
    let folder = temporary();
    let fifo = folder.path().join("fifo");
    assert!(Command::new("mkfifo").arg(&fifo).status().expect("mkfifo").success());
    let _socket = UnixListener::bind(folder.path().join("socket")).expect("a socket");
    let told = check(folder.path(), false);
    let expected = ["fifo", "socket"];
    assert_eq!(told.excluded, expected.map(|path| (ExclusionClass::SpecialFile, path.into())));
    let told = walk_with(&fifo, false, 1);
    assert_eq!(told.excluded, [(ExclusionClass::SpecialFile, b"fifo".to_vec())]);
}

#[test]
fn an_ignore_file_that_is_a_fifo_or_a_link_is_not_read() {
    let folder = repository();
    write(folder.path(), "rules", "*\n");
    symlink("rules", folder.path().join(".gitignore")).expect("a link");
    write(folder.path(), "sub/a", "a");
    let fifo = folder.path().join("sub/.gitignore");
    assert!(Command::new("mkfifo").arg(&fifo).status().expect("mkfifo").success());
    let told = check(folder.path(), false);
    assert!(told.has("sub/a") && told.has("rules"));
}

#[test]
fn names_need_not_be_unicode() {
    let folder = repository();
    let name = |bytes: &'static [u8]| Path::new(OsStr::from_bytes(bytes)).to_path_buf();
    fs::create_dir(folder.path().join(name(b"d\xff"))).expect("mkdir");
    for path in [b"d\xff/\xfe.txt".as_slice(), b"d\xff/\xfe.log", b"d\xff/\xfd.log"] {
        fs::write(folder.path().join(name(path)), "x").expect("write");
    }
    git(folder.path(), &["add", "."]);
    write(folder.path(), ".gitignore", "*.log\n");
    fs::write(folder.path().join(name(b"d\xff/\xfc.log")), "x").expect("write");
    let told = check(folder.path(), false);
    for path in [b"d\xff/\xfe.txt".as_slice(), b"d\xff/\xfe.log", b"d\xff/\xfd.log"] {
        assert!(told.files.iter().any(|file| file == path));
    }
    let left_out = (ExclusionClass::GitIgnored, b"d\xff/\xfc.log".to_vec(), 1);
    assert!(told.aggregated.contains(&left_out));
}

#[test]
fn an_unreadable_directory_is_a_gap() {
    let folder = temporary();
    write(folder.path(), "open/a", "a");
    write(folder.path(), "closed/a", "a");
    write(folder.path(), "blind/a", "a");
    let set = |name: &str, mode| {
        let permissions = fs::Permissions::from_mode(mode);
        fs::set_permissions(folder.path().join(name), permissions).expect("chmod");
    };
    symlink("closed/a", folder.path().join("to-closed")).expect("a link");
    set("closed", 0o000);
    // The superuser reads everything.
    if fs::read_dir(folder.path().join("closed")).is_err() {
        let told = check(folder.path(), false);
        let expected = [("closed", 0), ("to-closed", 1)]
            .map(|(path, files)| (GapClass::Unreadable, path.as_bytes().to_vec(), files));
        assert_eq!(told.gaps, expected);
        assert_eq!(told.files, [b"blind/a".to_vec(), b"open/a".to_vec()]);
        let told = walk_with(&folder.path().join("closed"), false, 2);
        assert_eq!(told.gaps, [(GapClass::Unreadable, Vec::new(), 0)]);
    }
    set("closed", 0o755);
}

#[test]
fn paths_that_are_too_long_are_gaps() {
    // 300 folders of 20 bytes each, beyond the 4096 bytes that Linux takes as a path.
    let folder = temporary();
    let script = "i=0; while [ $i -lt 300 ]; do \
                  mkdir ddddddddddddddddddd && cd -P ./ddddddddddddddddddd || exit 1; \
                  i=$((i+1)); [ $((i%50)) -eq 0 ] && echo x > f; done; ln -s f l; exit 0";
    let status = Command::new("sh").current_dir(folder.path()).args(["-c", script]).status();
    assert!(status.expect("sh").success());
    for threads in [1, 4] {
        let told = walk_with(folder.path(), false, threads);
        assert_eq!(told.gaps.len(), 1);
        let (class, path, files) = &told.gaps[0];
        assert_eq!((*class, *files), (GapClass::Unreadable, 0));
        assert!(path.len() > 4000, "the gap names the directory: {}", path.len());
        assert_eq!(told.files.len(), 4, "down to the limit all is read");
    }
}
