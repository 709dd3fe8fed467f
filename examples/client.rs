//! A program with two clients of the manager on the memory forwarder, which needs no
//! privileges: `cargo run --example client`. In the kernel instead: `ForwarderKind::Linux`.

use rtm::{
    alerts::{Client, CreationAlert, OutOfMemory, RpfQuery},
    engine::{Engine, Options},
    forwarder::{InterfaceKey, Route},
    manager::{Entry, Error, Flags, mask_of},
};
use std::net::Ipv4Addr;

/// One engine in a process; it lives as long as the process.
static ENGINE: Engine<Protocol> = Engine::new();

/// A multicast routing protocol that says what it is told.
#[derive(Clone, Copy)]
struct Protocol(&'static str);

impl Client for Protocol {
    fn rpf(&self, query: &mut RpfQuery<'_>) {
        println!("{}: packets of {} come in on {}", self.0, Ipv4Addr::from(query.source), query.iif.if_index);
    }

    fn creation(&self, alert: &mut CreationAlert<'_>) -> Result<(), OutOfMemory> {
        let interfaces: Vec<u32> = alert.oifs().iter().map(|oif| oif.interface.if_index).collect();
        println!("{}: {} goes out of {interfaces:?}", self.0, Ipv4Addr::from(alert.group));
        Ok(())
    }

    fn join(&self, entry: &Entry, _membership: bool) {
        println!("{}: somebody wants {}", self.0, Ipv4Addr::from(entry.group()));
    }
}

/// The IPv4 header of an empty packet, with its checksum.
fn packet(source: Ipv4Addr, group: Ipv4Addr) -> [u8; 20] {
    let mut header = [0x45, 0, 0, 20, 0, 0, 0, 0, 8, 17, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0];
    header[12..16].copy_from_slice(&source.octets());
    header[16..].copy_from_slice(&group.octets());
    let sum: u32 = header.chunks(2).map(|word| u32::from(word[0]) << 8 | u32::from(word[1])).sum();
    let checksum = !((sum % 0xFFFF) as u16);
    header[10..12].copy_from_slice(&checksum.to_be_bytes());
    header
}

fn main() -> Result<(), Error> {
    let (source, group) = (Ipv4Addr::new(10, 0, 0, 1), Ipv4Addr::new(239, 1, 1, 1));
    let [wan, lan] = [1, 2].map(|if_index| InterfaceKey { if_index, next_hop: 0 });

    ENGINE.start(Some(Options::default()))?;
    ENGINE.add_route(Route { if_index: 1, gateway: 0, network: 0x0A00_0000, prefix_len: 24, protocol: 3 })?;
    let upstream = ENGINE.register(Protocol("upstream"), 100, 1)?;
    let downstream = ENGINE.register(Protocol("downstream"), 101, 1)?;
    ENGINE.take(upstream, wan)?;
    ENGINE.take(downstream, lan)?;
    ENGINE.add(downstream, Entry::new(0, mask_of(0), group.into(), mask_of(32))?, lan, Flags::JOIN)?;

    for _ in 0..3 {
        ENGINE.receive(wan, &packet(source, group))?;
    }
    ENGINE.mfe_statistics(source.into(), group.into(), |mfe, counted| {
        let out: Vec<_> = mfe.oifs().map(|oif| (oif.if_index, counted.oif(oif).packets)).collect();
        println!("{} packets in on {}, out (interface, packets): {out:?}", counted.entry().packets, mfe.iif().if_index);
        assert_eq!(out, [(2, 3)]);
    })?;

    ENGINE.release(downstream, lan)?;
    ENGINE.release(upstream, wan)?;
    ENGINE.deregister(downstream)?;
    ENGINE.deregister(upstream)?;
    ENGINE.stop()
}

#[test]
fn it_runs() {
    main().expect("every step works");
}
