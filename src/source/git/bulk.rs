//! Reads all objects of packs, each once: an object that others are made of is put together before them and kept until
//! they are, so that nothing is inflated twice.
//!
//! Git itself, asked for all objects, puts many together several times; and who is handed an object here is also told
//! which of its bytes are those of the one it is made of, and what was made of that one.
//!
//! Threads share the work by trees of a pack's [`Forest`], and by their branches where one has nothing left to do, so that
//! a single tree with all versions of a large file does not leave processors idle.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};

use gix_object::Kind;

use super::catalogue::Catalogue;
use super::delta::{self, Copied};
use super::forest::Forest;
use super::objects::{MAX_OBJECT, NoObject};

/// Bytes of objects, of all threads together, that wait for those that are made of them. What does not fit is put together
/// anew.
const KEPT: usize = 48 << 20;

/// Of objects with more bytes only one thread at a time has any at hand.
const LARGE: usize = 4 << 20;

/// Bytes that a buffer keeps when there is nothing large at hand.
const IDLE: usize = 1 << 20;

/// Roots that a thread takes at a time.
const ROOTS: usize = 64;

/// An object, and what it is made of.
pub struct Met<'b, S> {
    /// Its number; [`Catalogue::id`] has its id.
    pub number: u32,
    /// What it is.
    pub kind: Kind,
    /// Its content.
    pub bytes: &'b [u8],
    /// The object that it is made of, if it is.
    pub base: Option<Base<'b, S>>,
}

/// What an object is made of.
pub struct Base<'b, S> {
    /// Its number.
    pub number: u32,
    /// Its content.
    pub bytes: &'b [u8],
    /// What was made of it when it was met.
    pub state: &'b S,
    /// The bytes that are the same in both, in the order of the object.
    pub copied: &'b [Copied],
}

/// What threads have to do: an entry, and what it is made of.
struct Task<S> {
    pack: usize,
    entry: u32,
    kind: Kind,
    base: Option<Arc<Kept<S>>>,
}

/// An object that others are made of.
struct Kept<S> {
    number: u32,
    state: S,
    /// Nothing where it did not fit.
    bytes: Option<Vec<u8>>,
    held: Arc<AtomicUsize>,
}

impl<S> Drop for Kept<S> {
    fn drop(&mut self) {
        self.held.fetch_sub(self.bytes.as_ref().map_or(0, Vec::len), Ordering::Relaxed);
    }
}

/// What nobody works on yet.
struct Queue<S> {
    inner: Mutex<Waiting<S>>,
    changed: Condvar,
    /// Threads that have nothing to do.
    hungry: AtomicUsize,
}

struct Waiting<S> {
    tasks: Vec<Task<S>>,
    /// Roots, the first of which come last.
    roots: Vec<(usize, u32, Kind)>,
    waiting: usize,
}

impl<S> Queue<S> {
    fn lock(&self) -> MutexGuard<'_, Waiting<S>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Work for a thread that has none, to be done from behind. Nothing when all is done.
    fn take(&self, threads: usize) -> Option<Vec<Task<S>>> {
        let mut inner = self.lock();
        loop {
            if let Some(task) = inner.tasks.pop() {
                return Some(vec![task]);
            }
            if !inner.roots.is_empty() {
                let from = inner.roots.len().saturating_sub(ROOTS);
                let roots = inner.roots.drain(from..);
                return Some(roots.map(|(pack, entry, kind)| Task { pack, entry, kind, base: None }).collect());
            }
            inner.waiting += 1;
            self.hungry.store(inner.waiting, Ordering::Relaxed);
            if inner.waiting == threads {
                self.changed.notify_all();
                return None;
            }
            inner = self.changed.wait(inner).unwrap_or_else(PoisonError::into_inner);
            if inner.waiting == threads {
                return None;
            }
            inner.waiting -= 1;
            self.hungry.store(inner.waiting, Ordering::Relaxed);
        }
    }

    /// Gives away the older half of what a thread has to do.
    fn give(&self, own: &mut Vec<Task<S>>) {
        let half = own.len() / 2;
        self.lock().tasks.extend(own.drain(..half));
        self.changed.notify_all();
    }
}

/// Reads all objects of the packs that are of these kinds, but for trees of a [`Forest`] in which none is wanted, and calls
/// `visit` for each with the worker of its thread; what it makes of one is handed to it with those that are made of that one.
/// Returns the workers, and the numbers of objects that could not be read this way.
pub(super) fn read_packs<S: Send + Sync, W: Send>(
    catalogue: &Catalogue<'_>,
    forests: &[Forest],
    kinds: &[Kind],
    wanted: &dyn Fn(u32) -> bool,
    workers: Vec<W>,
    visit: &(impl Fn(&mut W, Met<'_, S>) -> S + Sync),
) -> (Vec<W>, Vec<u32>) {
    let mut unread = Vec::new();
    let mut roots = Vec::new();
    for (pack, forest) in forests.iter().enumerate() {
        unread.extend(forest.lost.iter().map(|&index| catalogue.number(pack, index)));
        let any = |entry: u32| forest.below(entry).any(|index| wanted(catalogue.number(pack, index)));
        let of_kind = forest.roots.iter().filter(|(_, kind)| kinds.contains(kind));
        roots.extend(of_kind.filter(|(entry, _)| any(*entry)).map(|&(entry, kind)| (pack, entry, kind)));
    }
    roots.reverse();
    let queue = Queue {
        inner: Mutex::new(Waiting { tasks: Vec::new(), roots, waiting: 0 }),
        changed: Condvar::new(),
        hungry: AtomicUsize::new(0),
    };
    let held = Arc::new(AtomicUsize::new(0));
    let threads = workers.len();
    let work = |worker: W| {
        let mut thread = Thread {
            catalogue,
            forests,
            visit,
            worker,
            held: &held,
            buffers: Buffers::default(),
            large: None,
            own: Vec::new(),
            unread: Vec::new(),
        };
        while let Some(tasks) = queue.take(threads) {
            thread.own = tasks;
            thread.own.reverse();
            while let Some(task) = thread.own.pop() {
                thread.follow_safely(task);
                if queue.hungry.load(Ordering::Relaxed) > 0 && thread.own.len() > 1 {
                    queue.give(&mut thread.own);
                }
            }
        }
        (thread.worker, thread.unread)
    };
    let done = std::thread::scope(|scope| {
        let running: Vec<_> = workers.into_iter().map(|worker| scope.spawn(|| work(worker))).collect();
        let joined = running.into_iter().map(std::thread::ScopedJoinHandle::join);
        joined.map(|done| done.unwrap_or_else(|panic| std::panic::resume_unwind(panic))).collect::<Vec<_>>()
    });
    let mut workers = Vec::new();
    for (worker, numbers) in done {
        workers.push(worker);
        unread.extend(numbers);
    }
    unread.sort_unstable();
    (workers, unread)
}

/// What one thread works with.
struct Thread<'o, S, W, V> {
    catalogue: &'o Catalogue<'o>,
    forests: &'o [Forest],
    visit: &'o V,
    worker: W,
    held: &'o Arc<AtomicUsize>,
    buffers: Buffers,
    /// The right to have large objects at hand.
    large: Option<MutexGuard<'o, ()>>,
    own: Vec<Task<S>>,
    unread: Vec<u32>,
}

#[derive(Default)]
struct Buffers {
    inflate: Inflate,
    /// An entry of a pack as it is stored.
    stored: Vec<u8>,
    object: Vec<u8>,
    /// An object that nothing is made of, while the one that it is made of is kept in `object`.
    leaf: Vec<u8>,
    copied: Vec<Copied>,
}

/// Inflates what has a known size. libdeflate is faster than zlib-rs where all of a stream is at hand;
/// ARCHITECTURE.md has the figures.
struct Inflate(libdeflater::Decompressor);

impl Default for Inflate {
    fn default() -> Self {
        Self(libdeflater::Decompressor::new())
    }
}

impl Inflate {
    /// Inflates a zlib stream, with its checksum, that has as many bytes as `out`; others may follow it.
    fn whole(&mut self, deflated: &[u8], out: &mut [u8]) -> Result<(), NoObject> {
        match self.0.zlib_decompress(deflated, out) {
            Ok(size) if size == out.len() => Ok(()),
            _ => Err(NoObject::Damaged("damaged".to_owned())),
        }
    }
}

impl<S: Send + Sync, W, V: Fn(&mut W, Met<'_, S>) -> S> Thread<'_, S, W, V> {
    /// As [`Thread::follow`]. A panic costs what the task had to do, and no other thread waits for this one then.
    fn follow_safely(&mut self, task: Task<S>) {
        let (pack, entry) = (task.pack, task.entry);
        if catch_unwind(AssertUnwindSafe(|| self.follow(task))).is_err() {
            self.buffers = Buffers::default();
            self.large = None;
            let numbers = self.forests[pack].below(entry);
            self.unread.extend(numbers.map(|index| self.catalogue.number(pack, index)));
        }
    }

    /// Reads an entry, and those that are made of it, one of another, as far as there is one way only. What else there is to
    /// do is added to what the thread has to do.
    fn follow(&mut self, task: Task<S>) {
        let Task { pack, mut entry, kind, base } = task;
        // Of the object that the entry is made of: either shared with others, or at hand.
        let mut shared = base;
        let mut at_hand: Option<(u32, Vec<u8>, S)> = None;
        loop {
            let mut object = std::mem::take(&mut self.buffers.object);
            let dropped = shared.as_ref().filter(|kept| kept.bytes.is_none());
            let anew = dropped.and_then(|kept| self.anew(pack, kept.number));
            let base = match (&shared, &at_hand) {
                (Some(kept), _) => Some((kept.number, kept.bytes.as_ref().or(anew.as_ref()), &kept.state)),
                (None, Some((number, bytes, state))) => Some((*number, Some(bytes), state)),
                (None, None) => None,
            };
            let state = match base {
                None => self.meet(pack, entry, kind, None, &mut object),
                Some((number, bytes, state)) => {
                    bytes.and_then(|bytes| self.meet(pack, entry, kind, Some((number, bytes, state)), &mut object))
                }
            };
            shared = None;
            if let Some((_, bytes, _)) = at_hand.take() {
                self.buffers.leaf = bytes;
            }
            let Some(state) = state else {
                // What is made of it cannot be read this way either.
                let numbers = self.forests[pack].below(entry);
                self.unread.extend(numbers.map(|index| self.catalogue.number(pack, index)));
                self.buffers.object = object;
                break;
            };
            let number = self.catalogue.number(pack, self.forests[pack].index(entry));
            let mut others = self.leaves(pack, entry, kind, (number, &object, &state));
            let Some(heaviest) = others.pop() else {
                self.buffers.object = object;
                break;
            };
            if others.is_empty() {
                at_hand = Some((number, object, state));
                entry = heaviest;
                // The one that this one is made of is not needed any more.
                self.buffers.object = std::mem::take(&mut self.buffers.leaf);
                continue;
            }
            let kept = Arc::new(self.keep(number, state, object));
            others.push(heaviest);
            // The lightest is done first, so that few objects are kept at a time.
            let tasks = others.into_iter().rev();
            self.own.extend(tasks.map(|entry| Task { pack, entry, kind, base: Some(Arc::clone(&kept)) }));
            break;
        }
        self.rest();
    }

    /// Reads the entries that are made of one and that nothing is made of. Returns the others, the heaviest last.
    fn leaves(&mut self, pack: usize, entry: u32, kind: Kind, base: (u32, &[u8], &S)) -> Vec<u32> {
        let forest = &self.forests[pack];
        let mut others = Vec::new();
        let mut leaf = std::mem::take(&mut self.buffers.leaf);
        for child in forest.children(entry) {
            if forest.weight(child) > 1 {
                others.push(child);
            } else if self.meet(pack, child, kind, Some(base), &mut leaf).is_none() {
                self.unread.push(self.catalogue.number(pack, forest.index(child)));
            }
        }
        self.buffers.leaf = leaf;
        others.sort_by_key(|&child| (forest.weight(child), child));
        others
    }

    /// Puts an object together and hands it on. Nothing where it cannot be read.
    fn meet(
        &mut self,
        pack: usize,
        entry: u32,
        kind: Kind,
        base: Option<(u32, &[u8], &S)>,
        object: &mut Vec<u8>,
    ) -> Option<S> {
        let index = self.forests[pack].index(entry);
        let met = catch_unwind(AssertUnwindSafe(|| {
            self.put_together(pack, entry, base.map(|(_, bytes, _)| bytes), object).ok()?;
            let base = base.map(|(number, bytes, state)| Base { number, bytes, state, copied: &self.buffers.copied });
            let number = self.catalogue.number(pack, index);
            Some((self.visit)(&mut self.worker, Met { number, kind, bytes: object, base }))
        }));
        met.unwrap_or(None)
    }

    fn put_together(
        &mut self,
        pack: usize,
        entry: u32,
        base: Option<&[u8]>,
        object: &mut Vec<u8>,
    ) -> Result<(), NoObject> {
        let data = &self.catalogue.objects.packs()[pack].pack;
        let damaged = || NoObject::Damaged("damaged".to_owned());
        let entry = data.entry(self.forests[pack].offset(entry)).map_err(|_| damaged())?;
        let deflated = data.entry_slice(entry.data_offset..data.pack_end() as u64).ok_or_else(damaged)?;
        let size = entry.decompressed_size;
        if size > MAX_OBJECT {
            return Err(NoObject::too_large(size));
        }
        self.ask(size as usize + base.map_or(0, <[u8]>::len));
        let size = size as usize;
        let Some(base) = base else {
            // What was there is overwritten, so that only what is more has to be made.
            object.resize(size, 0);
            return self.buffers.inflate.whole(deflated, object);
        };
        if self.buffers.stored.len() < size {
            self.buffers.stored.resize(size, 0);
        }
        self.buffers.inflate.whole(deflated, &mut self.buffers.stored[..size])?;
        if let Some(size) = delta::size_of_result(&self.buffers.stored[..size]) {
            self.ask(size as usize + base.len());
        }
        delta::apply(&self.buffers.stored[..size], base, MAX_OBJECT, object, &mut self.buffers.copied)
    }

    /// Waits for the right to have so many bytes at hand, where they are many.
    fn ask(&mut self, bytes: usize) {
        if bytes > LARGE && self.large.is_none() {
            self.large = Some(self.catalogue.objects.large());
        }
    }

    /// Keeps an object for those that are made of it, if there is room.
    fn keep(&self, number: u32, state: S, bytes: Vec<u8>) -> Kept<S> {
        let length = bytes.len();
        let held = self.held.fetch_add(length, Ordering::Relaxed);
        let fits = held + length <= KEPT;
        if !fits {
            self.held.fetch_sub(length, Ordering::Relaxed);
        }
        Kept { number, state, bytes: fits.then_some(bytes), held: Arc::clone(self.held) }
    }

    /// Puts an object together that was not kept.
    fn anew(&mut self, pack: usize, number: u32) -> Option<Vec<u8>> {
        let mut bytes = Vec::new();
        let index = self.catalogue.index_in_pack(pack, number);
        let (mut cache, mut inflate) = (gix_pack::cache::Never, gix_zlib::Inflate::default());
        let pack = &self.catalogue.objects.packs()[pack];
        pack.get_object_by_index(index, &mut bytes, &mut inflate, &mut cache).ok()?;
        self.ask(bytes.len());
        Some(bytes)
    }

    /// Gives back what large objects took.
    fn rest(&mut self) {
        for buffer in [&mut self.buffers.stored, &mut self.buffers.object, &mut self.buffers.leaf] {
            if buffer.capacity() > IDLE {
                *buffer = Vec::new();
            }
        }
        self.large = None;
    }
}
