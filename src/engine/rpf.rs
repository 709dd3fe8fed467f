//! A unicast table of its own as the multicast view: its changes are read here, so that
//! look-ups and re-evaluations go by the same state of it.

use super::{call::Call, ports::Backend};
use crate::{alerts::Client, forwarder::linux::Linux};

impl<C: Client> Call<C> {
    /// Reads what changed in the table, and looks the sources there up again.
    pub(super) fn rpf_table_changed(&mut self) {
        if let Some(Err(error)) = self.with_rpf_table(Linux::refresh_routes) {
            self.ports.failed(format_args!("the routing table of the multicast view could not be read"), &error);
            self.worker.routes_pending = true;
        }
        while let Some(Some((network, prefix_len))) = self.with_rpf_table(Linux::take_route_change) {
            self.routes_changed(network, prefix_len);
        }
    }

    fn with_rpf_table<R>(&mut self, f: impl FnOnce(&mut Linux) -> R) -> Option<R> {
        match &mut self.ports.backend {
            Backend::Linux(linux) => Some(f(linux)),
            Backend::Memory(_) | Backend::Own(_) => None,
        }
    }
}
