/*
 * <iphlpapi.h> for multicast routing protocols that are ported to Linux: the addresses of the host, and the way to others.
 *
 * Facts from Microsoft's public reference and mingw-w64's public-domain headers. On Windows
 * this is the system's own header.
 */
#ifndef MGM_COMPAT_IPHLPAPI_H
#define MGM_COMPAT_IPHLPAPI_H

#ifdef _WIN32
#pragma GCC system_header
#include_next <iphlpapi.h>
#else

#include "iprtrmib.h"

#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

typedef ULONG IPAddr;
typedef ULONG IPMask;

/* The host's IPv4 addresses with their interfaces; with bOrder ascending by address, as
   numbers in host byte order. NO_ERROR; ERROR_INSUFFICIENT_BUFFER with the size that is
   needed; ERROR_NO_DATA: there is none; ERROR_INVALID_PARAMETER; ERROR_NOT_ENOUGH_MEMORY. */
static inline DWORD GetIpAddrTable(PMIB_IPADDRTABLE pIpAddrTable, PULONG pdwSize, BOOL bOrder) {
    struct ifaddrs *all, *one;
    DWORD count = 0, result = NO_ERROR;
    ULONG size;
    if (pdwSize == NULL)
        return ERROR_INVALID_PARAMETER;
    if (getifaddrs(&all) != 0)
        return ERROR_NOT_ENOUGH_MEMORY;
    for (one = all; one != NULL; one = one->ifa_next)
        if (one->ifa_addr != NULL && one->ifa_addr->sa_family == AF_INET)
            count++;
    size = (ULONG)(offsetof(MIB_IPADDRTABLE, table) + count * sizeof(MIB_IPADDRROW));
    if (count == 0) {
        result = ERROR_NO_DATA;
    } else if (pIpAddrTable == NULL || *pdwSize < size) {
        *pdwSize = size;
        result = ERROR_INSUFFICIENT_BUFFER;
    } else {
        PMIB_IPADDRROW rows = pIpAddrTable->table;
        count = 0;
        for (one = all; one != NULL; one = one->ifa_next) {
            struct sockaddr_in address, mask;
            MIB_IPADDRROW row;
            DWORD at = count;
            if (one->ifa_addr == NULL || one->ifa_addr->sa_family != AF_INET)
                continue;
            memcpy(&address, one->ifa_addr, sizeof address);
            memset(&mask, 0, sizeof mask);
            if (one->ifa_netmask != NULL)
                memcpy(&mask, one->ifa_netmask, sizeof mask);
            memset(&row, 0, sizeof row);
            row.dwAddr = address.sin_addr.s_addr;
            row.dwMask = mask.sin_addr.s_addr;
            row.dwIndex = if_nametoindex(one->ifa_name);
            row.dwBCastAddr = 1; /* the last bits are ones */
            row.dwReasmSize = 65535;
            row.wType = MIB_IPADDR_PRIMARY;
            while (bOrder && at > 0 && ntohl(rows[at - 1].dwAddr) > ntohl(row.dwAddr)) {
                rows[at] = rows[at - 1];
                at--;
            }
            rows[at] = row;
            count++;
        }
        pIpAddrTable->dwNumEntries = count;
    }
    freeifaddrs(all);
    return result;
}

/* The interface towards an address, by the kernel's rules. NO_ERROR;
   ERROR_NETWORK_UNREACHABLE: there is no route; ERROR_INVALID_PARAMETER;
   ERROR_CAN_NOT_COMPLETE. */
static inline DWORD GetBestInterface(IPAddr dwDestAddr, PDWORD pdwBestIfIndex) {
    struct {
        struct nlmsghdr header;
        struct rtmsg route;
        struct rtattr attribute;
        IPAddr destination;
    } question;
    union {
        struct nlmsghdr header;
        char bytes[4096];
    } answer;
    DWORD result = ERROR_CAN_NOT_COMPLETE;
    long length = -1;
    int netlink;
    if (pdwBestIfIndex == NULL)
        return ERROR_INVALID_PARAMETER;
    netlink = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE);
    if (netlink < 0)
        return result;
    memset(&question, 0, sizeof question);
    question.header.nlmsg_len = sizeof question;
    question.header.nlmsg_type = RTM_GETROUTE;
    question.header.nlmsg_flags = NLM_F_REQUEST;
    question.route.rtm_family = AF_INET;
    question.route.rtm_dst_len = 32;
    question.attribute.rta_type = RTA_DST;
    question.attribute.rta_len = RTA_LENGTH(sizeof question.destination);
    question.destination = dwDestAddr;
    if (send(netlink, &question, sizeof question, 0) == (long)sizeof question)
        length = (long)recv(netlink, &answer, sizeof answer, 0);
    close(netlink);
    if (length < (long)NLMSG_LENGTH(sizeof(struct rtmsg)))
        return result;
    if (answer.header.nlmsg_type == NLMSG_ERROR)
        return ERROR_NETWORK_UNREACHABLE;
    for (long at = (long)NLMSG_LENGTH(sizeof(struct rtmsg)); at + (long)sizeof(struct rtattr) <= length;) {
        struct rtattr attribute;
        memcpy(&attribute, answer.bytes + at, sizeof attribute);
        if (attribute.rta_len < RTA_LENGTH(0) || at + attribute.rta_len > length)
            break;
        if (attribute.rta_type == RTA_OIF && attribute.rta_len >= RTA_LENGTH(sizeof(DWORD))) {
            memcpy(pdwBestIfIndex, answer.bytes + at + RTA_LENGTH(0), sizeof *pdwBestIfIndex);
            result = NO_ERROR;
        }
        at += (long)RTA_ALIGN(attribute.rta_len);
    }
    return result;
}

#endif /* not _WIN32 */

#endif
