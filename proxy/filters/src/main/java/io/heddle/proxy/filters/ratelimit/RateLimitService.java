package io.heddle.proxy.filters.ratelimit;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.UInt64Value;
import com.google.protobuf.UnsafeByteOperations;
import com.google.protobuf.util.Durations;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.ratelimit.v3.RateLimitServiceConfig;
import io.envoyproxy.envoy.extensions.common.ratelimit.v3.RateLimitDescriptor;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitRequest;
import io.envoyproxy.envoy.service.ratelimit.v3.RateLimitResponse;
import io.envoyproxy.envoy.type.v3.RateLimitUnit;
import io.heddle.proxy.api.AsyncHttpClient;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.ResponseHeaders;
import io.heddle.proxy.filters.config.GrpcText;
import io.heddle.proxy.filters.config.HeaderNames;
import io.heddle.proxy.filters.config.SetFields;
import io.heddle.proxy.filters.descriptors.Descriptor;
import io.heddle.proxy.filters.descriptors.Descriptor.Entry;
import io.netty.buffer.ByteBuf;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * A service that speaks {@code envoy.service.ratelimit.v3.RateLimitService}, as a cluster of this
 * proxy. Immutable.
 *
 * @param headers of every call
 * @see <a href="https://www.envoyproxy.io/docs/envoy/latest/api-v3/service/ratelimit/v3/rls.proto">
 *     Envoy, rate limit service</a>
 */
record RateLimitService(
    String cluster, Map<HeaderName, String> headers, java.time.Duration timeout) {
  private static final String METHOD =
      "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit";
  private static final HeaderName CONTENT_TYPE = HeaderName.of("content-type");
  private static final HeaderName STATUS = HeaderName.of("grpc-status");
  private static final HeaderName LEASE = HeaderName.of("x-heddle-lease");
  private static final long LONGEST_LEASE = 60_000;
  private static final int PREFIX = 5;
  private static final int MAX_RESPONSE = 1 << 20;
  private static final java.time.Duration DEFAULT_TIMEOUT = java.time.Duration.ofMillis(20);
  private static final java.time.Duration LONGEST = java.time.Duration.ofHours(1);

  /**
   * Reads where the service is.
   *
   * @param timeout of a call; zero means none, which here is an hour
   */
  static RateLimitService of(
      boolean set, RateLimitServiceConfig config, boolean timeoutSet, Duration timeout)
      throws FilterConfigException {
    String path = "rate_limit_service";
    if (!set || !config.hasGrpcService()) {
      throw new FilterConfigException(
          SetFields.at(path, "grpc_service"), "not set", "a gRPC service");
    }
    SetFields.allow(config, path, Set.of("grpc_service", "transport_api_version"));
    if (config.getTransportApiVersion() != ApiVersion.V3) {
      throw new FilterConfigException(
          SetFields.at(path, "transport_api_version"),
          config.getTransportApiVersion().toString(),
          "V3");
    }
    String at = SetFields.at(path, "grpc_service");
    GrpcService service = config.getGrpcService();
    // As with Envoy the filter's timeout counts, and not that of the gRPC service.
    SetFields.allow(service, at, Set.of("envoy_grpc", "timeout", "initial_metadata"));
    if (!service.hasEnvoyGrpc()) {
      throw new FilterConfigException(at, "no envoy_grpc", "envoy_grpc");
    }
    GrpcService.EnvoyGrpc grpc = service.getEnvoyGrpc();
    SetFields.allow(grpc, at + ".envoy_grpc", Set.of("cluster_name", "authority"));
    String cluster = grpc.getClusterName();
    if (cluster.isEmpty()) {
      throw new FilterConfigException(at + ".envoy_grpc.cluster_name", "", "not empty");
    }
    Map<HeaderName, String> headers = new LinkedHashMap<>();
    headers.put(HeaderName.of(":method"), "POST");
    headers.put(HeaderName.of(":path"), METHOD);
    headers.put(
        HeaderName.of(":authority"), grpc.getAuthority().isEmpty() ? cluster : grpc.getAuthority());
    headers.put(CONTENT_TYPE, "application/grpc");
    headers.put(HeaderName.of("te"), "trailers");
    for (int i = 0; i < service.getInitialMetadataCount(); i++) {
      HeaderValue header = service.getInitialMetadata(i);
      headers.put(
          HeaderNames.changeable(header.getKey(), SetFields.at(at, "initial_metadata", i) + ".key"),
          header.getValue());
    }
    return new RateLimitService(cluster, Map.copyOf(headers), timeout(timeoutSet, timeout));
  }

  private static java.time.Duration timeout(boolean set, Duration timeout)
      throws FilterConfigException {
    if (!set) {
      return DEFAULT_TIMEOUT;
    }
    if (!Durations.isValid(timeout)
        || Durations.isNegative(timeout)
        || timeout.getSeconds() >= LONGEST.toSeconds()) {
      throw new FilterConfigException(
          "timeout", timeout.getSeconds() + " s " + timeout.getNanos() + " ns", "0 to 1 h");
    }
    java.time.Duration read =
        java.time.Duration.ofSeconds(timeout.getSeconds(), timeout.getNanos());
    return read.isZero() ? LONGEST : read;
  }

  /**
   * Asks.
   *
   * @param hits how much what has no number of its own counts; zero for what the service takes
   * @param lease how many hits more are wanted of each descriptor; below zero where none are
   * @param answered is told on the loop of the client, once, unless the call is given up
   */
  AsyncHttpClient.Call ask(
      AsyncHttpClient client,
      String domain,
      List<Descriptor> descriptors,
      long hits,
      long lease,
      Consumer<Answer> answered) {
    Map<HeaderName, String> all = headers;
    if (lease >= 0) {
      all = new LinkedHashMap<>(headers);
      all.put(LEASE, Long.toString(lease));
    }
    return client.send(
        new AsyncHttpClient.Request(
            cluster, all, framed(request(domain, descriptors, hits)), timeout, MAX_RESPONSE),
        new AsyncHttpClient.ResponseHandler() {
          @Override
          public void onResponse(ResponseHeaders head, ByteBuf body, Optional<HeaderMap> trailers) {
            answered.accept(answer(head, body, trailers));
          }

          @Override
          public void onFailure(AsyncHttpClient.Failure failure) {
            answered.accept(Answer.Failed.FAILED);
          }
        });
  }

  private static RateLimitRequest request(String domain, List<Descriptor> descriptors, long hits) {
    RateLimitRequest.Builder request =
        RateLimitRequest.newBuilder().setDomain(domain).setHitsAddend((int) hits);
    for (Descriptor descriptor : descriptors) {
      RateLimitDescriptor.Builder one = request.addDescriptorsBuilder();
      for (Entry entry : descriptor.entries()) {
        one.addEntriesBuilder().setKey(entry.key()).setValue(entry.value());
      }
      if (descriptor.hits().isPresent()) {
        one.setHitsAddend(UInt64Value.of(descriptor.hits().getAsLong()));
      }
      descriptor
          .limit()
          .ifPresent(limit ->
              one.getLimitBuilder()
                  .setRequestsPerUnit((int) limit.requestsPerUnit())
                  .setUnit(RateLimitUnit.forNumber(limit.unit())));
    }
    return request.build();
  }

  private static ByteString framed(RateLimitRequest request) {
    int size = request.getSerializedSize();
    byte[] bytes = new byte[PREFIX + size];
    for (int i = 0; i < 4; i++) {
      bytes[i + 1] = (byte) (size >> (24 - 8 * i));
    }
    ByteString message = request.toByteString();
    message.copyTo(bytes, PREFIX);
    return UnsafeByteOperations.unsafeWrap(bytes);
  }

  private static Answer answer(ResponseHeaders head, ByteBuf body, Optional<HeaderMap> trailers) {
    HeaderMap last = trailers.isPresent() ? trailers.get() : head;
    boolean wellFormed =
        head.status() == 200
            && GrpcText.isGrpc(head.first(CONTENT_TYPE).orElse(""))
            && last.valueEquals(STATUS, "0")
            && body.readableBytes() >= PREFIX
            && body.getByte(body.readerIndex()) == 0
            && body.getInt(body.readerIndex() + 1) == body.readableBytes() - PREFIX;
    if (!wellFormed) {
      return Answer.Failed.FAILED;
    }
    try {
      RateLimitResponse response =
          RateLimitResponse.parseFrom(
              body.nioBuffer(body.readerIndex() + PREFIX, body.readableBytes() - PREFIX));
      return switch (response.getOverallCode()) {
        case OK, OVER_LIMIT -> new Answer.Decided(response, leaseMillis(head));
        case UNKNOWN, UNRECOGNIZED -> Answer.Failed.FAILED;
      };
    } catch (InvalidProtocolBufferException malformed) {
      return Answer.Failed.FAILED;
    }
  }

  private static long leaseMillis(ResponseHeaders head) {
    try {
      return Math.clamp(Long.parseLong(head.first(LEASE).orElse("0")), 0, LONGEST_LEASE);
    } catch (NumberFormatException notANumber) {
      return 0;
    }
  }
}
