//! How the scan went: its end, and a notification for each thing that was not scanned.

use serde_json::json;
use serde_sarif::sarif;

use super::uri::Bases;
use super::{bag, text};
use crate::blob::{Origin, printable};
use crate::gap::{Exclusion, ExclusionClass, Gap, GapClass};
use crate::report::Report;
use crate::words::counted;

/// Places that the notification of one exclusion class lists, at most. Its count is always whole.
const MOST_PLACES: usize = 200;

/// The invocation without its notifications.
pub(super) fn invocation(report: &Report) -> sarif::Invocation {
    let code = report.exit_code();
    let meaning = match code {
        0 if report.bypass.is_some() => {
            "The process was told to pass whatever was found; the property `bypass` of the run says why."
        }
        0 => "The scope was read, and no finding fails the run.",
        1 => "Findings fail the run.",
        _ => "The scan is incomplete, and no finding fails the run.",
    };
    sarif::Invocation::builder()
        .execution_successful(report.outcome.complete)
        .exit_code(i64::from(code))
        .exit_code_description(meaning)
        .build()
}

/// What was not scanned.
pub(super) struct Notifications<'r> {
    report: &'r Report,
    bases: &'r Bases<'r>,
}

impl<'r> Notifications<'r> {
    pub(super) fn new(report: &'r Report, bases: &'r Bases<'r>) -> Self {
        Self { report, bases }
    }

    /// One notification a gap, one a class and reason of exclusions.
    pub(super) fn iter(&self) -> impl Iterator<Item = sarif::Notification> + Clone {
        let gaps = self.report.gaps.iter().map(|gap| self.gap(gap));
        gaps.chain(by_reason(&self.report.exclusions).map(|places| self.excluded(places)))
    }

    fn gap(&self, gap: &Gap) -> sarif::Notification {
        let (what, level) = match gap.class {
            _ if gap.accepted.is_some() => ("was not, or not wholly, searched, which is accepted", "note"),
            class if class.fails_by_default() => ("was not, or not wholly, searched", "error"),
            _ => ("was searched for printable strings only", "note"),
        };
        let path = printable(gap.origin.path_bytes());
        let message = text::literal(&text::sentence(&format!("'{path}' {what}: {}", gap.reason)));
        let mut notification = sarif::Notification::builder()
            .descriptor(reference(gap_id(gap.class)))
            .level(level)
            .message(message.as_str())
            .locations([self.location(&gap.origin)])
            .build();
        notification.properties = gap.accepted.as_ref().map(|accepted| bag([("accepted", json!(accepted))]));
        notification
    }

    fn excluded(&self, exclusions: &[Exclusion]) -> sarif::Notification {
        let class = exclusions[0].class;
        let reason = exclusions[0].reason();
        let files = exclusions.iter().map(|exclusion| exclusion.files).sum();
        let places = exclusions.len() as u64;
        let listed =
            if exclusions.len() > MOST_PLACES { format!(", of which {MOST_PLACES} are listed") } else { String::new() };
        let message = text::literal(&text::sentence(&format!(
            "{} left out at {}{listed}: {}",
            counted(files, "file"),
            counted(places, "place"),
            reason,
        )));
        let locations: Vec<_> =
            exclusions.iter().take(MOST_PLACES).map(|exclusion| self.location(&exclusion.origin)).collect();
        sarif::Notification::builder()
            .descriptor(reference(exclusion_id(class)))
            .level("note")
            .message(message.as_str())
            .locations(locations)
            .properties(bag([("files", json!(files)), ("places", json!(places))]))
            .build()
    }

    fn location(&self, origin: &Origin) -> sarif::Location {
        let artifact = self.bases.location(origin);
        let physical = sarif::PhysicalLocation::builder().artifact_location(artifact).build();
        sarif::Location::builder().physical_location(physical).build()
    }
}

/// `driver.notifications`: what the classes that occur mean.
pub(super) fn descriptors(report: &Report) -> Vec<sarif::ReportingDescriptor> {
    let gaps = GapClass::ALL.into_iter().filter(|class| report.gaps.iter().any(|gap| gap.class == *class));
    let exclusions = report.exclusions.chunk_by(|one, other| one.class == other.class).map(|places| places[0].class);
    gaps.map(gap_descriptor).chain(exclusions.map(exclusion_descriptor)).collect()
}

/// Exclusions of the same class and reason stand together, since reports are sorted.
fn by_reason(exclusions: &[Exclusion]) -> impl Iterator<Item = &[Exclusion]> + Clone {
    exclusions.chunk_by(|one, other| one.class == other.class && one.stated == other.stated)
}

fn gap_id(class: GapClass) -> String {
    format!("gap/{}", class.name())
}

fn exclusion_id(class: ExclusionClass) -> String {
    format!("exclusion/{}", class.name())
}

pub(super) fn reference(id: String) -> sarif::ReportingDescriptorReference {
    sarif::ReportingDescriptorReference::builder().id(id).build()
}

fn gap_descriptor(class: GapClass) -> sarif::ReportingDescriptor {
    let (short, help) = match class {
        GapClass::Unreadable => (
            "Content could not be read.",
            "Give the scan access to the place, or scan again if the content changed meanwhile.",
        ),
        GapClass::Missing => (
            "Content that something refers to is not there.",
            "Fetch what is absent: full history of a shallow clone, a submodule, a large file.",
        ),
        GapClass::OverBudget => {
            ("A limit of the scanner was reached.", "Scan the content in smaller pieces, or raise the limit.")
        }
        GapClass::Opaque => (
            "Content is encrypted, damaged or of an unsupported format.",
            "Scan the content before it is packed or encrypted.",
        ),
    };
    let full = if class.fails_by_default() {
        "Nothing is claimed about this content. Unless the operator says otherwise, the scan \
         counts as incomplete."
    } else {
        "Only printable strings in this content were searched. The scan still counts as complete."
    };
    descriptor(gap_id(class), short, &format!("{short} {full}"), help)
}

fn exclusion_descriptor(class: ExclusionClass) -> sarif::ReportingDescriptor {
    let short = text::sentence(&format!("Left out by policy: {}", class.reason()));
    let full = format!("{short} Nothing is claimed about this content. The scan still counts as complete.");
    let help = "Check that nothing in the listed places ought to be in scope.";
    descriptor(exclusion_id(class), &short, &full, help)
}

pub(super) fn descriptor(id: String, short: &str, full: &str, help: &str) -> sarif::ReportingDescriptor {
    sarif::ReportingDescriptor::builder()
        .name(text::pascal_case(&id))
        .id(id)
        .short_description(&short.to_owned())
        .full_description(&full.to_owned())
        .help(sarif::MultiformatMessageString::builder().text(help).markdown(help).build())
        .build()
}
