//! A static multicast routing protocol: forwards GROUP from one interface to another until
//! its standard input ends. `client UPSTREAM-INDEX DOWNSTREAM-INDEX GROUP`, with
//! MGM_FORWARDER=linux in the kernel.
use mgm::{CreationAlert, Entry, Protocol, Registration, RpfQuery, State};
use std::{env, error::Error, io, net::Ipv4Addr};

struct Static;

impl Protocol for Static {
    fn rpf(&self, query: &mut RpfQuery<'_>) {
        println!("rpf {} {} in {}", query.source, query.group, query.iif.index);
    }

    fn creation(&self, alert: &mut CreationAlert<'_>) {
        let out: Vec<u32> = alert.outgoing().map(|oif| oif.interface.index).collect();
        println!("creation {} {} out {out:?}", alert.source, alert.group);
    }
}

fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = env::args().skip(1);
    let mut next = || arguments.next().ok_or("usage: client UPSTREAM-INDEX DOWNSTREAM-INDEX GROUP");
    let (upstream, downstream): (u32, u32) = (next()?.parse()?, next()?.parse()?);
    let group: Ipv4Addr = next()?.parse()?;

    let protocol = Registration::new(Static, mgm::protocol_id(100), 1)?;
    let _upstream = protocol.take(upstream)?;
    let downstream = protocol.take(downstream)?;
    downstream.join(Entry::any_source(group), State::Join)?;
    println!("ready");
    io::copy(&mut io::stdin(), &mut io::sink())?;
    Ok(())
}
