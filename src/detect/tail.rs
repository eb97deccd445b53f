//! What leads from a name to the value that is assigned to it, without an automaton.
//!
//! What it finds is defined by the expressions of [`crate::rule::assign`], which dozens of rules share behind their
//! names. They hardly branch: at a place there is one closer, one operator of a kind, one line break. So the places that
//! can be reached are followed as a set, at a fraction of the cost of the states that a lazy automaton makes of them, anew
//! for each of the names. A test holds the two equal.

use super::classes::{
    self, ANCHOR, BLANK, BRACKET, CHOICE, Class, DOTTED, ELEMENT, ESCAPE, GOES_ON, HIGH, LINE, NAME, PLAIN_TYPE,
    PREFIX, QUOTE, SIGIL, SPACE, TEST, TYPE, WORD,
};
use super::places::{Places, REACH};

/// Where a value may begin that is assigned to the name that ends at `at`, counted from there. `takes_quotes` as in
/// [`crate::rule::assign`]. Counts the bytes and places that it goes through in `steps`.
pub(super) fn value_places(text: &[u8], at: usize, takes_quotes: bool, steps: &mut u64) -> Places {
    let tail = Tail(&text[at..text.len().min(at + REACH)]);
    let mut places = Places::default();
    for operand in tail.operands(takes_quotes, steps).iter() {
        tail.open(operand, takes_quotes, &mut places);
    }
    *steps += places.iter().count() as u64;
    places
}

/// The text behind a name.
struct Tail<'t>(&'t [u8]);

impl Tail<'_> {
    fn is(&self, at: usize, class: Class) -> bool {
        self.0.get(at).is_some_and(|&byte| classes::is(byte, class))
    }

    fn has(&self, at: usize, text: &[u8]) -> bool {
        self.0.get(at..).is_some_and(|rest| rest.starts_with(text))
    }

    fn has_caseless(&self, at: usize, text: &[u8]) -> bool {
        self.0.get(at..at + text.len()).is_some_and(|rest| rest.eq_ignore_ascii_case(text))
    }

    /// How many bytes of `class` follow `at`, counted up to one more than `most`.
    fn run(&self, at: usize, class: Class, most: usize) -> usize {
        (at..=at + most).take_while(|&at| self.is(at, class)).count()
    }

    /// The place behind all bytes of `class` that follow `at`, if their number is within the bounds.
    fn past(&self, at: usize, class: Class, least: usize, most: usize) -> Option<usize> {
        let run = self.run(at, class, most);
        (least..=most).contains(&run).then_some(at + run)
    }

    /// The place behind `byte`, if it stands at `at`.
    fn past_byte(&self, at: usize, byte: u8) -> Option<usize> {
        (self.0.get(at) == Some(&byte)).then_some(at + 1)
    }

    /// Behind the operators.
    fn operands(&self, takes_quotes: bool, steps: &mut u64) -> Places {
        const REST: usize = 32;
        let mut operands = Places::default();
        let name = if takes_quotes { NAME | HIGH } else { NAME };
        let mut at = 0;
        while at < REST && self.is(at, name) {
            // Within the name only `-` and `.` may begin an operator.
            if self.is(at, GOES_ON) {
                self.operators(at, takes_quotes, &mut operands);
            }
            at += 1;
        }
        *steps += at as u64 + 1;
        for closers in 0..=3 {
            if !self.is(at, GOES_ON | BLANK) {
                break;
            }
            self.operators(at, takes_quotes, &mut operands);
            if takes_quotes && let Some(behind) = self.index(at) {
                self.operators(behind, takes_quotes, &mut operands);
            }
            match self.closer(at, takes_quotes) {
                Some(behind) if closers < 3 => at = behind,
                _ => break,
            }
        }
        operands
    }

    /// Behind a quote with up to three backslashes.
    fn quote(&self, at: usize) -> Option<usize> {
        let escapes = (at..at + 4).take_while(|&at| self.0.get(at) == Some(&b'\\')).count();
        (escapes <= 3 && self.is(at + escapes, QUOTE)).then_some(at + escapes + 1)
    }

    /// Behind a quote or bracket that closes a name.
    fn closer(&self, at: usize, takes_quotes: bool) -> Option<usize> {
        match self.0.get(at)? {
            b'\\' | b'"' | b'\'' | b'`' => self.quote(at),
            b']' | b')' | b'}' => Some(at + 1),
            b'[' if takes_quotes => matches!(self.0.get(at + 1)?, b']' | b')' | b'}').then_some(at + 2),
            b'%' => self.past_byte(at + 1, b'>'),
            _ => None,
        }
    }

    /// Behind `["key"]`.
    fn index(&self, at: usize) -> Option<usize> {
        let quote = |at: usize| matches!(self.0.get(at), Some(b'"' | b'\'')).then_some(at + 1);
        let key = quote(self.past_byte(at, b'[')?)?;
        self.past_byte(quote(self.past(key, NAME, 1, 16)?)?, b']')
    }

    /// Adds the places behind the operators that begin at `at`.
    fn operators(&self, at: usize, takes_quotes: bool, out: &mut Places) {
        let blanks = self.run(at, BLANK, 24);
        let behind = at + blanks;
        if !takes_quotes {
            // A blank alone.
            out.extend((at..behind).take(4).map(|at| at + 1));
        }
        let Some(&first) = self.0.get(behind) else { return };
        if blanks <= 24 && classes::is(first, GOES_ON) {
            self.symbols(behind, first, out);
        }
        match blanks {
            0 => out.extend(self.element(behind)),
            1..=4 => {
                out.extend(self.plainly_typed(behind));
                out.extend(self.attribute(behind));
            }
            _ => {}
        }
        if blanks <= 4 {
            out.extend(self.typed(behind));
        }
        if takes_quotes {
            self.operators_quoted(behind, first, blanks, out);
        }
    }

    /// `=>|:{1,3}=|={1,3}|!={1,2}|\|\|=?|\?\?=?|[-+.?]=|->|<-|[:,(>|]`
    fn symbols(&self, at: usize, first: u8, out: &mut Places) {
        let next = |ahead: usize| self.0.get(at + ahead).copied().unwrap_or(0);
        match first {
            b'=' => {
                out.insert(at + 1);
                match next(1) {
                    b'>' => out.insert(at + 2),
                    b'=' => {
                        out.insert(at + 2);
                        out.extend(self.past_byte(at + 2, b'='));
                    }
                    _ => {}
                }
            }
            b':' => {
                out.insert(at + 1);
                let colons = (0..4).take_while(|&ahead| next(ahead) == b':').count();
                if colons <= 3 {
                    out.extend(self.past_byte(at + colons, b'='));
                }
            }
            b'!' if next(1) == b'=' => {
                out.insert(at + 2);
                out.extend(self.past_byte(at + 2, b'='));
            }
            b'|' | b'?' if next(1) == first => {
                out.insert(at + 2);
                out.extend(self.past_byte(at + 2, b'='));
            }
            b'-' if next(1) == b'>' => out.insert(at + 2),
            b'<' if next(1) == b'-' => out.insert(at + 2),
            b'-' | b'+' | b'.' | b'?' if next(1) == b'=' => out.insert(at + 2),
            _ => {}
        }
        if matches!(first, b',' | b'(' | b'>' | b'|') {
            out.insert(at + 1);
        }
    }

    /// `: &str =`
    fn typed(&self, at: usize) -> Option<usize> {
        let blanks = self.past_byte(at, b':')?;
        let class = self.past(blanks, BLANK, 0, 4)?;
        let end = self.past(class, TYPE, 1, 24)?;
        self.past_byte(self.past(end, BLANK, 0, 4)?, b'=')
    }

    /// `string =`
    fn plainly_typed(&self, at: usize) -> Option<usize> {
        let end = self.past(at, PLAIN_TYPE, 1, 24)?;
        self.past_byte(self.past(end, BLANK, 1, 4)?, b'=')
    }

    /// `value=`
    fn attribute(&self, at: usize) -> Option<usize> {
        let name: &[u8] = match self.0.get(at)? {
            b'v' | b'V' => b"value",
            b'c' | b'C' => b"content",
            b'd' | b'D' => b"default",
            _ => return None,
        };
        if !self.has_caseless(at, name) {
            return None;
        }
        self.past_byte(self.past(at + name.len(), BLANK, 0, 2)?, b'=')
    }

    /// `</key> <string>`
    fn element(&self, at: usize) -> Option<usize> {
        if !self.has(at, b"</") {
            return None;
        }
        let closed = self.past_byte(self.past(at + 2, ELEMENT, 1, 16)?, b'>')?;
        let opened = self.past_byte(self.past(closed, SPACE, 0, 16)?, b'<')?;
        self.past_byte(self.past(opened, ELEMENT, 1, 16)?, b'>')
    }

    /// The operators behind `blanks` of them that only values have that take their quotes along.
    fn operators_quoted(&self, at: usize, first: u8, blanks: usize, out: &mut Places) {
        match (first, blanks) {
            (b':', 0) if self.has(at, b":-") => out.insert(at + 2),
            (b':', 0) if self.has(at, b"::") => {
                let class = self.past(at + 2, WORD, 1, 24);
                let equals = class.and_then(|end| self.past(end, BLANK, 0, 4));
                out.extend(equals.and_then(|at| self.past_byte(at, b'=')));
            }
            (b',', 0) => out.extend(self.default_argument(at + 1)),
            (b'?', 1..=4) if self.has(at, b"?:") => out.insert(at + 2),
            (b'i', 1..=2) if self.has(at, b"isEqualToString:") => out.insert(at + 16),
            (b'A', 1) if self.has(at, b"As") && self.is(at + 2, BLANK) => {
                let class = self.past(at + 3, DOTTED, 1, 24);
                let equals = class.and_then(|end| self.past(end, BLANK, 1, 4));
                out.extend(equals.and_then(|at| self.past_byte(at, b'=')));
            }
            _ => {}
        }
        if matches!(first, b':' | b'=') && blanks <= 4 {
            self.choice(at + 1, out);
        }
    }

    /// `, default=`
    fn default_argument(&self, at: usize) -> Option<usize> {
        let name = self.past(at, BLANK, 0, 4)?;
        let end = if self.has_caseless(name, b"unset") {
            name + 5
        } else if self.has_caseless(name, b"default") {
            let end = name + 7;
            let value = end + usize::from(self.0.get(end) == Some(&b'_'));
            if self.has_caseless(value, b"value") { value + 5 } else { end }
        } else {
            return None;
        };
        let operator = self.past(end, BLANK, 0, 2)?;
        matches!(self.0.get(operator), Some(b':' | b'=')).then_some(operator + 1)
    }

    /// `test ? a :` and `test ?`, behind the operator.
    fn choice(&self, at: usize, out: &mut Places) {
        let Some(mark) = self.past(at, TEST, 2, 41) else { return };
        if self.0.get(mark) != Some(&b'?') || !self.is(mark - 1, BLANK) {
            return;
        }
        if self.is(mark + 1, BLANK) {
            out.insert(mark + 2);
        }
        if let Some(colon) = self.past(mark + 1, CHOICE, 2, 33)
            && self.0.get(colon) == Some(&b':')
            && self.is(colon - 1, BLANK)
            && self.is(colon + 1, BLANK)
        {
            out.insert(colon + 2);
        }
    }

    /// Adds the places where a value may begin behind an operator that ends at `at`.
    ///
    /// Of a run of blanks all places are reached, but only the last of them leads on.
    fn open(&self, at: usize, takes_quotes: bool, out: &mut Places) {
        let end = at + self.run(at, BLANK, if takes_quotes { 15 } else { 7 });
        out.extend(at..end);
        if takes_quotes
            && self.0.get(end) == Some(&b'&')
            && let Some(anchor) = self.past(end + 1, ANCHOR, 1, 12).filter(|&end| self.is(end, BLANK))
        {
            self.lines(anchor + 1, takes_quotes, out);
        }
        self.lines(end, takes_quotes, out);
    }

    /// With one line break or two, or none.
    fn lines(&self, at: usize, takes_quotes: bool, out: &mut Places) {
        self.brackets(at, takes_quotes, out);
        let mark = match self.0.get(at) {
            Some(b'\\') => 1,
            Some(b'|' | b'>') if takes_quotes => 1 + usize::from(matches!(self.0.get(at + 1), Some(b'-' | b'+'))),
            Some(b'\r' | b'\n') => 0,
            _ => return,
        };
        for lines in (0..2).take_while(|lines| self.is(at + mark + lines, LINE)) {
            let begin = at + mark + lines + 1;
            let end = begin + self.run(begin, BLANK, 23);
            out.extend(begin..end);
            self.brackets(end, takes_quotes, out);
        }
    }

    /// With up to two brackets.
    fn brackets(&self, at: usize, takes_quotes: bool, out: &mut Places) {
        for brackets in 0..=2 {
            self.blanks(at + brackets, takes_quotes, out);
            if !self.is(at + brackets, BRACKET) {
                break;
            }
        }
        if takes_quotes && self.has(at, b"<![CDATA[") {
            self.blanks(at + 9, takes_quotes, out);
        }
    }

    /// With up to two blanks, and what may stand before a value.
    fn blanks(&self, at: usize, takes_quotes: bool, out: &mut Places) {
        for at in at..=at + self.run(at, BLANK, 1) {
            out.insert(at);
            if !self.is(at, PREFIX | SIGIL | QUOTE | ESCAPE) {
                continue;
            }
            if takes_quotes {
                self.quotes_apart(at, out);
            } else {
                let prefixes = if self.begins_or_ends_word(at) { self.run(at, PREFIX | SIGIL, 1) } else { 0 };
                (0..=prefixes).for_each(|prefix| self.quotes(at + prefix, out));
            }
        }
    }

    /// Adds the places behind one to three quotes.
    fn quotes(&self, mut at: usize, out: &mut Places) {
        for _ in 0..3 {
            let Some(behind) = self.quote(at) else { return };
            out.insert(behind);
            at = behind;
        }
    }

    /// Adds the places behind the prefix of a string, and behind two quotes, the third of which belongs to the value.
    fn quotes_apart(&self, at: usize, out: &mut Places) {
        let letters = if self.begins_or_ends_word(at) { self.run(at, PREFIX, 1) } else { 0 };
        for prefix in 0..=letters.max(self.run(at, SIGIL, 1)) {
            let at = at + prefix;
            out.insert(at);
            if self.has(at, b"\"\"") || self.has(at, b"''") {
                out.insert(at + 2);
            }
        }
    }

    /// `\b`. There always is a byte before: that of an operator.
    fn begins_or_ends_word(&self, at: usize) -> bool {
        self.is(at - 1, WORD) != self.is(at, WORD)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex_automata::nfa::thompson::pikevm::PikeVM;
    use regex_automata::nfa::thompson::{self, NFA};
    use regex_automata::util::syntax;
    use regex_automata::{Anchored, Input, MatchKind};

    use super::*;
    use crate::rule::assign::tail;

    fn machine(pattern: &str) -> PikeVM {
        let nfa: NFA = thompson::Compiler::new()
            .syntax(syntax::Config::new().unicode(false).utf8(false))
            .configure(thompson::Config::new().utf8(false))
            .build(pattern)
            .expect("the tail compiles");
        PikeVM::builder().configure(PikeVM::config().match_kind(MatchKind::All)).build_from_nfa(nfa).expect("it fits")
    }

    /// All places where the expression ends that begins at `at`, each by a search of its own.
    fn naive(machine: &PikeVM, text: &[u8], at: usize) -> Vec<usize> {
        let mut cache = machine.create_cache();
        let mut ends = |end: usize| {
            // With all matches asked for, the machine tells of the longest one in the span.
            let mut slots = [None; 2];
            let input = Input::new(text).range(at..end).anchored(Anchored::Yes);
            machine.search_slots(&mut cache, &input, &mut slots);
            slots[1].is_some_and(|slot| slot.get() == end)
        };
        (at..=text.len()).filter(|&end| ends(end)).map(|end| end - at).collect()
    }

    /// Pieces of the grammar, at and beyond their bounds, and what looks like them.
    fn piece() -> impl Strategy<Value = String> {
        const PIECES: &str = r#"
            = => == === ==== : := :: :::= ::::= != !== ! | || ||= ? ?? ??= ?= -= += .= -> <- < > , ( [ { ) ] } %> % "
            ' ` \ \\" \\\\' "" '' [] ["key"] ['a.b-c'] ["a'] &str value VALUE content default Default_Value
            defaultvalue unset </key> <string> </a:b> :- ?: isEqualToString: ::String string *T.[] <![CDATA[ b Rb u $
            @$ @ ; . - _ x 7 name a.b-c_d
        "#;
        let spaced = [
            "&anchor ",
            "&an_12345678901 ",
            "As ",
            "As String",
            " a ? ",
            " ? b : ",
            "a ?",
            "\n",
            "\r\n",
            "\r",
            "\\\n",
            "|\n",
            ">-\n",
            "|+\n",
            "\u{e9}",
            "\x0b",
            "\0",
        ];
        let pieces: Vec<&str> = PIECES.split_whitespace().chain(spaced).collect();
        let runs =
            (prop::sample::select(vec![' ', '\t', 'x', '.', '\u{e9}', '\\']), prop::sample::select(BOUNDS.to_vec()));
        prop_oneof![
            6 => prop::sample::select(pieces).prop_map(str::to_owned),
            2 => Just(" ".to_owned()),
            1 => runs.prop_map(|(of, number)| String::from(of).repeat(number)),
        ]
    }

    /// Bounds of the grammar's repetitions, and one more.
    const BOUNDS: [usize; 20] = [0, 1, 2, 3, 4, 5, 8, 9, 12, 13, 16, 17, 24, 25, 31, 32, 33, 39, 40, 41];

    /// A tail as it should be, with runs at and beyond their bounds: `~` stands for blanks,
    /// `^` for line breaks, `#` for letters, `*` for full stops.
    fn ordered() -> impl Strategy<Value = String> {
        const OPERATORS: [&str; 23] = [
            "~=",
            "~=>",
            "~:=",
            "~:::=",
            "~!==",
            "~||=",
            "~??=",
            "~+=",
            "~->",
            "~,",
            "~:~*~=",
            "~*~=",
            "~value~=",
            "~Default~=",
            "</#>~<#>",
            "</#>^<#>",
            ":-",
            "~?:",
            ",~default_value~:",
            "~= # ? ",
            "~:# ? # : ",
            "::#~=",
            "~As *~=",
        ];
        const OPENERS: [&str; 14] =
            ["~", "&# ", "\\\n~", "\r\n~", "|-\n~", "({~", "[", "<![CDATA[", "bR", "@$", "\"\"", "\\\"", "'", "`"];
        let closers = ["\"", "\\\\'", "[]", "]", "%>", ")", "[\"#\"]"];
        let template = (
            prop::sample::select(vec!["", "#", "-#", ".#"]),
            prop::collection::vec(prop::sample::select(closers.to_vec()), 0..4),
            prop::sample::select(OPERATORS.to_vec()),
            prop::collection::vec(prop::sample::select(OPENERS.to_vec()), 0..5),
            "[a-z~]{0,2}",
        );
        let run = prop_oneof![1 => prop::sample::select(BOUNDS.to_vec()), 2 => 0..5_usize];
        (template, prop::collection::vec(run, 24)).prop_map(|((rest, closers, operator, openers, end), runs)| {
            let template = format!("{rest}{}{operator}{}{end}", closers.concat(), openers.concat());
            let mut runs = runs.into_iter().cycle();
            let mut run = |of: &str| of.repeat(runs.next().expect("they are repeated"));
            let bytes = template.chars().map(|char| match char {
                '~' => run(" "),
                '^' => run("\n"),
                '#' => run("x"),
                '*' => run("."),
                char => char.to_string(),
            });
            bytes.collect()
        })
    }

    fn assert_equal(text: &str) -> Result<(), TestCaseError> {
        for takes_quotes in [false, true] {
            let machine = machine(&tail(takes_quotes));
            let found: Vec<usize> = value_places(text.as_bytes(), 3, takes_quotes, &mut 0).iter().collect();
            prop_assert_eq!(found, naive(&machine, text.as_bytes(), 3), "{:?} {}", text, takes_quotes);
        }
        Ok(())
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 10_000, ..ProptestConfig::default() })]
        #[test]
        fn places_are_those_of_the_expression(pieces in prop::collection::vec(piece(), 0..14)) {
            assert_equal(&format!("key{}", pieces.concat()))?;
        }

        #[test]
        fn places_are_those_of_the_expression_at_its_bounds(tail in ordered()) {
            assert_equal(&format!("key{tail}"))?;
        }
    }

    #[test]
    fn no_place_is_out_of_reach() {
        for takes_quotes in [false, true] {
            let hir = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(&tail(takes_quotes));
            let longest = hir.expect("the tail is an expression").properties().maximum_len();
            assert!(longest.expect("it is bounded") <= REACH, "{longest:?}");
        }
    }
}
