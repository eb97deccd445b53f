//! Any bytes as the content of a file, read and scanned: places lie inside the content, are counted from 1, and a
//! second scan finds the same.

#![no_main]

use std::cell::RefCell;
use std::sync::Arc;

use libfuzzer_sys::fuzz_target;
use straykey::blob::{FilePlace, Origin};
use straykey::finding::{Fingerprint, Hit, group};
use straykey::scan::{Ordinals, Scratch, scan_blob};
use straykey::source::{MemoryBudget, Reader};
use straykey::span::ByteSpan;

mod common;

use common::SCANNER;

/// Names that the checks judge differently: settings, source, tests, documents, templates, data.
const PATHS: [&str; 8] = [
    ".env",
    "src/main.rs",
    "tests/fixtures/login.py",
    "docs/setup.md",
    "values.example.yaml",
    "app.json",
    "terraform.tf",
    "a.min.js",
];

thread_local! {
    static WORKER: RefCell<(Reader, Scratch)> =
        RefCell::new((Reader::new(Arc::new(MemoryBudget::default())), SCANNER.scratch()));
}

fn scan(content: &[u8], origin: &Arc<Origin>) -> Vec<Hit> {
    let (mut hits, mut ordinals) = (Vec::new(), Ordinals::default());
    WORKER.with_borrow_mut(|(reader, scratch)| {
        reader.stream(&mut &*content, origin, &mut |blob| {
            scan_blob(&SCANNER, blob, scratch, &mut ordinals, &mut hits);
        });
    });
    hits
}

fn places(hits: &[Hit]) -> Vec<(&str, ByteSpan, Fingerprint)> {
    hits.iter().map(|hit| (hit.rule.id.as_str(), hit.occurrence.span, hit.occurrence.place)).collect()
}

fuzz_target!(|input: (u8, &[u8])| {
    let (path, bytes) = input;
    let path = PATHS[usize::from(path) % PATHS.len()].as_bytes().to_vec();
    let origin = Arc::new(Origin::File(FilePlace::new(0, path)));
    let content = common::text(bytes);
    let hits = scan(&content, &origin);
    for hit in &hits {
        let (span, region) = (hit.occurrence.span, hit.occurrence.region);
        assert!(span.start < span.end && span.end <= content.len() as u64, "{span:?} of {}", content.len());
        assert!(region.start_line >= 1 && region.start_column >= 1, "{region:?}");
        let (start, end) = ((region.start_line, region.start_column), (region.end_line, region.end_column));
        assert!(start < end, "{region:?}");
        assert!(hit.occurrence.ordinal >= 1);
        assert!(hit.value.is_none(), "values are kept only where they were asked for");
    }
    assert_eq!(places(&hits), places(&scan(&content, &origin)));
    let grouped: usize = group(hits.clone()).iter().map(|finding| finding.occurrences.len()).sum();
    assert_eq!(grouped, hits.len(), "no place is lost");
});
