//! All that a configuration may say.

use super::keys::{CLASSES, DAYS_MAX, GRADES, Kind, LEVELS, SEVERITIES, Section, Shape, optional, required};
use crate::finding::{ExceptionReason, Grade};
use crate::govern::{Environment, ModifierId, Role};

/// Bytes of the smallest memory budget. A large file takes all of it and then some; less would only make the others wait.
const MEMORY_MIN: u64 = 1 << 20;

/// Verdicts on a place.
const PASS_FAIL: &[&str] = &["pass", "fail"];

/// Whether a baseline knows a place.
const STATES: &[&str] = &["new", "known"];

/// All that a configuration may say, in the order of the template.
pub(in crate::cli) const SECTIONS: &[Section] = &[
    Section {
        name: "",
        shape: Shape::Root,
        doc: "",
        keys: &[
            optional(
                "salt",
                Kind::Salt,
                "none",
                "",
                "Key for fingerprints, so that all who scan with this file give a secret the same fingerprint. Whoever \
                 has it can try guesses against reports: guard it as you guard the repository. The variable \
                 STRAYKEY_FINGERPRINT_KEY and --fingerprint-key-file go before it.",
            ),
            optional("unit", Kind::Text, "none", "\"payments\"", "The organisational unit that the scans speak for."),
            optional(
                "delegate",
                Kind::Keys,
                "[]",
                "[\"scan.fail_on\", \"exclude\"]",
                "Keys that configurations named after this one may set. What is not listed is decided here, whether \
                 this file sets it or leaves it at its default.",
            ),
        ],
    },
    Section {
        name: "scan",
        shape: Shape::Table,
        doc: "What is scanned, and what the verdict is. Options of the command line go before these.",
        keys: &[
            optional(
                "fail_on",
                Kind::Choice(LEVELS),
                "\"low\"",
                "\"high\"",
                "Lowest severity that makes the exit code 1.",
            ),
            optional(
                "min_confidence",
                Kind::Choice(GRADES),
                "\"medium\"",
                "\"medium\"",
                "Lowest confidence that is reported; the number withheld is always told.",
            ),
            optional(
                "fail_on_gap",
                Kind::Choices(CLASSES),
                "[\"unreadable\", \"missing\", \"over-budget\"]",
                "[\"unreadable\", \"missing\", \"over-budget\", \"opaque\"]",
                "Classes of gaps that make the scan incomplete, which is exit code 3.",
            ),
            optional("no_ignore", Kind::Bool, "false", "true", "Also scan untracked files that git ignores."),
            optional("allow_empty", Kind::Bool, "false", "true", "A scan that finds nothing to read is complete."),
        ],
    },
    Section {
        name: "budgets",
        shape: Shape::Table,
        doc: "How much a scan may read and use. What a budget set here leaves out is listed as an exclusion.",
        keys: &[
            optional("file_size", Kind::Size(1), "no limit", "\"100 MiB\"", "Larger files are left out."),
            optional(
                "memory",
                Kind::Size(MEMORY_MIN),
                "\"24 MiB\"",
                "\"64 MiB\"",
                "Memory that the buffers for large files share.",
            ),
        ],
    },
    Section {
        name: "inline_ignores",
        shape: Shape::Table,
        doc: "Whether marks in the scanned files, such as `straykey:ignore`, change the verdict. They are recorded \
              either way.",
        keys: &[
            optional("honour", Kind::Bool, "false", "true", "Findings under a mark do not count for the exit code."),
            optional("require_reason", Kind::Bool, "true", "true", "Only marks that give a reason are honoured."),
            optional(
                "max_days",
                Kind::Days(DAYS_MAX),
                "90",
                "90",
                "Only marks that end are honoured, and only if their end is at most so many days away.",
            ),
        ],
    },
    Section {
        name: "baseline",
        shape: Shape::Table,
        doc: "What `--baseline` makes of findings that are not wholly known. What it knows never fails a scan, but for a gate \
              below.",
        keys: &[
            optional(
                "newly_detected",
                Kind::Choice(PASS_FAIL),
                "\"pass\"",
                "\"fail\"",
                "What was shown to have been there before, and is found now since rules or settings are others.",
            ),
            optional(
                "spread",
                Kind::Choice(PASS_FAIL),
                "\"fail\"",
                "\"pass\"",
                "A secret that is known, at a further path.",
            ),
        ],
    },
    Section {
        name: "exceptions",
        shape: Shape::Table,
        doc: "Which entries of `--exceptions` hold. All others are reported with what they lack, and take nothing out of the \
              verdict.",
        keys: &[
            optional(
                "max_days",
                Kind::Days(DAYS_MAX),
                "365",
                "180",
                "Only those that end so many days after their approval at the latest.",
            ),
            optional(
                "accepted_risk_max_days",
                Kind::Days(DAYS_MAX),
                "180",
                "90",
                "The same for accepted risks and compensating controls, where the secret works.",
            ),
            optional(
                "max_severity",
                Kind::Choice(SEVERITIES),
                "\"critical\"",
                "\"high\"",
                "Only at places up to this severity.",
            ),
            optional(
                "reasons",
                Kind::Choices(ExceptionReason::NAMES),
                "[\"false-positive\", \"test-value\", \"revoked\", \"accepted-risk\", \"compensating-control\"]",
                "[\"false-positive\", \"test-value\", \"revoked\"]",
                "Only those for these reasons.",
            ),
            optional(
                "min_grade",
                Kind::Choice(Grade::NAMES),
                "\"claimed\"",
                "\"committed\"",
                "Only those whose approval has this grade at least, as the file says.",
            ),
            optional("require_ticket", Kind::Bool, "false", "true", "Only those that name a ticket."),
            optional(
                "risk_owner",
                Kind::Text,
                "none",
                "\"risk.owner@example.org\"",
                "Who alone approves accepted risks and compensating controls, where no scope file names the risk owner of the \
                 unit. Without either, none of them holds.",
            ),
        ],
    },
    Section {
        name: "change_requests",
        shape: Shape::Table,
        doc: "What holds where a change is scanned, by --staged, --since, --range, --exceptions-from, or in a pipeline that \
              says that it runs for a merge or pull request.",
        keys: &[optional(
            "may_excuse_itself",
            Kind::Bool,
            "false",
            "true",
            "Whether exceptions, entries of a baseline, configuration and inline ignores that the change brings hold for the \
             change itself. If not, those of the commit before are taken, and the attempt is reported.",
        )],
    },
    Section {
        name: "bypass",
        shape: Shape::Table,
        doc: "The order to let a scan pass whatever it finds (--bypass REASON). It is part of every report.",
        keys: &[optional("allow", Kind::Bool, "false", "true", "Whether there may be one.")],
    },
    Section {
        name: "gate",
        shape: Shape::List,
        doc: "Rules of the verdict, before `scan.fail_on` and the baseline; the first that fits a place decides it. What a key \
              does not say fits all.",
        keys: &[
            required("name", Kind::Text, "\"production keys\"", "Reports name it."),
            required("then", Kind::Choice(PASS_FAIL), "\"fail\"", "What becomes of a place that fits."),
            optional("severity", Kind::Choice(SEVERITIES), "any", "\"high\"", "This severity, and worse."),
            optional("kinds", Kind::Texts, "any", "[\"private-key-unencrypted\"]", "Kinds of findings."),
            optional("rules", Kind::Texts, "any", "[\"aws-access-key-id\"]", "Ids of rules."),
            optional(
                "controls",
                Kind::Texts,
                "any",
                "[\"8.24\"]",
                "Controls of ISO/IEC 27002 on which the finding bears, in the role below.",
            ),
            optional("role", Kind::Choice(Role::NAMES), "\"contradicts\"", "\"affected\"", "How it bears on them."),
            optional(
                "context",
                Kind::Choices(ModifierId::NAMES),
                "any",
                "[\"test\", \"documentation\"]",
                "What the path says of its place; one of these is enough.",
            ),
            optional(
                "environment",
                Kind::Choice(Environment::NAMES),
                "any",
                "\"production\"",
                "production: the value or its name says that it is live; test: the path is of tests or documentation; other: \
                 neither.",
            ),
            optional(
                "state",
                Kind::Choice(STATES),
                "any",
                "\"known\"",
                "Whether the baseline knows it. Fits nothing without one.",
            ),
            optional(
                "older_than_days",
                Kind::Days(DAYS_MAX),
                "any",
                "90",
                "Known for more days than these, from the history or the baseline.",
            ),
        ],
    },
    Section {
        name: "exclude",
        shape: Shape::List,
        doc: "Files that are not scanned. They are counted and listed with the reason.",
        keys: &[
            required(
                "path",
                Kind::Pattern,
                "\"vendor/**\"",
                "Path relative to the target, with `*`, `?`, `[...]` and `**`; without a `/` it holds at any depth.",
            ),
            required("reason", Kind::Text, "\"third-party code, scanned by its publisher\"", "Why; reports show it."),
        ],
    },
    Section {
        name: "rules",
        shape: Shape::Rules,
        doc: "Changes to single rules; `straykey rules list` names them.",
        keys: &[
            optional("enabled", Kind::Bool, "true", "false", "Whether the rule is used. Needs a reason if it is not."),
            optional(
                "severity",
                Kind::Choice(SEVERITIES),
                "the rule's own",
                "\"high\"",
                "Severity of its findings. Needs a reason.",
            ),
            optional(
                "confidence",
                Kind::Choice(GRADES),
                "the rule's own",
                "\"low\"",
                "Confidence that its findings start with. Needs a reason.",
            ),
            optional("reason", Kind::Text, "none", "\"tokens of a test system that is wiped each night\"", "Why."),
        ],
    },
    Section {
        name: "accepted_gap",
        shape: Shape::List,
        doc: "Gaps that somebody has looked at and accepted until a day. They stay listed, but do not make the scan \
              incomplete.",
        keys: &[
            required("path", Kind::Text, "\"backup/legacy.zip\"", "Path relative to the target."),
            optional("class", Kind::Choice(CLASSES), "any", "\"over-budget\"", "Class of the gap."),
            optional(
                "sha256",
                Kind::Sha256,
                "none",
                "\"0000000000000000000000000000000000000000000000000000000000000000\"",
                "SHA-256 of the file that was looked at. Needed unless the class is \"unreadable\" or \"missing\", and there \
                 too where the content can be read: another content is another gap.",
            ),
            required("reason", Kind::Text, "\"reviewed by hand, no credentials\"", "Why it is accepted."),
            required("approver", Kind::Text, "\"j.doe@example.org\"", "Who accepted it."),
            required("until", Kind::Date, "2027-01-31", "Last day on which it holds."),
        ],
    },
];
