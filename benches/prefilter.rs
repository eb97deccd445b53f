//! Throughput of the prefilter, which is the bound of the whole engine: every byte goes through it, on one thread, with
//! each kernel.
//!
//! Run with `cargo bench --bench prefilter`; a filter such as `-- best/source` picks one measurement. `scalar` is the
//! kernel for every machine, `best` the one that is chosen on this machine; both are the same where there is no AVX2.

use std::hint::black_box;

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use straykey::detect::masks::{BLOCK, Kernel, Masks, PEEK, best_kernel, scalar};
use straykey::detect::prefilter::Prefilter;

mod common;

fn kernels() -> [(&'static str, Kernel); 2] {
    [("scalar", scalar), ("best", best_kernel())]
}

/// Masks and candidates. The candidates are counted, so that none of the work can be left out.
fn candidates(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("prefilter");
    for (name, text) in common::texts() {
        group.throughput(Throughput::Bytes(text.len() as u64));
        for (kernel_name, kernel) in kernels() {
            let mut prefilter = Prefilter::with_kernel(kernel);
            group.bench_with_input(BenchmarkId::new(kernel_name, name), &text, |bencher, text| {
                bencher.iter(|| {
                    let mut count = 0_u64;
                    prefilter.scan(black_box(text), |candidate| {
                        black_box(candidate);
                        count += 1;
                    });
                    count
                });
            });
        }
    }
    group.finish();
}

/// Masks alone, over a text that stays in the first-level cache: the bound of the kernel.
fn masks(criterion: &mut Criterion) {
    const BLOCKS: usize = 64;
    let text = common::source(BLOCKS * BLOCK + PEEK);
    let mut made = [Masks::default(); BLOCKS];
    let mut group = criterion.benchmark_group("masks");
    group.throughput(Throughput::Bytes((BLOCKS * BLOCK) as u64));
    for (name, kernel) in kernels() {
        group.bench_function(name, |bencher| {
            bencher.iter(|| {
                kernel(black_box(&text), &mut made);
                black_box(&made);
            });
        });
    }
    group.finish();
}

criterion_group!(benches, candidates, masks);
criterion_main!(benches);
