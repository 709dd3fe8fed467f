//! What one more join costs in a full manager, against the same in an empty one.
//!
//! Through the C interface, memory forwarder, one routing protocol and no alert
//! receiver. Each round measures both in turn and takes their ratio; the median of the
//! rounds, with the least and the greatest, is what is printed. `cargo bench --bench joins`.

use rtm::abi::{
    protocol::{
        MgmAddGroupMembershipEntry, MgmDeRegisterMProtocol, MgmDeleteGroupMembershipEntry, MgmRegisterMProtocol,
        MgmReleaseInterfaceOwnership, MgmTakeInterfaceOwnership,
    },
    types::ROUTING_PROTOCOL_CONFIG,
};
use std::{hint::black_box, ptr::null_mut, time::Instant};

const ROUNDS: usize = 15;
const FULL: u32 = 1_000_000;
/// Joins in one measurement: enough for the clock, few beside what is in place.
const SAMPLE: u32 = 1_000;
const JOIN: u32 = 1;

struct Manager {
    handle: *mut std::ffi::c_void,
}

impl Manager {
    fn start() -> Self {
        let mut config = ROUTING_PROTOCOL_CONFIG {
            dwCallbackFlags: 0,
            pfnRpfCallback: None,
            pfnCreationAlertCallback: None,
            pfnPruneAlertCallback: None,
            pfnJoinAlertCallback: None,
            pfnWrongIfCallback: None,
            pfnLocalJoinCallback: None,
            pfnLocalLeaveCallback: None,
            pfnDisableIgmpCallback: None,
            pfnEnableIgmpCallback: None,
        };
        let mut handle = null_mut();
        // SAFETY: both pointers are to live locals.
        let result = unsafe { MgmRegisterMProtocol(&mut config, 100, 1, &mut handle) };
        assert_eq!(result, 0);
        // SAFETY: a handle is a number to the library.
        assert_eq!(unsafe { MgmTakeInterfaceOwnership(handle, 1, 0) }, 0);
        Self { handle }
    }

    fn join(&self, number: u32) {
        let group = (0xE100_0000 + number).to_be();
        // SAFETY: as above.
        let result = unsafe { MgmAddGroupMembershipEntry(self.handle, 0, 0, group, 0, 1, 0, JOIN) };
        assert_eq!(black_box(result), 0);
    }

    fn leave(&self, number: u32) {
        let group = (0xE100_0000 + number).to_be();
        // SAFETY: as above.
        let result = unsafe { MgmDeleteGroupMembershipEntry(self.handle, 0, 0, group, 0, 1, 0, JOIN) };
        assert_eq!(black_box(result), 0);
    }

    fn stop(self) {
        // SAFETY: as above.
        unsafe {
            assert_eq!(MgmReleaseInterfaceOwnership(self.handle, 1, 0), 0);
            assert_eq!(MgmDeRegisterMProtocol(self.handle), 0);
        }
    }
}

/// Nanoseconds for each of the joins that come after `present` others.
fn measure(present: u32) -> f64 {
    let manager = Manager::start();
    (0..present).for_each(|number| manager.join(number));
    // The first ones warm the code up and are taken back.
    (0..SAMPLE).for_each(|number| manager.join(FULL + number));
    (0..SAMPLE).for_each(|number| manager.leave(FULL + number));
    let start = Instant::now();
    (0..SAMPLE).for_each(|number| manager.join(FULL + SAMPLE + number));
    let time = start.elapsed();
    manager.stop();
    time.as_nanos() as f64 / f64::from(SAMPLE)
}

fn summary(name: &str, mut values: Vec<f64>) {
    values.sort_by(f64::total_cmp);
    let (median, least, most) = (values[values.len() / 2], values[0], values[values.len() - 1]);
    println!("{name:<44} {median:>9.2}   ({least:.2} to {most:.2})");
}

fn main() {
    // SAFETY: no other thread runs yet.
    unsafe { std::env::set_var("MGM_FORWARDER", "memory") };
    let (mut empty, mut full, mut ratio) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..ROUNDS {
        let (a, b) = (measure(0), measure(FULL));
        empty.push(a);
        full.push(b);
        ratio.push(b / a);
    }
    println!("{ROUNDS} rounds, {SAMPLE} joins each: median (least to most)");
    summary("join in an empty manager, ns", empty);
    summary("join next to 1,000,000 memberships, ns", full);
    summary("ratio", ratio);
}
