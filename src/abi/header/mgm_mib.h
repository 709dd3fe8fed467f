/** The size of a MIB_IPMCAST_MFE without outgoing interfaces. */
#ifndef SIZEOF_BASIC_MIB_MFE
#define SIZEOF_BASIC_MIB_MFE ((ULONG)offsetof(MIB_IPMCAST_MFE, rgmioOutInfo))
#endif
/** The size of a MIB_IPMCAST_MFE with x outgoing interfaces. */
#ifndef SIZEOF_MIB_MFE
#define SIZEOF_MIB_MFE(x) ((ULONG)(SIZEOF_BASIC_MIB_MFE + (x) * sizeof(MIB_IPMCAST_OIF)))
#endif

/** The size of a MIB_IPMCAST_MFE_STATS without outgoing interfaces. */
#ifndef SIZEOF_BASIC_MIB_MFE_STATS
#define SIZEOF_BASIC_MIB_MFE_STATS ((ULONG)offsetof(MIB_IPMCAST_MFE_STATS, rgmiosOutStats))
#endif
/** The size of a MIB_IPMCAST_MFE_STATS with x outgoing interfaces. */
#ifndef SIZEOF_MIB_MFE_STATS
#define SIZEOF_MIB_MFE_STATS(x) \
    ((ULONG)(SIZEOF_BASIC_MIB_MFE_STATS + (x) * sizeof(MIB_IPMCAST_OIF_STATS)))
#endif

/** The size of a MIB_IPMCAST_MFE_STATS_EX without outgoing interfaces. */
#ifndef SIZEOF_BASIC_MIB_MFE_STATS_EX
#define SIZEOF_BASIC_MIB_MFE_STATS_EX \
    ((ULONG)offsetof(MIB_IPMCAST_MFE_STATS_EX, rgmiosOutStats))
#endif
/** The size of a MIB_IPMCAST_MFE_STATS_EX with x outgoing interfaces. */
#ifndef SIZEOF_MIB_MFE_STATS_EX
#define SIZEOF_MIB_MFE_STATS_EX(x) \
    ((ULONG)(SIZEOF_BASIC_MIB_MFE_STATS_EX + (x) * sizeof(MIB_IPMCAST_OIF_STATS)))
#endif
