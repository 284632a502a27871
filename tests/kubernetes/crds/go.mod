// Names the version of the Gateway API whose CRDs the tests install; go.sum holds the hash of its contents. A module
// of its own, so that its requirements change no version of the server's. There is no code here: `go mod tidy` would
// empty it.
module tributary.test/kubernetes/crds

go 1.26.0

require sigs.k8s.io/gateway-api v1.6.1
