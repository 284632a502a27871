package names

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
	corev1 "k8s.io/api/core/v1"
	discoveryv1 "k8s.io/api/discovery/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	core "k8s.io/client-go/listers/core/v1"
	discovery "k8s.io/client-go/listers/discovery/v1"
	"k8s.io/client-go/tools/cache"
)

// A Service with one address, a headless one with a ready endpoint and another, and one with more than a datagram holds.
func world(t *testing.T) zoned {
	services := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
	endpoints := cache.NewIndexer(cache.MetaNamespaceKeyFunc, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
	service := func(name, address string) {
		spec := corev1.ServiceSpec{ClusterIP: address, ClusterIPs: []string{address}}
		add(t, services, &corev1.Service{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: name}, Spec: spec})
	}
	slice := func(service string, endpointsOf ...discoveryv1.Endpoint) {
		labels := map[string]string{discoveryv1.LabelServiceName: service}
		add(t, endpoints, &discoveryv1.EndpointSlice{ObjectMeta: metav1.ObjectMeta{Namespace: "shop", Name: service, Labels: labels}, Endpoints: endpointsOf})
	}
	endpoint := func(address string, ready bool) discoveryv1.Endpoint {
		return discoveryv1.Endpoint{Addresses: []string{address}, Conditions: discoveryv1.EndpointConditions{Ready: &ready}}
	}
	service("cart", "10.96.0.7")
	service("stock", corev1.ClusterIPNone)
	slice("stock", endpoint("10.244.0.5", true), endpoint("10.244.0.6", false))
	service("many", corev1.ClusterIPNone)
	var many []discoveryv1.Endpoint
	for i := range 100 {
		many = append(many, endpoint(fmt.Sprintf("10.244.1.%d", i), true))
	}
	slice("many", many...)
	return zoned{core.NewServiceLister(services), discovery.NewEndpointSliceLister(endpoints)}
}

func add(t *testing.T, store cache.Indexer, object any) {
	t.Helper()
	if err := store.Add(object); err != nil {
		t.Fatal(err)
	}
}

func ask(t *testing.T, name string, kind dnsmessage.Type) dnsmessage.Message {
	t.Helper()
	question := dnsmessage.Question{Name: dnsmessage.MustNewName(name), Type: kind, Class: dnsmessage.ClassINET}
	asked := dnsmessage.Message{Header: dnsmessage.Header{ID: 7, RecursionDesired: true}, Questions: []dnsmessage.Question{question}}
	packed, err := asked.Pack()
	if err != nil {
		t.Fatal(err)
	}
	packed, err = world(t).answer(packed)
	if err != nil {
		t.Fatal(err)
	}
	var answer dnsmessage.Message
	if err := answer.Unpack(packed); err != nil {
		t.Fatal(err)
	}
	if answer.ID != 7 || !answer.Response || len(packed) > mostBytes {
		t.Errorf("%+v, %d bytes", answer.Header, len(packed))
	}
	return answer
}

func TestWhatNamesHave(t *testing.T) {
	for _, it := range []struct {
		name  string
		kind  dnsmessage.Type
		code  dnsmessage.RCode
		wants []string
	}{
		{"cart.shop.svc.cluster.local.", dnsmessage.TypeA, dnsmessage.RCodeSuccess, []string{"10.96.0.7"}},
		{"Cart.Shop.svc.cluster.local.", dnsmessage.TypeA, dnsmessage.RCodeSuccess, []string{"10.96.0.7"}},
		// There, but not of this type: with "no such name" glibc would not ask for A any more.
		{"cart.shop.svc.cluster.local.", dnsmessage.TypeAAAA, dnsmessage.RCodeSuccess, nil},
		{"stock.shop.svc.cluster.local.", dnsmessage.TypeA, dnsmessage.RCodeSuccess, []string{"10.244.0.5"}},
		{"nobody.shop.svc.cluster.local.", dnsmessage.TypeA, dnsmessage.RCodeNameError, nil},
		{"cart.svc.cluster.local.", dnsmessage.TypeA, dnsmessage.RCodeNameError, nil},
		{"a.cart.shop.svc.cluster.local.", dnsmessage.TypeA, dnsmessage.RCodeNameError, nil},
		{"cart.shop.", dnsmessage.TypeA, dnsmessage.RCodeNameError, nil},
		{"example.com.", dnsmessage.TypeA, dnsmessage.RCodeNameError, nil},
	} {
		t.Run(strings.ToLower(it.name)+it.kind.String(), func(t *testing.T) {
			answer := ask(t, it.name, it.kind)
			var got []string
			for _, resource := range answer.Answers {
				a := resource.Body.(*dnsmessage.AResource).A
				got = append(got, fmt.Sprintf("%d.%d.%d.%d", a[0], a[1], a[2], a[3]))
			}
			if answer.RCode != it.code || !slices.Equal(got, it.wants) {
				t.Errorf("%s, %q", answer.RCode, got)
			}
		})
	}
}

func TestWhatDoesNotFitIsSaidToBeCut(t *testing.T) {
	answer := ask(t, "many.shop.svc.cluster.local.", dnsmessage.TypeA)
	if !answer.Truncated || len(answer.Answers) < 20 {
		t.Errorf("%+v, %d answers", answer.Header, len(answer.Answers))
	}
}

func TestWhatIsNoQuestionGetsNoAnswer(t *testing.T) {
	for _, message := range [][]byte{nil, []byte("short"), make([]byte, 12)} {
		if answer, err := world(t).answer(message); err == nil {
			t.Errorf("%q is answered with %q", message, answer)
		}
	}
}
