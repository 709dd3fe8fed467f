/** Protocols of routes and routing protocols: dwRouteProtocol, and the last part of a PROTOCOL_ID. */
#ifndef PROTO_IP_OTHER
#define PROTO_IP_OTHER 1
#endif
#ifndef PROTO_IP_LOCAL
#define PROTO_IP_LOCAL 2
#endif
#ifndef PROTO_IP_NETMGMT
#define PROTO_IP_NETMGMT 3
#endif
#ifndef PROTO_IP_RIP
#define PROTO_IP_RIP 8
#endif
#ifndef PROTO_IP_IS_IS
#define PROTO_IP_IS_IS 9
#endif
#ifndef PROTO_IP_OSPF
#define PROTO_IP_OSPF 13
#endif
#ifndef PROTO_IP_BGP
#define PROTO_IP_BGP 14
#endif
#ifndef PROTO_IP_MSDP
#define PROTO_IP_MSDP 9
#endif
#ifndef PROTO_IP_IGMP
#define PROTO_IP_IGMP 10
#endif
#ifndef PROTO_IP_BGMP
#define PROTO_IP_BGMP 11
#endif
#ifndef PROTO_IP_NT_STATIC
#define PROTO_IP_NT_STATIC 10006
#endif
#ifndef PROTO_IP_MGM
#define PROTO_IP_MGM 10009
#endif

/** The kind of a protocol: the first part of a PROTOCOL_ID. */
#ifndef PROTO_TYPE_UCAST
#define PROTO_TYPE_UCAST 0
#endif
#ifndef PROTO_TYPE_MCAST
#define PROTO_TYPE_MCAST 1
#endif
#ifndef PROTO_TYPE_MS0
#define PROTO_TYPE_MS0 2
#endif
#ifndef PROTO_TYPE_MS1
#define PROTO_TYPE_MS1 3
#endif

/** Who made a protocol: the second part of a PROTOCOL_ID. */
#ifndef PROTO_VENDOR_MS0
#define PROTO_VENDOR_MS0 0x0000
#endif
#ifndef PROTO_VENDOR_MS1
#define PROTO_VENDOR_MS1 0x137
#endif
#ifndef PROTO_VENDOR_MS2
#define PROTO_VENDOR_MS2 0x3FFF
#endif

/** A protocol id made of its three parts. */
#ifndef PROTOCOL_ID
#define PROTOCOL_ID(type, vendor, id) \
    ((((type) & 0x03u) << 30) | (((vendor) & 0x3FFFu) << 16) | ((id) & 0xFFFFu))
#endif

/** The parts of a protocol id. */
#ifndef TYPE_FROM_PROTO_ID
#define TYPE_FROM_PROTO_ID(x) (((x) >> 30) & 0x03)
#endif
#ifndef VENDOR_FROM_PROTO_ID
#define VENDOR_FROM_PROTO_ID(x) (((x) >> 16) & 0x3FFF)
#endif
#ifndef PROTO_FROM_PROTO_ID
#define PROTO_FROM_PROTO_ID(x) ((x) & 0xFFFF)
#endif

/** Protocol ids of multicast protocols. */
#ifndef MS_IP_IGMP
#define MS_IP_IGMP PROTOCOL_ID(PROTO_TYPE_MCAST, PROTO_VENDOR_MS1, PROTO_IP_IGMP)
#endif
#ifndef MS_IP_BGMP
#define MS_IP_BGMP PROTOCOL_ID(PROTO_TYPE_MCAST, PROTO_VENDOR_MS1, PROTO_IP_BGMP)
#endif
#ifndef MS_IP_MSDP
#define MS_IP_MSDP PROTOCOL_ID(PROTO_TYPE_MCAST, PROTO_VENDOR_MS1, PROTO_IP_MSDP)
#endif
#ifndef MS_IP_MGM
#define MS_IP_MGM PROTOCOL_ID(PROTO_TYPE_MS0, PROTO_VENDOR_MS1, PROTO_IP_MGM)
#endif

#endif /* not _WIN32 */

#ifdef __cplusplus
extern "C" {
#endif
