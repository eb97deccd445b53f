//! Sample texts of rules: the joiner and the generators of `docs/rule-format.md`, section Examples.
//!
//! Random parts are drawn from the rule's id and the number of the example, so that every run tests the same text and
//! no valid-looking token lies in a rule file.

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
        let hex = |random: &mut Random, length| random.text("0123456789abcdef", length);
        let (a, b, c, d, e) = (hex(random, 8), hex(random, 4), hex(random, 3), hex(random, 3), hex(random, 12));
        return Some(format!("{a}-{b}-4{c}-a{d}-{e}"));
    }
    let (kind, parameter) = name.split_once(':')?;
    if kind == "crc32" {
        let body = random.text(BASE62, 30);
        let sum = crate::check::token::github_checksum(body.as_bytes());
        return Some(format!("{parameter}{body}{sum}"));
    }
    let length = parameter.parse().ok()?;
    Some(random.text(&alphabet(kind)?, length))
}

fn alphabet(kind: &str) -> Option<String> {
    const LOWER: &str = "abcdefghijklmnopqrstuvwxyz";
    const UPPER: &str = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
    const DIGITS: &str = "0123456789";
    Some(match kind {
        "digits" => DIGITS.to_owned(),
        "hex" => format!("{DIGITS}abcdef"),
        "HEX" => format!("{DIGITS}ABCDEF"),
        "lower" => LOWER.to_owned(),
        "upper" => UPPER.to_owned(),
        "alnum" => format!("{DIGITS}{LOWER}"),
        "ALNUM" => format!("{DIGITS}{UPPER}"),
        "base62" => BASE62.to_owned(),
        "base64" => format!("{BASE62}+/"),
        "base64url" => format!("{BASE62}-_"),
        "base32" => format!("{UPPER}234567"),
        "base58" => BASE62.replace(['0', 'O', 'I', 'l'], ""),
        _ => return None,
    })
}

/// Xorshift64* (Vigna 2016, "An experimental exploration of Marsaglia's xorshift generators"). Not for secrets: for
/// texts that look like them.
struct Random(u64);

impl Random {
    fn new(seed: &str) -> Self {
        // FNV-1a, 64 bits; zero would be a fixed point of the generator.
        let hash = seed
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash: u64, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Self(hash | 1)
    }

    fn below(&mut self, bound: usize) -> usize {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        ((self.0.wrapping_mul(0x2545_f491_4f6c_dd1d) >> 33) as usize) % bound
    }

    fn text(&mut self, alphabet: &str, length: usize) -> String {
        let alphabet = alphabet.as_bytes();
        let has = |text: &[u8], test: fn(&u8) -> bool| text.iter().any(test);
        loop {
            let text: Vec<u8> = (0..length).map(|_| alphabet[self.below(alphabet.len())]).collect();
            let mixed = has(alphabet, u8::is_ascii_digit) && has(alphabet, u8::is_ascii_alphabetic);
            let good = has(&text, u8::is_ascii_digit) && has(&text, u8::is_ascii_alphabetic);
            if !mixed || length < MIXED || good {
                return text.into_iter().map(char::from).collect();
            }
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
