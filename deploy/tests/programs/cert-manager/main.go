// Cert-manager is cert-manager's controllers as far as tests need them: issuers that sign by themselves or by a Secret, certificates from
// the trigger to the Secret, and the shim that makes Certificates of annotated Gateways and ListenerSets. No ACME, no webhook, and
// nobody leads: there is one.
//
//	cert-manager KUBECONFIG        prints "ready …" once its controllers run, and ends with its standard input
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/cert-manager/cert-manager/pkg/controller"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificate-shim/gateways"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificate-shim/listenerset"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/approver"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/ca"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificaterequests/selfsigned"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/issuing"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/keymanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/readiness"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/requestmanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/revisionmanager"
	_ "github.com/cert-manager/cert-manager/pkg/controller/certificates/trigger"
	_ "github.com/cert-manager/cert-manager/pkg/controller/clusterissuers"
	_ "github.com/cert-manager/cert-manager/pkg/controller/issuers"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/ca"
	_ "github.com/cert-manager/cert-manager/pkg/issuer/selfsigned"
	"github.com/cert-manager/cert-manager/pkg/util/feature"
)

// What cert-manager's own flags default to, and the two that an operator sets for ListenerSets.
func options(kubeconfig string) controller.ContextOptions {
	return controller.ContextOptions{
		Kubeconfig:         kubeconfig,
		KubernetesAPIQPS:   20,
		KubernetesAPIBurst: 50,
		IssuerOptions:      controller.IssuerOptions{ClusterResourceNamespace: "cert-manager"},
		CertificateOptions: controller.CertificateOptions{
			CertificateRequestMinimumBackoffDuration: time.Hour,
			CertificateRequestMaximumBackoffDuration: 32 * time.Hour,
		},
		ConfigOptions: controller.ConfigOptions{EnableGatewayAPI: true, EnableGatewayAPIListenerSet: true},
	}
}

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintf(os.Stderr, "usage: %s KUBECONFIG\n", os.Args[0])
		os.Exit(2)
	}
	ctx, cancel := context.WithCancel(context.Background())
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		cancel()
	}()
	if err := run(ctx, cancel, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "cert-manager:", err)
		os.Exit(1)
	}
}

// run ends when ctx does, or with the first controller that fails.
func run(ctx context.Context, cancel context.CancelFunc, kubeconfig string) error {
	// As --feature-gates has it.
	if err := feature.DefaultMutableFeatureGate.Set("ListenerSets=true"); err != nil {
		return err
	}
	factory, err := controller.NewContextFactory(ctx, options(kubeconfig))
	if err != nil {
		return err
	}
	shared, err := factory.Build()
	if err != nil {
		return err
	}
	controllers := map[string]controller.Interface{}
	for name, construct := range controller.Known() {
		if controllers[name], err = construct(factory); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	// Only now: the controllers have said what they want to hear of.
	shared.SharedInformerFactory.Start(ctx.Done())
	shared.KubeSharedInformerFactory.Start(ctx.Done())
	shared.GWShared.Start(ctx.Done())
	shared.HTTP01ResourceMetadataInformersFactory.Start(ctx.Done())
	for kind, isSynced := range shared.SharedInformerFactory.WaitForCacheSync(ctx.Done()) {
		if !isSynced {
			return fmt.Errorf("%s were not listed", kind)
		}
	}
	for kind, isSynced := range shared.GWShared.WaitForCacheSync(ctx.Done()) {
		if !isSynced {
			return fmt.Errorf("%s were not listed", kind)
		}
	}
	var running sync.WaitGroup
	ended := make(chan error, len(controllers))
	for name, it := range controllers {
		running.Go(func() {
			if err := it.Run(5, ctx); err != nil {
				ended <- fmt.Errorf("%s: %w", name, err)
			}
			cancel()
		})
	}
	fmt.Printf("ready controllers=%d\n", len(controllers))
	running.Wait()
	close(ended)
	var all error
	for err := range ended {
		all = errors.Join(all, err)
	}
	return all
}
