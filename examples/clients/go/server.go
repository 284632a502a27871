package main

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"os"
	"strings"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/backoff"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	healthv1 "google.golang.org/grpc/health/grpc_health_v1"
	"google.golang.org/grpc/status"
)

// server is where the merger is, whom we believe to be it, and who we are.
type server struct {
	address, name, ca, cert, key, tokenFile string
	plaintext                               bool
}

// connect reads the files anew, so that renewed certificates count from the next connection on. The connection is made
// with the first call.
func (to server) connect() (*grpc.ClientConn, error) {
	options := []grpc.DialOption{
		grpc.WithConnectParams(grpc.ConnectParams{Backoff: backoff.DefaultConfig, MinConnectTimeout: 3 * time.Second}),
	}
	if to.plaintext {
		if to.tokenFile != "" {
			return nil, errors.New("--token-file: a token goes over TLS only")
		}
		options = append(options, grpc.WithTransportCredentials(insecure.NewCredentials()))
	} else {
		config, err := to.tls()
		if err != nil {
			return nil, err
		}
		options = append(options, grpc.WithTransportCredentials(credentials.NewTLS(config)))
	}
	if to.tokenFile != "" {
		options = append(options, grpc.WithPerRPCCredentials(token(to.tokenFile)))
	}
	return grpc.NewClient("passthrough:///"+to.address, options...)
}

const (
	askInterval = time.Second
	askDeadline = 3 * time.Second
)

var errHangs = errors.New("the server hangs")

// whileAlive is a context that ends, with errHangs, once the server has been silent for too long: within five seconds, even if
// nothing is to be told. gRPC's keep-alive does the same, but in Go it asks every ten seconds at most.
func whileAlive(ctx context.Context, connection *grpc.ClientConn) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancelCause(ctx)
	go func() {
		health := healthv1.NewHealthClient(connection)
		for {
			select {
			case <-time.After(askInterval):
			case <-ctx.Done():
				return
			}
			asked, done := context.WithTimeout(ctx, askDeadline)
			// Whatever it answers, it is there. Whoever asks for something hears of every other failure.
			_, err := health.Check(asked, &healthv1.HealthCheckRequest{})
			done()
			if status.Code(err) == codes.DeadlineExceeded {
				cancel(errHangs)
			}
		}
	}()
	return ctx, func() { cancel(nil) }
}

// why is what ended a call: that the server hangs, where it was that.
func why(ctx context.Context, err error) error {
	if err != nil && errors.Is(context.Cause(ctx), errHangs) {
		return errHangs
	}
	return err
}

func (to server) tls() (*tls.Config, error) {
	config := &tls.Config{ServerName: to.name, MinVersion: tls.VersionTLS12}
	// Without a file those count that the system believes.
	if to.ca != "" {
		pem, err := os.ReadFile(to.ca)
		if err != nil {
			return nil, err
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(pem) {
			return nil, fmt.Errorf("%s: no certificate in it", to.ca)
		}
	}
	if to.cert != "" || to.key != "" {
		pair, err := tls.LoadX509KeyPair(to.cert, to.key)
		if err != nil {
			return nil, err
		}
		config.Certificates = []tls.Certificate{pair}
	}
	return config, nil
}

// token is the file that holds it. The kubelet renews a ServiceAccount's in place.
type token string

func (file token) GetRequestMetadata(context.Context, ...string) (map[string]string, error) {
	content, err := os.ReadFile(string(file))
	if err != nil {
		return nil, err
	}
	return map[string]string{"authorization": "Bearer " + strings.TrimSpace(string(content))}, nil
}

func (token) RequireTransportSecurity() bool { return true }
