package main

import (
	"errors"
	"flag"
	"fmt"
	"strings"
)

// Namespaces that can be deleted, service accounts with tokens, owner references, and what makes endpoints of a
// Deployment and a Service.
var defaultControllers = strings.Join([]string{
	"namespace-controller",
	"serviceaccount-controller",
	"serviceaccount-token-controller",
	"root-ca-certificate-publisher-controller",
	"clusterrole-aggregation-controller",
	"garbage-collector-controller",
	"deployment-controller",
	"replicaset-controller",
	"endpointslice-controller",
}, ",")

type options struct {
	dir            string
	bind           string
	apiServerArgs  string
	controllers    string
	scheduler      bool
	removeDir      bool
	stopOnStdinEOF bool
	stopOnUnlocked string
}

func parseOptions(args []string) (options, error) {
	var parsed options
	flags := flag.NewFlagSet("server", flag.ContinueOnError)
	flags.StringVar(&parsed.dir, "dir", "", "folder of all state, made if missing; etcd's sockets lie in it, so keep its path below 90 bytes")
	flags.StringVar(&parsed.bind, "bind", "127.0.0.1:0", "address of the API server; clients go on after another start if it stays the same")
	flags.StringVar(&parsed.apiServerArgs, "apiserver-args", "", "more flags for kube-apiserver, separated by spaces")
	flags.StringVar(&parsed.controllers, "controllers", defaultControllers, "controllers of kube-controller-manager, separated by commas; empty: none, *: all")
	flags.BoolVar(&parsed.scheduler, "scheduler", false, "run kube-scheduler, for nodes that run pods")
	flags.BoolVar(&parsed.removeDir, "remove-dir", false, "remove DIR when nobody uses the server any more, as the two flags below have it; not after a signal")
	flags.BoolVar(&parsed.stopOnStdinEOF, "stop-on-stdin-eof", false, "stop when standard input ends: held open by a parent, it ends with the parent, however that dies")
	flags.StringVar(&parsed.stopOnUnlocked, "stop-on-unlocked", "", "stop when nobody holds a lock (flock) of this file any more")
	if err := flags.Parse(args); err != nil {
		return options{}, err
	}
	if flags.NArg() > 0 {
		return options{}, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	if parsed.dir == "" {
		return options{}, errors.New("-dir is missing")
	}
	return parsed, nil
}
