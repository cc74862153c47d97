package io.heddle.proxy.app;

import io.heddle.proxy.api.AccessLoggerFactory;
import io.heddle.proxy.api.ExpressionLanguage;
import io.heddle.proxy.api.HttpFilterFactory;
import io.heddle.proxy.api.ListenerFilterFactory;
import io.heddle.proxy.api.NetworkFilterFactory;
import io.heddle.proxy.filters.adaptiveconcurrency.AdaptiveConcurrencyFilterFactory;
import io.heddle.proxy.filters.admissioncontrol.AdmissionControlFilterFactory;
import io.heddle.proxy.filters.buffer.BufferFilterFactory;
import io.heddle.proxy.filters.cel.CelLanguage;
import io.heddle.proxy.filters.compressor.CompressorFilterFactory;
import io.heddle.proxy.filters.connectionlimit.ConnectionLimitFilterFactory;
import io.heddle.proxy.filters.cors.CorsFilterFactory;
import io.heddle.proxy.filters.decompressor.DecompressorFilterFactory;
import io.heddle.proxy.filters.directresponse.DirectResponseFilterFactory;
import io.heddle.proxy.filters.dynamicforwardproxy.DynamicForwardProxyFilterFactory;
import io.heddle.proxy.filters.echo.EchoFilterFactory;
import io.heddle.proxy.filters.fault.FaultFilterFactory;
import io.heddle.proxy.filters.grpcaccesslog.HttpGrpcAccessLoggerFactory;
import io.heddle.proxy.filters.grpcaccesslog.TcpGrpcAccessLoggerFactory;
import io.heddle.proxy.filters.grpcstats.GrpcStatsFilterFactory;
import io.heddle.proxy.filters.grpcweb.GrpcWebFilterFactory;
import io.heddle.proxy.filters.headermutation.HeaderMutationFilterFactory;
import io.heddle.proxy.filters.headertometadata.HeaderToMetadataFilterFactory;
import io.heddle.proxy.filters.healthcheck.HealthCheckFilterFactory;
import io.heddle.proxy.filters.localratelimit.ListenerLocalRateLimitFactory;
import io.heddle.proxy.filters.localratelimit.LocalRateLimitFilterFactory;
import io.heddle.proxy.filters.localratelimit.NetworkLocalRateLimitFactory;
import io.heddle.proxy.filters.ratelimit.RateLimitFilterFactory;
import io.heddle.proxy.filters.setfilterstate.SetFilterStateFilterFactory;
import io.heddle.proxy.filters.shed.ShedFilterFactory;
import io.heddle.proxy.filters.statefulsession.StatefulSessionFilterFactory;
import java.util.List;

/** The filters that come with the proxy: add a line here for each new one. */
final class BuiltInFilters {
  private BuiltInFilters() {}

  /** HTTP filters; the router is the engine's own. */
  static List<HttpFilterFactory> http() {
    return List.of(
        new AdaptiveConcurrencyFilterFactory(),
        new AdmissionControlFilterFactory(),
        new BufferFilterFactory(),
        new CompressorFilterFactory(),
        new CorsFilterFactory(),
        new DecompressorFilterFactory(),
        new DynamicForwardProxyFilterFactory(),
        new FaultFilterFactory(),
        new GrpcStatsFilterFactory(),
        new GrpcWebFilterFactory(),
        new HeaderMutationFilterFactory(),
        new HeaderToMetadataFilterFactory(),
        new HealthCheckFilterFactory(),
        new LocalRateLimitFilterFactory(),
        new RateLimitFilterFactory(),
        new SetFilterStateFilterFactory(),
        new ShedFilterFactory(),
        new StatefulSessionFilterFactory());
  }

  /** Network filters; the connection manager and the TCP proxy are the engine's own. */
  static List<NetworkFilterFactory> network() {
    return List.of(
        new ConnectionLimitFilterFactory(),
        new DirectResponseFilterFactory(),
        new EchoFilterFactory(),
        new NetworkLocalRateLimitFactory());
  }

  /** Listener filters; those that inspect are the engine's own. */
  static List<ListenerFilterFactory> listener() {
    return List.of(new ListenerLocalRateLimitFactory());
  }

  /** The language of expressions. */
  static ExpressionLanguage expressions() {
    return new CelLanguage();
  }

  /** Access loggers; file, stdout and stderr are the engine's own. */
  static List<AccessLoggerFactory> accessLoggers() {
    return List.of(new HttpGrpcAccessLoggerFactory(), new TcpGrpcAccessLoggerFactory());
  }
}
