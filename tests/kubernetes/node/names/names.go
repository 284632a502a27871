// Package names answers for Services as Kubernetes' DNS specification has it, with as much of it as pods here ask for: A of a
// Service, and of the ready endpoints of a headless one. All else does not exist: no way leads out of the node.
//
//	pod ── UDP ── Serve ── answer ── addresses <── informers <── kube-apiserver
//
// It must not grow: a test that wants more of DNS wants CoreDNS.
package names

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"strings"

	"golang.org/x/net/dns/dnsmessage"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/client-go/informers"
	"k8s.io/client-go/kubernetes"
	core "k8s.io/client-go/listers/core/v1"
	discovery "k8s.io/client-go/listers/discovery/v1"
	"k8s.io/client-go/tools/clientcmd"
)

const (
	zone = ".svc.cluster.local."
	// Seconds for which an answer may be remembered: a Service that was made anew has another address.
	ttl = 1
	// What fits into a datagram without extensions. Whoever gets more than that is told so, and has to do with it.
	mostBytes = 512
)

// zoned is what is known of the cluster.
type zoned struct {
	services core.ServiceLister
	slices   discovery.EndpointSliceLister
}

// Serve answers until it fails. It says "ready" once it knows the cluster.
func Serve(args []string) error {
	flags := flag.NewFlagSet("dns", flag.ContinueOnError)
	kubeconfig := flags.String("kubeconfig", "", "of who may list Services and EndpointSlices")
	listen := flags.String("listen", "127.0.0.1:53", "address, over UDP")
	if err := flags.Parse(args); err != nil {
		return err
	}
	config, err := clientcmd.BuildConfigFromFlags("", *kubeconfig)
	if err != nil {
		return err
	}
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	factory := informers.NewSharedInformerFactory(client, 0)
	known := zoned{factory.Core().V1().Services().Lister(), factory.Discovery().V1().EndpointSlices().Lister()}
	ctx := context.Background()
	factory.Start(ctx.Done())
	factory.WaitForCacheSync(ctx.Done())
	socket, err := net.ListenPacket("udp", *listen)
	if err != nil {
		return err
	}
	fmt.Println("ready", socket.LocalAddr())
	buffer := make([]byte, 4*mostBytes)
	for {
		length, client, err := socket.ReadFrom(buffer)
		if err != nil {
			return err
		}
		answer, err := known.answer(buffer[:length])
		if err != nil {
			fmt.Println("no answer to", client, "because of", err)
			continue
		}
		if _, err := socket.WriteTo(answer, client); err != nil {
			fmt.Println("no answer to", client, "because of", err)
		}
	}
}

// answer to a message, both as they are sent.
func (known zoned) answer(message []byte) ([]byte, error) {
	var asked dnsmessage.Message
	if err := asked.Unpack(message); err != nil {
		return nil, err
	}
	if asked.Response || len(asked.Questions) != 1 {
		return nil, errors.New("it is no question")
	}
	question := asked.Questions[0]
	answer := dnsmessage.Message{
		Header:    dnsmessage.Header{ID: asked.ID, Response: true, Authoritative: true, RecursionDesired: asked.RecursionDesired},
		Questions: asked.Questions,
	}
	found, err := known.addresses(question.Name.String())
	switch {
	case apierrors.IsNotFound(err):
		answer.RCode = dnsmessage.RCodeNameError
	case err != nil:
		return nil, err
	case question.Type == dnsmessage.TypeA:
		for _, address := range found {
			header := dnsmessage.ResourceHeader{Name: question.Name, Class: dnsmessage.ClassINET, TTL: ttl}
			answer.Answers = append(answer.Answers, dnsmessage.Resource{Header: header, Body: &dnsmessage.AResource{A: address.As4()}})
		}
	}
	packed, err := answer.Pack()
	for err == nil && len(packed) > mostBytes {
		answer.Truncated, answer.Answers = true, answer.Answers[:len(answer.Answers)-1]
		packed, err = answer.Pack()
	}
	return packed, err
}

// addresses of SERVICE.NAMESPACE in the zone, of the fourth version of IP. Not found is what is no Service's name.
func (known zoned) addresses(name string) ([]netip.Addr, error) {
	inner, within := strings.CutSuffix(strings.ToLower(name), zone)
	service, namespace, two := strings.Cut(inner, ".")
	if !within || !two || strings.Contains(namespace, ".") {
		return nil, apierrors.NewNotFound(corev1.Resource("services"), name)
	}
	found, err := known.services.Services(namespace).Get(service)
	if err != nil {
		return nil, err
	}
	texts := found.Spec.ClusterIPs
	if found.Spec.ClusterIP == corev1.ClusterIPNone {
		if texts, err = known.ready(found); err != nil {
			return nil, err
		}
	}
	var addresses []netip.Addr
	for _, text := range texts {
		address, err := netip.ParseAddr(text)
		if err != nil {
			return nil, err
		}
		if address.Is4() {
			addresses = append(addresses, address)
		}
	}
	return addresses, nil
}

// ready endpoints of a Service.
func (known zoned) ready(service *corev1.Service) (addresses []string, err error) {
	of := labels.SelectorFromSet(labels.Set{discoveryv1.LabelServiceName: service.Name})
	slices, err := known.slices.EndpointSlices(service.Namespace).List(of)
	for _, slice := range slices {
		for _, endpoint := range slice.Endpoints {
			if ready := endpoint.Conditions.Ready; ready == nil || *ready || service.Spec.PublishNotReadyAddresses {
				addresses = append(addresses, endpoint.Addresses...)
			}
		}
	}
	return addresses, err
}
