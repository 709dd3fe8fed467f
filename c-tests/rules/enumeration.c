/* Enumeration of MFEs, of their statistics, and of groups: rules.md section 8. */
#include "host.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* c0 has interface 1, where all sources are; c1 has 2, 3 and 4. */
static void world(void) {
    host_start_memory();
    route("10.0.0.0/8", 1, NULL, 3);
    REQUIRE_OK(client_register(&c[0], 100, 1, CB_ALL));
    REQUIRE_OK(client_register(&c[1], 101, 1, CB_ALL));
    REQUIRE_OK(if_take(&c[0], 1));
    REQUIRE_OK(if_take(&c[1], 2));
    REQUIRE_OK(if_take(&c[1], 3));
    REQUIRE_OK(if_take(&c[1], 4));
}

/* Three MFEs in the order of an enumeration: with 1, 3 and 0 outgoing interfaces, one
   packet of 100 bytes each. */
static const char *const three[3] = {"10.0.0.1 239.1.1.1 out=[2]", "10.0.0.1 239.1.1.2 out=[2 3 4]",
                                     "10.0.0.1 239.1.1.3 out=[]"};
static const unsigned three_oifs[3] = {1, 3, 0};

static void world_of_three(void) {
    world();
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.2", 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.2", 3, JOIN));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.2", 4, JOIN));
    packet(1, "10.0.0.1", "239.1.1.2", 100);
    packet(1, "10.0.0.1", "239.1.1.3", 100);
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    clear_all();
}

/* The three forms of an MFE: they differ in size, and in the functions that give them. */
enum form { PLAIN, STATS_0, STATS_1, FORMS };

static DWORD form_flags(enum form form) {
    return form == STATS_0 ? MGM_MFE_STATS_0 : MGM_MFE_STATS_1;
}

static DWORD form_size(enum form form, unsigned oifs) {
    switch (form) {
    case PLAIN: return SIZEOF_MIB_MFE(oifs);
    case STATS_0: return SIZEOF_MIB_MFE_STATS(oifs);
    default: return SIZEOF_MIB_MFE_STATS_EX(oifs);
    }
}

static MIB_IPMCAST_MFE mfe_key(const char *source, const char *group) {
    MIB_IPMCAST_MFE key;
    memset(&key, 0xAA, sizeof key); /* nothing else of it counts */
    key.dwSource = ip(source);
    key.dwGroup = ip(group);
    return key;
}

static DWORD get_one(enum form form, const char *source, const char *group, DWORD *size,
                     BYTE *buffer) {
    MIB_IPMCAST_MFE key = mfe_key(source, group);
    return form == PLAIN ? MgmGetMfe(&key, size, buffer)
                         : MgmGetMfeStats(&key, size, buffer, form_flags(form));
}

static DWORD get_first(enum form form, DWORD *size, BYTE *buffer, DWORD *count) {
    return form == PLAIN ? MgmGetFirstMfe(size, buffer, count)
                         : MgmGetFirstMfeStats(size, buffer, count, form_flags(form));
}

static DWORD get_next_key(enum form form, MIB_IPMCAST_MFE *key, DWORD *size, BYTE *buffer,
                          DWORD *count) {
    return form == PLAIN ? MgmGetNextMfe(key, size, buffer, count)
                         : MgmGetNextMfeStats(key, size, buffer, count, form_flags(form));
}

static DWORD get_next(enum form form, const char *source, const char *group, DWORD *size,
                      BYTE *buffer, DWORD *count) {
    MIB_IPMCAST_MFE key = mfe_key(source, group);
    return get_next_key(form, &key, size, buffer, count);
}

/* "S G out=[I I]" of the entry at `at`; its size. The bytes may be unaligned. */
static DWORD entry_text(enum form form, const BYTE *at, char text[256]) {
    DWORD source, group, oifs, used;
    size_t list, step;
    if (form == PLAIN) {
        MIB_IPMCAST_MFE m;
        memcpy(&m, at, SIZEOF_BASIC_MIB_MFE);
        source = m.dwSource, group = m.dwGroup, oifs = m.ulNumOutIf;
        list = SIZEOF_BASIC_MIB_MFE, step = sizeof(MIB_IPMCAST_OIF);
    } else {
        /* Up to ulQueueOverflow the two forms of the statistics are the same. */
        MIB_IPMCAST_MFE_STATS m;
        memcpy(&m, at, SIZEOF_BASIC_MIB_MFE_STATS);
        source = m.dwSource, group = m.dwGroup, oifs = m.ulNumOutIf;
        list = form == STATS_0 ? SIZEOF_BASIC_MIB_MFE_STATS : SIZEOF_BASIC_MIB_MFE_STATS_EX;
        step = sizeof(MIB_IPMCAST_OIF_STATS);
    }
    used = (DWORD)snprintf(text, 256, "%s %s out=[", ip_text(source), ip_text(group));
    for (DWORD i = 0; i < oifs && i < 20; i++) {
        DWORD if_index;
        memcpy(&if_index, at + list + i * step, sizeof if_index);
        used += (DWORD)snprintf(text + used, 256 - used, "%s%lu", i == 0 ? "" : " ",
                                (unsigned long)if_index);
    }
    snprintf(text + used, 256 - used, "]");
    return form_size(form, oifs);
}

/* Enumerates all with a buffer of `room` bytes; "S G out=[]" joined by "; ". */
static const char *enumerate(enum form form, DWORD room) {
    static char text[8192];
    static BYTE buffer[8192];
    char one[256];
    DWORD size = room, count = 0, error = get_first(form, &size, buffer, &count);
    size_t used = 0;
    text[0] = '\0';
    for (;;) {
        MIB_IPMCAST_MFE key;
        const BYTE *at = buffer;
        if (error != ERROR_MORE_DATA && error != ERROR_NO_MORE_ITEMS)
            return error_name(error);
        CHECK_EQ(size, room);
        for (DWORD i = 0; i < count; i++) {
            /* Of every form: the group first, then the source. */
            memcpy(&key, at, 8);
            at += entry_text(form, at, one);
            used += (size_t)snprintf(text + used, sizeof text - used, "%s%s", used ? "; " : "", one);
        }
        CHECK((size_t)(at - buffer) <= room);
        if (error == ERROR_NO_MORE_ITEMS)
            return text;
        REQUIRE(count > 0);
        count = 4711;
        error = get_next_key(form, &key, &size, buffer, &count);
    }
}

/* Order */

TEST(mfes_come_in_ascending_numeric_order_of_group_then_source) {
    static const char *const expected =
        "10.0.0.2 224.0.1.1 out=[]; 10.0.0.10 224.0.1.1 out=[]; 10.0.0.200 224.0.1.1 out=[]; "
        "10.0.1.1 224.0.1.1 out=[]; 10.2.0.1 224.0.1.1 out=[]; 10.0.0.1 225.0.0.0 out=[]; "
        "10.0.0.1 239.1.1.2 out=[]; 10.0.0.1 239.1.1.10 out=[]; 10.0.0.1 239.2.1.1 out=[]";
    world();
    packet(1, "10.0.0.1", "239.1.1.10", 100);
    packet(1, "10.0.1.1", "224.0.1.1", 100);
    packet(1, "10.0.0.200", "224.0.1.1", 100);
    packet(1, "10.0.0.1", "225.0.0.0", 100);
    packet(1, "10.0.0.2", "224.0.1.1", 100);
    packet(1, "10.2.0.1", "224.0.1.1", 100);
    packet(1, "10.0.0.1", "239.2.1.1", 100);
    packet(1, "10.0.0.10", "224.0.1.1", 100);
    packet(1, "10.0.0.1", "239.1.1.2", 100);
    for (enum form form = PLAIN; form < FORMS; form++) {
        CHECK_TEXT(enumerate(form, 4096), expected);
        CHECK_TEXT(enumerate(form, form_size(form, 0)), expected);
        CHECK_TEXT(enumerate(form, 2 * form_size(form, 0)), expected);
    }
}

/* Sizes */

C_TEST(sizes_are_those_of_the_header, "macros of mgm.h") {
    CHECK_EQ(SIZEOF_MIB_MFE(0), 60);
    CHECK_EQ(SIZEOF_MIB_MFE(3), 60 + 3 * 16);
    CHECK_EQ(SIZEOF_MIB_MFE_STATS(3), 64 + 3 * 28);
    CHECK_EQ(SIZEOF_MIB_MFE_STATS_EX(3), 84 + 3 * 28);
}

TEST(one_mfe_is_no_error_where_it_fits_exactly) {
    BYTE buffer[512];
    char text[256];
    world_of_three();
    for (enum form form = PLAIN; form < FORMS; form++)
        for (int i = 0; i < 3; i++) {
            char group[16];
            DWORD needed = form_size(form, three_oifs[i]), size = needed;
            snprintf(group, sizeof group, "239.1.1.%d", i + 1);
            memset(buffer, 0x5A, sizeof buffer);
            CHECK_OK(get_one(form, "10.0.0.1", group, &size, buffer));
            CHECK_EQ(size, needed);
            CHECK_EQ(entry_text(form, buffer, text), needed);
            CHECK_TEXT(text, three[i]);
            CHECK_EQ(buffer[needed], 0x5A);
            /* A larger buffer: the size is not written, nor what lies behind the entry. */
            size = sizeof buffer;
            CHECK_OK(get_one(form, "10.0.0.1", group, &size, buffer));
            CHECK_EQ(size, sizeof buffer);
            CHECK_EQ(buffer[needed], 0x5A);
        }
}

TEST(one_mfe_that_does_not_fit_gives_the_size_needed) {
    BYTE buffer[512];
    world_of_three();
    for (enum form form = PLAIN; form < FORMS; form++)
        for (int i = 0; i < 3; i++) {
            char group[16];
            DWORD needed = form_size(form, three_oifs[i]);
            snprintf(group, sizeof group, "239.1.1.%d", i + 1);
            for (DWORD given = 0; given < needed; given++) {
                DWORD size = given;
                CHECK_ERROR(get_one(form, "10.0.0.1", group, &size, buffer),
                            ERROR_INSUFFICIENT_BUFFER);
                CHECK_EQ(size, needed);
            }
        }
}

TEST(what_does_not_fit_is_not_written) {
    BYTE buffer[512], before[512];
    DWORD size, count;
    world_of_three();
    memset(buffer, 0x5A, sizeof buffer);
    memcpy(before, buffer, sizeof before);
    for (enum form form = PLAIN; form < FORMS; form++) {
        size = form_size(form, 1) - 1;
        CHECK_ERROR(get_one(form, "10.0.0.1", "239.1.1.1", &size, buffer + 8),
                    ERROR_INSUFFICIENT_BUFFER);
        size = form_size(form, 1) - 1;
        CHECK_ERROR(get_first(form, &size, buffer + 8, &count), ERROR_INSUFFICIENT_BUFFER);
        CHECK(memcmp(buffer, before, 8) == 0);
        CHECK(memcmp(buffer + 8 + form_size(form, 1) - 1, before, 32) == 0);
    }
}

TEST(a_size_query_has_no_buffer_and_size_0) {
    DWORD size, count;
    world_of_three();
    for (enum form form = PLAIN; form < FORMS; form++) {
        size = 0;
        CHECK_ERROR(get_one(form, "10.0.0.1", "239.1.1.2", &size, NULL),
                    ERROR_INSUFFICIENT_BUFFER);
        CHECK_EQ(size, form_size(form, 3));
        size = 0, count = 4711;
        CHECK_ERROR(get_first(form, &size, NULL, &count), ERROR_INSUFFICIENT_BUFFER);
        CHECK_EQ(size, form_size(form, 1));
        CHECK_EQ(count, 0);
        size = 0, count = 4711;
        CHECK_ERROR(get_next(form, "10.0.0.1", "239.1.1.1", &size, NULL, &count),
                    ERROR_INSUFFICIENT_BUFFER);
        CHECK_EQ(size, form_size(form, 3));
        CHECK_EQ(count, 0);
        /* There is no such entry, or none follows: no size to tell. */
        size = 0;
        CHECK_ERROR(get_one(form, "10.0.0.9", "239.1.1.2", &size, NULL), ERROR_NOT_FOUND);
        CHECK_EQ(size, 0);
        size = 0, count = 4711;
        CHECK_ERROR(get_next(form, "10.0.0.1", "239.1.1.3", &size, NULL, &count),
                    ERROR_NO_MORE_ITEMS);
        CHECK_EQ(size, 0);
        CHECK_EQ(count, 0);
    }
}

C_TEST(no_buffer_with_another_size_is_refused, "a slice is never NULL") {
    DWORD size, count;
    HANDLE enumeration;
    world();
    REQUIRE_OK(MgmGroupEnumerationStart(c[0].handle, ALL_SOURCES, &enumeration));
    for (int pass = 0; pass < 2; pass++) {
        for (enum form form = PLAIN; form < FORMS; form++) {
            size = 1000;
            CHECK_ERROR(get_one(form, "10.0.0.1", "239.1.1.2", &size, NULL),
                        ERROR_INVALID_PARAMETER);
            CHECK_ERROR(get_first(form, &size, NULL, &count), ERROR_INVALID_PARAMETER);
            CHECK_ERROR(get_next(form, "10.0.0.1", "239.1.1.1", &size, NULL, &count),
                        ERROR_INVALID_PARAMETER);
            CHECK_EQ(size, 1000);
            size = 1;
            CHECK_ERROR(get_first(form, &size, NULL, &count), ERROR_INVALID_PARAMETER);
            CHECK_EQ(size, 1);
        }
        size = 16;
        CHECK_ERROR(MgmGroupEnumerationGetNext(enumeration, &size, NULL, &count),
                    ERROR_INVALID_PARAMETER);
        CHECK_EQ(size, 16);
        /* First without anything there, then with. */
        CHECK_OK(member_add(&c[1], "0", "239.1.1.2", 2, JOIN));
        packet(1, "10.0.0.1", "239.1.1.2", 100);
    }
}

TEST(a_mfe_that_is_not_there_is_not_found_whatever_the_buffer) {
    BYTE buffer[8];
    DWORD size;
    world_of_three();
    for (enum form form = PLAIN; form < FORMS; form++) {
        size = sizeof buffer;
        CHECK_ERROR(get_one(form, "10.0.0.2", "239.1.1.1", &size, buffer), ERROR_NOT_FOUND);
        CHECK_EQ(size, sizeof buffer);
        CHECK_ERROR(get_one(form, "10.0.0.1", "239.1.1.4", &size, buffer), ERROR_NOT_FOUND);
        CHECK_ERROR(get_one(form, "0", "239.1.1.1", &size, buffer), ERROR_NOT_FOUND);
        CHECK_ERROR(get_one(form, "0", "0", &size, buffer), ERROR_NOT_FOUND);
        CHECK_EQ(size, sizeof buffer);
    }
}

/* First and Next */

TEST(as_many_whole_entries_as_fit_are_given) {
    BYTE buffer[1024];
    char text[256];
    world_of_three();
    for (enum form form = PLAIN; form < FORMS; form++) {
        DWORD sums[4] = {0};
        for (int i = 0; i < 3; i++)
            sums[i + 1] = sums[i] + form_size(form, three_oifs[i]);
        for (DWORD given = sums[1]; given <= sums[3] + 8; given++) {
            DWORD size = given, count = 4711, fit = 0, used = 0;
            DWORD error;
            memset(buffer, 0x5A, sizeof buffer);
            error = get_first(form, &size, buffer, &count);
            while (fit < 3 && sums[fit + 1] <= given)
                fit++;
            CHECK_ERROR(error, fit < 3 ? ERROR_MORE_DATA : ERROR_NO_MORE_ITEMS);
            REQUIRE(count == fit);
            CHECK_EQ(size, given);
            for (DWORD i = 0; i < count; i++) {
                used += entry_text(form, buffer + used, text);
                CHECK_TEXT(text, three[i]);
            }
            CHECK_EQ(used, sums[fit]);
            for (DWORD i = given; i < given + 64; i++)
                if (buffer[i] != 0x5A) {
                    CHECK_EQ(i, sizeof buffer); /* written beyond the buffer */
                    break;
                }
        }
    }
}

TEST(next_gives_as_many_as_fit_too) {
    BYTE buffer[1024];
    char text[256];
    world_of_three();
    for (enum form form = PLAIN; form < FORMS; form++) {
        DWORD second = form_size(form, 3), both = second + form_size(form, 0), size, count;
        size = second - 1, count = 4711;
        CHECK_ERROR(get_next(form, "10.0.0.1", "239.1.1.1", &size, buffer, &count),
                    ERROR_INSUFFICIENT_BUFFER);
        CHECK_EQ(count, 0);
        CHECK_EQ(size, second);
        size = both - 1, count = 4711;
        CHECK_ERROR(get_next(form, "10.0.0.1", "239.1.1.1", &size, buffer, &count),
                    ERROR_MORE_DATA);
        CHECK_EQ(count, 1);
        CHECK_EQ(size, both - 1);
        entry_text(form, buffer, text);
        CHECK_TEXT(text, three[1]);
        size = both, count = 4711;
        CHECK_ERROR(get_next(form, "10.0.0.1", "239.1.1.1", &size, buffer, &count),
                    ERROR_NO_MORE_ITEMS);
        CHECK_EQ(count, 2);
        CHECK_EQ(size, both);
        entry_text(form, buffer + second, text);
        CHECK_TEXT(text, three[2]);
    }
}

TEST(first_without_entries_has_no_more_items) {
    BYTE buffer[64];
    world();
    for (enum form form = PLAIN; form < FORMS; form++) {
        DWORD size = sizeof buffer, count = 4711;
        CHECK_ERROR(get_first(form, &size, buffer, &count), ERROR_NO_MORE_ITEMS);
        CHECK_EQ(count, 0);
        CHECK_EQ(size, sizeof buffer);
        size = 0, count = 4711;
        CHECK_ERROR(get_first(form, &size, NULL, &count), ERROR_NO_MORE_ITEMS);
        CHECK_EQ(count, 0);
        CHECK_EQ(size, 0);
        size = sizeof buffer, count = 4711;
        CHECK_ERROR(get_next(form, "0", "0", &size, buffer, &count), ERROR_NO_MORE_ITEMS);
        CHECK_EQ(count, 0);
        CHECK_EQ(size, sizeof buffer);
    }
}

TEST(a_buffer_too_small_for_any_gives_the_size_needed_and_no_entry) {
    BYTE buffer[512];
    world_of_three();
    for (enum form form = PLAIN; form < FORMS; form++)
        for (DWORD given = 0; given < form_size(form, 1); given++) {
            DWORD size = given, count = 4711;
            CHECK_ERROR(get_first(form, &size, buffer, &count), ERROR_INSUFFICIENT_BUFFER);
            CHECK_EQ(count, 0);
            CHECK_EQ(size, form_size(form, 1));
            /* That size is enough. */
            CHECK_ERROR(get_first(form, &size, buffer, &count), ERROR_MORE_DATA);
            CHECK_EQ(count, 1);
        }
}

TEST(next_goes_on_after_the_key) {
    BYTE buffer[512];
    char text[256];
    world();
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    packet(1, "10.0.0.3", "239.1.1.1", 100);
    packet(1, "10.0.0.2", "239.1.1.2", 100);
    for (enum form form = PLAIN; form < FORMS; form++) {
        static const struct {
            const char *source, *group, *next;
        } cases[] = {
            {"10.0.0.1", "239.1.1.1", "10.0.0.3 239.1.1.1 out=[]"},
            {"10.0.0.3", "239.1.1.1", "10.0.0.2 239.1.1.2 out=[]"},
            {"10.0.0.2", "239.1.1.2", NULL},
            /* Keys that were never there: before, between and behind. */
            {"0", "0", "10.0.0.1 239.1.1.1 out=[]"},
            {"255.255.255.255", "239.1.1.0", "10.0.0.1 239.1.1.1 out=[]"},
            {"0", "239.1.1.1", "10.0.0.1 239.1.1.1 out=[]"},
            {"10.0.0.0", "239.1.1.1", "10.0.0.1 239.1.1.1 out=[]"},
            {"10.0.0.2", "239.1.1.1", "10.0.0.3 239.1.1.1 out=[]"},
            {"10.0.0.4", "239.1.1.1", "10.0.0.2 239.1.1.2 out=[]"},
            {"3.0.0.10", "239.1.1.1", "10.0.0.1 239.1.1.1 out=[]"},
            {"9.255.255.255", "239.1.1.2", "10.0.0.2 239.1.1.2 out=[]"},
            {"10.0.0.3", "239.1.1.2", NULL},
            {"0", "239.1.1.3", NULL},
            {"255.255.255.255", "255.255.255.255", NULL},
        };
        for (unsigned i = 0; i < sizeof cases / sizeof cases[0]; i++) {
            DWORD size = form_size(form, 0), count = 4711;
            DWORD error = get_next(form, cases[i].source, cases[i].group, &size, buffer, &count);
            if (cases[i].next == NULL) {
                CHECK_ERROR(error, ERROR_NO_MORE_ITEMS);
                CHECK_EQ(count, 0);
            } else {
                CHECK_EQ(count, 1);
                entry_text(form, buffer, text);
                CHECK_TEXT(text, cases[i].next);
                CHECK_ERROR(error, strstr(text, "239.1.1.2") != NULL ? ERROR_NO_MORE_ITEMS
                                                                     : ERROR_MORE_DATA);
            }
            CHECK_EQ(size, form_size(form, 0));
        }
    }
}

TEST(next_works_from_a_key_that_is_gone_meanwhile) {
    BYTE buffer[512];
    char text[256];
    world();
    CHECK_OK(if_take(&c[0], 9));
    route("11.0.0.0/8", 9, NULL, 3);
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    packet(9, "11.0.0.1", "239.1.1.1", 100);
    packet(1, "10.0.0.1", "239.1.1.2", 100);
    for (enum form form = PLAIN; form < FORMS; form++) {
        DWORD size = form_size(form, 0), count = 4711;
        CHECK_ERROR(get_next(form, "10.0.0.1", "239.1.1.1", &size, buffer, &count),
                    ERROR_MORE_DATA);
        entry_text(form, buffer, text);
        CHECK_TEXT(text, "11.0.0.1 239.1.1.1 out=[]");
        CHECK_OK(if_release(&c[0], 9));
        CHECK_TEXT(mfe("11.0.0.1", "239.1.1.1"), "none");
        size = form_size(form, 0), count = 4711;
        CHECK_ERROR(get_next(form, "11.0.0.1", "239.1.1.1", &size, buffer, &count),
                    ERROR_NO_MORE_ITEMS);
        CHECK_EQ(count, 1);
        entry_text(form, buffer, text);
        CHECK_TEXT(text, "10.0.0.1 239.1.1.2 out=[]");
        CHECK_OK(if_take(&c[0], 9));
        packet(9, "11.0.0.1", "239.1.1.1", 100);
    }
}

TEST(any_buffer_size_enumerates_all) {
    world_of_three();
    for (enum form form = PLAIN; form < FORMS; form++)
        for (DWORD room = form_size(form, 3); room < 600; room++)
            CHECK_TEXT(enumerate(form, room), "10.0.0.1 239.1.1.1 out=[2]; "
                                              "10.0.0.1 239.1.1.2 out=[2 3 4]; "
                                              "10.0.0.1 239.1.1.3 out=[]");
}

C_TEST(buffers_need_no_alignment, "a slice is aligned") {
    BYTE aligned[600], buffer[608];
    HANDLE enumeration;
    world_of_three();
    for (int shift = 1; shift < 8; shift++) {
        DWORD size, count;
        for (enum form form = PLAIN; form < FORMS; form++) {
            DWORD expected_count = 0, used = 0;
            char text[256];
            size = sizeof aligned;
            CHECK_ERROR(get_first(form, &size, aligned, &expected_count), ERROR_NO_MORE_ITEMS);
            size = sizeof aligned, count = 0;
            memset(buffer, 0x5A, sizeof buffer);
            CHECK_ERROR(get_first(form, &size, buffer + shift, &count), ERROR_NO_MORE_ITEMS);
            CHECK_EQ(count, expected_count);
            for (DWORD i = 0; i < expected_count; i++)
                used += entry_text(form, aligned + used, text);
            CHECK(memcmp(aligned, buffer + shift, used) == 0);
            CHECK_EQ(buffer[shift - 1], 0x5A);
            CHECK_EQ(buffer[shift + used], 0x5A);
            size = sizeof aligned;
            CHECK_OK(get_one(form, "10.0.0.1", "239.1.1.1", &size, buffer + shift));
            CHECK(memcmp(aligned, buffer + shift, form_size(form, 1)) == 0);
            size = sizeof aligned;
            CHECK_ERROR(get_next(form, "0", "0", &size, buffer + shift, &count),
                        ERROR_NO_MORE_ITEMS);
            CHECK(memcmp(aligned, buffer + shift, used) == 0);
        }
        REQUIRE_OK(MgmGroupEnumerationStart(c[0].handle, ALL_SOURCES, &enumeration));
        size = 33, count = 0;
        CHECK_ERROR(MgmGroupEnumerationGetNext(enumeration, &size, buffer + shift, &count),
                    ERROR_NO_MORE_ITEMS);
        CHECK_EQ(count, 2);
        CHECK_EQ(size, 33);
        CHECK_OK(MgmGroupEnumerationEnd(enumeration));
        {
            SOURCE_GROUP_ENTRY entries[2];
            memcpy(entries, buffer + shift, sizeof entries);
            CHECK_EQ(entries[0].dwSourceAddr, 0);
            CHECK_EQ(entries[1].dwGroupMask, 0xFFFFFFFF);
            CHECK(entries[0].dwGroupAddr != entries[1].dwGroupAddr);
        }
    }
}

TEST(a_thousand_mfes_come_each_once_in_order) {
    static BYTE buffer[60 * 7];
    DWORD size = sizeof buffer, count = 0, error, total = 0;
    DWORD last_group = 0, last_source = 0;
    world();
    for (unsigned i = 0; i < 1000; i++) {
        char source[16], group[16];
        unsigned shuffled = i * 379 % 1000;
        snprintf(source, sizeof source, "10.0.%u.%u", shuffled % 3, shuffled / 4 + 1);
        snprintf(group, sizeof group, "239.%u.1.%u", shuffled % 4, shuffled / 16);
        packet(1, source, group, 28);
    }
    error = MgmGetFirstMfe(&size, buffer, &count);
    for (;;) {
        MIB_IPMCAST_MFE m;
        for (DWORD i = 0; i < count; i++) {
            memset(&m, 0, sizeof m);
            memcpy(&m, buffer + i * SIZEOF_MIB_MFE(0), SIZEOF_MIB_MFE(0));
            CHECK(to_host(m.dwGroup) > last_group ||
                  (to_host(m.dwGroup) == last_group && to_host(m.dwSource) > last_source));
            last_group = to_host(m.dwGroup);
            last_source = to_host(m.dwSource);
        }
        total += count;
        if (error != ERROR_MORE_DATA)
            break;
        REQUIRE(count == 7);
        error = MgmGetNextMfe(&m, &size, buffer, &count);
    }
    CHECK_ERROR(error, ERROR_NO_MORE_ITEMS);
    CHECK_EQ(total, counters().dwEntries);
    CHECK_EQ(total, 1000);
}

/* Fields and statistics */

TEST(an_mfe_has_its_times_in_seconds) {
    struct mfe_room room;
    world_of_three();
    advance_ms(5999);
    REQUIRE(mfe_get("10.0.0.1", "239.1.1.2", &room));
    CHECK_EQ(room.mfe.ulUpTime, 5);
    CHECK_EQ(room.mfe.ulTimeOut, 900);
    /* What is left of 900 s: 894 and a millisecond. */
    CHECK(room.mfe.ulExpiryTime == 894 || room.mfe.ulExpiryTime == 895);
    advance_ms(1);
    REQUIRE(mfe_get("10.0.0.1", "239.1.1.2", &room));
    CHECK_EQ(room.mfe.ulUpTime, 6);
    CHECK_EQ(room.mfe.ulExpiryTime, 894);
}

static DWORD get_stats(DWORD flags, MIB_IPMCAST_MFE_STATS_EX *stats, DWORD size) {
    MIB_IPMCAST_MFE key = mfe_key("10.0.0.1", "239.1.1.2");
    memset(stats, 0x5A, size);
    return MgmGetMfeStats(&key, &size, (PBYTE)stats, flags);
}

/* Room for the extended form with three outgoing interfaces. */
union stats_room {
    MIB_IPMCAST_MFE_STATS_EX ex;
    MIB_IPMCAST_MFE_STATS plain;
    BYTE bytes[84 + 3 * 28];
};

TEST(statistics_have_their_times_in_hundredths_of_a_second) {
    union stats_room room;
    world_of_three();
    advance_ms(5678);
    for (DWORD flags = MGM_MFE_STATS_0; flags <= MGM_MFE_STATS_1; flags++) {
        CHECK_OK(get_stats(flags, &room.ex, sizeof room));
        CHECK_EQ(room.ex.ulUpTime, 567);
        CHECK(room.ex.ulExpiryTime == 90000 - 568 || room.ex.ulExpiryTime == 90000 - 567);
    }
    advance_ms(2);
    CHECK_OK(get_stats(MGM_MFE_STATS_0, &room.ex, sizeof room));
    CHECK_EQ(room.ex.ulUpTime, 568);
    CHECK_EQ(room.ex.ulExpiryTime, 90000 - 568);
}

TEST(stats_0_gives_the_plain_form) {
    union stats_room room;
    world_of_three();
    packets(1, "10.0.0.1", "239.1.1.2", 200, 4);
    CHECK_OK(get_stats(MGM_MFE_STATS_0, &room.ex, sizeof room));
    CHECK_TEXT(ip_text(room.plain.dwGroup), "239.1.1.2");
    CHECK_TEXT(ip_text(room.plain.dwSource), "10.0.0.1");
    CHECK_EQ(room.plain.dwSrcMask, 0xFFFFFFFF);
    CHECK_EQ(room.plain.dwUpStrmNgbr, 0);
    CHECK_EQ(room.plain.dwInIfIndex, 1);
    CHECK_EQ(room.plain.dwInIfProtocol, 100);
    CHECK_EQ(room.plain.dwRouteProtocol, 3);
    CHECK_TEXT(ip_mask_text(room.plain.dwRouteNetwork, room.plain.dwRouteMask), "10.0.0.0/8");
    CHECK_EQ(room.plain.ulNumOutIf, 3);
    CHECK_EQ(room.plain.ulInPkts, 5);
    CHECK_EQ(room.plain.ulInOctets, 100 + 4 * 200);
    CHECK_EQ(room.plain.ulPktsDifferentIf, 0);
    CHECK_EQ(room.plain.ulQueueOverflow, 0);
    for (DWORD i = 0; i < 3; i++) {
        MIB_IPMCAST_OIF_STATS oif;
        memcpy(&oif, room.bytes + SIZEOF_BASIC_MIB_MFE_STATS + i * sizeof oif, sizeof oif);
        CHECK_EQ(oif.dwOutIfIndex, i + 2);
        CHECK_EQ(oif.dwNextHopAddr, 0);
        CHECK_EQ(oif.ulOutPackets, 5);
        CHECK_EQ(oif.ulOutDiscards, 0);
    }
    /* 64 + 3 * 28 bytes and no more. */
    CHECK_EQ(room.bytes[64 + 3 * 28], 0x5A);
    packet(2, "10.0.0.1", "239.1.1.2", 300);
    CHECK_OK(get_stats(MGM_MFE_STATS_0, &room.ex, sizeof room));
    CHECK_EQ(room.plain.ulPktsDifferentIf, 1);
}

TEST(stats_1_gives_the_extended_form) {
    union stats_room room, plain;
    world_of_three();
    packets(1, "10.0.0.1", "239.1.1.2", 200, 4);
    packet(2, "10.0.0.1", "239.1.1.2", 300);
    CHECK_OK(get_stats(MGM_MFE_STATS_0, &plain.ex, sizeof plain));
    CHECK_OK(get_stats(MGM_MFE_STATS_1, &room.ex, sizeof room));
    /* The same up to ulQueueOverflow, ... */
    CHECK(memcmp(room.bytes, plain.bytes, 64) == 0);
    /* ... and the same outgoing interfaces, further behind. */
    CHECK(memcmp(room.bytes + 84, plain.bytes + 64, 3 * 28) == 0);
    CHECK_EQ(room.ex.ulInDiscards, 0);
    CHECK_EQ(room.ex.ulInHdrErrors, 0);
}

C_TEST(other_stats_flags_are_refused, "the form of the statistics is C's") {
    static const DWORD flags[] = {0, 3, 4, 8, 0x80000000, 0x80000001, 0xFFFFFFFF};
    BYTE buffer[512];
    MIB_IPMCAST_MFE key;
    world_of_three();
    key = mfe_key("10.0.0.1", "239.1.1.1");
    for (unsigned i = 0; i < sizeof flags / sizeof flags[0]; i++) {
        DWORD size = sizeof buffer, count = 4711;
        CHECK_ERROR(MgmGetMfeStats(&key, &size, buffer, flags[i]), ERROR_INVALID_PARAMETER);
        CHECK_ERROR(MgmGetFirstMfeStats(&size, buffer, &count, flags[i]),
                    ERROR_INVALID_PARAMETER);
        CHECK_ERROR(MgmGetNextMfeStats(&key, &size, buffer, &count, flags[i]),
                    ERROR_INVALID_PARAMETER);
        CHECK_EQ(size, sizeof buffer);
        size = 0;
        CHECK_ERROR(MgmGetMfeStats(&key, &size, NULL, flags[i]), ERROR_INVALID_PARAMETER);
        CHECK_ERROR(MgmGetFirstMfeStats(&size, NULL, &count, flags[i]), ERROR_INVALID_PARAMETER);
        CHECK_EQ(size, 0);
    }
}

/* Groups */

static HANDLE start(struct client *client, MGM_ENUM_TYPES type) {
    HANDLE enumeration = NULL;
    REQUIRE_OK(MgmGroupEnumerationStart(client->handle, type, &enumeration));
    CHECK(enumeration != NULL);
    CHECK(enumeration != (HANDLE)-1);
    return enumeration;
}

/* One entry, or "" when there is none left. */
static const char *next_group(HANDLE enumeration) {
    static _Thread_local char text[64];
    SOURCE_GROUP_ENTRY entry;
    DWORD size = sizeof entry, count = 4711;
    DWORD error = MgmGroupEnumerationGetNext(enumeration, &size, (PBYTE)&entry, &count);
    if (error != ERROR_MORE_DATA && error != ERROR_NO_MORE_ITEMS)
        return error_name(error);
    CHECK(count == 1 || (count == 0 && error == ERROR_NO_MORE_ITEMS));
    CHECK_EQ(size, sizeof entry);
    if (count != 1)
        return "";
    snprintf(text, sizeof text, "%s %s", ip_mask_text(entry.dwSourceAddr, entry.dwSourceMask),
             ip_mask_text(entry.dwGroupAddr, entry.dwGroupMask));
    return text;
}

TEST(all_sources_gives_every_joined_entry_once) {
    world();
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 3, JOIN)); /* another interface, ... */
    CHECK_OK(member_add(&c[0], "0", "239.1.1.1", 1, JOIN)); /* ... another client */
    CHECK_OK(member_add(&c[1], "10.0.0.1", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[1], "10.0.0.2", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[1], "10.0.0.0/24", "239.1.1.0/24", 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", "0", 2, JOIN));
    CHECK_TEXT(groups(&c[0], ALL_SOURCES),
               "0/0 0/0; 0/0 239.1.1.1/32; 10.0.0.0/24 239.1.1.0/24; "
               "10.0.0.1/32 239.1.1.1/32; 10.0.0.2/32 239.1.1.1/32");
    /* Every client sees them all. */
    CHECK_TEXT(groups(&c[1], ALL_SOURCES),
               "0/0 0/0; 0/0 239.1.1.1/32; 10.0.0.0/24 239.1.1.0/24; "
               "10.0.0.1/32 239.1.1.1/32; 10.0.0.2/32 239.1.1.1/32");
}

TEST(any_source_gives_each_joined_group_once_with_source_0) {
    world();
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[1], "10.0.0.1", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[1], "10.0.0.2", "239.1.1.1", 3, JOIN));
    CHECK_OK(member_add(&c[0], "10.0.0.1", "239.1.1.1", 1, JOIN));
    CHECK_OK(member_add(&c[1], "10.0.0.1", "239.1.1.2", 2, JOIN));
    CHECK_OK(member_add(&c[1], "10.0.0.2", "239.1.1.2", 2, JOIN));
    CHECK_TEXT(groups(&c[0], ANY_SOURCE), "0/0 239.1.1.1/32; 0/0 239.1.1.2/32");
    CHECK_OK(member_add(&c[1], "10.0.0.0/24", "239.1.0.0/16", 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", "239.1.0.0/16", 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", "0", 2, JOIN));
    CHECK_TEXT(groups(&c[0], ANY_SOURCE),
               "0/0 0/0; 0/0 239.1.0.0/16; 0/0 239.1.1.1/32; 0/0 239.1.1.2/32");
}

TEST(star_star_is_all_zero_in_both_types) {
    SOURCE_GROUP_ENTRY entry, zero;
    world();
    memset(&zero, 0, sizeof zero);
    CHECK_OK(member_add(&c[1], "0", "0", 2, JOIN));
    for (int type = ANY_SOURCE; type <= ALL_SOURCES; type++) {
        HANDLE enumeration = start(&c[0], (MGM_ENUM_TYPES)type);
        DWORD size = sizeof entry, count = 4711;
        memset(&entry, 0x5A, sizeof entry);
        CHECK_ERROR(MgmGroupEnumerationGetNext(enumeration, &size, (PBYTE)&entry, &count),
                    ERROR_NO_MORE_ITEMS);
        CHECK_EQ(count, 1);
        CHECK(memcmp(&entry, &zero, sizeof entry) == 0);
        CHECK_OK(MgmGroupEnumerationEnd(enumeration));
    }
}

C_TEST(another_type_is_refused, "EnumerationKind has no other values") {
    static const int types[] = {2, 3, -1, 0x7FFFFFFF, -0x7FFFFFFF - 1, 256};
    world();
    for (unsigned i = 0; i < sizeof types / sizeof types[0]; i++) {
        HANDLE enumeration = &enumeration;
        MGM_ENUM_TYPES type;
        memcpy(&type, &types[i], sizeof type);
        CHECK_ERROR(MgmGroupEnumerationStart(c[0].handle, type, &enumeration),
                    ERROR_INVALID_PARAMETER);
        CHECK(enumeration == (HANDLE)&enumeration);
    }
}

TEST(groups_as_many_whole_entries_as_fit) {
    world();
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.2", 2, JOIN));
    CHECK_OK(member_add(&c[1], "0", "239.1.1.3", 2, JOIN));
    for (DWORD given = 0; given <= 80; given++) {
        BYTE buffer[160];
        DWORD size = given, count = 4711, whole = given / 16 < 3 ? given / 16 : 3;
        HANDLE enumeration = start(&c[0], ALL_SOURCES);
        DWORD error;
        memset(buffer, 0x5A, sizeof buffer);
        error = MgmGroupEnumerationGetNext(enumeration, &size, buffer, &count);
        if (whole == 0) {
            CHECK_ERROR(error, ERROR_INSUFFICIENT_BUFFER);
            CHECK_EQ(size, 16);
        } else {
            CHECK_ERROR(error, whole < 3 ? ERROR_MORE_DATA : ERROR_NO_MORE_ITEMS);
            CHECK_EQ(size, given);
        }
        CHECK_EQ(count, whole);
        CHECK_EQ(buffer[16 * whole], 0x5A);
        /* The rest comes later; what did not fit is not lost. */
        size = 48;
        CHECK_ERROR(MgmGroupEnumerationGetNext(enumeration, &size, buffer, &count),
                    ERROR_NO_MORE_ITEMS);
        CHECK_EQ(count, 3 - whole);
        CHECK_EQ(size, 48);
        CHECK_OK(MgmGroupEnumerationEnd(enumeration));
    }
}

TEST(a_group_size_query_loses_nothing) {
    HANDLE enumeration;
    DWORD size = 0, count = 4711;
    world();
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    enumeration = start(&c[0], ALL_SOURCES);
    CHECK_ERROR(MgmGroupEnumerationGetNext(enumeration, &size, NULL, &count),
                ERROR_INSUFFICIENT_BUFFER);
    CHECK_EQ(size, 16);
    CHECK_EQ(count, 0);
    CHECK_TEXT(next_group(enumeration), "0/0 239.1.1.1/32");
    size = 0, count = 4711;
    CHECK_ERROR(MgmGroupEnumerationGetNext(enumeration, &size, NULL, &count),
                ERROR_NO_MORE_ITEMS);
    CHECK_EQ(size, 0);
    CHECK_EQ(count, 0);
}

TEST(groups_without_entries_have_no_more_items) {
    for (int type = ANY_SOURCE; type <= ALL_SOURCES; type++) {
        HANDLE enumeration;
        if (type == ANY_SOURCE)
            world();
        enumeration = start(&c[0], (MGM_ENUM_TYPES)type);
        CHECK_TEXT(next_group(enumeration), "");
        CHECK_TEXT(next_group(enumeration), "");
        CHECK_OK(MgmGroupEnumerationEnd(enumeration));
    }
}

TEST(what_is_not_joined_is_not_enumerated) {
    world();
    packet(1, "10.0.0.1", "239.1.1.1", 100);
    CHECK_OK(member_add(&c[1], "10.0.0.1", "239.1.1.1", 2, FORWARD));
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "");
    CHECK_TEXT(groups(&c[0], ANY_SOURCE), "");
    CHECK_OK(member_add(&c[1], "0", "239.1.1.2", 2, JOIN));
    CHECK_OK(member_delete(&c[1], "0", "239.1.1.2", 2, JOIN));
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "");
    CHECK_OK(member_add(&c[1], "0", "239.1.1.2", 2, JOIN));
    CHECK_OK(member_add(&c[0], "0", "239.1.1.2", 1, JOIN));
    CHECK_OK(member_delete(&c[1], "0", "239.1.1.2", 2, JOIN));
    CHECK_OK(member_delete(&c[0], "0", "239.1.1.2", 1, JOIN));
    CHECK_TEXT(groups(&c[0], ALL_SOURCES), "");
    CHECK_TEXT(groups(&c[0], ANY_SOURCE), "");
}

TEST(enumerations_are_independent) {
    HANDLE one, two, three_;
    world();
    CHECK_OK(member_add(&c[1], "0", "239.1.1.1", 2, JOIN));
    one = start(&c[0], ALL_SOURCES);
    two = start(&c[0], ALL_SOURCES);
    three_ = start(&c[1], ANY_SOURCE);
    CHECK(one != two && two != three_ && one != three_);
    CHECK_TEXT(next_group(one), "0/0 239.1.1.1/32");
    CHECK_TEXT(next_group(one), "");
    CHECK_TEXT(next_group(two), "0/0 239.1.1.1/32");
    CHECK_OK(MgmGroupEnumerationEnd(one));
    CHECK_TEXT(next_group(three_), "0/0 239.1.1.1/32");
    CHECK_TEXT(next_group(two), "");
    CHECK_OK(MgmGroupEnumerationEnd(two));
    CHECK_OK(MgmGroupEnumerationEnd(three_));
    CHECK_ERROR(MgmGroupEnumerationEnd(one), ERROR_INVALID_PARAMETER);
}

static const char *numbered(const char *form, unsigned n) {
    static char text[4][32];
    static unsigned next;
    char *t = text[next++ % 4];
    snprintf(t, 32, form, n);
    return t;
}

/* 64 entries stay, others come and go beside them before every step. */
static void churn(MGM_ENUM_TYPES type) {
    enum { STAY = 64 };
    unsigned times[STAY] = {0};
    unsigned step = 0, number;
    HANDLE enumeration;
    world();
    for (unsigned i = 0; i < STAY; i++) {
        CHECK_OK(member_add(&c[1], "0", numbered("239.1.%u.1", i), 2, JOIN));
        CHECK_OK(member_add(&c[1], "0", numbered("239.1.%u.0", i), 2, JOIN));
        CHECK_OK(member_add(&c[1], "0", numbered("239.2.%u.1", i), 2, JOIN));
    }
    enumeration = start(&c[0], type);
    for (;;) {
        const char *text = next_group(enumeration);
        int length = 0;
        if (text[0] == '\0')
            break;
        if (sscanf(text, "0/0 239.1.%u.1/32%n", &number, &length) == 1 && length > 0) {
            REQUIRE(number < STAY);
            times[number]++;
        }
        number = step++ * 29 % STAY;
        REQUIRE(step < 2000);
        /* Neighbours on both sides go and come, far and near; the ones that stay join and
           leave on other interfaces. */
        if (step <= STAY) {
            CHECK_OK(member_delete(&c[1], "0", numbered("239.1.%u.0", number), 2, JOIN));
            CHECK_OK(member_delete(&c[1], "0", numbered("239.2.%u.1", number), 2, JOIN));
            CHECK_OK(member_add(&c[1], "0", numbered("239.1.%u.2", number), 2, JOIN));
            CHECK_OK(member_add(&c[1], "0", numbered("225.1.%u.2", number), 2, JOIN));
            CHECK_OK(member_add(&c[1], "0", numbered("239.1.%u.1", number), 3, JOIN));
            CHECK_OK(member_add(&c[1], "10.0.0.1", numbered("239.1.%u.1", number), 3, JOIN));
        } else if (step <= 2 * STAY) {
            CHECK_OK(member_delete(&c[1], "0", numbered("239.1.%u.1", number), 3, JOIN));
            CHECK_OK(member_delete(&c[1], "0", numbered("225.1.%u.2", number), 2, JOIN));
        }
    }
    for (unsigned i = 0; i < STAY; i++)
        CHECK_EQ(times[i], 1);
    CHECK_OK(MgmGroupEnumerationEnd(enumeration));
}

TEST(all_sources_what_stays_joined_comes_exactly_once) { churn(ALL_SOURCES); }

TEST(any_source_what_stays_joined_comes_exactly_once) { churn(ANY_SOURCE); }

TEST(a_group_that_stays_joined_by_changing_sources_comes_once) {
    HANDLE enumeration;
    unsigned found = 0;
    world();
    for (unsigned i = 1; i <= 8; i++)
        CHECK_OK(member_add(&c[1], "10.0.0.1", numbered("239.1.1.%u", i), 2, JOIN));
    enumeration = start(&c[0], ANY_SOURCE);
    for (const char *text = next_group(enumeration); text[0] != '\0';
         text = next_group(enumeration)) {
        found++;
        REQUIRE(found <= 8);
        /* Every group gets another source, then loses the first. */
        for (unsigned i = 1; i <= 8; i++) {
            CHECK_OK(member_add(&c[1], numbered("10.0.0.%u", found + 1),
                                numbered("239.1.1.%u", i), 2, JOIN));
            CHECK_OK(member_delete(&c[1], numbered("10.0.0.%u", found),
                                   numbered("239.1.1.%u", i), 2, JOIN));
        }
    }
    CHECK_EQ(found, 8);
}

TEST(an_entry_that_moves_to_another_holder_stays_joined) {
    HANDLE enumeration;
    world();
    for (unsigned i = 1; i <= 4; i++)
        CHECK_OK(member_add(&c[1], "0", numbered("239.1.1.%u", i), 2, JOIN));
    enumeration = start(&c[0], ALL_SOURCES);
    CHECK(next_group(enumeration)[0] != '\0');
    for (unsigned i = 1; i <= 4; i++) {
        CHECK_OK(member_add(&c[0], "0", numbered("239.1.1.%u", i), 1, JOIN));
        CHECK_OK(member_delete(&c[1], "0", numbered("239.1.1.%u", i), 2, JOIN));
    }
    for (unsigned i = 0; i < 3; i++)
        CHECK(next_group(enumeration)[0] != '\0');
    CHECK_TEXT(next_group(enumeration), "");
}

#define TURN_GROUPS 400
#define TURN_THREADS 4

static HANDLE shared;
static atomic_uint got[TURN_GROUPS], wrong;

static void *take_turns(void *unused) {
    (void)unused;
    for (;;) {
        SOURCE_GROUP_ENTRY entries[3];
        DWORD size = sizeof entries, count = 4711;
        DWORD error = MgmGroupEnumerationGetNext(shared, &size, (PBYTE)entries, &count);
        if ((error != ERROR_MORE_DATA && error != ERROR_NO_MORE_ITEMS) || count > 3) {
            atomic_fetch_add(&wrong, 1);
            return NULL;
        }
        for (DWORD i = 0; i < count; i++) {
            DWORD n = to_host(entries[i].dwGroupAddr) - to_host(ip("239.1.0.0"));
            atomic_fetch_add(n < TURN_GROUPS ? &got[n] : &wrong, 1);
        }
        if (error == ERROR_NO_MORE_ITEMS)
            return NULL;
    }
}

TEST(several_threads_on_one_handle_take_turns) {
    pthread_t threads[TURN_THREADS];
    world();
    for (unsigned i = 0; i < TURN_GROUPS; i++)
        REQUIRE_OK(MgmAddGroupMembershipEntry(c[1].handle, 0, 0,
                                              to_network(to_host(ip("239.1.0.0")) + i), 0, 2, 0,
                                              JOIN));
    for (int round = 0; round < 10; round++) {
        for (unsigned i = 0; i < TURN_GROUPS; i++)
            atomic_store(&got[i], 0);
        shared = start(&c[0], round % 2 == 0 ? ALL_SOURCES : ANY_SOURCE);
        for (int i = 0; i < TURN_THREADS; i++)
            REQUIRE(pthread_create(&threads[i], NULL, take_turns, NULL) == 0);
        for (int i = 0; i < TURN_THREADS; i++)
            REQUIRE(pthread_join(threads[i], NULL) == 0);
        CHECK_OK(MgmGroupEnumerationEnd(shared));
        for (unsigned i = 0; i < TURN_GROUPS; i++)
            CHECK_EQ(atomic_load(&got[i]), 1);
    }
    CHECK_EQ(atomic_load(&wrong), 0);
}

/* One entry more each time: no number of them is a special case. */
TEST(any_number_of_groups_is_enumerated_whole) {
    static SOURCE_GROUP_ENTRY entries[600];
    host_start_memory();
    REQUIRE_OK(client_register(&c[0], 100, 1, 0));
    REQUIRE_OK(if_take(&c[0], 2));
    for (DWORD n = 1; n < 600; n++) {
        HANDLE enumeration;
        DWORD size = sizeof entries, count = 0;
        REQUIRE_OK(MgmAddGroupMembershipEntry(c[0].handle, 0, 0, to_network(0xEF010000 + n), 0, 2,
                                              0, JOIN));
        REQUIRE_OK(MgmGroupEnumerationStart(c[0].handle, ALL_SOURCES, &enumeration));
        CHECK_ERROR(MgmGroupEnumerationGetNext(enumeration, &size, (BYTE *)entries, &count),
                    ERROR_NO_MORE_ITEMS);
        REQUIRE(count == n);
        CHECK_OK(MgmGroupEnumerationEnd(enumeration));
    }
}
