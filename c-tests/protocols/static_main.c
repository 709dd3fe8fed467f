/*
 * static_protocol: the static protocol as a program. Runs until SIGTERM or SIGINT.
 *
 *   static_protocol [-g [SOURCE,]GROUP@IF]... [-r NET/LEN@IF[,UPSTREAM]]...
 *                   [-b GROUP/LEN@IF]... IF...
 *
 *   IF   an interface to own, by name or number      -g  a group to join there
 *   -r   where a source's packets are to come from   -b  a boundary for groups
 *
 * The forwarder comes from the environment: MGM_FORWARDER=linux, MGM_TABLE, MGM_LOG.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "static_protocol.h"

#include <arpa/inet.h>
#include <net/if.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static struct static_config config;

static void print(const char *line) {
    printf("%s\n", line);
    fflush(stdout);
}

static void fail(const char *what, const char *text) {
    fprintf(stderr, "static_protocol: %s: %s\n", what, text);
    exit(2);
}

static DWORD parse_interface(const char *text) {
    DWORD index = if_nametoindex(text);
    char *end;
    if (index == 0) {
        index = (DWORD)strtoul(text, &end, 10);
        if (*text == '\0' || *end != '\0' || index == 0)
            fail("no such interface", text);
    }
    return index;
}

static DWORD parse_address(const char *text) {
    struct in_addr address;
    if (inet_pton(AF_INET, text, &address) != 1)
        fail("no IPv4 address", text);
    return address.s_addr;
}

/* Cuts `text` at `mark` and gives what follows it, or NULL. */
static char *cut(char *text, char mark) {
    char *at = strchr(text, mark);
    if (at != NULL)
        *at++ = '\0';
    return at;
}

static DWORD parse_prefix(char *text, DWORD *mask) {
    char *length = cut(text, '/'), *end = NULL;
    unsigned long n = length == NULL ? 32 : strtoul(length, &end, 10);
    if (n > 32 || (length != NULL && (*length == '\0' || *end != '\0')))
        fail("bad prefix length", length);
    *mask = n == 0 ? 0 : htonl((uint32_t)(0xFFFFFFFFu << (32 - n)));
    return parse_address(text) & *mask;
}

static char *parse_place(char *text) {
    char *place = cut(text, '@');
    if (place == NULL)
        fail("no @interface", text);
    return place;
}

static void check_room(unsigned count, unsigned most, const char *text) {
    if (count == most)
        fail("too many", text);
}

int main(int argc, char **argv) {
    int option, received;
    sigset_t ends;
    config.component_id = 1;
    config.report = print;
    while ((option = getopt(argc, argv, "g:r:b:")) != -1) {
        char *place, *comma;
        if (option == '?')
            return 2;
        place = parse_place(optarg);
        if (option == 'g') {
            struct static_group *group = &config.groups[config.group_count];
            check_room(config.group_count++, PROTOCOL_ENTRIES, optarg);
            comma = cut(optarg, ',');
            group->source = comma == NULL ? 0 : parse_address(optarg);
            group->group = parse_address(comma == NULL ? optarg : comma);
            group->if_index = parse_interface(place);
        } else if (option == 'r') {
            struct static_route *route = &config.routes[config.route_count];
            check_room(config.route_count++, PROTOCOL_ENTRIES, optarg);
            comma = cut(place, ',');
            route->network = parse_prefix(optarg, &route->mask);
            route->if_index = parse_interface(place);
            route->upstream = comma == NULL ? 0 : parse_address(comma);
        } else {
            struct static_boundary *boundary = &config.boundaries[config.boundary_count];
            check_room(config.boundary_count++, PROTOCOL_ENTRIES, optarg);
            boundary->group = parse_prefix(optarg, &boundary->mask);
            boundary->if_index = parse_interface(place);
        }
    }
    if (optind == argc) {
        fprintf(stderr, "usage: static_protocol [-g [SOURCE,]GROUP@IF]... "
                        "[-r NET/LEN@IF[,UPSTREAM]]... [-b GROUP/LEN@IF]... IF...\n");
        return 2;
    }
    for (; optind < argc; optind++) {
        check_room(config.interface_count, PROTOCOL_INTERFACES, argv[optind]);
        config.interfaces[config.interface_count].name = argv[optind];
        config.interfaces[config.interface_count++].if_index = parse_interface(argv[optind]);
    }

    /* Before the manager starts threads: they inherit the mask, sigwait gets the signal. */
    sigemptyset(&ends);
    sigaddset(&ends, SIGTERM);
    sigaddset(&ends, SIGINT);
    pthread_sigmask(SIG_BLOCK, &ends, NULL);
    if (static_protocol_start(&config) != NO_ERROR)
        return 1;
    print("ready");
    sigwait(&ends, &received);
    return static_protocol_stop() == NO_ERROR ? 0 : 1;
}
