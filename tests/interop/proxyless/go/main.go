// A gRPC application without a proxy, in Go. See ../README.md for what it prints.
package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"os"
	"strconv"
	"strings"
	"sync"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	xdscreds "google.golang.org/grpc/credentials/xds"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/xds"
)

const method = "/test.Echo/Say"

// raw carries bytes as they are.
type raw struct{}

func (raw) Marshal(v any) ([]byte, error)   { return *v.(*[]byte), nil }
func (raw) Unmarshal(b []byte, v any) error { *v.(*[]byte) = append([]byte(nil), b...); return nil }
func (raw) Name() string                    { return "raw" }

type request struct {
	Target  string            `json:"target"`
	Headers map[string]string `json:"headers"`
	Body    string            `json:"body"`
	Count   int               `json:"count"`
	AtOnce  bool              `json:"atOnce"`
	Apart   int               `json:"apart"`
}

func say(name string, text string) (string, error) {
	switch {
	case strings.HasPrefix(text, "sleep:"):
		millis, _ := strconv.Atoi(text[6:])
		time.Sleep(time.Duration(millis) * time.Millisecond)
	case text == "fail:"+name:
		return "", status.Error(codes.Internal, "as asked")
	}
	return name, nil
}

func options(name string) []grpc.ServerOption {
	return []grpc.ServerOption{grpc.ForceServerCodec(raw{}), grpc.UnknownServiceHandler(func(_ any, stream grpc.ServerStream) error {
		var body []byte
		if err := stream.RecvMsg(&body); err != nil {
			return err
		}
		answer, err := say(name, string(body))
		if err != nil {
			return err
		}
		reply := []byte(answer)
		return stream.SendMsg(&reply)
	})}
}

func listen(address string) net.Listener {
	listener, err := net.Listen("tcp", address)
	check(err)
	return listener
}

// plain serves many addresses, and asks no control plane.
func plain(pairs []string) {
	for i := 0; i+1 < len(pairs); i += 2 {
		server := grpc.NewServer(options(pairs[i+1])...)
		listener := listen(pairs[i])
		go func() { check(server.Serve(listener)) }()
	}
	select {}
}

func serve(address, name string) {
	creds, err := xdscreds.NewServerCredentials(xdscreds.ServerOptions{FallbackCreds: insecure.NewCredentials()})
	check(err)
	server, err := xds.NewGRPCServer(append(options(name), grpc.Creds(creds))...)
	check(err)
	check(server.Serve(listen(address)))
}

func call(channel *grpc.ClientConn, asked request) string {
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	ctx = metadata.NewOutgoingContext(ctx, metadata.New(asked.Headers))
	body, reply := []byte(asked.Body), []byte{}
	if err := channel.Invoke(ctx, method, &body, &reply, grpc.ForceCodec(raw{}), grpc.WaitForReady(false)); err != nil {
		return fmt.Sprintf("%s: %s", codeName(status.Code(err)), status.Convert(err).Message())
	}
	return string(reply)
}

func codeName(code codes.Code) string {
	name, known := map[codes.Code]string{codes.Unavailable: "UNAVAILABLE", codes.DeadlineExceeded: "DEADLINE_EXCEEDED", codes.Internal: "INTERNAL",
		codes.Unimplemented: "UNIMPLEMENTED", codes.ResourceExhausted: "RESOURCE_EXHAUSTED"}[code]
	if !known {
		return code.String()
	}
	return name
}

func client() {
	creds, err := xdscreds.NewClientCredentials(xdscreds.ClientOptions{FallbackCreds: insecure.NewCredentials()})
	check(err)
	channels := map[string]*grpc.ClientConn{}
	lines := json.NewDecoder(os.Stdin)
	for {
		var asked request
		if lines.Decode(&asked) != nil {
			return
		}
		channel := channels[asked.Target]
		if channel == nil {
			channel, err = grpc.NewClient(asked.Target, grpc.WithTransportCredentials(creds))
			check(err)
			channels[asked.Target] = channel
		}
		answers := make([]string, asked.Count)
		var all sync.WaitGroup
		for i := range answers {
			one := func(i int) { answers[i] = call(channel, asked) }
			if asked.AtOnce {
				all.Add(1)
				time.Sleep(time.Duration(asked.Apart) * time.Millisecond)
				go func(i int) { defer all.Done(); one(i) }(i)
			} else {
				one(i)
			}
		}
		all.Wait()
		text, _ := json.Marshal(answers)
		fmt.Println(string(text))
	}
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func main() {
	switch os.Args[1] {
	case "plain":
		plain(os.Args[2:])
	case "serve":
		serve(os.Args[2], os.Args[3])
	default:
		client()
	}
}
