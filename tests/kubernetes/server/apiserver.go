package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/spf13/pflag"
	cliflag "k8s.io/component-base/cli/flag"
	"k8s.io/kubernetes/cmd/kube-apiserver/app"
	apioptions "k8s.io/kubernetes/cmd/kube-apiserver/app/options"
)

const (
	readyPoll   = 50 * time.Millisecond
	readyAnswer = 5 * time.Second
	// What is still served when the API server stops is cut off after this time.
	stopPatience = 10 * time.Second
)

type apiServer struct {
	cancel context.CancelFunc
	// Why it ended, once.
	ended chan error
}

func startAPIServer(listener net.Listener, credentials *credentials, options options) (*apiServer, error) {
	server := apioptions.NewServerRunOptions()
	address := listener.Addr().(*net.TCPAddr)
	server.SecureServing.Listener, server.SecureServing.BindPort = listener, address.Port
	etcd := etcdURL(options.dir)
	args := []string{
		"--etcd-servers=" + etcd.String(),
		"--bind-address=" + address.IP.String(),
		"--advertise-address=" + address.IP.String(),
		// A loopback address is no valid endpoint.
		"--endpoint-reconciler-type=none",
		"--service-cluster-ip-range=10.96.0.0/16",
		"--tls-cert-file=" + credentials.serving.certificateFile,
		"--tls-private-key-file=" + credentials.serving.keyFile,
		"--client-ca-file=" + credentials.ca.certificateFile,
		"--service-account-issuer=https://kubernetes.default.svc",
		"--service-account-key-file=" + credentials.tokens.keyFile,
		"--service-account-signing-key-file=" + credentials.tokens.keyFile,
		"--authorization-mode=RBAC",
		"--profiling=false",
	}
	if err := parse(server.Flags(), append(args, strings.Fields(options.apiServerArgs)...)); err != nil {
		return nil, err
	}
	if err := server.GenericServerRunOptions.ComponentGlobalsRegistry.Set(); err != nil {
		return nil, err
	}
	// A context of its own: it stops after its clients.
	ctx, cancel := context.WithCancel(context.Background())
	completed, err := server.Complete(ctx)
	if err == nil {
		err = errors.Join(completed.Validate()...)
	}
	if err != nil {
		cancel()
		return nil, err
	}
	started := &apiServer{cancel: cancel, ended: make(chan error, 1)}
	go func() {
		started.ended <- app.Run(ctx, completed)
		close(started.ended)
	}()
	return started, nil
}

// parse hands args to the flags of a component as its own command line does. The commands themselves are of no use:
// they take over the signals.
func parse(sets cliflag.NamedFlagSets, args []string) error {
	all := pflag.NewFlagSet("", pflag.ContinueOnError)
	for _, set := range sets.FlagSets {
		all.AddFlagSet(set)
	}
	return all.Parse(args)
}

func (server *apiServer) waitUntilReady(ctx context.Context, credentials *credentials) error {
	client, err := adminClient(credentials)
	if err != nil {
		return err
	}
	defer client.CloseIdleConnections()
	for {
		if isReady(client, credentials.url) {
			return nil
		}
		select {
		case err := <-server.ended:
			return fmt.Errorf("kube-apiserver ended before it was ready: %v", err)
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(readyPoll):
		}
	}
}

func adminClient(credentials *credentials) (*http.Client, error) {
	admin, err := tls.X509KeyPair(credentials.admin.certificatePEM, credentials.admin.keyPEM)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	roots.AddCert(credentials.ca.certificate)
	return &http.Client{
		Timeout:   readyAnswer,
		Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots, Certificates: []tls.Certificate{admin}}},
	}, nil
}

func isReady(client *http.Client, url string) bool {
	answer, err := client.Get(url + "/readyz")
	if err != nil {
		return false
	}
	defer answer.Body.Close()
	return answer.StatusCode == http.StatusOK
}

// stop returns when the server has ended.
func (server *apiServer) stop() {
	server.cancel()
	select {
	case <-server.ended:
	case <-time.After(stopPatience):
		log.Printf("kube-apiserver still runs after %s", stopPatience)
	}
}
