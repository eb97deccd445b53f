//! Grouping and weighing of hits, and the writing of a report of 2,000 findings in each format, to memory.
//!
//! Run with `cargo bench --bench report`. The findings come from scans of the rules' own examples, made whole with
//! another seed for each file. Throughput is in bytes of the report; that of `group` is in hits.

use std::path::PathBuf;
use std::sync::Arc;

use criterion::{BatchSize, Criterion, Throughput, criterion_group, criterion_main};
use straykey::finding::{Confidence, Hit, group};
use straykey::gap::Coverage;
use straykey::govern::assess;
use straykey::report::{Outcome, Report, Target, TargetKind, json, pretty, sarif};
use straykey::rule::Rule;
use straykey::scan::{Ordinals, Scanner, expand, scan_blob};

mod common;

const FINDINGS: usize = 2000;

/// Hits that group to [`FINDINGS`] findings at least.
fn hits(scanner: &Scanner) -> Vec<Hit> {
    let mut scratch = scanner.scratch();
    let mut hits: Vec<Hit> = Vec::new();
    for round in 0.. {
        for loaded in scanner.engine.rules().iter() {
            let Some(example) = loaded.rule.examples.first() else { continue };
            let seed = format!("{}/{round}", loaded.rule.id);
            let text = expand(example, &seed);
            let origin = common::origin(&format!("src/{seed}.txt"));
            let blob = common::blob(&origin, text.as_bytes());
            scan_blob(scanner, &blob, &mut scratch, &mut Ordinals::default(), &mut hits);
        }
        // Examples without a random part give the same value each time.
        if group(hits.clone()).len() >= FINDINGS {
            break;
        }
    }
    hits
}

fn report(scanner: &Scanner, hits: Vec<Hit>) -> Report {
    let mut findings = group(hits);
    assess(&mut findings);
    findings.truncate(FINDINGS);
    let files = findings.iter().map(|finding| finding.occurrences.len() as u64).sum();
    Report {
        targets: vec![Target { given: PathBuf::from("."), kind: TargetKind::Directory, git: None }],
        findings,
        withheld: 0,
        min_confidence: Confidence::Low,
        slots: Vec::new(),
        coverage: Coverage { files_seen: files, files_read: files, text_files: files, ..Coverage::default() },
        gaps: Vec::new(),
        exclusions: Vec::new(),
        key: scanner.key.info(),
        outcome: Outcome { failed: true, complete: true },
        comparison: None,
        exceptions: Vec::new(),
        attempts: Vec::new(),
        bypass: None,
        notes: Vec::new(),
    }
}

/// Writes a report in one format.
type Format<'f> = &'f dyn Fn(&Report, &mut Vec<u8>) -> std::io::Result<()>;

fn reports(criterion: &mut Criterion) {
    let scanner = common::scanner();
    let hits = hits(&scanner);
    let mut timed = criterion.benchmark_group("report");
    timed.sample_size(20);
    timed.throughput(Throughput::Elements(hits.len() as u64));
    timed.bench_function("group", |bencher| {
        let grouped = |hits: Vec<Hit>| {
            let mut findings = group(hits);
            assess(&mut findings);
            findings
        };
        bencher.iter_batched(|| hits.clone(), grouped, BatchSize::LargeInput);
    });

    let report = report(&scanner, hits);
    let rules: Vec<Arc<Rule>> = scanner.engine.rules().iter().map(|loaded| Arc::clone(&loaded.rule)).collect();
    let style = pretty::Style { color: true, width: 100, all: true, show_secrets: false, unicode: true };
    let formats: [(&str, Format<'_>); 4] = [
        ("sarif", &|report, out| sarif::write(report, &rules, out)),
        ("json", &|report, out| json::write_json(report, false, out)),
        ("jsonl", &|report, out| json::write_jsonl(report, false, out)),
        ("pretty", &|report, out| pretty::write(report, &style, out)),
    ];
    for (name, write) in formats {
        let mut out = Vec::new();
        write(&report, &mut out).expect("memory can be written to");
        timed.throughput(Throughput::Bytes(out.len() as u64));
        timed.bench_function(name, |bencher| {
            bencher.iter(|| {
                out.clear();
                write(&report, &mut out)
            });
        });
    }
    timed.finish();
}

criterion_group!(benches, reports);
criterion_main!(benches);
