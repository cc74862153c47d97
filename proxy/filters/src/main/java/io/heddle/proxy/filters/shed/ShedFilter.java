package io.heddle.proxy.filters.shed;

import io.heddle.proxy.api.ConnectionInfo.PeerIdentity;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HeadersDecision;
import io.heddle.proxy.api.HttpFilter;
import io.heddle.proxy.api.HttpFilterContext;
import io.heddle.proxy.api.LocalReply;
import io.heddle.proxy.api.RequestHeaders;
import io.heddle.proxy.api.ResetReason;
import io.heddle.proxy.api.ResponseFlag;
import io.heddle.proxy.api.StreamInfo;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Lets the request go or refuses it, and learns from how long it took. */
final class ShedFilter implements HttpFilter {
  private static final HeaderName RETRY_AFTER = HeaderName.of("retry-after");
  private static final String GRPC_HEALTH = "/grpc.health.v1.Health/";

  private final ShedConfig config;
  private final HttpFilterContext context;
  private long beganNanos;
  private boolean underWay;

  ShedFilter(ShedConfig config, HttpFilterContext context) {
    this.config = config;
    this.context = context;
  }

  @Override
  public HeadersDecision onRequestHeaders(RequestHeaders headers, boolean endStream) {
    if (healthCheck(headers)) {
      // Neither refused, nor an example of how long requests take.
      config.stats().healthChecks().increment();
      return HeadersDecision.CONTINUE;
    }
    beganNanos = context.nanoTime();
    Priority priority = priority(headers);
    if (config.refuses(priority, beganNanos)) {
      if (!config.shadow()) {
        return refused(priority);
      }
      config.stats().wouldShed().increment();
    }
    underWay = true;
    config.capacity().began();
    config.stats().underWay().add(1);
    return HeadersDecision.CONTINUE;
  }

  private HeadersDecision refused(Priority priority) {
    config.heat().refused(beganNanos);
    config.stats().shed().increment();
    config.stats().of(priority).increment();
    return new HeadersDecision.Reply(
        new LocalReply(
            config.status(),
            "load_shed",
            List.of(ResponseFlag.OVERLOAD_MANAGER),
            Map.of(RETRY_AFTER, config.retryAfter()),
            "load shed"));
  }

  private boolean healthCheck(RequestHeaders headers) {
    if (context.streamInfo().healthCheck()) {
      return true;
    }
    String path = headers.path();
    if (path.startsWith(GRPC_HEALTH)) {
      return true;
    }
    if (config.healthPaths().isEmpty()) {
      return false;
    }
    int query = path.indexOf('?');
    return config.healthPaths().contains(query < 0 ? path : path.substring(0, query));
  }

  /** What the route says, then who calls, then what the request says of itself. */
  private Priority priority(RequestHeaders headers) {
    Optional<ShedRoute> route = context.routeConfig(ShedRoute.class);
    if (route.isPresent() && route.get().priority().isPresent()) {
      return route.get().priority().get();
    }
    if (!config.callers().isEmpty()) {
      Optional<PeerIdentity> peer = context.connection().peer();
      if (peer.isPresent()) {
        Priority of = caller(peer.get());
        if (of != null) {
          return of;
        }
      }
    }
    Optional<HeaderName> header = config.header();
    if (header.isPresent() && headers.contains(header.get())) {
      String value = headers.first(header.get()).orElse("");
      Priority named = config.values().get(value);
      return named != null ? named : Priority.of(value).orElse(config.byDefault());
    }
    return config.byDefault();
  }

  private @Nullable Priority caller(PeerIdentity peer) {
    for (Map.Entry<String, Priority> each : config.callers().entrySet()) {
      if (any(peer.uriSans(), each.getKey()) || any(peer.dnsSans(), each.getKey())) {
        return each.getValue();
      }
    }
    return null;
  }

  private static boolean any(List<String> names, String wanted) {
    boolean begins = wanted.endsWith("*");
    String text = begins ? wanted.substring(0, wanted.length() - 1) : wanted;
    for (int i = 0; i < names.size(); i++) {
      if (begins ? names.get(i).startsWith(text) : names.get(i).equals(text)) {
        return true;
      }
    }
    return false;
  }

  @Override
  public void onReset(ResetReason reason) {
    if (underWay) {
      underWay = false;
      config.stats().underWay().add(-1);
      config.capacity().gone();
    }
  }

  @Override
  public void onComplete(StreamInfo info) {
    if (underWay) {
      underWay = false;
      config.stats().underWay().add(-1);
      int status = info.responseCode();
      if (status == 0 || status >= 500) {
        // A failure may take any time, and shows nothing of what the service can do.
        config.capacity().gone();
      } else {
        long now = context.nanoTime();
        config.capacity().answered(now - beganNanos, now);
      }
    }
  }
}
