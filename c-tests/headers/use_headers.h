/* Uses what a program uses of mgm.h, as C and as C++: no warning may come of it. */
#ifndef MGM_TESTS_USE_HEADERS_H
#define MGM_TESTS_USE_HEADERS_H

static DWORD MGM_CALL on_join(DWORD source, DWORD source_mask, DWORD group, DWORD group_mask,
                              BOOL member) {
    (void)source_mask;
    (void)group_mask;
    return member != FALSE ? source : group;
}

static DWORD sizes(DWORD n) {
    return SIZEOF_BASIC_MIB_MFE + SIZEOF_MIB_MFE(n) + SIZEOF_MIB_MFE(n + 1) +
           SIZEOF_BASIC_MIB_MFE_STATS + SIZEOF_MIB_MFE_STATS(n) + SIZEOF_MIB_MFE_STATS(n + 1) +
           SIZEOF_BASIC_MIB_MFE_STATS_EX + SIZEOF_MIB_MFE_STATS_EX(n) +
           SIZEOF_MIB_MFE_STATS_EX(n + 1);
}

#if PROTOCOL_ID(PROTO_TYPE_MCAST, PROTO_VENDOR_MS1, PROTO_IP_IGMP) != 0x4137000A
#error PROTOCOL_ID
#endif
#if MGM_FORWARD_STATE != MGM_FORWARD_STATE_FLAG
#error MGM_FORWARD_STATE
#endif

static int protocol(DWORD id) {
    switch (id) {
    case MS_IP_IGMP:
    case PROTO_IP_IGMP:
        return 1;
    case PROTOCOL_ID(PROTO_TYPE_MS1, PROTO_VENDOR_MS2, PROTO_IP_MGM):
    case MS_IP_BGMP:
    case MS_IP_MSDP:
    case MS_IP_MGM:
        return 2;
    default:
        return TYPE_FROM_PROTO_ID(id) == PROTO_TYPE_MCAST &&
               VENDOR_FROM_PROTO_ID(id) == PROTO_VENDOR_MS0 &&
               PROTO_FROM_PROTO_ID(id) == PROTO_IP_NT_STATIC;
    }
}

DWORD use_mgm(DWORD n);
DWORD use_mgm(DWORD n) {
    ROUTING_PROTOCOL_CONFIG config = {0, NULL, NULL, NULL, on_join, NULL, NULL, NULL, NULL, NULL};
    union {
        MIB_IPMCAST_MFE mfe;
        BYTE bytes[SIZEOF_MIB_MFE(4)];
    } room;
    MGM_ENUM_TYPES type = ALL_SOURCES;
    HANDLE handle = NULL, groups = NULL;
    DWORD size = sizeof room, error;
    error = MgmRegisterMProtocol(&config, MS_IP_IGMP, n, &handle);
    if (error != NO_ERROR)
        return error;
    error = MgmGroupEnumerationStart(handle, type, &groups);
    if (error == NO_ERROR)
        error = MgmGroupEnumerationEnd(groups);
    if (error == NO_ERROR)
        error = MgmGetFirstMfe(&size, room.bytes, &n);
    if (error == ERROR_INSUFFICIENT_BUFFER || protocol(n) == 1)
        return sizes(n);
    return MgmDeRegisterMProtocol(handle);
}

#endif
