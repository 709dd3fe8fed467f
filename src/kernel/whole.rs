//! Whether a table reports packets on a wrong interface whole, which the kernel tells
//! through route netlink alone. MRT_PIM takes a value it does not know for another.

use super::netlink::{Attributes, NetlinkSocket, Received, Request, read_u32};
use super::sys::{SysError, SysResult};
use super::uapi;

/// Length of `struct ifinfomsg`.
const LINK_HEADER: usize = 16;

/// Asks for the state of a table, in this thread's network namespace. False where the
/// kernel does not say.
pub(crate) fn reports_whole(table: u32) -> SysResult<bool> {
    let doing = "reading the multicast routing table's state";
    let mut netlink = NetlinkSocket::open()?;
    // Nothing but the family.
    let mut header = [0; LINK_HEADER];
    header[0] = uapi::RTNL_FAMILY_IPMR;
    netlink.send(Request::new(libc::RTM_GETLINK, libc::NLM_F_DUMP, 0, &header).finish())?;
    let mut whole = false;
    loop {
        let messages = match netlink.receive()? {
            Received::Messages(messages) => messages,
            // Each read makes the kernel put the next part there: it cannot be late.
            Received::Truncated | Received::Nothing => return Err(SysError { errno: libc::EIO, doing }),
        };
        for message in messages {
            match i32::from(message.kind) {
                libc::NLMSG_DONE => return Ok(whole),
                // A kernel that knows no such question.
                libc::NLMSG_ERROR => return Ok(false),
                _ => whole |= parse(message.payload, table).unwrap_or(false),
            }
        }
    }
}

/// What a message says of this table, if it is about it.
fn parse(payload: &[u8], table: u32) -> Option<bool> {
    let (_, inside) = Attributes::behind(payload, LINK_HEADER).find(|&(kind, _)| kind == libc::IFLA_AF_SPEC)?;
    let value = |wanted| Attributes::behind(inside, 0).find(|&(kind, _)| kind == wanted).map(|(_, value)| value);
    let id = read_u32(value(uapi::IPMRA_TABLE_ID)?, 0)?;
    (id == table).then(|| value(uapi::IPMRA_TABLE_MROUTE_DO_WRVIFWHOLE).is_some_and(|value| value.first() == Some(&1)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kernel::netlink::ATTRIBUTE_HEADER;

    fn attribute(kind: u16, value: &[u8]) -> Vec<u8> {
        let mut bytes = Vec::new();
        bytes.extend(((ATTRIBUTE_HEADER + value.len()) as u16).to_ne_bytes());
        bytes.extend(kind.to_ne_bytes());
        bytes.extend(value);
        bytes.resize(bytes.len().next_multiple_of(4), 0);
        bytes
    }

    fn state(id: u32, whole: &[u8]) -> Vec<u8> {
        let inside = [
            attribute(uapi::IPMRA_TABLE_ID, &id.to_ne_bytes()),
            attribute(uapi::IPMRA_TABLE_MROUTE_DO_WRVIFWHOLE, whole),
        ];
        let mut bytes = vec![uapi::RTNL_FAMILY_IPMR];
        bytes.resize(LINK_HEADER, 0);
        bytes.extend(attribute(libc::IFLA_AF_SPEC, &inside.concat()));
        bytes
    }

    #[test]
    fn the_right_table_is_read() {
        assert_eq!(parse(&state(253, &[1]), 253), Some(true));
        assert_eq!(parse(&state(253, &[0]), 253), Some(false));
        assert_eq!(parse(&state(253, &[]), 253), Some(false));
        assert_eq!(parse(&state(100, &[1]), 253), None);
        let bytes = state(253, &[1]);
        for length in 0..bytes.len() {
            assert_ne!(parse(&bytes[..length], 100), Some(true));
        }
    }
}
