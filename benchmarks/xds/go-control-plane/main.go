// Serves a fixed set of clusters with go-control-plane's snapshot or linear caches, for comparison.
//
//	server snapshot|linear CLUSTERS ENDPOINTS
//
// Says "port N"; "put CLUSTER REVISION" changes a cluster's endpoints, "gc" is answered by "heap BYTES".
package main

import (
	"bufio"
	"context"
	"fmt"
	"log"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"strconv"
	"time"

	cluster "github.com/envoyproxy/go-control-plane/envoy/config/cluster/v3"
	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpoint "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/durationpb"
)

// All nodes see the same.
type everybody struct{}

func (everybody) ID(*core.Node) string { return "all" }

func main() {
	if len(os.Args) != 4 {
		log.Fatalf("%d arguments (expected: snapshot|linear CLUSTERS ENDPOINTS)", len(os.Args)-1)
	}
	clusters, endpoints := number(os.Args[2]), number(os.Args[3])
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()

	cds := map[string]types.Resource{}
	eds := map[string]types.Resource{}
	for i := 0; i < clusters; i++ {
		cds[name(i)] = clusterOf(i)
		eds[name(i)] = assignment(i, endpoints, 0)
	}
	var served cache.Cache
	var put func(int, int)
	switch os.Args[1] {
	case "snapshot":
		snapshots := cache.NewSnapshotCache(true, everybody{}, nil)
		version := 0
		set := func() {
			version++
			snapshot, err := cache.NewSnapshot(strconv.Itoa(version), map[resource.Type][]types.Resource{
				resource.ClusterType: list(cds), resource.EndpointType: list(eds)})
			check(err)
			check(snapshots.SetSnapshot(ctx, "all", snapshot))
		}
		set()
		served, put = snapshots, func(c, revision int) {
			eds[name(c)] = assignment(c, endpoints, revision)
			set()
		}
	case "linear":
		clusterCache := cache.NewLinearCache(resource.ClusterType, cache.WithInitialResources(cds))
		endpointCache := cache.NewLinearCache(resource.EndpointType, cache.WithInitialResources(eds))
		served = &cache.MuxCache{
			Classify:      func(r *cache.Request) string { return r.GetTypeUrl() },
			ClassifyDelta: func(r *cache.DeltaRequest) string { return r.GetTypeUrl() },
			Caches:        map[string]cache.Cache{resource.ClusterType: clusterCache, resource.EndpointType: endpointCache},
		}
		put = func(c, revision int) { check(endpointCache.UpdateResource(name(c), assignment(c, endpoints, revision))) }
	default:
		log.Fatalf("%s (expected: snapshot or linear)", os.Args[1])
	}

	grpcServer := grpc.NewServer(grpc.MaxConcurrentStreams(1_000_000))
	discovery.RegisterAggregatedDiscoveryServiceServer(grpcServer, server.NewServer(ctx, served, nil))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	check(err)
	go func() { check(grpcServer.Serve(listener)) }()
	fmt.Printf("port %d\n", listener.Addr().(*net.TCPAddr).Port)

	in := bufio.NewScanner(os.Stdin)
	for in.Scan() {
		var c, revision int
		switch {
		case in.Text() == "gc":
			runtime.GC()
			debug.FreeOSMemory()
			var stats runtime.MemStats
			runtime.ReadMemStats(&stats)
			fmt.Printf("heap %d\n", stats.HeapAlloc)
		default:
			if _, err := fmt.Sscanf(in.Text(), "put %d %d", &c, &revision); err != nil {
				log.Fatalf("%q (expected: put CLUSTER REVISION, or gc)", in.Text())
			}
			put(c, revision)
		}
	}
}

func name(i int) string { return fmt.Sprintf("service-%04d.default", i) }

func clusterOf(i int) *cluster.Cluster {
	return &cluster.Cluster{
		Name:                 name(i),
		ClusterDiscoveryType: &cluster.Cluster_Type{Type: cluster.Cluster_EDS},
		ConnectTimeout:       durationpb.New(time.Second),
		EdsClusterConfig: &cluster.Cluster_EdsClusterConfig{EdsConfig: &core.ConfigSource{
			ConfigSourceSpecifier: &core.ConfigSource_Ads{Ads: &core.AggregatedConfigSource{}}}},
	}
}

func assignment(i, endpoints, revision int) *endpoint.ClusterLoadAssignment {
	locality := &endpoint.LocalityLbEndpoints{}
	for e := 0; e < endpoints; e++ {
		port := uint32(8080)
		if e == 0 {
			port += uint32(revision)
		}
		locality.LbEndpoints = append(locality.LbEndpoints, &endpoint.LbEndpoint{
			HealthStatus: core.HealthStatus_HEALTHY,
			HostIdentifier: &endpoint.LbEndpoint_Endpoint{Endpoint: &endpoint.Endpoint{Address: &core.Address{
				Address: &core.Address_SocketAddress{SocketAddress: &core.SocketAddress{
					Address:       fmt.Sprintf("10.%d.%d.%d", i/250, i%250, e+1),
					PortSpecifier: &core.SocketAddress_PortValue{PortValue: port}}}}}},
		})
	}
	return &endpoint.ClusterLoadAssignment{ClusterName: name(i), Endpoints: []*endpoint.LocalityLbEndpoints{locality}}
}

func list(of map[string]types.Resource) []types.Resource {
	all := make([]types.Resource, 0, len(of))
	for _, r := range of {
		all = append(all, r)
	}
	return all
}

func number(text string) int {
	n, err := strconv.Atoi(text)
	check(err)
	return n
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}
