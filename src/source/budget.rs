//! How much memory reading takes: the sizes of windows, the buffers, and one budget that all readers share.
//!
//! The budget is a counting semaphore in bytes. Small buffers are not counted; who needs a large one takes a
//! permit for all of it first, and waits where others hold the memory. Permits are granted in the order in
//! which they were asked for, so that a large request is not starved by small ones. Nobody may ask for a second
//! permit while it holds one: that, and only that, could deadlock.

use std::collections::TryReserveError;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use super::decode::REACH;
use super::sniff::Shape;

/// A budget in bytes; see the module's documentation.
#[derive(Debug)]
pub struct MemoryBudget {
    total: usize,
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug, Default)]
struct State {
    held: usize,
    next_ticket: u64,
    now_serving: u64,
}

/// The right to hold so many bytes, given back when dropped.
#[derive(Debug)]
pub(crate) struct Permit {
    budget: Arc<MemoryBudget>,
    bytes: usize,
}

impl MemoryBudget {
    /// The default budget in bytes: 24 MiB, one reader of the largest window and smaller ones beside it. More readers of
    /// large files would only wait for the same disk and memory bus.
    pub const DEFAULT: usize = 24 << 20;

    /// A budget of `total` bytes.
    pub fn new(total: usize) -> Self {
        Self { total, state: Mutex::default(), changed: Condvar::new() }
    }

    /// Waits until `bytes` are free, and takes them. A request for more than the whole budget is granted when nobody
    /// holds a permit, so that it waits but never for ever.
    pub(crate) fn acquire(self: &Arc<Self>, bytes: usize) -> Permit {
        let mut state = self.state();
        let ticket = state.next_ticket;
        state.next_ticket += 1;
        while state.now_serving != ticket || !self.fits(&state, bytes) {
            state = self.changed.wait(state).unwrap_or_else(PoisonError::into_inner);
        }
        state.now_serving += 1;
        state.held += bytes;
        drop(state);
        // The next in the queue may fit as well.
        self.changed.notify_all();
        Permit { budget: Arc::clone(self), bytes }
    }

    fn fits(&self, state: &State, bytes: usize) -> bool {
        state.held == 0 || bytes <= self.total.saturating_sub(state.held)
    }

    /// The state is consistent between any two statements, so a panic elsewhere does not spoil it.
    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for MemoryBudget {
    fn default() -> Self {
        Self::new(Self::DEFAULT)
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.budget.state().held -= self.bytes;
        self.budget.changed.notify_all();
    }
}

/// Bytes that a window owns. Content up to this size is one blob.
pub(crate) const WINDOW: usize = 16 << 20;

/// Bytes of searched context before what a window owns.
pub(crate) const LOOK_BEHIND: usize = 4 << 10;

/// Bytes of context behind what a window owns: the longest match and then some.
pub(crate) const LOOK_AHEAD: usize = 72 << 10;

/// What windows measure, in bytes; tests use small ones.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sizes {
    /// Owned by a window over bytes that are searched as they are.
    pub(crate) window: usize,
    /// Owned by a window over wide code units, which are decoded into a second buffer of half as much again.
    pub(crate) wide_window: usize,
    /// Owned by a window over a wide string inside a binary.
    pub(crate) string_window: usize,
    /// Context before what is owned, in code units.
    pub(crate) behind: usize,
    /// Context behind what is owned, in code units.
    pub(crate) ahead: usize,
    /// Kept by a buffer between two files, and used without a permit.
    pub(crate) idle: usize,
}

impl Sizes {
    /// The sizes of the program.
    pub(crate) const DEFAULT: Self = Self {
        window: WINDOW,
        wide_window: 4 << 20,
        string_window: 512 << 10,
        behind: LOOK_BEHIND,
        ahead: LOOK_AHEAD,
        idle: 1 << 20,
    };

    /// The most bytes of content that lie in the buffer at a time: a window, and enough more to tell that it is not
    /// the last.
    pub(crate) fn raw_bound(&self, shape: Shape) -> usize {
        match shape {
            Shape::Text { .. } | Shape::Binary => REACH + self.behind + self.window + self.ahead + 1,
            Shape::Wide { units, .. } => self.wide_window + (self.behind + self.ahead + 2) * units.width(),
        }
    }
}

/// Memory that is zeroed once, when it is first needed, and then reused.
#[derive(Debug, Default)]
pub(crate) struct Buffer {
    /// All of the memory.
    pub(crate) bytes: Vec<u8>,
    /// Bytes at its beginning that hold content.
    pub(crate) filled: usize,
}

impl Buffer {
    /// Makes room for `length` bytes in all. Up to `idle` bytes it grows in powers of two.
    pub(crate) fn reserve(&mut self, length: usize, idle: usize) -> Result<(), TryReserveError> {
        if length > self.bytes.len() {
            let rounded = length.next_power_of_two().min(idle).max(length);
            self.bytes.try_reserve_exact(rounded - self.bytes.len())?;
            self.bytes.resize(rounded, 0);
        }
        Ok(())
    }

    /// Forgets the content, and gives back all but `idle` bytes.
    pub(crate) fn reset(&mut self, idle: usize) {
        self.filled = 0;
        self.bytes.truncate(idle);
        self.bytes.shrink_to(idle);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::thread;

    use super::*;

    #[test]
    fn what_is_held_never_exceeds_the_budget() {
        let budget = Arc::new(MemoryBudget::new(100));
        let held = AtomicUsize::new(0);
        thread::scope(|scope| {
            for worker in 0..8 {
                let (budget, held) = (&budget, &held);
                scope.spawn(move || {
                    for round in 0..200 {
                        let bytes = 10 + (worker * 13 + round * 7) % 90;
                        let permit = budget.acquire(bytes);
                        let now = held.fetch_add(bytes, Ordering::SeqCst) + bytes;
                        assert!(now <= 100, "{now} bytes held");
                        held.fetch_sub(bytes, Ordering::SeqCst);
                        drop(permit);
                    }
                });
            }
        });
        assert_eq!(budget.state().held, 0);
    }

    #[test]
    fn a_request_over_the_whole_budget_is_granted_alone() {
        let budget = Arc::new(MemoryBudget::new(100));
        let alone = AtomicUsize::new(0);
        thread::scope(|scope| {
            for _ in 0..4 {
                let (budget, alone) = (&budget, &alone);
                scope.spawn(move || {
                    for bytes in [1000, 40, 60, 1000] {
                        let permit = budget.acquire(bytes);
                        if bytes > 100 {
                            assert_eq!(alone.fetch_add(1, Ordering::SeqCst), 0);
                            alone.fetch_sub(1, Ordering::SeqCst);
                        }
                        drop(permit);
                    }
                });
            }
        });
        assert_eq!(budget.state().held, 0);
    }

    #[test]
    fn a_panic_gives_its_permit_back() {
        let budget = Arc::new(MemoryBudget::new(10));
        let other = Arc::clone(&budget);
        let outcome = thread::spawn(move || {
            let _permit = other.acquire(10);
            panic!("a test's own panic");
        })
        .join();
        assert!(outcome.is_err());
        drop(budget.acquire(10));
    }
}
