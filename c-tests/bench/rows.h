/* The lines of a benchmark: see the head of benches/common/mod.rs. */
#ifndef MGM_BENCH_ROWS_H
#define MGM_BENCH_ROWS_H

#define ROUNDS_MOST 64

struct spread {
    double median, least, greatest;
    unsigned rounds;
};

struct spread spread_of(const double *values, unsigned count);
/* Round by round, the first divided by the second. */
struct spread ratio_of(const double *ours, const double *floor, unsigned count);
/* TARGET, OURS and FLOOR as text, "-" for nothing. */
void print_row(const char *work, const char *unit, struct spread figure, const char *target,
               const char *ours, const char *floor);
/* As many digits as tell figures apart. */
const char *digits(char text[32], double value);

#endif
