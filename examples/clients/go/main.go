// Command client asks Tributary which listeners there are, once or for as long as it runs, and prints JSON: a line for
// each listener, or for each change. What it has to say about itself goes to stderr.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"strings"

	listenersv1 "example.com/tributary/listeners/gen/tributary/listeners/v1"
	typesv1 "example.com/tributary/listeners/gen/tributary/types/v1"
)

func main() {
	if err := run(os.Args[1:]); err != nil && !errors.Is(err, flag.ErrHelp) {
		fmt.Fprintln(os.Stderr, "Error:", err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 || (args[0] != "list" && args[0] != "watch") {
		return errors.New("say list or watch, then flags (--help shows them)")
	}
	var to server
	var namespace, gateway, state, hostname string
	flags := flag.NewFlagSet("client "+args[0], flag.ContinueOnError)
	flags.StringVar(&to.address, "server", "127.0.0.1:7070", "`address` of the merger")
	flags.StringVar(&to.name, "server-name", "merger.tributary.services.tributary.dev", "`name` in the merger's certificate")
	flags.StringVar(&to.ca, "ca", "", "`file` with the certificates of those who sign the merger's")
	flags.StringVar(&to.cert, "cert", "", "`file` with a client certificate")
	flags.StringVar(&to.key, "key", "", "`file` with its key")
	flags.StringVar(&to.tokenFile, "token-file", "", "`file` with a token, read for each request")
	flags.BoolVar(&to.plaintext, "plaintext", false, "without TLS, for `tributary up` on this machine")
	flags.StringVar(&namespace, "namespace", "", "of owners in this `namespace`")
	flags.StringVar(&gateway, "gateway", "", "on the load balancer of this Gateway, `namespace/name`")
	flags.StringVar(&state, "state", "", "in one of these `states`: Programmed,Conflicted")
	flags.StringVar(&hostname, "hostname", "", "that declare this `hostname`; an empty one: that declare none")
	var labels *typesv1.LabelSelector
	flags.Func("label", "of owners with this label, `KEY=VALUE`; several must all hold", func(label string) error {
		key, value, found := strings.Cut(label, "=")
		if !found {
			return errors.New("expected KEY=VALUE")
		}
		if labels == nil {
			labels = &typesv1.LabelSelector{MatchLabels: map[string]string{}}
		}
		labels.MatchLabels[key] = value
		return nil
	})
	pageSize := flags.Uint("page-size", 100, "listeners that are asked for at a time")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("unexpected %q", flags.Arg(0))
	}

	filter := &listenersv1.ListenerFilter{Labels: labels}
	if namespace != "" {
		filter.Namespace = &namespace
	}
	if gateway != "" {
		namespace, name, found := strings.Cut(gateway, "/")
		if !found {
			return fmt.Errorf("--gateway %s: expected namespace/name", gateway)
		}
		filter.Gateway = &typesv1.ObjectKey{Namespace: namespace, Name: name}
	}
	for word := range strings.SplitSeq(state, ",") {
		if word == "" {
			continue
		}
		state, err := parseState(word)
		if err != nil {
			return err
		}
		filter.States = append(filter.States, state)
	}
	// An empty hostname is one, too.
	flags.Visit(func(given *flag.Flag) {
		if given.Name == "hostname" {
			filter.Hostname = &hostname
		}
	})

	ctx := context.Background()
	if args[0] == "list" {
		return list(ctx, to, filter, uint32(*pageSize), os.Stdout)
	}
	return watch(ctx, to, filter, os.Stdout)
}
