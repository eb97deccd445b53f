//! Samples for re-performance: which records an auditor checks again, drawn so that anybody can draw the same.
//!
//! An item is drawn by the SHA-256 of the seed and its name: the smallest come first. Whoever knows the seed and has the evidence
//! gets the same sample, and a seed that is chosen after the evidence was made leaves its author no say in it.

use serde::Serialize;

use super::chain::{Record, sha256_hex};
use super::verify::Bundle;

/// Something to be checked again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Item {
    /// `scan`, `finding`, `exclusion`, `gap` or `exception`.
    pub kind: &'static str,
    /// Names it, wherever the bundle lies: the scan, and the number of the record.
    pub id: String,
    /// The bundle, as people call it.
    pub bundle: String,
    /// What the record says.
    pub says: String,
    /// How to check it.
    pub check: String,
}

/// `n` of the items, by the seed; all, where there are fewer.
pub fn draw(mut items: Vec<Item>, n: usize, seed: &str) -> Vec<Item> {
    items.sort_by_cached_key(|item| (sha256_hex(format!("{seed}\n{}", item.id).as_bytes()), item.id.clone()));
    items.truncate(n);
    items
}

/// What of a bundle can be checked again; `name` is how people call it.
pub fn items(name: &str, bundle: &Bundle) -> Vec<Item> {
    let numbered = (0..).zip(&bundle.records);
    numbered
        .filter_map(|(number, record): (u64, _)| {
            let id = format!("{}#{number}", record.scan);
            item(id, name, &bundle.whole(record))
        })
        .collect()
}

/// The scan itself, to be run again.
pub fn scan(name: &str, bundle: &Bundle) -> Option<Item> {
    let (started, completed) = (bundle.records.first()?, bundle.records.last()?);
    let text = |record: &Record, path: &[&str]| record.text(path).unwrap_or("unknown").to_owned();
    let context = bundle.records.iter().find(|record| record.kind() == "run-context");
    let commit = context
        .and_then(|record| record.member(&["targets"])?.get(0)?.pointer("/commit/value")?.as_str())
        .unwrap_or("unknown");
    Some(Item {
        kind: "scan",
        id: started.scan.clone(),
        bundle: name.to_owned(),
        says: format!(
            "{} findings, exit code {}, by {} {} with the rules {}",
            completed.number(&["findings"]).unwrap_or_default(),
            completed.number(&["outcome", "exit_code"]).unwrap_or_default(),
            text(started, &["tool", "name"]),
            text(started, &["tool", "version"]),
            text(started, &["rule_pack", "sha256"]),
        ),
        check: format!(
            "scan commit {commit} with the same version and the configuration {}; `straykey compare` of the two bundles tells of no \
             difference",
            text(started, &["configuration", "sha256"]),
        ),
    })
}

fn item(id: String, bundle: &str, record: &Record) -> Option<Item> {
    let text = |path: &[&str]| record.text(path).unwrap_or("unknown").to_owned();
    let (kind, says, check) = match record.kind() {
        "finding" => {
            let place = record.member(&["places"])?.get(0)?;
            let line = place.pointer("/region/start_line").and_then(serde_json::Value::as_u64).unwrap_or_default();
            let path = place["path"].as_str().unwrap_or("unknown");
            (
                "finding",
                format!(
                    "{} ({}) at {path}:{line}, {}",
                    text(&["rule", "title"]),
                    text(&["rule", "id"]),
                    text(&["severity"])
                ),
                format!(
                    "look at the place at the commit of the scan; `straykey explain {path}:{line}` tells why it was reported"
                ),
            )
        }
        "exclusion" => (
            "exclusion",
            format!("{} left out: {}", text(&["path"]), text(&["reason"])),
            "see that the reason holds, and that nothing in scope lies there".to_owned(),
        ),
        "gap" => (
            "gap",
            format!("{} not, or not wholly, searched: {}", text(&["path"]), text(&["reason"])),
            "see whether the place can be searched by other means".to_owned(),
        ),
        "exception" => (
            "exception",
            format!(
                "{} ({}), {}, approved by {}",
                text(&["id"]),
                text(&["reason"]),
                text(&["standing"]),
                text(&["approved_by"])
            ),
            "ask who approved it; see the ticket, and that the reason holds".to_owned(),
        ),
        _ => return None,
    };
    Some(Item { kind, id, bundle: bundle.to_owned(), says, check })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(count: usize) -> Vec<Item> {
        let item = |number| Item {
            kind: "finding",
            id: format!("b#{number}"),
            bundle: String::new(),
            says: String::new(),
            check: String::new(),
        };
        (0..count).map(item).collect()
    }

    #[test]
    fn a_seed_draws_the_same_whatever_the_order() {
        let drawn = draw(all(100), 10, "2026-Q1");
        let mut reversed = all(100);
        reversed.reverse();
        assert_eq!(draw(reversed, 10, "2026-Q1"), drawn);
        assert_ne!(draw(all(100), 10, "2026-Q2"), drawn);
        assert_eq!(draw(all(100), 5, "2026-Q1"), drawn[..5], "a larger sample holds the smaller");
        assert_eq!(draw(all(3), 10, "x").len(), 3);
    }

    #[test]
    fn every_item_is_as_likely_as_any_other() {
        let mut counts = [0_u32; 20];
        for seed in 0..2000 {
            for item in draw(all(20), 5, &seed.to_string()) {
                counts[item.id[2..].parse::<usize>().unwrap()] += 1;
            }
        }
        // Each is drawn 500 times on average, with a standard deviation of 19.
        assert!(counts.iter().all(|&count| (400..600).contains(&count)), "{counts:?}");
    }
}
