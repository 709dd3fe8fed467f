"""A static multicast routing protocol: forwards GROUP from one interface to another until its
standard input ends. static_protocol.py UPSTREAM-INDEX DOWNSTREAM-INDEX GROUP, with
MGM_FORWARDER=linux in the kernel."""

import sys

import mgm


class Static(mgm.Protocol):
    def rpf(self, query: mgm.RpfQuery) -> None:
        print(f"rpf {query.source} {query.group} in {query.iif.index}", flush=True)

    def creation(self, alert: mgm.CreationAlert) -> None:
        out = [each.interface.index for each in alert.outgoing]
        print(f"creation {alert.source} {alert.group} out {out}", flush=True)


def main() -> None:
    upstream, downstream, group = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
    with mgm.Registration(Static(), mgm.protocol_id(100), 1) as protocol:
        protocol.take(upstream)
        protocol.take(downstream).join(mgm.Entry.any_source(group))
        print("ready", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main()
