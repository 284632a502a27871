package main

import (
	"net/url"
	"path/filepath"

	"go.etcd.io/etcd/server/v3/embed"
)

// The database never holds more than a benchmark's objects and their history.
const etcdQuota = 4 << 30

// etcdURL is where etcd listens: a socket in dir, which nobody else can take or reach.
func etcdURL(dir string) url.URL { return socket(dir, "etcd.sock") }

func socket(dir, name string) url.URL {
	return url.URL{Scheme: "unix", Path: filepath.Join(dir, name)}
}

func startEtcd(dir string) (*embed.Etcd, error) {
	config := embed.NewConfig()
	config.Dir = filepath.Join(dir, "etcd")
	config.LogLevel = "fatal"
	config.QuotaBackendBytes = etcdQuota
	// Survives the death of the process, though not the machine's: what tests need.
	config.UnsafeNoFsync = true
	// It is alone: its election needs no patience, and it is the start that waits for it.
	config.TickMs, config.ElectionMs = 10, 100
	clients, peers := []url.URL{etcdURL(dir)}, []url.URL{socket(dir, "peer.sock")}
	config.ListenClientUrls, config.AdvertiseClientUrls = clients, clients
	config.ListenPeerUrls, config.AdvertisePeerUrls = peers, peers
	config.InitialCluster = config.InitialClusterFromName(config.Name)

	etcd, err := embed.StartEtcd(config)
	if err != nil {
		return nil, err
	}
	select {
	case <-etcd.Server.ReadyNotify():
		return etcd, nil
	case err := <-etcd.Err():
		return nil, err
	}
}
