//! What a scan costs before its first byte: loading the embedded rules, preparing the engine, and a scan of nothing.
//! A commit hook pays all of it on every call.
//!
//! Run with `cargo bench --bench startup`. Rules are compiled when a scan first needs them, so the lanes' share of it
//! shows in `first_file`, and what `straykey rules check` pays in `compile_all`.

use std::fs;
use std::path::Path;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use straykey::detect::Engine;
use straykey::rule::RuleSet;
use straykey::scan::{Collected, Options, Progress, Target, scan};

mod common;

fn scan_path(path: &Path) -> Collected {
    let options = Options { threads: 1, ..Options::default() };
    scan(&common::scanner(), &[Target::Path(path.to_owned())], &options, &Progress::default())
}

fn startup(criterion: &mut Criterion) {
    let rules = RuleSet::embedded();
    let engine = Engine::new(rules.clone());
    let folder = tempfile::tempdir().expect("a temporary folder can be made");
    let mut group = criterion.benchmark_group("startup");
    group.sample_size(20);
    group.bench_function("load_rules", |bencher| bencher.iter(RuleSet::embedded));
    group.bench_function("new_engine", |bencher| {
        bencher.iter_batched(|| rules.clone(), Engine::new, BatchSize::SmallInput);
    });
    group.bench_function("new_scratch", |bencher| bencher.iter(|| engine.scratch()));
    group.bench_function("compile_all", |bencher| bencher.iter(|| engine.compile_all()));
    // From here on all of it together, with a new engine each time.
    group.bench_function("empty_folder", |bencher| bencher.iter(|| scan_path(folder.path())));
    let file = folder.path().join("main.rs");
    fs::write(&file, common::source(64 << 10)).expect("a file can be written");
    group.bench_function("first_file", |bencher| bencher.iter(|| scan_path(&file)));
    group.finish();
}

criterion_group!(benches, startup);
criterion_main!(benches);
