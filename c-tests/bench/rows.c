/* See rows.h. */
#include "rows.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

struct spread spread_of(const double *values, unsigned count) {
    double sorted[ROUNDS_MOST];
    struct spread spread = {0, 0, 0, count};
    if (count == 0 || count > ROUNDS_MOST)
        abort();
    memcpy(sorted, values, count * sizeof *values);
    qsort(sorted, count, sizeof *sorted, compare);
    spread.median = sorted[count / 2];
    spread.least = sorted[0];
    spread.greatest = sorted[count - 1];
    return spread;
}

struct spread ratio_of(const double *ours, const double *floor, unsigned count) {
    double ratios[ROUNDS_MOST];
    for (unsigned i = 0; i < count && i < ROUNDS_MOST; i++)
        ratios[i] = ours[i] / floor[i];
    return spread_of(ratios, count);
}

const char *digits(char text[32], double value) {
    double size = fabs(value);
    int places = size >= 100 ? 0 : size >= 10 ? 1 : size >= 0.1 ? 3 : 5;
    snprintf(text, 32, "%.*f", size == 0 ? 0 : places, value);
    return text;
}

void print_row(const char *work, const char *unit, struct spread figure, const char *target,
               const char *ours, const char *floor) {
    char median[32], least[32], greatest[32];
    printf("row\t%s\t%s\t%s\t%s\t%s\t%u\t%s\t%s\t%s\n", work, unit, digits(median, figure.median),
           digits(least, figure.least), digits(greatest, figure.greatest), figure.rounds, target,
           ours, floor);
    fflush(stdout);
}
