//! Lanes: how the engine comes to look at a rule, and the proof that it misses no match.
//!
//! A lane is a cheap way to find places where a match may be. For each rule the loader proves that one lane leads to
//! *every* match; a rule that no lane reaches is refused. `docs/rule-format.md` has the table for rule authors.

use regex_syntax::hir::Hir;

use super::model::{Boundary, Rule};
use super::syntax::{ByteSet, Seen, always_contains, first_bytes, heads, last_bytes};

/// The literals of the literal lane, in lower case; matched caselessly.
pub const LANE_LITERALS: [&str; 50] = [
    "pass",
    "pwd",
    "secret",
    "token",
    "key",
    "auth",
    "cred",
    "basic",
    "bearer",
    "identified",
    "://",
    "-----begin",
    "mnemonic",
    "phrase",
    "kennwort",
    "contrase",
    "clave",
    "senha",
    "haslo",
    "heslo",
    "parol",
    "wachtwo",
    "salasana",
    "sifre",
    "şifre",
    "senord",
    "пароль",
    "密码",
    "密碼",
    "パスワード",
    "비밀번호",
    "pw=",
    "pw:",
    "pw\"",
    "pw'",
    "pw ",
    "pepper",
    "kty",
    "curl",
    "securestr",
    "psk",
    "mysql",
    "redis-cli",
    "sqlcmd",
    "mongo",
    "docker login",
    "ldapsearch",
    "mariadb",
    "aqab",
    "crv",
];

/// Bytes that a run of token characters is made of.
pub fn is_token_byte(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'+' | b'/' | b'.')
}

/// Least length of a run that the token lanes look at.
pub const RUN: usize = 16;

/// Longest head of a value in which `digit` looks for one.
pub const HEAD: usize = 64;

/// Longest context, in bytes.
pub const MAX_CONTEXT: usize = 256;

/// Longest `after`, in bytes.
pub const MAX_AFTER: usize = 64;

/// How a rule is reached.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Lane {
    /// The value begins with one of these three-byte strings, inside a run of token bytes.
    Prefix(Vec<[u8; 3]>),
    /// The value begins inside a run of token bytes with a digit, and the context holds a keyword.
    Keyword,
    /// As [`Lane::Keyword`], and the keyword stands on the value's line or on the line before it.
    Near,
    /// The context holds a literal (index in [`LANE_LITERALS`]) that many bytes behind its start.
    Context(Vec<(usize, usize)>),
    /// The value holds a literal (index) that many bytes behind its start.
    Value(Vec<(usize, usize)>),
}

impl Lane {
    /// The lane's name, for people.
    pub fn name(&self) -> &'static str {
        match self {
            Self::Prefix(_) => "prefix",
            Self::Keyword => "keyword",
            Self::Near => "near keyword",
            Self::Context(_) | Self::Value(_) => "literal",
        }
    }
}

/// Finds the lane that provably leads to every match of `rule`; `value` and `context` are its parsed expressions. The
/// error says what each lane lacks.
pub fn lane_of(rule: &Rule, value: &Hir, context: Option<&Hir>) -> Result<Lane, String> {
    let word = ByteSet::of(|byte| Boundary::Word.forbids_left(byte));
    let starts_word = rule.left != Boundary::None || context.is_some_and(|hir| !last_bytes(hir).intersects(&word));
    let token_head = value.properties().minimum_len().unwrap_or(0) >= RUN
        && first_bytes(value, RUN).is_subset(&ByteSet::of(is_token_byte));
    let mut lacks = Vec::new();

    match prefixes(value) {
        Some(prefixes) if token_head && starts_word => return Ok(Lane::Prefix(prefixes)),
        Some(_) if !token_head => {
            lacks.push("prefix lane: a value of 16 bytes or more, the first 16 in [0-9A-Za-z+/_.-]");
        }
        Some(_) => lacks.push("prefix lane: `left`, or a context that ends outside [0-9A-Za-z_]"),
        None => lacks.push("prefix lane: a value that begins with three literal bytes"),
    }
    if let Some(literals) = context.and_then(|context| literals(context, 0)) {
        return Ok(Lane::Context(literals));
    }
    if let Some(literals) = literals(value, FAR) {
        return Ok(Lane::Value(literals));
    }
    match context {
        None => lacks.push("keyword lane: a context"),
        Some(_) if rule.keywords.is_empty() => lacks.push("keyword lane: `keywords`"),
        Some(hir) if !always_contains(hir, &rule.keywords) => {
            lacks.push("keyword lane: keywords, one of which every context contains");
        }
        Some(_) if !rule.digit => lacks.push("keyword lane: `digit = true`"),
        Some(_) if !token_head => {
            lacks.push("keyword lane: a value of 16 bytes or more, the first 16 in [0-9A-Za-z+/_.-]");
        }
        Some(_) if !starts_word => {
            lacks.push("keyword lane: `left`, or a context that ends outside [0-9A-Za-z_]");
        }
        Some(_) => return Ok(Lane::Keyword),
    }
    // Last, since a word like `key` is met far more often than the keyword in front of it.
    if let Some(literals) = context.and_then(|context| literals(context, FAR)) {
        return Ok(Lane::Context(literals));
    }
    lacks.push("literal lane: a context or value that holds one of its literals at a fixed place near its start");
    Err(format!("no lane of the engine reaches every match; missing for the {}", lacks.join("; for the ")))
}

fn prefixes(value: &Hir) -> Option<Vec<[u8; 3]>> {
    let heads = heads(value, false, 512, &|head| if head.len() >= 3 { Seen::Enough } else { Seen::More })?;
    heads.into_iter().map(|head| head.try_into().ok()).collect()
}

fn literal_at_end(head: &[u8]) -> Option<usize> {
    LANE_LITERALS.iter().position(|literal| head.ends_with(literal.as_bytes()))
}

/// Furthest place of a literal.
const FAR: usize = RUN;

/// The literals that every match of `hir` holds, no further than `far` bytes behind its start.
fn literals(hir: &Hir, far: usize) -> Option<Vec<(usize, usize)>> {
    let offset = |head: &[u8]| literal_at_end(head).map(|index| (index, head.len() - LANE_LITERALS[index].len()));
    let open = |head: &[u8]| {
        (0..=far)
            .filter_map(|from| head.get(from..))
            .any(|end| LANE_LITERALS.iter().any(|literal| literal.as_bytes().starts_with(end)))
    };
    let heads = heads(hir, true, 2048, &|head| match offset(head) {
        Some((_, at)) if at <= far => Seen::Enough,
        _ if open(head) => Seen::More,
        _ => Seen::Hopeless,
    })?;
    let mut found = heads.iter().map(|head| offset(head)).collect::<Option<Vec<_>>>()?;
    found.sort_unstable();
    found.dedup();
    Some(found)
}
