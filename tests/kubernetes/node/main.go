// Node is what a node needs beside containerd, in one program: kubelet and kube-proxy as Kubernetes has them, and a small DNS.
// The first argument says which of them this process is, the others are that one's own.
package main

import (
	"context"
	"fmt"
	"os"

	"k8s.io/component-base/cli"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"

	"tributary.test/kubernetes/node/names"
)

func main() {
	if len(os.Args) < 2 {
		fail(fmt.Errorf("usage: %s kubelet|kube-proxy|dns ARGUMENT…", os.Args[0]))
	}
	part := os.Args[1]
	// They read the arguments themselves.
	os.Args = os.Args[1:]
	switch part {
	case "kubelet":
		os.Exit(cli.Run(kubelet.NewKubeletCommand(context.Background())))
	case "kube-proxy":
		os.Exit(cli.Run(proxy.NewProxyCommand()))
	case "dns":
		fail(names.Serve(os.Args[1:]))
	default:
		fail(fmt.Errorf("there is no part %q", part))
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "node:", err)
	os.Exit(1)
}
