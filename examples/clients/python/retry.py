"""When to ask again."""

import random

import grpc

FIRST_DELAY_SECONDS = 0.1
LONGEST_DELAY_SECONDS = 5.0

# It would be the same the next time.
FINAL = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.UNAUTHENTICATED,
    grpc.StatusCode.PERMISSION_DENIED,
    grpc.StatusCode.UNIMPLEMENTED,
}


def delay_after(failures: int) -> float:
    """Seconds before the next attempt, after so many that failed in a row."""
    delay = min(LONGEST_DELAY_SECONDS, FIRST_DELAY_SECONDS * 2 ** min(failures, 10))
    # Half to all of it: clients that were cut off together do not come back together.
    return delay * random.uniform(0.5, 1.0)
