package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	listenersv1 "example.com/tributary/listeners/gen/tributary/listeners/v1"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
)

// A page comes from memory: a server that needs longer is stuck.
const pageDeadline = 30 * time.Second

// A merger that is restarted, and another one that takes over, are back within this many attempts.
const attempts = 8

// list prints all listeners, page by page. What is there all the time is printed once, whatever changes meanwhile.
func list(ctx context.Context, to server, filter *listenersv1.ListenerFilter, size uint32, out io.Writer) error {
	// What is wrong with a file is said at once. Later it may be in the middle of a renewal.
	connection, err := to.connect()
	if err != nil {
		return err
	}
	connection.Close()
	request := &listenersv1.ListListenersRequest{Filter: filter, PageSize: size}
	for page := 1; ; page++ {
		listeners, next, err := surely(ctx, to, request)
		if err != nil {
			return err
		}
		fmt.Fprintf(os.Stderr, "page %d: %d listeners\n", page, len(listeners))
		for _, listener := range listeners {
			if err := json.NewEncoder(out).Encode(listener); err != nil {
				return err
			}
		}
		if len(next) == 0 {
			return nil
		}
		request.PageToken = next
	}
}

// surely reads a page, again where that may help. Nothing of it is shown before it is whole.
func surely(
	ctx context.Context,
	to server,
	request *listenersv1.ListListenersRequest,
) (page []listener, next []byte, err error) {
	for failures := 0; ; failures++ {
		page, next, err = onePage(ctx, to, request)
		isStuck := status.Code(err) == codes.DeadlineExceeded
		if err == nil || isFinal(err) || isStuck || failures+1 >= attempts {
			return page, next, err
		}
		delay := delayAfter(failures)
		fmt.Fprintf(os.Stderr, "failed: %v; again in %v\n", err, delay.Round(time.Millisecond))
		if err := sleep(ctx, delay); err != nil {
			return nil, nil, err
		}
	}
}

// onePage reads a page, which comes in several messages if it is large; the stream's regular end says that it is whole.
func onePage(
	ctx context.Context,
	to server,
	request *listenersv1.ListListenersRequest,
) (page []listener, next []byte, err error) {
	// A connection of its own: where one address stands for several mergers, maybe to another than the last time.
	connection, err := to.connect()
	if err != nil {
		return nil, nil, err
	}
	defer connection.Close()
	ctx, cancel := context.WithTimeout(ctx, pageDeadline)
	defer cancel()
	ctx, stop := whileAlive(ctx, connection)
	defer stop()
	parts, err := listenersv1.NewListenersServiceClient(connection).ListListeners(ctx, request)
	if err != nil {
		return nil, nil, why(ctx, err)
	}
	for {
		part, err := parts.Recv()
		if errors.Is(err, io.EOF) {
			return page, next, nil
		}
		if err != nil {
			return nil, nil, why(ctx, err)
		}
		for _, view := range part.GetListeners() {
			page = append(page, show(view))
		}
		next = part.GetNextPageToken()
	}
}
