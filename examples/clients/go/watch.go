package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"reflect"
	"time"

	listenersv1 "example.com/tributary/listeners/gen/tributary/listeners/v1"
	typesv1 "example.com/tributary/listeners/gen/tributary/types/v1"
)

// watch prints every listener, then every change, for as long as it runs: also across lost connections and restarts of
// the merger, without a gap and without saying anything twice.
func watch(ctx context.Context, to server, filter *listenersv1.ListenerFilter, out io.Writer) error {
	// What is wrong with a file is said at once. Later it may be in the middle of a renewal.
	connection, err := to.connect()
	if err != nil {
		return err
	}
	connection.Close()
	watching := &watching{out: json.NewEncoder(out), known: map[key]listener{}}
	for {
		err := watching.follow(ctx, to, filter)
		if isFinal(err) {
			return err
		}
		delay := delayAfter(watching.failures)
		watching.failures++
		fmt.Fprintf(os.Stderr, "lost: %v; again in %v\n", err, delay.Round(time.Millisecond))
		if err := sleep(ctx, delay); err != nil {
			return err
		}
	}
}

type watching struct {
	out *json.Encoder
	// known is what was printed, and the state of the server at the position resume.
	known    map[key]listener
	resume   *typesv1.Position
	failures int
}

type change struct {
	Type     string   `json:"type"`
	Listener listener `json:"listener"`
}

// follow reads one stream to its end, which is always an error.
func (watching *watching) follow(ctx context.Context, to server, filter *listenersv1.ListenerFilter) error {
	connection, err := to.connect()
	if err != nil {
		return err
	}
	defer connection.Close()
	ctx, stop := whileAlive(ctx, connection)
	defer stop()
	request := &listenersv1.WatchListenersRequest{Filter: filter, ResumeAfter: watching.resume}
	stream, err := listenersv1.NewListenersServiceClient(connection).WatchListeners(ctx, request)
	if err != nil {
		return why(ctx, err)
	}
	// A listing counts when it is complete: until then what is not in it may still come.
	var listing map[key]listener
	var begun *typesv1.Position
	for {
		message, err := stream.Recv()
		if err != nil {
			return why(ctx, err)
		}
		watching.failures = 0
		switch event := message.GetEvent().(type) {
		case *listenersv1.WatchListenersResponse_Init:
			listing, begun = map[key]listener{}, message.GetPosition()
		case *listenersv1.WatchListenersResponse_InitApply:
			shown := show(event.InitApply)
			listing[keyOf(event.InitApply.GetResolved().GetListener())] = shown
		case *listenersv1.WatchListenersResponse_InitDone:
			err = watching.replace(listing)
			// What changed during the listing is told behind it, from where it began.
			watching.resume = begun
			fmt.Fprintf(os.Stderr, "listed: %d listeners\n", len(listing))
		case *listenersv1.WatchListenersResponse_Apply:
			err = watching.apply(keyOf(event.Apply.GetResolved().GetListener()), show(event.Apply))
			watching.resume = message.GetPosition()
		case *listenersv1.WatchListenersResponse_Delete:
			err = watching.remove(keyOf(event.Delete))
			watching.resume = message.GetPosition()
		default:
			// Of a later version: nothing that this one asked for.
		}
		if err != nil {
			return err
		}
	}
}

func (watching *watching) replace(listing map[key]listener) error {
	for key := range watching.known {
		if _, there := listing[key]; !there {
			if err := watching.remove(key); err != nil {
				return err
			}
		}
	}
	for key, listener := range listing {
		if err := watching.apply(key, listener); err != nil {
			return err
		}
	}
	return nil
}

func (watching *watching) apply(key key, listener listener) error {
	before, there := watching.known[key]
	if there && reflect.DeepEqual(before, listener) {
		return nil
	}
	watching.known[key] = listener
	kind := "ADDED"
	if there {
		kind = "MODIFIED"
	}
	return watching.out.Encode(change{Type: kind, Listener: listener})
}

func (watching *watching) remove(key key) error {
	before, there := watching.known[key]
	if !there {
		return nil
	}
	delete(watching.known, key)
	return watching.out.Encode(change{Type: "DELETED", Listener: before})
}
