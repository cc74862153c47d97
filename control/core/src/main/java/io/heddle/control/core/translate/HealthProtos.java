package io.heddle.control.core.translate;

import com.google.protobuf.BoolValue;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.cluster.v3.OutlierDetection;
import io.envoyproxy.envoy.config.core.v3.HealthCheck;
import io.envoyproxy.envoy.config.core.v3.RequestMethod;
import io.envoyproxy.envoy.type.v3.CodecClientType;
import io.envoyproxy.envoy.type.v3.Int64Range;
import io.heddle.control.api.resource.ActiveCheck;
import io.heddle.control.api.resource.ActiveCheck.Asked;
import io.heddle.control.api.resource.ActiveCheck.Payload;
import io.heddle.control.api.resource.BackendTrafficPolicySpec;
import io.heddle.control.api.resource.BackendTrafficPolicySpec.Passive;
import io.heddle.control.api.resource.RouteTimeout;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Base64;
import java.util.HexFormat;
import java.util.Optional;
import java.util.TreeSet;

/** Writes how instances are judged: by what they answer, and by what they answer when asked. */
final class HealthProtos {
  static final Duration INTERVAL = Duration.ofSeconds(3);
  static final Duration EJECTION = Duration.ofSeconds(30);
  private static final Duration TIMEOUT = Duration.ofSeconds(1);
  static final int MOST_EJECTED = 10;
  static final int CONSECUTIVE = 5;
  private static final int UNHEALTHY = 3;
  private static final int HEALTHY = 1;

  /** Percent of the cases in which an instance that should go does go. */
  private static final int ALWAYS = 100;

  /**
   * What holds in a mesh where no policy says anything: an instance that fails five times in a row
   * goes at once, one of whose requests a fifth fails within a second or two. It comes back after
   * 10 s, later if that repeats itself. Never more than 30 % are out, as a fault of all instances
   * is not mended by taking them out, but one always may be; and where fewer than three are left to
   * compare, shares are not looked at, so that of two instances the second does not get the load of
   * both because of what both depend on.
   */
  static final OutlierDetection MESH =
      OutlierDetection.newBuilder()
          .setInterval(RouteProtos.duration(Duration.ofSeconds(1)))
          .setBaseEjectionTime(RouteProtos.duration(Duration.ofSeconds(10)))
          .setMaxEjectionTimeJitter(RouteProtos.duration(Duration.ofSeconds(2)))
          .setMaxEjectionPercent(UInt32Value.of(30))
          .setAlwaysEjectOneHost(BoolValue.of(true))
          .setConsecutive5Xx(UInt32Value.of(CONSECUTIVE))
          .setEnforcingSuccessRate(UInt32Value.of(0))
          .setFailurePercentageThreshold(UInt32Value.of(20))
          .setFailurePercentageMinimumHosts(UInt32Value.of(3))
          .setFailurePercentageRequestVolume(UInt32Value.of(20))
          .setEnforcingFailurePercentage(UInt32Value.of(ALWAYS))
          .build();

  private HealthProtos() {}

  /** Who is taken out for a time by proxies. */
  static OutlierDetection outliers(Optional<BackendTrafficPolicySpec> policy) {
    return stated(policy).orElse(MESH);
  }

  /**
   * What a policy says of it, judged by what it states alone: the comparison of success rates,
   * which a proxy would make too, is switched off.
   */
  static Optional<OutlierDetection> stated(Optional<BackendTrafficPolicySpec> policy) {
    return policy
        .map(BackendTrafficPolicySpec::passive)
        .filter(Passive::stated)
        .map(HealthProtos::outliers);
  }

  private static OutlierDetection outliers(Passive passive) {
    OutlierDetection.Builder out =
        OutlierDetection.newBuilder()
            .setInterval(RouteProtos.duration(limit(passive.interval(), INTERVAL)))
            .setBaseEjectionTime(RouteProtos.duration(limit(passive.baseEjection(), EJECTION)))
            .setMaxEjectionPercent(Clusters.most(passive.mostEjected(), MOST_EJECTED))
            .setAlwaysEjectOneHost(BoolValue.of(passive.alwaysOne()))
            .setEnforcingSuccessRate(UInt32Value.of(0));
    consecutive(passive, out);
    if (passive.split()) {
      out.setSplitExternalLocalOriginErrors(true)
          .setEnforcingLocalOriginSuccessRate(UInt32Value.of(0));
      if (passive.consecutiveLocalFailures() == 0) {
        out.setEnforcingConsecutiveLocalOriginFailure(UInt32Value.of(0));
      } else {
        out.setConsecutiveLocalOriginFailure(
            Clusters.most(passive.consecutiveLocalFailures(), CONSECUTIVE));
      }
    }
    if (passive.failurePercentage() > 0) {
      out.setFailurePercentageThreshold(UInt32Value.of(passive.failurePercentage()))
          .setEnforcingFailurePercentage(UInt32Value.of(ALWAYS));
      if (passive.split()) {
        out.setEnforcingFailurePercentageLocalOrigin(UInt32Value.of(ALWAYS));
      }
    }
    return out.build();
  }

  private static void consecutive(Passive passive, OutlierDetection.Builder out) {
    if (passive.consecutive5xx() == 0) {
      out.setEnforcingConsecutive5Xx(UInt32Value.of(0));
    } else {
      out.setConsecutive5Xx(Clusters.most(passive.consecutive5xx(), CONSECUTIVE));
    }
    if (passive.consecutiveGatewayErrors() > 0) {
      out.setConsecutiveGatewayFailure(UInt32Value.of(passive.consecutiveGatewayErrors()))
          .setEnforcingConsecutiveGatewayFailure(UInt32Value.of(ALWAYS));
    }
  }

  private static Duration limit(RouteTimeout time, Duration unset) {
    return time instanceof RouteTimeout.After(Duration after) ? after : unset;
  }

  /**
   * How instances are asked; nothing where no policy says so.
   *
   * @param http2 whether HTTP/2 is spoken to them
   */
  static Optional<HealthCheck> active(Optional<BackendTrafficPolicySpec> policy, boolean http2) {
    return policy
        .map(BackendTrafficPolicySpec::active)
        .filter(ActiveCheck::stated)
        .map(active -> active(active, http2));
  }

  private static HealthCheck active(ActiveCheck active, boolean http2) {
    HealthCheck.Builder out =
        HealthCheck.newBuilder()
            .setTimeout(RouteProtos.duration(limit(active.timeout(), TIMEOUT)))
            .setInterval(RouteProtos.duration(limit(active.interval(), INTERVAL)))
            .setUnhealthyThreshold(Clusters.most(active.unhealthyAfter(), UNHEALTHY))
            .setHealthyThreshold(Clusters.most(active.healthyAfter(), HEALTHY));
    if (active.jitter() instanceof RouteTimeout.After(Duration jitter)) {
      out.setInitialJitter(RouteProtos.duration(jitter));
    }
    switch (active.asked()) {
      case Asked.Nothing _ -> throw new IllegalStateException("nothing is asked");
      case Asked.Http http -> out.setHttpHealthCheck(http(http, http2));
      case Asked.Tcp tcp -> {
        HealthCheck.TcpHealthCheck.Builder check = HealthCheck.TcpHealthCheck.newBuilder();
        payload(tcp.send()).ifPresent(check::setSend);
        payload(tcp.receive()).ifPresent(check::addReceive);
        out.setTcpHealthCheck(check);
      }
      case Asked.Grpc grpc ->
          out.setGrpcHealthCheck(
              HealthCheck.GrpcHealthCheck.newBuilder().setServiceName(grpc.service()));
    }
    return out.build();
  }

  private static HealthCheck.HttpHealthCheck http(Asked.Http http, boolean http2) {
    HealthCheck.HttpHealthCheck.Builder out =
        HealthCheck.HttpHealthCheck.newBuilder()
            .setHost(http.hostname())
            .setPath(http.path())
            .setCodecClientType(http2 ? CodecClientType.HTTP2 : CodecClientType.HTTP1);
    if (!http.method().isEmpty()) {
      out.setMethod(RequestMethod.valueOf(http.method()));
    }
    for (int status : new TreeSet<>(http.statuses())) {
      out.addExpectedStatuses(Int64Range.newBuilder().setStart(status).setEnd(status + 1L));
    }
    payload(http.response()).ifPresent(out::addReceive);
    return out.build();
  }

  /** In hexadecimal, which is what Envoy takes for bytes that are sent. */
  private static Optional<HealthCheck.Payload> payload(Payload payload) {
    byte[] bytes =
        switch (payload.type()) {
          case NONE -> new byte[0];
          case TEXT -> payload.value().getBytes(StandardCharsets.UTF_8);
          case BINARY -> Base64.getDecoder().decode(payload.value());
        };
    return bytes.length == 0
        ? Optional.empty()
        : Optional.of(
            HealthCheck.Payload.newBuilder().setText(HexFormat.of().formatHex(bytes)).build());
  }
}
