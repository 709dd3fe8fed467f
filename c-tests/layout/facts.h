/*
 * Facts of a C compiler: sizes, offsets and constants. Each is a line of text in the object
 * file, "FACT:0000000016 sizeof MGM_IF_ENTRY", so that `strings` reads it from objects that
 * cannot be run here. PRINT_FACTS is a program that prints the same lines.
 */
#ifndef MGM_TESTS_FACTS_H
#define MGM_TESTS_FACTS_H

#include <stddef.h>
#include <stdio.h>

struct fact {
    char mark[5];
    char digits[10];
    char space;
    char name[64];
};

#define DIGIT(value, power) (char)('0' + (unsigned)(value) / (power) % 10u)
#define FACT(name, value)                                                                        \
    {{'F', 'A', 'C', 'T', ':'},                                                                  \
     {DIGIT(value, 1000000000u), DIGIT(value, 100000000u), DIGIT(value, 10000000u),              \
      DIGIT(value, 1000000u), DIGIT(value, 100000u), DIGIT(value, 10000u), DIGIT(value, 1000u),  \
      DIGIT(value, 100u), DIGIT(value, 10u), DIGIT(value, 1u)},                                  \
     ' ',                                                                                        \
     name},
/* A structure by its three names, and a member: offset and size. */
#define STRUCTURE(type)                                                                          \
    FACT("sizeof " #type, sizeof(type))                                                          \
    FACT("sizeof struct _" #type, sizeof(struct _##type))                                        \
    FACT("sizeof *P" #type, sizeof(*(P##type)NULL))
#define MEMBER(type, member)                                                                     \
    FACT("offsetof " #type " " #member, offsetof(type, member))                                  \
    FACT("sizeof " #type " " #member, sizeof(((type *)NULL)->member))
#define TYPE(type) FACT("sizeof " #type, sizeof(type))
#define SIGNED(type) FACT("signed " #type, (type)-1 < (type)1)
#define VALUE(constant) FACT(#constant, constant)

#define PRINT_FACTS                                                                              \
    int main(void) {                                                                             \
        for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)                                \
            printf("%.5s%.10s %s\n", facts[i].mark, facts[i].digits, facts[i].name);             \
        return 0;                                                                                \
    }

#endif
