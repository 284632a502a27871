package main

import (
	"context"
	"fmt"
	"log"
	"time"

	"k8s.io/client-go/rest"
	"k8s.io/kubernetes/cmd/kube-controller-manager/app"
	manageroptions "k8s.io/kubernetes/cmd/kube-controller-manager/app/options"
)

// Controllers that do not end in time are left to the end of the process.
const controllerPatience = 5 * time.Second

// controllers run as the admin until their context ends.
type controllers struct{ ended chan struct{} }

// startControllers starts kube-controller-manager with those named, or nothing when none is. If it ends by itself, the
// server stops.
func startControllers(ctx context.Context, stop context.CancelCauseFunc, credentials *credentials, names string) (*controllers, error) {
	started := &controllers{ended: make(chan struct{})}
	if names == "" {
		close(started.ended)
		return started, nil
	}
	rest.SetDefaultWarningHandler(rest.NoWarnings{})
	manager, err := manageroptions.NewKubeControllerManagerOptions()
	if err != nil {
		return nil, err
	}
	all, off, aliases := app.KnownControllers(), app.ControllersDisabledByDefault(), app.ControllerAliases()
	flags := manager.Flags(all, off, aliases)
	manager.ParsedFlags = &flags
	if err := parse(flags, []string{
		"--kubeconfig=" + credentials.kubeconfig,
		"--controllers=" + names,
		"--root-ca-file=" + credentials.ca.certificateFile,
		"--service-account-private-key-file=" + credentials.tokens.keyFile,
		// One runs, and nobody asks it for its health.
		"--leader-elect=false", "--secure-port=0",
		// Tests wait for what the controllers do: nothing shall wait for its turn.
		"--kube-api-qps=1000", "--kube-api-burst=2000",
	}); err != nil {
		return nil, err
	}
	config, err := manager.Config(ctx, all, off, aliases)
	if err != nil {
		return nil, err
	}
	go func() {
		defer close(started.ended)
		err := app.Run(ctx, config.Complete())
		// Of no effect when the end was asked for: the first cause counts.
		stop(fmt.Errorf("kube-controller-manager ended: %v", err))
	}()
	return started, nil
}

// wait returns when they have ended, which they do when the context has.
func (running *controllers) wait() {
	select {
	case <-running.ended:
	case <-time.After(controllerPatience):
		log.Printf("controllers still run after %s", controllerPatience)
	}
}
