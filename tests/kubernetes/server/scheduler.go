package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"k8s.io/client-go/tools/cache"
	"k8s.io/kubernetes/cmd/kube-scheduler/app"
	scheduleroptions "k8s.io/kubernetes/cmd/kube-scheduler/app/options"
)

// scheduler runs as the admin until its context ends.
type scheduler struct{ ended chan struct{} }

// startScheduler starts kube-scheduler where there are nodes to choose from. If it ends by itself, the server stops.
func startScheduler(ctx context.Context, stop context.CancelCauseFunc, credentials *credentials, options options) (*scheduler, error) {
	started := &scheduler{ended: make(chan struct{})}
	if !options.scheduler {
		close(started.ended)
		return started, nil
	}
	chosen := scheduleroptions.NewOptions()
	// One runs, and nobody asks it for its health.
	if err := parse(*chosen.Flags, []string{"--kubeconfig=" + credentials.kubeconfig, "--leader-elect=false", "--secure-port=0"}); err != nil {
		return nil, err
	}
	var err error
	if chosen.InformerName, err = cache.NewInformerName("kube-scheduler"); err != nil {
		return nil, err
	}
	config, running, err := app.Setup(ctx, chosen)
	if err != nil {
		return nil, err
	}
	go func() {
		defer close(started.ended)
		err := app.Run(ctx, config, running)
		// Of no effect when the end was asked for: the first cause counts.
		stop(fmt.Errorf("kube-scheduler ended: %v", err))
	}()
	return started, nil
}

// wait returns when it has ended, which it does when the context has.
func (running *scheduler) wait() {
	select {
	case <-running.ended:
	case <-time.After(controllerPatience):
		log.Printf("kube-scheduler still runs after %s", controllerPatience)
	}
}
