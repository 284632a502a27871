//! The allocator of every program.

use tikv_jemallocator::Jemalloc;

/// Gives back to the system, by a thread of its own and within seconds, what a first listing or a burst of work needed.
/// glibc keeps it: freed pieces lie scattered among those that stay.
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;
