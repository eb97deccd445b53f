//! Measures of a value: entropy, character classes, repetition.

/// Shannon entropy of the bytes of `value`, in bits a byte; 0 for the empty value.
pub fn shannon(value: &[u8]) -> f64 {
    let mut counts = [0u32; 256];
    value.iter().for_each(|&byte| counts[usize::from(byte)] += 1);
    let length = value.len() as f64;
    // Not a sum from -0.0: the empty value and one repeated byte have exactly no entropy.
    counts.iter().filter(|&&count| count > 0).fold(0.0, |bits, &count| {
        let share = f64::from(count) / length;
        bits - share * share.log2()
    })
}

/// Bits of entropy that a value of this look is estimated to have: its length times the lesser of its Shannon entropy
/// a byte and the logarithm of the smallest customary alphabet that holds it (10 digits, 16 hexadecimal digits, 26 or
/// 52 letters, 62, 64 or 95 characters). An upper estimate for random values; for words it is far too high, so that a
/// threshold on it errs on the side of protecting too many values, never too few: see
/// [`crate::finding::fingerprint`].
pub fn estimated_bits(value: &[u8]) -> f64 {
    let all = |test: fn(&u8) -> bool| value.iter().all(test);
    let alphabet: f64 = if all(u8::is_ascii_digit) {
        10.0
    } else if all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
        || all(|byte| matches!(byte, b'0'..=b'9' | b'A'..=b'F'))
    {
        16.0
    } else if all(u8::is_ascii_lowercase) || all(u8::is_ascii_uppercase) {
        26.0
    } else if all(u8::is_ascii_alphabetic) {
        52.0
    } else if all(u8::is_ascii_alphanumeric) {
        62.0
    } else {
        95.0
    };
    value.len() as f64 * shannon(value).min(alphabet.log2())
}

/// How many of the classes lower case, upper case, digit and other `value` has.
pub fn classes(value: &[u8]) -> u8 {
    let any = |test: fn(&u8) -> bool| u8::from(value.iter().any(test));
    any(u8::is_ascii_lowercase)
        + any(u8::is_ascii_uppercase)
        + any(u8::is_ascii_digit)
        + any(|byte| !byte.is_ascii_alphanumeric())
}

/// Length of the longest run of one repeated byte.
pub fn longest_repeat(value: &[u8]) -> usize {
    value.chunk_by(|a, b| a == b).map(<[u8]>::len).max().unwrap_or(0)
}

/// Length of the longest run in which each byte is one above, or each is one below, the one before, whatever its case
/// (`abcdef`, `AbCdEf`, `4321`; 0 follows 9), or the one before that (`a1b2c3`).
pub fn longest_count(value: &[u8]) -> usize {
    let follows = |a: u8, b: u8| {
        a.is_ascii_alphanumeric() && (b.eq_ignore_ascii_case(&a.wrapping_add(1)) || (a == b'9' && b == b'0'))
    };
    let mut longest = usize::from(!value.is_empty());
    // Lengths of the runs that end here: upwards, downwards, and upwards over the byte between.
    let (mut up, mut down, mut woven) = (1, 1, 0);
    for (at, pair) in value.windows(2).enumerate() {
        let (a, b) = (pair[0], pair[1]);
        up = if follows(a, b) { up + 1 } else { 1 };
        down = if follows(b, a) { down + 1 } else { 1 };
        woven = if at > 0 && follows(value[at - 1], b) { woven + 1 } else { 0 };
        // A few steps over the byte between happen by chance.
        longest = longest.max(up).max(down).max(if woven >= 6 { woven + 2 } else { 0 });
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_of_known_distributions() {
        assert!(shannon(b"").abs() < 1e-12);
        assert!(shannon(b"aaaa").abs() < 1e-12);
        assert!((shannon(b"abab") - 1.0).abs() < 1e-12);
        assert!((shannon(b"abcdefgh") - 3.0).abs() < 1e-12);
    }

    #[test]
    fn estimates_rank_passwords_below_tokens() {
        assert!(estimated_bits(b"dragon1987") < 40.0);
        assert!(estimated_bits(b"Summer2024!") < 45.0);
        assert!(estimated_bits(b"3f9a1c77e2b04d58a6c1909be47d25f3") > 80.0);
    }

    #[test]
    fn runs() {
        assert_eq!(longest_repeat(b"xxabbbb"), 4);
        assert_eq!(longest_count(b"x1234567890y"), 10);
        assert_eq!(longest_count(b"zfedcba"), 6);
        assert_eq!(longest_count(b"xAbCdEf"), 6);
        assert_eq!(longest_count(b"zz-a1b2c3d4e5-zz"), 10);
        assert_eq!(longest_count(b"a1b2c3"), 1);
        assert_eq!(classes(b"aB3-"), 4);
    }
}
