//! One secret on the page.

use std::io;

use anstyle::Style as Ink;

use super::counted;
use super::page::{Page, TEXT_COLUMN, Text, ink};
use crate::blob::Content;
use crate::finding::{Effect, Finding, InlineIgnore, Occurrence, Verdict};
use crate::govern::{self, Catalogue, ControlRef, Role, Taxonomies};
use crate::report::Report;
use crate::report::standing;
use crate::report::words::{abbreviated, failing_places_first, fate, named};

/// Places of one secret that are shown where `all` is not asked for.
const PLACES_SHOWN: usize = 5;

/// More controls than these that a finding affects are named by number alone.
const MANY_CONTROLS: usize = 3;

/// Writes the block of one secret.
pub(super) fn write(page: &mut Page<'_>, report: &Report, finding: &Finding) -> io::Result<()> {
    heading(page, finding)?;
    places(page, report, finding)?;
    why(page, finding)?;
    facts(page, finding)?;
    controls(page, finding)?;
    remedy(page, finding)
}

fn heading(page: &mut Page<'_>, finding: &Finding) -> io::Result<()> {
    let rule = &finding.rule;
    let mut text = Text::new();
    text.prose(ink::TITLE, &rule.title);
    if !rule.is_generic() {
        text.prose(ink::PLAIN, &format!("({})", rule.provider.name));
    }
    let badge = finding.severity.name().to_ascii_uppercase();
    page.entry(0, (ink::badge(finding.severity), &badge), &text)?;

    let mut text = Text::new();
    match &finding.value {
        Some(value) if page.style().show_secrets => {
            // The operator asked to see it.
            text.whole(ink::PLAIN, value.expose(), "");
        }
        _ => {
            text.prose(ink::PLAIN, &finding.preview.to_string());
        }
    }
    page.entry(2, (ink::LABEL, "value"), &text)?;

    let mut text = Text::new();
    text.prose(ink::PLAIN, &rule.id).glue(",");
    text.say(&format!("{} confidence", finding.confidence.name()));
    page.entry(2, (ink::LABEL, "rule"), &text)?;
    triage(page, finding)
}

/// What somebody decided who looked at it.
fn triage(page: &mut Page<'_>, finding: &Finding) -> io::Result<()> {
    let Some(triage) = &finding.triage else { return Ok(()) };
    let mut text = Text::new();
    text.say(triage.decision.name()).say("by").prose(ink::PLAIN, &triage.by);
    text.say(&format!("({})", triage.grade.name())).say("at").prose(ink::PLAIN, &triage.at);
    if let Some(ticket) = &triage.ticket {
        text.glue(",").prose(ink::PLAIN, ticket);
    }
    if let Some(note) = &triage.note {
        text.glue(":").prose(ink::PLAIN, note);
    }
    page.entry(2, (ink::LABEL, "triage"), &text)
}

fn places(page: &mut Page<'_>, report: &Report, finding: &Finding) -> io::Result<()> {
    let count = finding.occurrences.len();
    let shown = page.style().shown(count, PLACES_SHOWN);
    for (at, occurrence) in failing_places_first(finding).into_iter().take(shown).enumerate() {
        let mut text = Text::new();
        let region = occurrence.region;
        let place = format!(":{}:{}", region.start_line, region.start_column);
        // What nobody has to deal with now is quieter.
        let quiet = occurrence.is_suppressed() || occurrence.verdict == Verdict::Known;
        let ink = if quiet { ink::LABEL } else { ink::PLAIN };
        text.whole(ink, &named(report, &occurrence.origin), &place);
        remarks(&mut text, ink, finding, occurrence);
        if at == 0 {
            page.entry(2, (ink::LABEL, "at"), &text)?;
        } else {
            page.paragraph(TEXT_COLUMN, TEXT_COLUMN + 2, &text)?;
        }
    }
    if shown < count {
        let mut text = Text::new();
        text.say("and").say(&counted((count - shown) as u64, "more place", "more places"));
        page.paragraph(TEXT_COLUMN, TEXT_COLUMN, &text)?;
    }
    Ok(())
}

/// What is particular to a place, behind its path.
fn remarks(text: &mut Text, ink: Ink, finding: &Finding, occurrence: &Occurrence) {
    let mut remarks = Vec::new();
    if occurrence.severity != finding.severity {
        remarks.push(format!("{} here", occurrence.severity.name()));
    }
    if occurrence.confidence != finding.confidence {
        remarks.push(format!("{} confidence", occurrence.confidence.name()));
    }
    match occurrence.content {
        Content::Text => {}
        Content::Decoded => remarks.push("decoded text".to_owned()),
        Content::Binary => remarks.push("in binary content".to_owned()),
    }
    match &occurrence.lifetime {
        Some(lifetime) => remarks.push(fate(lifetime)),
        None => remarks.extend(occurrence.origin.commit().map(|commit| format!("commit {}", abbreviated(commit)))),
    }
    // Remarks have commas themselves from here on; text of others in them is made inert as all text is.
    let place = Some(remarks.join(", ")).filter(|place| !place.is_empty());
    let told: Vec<String> = place.into_iter().chain(standing::remarks(occurrence)).collect();
    if !told.is_empty() {
        text.styled(ink, &format!("({})", told.join("; ")));
    }
    if let Some(ignore) = &occurrence.ignore {
        marker(text, ignore);
    }
}

fn marker(text: &mut Text, ignore: &InlineIgnore) {
    let state = match (ignore.expired, ignore.honoured) {
        (true, _) => "expired marker",
        (false, true) => "honoured marker",
        (false, false) => "marked",
    };
    text.styled(ink::MARK, state);
    text.styled(ink::MARK, ignore.marker);
    if let Some(until) = &ignore.until {
        text.styled(ink::MARK, "until").prose(ink::MARK, until);
    }
    if let Some(reason) = &ignore.reason {
        text.glue(":").prose(ink::MARK, reason);
    }
}

/// The reasons at the surest place, the first of them where several are.
fn why(page: &mut Page<'_>, finding: &Finding) -> io::Result<()> {
    let surest = finding.occurrences.iter().find(|place| place.confidence == finding.confidence);
    let Some(place) = surest.filter(|place| !place.reasons.is_empty()) else { return Ok(()) };
    let mut text = Text::new();
    for (at, reason) in place.reasons.iter().enumerate() {
        if at > 0 {
            text.glue(";");
        }
        match reason.effect {
            Effect::Raise => text.say("+"),
            Effect::Lower => text.say("-"),
            Effect::Base | Effect::Note => &mut text,
        };
        text.say(&reason.text);
    }
    page.entry(2, (ink::LABEL, "why"), &text)
}

fn facts(page: &mut Page<'_>, finding: &Finding) -> io::Result<()> {
    for (at, fact) in finding.facts.iter().enumerate() {
        let mut text = Text::new();
        text.say(fact.name).glue(":").prose(ink::PLAIN, &fact.value);
        if at == 0 {
            page.entry(2, (ink::LABEL, "facts"), &text)?;
        } else {
            page.paragraph(TEXT_COLUMN, TEXT_COLUMN + 2, &text)?;
        }
    }
    Ok(())
}

fn controls(page: &mut Page<'_>, finding: &Finding) -> io::Result<()> {
    let mapping = govern::mapping_of(finding);
    let mut first = true;
    for role in Role::ALL {
        let controls: Vec<&ControlRef> =
            mapping.controls.iter().copied().filter(|control| control.role == *role).collect();
        if controls.is_empty() {
            continue;
        }
        let mut text = Text::new();
        text.say(match role {
            Role::Contradicts => "contradicts",
            Role::Affected => "affects",
            Role::ResponseDue => "calls for",
        });
        text.say(edition());
        let numbers_alone = *role != Role::Contradicts && controls.len() > MANY_CONTROLS;
        let names: Vec<String> = controls
            .iter()
            .map(|control| match control.title.as_str() {
                title if !title.is_empty() && !numbers_alone => {
                    format!("{} {title}", control.control)
                }
                _ => control.control.clone(),
            })
            .collect();
        // Titles hold commas.
        text.list(names.iter().map(String::as_str), if numbers_alone { "," } else { ";" });
        labelled(page, &mut first, "controls", &text)?;
    }
    let taxonomies = Taxonomies::embedded();
    // Of the weaknesses the first is the headline; the others are kin, and their titles are long.
    for (taxonomy, ids, titles) in
        [(&taxonomies.nhi, mapping.nhi, mapping.nhi.len()), (&taxonomies.cwe, mapping.cwe, 1)]
    {
        if ids.is_empty() {
            continue;
        }
        let names: Vec<String> = ids
            .iter()
            .enumerate()
            .map(|(at, id)| match taxonomy.get(id) {
                Some(term) if at < titles => format!("{id} {}", term.title),
                _ => id.clone(),
            })
            .collect();
        let mut text = Text::new();
        text.list(names.iter().map(String::as_str), ";");
        labelled(page, &mut first, "controls", &text)?;
    }
    Ok(())
}

fn edition() -> &'static str {
    // The year is the same in every line; the short form reads better.
    Catalogue::embedded().edition.split(':').next().unwrap_or_default()
}

fn remedy(page: &mut Page<'_>, finding: &Finding) -> io::Result<()> {
    let rule = &finding.rule;
    let mut first = true;
    for (what, how) in [("revoke:", &rule.revoke), ("rotate:", &rule.rotate)] {
        if !how.is_empty() {
            let mut text = Text::new();
            text.say(what).say(how);
            labelled(page, &mut first, "do", &text)?;
        }
    }
    if let Some(reference) = rule.references.first() {
        let mut text = Text::new();
        text.say("see").whole(ink::PLAIN, reference.as_bytes(), "");
        labelled(page, &mut first, "do", &text)?;
    }
    Ok(())
}

/// Writes an entry whose label stands before the first of its paragraphs only.
fn labelled(page: &mut Page<'_>, first: &mut bool, label: &str, text: &Text) -> io::Result<()> {
    if std::mem::take(first) {
        page.entry(2, (ink::LABEL, label), text)
    } else {
        page.paragraph(TEXT_COLUMN, TEXT_COLUMN + 2, text)
    }
}
