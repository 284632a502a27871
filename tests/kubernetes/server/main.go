// Server is a Kubernetes without nodes in one process, for tests: etcd, kube-apiserver with RBAC, those controllers of
// kube-controller-manager that tests need, and kube-scheduler where there is a node after all (tests/kubernetes/node).
//
//	etcd <── unix socket ── kube-apiserver <── loopback, TLS ──┬── controllers, scheduler
//	                                                           └── tests, by DIR/kubeconfig
//
// All of its state is one folder: what starts again on the same folder and address is the same cluster, with the same
// certificates and tokens. It prints one line that begins with "ready" once everything answers; everything else that
// it prints is a log.
//
// It must not become a place to run workloads: etcd does not sync to disk, the admin is in system:masters, and all
// keys lie in DIR. It knows nothing of Tributary; the fixtures of tests/kubernetes, the tests of
// deploy and the node are its only users.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"time"
)

func main() {
	options, err := parseOptions(os.Args[1:])
	if errors.Is(err, flag.ErrHelp) {
		return
	}
	if err == nil {
		err = run(options)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "kubernetes server:", err)
		os.Exit(1)
	}
}

// run starts everything, waits for a reason to stop, and stops everything in the opposite order.
func run(options options) (failed error) {
	started := time.Now()
	if err := os.MkdirAll(options.dir, 0o700); err != nil {
		return err
	}
	ctx, stop := context.WithCancelCause(context.Background())
	defer stop(nil)
	if options.removeDir {
		defer func() {
			if errors.Is(context.Cause(ctx), errAbandoned) {
				failed = errors.Join(failed, remove(options.dir))
			}
		}()
	}
	stopWhenAsked(stop, options)

	listener, credentials, err := listen(options)
	if err != nil {
		return err
	}
	etcd, err := startEtcd(options.dir)
	if err != nil {
		return fmt.Errorf("etcd: %w", err)
	}
	defer etcd.Close()

	api, err := startAPIServer(listener, credentials, options)
	if err != nil {
		return fmt.Errorf("kube-apiserver: %w", err)
	}
	defer api.stop()
	if err := api.waitUntilReady(ctx, credentials); err != nil {
		return asked(ctx, err)
	}

	controllers, err := startControllers(ctx, stop, credentials, options.controllers)
	if err != nil {
		return asked(ctx, fmt.Errorf("kube-controller-manager: %w", err))
	}
	defer controllers.wait()
	scheduler, err := startScheduler(ctx, stop, credentials, options)
	if err != nil {
		return asked(ctx, fmt.Errorf("kube-scheduler: %w", err))
	}
	defer scheduler.wait()
	fmt.Printf("ready server=%s kubeconfig=%s after=%s\n", credentials.url, credentials.kubeconfig, time.Since(started))

	select {
	case <-ctx.Done():
	case err := <-api.ended:
		stop(fmt.Errorf("kube-apiserver ended: %v", err))
	}
	return asked(ctx, nil)
}

// remove takes dir out of the way at once, so that another server can begin there while its files are removed.
func remove(dir string) error {
	removed := fmt.Sprintf("%s.%d", filepath.Clean(dir), os.Getpid())
	if err := os.Rename(dir, removed); err != nil {
		return err
	}
	return os.RemoveAll(removed)
}
