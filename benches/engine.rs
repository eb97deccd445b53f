//! Throughput of the matching engine and of the scan of one blob, on one thread: on ordinary texts, and on texts made
//! to be slow.
//!
//! Run with `cargo bench --bench engine`; `-- find`, `-- scan_blob` or `-- hostile` picks one group. A hostile text may
//! use up the step budget and be left unsearched from there on. What is measured then is the longest that a text of
//! this size can take; its name ends with `over-budget`.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use straykey::detect::Ended;
use straykey::scan::{Ordinals, Scanner, scan_blob};

mod common;

/// Bytes of a hostile text.
const HOSTILE: usize = 1 << 20;

fn find(criterion: &mut Criterion) {
    let scanner = common::scanner();
    let mut scratch = scanner.engine.scratch();
    let mut matches = Vec::new();
    let mut group = criterion.benchmark_group("find");
    group.sample_size(20);
    for (name, text) in common::texts() {
        group.throughput(Throughput::Bytes(text.len() as u64));
        group.bench_with_input(name, &text, |bencher, text| {
            bencher.iter(|| scanner.engine.find(&mut scratch, black_box(text), 0..text.len(), &mut matches));
        });
    }
    group.finish();
}

fn scan(criterion: &mut Criterion) {
    let scanner = common::scanner();
    let mut group = criterion.benchmark_group("scan_blob");
    group.sample_size(20);
    for (name, text) in common::texts() {
        bench_blob(&mut group, &scanner, BenchmarkId::from_parameter(name), &text);
    }
    group.finish();
}

fn hostile(criterion: &mut Criterion) {
    let scanner = common::scanner();
    let mut group = criterion.benchmark_group("hostile");
    group.sample_size(10);
    for (name, text) in hostile_texts(&scanner) {
        let (mut scratch, mut matches) = (scanner.engine.scratch(), Vec::new());
        let ended = scanner.engine.find(&mut scratch, &text, 0..text.len(), &mut matches);
        let ended = if ended == Ended::Whole { "whole" } else { "over-budget" };
        bench_blob(&mut group, &scanner, BenchmarkId::new(name, ended), &text);
    }
    group.finish();
}

type Group<'g> = criterion::BenchmarkGroup<'g, criterion::measurement::WallTime>;

fn bench_blob(group: &mut Group<'_>, scanner: &Scanner, id: BenchmarkId, text: &[u8]) {
    let mut scratch = scanner.scratch();
    let mut hits = Vec::new();
    let origin = common::origin("src/main.rs");
    group.throughput(Throughput::Bytes(text.len() as u64));
    group.bench_function(id, |bencher| {
        bencher.iter(|| {
            hits.clear();
            let blob = common::blob(&origin, black_box(text));
            scan_blob(scanner, &blob, &mut scratch, &mut Ordinals::default(), &mut hits)
        });
    });
}

/// Texts that each strain another part of the engine.
fn hostile_texts(scanner: &Scanner) -> Vec<(&'static str, Vec<u8>)> {
    const BASE64: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut random = common::Random::new(13);
    let rules = || scanner.engine.rules().iter().map(|loaded| &*loaded.rule);
    let keywords: Vec<&str> = rules().flat_map(|rule| &rule.keywords).map(String::as_str).collect();
    let prefixes: Vec<&str> = rules().map(|rule| rule.prefix.as_str()).filter(|prefix| prefix.len() >= 3).collect();
    let mut of = |piece: &mut dyn FnMut(&mut common::Random) -> Vec<u8>| {
        let mut text = Vec::with_capacity(HOSTILE + 256);
        while text.len() < HOSTILE {
            text.extend(piece(&mut random));
        }
        text.truncate(HOSTILE);
        text
    };
    vec![
        // Blocks that open and never close: each could go on to the longest value of its rule.
        ("pem-heads", of(&mut |_| ["-----BEGIN ", "PRIVATE KEY-----\n"].concat().into_bytes())),
        ("dashes", of(&mut |_| b"-----BEGIN".to_vec())),
        // One run of token bytes, in which words begin at every `+` and `/`.
        ("base64-line", of(&mut |random| random.text(BASE64, 4096))),
        // A keyword before every run, so that the rules of the keyword lane are tried at all of them.
        (
            "keywords",
            of(&mut |random| {
                let value = random.text(b"0123456789abcdef", 31);
                [random.pick(&keywords).as_bytes(), b"=\"", &value, b"\"\n"].concat()
            }),
        ),
        // Values of issuers' rules that break off.
        ("prefixes", of(&mut |random| [random.pick(&prefixes).as_bytes(), &random.text(BASE64, 16), b" "].concat())),
        // Names and signs of an assignment without an end of it.
        ("assignments", of(&mut |_| b"password token secret=key:auth=> cred := ".to_vec())),
        ("urls", of(&mut |_| b"a://b:c".to_vec())),
    ]
}

criterion_group!(benches, find, scan, hostile);
criterion_main!(benches);
