use std::collections::BTreeMap;

use super::*;
use crate::detect::Engine;
use crate::rule::RuleSet;
use crate::scan::expand;

/// A generator of numbers that is the same everywhere (Knuth's MMIX).
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }
}

/// Pieces that files are made of: the samples of all rules, and what stands between secrets.
fn pieces(scanner: &Scanner) -> Vec<String> {
    let mut pieces = Vec::new();
    for loaded in scanner.engine.rules().iter() {
        let rule = &loaded.rule;
        let texts = rule.examples.iter().chain(rule.near_misses.iter().map(|near_miss| &near_miss.text));
        pieces.extend((0..).zip(texts).map(|(number, text)| expand(text, &format!("{}/{number}", rule.id))));
    }
    for text in ["\n", "}\n", "\"", "\n\n  password: ", "{\n", "-----END ", " = ", "\\n", "Ab3", "\t\u{e4}\u{4e2d}"] {
        pieces.extend(vec![text.to_owned(); 60]);
    }
    pieces.extend((0..300).map(|number| format!("    let value_{number} = call(argument, {number});\n")));
    pieces.extend((0..20).map(|number| "0123456789abcdefABCDEF+/".repeat(20 + number * 40)));
    pieces
}

/// A text and how it came of another one.
fn edited(old: &[u8], pieces: &[String], random: &mut Random) -> (Vec<u8>, Vec<Copied>) {
    let (mut new, mut copied): (Vec<u8>, Vec<Copied>) = (Vec::new(), Vec::new());
    let mut at = 0;
    let edits = 1 + random.below(5);
    let mut places: Vec<usize> = (0..edits).map(|_| random.below(old.len() + 1)).collect();
    places.sort_unstable();
    let mut copy = |new: &mut Vec<u8>, from: usize, to: usize| {
        if from < to {
            let run = Copied { from, to: new.len(), length: to - from };
            new.extend_from_slice(&old[from..to]);
            match copied.last_mut() {
                Some(last) if last.from + last.length == from && last.to + last.length == run.to => {
                    last.length += run.length;
                }
                _ => copied.push(run),
            }
        }
    };
    for place in places {
        copy(&mut new, at, place.max(at));
        at = place.max(at);
        match random.below(4) {
            0 => new.extend_from_slice(pieces[random.below(pieces.len())].as_bytes()),
            1 => at = (at + 1 + random.below(40)).min(old.len()),
            2 => {
                new.extend_from_slice(&pieces[random.below(pieces.len())].as_bytes()[..1]);
                at = (at + 1).min(old.len());
            }
            // A part that stands elsewhere too.
            _ => {
                let from = random.below(old.len());
                copy(&mut new, from, (from + random.below(9000)).min(old.len()));
            }
        }
    }
    copy(&mut new, at, old.len());
    (new, copied)
}

/// Numbers secrets.
fn numbers() -> impl FnMut(usize, Fingerprint) -> u32 {
    let mut known = BTreeMap::new();
    move |rule, value| {
        let next = known.len() as u32;
        *known.entry((rule, value)).or_insert(next)
    }
}

#[test]
fn a_version_has_what_a_scan_of_all_of_it_has() {
    let scanner = Scanner::new(Engine::new(RuleSet::embedded()));
    let mut scratch = scanner.scratch();
    let passages = Passages::new([1, 2, 3, 4]);
    let pieces = pieces(&scanner);
    let (mut inherited, mut remembered) = (0, 0);
    for seed in 0..40 {
        let mut random = Random(seed);
        let mut number = numbers();
        let mut text = Vec::new();
        while text.len() < 30_000 {
            text.extend_from_slice(pieces[random.below(pieces.len())].as_bytes());
        }
        let mark = if seed % 4 == 3 { 3 } else { 0 };
        if mark > 0 {
            text.splice(0..0, *b"\xef\xbb\xbf");
        }
        let path = (7, &b"config/settings.py"[..]);
        let mut version = Version::search(&scanner, &mut scratch, &passages, &text, mark, None).unwrap();
        version.set_at_one_path(seed % 2 == 0);
        version.judge(&scanner, &text, path, None, &mut number);
        for _ in 0..12 {
            let (new, copied) = edited(&text, &pieces, &mut random);
            if new.len() < mark || new[..mark] != text[..mark] {
                continue;
            }
            let older = Older { version: &version, copied: &copied };
            inherited += older.inner(new.len(), SETTLED, SETTLED).count();
            remembered += passages.len();
            let mut made = Version::search(&scanner, &mut scratch, &passages, &new, mark, Some(older)).unwrap();
            made.set_at_one_path(seed % 2 == 0);
            made.judge(&scanner, &new, path, Some(older), &mut number);
            let nothing = Passages::new([0; 4]);
            let mut whole = Version::search(&scanner, &mut scratch, &nothing, &new, mark, None).unwrap();
            whole.judge(&scanner, &new, path, None, &mut number);
            let matches = |version: &Version| version.matches.iter().map(|(one, _)| one.clone()).collect::<Vec<_>>();
            assert_eq!(matches(&made), matches(&whole), "seed {seed}");
            made.secrets.sort();
            whole.secrets.sort();
            assert_eq!(made.secrets, whole.secrets, "seed {seed}");
            (text, version) = (new, made);
        }
    }
    assert!(inherited > 500 && remembered > 0, "{inherited} runs of bytes are long enough to inherit what is in them");
}
