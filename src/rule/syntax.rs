//! What can be proved of a regular expression without running it: bounds, beginnings, bytes, needed words.
//!
//! Every function here errs on the safe side: a property is only reported where it holds of *every* match.

use regex_syntax::hir::{Class, Hir, HirKind, Literal};
use serde::{Deserialize, Serialize};

/// A set of bytes.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ByteSet([u64; 4]);

impl ByteSet {
    pub(crate) fn empty() -> Self {
        Self([0; 4])
    }

    pub(crate) fn of(test: impl Fn(u8) -> bool) -> Self {
        let mut set = Self::empty();
        (0..=255).filter(|&byte| test(byte)).for_each(|byte| set.insert(byte));
        set
    }

    /// Whether `byte` is in it.
    pub fn contains(&self, byte: u8) -> bool {
        self.0[usize::from(byte >> 6)] >> (byte & 63) & 1 == 1
    }

    /// In rising order.
    pub(crate) fn iter(&self) -> impl Iterator<Item = u8> {
        let (words, mut index, mut word) = (self.0, 0, self.0[0]);
        std::iter::from_fn(move || {
            while word == 0 {
                index += 1;
                word = *words.get(index)?;
            }
            let bit = word.trailing_zeros();
            word &= word - 1;
            Some(64 * index as u8 + bit as u8)
        })
    }

    pub(crate) fn insert(&mut self, byte: u8) {
        self.0[usize::from(byte >> 6)] |= 1 << (byte & 63);
    }

    pub(crate) fn extend(&mut self, other: &Self) {
        for (mine, theirs) in self.0.iter_mut().zip(other.0) {
            *mine |= theirs;
        }
    }

    /// Whether it is a single byte.
    pub(crate) fn is_one(&self) -> bool {
        self.0.iter().map(|word| word.count_ones()).sum::<u32>() == 1
    }

    pub(crate) fn is_subset(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).all(|(&mine, theirs)| mine & !theirs == 0)
    }

    pub(crate) fn intersects(&self, other: &Self) -> bool {
        self.0.iter().zip(other.0).any(|(&mine, theirs)| mine & theirs != 0)
    }
}

/// Parses `pattern` as the engine reads it: bytes, Unicode off.
pub(crate) fn parse(pattern: &str) -> Result<Hir, Box<regex_syntax::Error>> {
    regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).map_err(Box::new)
}

/// Bytes of a class, or none where it is one of code points (which byte patterns only have in scoped groups).
fn class_bytes(class: &Class) -> Option<Vec<u8>> {
    match class {
        Class::Bytes(class) => Some(class.iter().flat_map(|range| range.start()..=range.end()).collect()),
        Class::Unicode(class) => {
            class.to_byte_class().map(|class| class.iter().flat_map(|range| range.start()..=range.end()).collect())
        }
    }
}

/// The beginning of a match, as far as it was enumerated.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Head {
    bytes: Vec<u8>,
    /// Nothing needs to be known beyond this.
    closed: bool,
}

/// What is known of a beginning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// It has to be longer.
    More,
    /// It is long enough.
    Enough,
    /// However it goes on, it will not do.
    Hopeless,
}

/// How beginnings are enumerated.
struct Heads<'a> {
    /// Fold ASCII letters to lower case.
    fold: bool,
    /// Says whether a beginning is long enough.
    enough: &'a dyn Fn(&[u8]) -> Seen,
    /// Give up above this many.
    most: usize,
}

/// All beginnings of the matches of `hir`, each just long enough for `enough`; none where there are more than `most`,
/// where one is hopeless, or where some match ends before it is long enough.
pub(crate) fn heads(hir: &Hir, fold: bool, most: usize, enough: &dyn Fn(&[u8]) -> Seen) -> Option<Vec<Vec<u8>>> {
    let heads = Heads { fold, enough, most };
    let mut found = heads.of(hir, vec![Head { bytes: Vec::new(), closed: false }])?;
    found.sort();
    found.dedup();
    found.into_iter().map(|head| head.closed.then_some(head.bytes)).collect()
}

impl Heads<'_> {
    fn push(&self, heads: &[Head], bytes: &[u8]) -> Option<Vec<Head>> {
        let mut bytes: Vec<u8> =
            bytes.iter().map(|byte| if self.fold { byte.to_ascii_lowercase() } else { *byte }).collect();
        bytes.sort_unstable();
        bytes.dedup();
        let open = heads.iter().filter(|head| !head.closed).count();
        // Before they are made, not after: a few classes in a row would make millions.
        if heads.len() - open + open * bytes.len() > self.most {
            return None;
        }
        let mut out = Vec::new();
        for head in heads {
            if head.closed {
                out.push(head.clone());
                continue;
            }
            for &byte in &bytes {
                let mut longer = head.bytes.clone();
                longer.push(byte);
                let closed = match (self.enough)(&longer) {
                    Seen::More => false,
                    Seen::Enough => true,
                    Seen::Hopeless => return None,
                };
                out.push(Head { bytes: longer, closed });
            }
        }
        out.sort();
        out.dedup();
        Some(out)
    }

    fn of(&self, hir: &Hir, heads: Vec<Head>) -> Option<Vec<Head>> {
        if heads.iter().all(|head| head.closed) {
            return Some(heads);
        }
        match hir.kind() {
            HirKind::Empty | HirKind::Look(_) => Some(heads),
            HirKind::Literal(Literal(bytes)) => bytes.iter().try_fold(heads, |heads, &byte| self.push(&heads, &[byte])),
            HirKind::Class(class) => self.push(&heads, &class_bytes(class)?),
            HirKind::Capture(capture) => self.of(&capture.sub, heads),
            HirKind::Concat(parts) => parts.iter().try_fold(heads, |heads, part| self.of(part, heads)),
            HirKind::Alternation(parts) => {
                let mut out = Vec::new();
                for part in parts {
                    out.extend(self.of(part, heads.clone())?);
                }
                (out.len() <= self.most).then_some(out)
            }
            HirKind::Repetition(repetition) => {
                let mut now = heads;
                for _ in 0..repetition.min {
                    now = self.of(&repetition.sub, now)?;
                }
                let mut out = now.clone();
                let mut count = repetition.min;
                while !now.iter().all(|head| head.closed) && repetition.max.is_none_or(|max| count < max) {
                    let next = self.of(&repetition.sub, now.clone())?;
                    if next == now {
                        break;
                    }
                    out.extend(next.iter().cloned());
                    now = next;
                    count += 1;
                    if out.len() > self.most {
                        return None;
                    }
                }
                Some(out)
            }
        }
    }
}

/// Every byte that may stand among the first `reach` bytes of a match.
pub(crate) fn first_bytes(hir: &Hir, reach: usize) -> ByteSet {
    let mut set = ByteSet::empty();
    collect_first(hir, reach, &mut set);
    set
}

fn collect_first(hir: &Hir, reach: usize, set: &mut ByteSet) {
    if reach == 0 {
        return;
    }
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(Literal(bytes)) => bytes.iter().take(reach).for_each(|&byte| set.insert(byte)),
        HirKind::Class(class) => set.extend(&class_set(class)),
        HirKind::Capture(capture) => collect_first(&capture.sub, reach, set),
        HirKind::Repetition(repetition) => collect_first(&repetition.sub, reach, set),
        HirKind::Alternation(parts) => parts.iter().for_each(|part| collect_first(part, reach, set)),
        HirKind::Concat(parts) => {
            let mut left = reach;
            for part in parts {
                collect_first(part, left, set);
                left = left.saturating_sub(part.properties().minimum_len().unwrap_or(0));
            }
        }
    }
}

/// The bytes of a class; all of them where it is one of code points.
pub(crate) fn class_set(class: &Class) -> ByteSet {
    let mut set = ByteSet::empty();
    match class_bytes(class) {
        Some(bytes) => bytes.into_iter().for_each(|byte| set.insert(byte)),
        None => set.extend(&ByteSet::of(|_| true)),
    }
    set
}

/// Every byte that a match may end with. A match that may be empty can end with anything.
pub(crate) fn last_bytes(hir: &Hir) -> ByteSet {
    if hir.properties().minimum_len().unwrap_or(0) == 0 {
        return ByteSet::of(|_| true);
    }
    let mut set = ByteSet::empty();
    collect_last(hir, &mut set);
    set
}

fn collect_last(hir: &Hir, set: &mut ByteSet) {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => {}
        HirKind::Literal(Literal(bytes)) => bytes.last().into_iter().for_each(|&byte| set.insert(byte)),
        HirKind::Class(class) => set.extend(&class_set(class)),
        HirKind::Capture(capture) => collect_last(&capture.sub, set),
        HirKind::Repetition(repetition) => collect_last(&repetition.sub, set),
        HirKind::Alternation(parts) => parts.iter().for_each(|part| collect_last(part, set)),
        HirKind::Concat(parts) => {
            for part in parts.iter().rev() {
                collect_last(part, set);
                if part.properties().minimum_len().unwrap_or(0) > 0 {
                    break;
                }
            }
        }
    }
}

/// Most texts that [`always_contains`] spells out.
const MOST_SPELLINGS: usize = 4096;

/// Whether every match of `hir` contains one of `words` (lower case), caselessly.
pub(crate) fn always_contains(hir: &Hir, words: &[String]) -> bool {
    let holds_word = |text: &[u8]| words.iter().any(|word| memchr::memmem::find(text, word.as_bytes()).is_some());
    if spellings(hir).is_some_and(|texts| texts.iter().all(|text| holds_word(text))) {
        return true;
    }
    match hir.kind() {
        HirKind::Capture(capture) => always_contains(&capture.sub, words),
        HirKind::Repetition(repetition) => repetition.min > 0 && always_contains(&repetition.sub, words),
        HirKind::Alternation(parts) => parts.iter().all(|part| always_contains(part, words)),
        HirKind::Concat(parts) => {
            parts.iter().any(|part| always_contains(part, words))
                || spelled_runs(parts).iter().any(|texts| texts.iter().all(|text| holds_word(text)))
        }
        _ => false,
    }
}

/// For each run of neighbours that can be spelled out, all its texts.
fn spelled_runs(parts: &[Hir]) -> Vec<Vec<Vec<u8>>> {
    let mut runs = Vec::new();
    let mut run: Vec<Vec<u8>> = vec![Vec::new()];
    for part in parts {
        let joined = spellings(part).and_then(|texts| join(&run, &texts));
        if let Some(longer) = joined {
            run = longer;
        } else {
            runs.push(std::mem::replace(&mut run, vec![Vec::new()]));
            // The part that broke the run may begin the next one.
            if let Some(texts) = spellings(part) {
                run = texts;
            }
        }
    }
    runs.push(run);
    runs
}

fn join(left: &[Vec<u8>], right: &[Vec<u8>]) -> Option<Vec<Vec<u8>>> {
    if left.len() * right.len() > MOST_SPELLINGS {
        return None;
    }
    let mut out = Vec::with_capacity(left.len() * right.len());
    for first in left {
        for second in right {
            out.push([first.as_slice(), second].concat());
        }
    }
    out.sort();
    out.dedup();
    Some(out)
}

/// All texts of `hir`, in lower case; none where they are too many.
fn spellings(hir: &Hir) -> Option<Vec<Vec<u8>>> {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(vec![Vec::new()]),
        HirKind::Literal(Literal(bytes)) => Some(vec![bytes.to_ascii_lowercase()]),
        HirKind::Class(class) => {
            let mut bytes: Vec<u8> = class_bytes(class)?.iter().map(u8::to_ascii_lowercase).collect();
            bytes.sort_unstable();
            bytes.dedup();
            (bytes.len() <= 16).then(|| bytes.into_iter().map(|byte| vec![byte]).collect())
        }
        HirKind::Capture(capture) => spellings(&capture.sub),
        HirKind::Concat(parts) => {
            parts.iter().try_fold(vec![Vec::new()], |texts, part| join(&texts, &spellings(part)?))
        }
        HirKind::Alternation(parts) => {
            let mut out = Vec::new();
            for part in parts {
                out.extend(spellings(part)?);
            }
            (out.len() <= MOST_SPELLINGS).then_some(out)
        }
        HirKind::Repetition(repetition) => {
            let max = repetition.max.filter(|&max| max <= 4)?;
            let unit = spellings(&repetition.sub)?;
            let mut out = Vec::new();
            let mut now = vec![Vec::new()];
            for count in 0..=max {
                if count >= repetition.min {
                    out.extend(now.iter().cloned());
                }
                if count < max {
                    now = join(&now, &unit)?;
                }
            }
            (out.len() <= MOST_SPELLINGS).then_some(out)
        }
    }
}

/// The literal text that every match begins with, in its own case.
pub(crate) fn common_prefix(hir: &Hir) -> Vec<u8> {
    match hir.kind() {
        HirKind::Literal(Literal(bytes)) => bytes.to_vec(),
        HirKind::Capture(capture) => common_prefix(&capture.sub),
        HirKind::Concat(parts) => {
            let mut out = Vec::new();
            for part in parts {
                match part.kind() {
                    HirKind::Look(_) | HirKind::Empty => {}
                    HirKind::Literal(Literal(bytes)) => out.extend_from_slice(bytes),
                    _ => {
                        out.extend(common_prefix(part));
                        break;
                    }
                }
            }
            out
        }
        HirKind::Alternation(parts) => {
            let mut prefixes = parts.iter().map(common_prefix);
            let first = prefixes.next().unwrap_or_default();
            prefixes.fold(first, |common, other| {
                common.iter().zip(&other).take_while(|(a, b)| a == b).map(|(&a, _)| a).collect()
            })
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hir(pattern: &str) -> Hir {
        parse(pattern).expect("a test pattern")
    }

    fn three(pattern: &str) -> Option<Vec<String>> {
        heads(&hir(pattern), false, 64, &|head| if head.len() >= 3 { Seen::Enough } else { Seen::More })
            .map(|heads| heads.into_iter().map(|head| String::from_utf8_lossy(&head).into_owned()).collect())
    }

    #[test]
    fn heads_enumerate_small_classes_and_give_up_on_large_ones() {
        assert_eq!(three("gh[po]_[a-z]{36}").as_deref(), Some(&["gho".to_owned(), "ghp".to_owned()][..]));
        assert_eq!(three("(?:AB|ACD)x").as_deref(), Some(&["ABx".to_owned(), "ACD".to_owned()][..]));
        assert_eq!(three("a?bcd").as_deref(), Some(&["abc".to_owned(), "bcd".to_owned()][..]));
        assert_eq!(three("ab[a-zA-Z0-9]{3}").map(|heads| heads.len()), Some(62));
        assert_eq!(three("a[a-zA-Z0-9]{3}"), None, "62 * 62 beginnings");
        assert_eq!(three("ab"), None, "too short to have three bytes");
        assert_eq!(three("a*bcd").map(|heads| heads.len()), Some(4), "aaa, aab, abc, bcd");
    }

    #[test]
    fn bytes_at_both_ends() {
        let first = first_bytes(&hir("AK[0-9]{4}:x"), 6);
        assert!(first.contains(b'A') && first.contains(b'7') && !first.contains(b':'));
        let last = last_bytes(&hir("key[a-z]{0,3}=[ \"]{0,2}"));
        assert!(last.contains(b'=') && last.contains(b'"') && !last.contains(b'y'));
        assert!(last_bytes(&hir("a?")).contains(b'z'), "what may be empty may end with anything");
    }

    #[test]
    fn needed_words() {
        let words = |list: &[&str]| list.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        assert!(always_contains(&hir("(?i)heroku[_-]?key="), &words(&["heroku"])));
        assert!(always_contains(&hir("(?i)[a-z]{0,9}hero[_-]?ku"), &words(&["heroku", "hero_ku", "hero-ku"])));
        assert!(!always_contains(&hir("(?i)hero[_-]?ku"), &words(&["heroku"])));
        assert!(!always_contains(&hir("(?:heroku)?key"), &words(&["heroku"])));
        assert!(always_contains(&hir("(?:xdatadogx|my_dd_key)"), &words(&["datadog", "dd_key"])));
    }

    #[test]
    fn common_prefixes() {
        assert_eq!(common_prefix(&hir("sk_(?:live|test)_[a-z]")), b"sk_");
        assert_eq!(common_prefix(&hir("(?:abc|abd)")), b"ab");
        assert_eq!(common_prefix(&hir("[ab]c")), b"");
    }
}
