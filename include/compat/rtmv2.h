/*
 * <rtmv2.h> for multicast routing protocols that are ported to Linux: the routing table manager's types, which the RPF callback speaks in.
 * There is no routing table manager to call: its functions are not declared.
 *
 * Facts from Microsoft's public reference and mingw-w64's public-domain headers. On Windows
 * this is the system's own header.
 */
#ifndef MGM_COMPAT_RTMV2_H
#define MGM_COMPAT_RTMV2_H

#ifdef _WIN32
#pragma GCC system_header
#include_next <rtmv2.h>
#else

/* RTM_DEST_INFO, RTM_NET_ADDRESS, views and handles are the manager's own header's. */
#include "windows.h"

#define RTM_MAX_VIEWS 32
#define RTM_VIEW_MASK_SIZE 0x20
#define RTM_VIEW_MASK_NONE 0x00000000
#define RTM_VIEW_MASK_ANY 0x00000000
#define RTM_VIEW_MASK_ALL 0xFFFFFFFF

typedef RTM_VIEW_ID *PRTM_VIEW_ID;
typedef RTM_VIEW_SET *PRTM_VIEW_SET;
typedef RTM_ENTITY_HANDLE *PRTM_ENTITY_HANDLE;
typedef RTM_DEST_HANDLE *PRTM_DEST_HANDLE;
typedef RTM_ROUTE_HANDLE *PRTM_ROUTE_HANDLE;
typedef HANDLE RTM_NEXTHOP_HANDLE, *PRTM_NEXTHOP_HANDLE;
typedef HANDLE RTM_ENUM_HANDLE, *PRTM_ENUM_HANDLE;
typedef HANDLE RTM_ROUTE_LIST_HANDLE, *PRTM_ROUTE_LIST_HANDLE;
typedef HANDLE RTM_NOTIFY_HANDLE, *PRTM_NOTIFY_HANDLE;

typedef struct _RTM_PREF_INFO {
    ULONG Metric;
    ULONG Preference;
} RTM_PREF_INFO, *PRTM_PREF_INFO;

typedef struct _RTM_NEXTHOP_LIST {
    USHORT NumNextHops;
    RTM_NEXTHOP_HANDLE NextHops[1];
} RTM_NEXTHOP_LIST, *PRTM_NEXTHOP_LIST;

#define RTM_BASIC_DEST_INFO_SIZE FIELD_OFFSET(RTM_DEST_INFO, ViewInfo)
#define RTM_DEST_VIEW_INFO_SIZE (sizeof(RTM_DEST_INFO) - RTM_BASIC_DEST_INFO_SIZE)
#define RTM_SIZE_OF_DEST_INFO(views) (RTM_BASIC_DEST_INFO_SIZE + (views) * RTM_DEST_VIEW_INFO_SIZE)

#define RTM_DEST_FLAG_NATURAL_NET 0x01
#define RTM_DEST_FLAG_FWD_ENGIN_ADD 0x02
#define RTM_DEST_FLAG_DONT_FORWARD 0x04

typedef struct _RTM_ROUTE_INFO {
    RTM_DEST_HANDLE DestHandle;
    RTM_ENTITY_HANDLE RouteOwner;
    RTM_NEXTHOP_HANDLE Neighbour;
    UCHAR State;
    UCHAR Flags1;
    USHORT Flags;
    RTM_PREF_INFO PrefInfo;
    RTM_VIEW_SET BelongsToViews;
    PVOID EntitySpecificInfo;
    RTM_NEXTHOP_LIST NextHopsList;
} RTM_ROUTE_INFO, *PRTM_ROUTE_INFO;

typedef struct _RTM_NEXTHOP_INFO {
    RTM_NET_ADDRESS NextHopAddress;
    RTM_ENTITY_HANDLE NextHopOwner;
    ULONG InterfaceIndex;
    USHORT State;
    USHORT Flags;
    PVOID EntitySpecificInfo;
    RTM_DEST_HANDLE RemoteNextHop;
} RTM_NEXTHOP_INFO, *PRTM_NEXTHOP_INFO;

__extension__ typedef struct _RTM_ENTITY_ID {
    union {
        struct {
            ULONG EntityProtocolId;
            ULONG EntityInstanceId;
        };
        ULONGLONG EntityId;
    };
} RTM_ENTITY_ID, *PRTM_ENTITY_ID;

typedef struct _RTM_ENTITY_INFO {
    USHORT RtmInstanceId;
    USHORT AddressFamily;
    RTM_ENTITY_ID EntityId;
} RTM_ENTITY_INFO, *PRTM_ENTITY_INFO;

/* Prefix lengths and masks (network byte order), and addresses in an RTM_NET_ADDRESS. */
static inline DWORD MgmCompatSwap(DWORD value) {
    BYTE bytes[4];
    memcpy(bytes, &value, sizeof bytes);
    return (DWORD)bytes[0] << 24 | (DWORD)bytes[1] << 16 | (DWORD)bytes[2] << 8 | bytes[3];
}

static inline DWORD MgmCompatMask(unsigned length) {
    return length > 0 ? MgmCompatSwap(0xFFFFFFFFu << (32 - length)) : 0;
}

static inline USHORT MgmCompatLength(DWORD mask) {
    USHORT length = 0;
    for (mask = MgmCompatSwap(mask); (mask & 0x80000000u) != 0; mask <<= 1)
        length++;
    return length;
}

static inline void MgmCompatSetAddress(PRTM_NET_ADDRESS to, DWORD address, unsigned length) {
    to->AddressFamily = 2; /* AF_INET */
    to->NumBits = (USHORT)length;
    memset(to->AddrBits, 0, sizeof to->AddrBits);
    memcpy(to->AddrBits, &address, sizeof address);
}

static inline DWORD MgmCompatAddress(const RTM_NET_ADDRESS *from) {
    DWORD address;
    memcpy(&address, from->AddrBits, sizeof address);
    return address;
}

#define RTM_IPV4_LEN_FROM_MASK(length, mask) ((length) = MgmCompatLength(mask))
#define RTM_IPV4_MASK_FROM_LEN(length) MgmCompatMask(length)
#define RTM_IPV4_MAKE_NET_ADDRESS(to, address, length)                                           \
    RTM_IPV4_SET_ADDR_AND_LEN(to, address, length)
#define RTM_IPV4_SET_ADDR_AND_LEN(to, address, length) MgmCompatSetAddress(to, address, length)
#define RTM_IPV4_SET_ADDR_AND_MASK(to, address, mask)                                            \
    MgmCompatSetAddress(to, address, MgmCompatLength(mask))
#define RTM_IPV4_GET_ADDR_AND_LEN(address, length, from)                                         \
    ((length) = (from)->NumBits, (address) = MgmCompatAddress(from))
#define RTM_IPV4_GET_ADDR_AND_MASK(address, mask, from)                                          \
    ((address) = MgmCompatAddress(from), (mask) = MgmCompatMask((from)->NumBits))

#endif /* not _WIN32 */

#endif
