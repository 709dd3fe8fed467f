//! Whether a full manager grows slower, or keeps memory, under random requests: 1,000,000
//! MFEs, 10,000,000 operations. `cargo bench --bench endurance`.

#[path = "common/client.rs"]
mod client;
mod common;
#[path = "common/counting.rs"]
mod counting;
#[path = "common/endurance.rs"]
mod endurance;

use common::{Pair, Spread, Target, print_row, sized};

fn main() {
    let (flows, operations) = sized((1_000_000, 10_000_000), (1_000, 10_000));
    let outcome = endurance::run(flows, operations);
    let tenth = endurance::PARTS / 10;
    let (first, last) = (&outcome.times[..tenth], &outcome.times[endurance::PARTS - tenth..]);
    let pair = Pair { ours: last.to_vec(), floor: first.to_vec() };
    let name = format!("{operations} operations with {} MFEs: the last tenth against the first", outcome.entries);
    pair.print_ratio(&name, Target::AtMost(1.1), "ns");
    let left = Spread::of([outcome.left as f64 / 1024.0]);
    print_row("memory in use after all is removed", "KiB", left, Target::AtMost(64.0), "-", "-");
}
