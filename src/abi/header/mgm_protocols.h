/* Protocols of routes and routing protocols: dwRouteProtocol, and the last part of a PROTOCOL_ID. */
#ifndef PROTO_IP_OTHER
#define PROTO_IP_OTHER 1 /**< None of the others. */
#endif
#ifndef PROTO_IP_LOCAL
#define PROTO_IP_LOCAL 2 /**< Made by the host itself. */
#endif
#ifndef PROTO_IP_NETMGMT
#define PROTO_IP_NETMGMT 3 /**< Static: made by network management. */
#endif
#ifndef PROTO_IP_RIP
#define PROTO_IP_RIP 8 /**< RIP. */
#endif
#ifndef PROTO_IP_IS_IS
#define PROTO_IP_IS_IS 9 /**< IS-IS. */
#endif
#ifndef PROTO_IP_OSPF
#define PROTO_IP_OSPF 13 /**< OSPF. */
#endif
#ifndef PROTO_IP_BGP
#define PROTO_IP_BGP 14 /**< BGP. */
#endif
#ifndef PROTO_IP_MSDP
#define PROTO_IP_MSDP 9 /**< MSDP, with PROTO_TYPE_MCAST. */
#endif
#ifndef PROTO_IP_IGMP
#define PROTO_IP_IGMP 10 /**< IGMP, with PROTO_TYPE_MCAST. */
#endif
#ifndef PROTO_IP_BGMP
#define PROTO_IP_BGMP 11 /**< BGMP, with PROTO_TYPE_MCAST. */
#endif
#ifndef PROTO_IP_NT_STATIC
#define PROTO_IP_NT_STATIC 10006 /**< Static, by Windows. */
#endif
#ifndef PROTO_IP_MGM
#define PROTO_IP_MGM 10009 /**< The manager itself, with PROTO_TYPE_MS0. */
#endif

/* The kind of a protocol: the first part of a PROTOCOL_ID. */
#ifndef PROTO_TYPE_UCAST
#define PROTO_TYPE_UCAST 0 /**< A unicast protocol. */
#endif
#ifndef PROTO_TYPE_MCAST
#define PROTO_TYPE_MCAST 1 /**< A multicast protocol. */
#endif
#ifndef PROTO_TYPE_MS0
#define PROTO_TYPE_MS0 2 /**< A part of Windows. */
#endif
#ifndef PROTO_TYPE_MS1
#define PROTO_TYPE_MS1 3 /**< A part of Windows. */
#endif

/* Who made a protocol: the second part of a PROTOCOL_ID. */
#ifndef PROTO_VENDOR_MS0
#define PROTO_VENDOR_MS0 0x0000 /**< Microsoft, unicast. */
#endif
#ifndef PROTO_VENDOR_MS1
#define PROTO_VENDOR_MS1 0x137 /**< Microsoft. */
#endif
#ifndef PROTO_VENDOR_MS2
#define PROTO_VENDOR_MS2 0x3FFF /**< Microsoft. */
#endif

/** A protocol id made of its three parts. */
#ifndef PROTOCOL_ID
#define PROTOCOL_ID(type, vendor, id) \
    ((((type) & 0x03u) << 30) | (((vendor) & 0x3FFFu) << 16) | ((id) & 0xFFFFu))
#endif

/* The parts of a protocol id. */
#ifndef TYPE_FROM_PROTO_ID
#define TYPE_FROM_PROTO_ID(x) (((x) >> 30) & 0x03) /**< The first part: PROTO_TYPE_. */
#endif
#ifndef VENDOR_FROM_PROTO_ID
#define VENDOR_FROM_PROTO_ID(x) (((x) >> 16) & 0x3FFF) /**< The second part: PROTO_VENDOR_. */
#endif
#ifndef PROTO_FROM_PROTO_ID
#define PROTO_FROM_PROTO_ID(x) ((x) & 0xFFFF) /**< The last part: PROTO_IP_. */
#endif

/* Protocol ids of multicast protocols. */
#ifndef MS_IP_IGMP
#define MS_IP_IGMP PROTOCOL_ID(PROTO_TYPE_MCAST, PROTO_VENDOR_MS1, PROTO_IP_IGMP) /**< IGMP. */
#endif
#ifndef MS_IP_BGMP
#define MS_IP_BGMP PROTOCOL_ID(PROTO_TYPE_MCAST, PROTO_VENDOR_MS1, PROTO_IP_BGMP) /**< BGMP. */
#endif
#ifndef MS_IP_MSDP
#define MS_IP_MSDP PROTOCOL_ID(PROTO_TYPE_MCAST, PROTO_VENDOR_MS1, PROTO_IP_MSDP) /**< MSDP. */
#endif
#ifndef MS_IP_MGM
#define MS_IP_MGM PROTOCOL_ID(PROTO_TYPE_MS0, PROTO_VENDOR_MS1, PROTO_IP_MGM) /**< The manager itself. */
#endif

#endif /* not _WIN32 */

#ifdef __cplusplus
extern "C" {
#endif
