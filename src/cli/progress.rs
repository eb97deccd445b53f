//! The progress bar: on a terminal only, on standard error, gone when the scan is done.

use std::sync::atomic::Ordering;
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::Duration;

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressStyle};

use crate::scan::Progress;

/// How often the bar is redrawn.
const INTERVAL: Duration = Duration::from_millis(100);

/// How long a scan may take before a bar is shown at all.
const PATIENCE: Duration = Duration::from_millis(400);

/// Runs `work` while a bar follows its progress, if `show`.
pub(super) fn watch<T>(show: bool, work: impl FnOnce(&Progress) -> T) -> T {
    let progress = Progress::default();
    if !show {
        return work(&progress);
    }
    std::thread::scope(|scope| {
        let (done, wait) = channel::<()>();
        let progress = &progress;
        scope.spawn(move || {
            if wait.recv_timeout(PATIENCE) != Err(RecvTimeoutError::Timeout) {
                return;
            }
            let bar = ProgressBar::new_spinner();
            bar.set_style(ProgressStyle::with_template("{spinner} {msg}").expect("the template is well-formed"));
            while wait.recv_timeout(INTERVAL) == Err(RecvTimeoutError::Timeout) {
                let objects = match progress.objects.load(Ordering::Relaxed) {
                    0 => String::new(),
                    all => format!(
                        "{} of {} objects, ",
                        HumanCount(progress.objects_done.load(Ordering::Relaxed)),
                        HumanCount(all)
                    ),
                };
                bar.set_message(format!(
                    "{objects}{} files, {}, {} places",
                    HumanCount(progress.files.load(Ordering::Relaxed)),
                    HumanBytes(progress.bytes.load(Ordering::Relaxed)),
                    HumanCount(progress.hits.load(Ordering::Relaxed)),
                ));
                bar.tick();
            }
            bar.finish_and_clear();
        });
        let result = work(progress);
        drop(done);
        result
    })
}
