// Pause is the first process of every pod: it holds the pod's namespaces while its containers come and go, and does nothing.
package main

import "syscall"

func main() {
	for {
		// Of no interest: it returns when a signal was handled, and none is.
		_ = syscall.Pause()
	}
}
