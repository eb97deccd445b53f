//! Lists what the generic rules match in files, with the features that the model of assignments weighs, as JSON Lines for
//! `train.py`: `candidates ROOT < LIST`, where LIST has a path below ROOT on each line. `candidates --features` names them.
//!
//! Of each value under a password name there is a second row, `chosen`, in which a password of the kind that people choose
//! stands in its place: data sets replace true passwords by random letters, and a model must not learn that words are none.

use std::io::{BufRead, Write, stdin, stdout};
use std::path::PathBuf;

use straykey::check::{TextFile, excluded, model};
use straykey::detect::Engine;
use straykey::rule::{Check, RuleSet};
use straykey::span::{LineIndex, Position};

/// Bytes around a value that are kept where another takes its place: further away nothing is measured.
const AROUND: usize = 8192;

fn main() {
    let root = PathBuf::from(std::env::args_os().nth(1).expect("usage: candidates ROOT < LIST"));
    let mut out = stdout().lock();
    if root.as_os_str() == "--features" {
        writeln!(out, "{}", model::feature_names().join(" ")).expect("the output can be written");
        return;
    }
    let engine = Engine::new(RuleSet::embedded());
    let mut scratch = engine.scratch();
    let mut matches = Vec::new();
    let mut draw = Draw(0x9E37_79B9_7F4A_7C15);
    for path in stdin().lock().lines() {
        let path = path.expect("the list is UTF-8");
        let text = std::fs::read(root.join(&path)).expect("the files of the list can be read");
        engine.find(&mut scratch, &text, 0..text.len(), &mut matches);
        let file = TextFile::at(path.as_bytes());
        let lines = LineIndex::new(&text, Position::default());
        for found in &matches {
            let rule = &engine.rules().get(found.rule).rule;
            let weighed = |check: &Check| matches!(check, Check::AssignedLiteral | Check::Argument | Check::Literal);
            if !rule.is_generic() || !rule.checks.iter().any(weighed) {
                continue;
            }
            let inner = rule.trim.range(&text[found.start..found.end]);
            let span = found.start + inner.start..found.start + inner.end;
            let region = lines.region(&text, span.start, span.end);
            let first = span.start.saturating_sub(AROUND);
            let chosen = (rule.kind == "hardcoded-password").then(|| {
                let value = draw.password();
                let last = text.len().min(span.end + AROUND);
                let other = [&text[first..span.start], value.as_bytes(), &text[span.end..last]].concat();
                let start = span.start - first;
                model::measure(&other, start..start + value.len(), &file)
            });
            let row = serde_json::json!({
                "path": path, "rule": rule.id, "line": region.start_line, "column": region.start_column,
                "start": span.start, "end": span.end,
                "excluded": excluded(rule, &text, span.clone(), &file),
                "features": model::measure(&text, span.clone(), &file), "chosen": chosen,
                "value": String::from_utf8_lossy(&text[span]),
            });
            writeln!(out, "{row}").expect("the output can be written");
        }
    }
}

/// Draws passwords as people choose them. Xorshift (Marsaglia 2003, section 3): the same at each run, no more is asked.
struct Draw(u64);

/// Words that people make passwords of: animals, seasons, places, names, things.
const WORDS: [&str; 110] = [
    "dragon",
    "monkey",
    "sunshine",
    "shadow",
    "master",
    "football",
    "summer",
    "winter",
    "spring",
    "autumn",
    "michael",
    "jessica",
    "charlie",
    "thomas",
    "andrea",
    "maria",
    "sabine",
    "juergen",
    "pierre",
    "carlos",
    "natasha",
    "ivan",
    "london",
    "berlin",
    "paris",
    "madrid",
    "prague",
    "boston",
    "denver",
    "sydney",
    "tiger",
    "eagle",
    "falcon",
    "panther",
    "kitten",
    "puppy",
    "horse",
    "buffalo",
    "dolphin",
    "penguin",
    "flower",
    "orange",
    "banana",
    "cherry",
    "lemon",
    "coffee",
    "chocolate",
    "cookie",
    "pepper",
    "ginger",
    "purple",
    "silver",
    "golden",
    "diamond",
    "crystal",
    "thunder",
    "lightning",
    "rainbow",
    "mountain",
    "river",
    "ocean",
    "forest",
    "garden",
    "castle",
    "bridge",
    "guitar",
    "piano",
    "hockey",
    "soccer",
    "baseball",
    "matrix",
    "starwars",
    "batman",
    "phoenix",
    "wizard",
    "hunter",
    "ranger",
    "soldier",
    "captain",
    "freedom",
    "liberty",
    "victory",
    "schatz",
    "sommer",
    "hallo",
    "bonjour",
    "soleil",
    "amour",
    "estrella",
    "verano",
    "kotek",
    "slonce",
    "letmein",
    "trustno",
    "iloveyou",
    "princess",
    "береза",
    "солнце",
    "любовь",
    "москва",
    "größe",
    "schlüssel",
    "señora",
    "corazón",
    "şeker",
    "gümüş",
    "zażółć",
    "příroda",
    "élève",
    "αγάπη",
];

impl Draw {
    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 33) % bound as u64).expect("it is below a usize")
    }

    fn word(&mut self) -> String {
        let word = WORDS[self.below(WORDS.len())];
        match self.below(5) {
            0 | 1 => word.to_owned(),
            2 | 3 => {
                let mut letters = word.chars();
                letters.next().into_iter().flat_map(char::to_uppercase).chain(letters).collect()
            }
            _ => word.replace('o', "0").replace('i', "1").replace('e', "3").replace('a', "@"),
        }
    }

    fn number(&mut self) -> String {
        match self.below(4) {
            0 => (1950 + self.below(76)).to_string(),
            1 => self.below(10).to_string(),
            2 => (10 + self.below(90)).to_string(),
            _ => (100 + self.below(9900)).to_string(),
        }
    }

    fn sign(&mut self) -> &'static str {
        ["!", "#", "$", "%", "&", "*", "?", "@", ".", "-", "_", "+", "!!", ":", "/", "="][self.below(16)]
    }

    fn password(&mut self) -> String {
        match self.below(12) {
            0 | 1 => self.word(),
            2..=4 => self.word() + &self.number(),
            5 | 6 => self.word() + &self.number() + self.sign(),
            7 => self.word() + self.sign() + &self.number(),
            8 => self.word() + &self.word(),
            9 => self.word() + ["-", "_", ".", " ", "&"][self.below(5)] + &self.word() + &self.number(),
            10 => self.number() + &self.word() + self.sign(),
            _ => self.sign().to_owned() + &self.word() + &self.number(),
        }
    }
}
