//! Sample texts of rules: the joiner and the generators of `docs/rule-format.md`, section Examples.
//!
//! Random parts are drawn from the rule's id and the number of the example, so that every run tests the same text and
//! no valid-looking token lies in a rule file.

use crate::rule::draw::Random;
use crate::rule::form::{alphabet, run_of};

/// What a rule file writes into a token so that it is none.
const JOINER: &str = "${}";

/// Length from which a random part holds a digit and a letter, if its alphabet has both.
const MIXED: usize = 10;

const BASE62: &str = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Makes a sample whole: strips joiners, fills generators. `seed` names rule and example.
pub fn expand(template: &str, seed: &str) -> String {
    let template = template.replace(JOINER, "");
    let mut random = Random::new(seed);
    let mut out = String::with_capacity(template.len() + 64);
    let mut rest = template.as_str();
    while let Some(open) = rest.find("{{") {
        let (before, tail) = rest.split_at(open);
        out.push_str(before);
        let filled = tail[2..]
            .find("}}")
            .and_then(|close| generate(&tail[2..2 + close], &mut random).map(|text| (text, 2 + close + 2)));
        if let Some((text, length)) = filled {
            out.push_str(&text);
            rest = &tail[length..];
        } else {
            // Two braces that are no generator are text: templates of other tools have them.
            out.push_str("{{");
            rest = &tail[2..];
        }
    }
    out.push_str(rest);
    out
}

fn generate(name: &str, random: &mut Random) -> Option<String> {
    if name == "uuid" {
        let hex = |random: &mut Random, length| text_of("0123456789abcdef", length, random);
        let (a, b, c, d, e) = (hex(random, 8), hex(random, 4), hex(random, 3), hex(random, 3), hex(random, 12));
        return Some(format!("{a}-{b}-4{c}-a{d}-{e}"));
    }
    if let Some(parameter) = name.strip_prefix("crc32:") {
        let body = text_of(BASE62, 30, random);
        let sum = crate::check::token::github_checksum(body.as_bytes());
        return Some(format!("{parameter}{body}{sum}"));
    }
    let (kind, least, most) = run_of(name)?;
    let alphabet = alphabet(kind)?;
    let length = least + if most > least { random.below(most - least + 1) } else { 0 };
    Some(text_of(&alphabet, length, random))
}

fn text_of(alphabet: &str, length: usize, random: &mut Random) -> String {
    let alphabet = alphabet.as_bytes();
    let has = |text: &[u8], test: fn(&u8) -> bool| text.iter().any(test);
    loop {
        let text: Vec<u8> = (0..length).map(|_| alphabet[random.below(alphabet.len())]).collect();
        let mixed = has(alphabet, u8::is_ascii_digit) && has(alphabet, u8::is_ascii_alphabetic);
        let good = has(&text, u8::is_ascii_digit) && has(&text, u8::is_ascii_alphabetic);
        if !mixed || length < MIXED || good {
            return text.into_iter().map(char::from).collect();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn generators_fill_and_repeat() {
        let text = expand("k=acme_{{hex:32}} {{ jinja }} a${}b {{uuid}}", "acme/0");
        assert_eq!(text, expand("k=acme_{{hex:32}} {{ jinja }} a${}b {{uuid}}", "acme/0"));
        assert_ne!(text, expand("k=acme_{{hex:32}} {{ jinja }} a${}b {{uuid}}", "acme/1"));
        assert!(text.contains(" {{ jinja }} ab "));
        assert_eq!(text.len(), "k=acme_".len() + 32 + " {{ jinja }} ab ".len() + 36);
    }
}
