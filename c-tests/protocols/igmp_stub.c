/* A client registered as IGMP: see igmp_stub.h. */
#include "igmp_stub.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static struct igmp_config config;
static HANDLE handle;
static unsigned interfaces_taken;

/* What hosts want: the stub's own table, which outlives the manager's memberships. */
static struct {
    DWORD if_index, source, group;
} members[PROTOCOL_ENTRIES];
static unsigned member_count;
static int disabled[PROTOCOL_INTERFACES];

static void report(const char *format, ...) {
    char line[512];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(line, sizeof line, format, arguments);
    va_end(arguments);
    if (config.report != NULL)
        config.report(line);
}

static const char *name_of(char text[ADDRESS_TEXT], DWORD if_index) {
    return interface_name(text, config.interfaces, config.interface_count, if_index);
}

static int *disabled_on(DWORD if_index) {
    for (unsigned i = 0; i < config.interface_count; i++)
        if (config.interfaces[i].if_index == if_index)
            return &disabled[i];
    return NULL;
}

static DWORD add(unsigned i) {
    return MgmAddGroupMembershipEntry(handle, members[i].source,
                                      members[i].source == 0 ? 0 : 0xFFFFFFFF, members[i].group,
                                      0xFFFFFFFF, members[i].if_index, 0, MGM_JOIN_STATE_FLAG);
}

static DWORD on_disable(DWORD if_index, DWORD next_hop) {
    char n[ADDRESS_TEXT];
    int *flag = disabled_on(if_index);
    (void)next_hop;
    if (flag != NULL)
        *flag = 1;
    report("DISABLE on %s", name_of(n, if_index));
    return NO_ERROR;
}

/* The manager has removed IGMP's memberships on the interface: add them again. */
static DWORD on_enable(DWORD if_index, DWORD next_hop) {
    char s[ADDRESS_TEXT], g[ADDRESS_TEXT], n[ADDRESS_TEXT];
    int *flag = disabled_on(if_index);
    (void)next_hop;
    if (flag != NULL)
        *flag = 0;
    report("ENABLE on %s", name_of(n, if_index));
    for (unsigned i = 0; i < member_count; i++) {
        DWORD error;
        if (members[i].if_index != if_index)
            continue;
        error = add(i);
        report("membership (%s, %s) on %s added again: %s", address_text(s, members[i].source),
               address_text(g, members[i].group), name_of(n, if_index),
               error == NO_ERROR ? "done" : "refused");
    }
    return NO_ERROR;
}

DWORD igmp_stub_join(DWORD if_index, DWORD source, DWORD group) {
    char s[ADDRESS_TEXT], g[ADDRESS_TEXT], n[ADDRESS_TEXT];
    int *flag = disabled_on(if_index);
    DWORD error = NO_ERROR;
    if (handle == NULL || flag == NULL)
        return ERROR_INVALID_PARAMETER;
    if (member_count == PROTOCOL_ENTRIES)
        return ERROR_NOT_ENOUGH_MEMORY;
    members[member_count].if_index = if_index;
    members[member_count].source = source;
    members[member_count].group = group;
    if (!*flag)
        error = add(member_count); /* while disabled, ENABLE adds it */
    if (error == NO_ERROR)
        member_count++;
    report("a host on %s joins (%s, %s): %s", name_of(n, if_index), address_text(s, source),
           address_text(g, group), error == NO_ERROR ? "done" : "refused");
    return error;
}

DWORD igmp_stub_leave(DWORD if_index, DWORD source, DWORD group) {
    char s[ADDRESS_TEXT], g[ADDRESS_TEXT], n[ADDRESS_TEXT];
    int *flag = disabled_on(if_index);
    for (unsigned i = 0; i < member_count; i++) {
        DWORD error = NO_ERROR;
        if (members[i].if_index != if_index || members[i].source != source ||
            members[i].group != group)
            continue;
        members[i] = members[--member_count];
        if (flag != NULL && !*flag)
            error = MgmDeleteGroupMembershipEntry(handle, source, source == 0 ? 0 : 0xFFFFFFFF,
                                                  group, 0xFFFFFFFF, if_index, 0,
                                                  MGM_JOIN_STATE_FLAG);
        report("the hosts on %s leave (%s, %s): %s", name_of(n, if_index),
               address_text(s, source), address_text(g, group),
               error == NO_ERROR ? "done" : "refused");
        return error;
    }
    return ERROR_NOT_FOUND;
}

DWORD igmp_stub_stop(void) {
    char n[ADDRESS_TEXT];
    DWORD error;
    if (handle == NULL)
        return ERROR_INVALID_PARAMETER;
    while (interfaces_taken > 0) {
        DWORD if_index = config.interfaces[interfaces_taken - 1].if_index;
        error = MgmReleaseInterfaceOwnership(handle, if_index, 0);
        if (error != NO_ERROR) {
            report("release of %s: error %lu", name_of(n, if_index), (unsigned long)error);
            return error;
        }
        interfaces_taken--;
        report("released %s", name_of(n, if_index));
    }
    error = MgmDeRegisterMProtocol(handle);
    report(error == NO_ERROR ? "deregistered" : "deregister: error %lu", (unsigned long)error);
    if (error == NO_ERROR) {
        handle = NULL;
        member_count = 0;
    }
    return error;
}

DWORD igmp_stub_start(const struct igmp_config *wanted) {
    ROUTING_PROTOCOL_CONFIG callbacks;
    char n[ADDRESS_TEXT];
    DWORD error;
    if (handle != NULL)
        return ERROR_ALREADY_EXISTS;
    if (wanted == NULL || wanted->interface_count > PROTOCOL_INTERFACES)
        return ERROR_INVALID_PARAMETER;
    config = *wanted;
    interfaces_taken = 0;
    member_count = 0;
    memset(disabled, 0, sizeof disabled);

    /* IGMP asks for nothing but these two: its memberships are all it has. */
    memset(&callbacks, 0, sizeof callbacks);
    callbacks.pfnDisableIgmpCallback = on_disable;
    callbacks.pfnEnableIgmpCallback = on_enable;
    error = MgmRegisterMProtocol(&callbacks, MS_IP_IGMP, config.component_id, &handle);
    if (error != NO_ERROR) {
        handle = NULL;
        report("register: error %lu", (unsigned long)error);
        return error;
    }
    report("registered");
    for (unsigned i = 0; i < config.interface_count; i++) {
        DWORD if_index = config.interfaces[i].if_index;
        error = MgmTakeInterfaceOwnership(handle, if_index, 0);
        if (error != NO_ERROR) {
            report("take of %s: error %lu", name_of(n, if_index), (unsigned long)error);
            igmp_stub_stop();
            return error;
        }
        interfaces_taken++;
        report("took %s", name_of(n, if_index));
    }
    return NO_ERROR;
}
