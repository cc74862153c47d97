package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.codec.ResponseHead;
import io.heddle.proxy.engine.route.CompiledRoute;
import io.heddle.xds.model.InternalRedirects;
import io.heddle.xds.model.InternalRedirects.Predicate;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Follows the redirects of upstreams in the place of the client, with a copy of the request's body
 * that is as long as a connection may buffer. Owned by the exchange's loop.
 */
final class InternalRedirect {
  private static final HeaderName LOCATION = HeaderName.of("location");
  private static final HeaderName ORIGINAL_URL = HeaderName.of("x-envoy-original-url");
  private static final HeaderName CONTENT_LENGTH = HeaderName.of("content-length");

  private final Exchange exchange;
  private final int mostBytes;
  private List<ByteBuf> body = new ArrayList<>();
  private int bytes;
  private boolean overflowed;
  private int followed;
  private final Map<CompiledRoute, Set<String>> ledTo = new HashMap<>();

  InternalRedirect(Exchange exchange, int mostBytes) {
    this.exchange = exchange;
    this.mostBytes = mostBytes;
  }

  /** Keeps a piece of the request's body. Does not take ownership. */
  void keep(ByteBuf data) {
    if (overflowed) {
      return;
    }
    bytes += data.readableBytes();
    if (bytes > mostBytes) {
      overflowed = true;
      release();
    } else if (data.isReadable()) {
      body.add(data.retainedDuplicate());
    }
  }

  /** The exchange is over. */
  void release() {
    body.forEach(ByteBuf::release);
    body = new ArrayList<>();
  }

  /**
   * Changes the request to what the response asks for, and says whether it is to be sent again.
   * Where it is not, the request is as it was.
   */
  boolean follow(CompiledRoute from, InternalRedirects.Follow policy, ResponseHead response) {
    String location = response.first(LOCATION).orElse("");
    if (overflowed || !exchange.requestWhole() || followed >= policy.most()) {
      return false;
    }
    Url url = Url.parse(location);
    if (url == null) {
      return false;
    }
    RequestHead request = exchange.request;
    String oldScheme = request.scheme();
    boolean crosses = !url.scheme().equals(oldScheme);
    if (crosses && !policy.crossScheme()) {
      return false;
    }
    String oldHost = request.authority();
    String oldPath = request.path();
    try {
      request.authority(url.authority());
      request.path(url.path());
      request.scheme(url.scheme());
    } catch (IllegalArgumentException malformed) {
      back(request, oldScheme, oldHost, oldPath);
      return false;
    }
    exchange.clearRoute();
    CompiledRoute to = exchange.route();
    if (to == null || !accepted(from, to, policy, oldScheme, url.scheme())) {
      back(request, oldScheme, oldHost, oldPath);
      exchange.restoreRoute(from);
      return false;
    }
    followed++;
    request.set(ORIGINAL_URL, oldScheme + "://" + oldHost + oldPath);
    for (String name : policy.copiedHeaders()) {
      HeaderName header = HeaderName.of(name);
      request.remove(header);
      for (String value : response.all(header)) {
        request.add(header, value);
      }
    }
    if (response.status() == 303 && !request.methodIs("HEAD") && !request.methodIs("GET")) {
      request.method("GET");
      request.remove(CONTENT_LENGTH);
      release();
    }
    return true;
  }

  private static void back(RequestHead request, String scheme, String host, String path) {
    request.scheme(scheme);
    request.authority(host);
    request.path(path);
  }

  private boolean accepted(
      CompiledRoute from,
      CompiledRoute to,
      InternalRedirects.Follow policy,
      String oldScheme,
      String newScheme) {
    for (Predicate predicate : policy.predicates()) {
      boolean passes =
          switch (predicate) {
            case Predicate.AllowListedRoutes listed -> listed.names().contains(to.config().name());
            case Predicate.PreviousRoutes _ ->
                ledTo.computeIfAbsent(from, _ -> new HashSet<>()).add(to.config().name());
            case Predicate.SafeCrossScheme _ ->
                oldScheme.equals("https") || newScheme.equals("http");
          };
      if (!passes) {
        return false;
      }
    }
    return true;
  }

  /** The body for the next attempt, which owns it; empty where there is none. */
  ByteBuf takeBody() {
    List<ByteBuf> kept = body;
    body = new ArrayList<>();
    bytes = 0;
    return kept.isEmpty()
        ? Unpooled.EMPTY_BUFFER
        : Unpooled.wrappedBuffer(kept.toArray(new ByteBuf[0]));
  }

  /** Whether the request has a body. */
  boolean hasBody() {
    return !body.isEmpty();
  }

  /** An absolute URL. */
  private record Url(String scheme, String authority, String path) {
    static @Nullable Url parse(String text) {
      int colon = text.indexOf("://");
      String scheme = colon < 0 ? "" : text.substring(0, colon).toLowerCase(Locale.ROOT);
      if (!scheme.equals("http") && !scheme.equals("https")) {
        return null;
      }
      int fragment = text.indexOf('#');
      int end = fragment < 0 ? text.length() : fragment;
      int host = colon + 3;
      int path = host;
      while (path < end && text.charAt(path) != '/' && text.charAt(path) != '?') {
        path++;
      }
      if (path == host || text.substring(host, path).indexOf('@') >= 0) {
        return null;
      }
      String rest = text.substring(path, end);
      return new Url(scheme, text.substring(host, path), rest.startsWith("/") ? rest : "/" + rest);
    }
  }
}
