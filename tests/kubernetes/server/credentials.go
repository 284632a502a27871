package main

import (
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"fmt"
	"net"
	"os"
	"path/filepath"
)

// What pods of a node know the API server by: the first address of the Services.
var inPods = net.IPv4(10, 96, 0, 1)

// credentials are the cluster's address and keys.
type credentials struct {
	url        string
	kubeconfig string
	ca         *identity
	serving    *identity
	admin      *identity
	// Signs the tokens of service accounts: only its key matters.
	tokens *identity
}

// listen takes the address and makes what belongs to it: certificates, keys, the admin's kubeconfig.
func listen(options options) (net.Listener, *credentials, error) {
	listener, err := net.Listen("tcp", options.bind)
	if err != nil {
		return nil, nil, err
	}
	made, err := makeCredentials(options.dir, listener.Addr().(*net.TCPAddr))
	if err != nil {
		return nil, nil, err
	}
	return listener, made, nil
}

func makeCredentials(dir string, address *net.TCPAddr) (*credentials, error) {
	made := &credentials{url: "https://" + address.String(), kubeconfig: filepath.Join(dir, "kubeconfig")}
	var err error
	if made.ca, err = issue(filepath.Join(dir, "ca"), x509.Certificate{
		Subject:               pkix.Name{CommonName: "tributary-tests"},
		IsCA:                  true,
		BasicConstraintsValid: true,
		KeyUsage:              x509.KeyUsageCertSign,
	}, nil); err != nil {
		return nil, err
	}
	// By the address: a folder may be served at another one the next time.
	if made.serving, err = issue(filepath.Join(dir, "serving-"+address.IP.String()), x509.Certificate{
		Subject:     pkix.Name{CommonName: "kube-apiserver"},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		DNSNames:    []string{"localhost", "kubernetes.default.svc"},
		IPAddresses: []net.IP{address.IP, inPods},
	}, made.ca); err != nil {
		return nil, err
	}
	if made.admin, err = issue(filepath.Join(dir, "admin"), x509.Certificate{
		// RBAC has no rules for this group: it may do everything.
		Subject:     pkix.Name{CommonName: "admin", Organization: []string{"system:masters"}},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth},
	}, made.ca); err != nil {
		return nil, err
	}
	if made.tokens, err = issue(filepath.Join(dir, "tokens"), x509.Certificate{}, made.ca); err != nil {
		return nil, err
	}
	return made, os.WriteFile(made.kubeconfig, made.adminConfig(), 0o600)
}

func (c *credentials) adminConfig() []byte {
	base64 := base64.StdEncoding.EncodeToString
	return fmt.Appendf(nil, `apiVersion: v1
kind: Config
current-context: tests
contexts: [{name: tests, context: {cluster: tests, user: admin}}]
clusters: [{name: tests, cluster: {server: "%s", certificate-authority-data: %s}}]
users: [{name: admin, user: {client-certificate-data: %s, client-key-data: %s}}]
`, c.url, base64(c.ca.certificatePEM), base64(c.admin.certificatePEM), base64(c.admin.keyPEM))
}
