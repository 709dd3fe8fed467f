//! The only place that knows Linux: multicast routing sockets, upcalls and
//! route netlink. Kernel structures never leave this module; addresses are `u32`
//! in host byte order outside of it.
//!
//! ```text
//!  forwarder::linux ──► mroute (VIFs, entries, counters) ──► kernel table
//!        │  ├─────────► vifs (which slot is which interface)
//!        │  ├─────────► routes ──► netlink (RTM_GETROUTE)
//!        │  ├─────────► rpf_table ──► netlink (one table, dump and notifications)
//!        │  ├─────────► table (entries and VIFs as they are) ──► netlink
//!        │  ├─────────► adopt (the socket that another process hands over)
//!        │  └─────────► holder (who has the table, from /proc)
//!        ▼ waker
//!     events ◄── reader ◄── upcall ◄── mroute socket (a dup)
//!            ◄── monitor, links ◄── netlink notifications (routes, interfaces)
//!            ◄── table_monitor ◄── netlink notifications (entries)
//!            ◄── rpf_table (its socket is readable)
//!            ◄── wake (eventfd)
//!
//!  engine ──► diagnosis (what the kernel says of why traffic does not flow)
//! ```

pub(crate) mod adopt;
pub(crate) mod diagnosis;
pub(crate) mod events;
pub(crate) mod holder;
pub(crate) mod links;
pub(crate) mod monitor;
pub(crate) mod mroute;
pub(crate) mod netlink;
pub(crate) mod procfs;
pub(crate) mod reader;
pub(crate) mod routes;
pub(crate) mod rpf_table;
pub(crate) mod sys;
pub(crate) mod table;
pub(crate) mod table_monitor;
pub(crate) mod uapi;
pub(crate) mod upcall;
pub(crate) mod vifs;
pub(crate) mod wake;
pub(crate) mod whole;
