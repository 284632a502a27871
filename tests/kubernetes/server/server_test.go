package main

import (
	"crypto/x509"
	"errors"
	"net"
	"os"
	"path/filepath"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

func TestCredentialsSurviveARestart(t *testing.T) {
	dir := t.TempDir()
	address := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 6443}
	first, err := makeCredentials(dir, address)
	if err != nil {
		t.Fatal(err)
	}
	second, err := makeCredentials(dir, address)
	if err != nil {
		t.Fatal(err)
	}
	if !first.ca.certificate.Equal(second.ca.certificate) || !first.tokens.key.Equal(second.tokens.key) {
		t.Error("a restart makes another cluster")
	}
	roots := x509.NewCertPool()
	roots.AddCert(second.ca.certificate)
	if _, err := first.serving.certificate.Verify(x509.VerifyOptions{Roots: roots, DNSName: "127.0.0.1"}); err != nil {
		t.Error(err)
	}
}

func TestABrokenCertificateIsNamed(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ca")
	if err := os.WriteFile(path+".crt", []byte("no PEM"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := issue(path, x509.Certificate{}, nil); err == nil {
		t.Error("it was accepted")
	}
}

func TestTheLastUserEndsTheWait(t *testing.T) {
	path := filepath.Join(t.TempDir(), "users")
	user, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	if err := lock(int(user.Fd()), syscall.LOCK_SH); err != nil {
		t.Fatal(err)
	}
	var left atomic.Bool
	ended := make(chan error, 1)
	go func() {
		err := waitUntilUnlocked(path, time.Millisecond)
		if !left.Load() {
			err = errors.Join(err, errors.New("it ended while there was a user"))
		}
		ended <- err
	}()
	left.Store(true)
	if err := user.Close(); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	next, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	if err := lock(int(next.Fd()), syscall.LOCK_SH|syscall.LOCK_NB); err == nil {
		t.Error("a user came in after the end")
	}
}

func TestOptionsAreChecked(t *testing.T) {
	for _, args := range [][]string{{}, {"-dir", "x", "y"}, {"-unknown"}} {
		if _, err := parseOptions(args); err == nil {
			t.Errorf("%q was accepted", args)
		}
	}
	parsed, err := parseOptions([]string{"-dir", "x", "-controllers", ""})
	if err != nil || parsed.dir != "x" || parsed.controllers != "" || parsed.bind != "127.0.0.1:0" {
		t.Errorf("%+v, %v", parsed, err)
	}
}
