//! A series of bundles: one unit, repository and branch over time, each bundle with a link to the one before. What is expected,
//! late, missing or unknown, and whether the links hold.
//!
//! A series shows that no bundle between two others was taken out or exchanged, and that nothing was put between them. It does not
//! show that the last ones were not taken away: for that the heads have to be kept elsewhere ([`Head`]).

use std::collections::{BTreeMap, BTreeSet};

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::chain::Record;
use super::record::Previous;
use super::verify::Bundle;

/// What a series is of.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Subject {
    /// The unit, as the scan was told.
    pub unit: Option<String>,
    /// The repository; see [`repository_name`].
    pub repository: Option<String>,
    /// The branch.
    pub branch: Option<String>,
}

impl Subject {
    /// What the scan was of whose records these are: what its first target is of.
    pub(super) fn of(records: &[Record]) -> Self {
        Self::of_target(records.iter().find(|record| record.kind() == "run-context"), 0)
    }

    /// What the target `index` is of, as the record `context` of the run tells.
    pub(super) fn of_target(context: Option<&Record>, index: usize) -> Self {
        let target = context.and_then(|record| record.member(&["targets"])?.get(index));
        let of_target = |name: &str| target?.pointer(&format!("/{name}/value"))?.as_str().map(str::to_owned);
        // A pipeline that checks out a commit has no branch of its own, and says for which it runs.
        let pipeline = |name: &str| context.and_then(|record| record.text(&["ci", name, "value"])).map(str::to_owned);
        let commit = of_target("commit");
        let for_this = commit.is_some() && commit == pipeline("commit");
        let branch = of_target("branch").or_else(|| pipeline("branch").filter(|_| for_this));
        Self {
            unit: context.and_then(|record| record.text(&["unit", "value"])).map(str::to_owned),
            repository: of_target("repository").map(|url| repository_name(&url)),
            branch,
        }
    }
}

impl std::fmt::Display for Subject {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let part = |part: &Option<String>| part.clone().unwrap_or_else(|| "-".to_owned());
        write!(f, "{} {} {}", part(&self.unit), part(&self.repository), part(&self.branch))
    }
}

/// A bundle of a series.
#[derive(Clone, Debug)]
pub struct Member {
    /// How people call it: its folder.
    pub name: String,
    /// What it is of.
    pub subject: Subject,
    /// Its scan.
    pub scan: String,
    /// When that began; none where the record has no time.
    pub started: Option<Timestamp>,
    /// The hash of its last record.
    pub head: String,
    /// SHA-256 of its manifest.
    pub manifest_sha256: String,
    /// The bundle before it.
    pub previous: Option<Previous>,
}

impl Member {
    /// What `bundle`, whose parts agree, is in a series.
    pub fn of(name: String, bundle: &Bundle, manifest_sha256: &str) -> Option<Self> {
        let (started, completed) = (bundle.records.first()?, bundle.records.last()?);
        let previous = started.member(&["previous"]).filter(|link| !link.is_null()).map(|link| {
            let text = |name: &str| link.get(name).and_then(Value::as_str).unwrap_or_default().to_owned();
            Previous { scan: text("scan"), head: text("head"), manifest_sha256: text("manifest_sha256") }
        });
        Some(Self {
            name,
            subject: Subject::of(&bundle.records),
            scan: started.scan.clone(),
            started: started.text(&["started"]).and_then(|text| text.parse().ok()),
            head: completed.hash.clone(),
            manifest_sha256: manifest_sha256.to_owned(),
            previous,
        })
    }
}

/// `host/path` of the URL of a repository, so that its ways to be written (`https://`, `ssh://`, `user@host:path`, with `.git` or
/// without) are one.
pub fn repository_name(url: &str) -> String {
    let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
    let (authority, path) = match rest.find(['/', ':']) {
        Some(at) => (&rest[..at], rest[at + 1..].trim_start_matches('/')),
        None => (rest, ""),
    };
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host).to_ascii_lowercase();
    // A port is no part of a path.
    let path = match path.split_once('/') {
        Some((port, path))
            if url.contains("://") && port.bytes().all(|byte| byte.is_ascii_digit()) && !port.is_empty() =>
        {
            path
        }
        _ => path,
    };
    let path = path.trim_end_matches('/');
    let path = path.strip_suffix(".git").unwrap_or(path);
    if path.is_empty() { host } else { format!("{host}/{path}") }
}

/// What does not hold of the links of a series.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(tag = "fault", rename_all = "kebab-case")]
pub enum Fault {
    /// A bundle names one before it that is not there.
    PreviousMissing {
        /// The bundle.
        bundle: String,
        /// The scan that it names.
        previous: String,
    },
    /// A bundle names one that is there, but not as it is.
    PreviousDiffers {
        /// The bundle.
        bundle: String,
        /// The one that it names.
        previous: String,
    },
    /// A bundle names one of another series.
    PreviousOfAnother {
        /// The bundle.
        bundle: String,
        /// The one that it names.
        previous: String,
    },
    /// Several bundles name the same one before them, or several name none.
    Forked {
        /// The one that they name; none where they name none.
        previous: Option<String>,
        /// They.
        bundles: Vec<String>,
    },
    /// A bundle began before the one that it names, by the clocks of their hosts.
    OutOfOrder {
        /// The bundle.
        bundle: String,
        /// The one that it names.
        previous: String,
    },
    /// The same scan is there twice.
    Doubled {
        /// The bundles.
        bundles: Vec<String>,
    },
    /// A bundle that was known to be there is not.
    HeadMissing {
        /// Its scan.
        scan: String,
    },
}

impl std::fmt::Display for Fault {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::PreviousMissing { bundle, previous } => {
                write!(f, "{bundle} follows the scan {previous}, which is not there")
            }
            Self::PreviousDiffers { bundle, previous } => {
                write!(f, "{bundle} follows {previous}, but not as it is there")
            }
            Self::PreviousOfAnother { bundle, previous } => {
                write!(f, "{bundle} follows {previous}, which is of another series")
            }
            Self::Forked { previous: Some(previous), bundles } => {
                write!(f, "forked: {} follow {previous}", bundles.join(", "))
            }
            Self::Forked { previous: None, bundles } => write!(f, "forked: {} follow nothing", bundles.join(", ")),
            Self::OutOfOrder { bundle, previous } => write!(f, "{bundle} began before {previous}, which it follows"),
            Self::Doubled { bundles } => write!(f, "the same scan: {}", bundles.join(", ")),
            Self::HeadMissing { scan } => write!(f, "the scan {scan}, which was known to be there, is not"),
        }
    }
}

/// The last bundle of a series, as somebody keeps it elsewhere.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Head {
    /// What the series is of.
    pub subject: Subject,
    /// The scan of the bundle.
    pub scan: String,
    /// SHA-256 of its manifest.
    pub manifest_sha256: String,
    /// Bundles of the series up to it.
    pub bundles: u64,
}

/// One series.
#[derive(Clone, Debug, Default)]
pub struct Series {
    /// Its bundles, in the order of their links, as far as these hold, then of their times.
    pub members: Vec<Member>,
    /// What does not hold.
    pub faults: Vec<Fault>,
}

impl Series {
    /// The bundle that began last.
    pub fn last(&self) -> Option<&Member> {
        self.members.iter().max_by_key(|member| member.started)
    }

    /// The head to be kept.
    pub fn head(&self) -> Option<Head> {
        let last = self.members.last()?;
        Some(Head {
            subject: last.subject.clone(),
            scan: last.scan.clone(),
            manifest_sha256: last.manifest_sha256.clone(),
            bundles: self.members.len() as u64,
        })
    }

    /// The times at which more than `most` passed between two bundles, or since the last one.
    pub fn intervals_over(&self, most: SignedDuration, now: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        let mut times: Vec<Timestamp> = self.members.iter().filter_map(|member| member.started).collect();
        times.sort();
        times.push(now);
        let pairs = times.windows(2).map(|pair| (pair[0], pair[1]));
        pairs.filter(|(from, to)| to.duration_since(*from) > most).collect()
    }
}

/// Sorts bundles into series, and checks their links.
pub fn series_of(members: Vec<Member>) -> BTreeMap<Subject, Series> {
    let by_manifest: BTreeMap<String, Member> =
        members.iter().map(|member| (member.manifest_sha256.clone(), member.clone())).collect();
    let mut grouped: BTreeMap<Subject, Vec<Member>> = BTreeMap::new();
    for member in members {
        grouped.entry(member.subject.clone()).or_default().push(member);
    }
    grouped.into_iter().map(|(subject, members)| (subject, linked(members, &by_manifest))).collect()
}

fn linked(mut members: Vec<Member>, all: &BTreeMap<String, Member>) -> Series {
    members.sort_by(|one, other| (one.started, &one.name).cmp(&(other.started, &other.name)));
    let mut faults = Vec::new();
    let mut scans: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    let mut followers: BTreeMap<Option<&str>, Vec<&Member>> = BTreeMap::new();
    for member in &members {
        scans.entry(&member.scan).or_default().push(member.name.clone());
        let previous = member.previous.as_ref().map(|previous| previous.manifest_sha256.as_str());
        followers.entry(previous).or_default().push(member);
        let Some(link) = &member.previous else { continue };
        let bundle = member.name.clone();
        match all.get(&link.manifest_sha256) {
            None => faults.push(Fault::PreviousMissing { bundle, previous: link.scan.clone() }),
            Some(found) => {
                let previous = found.name.clone();
                if found.scan != link.scan || found.head != link.head {
                    faults.push(Fault::PreviousDiffers { bundle, previous });
                } else if found.subject != member.subject {
                    faults.push(Fault::PreviousOfAnother { bundle, previous });
                } else if member.started < found.started {
                    faults.push(Fault::OutOfOrder { bundle, previous });
                }
            }
        }
    }
    for bundles in scans.into_values().filter(|bundles| bundles.len() > 1) {
        faults.push(Fault::Doubled { bundles });
    }
    for (previous, all_of_it) in followers.iter().filter(|(_, followers)| followers.len() > 1) {
        let previous =
            previous.map(|digest| all.get(digest).map_or_else(|| digest.to_owned(), |member| member.name.clone()));
        faults.push(Fault::Forked { previous, bundles: all_of_it.iter().map(|member| member.name.clone()).collect() });
    }
    faults.sort();
    let order = order(&members);
    Series { members: order.into_iter().map(|at| members[at].clone()).collect(), faults }
}

/// The members each behind the one that it follows, where that is among them.
fn order(members: &[Member]) -> Vec<usize> {
    let mut done: BTreeSet<&str> = BTreeSet::new();
    let known: BTreeSet<&str> = members.iter().map(|member| member.manifest_sha256.as_str()).collect();
    let mut left: Vec<usize> = (0..members.len()).collect();
    let mut order = Vec::with_capacity(members.len());
    while !left.is_empty() {
        let ready = |at: &usize| {
            let previous = members[*at].previous.as_ref().map(|link| link.manifest_sha256.as_str());
            previous.is_none_or(|digest| done.contains(digest) || !known.contains(digest))
        };
        // Links that run in a circle, which digests do not allow, would leave none.
        let next = left.iter().position(ready).unwrap_or(0);
        let at = left.remove(next);
        done.insert(&members[at].manifest_sha256);
        order.push(at);
    }
    order
}

/// What of the heads that were kept is not there any more, by the series that it was in.
pub fn cut(series: &BTreeMap<Subject, Series>, heads: &[Head]) -> BTreeMap<Subject, Vec<Fault>> {
    let mut faults: BTreeMap<Subject, Vec<Fault>> = BTreeMap::new();
    for head in heads {
        let here = series.get(&head.subject);
        let there = here.is_some_and(|series| {
            let is_head = |member: &Member| member.scan == head.scan && member.manifest_sha256 == head.manifest_sha256;
            series.members.iter().any(is_head) && series.members.len() as u64 >= head.bundles
        });
        if !there {
            faults.entry(head.subject.clone()).or_default().push(Fault::HeadMissing { scan: head.scan.clone() });
        }
    }
    faults
}

#[cfg(test)]
mod tests {
    use super::*;

    fn member(name: &str, previous: Option<&str>, hour: u32) -> Member {
        let link = |name: &str| Previous {
            scan: format!("scan-{name}"),
            head: format!("head-{name}"),
            manifest_sha256: format!("manifest-{name}"),
        };
        let own = link(name);
        Member {
            name: name.into(),
            subject: Subject { unit: Some("u".into()), ..Subject::default() },
            scan: own.scan,
            started: format!("2026-01-01T{hour:02}:00:00Z").parse().ok(),
            head: own.head,
            manifest_sha256: own.manifest_sha256,
            previous: previous.map(link),
        }
    }

    fn only(members: Vec<Member>) -> Series {
        let mut all = series_of(members);
        assert_eq!(all.len(), 1);
        all.pop_first().unwrap().1
    }

    fn faults(members: Vec<Member>) -> Vec<String> {
        only(members).faults.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn links_order_a_series() {
        let series = only(vec![member("c", Some("b"), 3), member("a", None, 1), member("b", Some("a"), 2)]);
        assert_eq!(series.members.iter().map(|one| one.name.as_str()).collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(series.faults, []);
    }

    #[test]
    fn what_does_not_hold_is_named() {
        let (a, b) = (member("a", None, 1), member("b", Some("a"), 2));
        for (members, expected) in [
            (vec![a.clone(), member("c", Some("b"), 3)], vec!["c follows the scan scan-b, which is not there"]),
            (vec![a.clone(), b.clone(), member("c", Some("a"), 3)], vec!["forked: b, c follow a"]),
            (vec![a.clone(), member("x", None, 2)], vec!["forked: a, x follow nothing"]),
            (vec![a.clone(), member("b", Some("a"), 0)], vec!["b began before a, which it follows"]),
            (
                vec![
                    a.clone(),
                    Member {
                        previous: Some(Previous { head: "h".into(), ..b.previous.clone().unwrap() }),
                        ..b.clone()
                    },
                ],
                vec!["b follows a, but not as it is there"],
            ),
            (
                vec![a.clone(), b.clone(), Member { name: "b2".into(), ..b.clone() }],
                vec!["forked: b, b2 follow a", "the same scan: b, b2"],
            ),
        ] {
            assert_eq!(faults(members), expected);
        }
        let other = Member { subject: Subject::default(), ..b };
        let all = series_of(vec![a, other]);
        assert!(all[&Subject::default()].faults[0].to_string().contains("of another series"));
    }

    #[test]
    fn a_tail_that_was_cut_is_noticed_by_those_who_keep_the_head() {
        let whole = vec![member("a", None, 1), member("b", Some("a"), 2), member("c", Some("b"), 3)];
        let series = series_of(whole.clone());
        let (subject, one) = series.first_key_value().unwrap();
        let head = one.head().unwrap();
        assert_eq!((head.scan.as_str(), head.bundles), ("scan-c", 3));
        assert!(cut(&series, std::slice::from_ref(&head)).is_empty());
        let without = series_of(whole[..2].to_vec());
        assert!(without[subject].faults.is_empty(), "the links alone do not tell");
        assert_eq!(cut(&without, std::slice::from_ref(&head)).len(), 1);
        assert_eq!(cut(&BTreeMap::new(), &[head]).len(), 1);
    }

    #[test]
    fn a_scan_that_was_left_out_is_an_interval() {
        let series = only(vec![member("a", None, 1), member("b", Some("a"), 2), member("c", Some("b"), 9)]);
        let now = "2026-01-01T10:00:00Z".parse().unwrap();
        let over = series.intervals_over(SignedDuration::from_hours(2), now);
        assert_eq!(over.len(), 1);
        assert_eq!(over[0].0.to_string(), "2026-01-01T02:00:00Z");
    }

    #[test]
    fn the_ways_to_write_a_repository_are_one() {
        for url in [
            "https://git.example.org/team/shop",
            "https://git.example.org/team/shop.git",
            "https://user@Git.example.org/team/shop/",
            "ssh://git@git.example.org:22/team/shop.git",
            "git@git.example.org:team/shop.git",
        ] {
            assert_eq!(repository_name(url), "git.example.org/team/shop", "{url}");
        }
        assert_ne!(
            repository_name("https://git.example.org/team/shop2"),
            repository_name("https://git.example.org/team/shop")
        );
    }
}
