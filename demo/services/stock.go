// The shop's stock: answers for itself and calls nobody.
//
// PORT, INSTANCE and VERSION come from the environment.
package main

import (
	"context"
	"encoding/json"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const name = "stock"

type hop struct {
	Service  string            `json:"service"`
	Language string            `json:"language"`
	Instance string            `json:"instance"`
	Version  string            `json:"version"`
	Headers  map[string]string `json:"headers"`
}

type reply struct {
	Service string `json:"service"`
	Hops    []hop  `json:"hops"`
}

func environment(key, otherwise string) string {
	if value := os.Getenv(key); value != "" {
		return value
	}
	return otherwise
}

func isTraceHeader(lower string) bool {
	switch lower {
	case "traceparent", "tracestate", "b3", "x-request-id":
		return true
	}
	return strings.HasPrefix(lower, "x-b3-")
}

func answer(response http.ResponseWriter, value any) {
	body, err := json.Marshal(value)
	if err != nil {
		http.Error(response, err.Error(), http.StatusInternalServerError)
		return
	}
	body = append(body, '\n')
	response.Header().Set("Content-Type", "application/json")
	response.Header().Set("Content-Length", strconv.Itoa(len(body)))
	if _, err := response.Write(body); err != nil {
		log.Printf("connection lost while answering: %v", err)
	}
}

func main() {
	instance := environment("INSTANCE", name)
	version := environment("VERSION", "v1")
	handler := http.NewServeMux()
	handler.HandleFunc("/healthz", func(response http.ResponseWriter, _ *http.Request) {
		answer(response, map[string]string{"status": "ok"})
	})
	handler.HandleFunc("/", func(response http.ResponseWriter, request *http.Request) {
		seen := map[string]string{}
		for key, values := range request.Header {
			if lower := strings.ToLower(key); isTraceHeader(lower) {
				seen[lower] = strings.Join(values, ",")
			}
		}
		answer(response, reply{name, []hop{{name, "Go", instance, version, seen}}})
	})

	listener, err := net.Listen("tcp", "127.0.0.1:"+os.Getenv("PORT"))
	if err != nil {
		log.Fatal(err)
	}
	server := &http.Server{Handler: handler, ReadHeaderTimeout: 30 * time.Second, IdleTimeout: time.Hour}
	stopped := make(chan struct{})
	go func() {
		signals := make(chan os.Signal, 1)
		signal.Notify(signals, syscall.SIGTERM, syscall.SIGINT)
		<-signals
		patience, cancel := context.WithTimeout(context.Background(), 2*time.Second)
		defer cancel()
		if err := server.Shutdown(patience); err != nil {
			log.Printf("connections cut at the end: %v", err)
		}
		close(stopped)
	}()
	log.Printf("%s %s %s on %s", name, instance, version, listener.Addr())
	if err := server.Serve(listener); err != http.ErrServerClosed {
		log.Fatal(err)
	}
	<-stopped
}
