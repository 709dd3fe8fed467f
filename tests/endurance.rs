//! A full manager under random requests keeps no memory: when all is removed, as much is in
//! use as before. At length, 1,000,000 MFEs and 10,000,000 operations; whether it grows
//! slower meanwhile is benches/endurance.rs's to say.

#[path = "../benches/common/client.rs"]
mod client;
#[path = "../benches/common/counting.rs"]
mod counting;
#[path = "../benches/common/endurance.rs"]
mod endurance;

#[test]
fn memory_goes_back_after_random_requests() {
    let long = std::env::var_os("MGM_TEST_LONG").is_some();
    let (flows, operations) = if long { (1_000_000, 10_000_000) } else { (20_000, 100_000) };
    let outcome = endurance::run(flows, operations);
    assert!(outcome.entries > flows as usize / 2, "{} entries were left", outcome.entries);
    assert!(outcome.times.iter().all(|&time| time > 0.0));
    // Small tables stay for the next ones to come.
    assert!(outcome.left <= 64 * 1024, "{} bytes were left", outcome.left);
}
