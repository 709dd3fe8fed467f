/* The recorder itself: callbacks called by hand, without the manager. */
#include "host.h"

#include <string.h>

TEST(events_are_written_as_documented) {
    ROUTING_PROTOCOL_CONFIG f = client_callbacks(&c[0], CB_ALL);
    DWORD in = 1, hop = ip("10.9.9.9"), up = 0, timeout = 900, short_timeout = 5;
    BYTE header[20] = {0x45};
    RTM_DEST_INFO info;
    MGM_IF_ENTRY oifs[2] = {{2, 0, 0, 1}, {3, 0, 1, 0}};
    const DWORD all = 0xFFFFFFFF, s = ip("10.0.0.1"), g = ip("239.1.1.1");
    memset(&info, 0, sizeof info);
    f.pfnRpfCallback(s, all, g, all, &in, &hop, &up, 20, header, (PBYTE)&info);
    f.pfnRpfCallback(s, all, g, all, &in, &up, &up, 0, NULL, NULL);
    f.pfnCreationAlertCallback(s, all, g, all, 1, 0, 2, oifs);
    f.pfnPruneAlertCallback(0, 0, g, all, 2, 0, 1, &timeout);
    f.pfnPruneAlertCallback(s, all, g, all, 2, hop, 0, &short_timeout);
    f.pfnJoinAlertCallback(0, 0, g, ip_mask(24), 1);
    f.pfnJoinAlertCallback(0, 0, g, ip("255.0.255.0"), 0);
    f.pfnWrongIfCallback(s, g, 4, 0, 20, header);
    f.pfnLocalJoinCallback(0, 0, g, all, 2, 0);
    f.pfnLocalLeaveCallback(0, 0, 0, 0, 2, 0);
    f.pfnDisableIgmpCallback(2, 0);
    f.pfnEnableIgmpCallback(2, hop);
    expect(&c[0], "RPF 10.0.0.1 239.1.1.1 if=1,10.9.9.9 up=0 hdr=20 route=yes",
           "RPF 10.0.0.1 239.1.1.1 if=1,0 up=0 hdr=0 route=no",
           "CREATE 10.0.0.1 239.1.1.1 in=1,0 out=[2,0 3,0:igmp:disabled]",
           "PRUNE 0/0 239.1.1.1/32 if=2,0 member",
           "PRUNE 10.0.0.1/32 239.1.1.1/32 if=2,10.9.9.9 forward timeout=5",
           "JOIN 0/0 239.1.1.1/24 member", "JOIN 0/0 239.1.1.1/0xff00ff00 forward",
           "WRONGIF 10.0.0.1 239.1.1.1 if=4,0 hdr=20", "LOCALJOIN 0/0 239.1.1.1/32 if=2,0",
           "LOCALLEAVE 0/0 0/0 if=2,0", "DISABLE 2,0", "ENABLE 2,10.9.9.9");
    expect_nothing_at_all();
    CHECK_EQ(event_total(&c[0], CB_RPF), 2);
    CHECK_EQ(event_total(&c[0], CB_ENABLE), 1);
}

TEST(behaviours_are_applied) {
    ROUTING_PROTOCOL_CONFIG f = client_callbacks(&c[3], CB_ALL);
    DWORD in = 1, hop = 0, up = 0, timeout = 900;
    MGM_IF_ENTRY oifs[2] = {{2, 0, 0, 1}, {3, 0, 1, 1}};
    client_answer_rpf(&c[3], 7, "10.7.7.7", "10.7.7.8");
    client_veto(&c[3], 3, NULL);
    c[3].prune_answers = true;
    c[3].prune_timeout = 0;
    f.pfnRpfCallback(1, 1, 1, 1, &in, &hop, &up, 0, NULL, NULL);
    CHECK_EQ(in, 7);
    CHECK_TEXT(ip_text(hop), "10.7.7.7");
    CHECK_TEXT(ip_text(up), "10.7.7.8");
    f.pfnCreationAlertCallback(1, 1, 1, 1, 1, 0, 2, oifs);
    CHECK_EQ(oifs[0].bIsEnabled, 1);
    CHECK_EQ(oifs[1].bIsEnabled, 0);
    f.pfnPruneAlertCallback(1, 1, 1, 1, 1, 0, 0, &timeout);
    CHECK_EQ(timeout, 0);
}

TEST(clients_are_told_apart_and_ordered) {
    for (int i = CLIENTS - 1; i >= 0; i--)
        client_callbacks(&c[i], CB_ALL).pfnDisableIgmpCallback((DWORD)i, 0);
    expect_all("c7 DISABLE 7,0", "c6 DISABLE 6,0", "c5 DISABLE 5,0", "c4 DISABLE 4,0",
               "c3 DISABLE 3,0", "c2 DISABLE 2,0", "c1 DISABLE 1,0", "c0 DISABLE 0,0");
    for (DWORD i = 3; i > 0; i--)
        client_callbacks(&c[0], CB_ALL).pfnEnableIgmpCallback(i, 0);
    expect_any_order(&c[0], "ENABLE 1,0", "ENABLE 2,0", "ENABLE 3,0");
}

TEST(packets_are_valid) {
    BYTE bytes[101];
    unsigned sum = 0;
    packet_build(bytes, "10.0.0.1", "239.1.1.1", sizeof bytes);
    for (int i = 0; i < 20; i += 2)
        sum += (unsigned)bytes[i] << 8 | bytes[i + 1];
    CHECK_EQ((sum & 0xFFFF) + (sum >> 16), 0xFFFF);
    CHECK_EQ(bytes[3], 101);
    sum = 17 + 81;
    for (unsigned i = 12; i < sizeof bytes; i++)
        sum += i % 2 == 0 ? (unsigned)bytes[i] << 8 : bytes[i];
    while (sum >> 16 != 0)
        sum = (sum & 0xFFFF) + (sum >> 16);
    CHECK_EQ(sum, 0xFFFF);
}
