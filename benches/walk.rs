//! The walk over a tree of small files, without and with reading and scanning them.
//!
//! Run with `cargo bench --bench walk`. The tree lies in the folder for temporary files and is made at the start, so
//! the files are in the page cache: this measures the program, not the disk. `walk` reads no file, so its throughput
//! is in files a second; all others are in bytes. `scan` is measured with one thread and with all.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use straykey::scan::{Options, Progress, Target, scan};
use straykey::source::{MemoryBudget, Met, Reader, WalkOptions, walk};
use tempfile::TempDir;

mod common;

const FOLDERS: usize = 100;
const FILES_A_FOLDER: usize = 50;

/// Bytes of the smallest and of the largest file.
const SIZES: (usize, usize) = (200, 6000);

/// 5,000 files of source text, and their bytes in all.
fn tree() -> (TempDir, u64) {
    let root = tempfile::tempdir().expect("a temporary folder can be made");
    let text = common::source(1 << 20);
    let mut random = common::Random::new(14);
    let mut bytes = 0;
    for folder in 0..FOLDERS {
        // Two levels, as in a repository.
        let path = root.path().join(format!("part{}/module{folder}", folder % 10));
        fs::create_dir_all(&path).expect("a folder can be made");
        for file in 0..FILES_A_FOLDER {
            let length = SIZES.0 + random.number() as usize % (SIZES.1 - SIZES.0);
            let start = random.number() as usize % (text.len() - length);
            fs::write(path.join(format!("file{file}.rs")), &text[start..start + length])
                .expect("a file can be written");
            bytes += length as u64;
        }
    }
    (root, bytes)
}

fn threads() -> Vec<usize> {
    let all = std::thread::available_parallelism().map_or(1, usize::from);
    if all > 1 { vec![1, all] } else { vec![1] }
}

fn walking(criterion: &mut Criterion) {
    let (root, bytes) = tree();
    let mut group = criterion.benchmark_group("walk");
    group.sample_size(20);
    group.throughput(Throughput::Elements((FOLDERS * FILES_A_FOLDER) as u64));
    group.bench_function("walk", |bencher| {
        let options = WalkOptions { threads: 1, ..WalkOptions::default() };
        bencher.iter(|| {
            let files = AtomicU64::new(0);
            walk(root.path(), 0, &options, &|| {
                Box::new(|met| {
                    if matches!(met, Met::File { .. }) {
                        files.fetch_add(1, Ordering::Relaxed);
                    }
                })
            });
            assert_eq!(files.into_inner(), (FOLDERS * FILES_A_FOLDER) as u64);
        });
    });
    group.throughput(Throughput::Bytes(bytes));
    group.bench_function("walk_and_read", |bencher| {
        let options = WalkOptions { threads: 1, ..WalkOptions::default() };
        let budget = Arc::new(MemoryBudget::default());
        let origin = common::origin("file");
        bencher.iter(|| {
            let read = AtomicU64::new(0);
            walk(root.path(), 0, &options, &|| {
                let mut reader = Reader::new(Arc::clone(&budget));
                let (origin, read) = (&origin, &read);
                Box::new(move |met| {
                    if let Met::File { path, .. } = met {
                        read.fetch_add(reader.file(path, origin, &mut |_| ()).bytes, Ordering::Relaxed);
                    }
                })
            });
            assert_eq!(read.into_inner(), bytes);
        });
    });
    let scanner = common::scanner();
    let targets = [Target::Path(root.path().to_owned())];
    for threads in threads() {
        let options = Options { threads, ..Options::default() };
        group.bench_function(BenchmarkId::new("scan", threads), |bencher| {
            bencher.iter(|| scan(&scanner, &targets, &options, &Progress::default()));
        });
    }
    group.finish();
}

criterion_group!(benches, walking);
criterion_main!(benches);
