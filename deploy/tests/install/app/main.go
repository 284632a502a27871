// App is what an application is to the install test, in place of the image that the examples name: it takes its flags, answers
// their text, and is all that is in its image.
package main

import (
	"flag"
	"fmt"
	"log"
	"net/http"
)

func main() {
	listen := flag.String("listen", ":8080", "address")
	text := flag.String("text", "", "the answer")
	flag.Parse()
	http.HandleFunc("/", func(answer http.ResponseWriter, _ *http.Request) {
		// Who went away hears nothing.
		_, _ = fmt.Fprintln(answer, *text)
	})
	log.Fatal(http.ListenAndServe(*listen, nil))
}
