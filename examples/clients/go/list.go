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
)

// A page comes from memory: a server that needs longer is stuck.
const pageDeadline = 30 * time.Second

// list prints all listeners, page by page. What is there all the time is printed once, whatever changes meanwhile.
func list(ctx context.Context, to server, filter *listenersv1.ListenerFilter, size uint32, out io.Writer) error {
	connection, err := to.connect()
	if err != nil {
		return err
	}
	defer connection.Close()
	client := listenersv1.NewListenersServiceClient(connection)
	request := &listenersv1.ListListenersRequest{Filter: filter, PageSize: size}
	for page := 1; ; page++ {
		listeners, next, err := onePage(ctx, client, request)
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

// onePage reads a page, which comes in several messages if it is large; the stream's regular end says that it is whole.
func onePage(
	ctx context.Context,
	client listenersv1.ListenersServiceClient,
	request *listenersv1.ListListenersRequest,
) (page []listener, next []byte, err error) {
	ctx, cancel := context.WithTimeout(ctx, pageDeadline)
	defer cancel()
	parts, err := client.ListListeners(ctx, request)
	if err != nil {
		return nil, nil, err
	}
	for {
		part, err := parts.Recv()
		if errors.Is(err, io.EOF) {
			return page, next, nil
		}
		if err != nil {
			return nil, nil, err
		}
		for _, view := range part.GetListeners() {
			page = append(page, show(view))
		}
		next = part.GetNextPageToken()
	}
}
