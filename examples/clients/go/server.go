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
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/keepalive"
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
		// One that hangs is found even if nothing is to be told.
		grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: 10 * time.Second, Timeout: 5 * time.Second}),
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
