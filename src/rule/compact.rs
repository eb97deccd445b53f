//! Compact rules: what a file or a form says once is filled into each rule.
//!
//! A rule with a `form` needs no expression, no bounds and no samples of its own: they follow from the form. A rule
//! with `names` finds opaque values under a name that names the issuer; its forms, where known, are what such values
//! usually look like. Texts and references that all rules of a file share stand at its head.

use std::ops::Range;

use toml::Spanned;

use super::file::{RawPart, RawRule};
use super::form::Form;
use super::load::Wrong;
use super::model::{Attested, Boundary, Check, IdentityKind, Named, NearMiss, Part, PartKind, Provider};
use crate::severity::Confidence;

/// An opaque value: what stands under a name where no usual form fits.
/// It begins without `.`, `/` and `+`, as paths, versions and host names do not, and without `_`, as identifiers do not.
const OPAQUE: &str = r"[0-9A-Za-z\-]{16}(?:[0-9A-Za-z+/_.\-]{0,1005}[0-9A-Za-z+/_\-])?={0,2}";

/// Longest opaque value, in bytes.
const OPAQUE_MAX: usize = 1024;

/// Sample of an opaque value.
const OPAQUE_FORM: &str = "{{alnum:40}}";

/// The names that identifiers beside an issuer's secrets have everywhere.
const PART_NAMES: [(PartKind, &[&str]); 4] = [
    (PartKind::ClientId, &["clientid", "appid", "applicationid", "consumerkey", "integrationkey"]),
    (PartKind::Account, &["accountsid", "accountid", "orgid", "organizationid", "projectid", "merchantid"]),
    (PartKind::Tenant, &["tenantid", "directoryid"]),
    (PartKind::KeyId, &["keyid"]),
];

/// What all rules of a file have in common.
pub(super) struct Common<'f> {
    pub(super) provider: &'f Provider,
    pub(super) references: &'f [String],
    pub(super) console: Option<String>,
    pub(super) since: Option<String>,
    pub(super) parts: Vec<RawPart>,
}

/// A rule with nothing left to fill in.
pub(super) struct Filled {
    pub(super) raw: RawRule,
    pub(super) checks: Vec<Check>,
    pub(super) parts: Vec<Part>,
    pub(super) value: Spanned<String>,
    pub(super) max_len: Spanned<usize>,
    pub(super) kind: String,
    pub(super) identity: IdentityKind,
    pub(super) confidence: Confidence,
    pub(super) attested: Attested,
}

impl Common<'_> {
    /// Fills in what `raw` leaves to its form, its names and its file.
    pub(super) fn fill(&self, mut raw: RawRule) -> Result<Filled, Wrong> {
        let span = raw.id.span();
        let forms = forms(&raw)?;
        let mut checks = raw.checks.drain(..).map(Into::into).collect();
        let kind = raw.kind.take().map_or_else(|| "hardcoded-provider-key".to_owned(), Spanned::into_inner);
        let identity = raw.identity.unwrap_or(IdentityKind::ApiKey);
        let attested = raw.attested.unwrap_or(if raw.names.is_empty() { Attested::Issuer } else { Attested::Family });
        let parts = self.parts(&raw)?;
        self.texts(&mut raw);
        let (value, max_len, confidence) = if !raw.names.is_empty() {
            named(&mut raw, forms, &mut checks)?
        } else if !forms.is_empty() {
            formed(&mut raw, &forms)
        } else {
            let missing = |name: &str| (span.clone(), format!("neither `{name}` nor a `form`"));
            let value = raw.value.take().ok_or_else(|| missing("value"))?;
            let max_len = raw.max_len.take().ok_or_else(|| missing("max_len"))?;
            (value, max_len, raw.confidence.ok_or_else(|| missing("confidence"))?)
        };
        Ok(Filled { raw, checks, parts, value, max_len, kind, identity, confidence, attested })
    }

    /// What goes with the secret: what the rule says, or its file, or, for families and secrets of OAuth clients, the names
    /// that are used everywhere.
    fn parts(&self, raw: &RawRule) -> Result<Vec<Part>, Wrong> {
        let usual = !raw.names.is_empty() || raw.identity == Some(IdentityKind::OauthClientSecret);
        let given = if raw.parts.is_empty() { &self.parts } else { &raw.parts };
        if given.is_empty() && usual {
            let part = |&(kind, names): &(PartKind, &[&str])| Part {
                kind,
                names: names.iter().map(|&name| name.to_owned()).collect(),
                forms: Vec::new(),
            };
            return Ok(PART_NAMES.iter().map(part).collect());
        }
        given.iter().map(part).collect()
    }

    fn texts(&self, raw: &mut RawRule) {
        if raw.references.is_empty() {
            raw.references = self.references.to_vec();
        }
        let name = &self.provider.name;
        let place = self.console.as_deref().unwrap_or("where the account manages its keys");
        raw.since = raw.since.take().or_else(|| self.since.clone());
        raw.rotate.get_or_insert_with(|| {
            format!("Make a second one at {name} ({place}), deploy it from a vault or secret store, then revoke the old one.")
        });
        raw.revoke.get_or_insert_with(|| {
            format!("{name}, {place}: delete or regenerate it; treat every copy in version history as exposed.")
        });
    }
}

fn part(raw: &RawPart) -> Result<Part, Wrong> {
    if raw.names.is_empty() && raw.form.is_empty() {
        return Err((raw.is.span(), "a part has neither `names` nor a `form`".to_owned()));
    }
    for name in &raw.names {
        let text = name.get_ref();
        if text.is_empty() || !text.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()) {
            return Err((
                name.span(),
                format!("name `{text}` of a part is not of lower-case letters and digits alone"),
            ));
        }
    }
    let forms = raw.form.iter().map(parse_form).collect::<Result<Vec<_>, Wrong>>()?;
    let names: Vec<String> = raw.names.iter().map(|name| name.get_ref().clone()).collect();
    Ok(Part { kind: *raw.is.get_ref(), names, forms })
}

fn parse_form(text: &Spanned<String>) -> Result<Form, Wrong> {
    Form::parse(text.get_ref()).map_err(|message| (text.span(), format!("`form`: {message}")))
}

fn forms(raw: &RawRule) -> Result<Vec<Form>, Wrong> {
    if let (false, Some(value)) = (raw.form.is_empty(), &raw.value) {
        return Err((value.span(), "`value` and `form` exclude each other".to_owned()));
    }
    raw.form.iter().map(parse_form).collect()
}

fn longest(forms: &[Form]) -> usize {
    forms.iter().map(|form| form.lengths().1).max().unwrap_or(0)
}

/// The expression of a value, its longest length in bytes, and what a bare match is worth.
type Value = (Spanned<String>, Spanned<usize>, Confidence);

fn value_at(span: Range<usize>, patterns: &[String], max_len: usize, confidence: Confidence) -> Value {
    (Spanned::new(span.clone(), patterns.join("|")), Spanned::new(span, max_len), confidence)
}

/// A rule whose value has a form of its own.
fn formed(raw: &mut RawRule, forms: &[Form]) -> Value {
    if raw.after.is_none() {
        // The widest boundary of all forms: a longer run of any of them is no value.
        let widest = forms.iter().map(Form::right).max_by_key(|right| match right {
            Boundary::None => 0,
            Boundary::Word => 1,
            Boundary::Token => 2,
            Boundary::Path => 3,
            Boundary::Base64 => 4,
        });
        raw.right = raw.right.or(widest);
    }
    let bare = raw.context.is_none() && raw.assign.is_none();
    if bare && raw.examples.is_empty() {
        raw.examples = samples("SERVICE_TOKEN", "serviceToken", forms);
    }
    if bare && raw.near_misses.is_empty() {
        raw.near_misses = prefix_near_misses(forms);
    }
    let telling = forms[0].literal_head().len() >= 3;
    let confidence = raw.confidence.unwrap_or(if telling { Confidence::High } else { Confidence::Medium });
    let patterns: Vec<String> = forms.iter().map(Form::pattern).collect();
    value_at(raw.form[0].span(), &patterns, longest(forms), confidence)
}

/// A rule for opaque values under the issuer's name.
fn named(raw: &mut RawRule, mut usual: Vec<Form>, checks: &mut Vec<Check>) -> Result<Value, Wrong> {
    let span = raw.names[0].span();
    if raw.context.is_some() || raw.assign.is_some() || raw.value.is_some() {
        return Err((span, "`names` stand for `context`, `assign` and `value`".to_owned()));
    }
    raw.keywords.clone_from(&raw.names);
    raw.digit = true;
    raw.left = Some(Boundary::Path);
    raw.right = Some(Boundary::Path);
    // The longest first: one form may be the beginning of another.
    usual.sort_by_key(|form| std::cmp::Reverse(form.lengths()));
    let mut shown: Vec<Form> = usual.iter().filter(|form| form.is_telling()).cloned().collect();
    let mut patterns: Vec<String> = shown.iter().map(Form::pattern).collect();
    patterns.push(OPAQUE.to_owned());
    if shown.is_empty() {
        shown.push(Form::parse(OPAQUE_FORM).expect("the form is constant"));
        // An opaque value would be an unusual one.
        raw.open |= !usual.is_empty();
    }
    let name = raw.names[0].get_ref().trim_matches(['_', '-', '.', ' ']).replace(['-', '.', ' '], "_");
    if raw.examples.is_empty() {
        raw.examples = samples(&format!("{}_API_KEY", name.to_ascii_uppercase()), &format!("{name}_secret"), &shown);
    }
    if raw.near_misses.is_empty() {
        raw.near_misses = named_near_misses(&name, &shown);
    }
    let max_len = longest(&usual).max(OPAQUE_MAX);
    checks.push(Check::Named(Named { usual, open: raw.open, common: raw.common }));
    Ok(value_at(span, &patterns, max_len, raw.confidence.unwrap_or(Confidence::Medium)))
}

fn samples(upper: &str, lower: &str, forms: &[Form]) -> Vec<String> {
    let mut out = Vec::new();
    for form in forms {
        out.push(format!("{upper}={}", form.template(false)));
        out.push(format!("{lower} = \"{}\"", form.template(true)));
    }
    out
}

fn near_miss(text: String, breaks: &str) -> NearMiss {
    NearMiss { text, breaks: breaks.to_owned() }
}

/// The form that is shortest: one character less fits no other.
fn shortest(forms: &[Form]) -> &Form {
    forms.iter().min_by_key(|form| form.lengths().0).expect("there is a form")
}

fn prefix_near_misses(forms: &[Form]) -> Vec<NearMiss> {
    let form = shortest(forms);
    vec![
        near_miss(format!("SERVICE_TOKEN={}", form.too_short()), "length"),
        near_miss(format!("SERVICE_TOKEN={}", form.broken()), "charset"),
        near_miss(format!("etag: 9d{}", form.template(false)), "left boundary"),
    ]
}

fn named_near_misses(name: &str, forms: &[Form]) -> Vec<NearMiss> {
    let form = shortest(forms);
    let upper = name.to_ascii_uppercase();
    let mut out = vec![
        near_miss(format!("{upper}_API_KEY={}", "{{alnum:15}}"), "length"),
        near_miss(format!("checksum = \"{}\"", form.template(false)), "context"),
    ];
    if forms.iter().all(Form::has_digits) {
        out.push(near_miss(format!("{upper}_API_KEY={}", form.without_digits()), "digit"));
    }
    out
}
