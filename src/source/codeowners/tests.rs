//! What files say of paths, by the documentation of the two forges, and that no text is too much.

use proptest::prelude::*;

use super::*;

/// Where both forges look.
const SHARED: &str = "CODEOWNERS";

const GITHUB: &str = ".github/CODEOWNERS";

const GITLAB: &str = ".gitlab/CODEOWNERS";

/// The line that decides about a path and its owners; empty where nobody owns it.
fn owners(place: &str, text: &str, path: &str) -> String {
    let owned = CodeOwners::parse(place, text.as_bytes()).owners_of(path.as_bytes());
    owned.map_or_else(String::new, |owned| format!("{}: {}", owned.line, owned.owners.join(" ")))
}

/// Whether one pattern is about a path.
fn matches(dialect: Dialect, pattern: &str, path: &str) -> bool {
    let pattern = Pattern::new(pattern.as_bytes(), dialect).unwrap_or_else(|| panic!("{pattern} is refused"));
    pattern.matches(path.as_bytes(), &mut Steps(MAX_STEPS))
}

#[test]
fn patterns_of_github_hold_where_it_says() {
    for (pattern, path, expected) in [
        ("*", "a/b/c", true),
        ("*.js", "a.js", true),
        ("*.js", "a/b.js", true),
        ("*.js", "a/b.jsx", false),
        ("*.js", "a.js/readme", true),
        ("/docs/", "docs/a/b.md", true),
        ("/docs/", "x/docs/a.md", false),
        ("/docs/", "docs", false),
        ("/docs", "docs", true),
        ("/docs", "docs/a/b.md", true),
        ("/docs", "docs2/a", false),
        ("docs/*", "docs/a.md", true),
        ("docs/*", "docs/build/a.md", false),
        ("docs/*", "x/docs/a.md", false),
        ("docs/a*", "docs/ab/c", true),
        ("docs/*/", "docs/build/a.md", true),
        ("docs/*/", "docs/a.md", false),
        ("/*", "a", true),
        ("/*", "a/b", false),
        ("docs/**", "docs/build/a.md", true),
        ("docs/**", "docs", false),
        ("docs/**/*", "docs/build/a.md", true),
        ("**", "a/b", true),
        ("**/", "a/b", true),
        ("**/", "a", false),
        ("a/**/", "a/b/c", true),
        ("a/**/", "a/b", false),
        ("**/logs", "logs/a", true),
        ("**/logs", "build/logs/x/a", true),
        ("**/logs", "build/logs", true),
        ("**/logs", "build/blogs", false),
        ("a/**/z", "a/z", true),
        ("a/**/z", "a/b/c/z", true),
        ("a/**/z", "b/a/z", false),
        ("a/**/b/**/c/d", "a/x/b/b/c/c/c/d", true),
        ("apps/", "apps/a", true),
        ("apps/", "x/apps/y/a", true),
        ("apps/", "x/apps", false),
        ("x/apps/", "y/x/apps/a", false),
        ("Docs/", "docs/a", false),
        ("docs/", "Docs/a", false),
        ("a?c", "abc", true),
        ("a?c", "a\u{e9}c", true),
        ("a?c", "a/c", false),
        ("a*b*c", "axxbxbyc", true),
        ("a*b*c", "axxbxby", false),
        ("*a", "aab", false),
        ("*", ".hidden", true),
        ("a**b", "axxb", true),
        ("a**b", "ax/xb", false),
        ("a\\*", "a*", true),
        ("a\\*", "ab", false),
        ("\\!a", "!a", true),
        ("\\[a\\]", "[a]", true),
        ("a\\ b/", "a b/c", true),
        ("{a,b}", "a", false),
        ("{a,b}", "{a,b}", true),
    ] {
        assert_eq!(matches(Dialect::GitHub, pattern, path), expected, "{pattern} {path}");
    }
}

#[test]
fn patterns_of_gitlab_hold_where_it_says() {
    for (pattern, path, expected) in [
        ("*", "a/b/c", true),
        ("/", "a/b/c", true),
        ("*.rb", "a/b.rb", true),
        ("*.rb", "a.rb/readme", false),
        ("/README.md", "README.md", true),
        ("/README.md", "docs/README.md", false),
        ("internal/README.md", "docs/api/internal/README.md", true),
        ("/docs/", "docs/a/b.md", true),
        ("/docs", "docs/a", false),
        ("docs/", "x/docs/y/a", true),
        ("/docs/*.md", "docs/a.md", true),
        ("/docs/*.md", "docs/api/a.md", false),
        ("/docs/**", "docs/a", true),
        ("/docs/**", "docs/a/b", false),
        ("/docs/**/", "docs/a", true),
        ("/docs/**/", "docs/a/b", true),
        ("/docs/**/index.md", "docs/index.md", true),
        ("/docs/**/index.md", "docs/api/graphql/index.md", true),
        ("**/generated/", "a/generated/b", true),
        ("\\#a", "#a", true),
        ("[a-c]x", "bx", true),
        ("[a-c]x", "dx", false),
        ("[^a-c]x", "dx", true),
        ("[!a-c]x", "bx", false),
        ("[!a]x", "/x", false),
        ("[\\]-]x", "]x", true),
        ("[\\]-]x", "-x", true),
        ("[]x", "x", false),
        ("[\u{e0}-\u{ff}]", "\u{e9}", true),
    ] {
        assert_eq!(matches(Dialect::GitLab, pattern, path), expected, "{pattern} {path}");
    }
}

#[test]
fn the_last_match_counts() {
    let text = "* @all\n*.js @js docs@example.com\n/apps/ @apps\n/apps/free\n/apps/open # nobody\n";
    for (path, expected) in [
        ("a.txt", "1: @all"),
        ("x/a.js", "2: @js docs@example.com"),
        ("apps/a.js", "3: @apps"),
        ("apps/free/a.js", ""),
        ("apps/open", ""),
        ("", ""),
    ] {
        assert_eq!(owners(SHARED, text, path), expected, "{path}");
    }
    assert_eq!(owners(SHARED, "/a @a\n", "b"), "");
}

#[test]
fn lines_are_read_as_people_write_them() {
    for (place, line, path, expected) in [
        (SHARED, "\u{feff}*.js @a", "a.js", "1: @a"),
        (SHARED, "# @no\r\n\r\n  *.js\t@a  @b \r\n", "a.js", "3: @a @b"),
        (SHARED, "*.js @a # asks @b", "a.js", "1: @a"),
        (SHARED, "*.js @a #@b", "a.js", "1: @a"),
        (SHARED, "a#b @a", "a#b", "1: @a"),
        (SHARED, "/a\\ b\\ c/ @a", "a b c/d", "1: @a"),
        (SHARED, "/a\\\tb @a", "a\tb", "1: @a"),
        (SHARED, "* @a @a @b @a", "a", "1: @a @b"),
        (SHARED, "* @org/team @group/sub/team", "a", "1: @org/team @group/sub/team"),
        (GITLAB, "* @a # asks @b", "a", "1: @a @b"),
        (GITLAB, "\\#a @a", "#a", "1: @a"),
        (GITLAB, "a\\ b @a", "x/a b", "1: @a"),
        (GITLAB, "* @@maintainer @@developers", "a", "1: @@maintainer @@developers"),
        (GITLAB, "* @a nobody @b", "a", "1: @a @b"),
    ] {
        assert_eq!(owners(place, line, path), expected, "{line:?}");
    }
}

#[test]
fn sections_add_up() {
    let text = "\
* @general
[Docs] @docs-team
docs/
README.md @readme
^[Database][2] @db @dba
model/db/
model/db/seeds/ @seeds
[DOCS]
*.txt
*.rst @rst
";
    for (path, expected) in [
        ("a.c", "1: @general"),
        ("docs/a.md", "3: @general @docs-team"),
        ("README.md", "4: @general @readme"),
        ("model/db/a.sql", "6: @general @db @dba"),
        ("model/db/seeds/README.md", "7: @general @readme @seeds"),
        // The header without owners has none for the entries below it; they belong to the section all the same.
        ("docs/a.txt", "1: @general"),
        ("docs/a.rst", "10: @general @rst"),
        ("model/db/a.rst", "6: @general @rst @db @dba"),
    ] {
        assert_eq!(owners(SHARED, text, path), expected, "{path}");
    }
    // Two sections that name the same owner.
    assert_eq!(owners(SHARED, "[A]\n* @a @b\n[B]\n* @b @c\n", "x"), "4: @a @b @c");
}

#[test]
fn headers_are_told_from_patterns() {
    for (line, expected) in [
        ("[Name]", Some("Name")),
        ("^[Two words] @a", Some("Two words")),
        ("[Name][2] @a", Some("Name")),
        ("[Name][-1]", Some("Name")),
        ("[Name][]\t@a", Some("Name")),
        ("[ Name ]", Some("Name")),
        ("[ ]", None),
        ("[]", None),
        ("[Name", None),
        ("[ab]*.js @a", None),
        ("[ab][cd] @a", None),
        ("[Name][2", None),
        ("![Name]", None),
        ("^^[Name]", None),
    ] {
        assert_eq!(header(line.as_bytes()).map(|(name, _)| name), expected.map(str::as_bytes), "{line}");
    }
}

#[test]
fn the_place_and_the_headers_tell_whose_file_it_is() {
    for (place, text, path, expected) in [
        (SHARED, "docs/a @a", "x/docs/a", ""),
        (SHARED, "docs/a @a\n[S]", "x/docs/a", "1: @a"),
        ("docs/CODEOWNERS", "docs/a @a\n^[S]", "x/docs/a", "1: @a"),
        (GITLAB, "docs/a @a", "x/docs/a", "1: @a"),
        // Only GitHub looks there, and skips the line.
        (GITHUB, "/a @a\n[S] @s\n/b\n", "a", "1: @a"),
        (GITHUB, "/a @a\n[S] @s\n/b\n", "b", ""),
        (SHARED, "/a @a\n[S] @s\n/b\n", "b", "3: @s"),
    ] {
        assert_eq!(owners(place, text, path), expected, "{place} {text:?} {path}");
    }
}

#[test]
fn exclusions_hold_in_their_section() {
    let text =
        "* @all\n!pom.xml\n/special/pom.xml @late\n[Ruby]\n*.rb @ruby\n!/config/**/*.rb\n/config/routes.rb @ops\n";
    for (path, expected) in [
        ("a", "1: @all"),
        ("pom.xml", ""),
        ("special/pom.xml", ""),
        ("a.rb", "5: @all @ruby"),
        ("config/a/b.rb", "1: @all"),
        ("config/routes.rb", "1: @all"),
    ] {
        assert_eq!(owners(GITLAB, text, path), expected, "{path}");
    }
    assert_eq!(owners(GITHUB, "* @all\n!pom.xml\n", "pom.xml"), "1: @all", "GitHub knows none");
}

#[test]
fn what_is_invalid_is_skipped_and_counted() {
    for (place, line, skipped) in [
        (SHARED, "", 0),
        (SHARED, "   ", 0),
        (SHARED, "# [", 0),
        (SHARED, "/b", 0),
        (SHARED, "!b @b", 1),
        (SHARED, "[ab]c @b", 1),
        (SHARED, "a]b @b", 1),
        (SHARED, "\\#b @b", 1),
        (SHARED, "***/b @b", 1),
        (SHARED, "/ @b", 1),
        (SHARED, "a//b @b", 1),
        (SHARED, "dangling\\", 1),
        (SHARED, "* user", 1),
        (SHARED, "* @b user", 1),
        (SHARED, "*.txt docs@", 1),
        (GITLAB, "* user", 0),
        (GITLAB, "[Section name", 1),
        (GITLAB, "!", 1),
        (GITLAB, "!/", 0),
    ] {
        let text = format!("* @a\n{line}\n");
        let file = CodeOwners::parse(place, text.as_bytes());
        assert_eq!(file.skipped, skipped, "{line:?}");
        if skipped > 0 {
            let owned = file.owners_of(b"x.txt").expect("the line before still counts");
            assert_eq!((owned.owners, owned.line), (vec!["@a".to_owned()], 1), "{line:?}");
        }
    }
    // An entry that names nobody who could be an owner is an entry of nobody.
    assert_eq!(owners(GITLAB, "* @a\n* user\n", "x"), "");
}

#[test]
fn owners_have_the_form_of_one() {
    let long = format!("@{}", "a".repeat(MAX_OWNER));
    for (word, expected) in [
        ("@name", true),
        ("@_na-me.x", true),
        ("@org/team-name", true),
        ("@a/b/c", true),
        ("@@owner", true),
        ("first.last+tag@mail.example.com", true),
        (&long[..MAX_OWNER], true),
        (long.as_str(), false),
        ("name", false),
        ("@", false),
        ("@@", false),
        ("@@@a", false),
        ("@a@b", false),
        ("@/team", false),
        ("@org/", false),
        ("@org//team", false),
        ("@-a", false),
        ("@a,", false),
        ("\"@a\"", false),
        ("@a`", false),
        ("@a<b>", false),
        ("@\u{e4}", false),
        ("=a@example.com", false),
        ("a@", false),
        ("a@b@c", false),
        ("a@b..c", false),
        ("@a\u{1b}[0m", false),
    ] {
        assert_eq!(owner(word.as_bytes()).is_some(), expected, "{word:?}");
    }
    assert!(owner(b"@a\xff").is_none());
}

#[test]
fn paths_and_patterns_need_not_be_text() {
    let file = CodeOwners::parse(SHARED, b"* @a\n/\xff/?\xfe @b\n");
    let line = |path: &[u8]| file.owners_of(path).map(|owned| owned.line);
    assert_eq!(line(b"\xc3\x28/x"), Some(1));
    assert_eq!(line(b"\xff/\xf0\xfe"), Some(2));
    assert_eq!(line(b"\xff/a\xfe/b"), Some(2));
    assert_eq!(line(b"\xff/\xfe"), Some(1));
}

#[test]
fn budgets_hold() {
    let many: String = (0..=MAX_LINE_OWNERS).map(|index| format!(" @a{index}")).collect();
    let owned = CodeOwners::parse(SHARED, format!("*{many}").as_bytes()).owners_of(b"a").expect("it has owners");
    assert_eq!(owned.owners.len(), MAX_LINE_OWNERS);

    let sections: String = (0..=MAX_PATH_OWNERS).map(|index| format!("[S{index}]\n* @a{index}\n")).collect();
    let owned = CodeOwners::parse(SHARED, sections.as_bytes()).owners_of(b"a").expect("it has owners");
    assert_eq!(owned.owners.len(), MAX_PATH_OWNERS);

    let entries = "/a @a\n".repeat(MAX_ENTRIES) + "* @b\n[late]\n";
    let file = CodeOwners::parse(GITHUB, entries.as_bytes());
    assert_eq!((file.skipped, file.sections[0].entries.len()), (2, MAX_ENTRIES));
    assert_eq!(file.owners_of(b"b"), None);

    let headers: String = (0..=MAX_ENTRIES).map(|index| format!("[{index}]\n")).collect();
    let file = CodeOwners::parse(GITLAB, headers.as_bytes());
    assert_eq!((file.skipped, file.sections.len()), (1, MAX_ENTRIES + 1));

    let long = format!("{} @a\n", "a".repeat(MAX_PATTERN + 1));
    assert_eq!(CodeOwners::parse(SHARED, long.as_bytes()).skipped, 1);

    let size = usize::try_from(CodeOwners::MAX_BYTES).expect("fits");
    let mut text = b"* @a\n".to_vec();
    text.resize(size, b'\n');
    assert!(CodeOwners::parse(SHARED, &text).owners_of(b"a").is_some());
    text.push(b'\n');
    assert!(CodeOwners::parse(SHARED, &text).owners_of(b"a").is_none());
}

#[test]
fn no_pattern_takes_more_steps_than_the_product_of_the_lengths() {
    let deep = "a/".repeat(300) + "b";
    let wide = "a".repeat(900);
    for (pattern, path) in [
        ("**/".repeat(300) + "x", &deep),
        ("**/a/".repeat(200) + "x", &deep),
        ("**/*a*/".repeat(100) + "x", &deep),
        ("*a".repeat(300) + "x", &wide),
        ("**/*".to_owned() + &"a".repeat(300) + "x", &wide),
        ("?*".repeat(300) + "x", &wide),
    ] {
        let parsed = Pattern::new(pattern.as_bytes(), Dialect::GitHub).expect("it is a pattern");
        let mut steps = Steps(MAX_STEPS);
        assert!(!parsed.matches(path.as_bytes(), &mut steps));
        let spent = MAX_STEPS - steps.0;
        assert!(spent <= 2 * (pattern.len() + 4) * (path.len() + 1), "{spent} of {} {}", pattern.len(), path.len());
    }
}

#[test]
fn a_file_that_is_made_to_be_slow_says_nothing() {
    let slow = format!("*{}x @a\n", "a".repeat(2000)).repeat(1000);
    let file = CodeOwners::parse(SHARED, format!("* @a\n{slow}").as_bytes());
    assert_eq!(file.owners_of("a".repeat(4000).as_bytes()), None);
    assert!(file.owners_of(b"a").is_some(), "steps are counted for each path");
}

#[test]
fn the_first_regular_file_counts() {
    let root = tempfile::tempdir().expect("temporary directory");
    let place = |root: &Path| CodeOwners::read(root).map(|file| file.place().to_owned());
    assert_eq!(place(root.path()), None);
    for (index, name) in CodeOwners::PLACES.into_iter().enumerate().rev() {
        let path = root.path().join(name);
        fs::create_dir_all(path.parent().expect("it has a folder")).expect("folder");
        fs::write(&path, format!("* @a{index}\n")).expect("write");
        assert_eq!(place(root.path()).as_deref(), Some(name));
    }
    let file = CodeOwners::read(root.path()).expect("it is there");
    assert_eq!(file.owners_of(b"x").expect("it has owners").owners, ["@a0"]);

    // It is the one that counts, and too large: no other takes its place.
    let size = usize::try_from(CodeOwners::MAX_BYTES).expect("fits") + 1;
    fs::write(root.path().join(GITHUB), vec![b'\n'; size]).expect("write");
    assert_eq!(place(root.path()), None);

    // A folder of that name is no file.
    fs::remove_file(root.path().join(GITHUB)).expect("remove");
    fs::create_dir(root.path().join(GITHUB)).expect("folder");
    assert_eq!(place(root.path()).as_deref(), Some(SHARED));
}

#[cfg(unix)]
#[test]
fn links_are_not_followed() {
    use std::os::unix::fs::symlink;

    let outside = tempfile::tempdir().expect("temporary directory");
    fs::write(outside.path().join(SHARED), "* @outside\n").expect("write");
    let root = tempfile::tempdir().expect("temporary directory");
    symlink(outside.path(), root.path().join(".github")).expect("a link to a folder");
    symlink(outside.path().join(SHARED), root.path().join(SHARED)).expect("a link to a file");
    assert!(CodeOwners::read(root.path()).is_none());

    fs::create_dir(root.path().join(".gitlab")).expect("folder");
    fs::write(root.path().join(GITLAB), "* @inside\n").expect("write");
    let file = CodeOwners::read(root.path()).expect("a regular file is there");
    assert_eq!((file.place(), file.owners_of(b"x").map(|owned| owned.line)), (GITLAB, Some(1)));
}

/// Every way to match the segments, without a bound.
fn any_way(pattern: Option<&[u8]>, path: Option<&[u8]>, of: &Pattern) -> bool {
    let (Some(segments), Some(components)) = (pattern, path) else {
        return pattern.is_none() && of.tail.allows(path);
    };
    let ((segment, behind), (component, below)) = (first(segments), first(components));
    if segment == b"**" && behind.is_some() {
        return any_way(behind, path, of) || below.is_some() && any_way(pattern, below, of);
    }
    any_fit(segment, component, of.dialect) && any_way(behind, below, of)
}

/// Every way to match a component.
fn any_fit(segment: &[u8], component: &[u8], dialect: Dialect) -> bool {
    match token(segment, dialect) {
        None => component.is_empty(),
        Some((Token::Star, behind)) => {
            any_fit(behind, component, dialect)
                || character(component).is_some_and(|(_, rest)| any_fit(segment, rest, dialect))
        }
        Some((token, behind)) => strip(token, component).is_some_and(|rest| any_fit(behind, rest, dialect)),
    }
}

fn dialect() -> impl Strategy<Value = Dialect> {
    prop_oneof![Just(Dialect::GitHub), Just(Dialect::GitLab)]
}

/// Bytes, some of which are special in such a file.
fn text() -> impl Strategy<Value = Vec<u8>> {
    let special = prop::sample::select(b"*/?[]^!\\#@ab-. \t\r\n\n".to_vec());
    prop_oneof![
        prop::collection::vec(any::<u8>(), 0..200),
        prop::collection::vec(special, 0..200),
        "(\\^?\\[[a-c]\\](\\[[0-9]\\])?( @[a-c])?\n|[!/*?a-c]{1,8}( @[a-c]| # [a-c]){0,2}\n){0,12}"
            .prop_map(String::into_bytes),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn any_bytes_are_read(
        place in prop::sample::select(CodeOwners::PLACES.to_vec()),
        text in text(),
        paths in prop::collection::vec(prop::collection::vec(any::<u8>(), 0..40), 1..4),
    ) {
        let file = CodeOwners::parse(place, &text);
        let lines = text.split(|&byte| byte == b'\n').count();
        prop_assert!(file.skipped <= lines);
        for path in paths.iter().map(Vec::as_slice).chain([&b"a/b"[..], &b"a"[..], &b"c/a/b.c"[..]]) {
            if let Some(owned) = file.owners_of(path) {
                prop_assert!((1..=lines).contains(&owned.line));
                prop_assert!(!owned.owners.is_empty());
                for owner in owned.owners {
                    prop_assert!(owner.len() <= MAX_OWNER && owner.bytes().all(|byte| byte.is_ascii_graphic()));
                    prop_assert!(!owner.contains(['"', '\'', '`', ',']));
                }
            }
        }
    }

    #[test]
    fn patterns_match_where_any_way_does(
        dialect in dialect(),
        pattern in "[ab*/?]{1,3}|([ab?*]{0,3}|\\*\\*|\\[[!^]?[ab-]{1,3}\\])(/([ab?*]{1,3}|\\*\\*)){0,4}/?",
        path in "[ab\u{e9}]{1,3}(/[ab\u{e9}]{1,3}){0,4}",
    ) {
        if let Some(pattern) = Pattern::new(pattern.as_bytes(), dialect) {
            let segments = (!pattern.body.is_empty()).then_some(&*pattern.body);
            prop_assert_eq!(
                pattern.matches(path.as_bytes(), &mut Steps(MAX_STEPS)),
                any_way(segments, Some(path.as_bytes()), &pattern)
            );
        }
    }
}
