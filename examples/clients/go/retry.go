package main

import (
	"context"
	"math/rand/v2"
	"time"

	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

const (
	firstDelay   = 100 * time.Millisecond
	longestDelay = 5 * time.Second
)

// delayAfter is how long to wait before the next attempt, after so many that failed in a row.
func delayAfter(failures int) time.Duration {
	delay := min(longestDelay, firstDelay<<min(failures, 10))
	// Half to all of it: clients that were cut off together do not come back together.
	return delay/2 + rand.N(delay/2)
}

// isFinal says whether it would be the same the next time.
func isFinal(err error) bool {
	switch status.Code(err) {
	case codes.InvalidArgument, codes.Unauthenticated, codes.PermissionDenied, codes.Unimplemented:
		return true
	}
	return false
}

func sleep(ctx context.Context, delay time.Duration) error {
	select {
	case <-time.After(delay):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
