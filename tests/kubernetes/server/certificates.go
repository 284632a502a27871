package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"math/big"
	"os"
	"time"
)

// identity is a certificate and its key, as they lie in two files.
type identity struct {
	certificateFile, keyFile string
	certificatePEM, keyPEM   []byte
	certificate              *x509.Certificate
	key                      *ecdsa.PrivateKey
}

// issue signs template by the issuer (by itself when there is none) and writes PATH.crt and PATH.key. What an earlier
// start on the same folder left is taken instead: clients that trust it shall go on to.
func issue(path string, template x509.Certificate, issuer *identity) (*identity, error) {
	issued := &identity{certificateFile: path + ".crt", keyFile: path + ".key"}
	_, err := os.Stat(issued.certificateFile)
	if errors.Is(err, os.ErrNotExist) {
		err = issued.create(template, issuer)
	}
	if err == nil {
		err = issued.load()
	}
	if err != nil {
		return nil, fmt.Errorf("certificate %s: %w", issued.certificateFile, err)
	}
	return issued, nil
}

func (id *identity) create(template x509.Certificate, issuer *identity) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		return err
	}
	template.SerialNumber = serial
	// The past hour is for clocks that differ, the year for folders that are kept.
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().AddDate(1, 0, 0)
	template.KeyUsage |= x509.KeyUsageDigitalSignature
	parent, signer := &template, key
	if issuer != nil {
		parent, signer = issuer.certificate, issuer.key
	}
	certificate, err := x509.CreateCertificate(rand.Reader, &template, parent, &key.PublicKey, signer)
	if err != nil {
		return err
	}
	encodedKey, err := x509.MarshalECPrivateKey(key)
	if err != nil {
		return err
	}
	// The certificate last: where it is, the key is, too.
	if err := writePEM(id.keyFile, "EC PRIVATE KEY", encodedKey); err != nil {
		return err
	}
	return writePEM(id.certificateFile, "CERTIFICATE", certificate)
}

func (id *identity) load() (err error) {
	var block *pem.Block
	if id.certificatePEM, block, err = readPEM(id.certificateFile); err != nil {
		return err
	}
	if id.certificate, err = x509.ParseCertificate(block.Bytes); err != nil {
		return err
	}
	if id.keyPEM, block, err = readPEM(id.keyFile); err != nil {
		return err
	}
	id.key, err = x509.ParseECPrivateKey(block.Bytes)
	return err
}

func writePEM(path, kind string, content []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600)
}

func readPEM(path string) ([]byte, *pem.Block, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, nil, err
	}
	block, _ := pem.Decode(text)
	if block == nil {
		return nil, nil, fmt.Errorf("%s holds no PEM", path)
	}
	return text, block, nil
}
