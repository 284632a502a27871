package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// One test after the other may use a shared server; between two of them nobody does.
const linger = 3 * time.Second

// Causes of a stop that are no failure.
var (
	errStopped   = errors.New("stopped")
	errAbandoned = errors.New("nobody uses the server any more")
)

// stopWhenAsked calls stop at the first reason: a signal, and whatever the options name.
func stopWhenAsked(stop context.CancelCauseFunc, options options) {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
	go func() {
		<-signals
		stop(errStopped)
	}()
	if options.stopOnStdinEOF {
		go func() {
			// A broken standard input has no parent behind it either.
			_, _ = io.Copy(io.Discard, os.Stdin)
			stop(errAbandoned)
		}()
	}
	if options.stopOnUnlocked != "" {
		go func() {
			if err := waitUntilUnlocked(options.stopOnUnlocked, linger); err != nil {
				stop(fmt.Errorf("waiting for the end of the users of %s: %w", options.stopOnUnlocked, err))
				return
			}
			stop(errAbandoned)
		}()
	}
}

// waitUntilUnlocked returns when nobody holds a lock of the file, and nobody took one within the pause. It keeps the
// lock itself from then on: whoever wants to use the server waits for its end, and knows that it has to start another.
// The kernel does the counting, so users that were killed count as well as others.
func waitUntilUnlocked(path string, pause time.Duration) error {
	// A plain descriptor: the lock would go when the garbage collector closes an os.File.
	file, err := syscall.Open(path, syscall.O_RDONLY|syscall.O_CLOEXEC, 0)
	if err != nil {
		return err
	}
	for {
		if err := lock(file, syscall.LOCK_EX); err != nil {
			return err
		}
		if err := lock(file, syscall.LOCK_UN); err != nil {
			return err
		}
		time.Sleep(pause)
		err := lock(file, syscall.LOCK_EX|syscall.LOCK_NB)
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return err
		}
	}
}

func lock(file, how int) error {
	for {
		if err := syscall.Flock(file, how); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}

// asked tells a stop that was asked for, which is no failure, from one that was not.
func asked(ctx context.Context, err error) error {
	switch cause := context.Cause(ctx); {
	case errors.Is(cause, errStopped), errors.Is(cause, errAbandoned):
		return nil
	case cause != nil:
		return cause
	default:
		return err
	}
}
