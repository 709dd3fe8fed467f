/*
 * mgm-diagnose: says why multicast does not flow through this host. Runs beside the
 * router: it holds no table and looks at the kernel only, through MgmHostDiagnose.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <mgmhost.h>

#include <arpa/inet.h>
#include <errno.h>
#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { NOTHING = 0, FINDINGS = 1, USAGE = 2, FAILED = 3 };

/* For how long packets are watched, unless --time says otherwise. */
#define MILLISECONDS 2000
#define TABLES_END 1000000000ul

static const char help[] =
    "NAME\n"
    "    mgm-diagnose - says why multicast does not flow through this host\n"
    "\n"
    "SYNOPSIS\n"
    "    mgm-diagnose [--table N] [--time MILLISECONDS] [SOURCE GROUP]\n"
    "\n"
    "DESCRIPTION\n"
    "    Looks at the kernel's multicast routing: who holds the table, its interfaces,\n"
    "    links, sysctls, rules, bridges and kernel options. With SOURCE and GROUP (IPv4\n"
    "    addresses) also at the route to the source, at the flow's entry, and at its\n"
    "    packets as they come in and go out. It changes nothing, and runs beside the\n"
    "    router in the same network namespace. As root it sees packets and the name of\n"
    "    the process that holds the table; without, less.\n"
    "\n"
    "    Each finding is a line: how bad it is (problem, hint, or note where nothing is\n"
    "    wrong), its number, the interface, what is wrong and what to do. The numbers\n"
    "    never change; docs/diagnosis.md explains each.\n"
    "\n"
    "OPTIONS\n"
    "    -t, --table N            the multicast routing table; by default that of the variable\n"
    "                             MGM_TABLE, else 253\n"
    "    -w, --time MILLISECONDS  how long packets are watched, 2000 by default; 0: not\n"
    "                             at all, so what arrives and what leaves is not known\n"
    "    -h, --help               this text\n"
    "    -V, --version            the version of the library\n"
    "\n"
    "EXIT STATUS\n"
    "    0  no problem and no hint was found (there may be notes)\n"
    "    1  something was found\n"
    "    2  wrong usage\n"
    "    3  it could not look: memory ran out, or output failed\n"
    "\n"
    "EXAMPLES\n"
    "    mgm-diagnose\n"
    "    mgm-diagnose 10.1.2.3 239.1.1.1\n"
    "    ip netns exec router mgm-diagnose --table 100 --time 10000 10.1.2.3 239.1.1.1\n";

static int usage(const char *what, const char *word) {
    fprintf(stderr, "mgm-diagnose: %s%s\n", what, word);
    fputs("usage: mgm-diagnose [--table N] [--time MILLISECONDS] [SOURCE GROUP]\n", stderr);
    return USAGE;
}

/* A decimal number from `first` to `last`. */
static bool number(const char *text, unsigned long first, unsigned long last, unsigned long *value) {
    char *end;
    errno = 0;
    *value = strtoul(text, &end, 10);
    return text[0] >= '0' && text[0] <= '9' && *end == '\0' && errno == 0 && *value >= first &&
           *value <= last;
}

static void MGM_CALL tell(PVOID count, DWORD severity, DWORD code, DWORD if_index,
                          const char *text) {
    const char *name = severity == MGM_HOST_SEVERITY_PROBLEM ? "problem"
                       : severity == MGM_HOST_SEVERITY_HINT  ? "hint"
                                                             : "note";
    (void)if_index; /* The text begins with its name. */
    if (severity != MGM_HOST_SEVERITY_NOTE)
        ++*(unsigned long *)count;
    printf("%s %u: %s\n", name, (unsigned)code, text);
}

int main(int argc, char **argv) {
    static const struct option options[] = {{"table", required_argument, NULL, 't'},
                                            {"time", required_argument, NULL, 'w'},
                                            {"help", no_argument, NULL, 'h'},
                                            {"version", no_argument, NULL, 'V'},
                                            {NULL, 0, NULL, 0}};
    unsigned long milliseconds = MILLISECONDS, table = 0, count = 0;
    struct in_addr source = {0}, group = {0};
    int option;
    DWORD error;

    /* What the router's environment says is not about this process. */
    unsetenv("MGM_FORWARDER");
    opterr = 0;
    while ((option = getopt_long(argc, argv, "+t:w:hV", options, NULL)) != -1) {
        switch (option) {
        case 't':
            if (!number(optarg, 1, TABLES_END - 1, &table))
                return usage("not a table: ", optarg);
            if (setenv("MGM_TABLE", optarg, 1) != 0)
                return FAILED;
            break;
        case 'w':
            if (!number(optarg, 0, 0xFFFFFFFFul, &milliseconds))
                return usage("not a time in milliseconds: ", optarg);
            break;
        case 'h': return fputs(help, stdout) == EOF || fflush(stdout) != 0 ? FAILED : NOTHING;
        case 'V':
            return printf("mgm-diagnose %s\n", MgmHostGetVersion()) < 0 || fflush(stdout) != 0
                       ? FAILED
                       : NOTHING;
        default: return usage("unknown option, or one without its value: ", argv[optind - 1]);
        }
    }
    if (argc - optind != 0 && argc - optind != 2)
        return usage("a source and a group, or neither", "");
    if (argc - optind == 2) {
        if (inet_pton(AF_INET, argv[optind], &source) != 1)
            return usage("not an IPv4 address: ", argv[optind]);
        if (inet_pton(AF_INET, argv[optind + 1], &group) != 1 ||
            (ntohl(group.s_addr) & 0xF0000000) != 0xE0000000)
            return usage("not an IPv4 multicast group: ", argv[optind + 1]);
        if (source.s_addr == 0)
            return usage("not a host's address: ", argv[optind]);
    }
    setvbuf(stdout, NULL, _IOLBF, 0);
    error = MgmHostDiagnose(source.s_addr, group.s_addr, (DWORD)milliseconds, tell, &count);
    if (error != NO_ERROR) {
        fprintf(stderr, "mgm-diagnose: could not look (error %u)\n", (unsigned)error);
        return FAILED;
    }
    if (count == 0)
        printf("nothing found that would stop %s\n", group.s_addr != 0 ? "this flow" : "multicast");
    if (fflush(stdout) != 0 || ferror(stdout))
        return FAILED;
    return count > 0 ? FINDINGS : NOTHING;
}
