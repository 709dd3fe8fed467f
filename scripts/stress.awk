# What api/stress did, from the log of ctest.
/^  MGM_TEST_SEED=/ { seconds += $2 }
/^  [0-9]+ calls,/ { calls += $1 }
END { printf "8 threads, %d s, %d calls", seconds, calls }
