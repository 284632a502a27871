package main

import (
	"fmt"
	"strings"

	typesv1 "example.com/tributary/listeners/gen/tributary/types/v1"
)

// listener is what is shown of one, under the names of `tributary get listeners -o json`.
type listener struct {
	Owner          owner   `json:"owner"`
	Listener       string  `json:"listener"`
	Gateway        object  `json:"gateway"`
	Port           uint32  `json:"port"`
	Protocol       string  `json:"protocol"`
	Hostname       *string `json:"hostname"`
	State          string  `json:"state"`
	Reason         *string `json:"reason"`
	AttachedRoutes int     `json:"attachedRoutes"`
	DNSName        *string `json:"dnsName"`
	ELBListener    *string `json:"elbListener"`
}

type owner struct {
	Kind      string `json:"kind"`
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

type object struct {
	Namespace string `json:"namespace"`
	Name      string `json:"name"`
}

// key is a listener's identity: names repeat freely between owners.
type key struct {
	owner owner
	name  string
}

func keyOf(ref *typesv1.ListenerRef) key {
	of := ref.GetOwner()
	return key{
		owner: owner{
			Kind:      camelCase("KIND_", of.GetKind().String()),
			Namespace: of.GetKey().GetNamespace(),
			Name:      of.GetKey().GetName(),
		},
		name: ref.GetName(),
	}
}

func show(view *typesv1.ListenerView) listener {
	resolved := view.GetResolved()
	key := keyOf(resolved.GetListener())
	return listener{
		Owner:          key.owner,
		Listener:       key.name,
		Gateway:        object{resolved.GetGateway().GetNamespace(), resolved.GetGateway().GetName()},
		Port:           resolved.GetPort(),
		Protocol:       resolved.GetProtocol(),
		Hostname:       resolved.Hostname,
		State:          camelCase(statePrefix, view.GetState().String()),
		Reason:         view.Reason,
		AttachedRoutes: len(resolved.GetAttachedRoutes()),
		DNSName:        view.DnsName,
		ELBListener:    view.ElbListener,
	}
}

const statePrefix = "LISTENER_STATE_"

// camelCase turns LISTENER_STATE_NOT_SERVED into NotServed. A value of a later version is shown as its number.
func camelCase(prefix, value string) string {
	var word strings.Builder
	for part := range strings.SplitSeq(strings.TrimPrefix(value, prefix), "_") {
		word.WriteString(part[:1] + strings.ToLower(part[1:]))
	}
	return word.String()
}

func parseState(word string) (typesv1.ListenerState, error) {
	for number, value := range typesv1.ListenerState_name {
		if number != 0 && camelCase(statePrefix, value) == word {
			return typesv1.ListenerState(number), nil
		}
	}
	return 0, fmt.Errorf("--state %s: there is no such state", word)
}
