package io.heddle.proxy.engine.exchange;

import io.heddle.proxy.api.ConnectionInfo;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.codec.Head;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.engine.loop.Worker;
import io.heddle.proxy.engine.route.CompiledRoutes;
import io.heddle.xds.model.CidrRange;
import io.heddle.xds.model.HttpConnectionManagerConfig;
import io.heddle.xds.model.HttpConnectionManagerConfig.ClientAddress;
import io.netty.util.NetUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What the connection manager does to a request's headers before any filter sees them, in the order
 * of Envoy's {@code mutateRequestHeaders}: host port, forwarded headers, headers for insiders only,
 * via, request id.
 */
final class RequestPreparation {
  static final HeaderName XFF = HeaderName.of("x-forwarded-for");
  private static final HeaderName XFP = HeaderName.of("x-forwarded-proto");
  static final HeaderName INTERNAL_FLAG = HeaderName.of("x-envoy-internal");
  private static final HeaderName EXTERNAL_ADDRESS = HeaderName.of("x-envoy-external-address");
  static final HeaderName REQUEST_ID = HeaderName.of("x-request-id");
  private static final HeaderName VIA = HeaderName.of("via");

  /** What every name in the two lists below begins with. */
  private static final HeaderName OURS = HeaderName.of("x-envoy-");

  /** What only insiders may say. Of any other request these go, wherever this proxy stands. */
  private static final HeaderName[] INTERNAL =
      names(
          "x-envoy-retriable-status-codes",
          "x-envoy-retriable-header-names",
          "x-envoy-retry-on",
          "x-envoy-retry-grpc-on",
          "x-envoy-max-retries",
          "x-envoy-upstream-alt-stat-name",
          "x-envoy-upstream-rq-timeout-ms",
          "x-envoy-upstream-rq-per-try-timeout-ms",
          "x-envoy-upstream-rq-timeout-alt-response",
          "x-envoy-expected-rq-timeout-ms",
          "x-envoy-force-trace",
          "x-envoy-ip-tags",
          "x-envoy-original-url",
          "x-envoy-hedge-on-per-try-timeout");

  /**
   * What the first proxy of ours says to those behind it, so that it goes at the edge only. Envoy
   * leaves the path, which the default access log shows in the place of the path.
   */
  private static final HeaderName[] EDGE =
      names(
          "x-envoy-decorator-operation",
          "x-envoy-downstream-service-cluster",
          "x-envoy-downstream-service-node",
          "x-envoy-original-host",
          "x-envoy-original-path");

  private static final char[] HEX = "0123456789abcdef".toCharArray();

  private RequestPreparation() {}

  /**
   * Prepares the head; the client's address as far as it can be trusted, or null for the peer's.
   */
  static @Nullable InetSocketAddress prepare(
      RequestHead head,
      HttpChain manager,
      Downstream downstream,
      Worker worker,
      List<String> internalOnly) {
    HttpConnectionManagerConfig config = manager.config;
    if (config.stripTrailingHostDot()) {
      stripDot(head);
    }
    if (config.stripAnyHostPort()) {
      stripPort(head, -1);
    } else if (config.stripMatchingHostPort()) {
      stripPort(head, downstream.info().localAddress().getPort());
    }
    head.remove(INTERNAL_FLAG);
    ClientAddress address = config.clientAddress();
    ClientCertificate.prepare(head, address.certificate(), downstream.info());
    int hops = address.xffNumTrustedHops();
    InetSocketAddress peer = downstream.info().remoteAddress();
    InetSocketAddress client = null;
    boolean internal;
    if (address.useRemoteAddress()) {
      boolean first = !head.contains(XFF);
      if (hops > 0) {
        client = fromForwarded(head, hops - 1);
      }
      // One that came through another proxy is no insider's, whatever address that one has.
      internal = first && internal(client == null ? peer : client, address);
      if (hops == 0) {
        head.set(XFP, protocol(downstream.info()));
      }
      // A unix socket has no address that could be told.
      if (!address.skipXffAppend() && !peer.isUnresolved()) {
        append(head, peer);
      }
    } else {
      client = fromForwarded(head, hops);
      internal = client != null && hops == 0 && internal(client, address) && forwardedByOne(head);
    }
    if (!head.contains(XFP)) {
      head.set(XFP, protocol(downstream.info()));
    }
    boolean edge = !internal && address.useRemoteAddress();
    if (internal) {
      head.set(INTERNAL_FLAG, "true");
    } else {
      clean(head, edge, internalOnly);
    }
    if (!config.via().isEmpty()) {
      via(head, config.via());
    }
    InetSocketAddress outside = client == null ? peer : client;
    if (edge && !outside.isUnresolved()) {
      head.set(EXTERNAL_ADDRESS, text(outside));
    }
    if (config.requestId().generate()
        && ((edge && !config.requestId().preserveExternal()) || !head.contains(REQUEST_ID))) {
      head.set(REQUEST_ID, newRequestId(worker));
    }
    return client;
  }

  private static HeaderName[] names(String... names) {
    return Stream.of(names).map(HeaderName::of).toArray(HeaderName[]::new);
  }

  private static void clean(RequestHead head, boolean edge, List<String> internalOnly) {
    if (head.anyNameBegins(OURS)) {
      for (HeaderName name : INTERNAL) {
        head.remove(name);
      }
      if (edge) {
        for (HeaderName name : EDGE) {
          head.remove(name);
        }
      }
    }
    for (int i = 0; i < internalOnly.size(); i++) {
      head.remove(HeaderName.of(internalOnly.get(i)));
    }
  }

  /** Whether exactly one address was forwarded. */
  private static boolean forwardedByOne(RequestHead head) {
    List<String> all = head.all(XFF);
    return all.size() == 1 && all.getFirst().indexOf(',') < 0;
  }

  private static void stripDot(RequestHead head) {
    String authority = head.authority();
    int dot = authority.lastIndexOf('.');
    if (dot > 0 && (dot == authority.length() - 1 || authority.charAt(dot + 1) == ':')) {
      head.authority(authority.substring(0, dot) + authority.substring(dot + 1));
    }
  }

  private static void stripPort(RequestHead head, int only) {
    String authority = head.authority();
    String host = CompiledRoutes.withoutPort(authority);
    if (host.length() < authority.length()
        && (only < 0
            || authority.regionMatches(
                host.length() + 1,
                Integer.toString(only),
                0,
                authority.length() - host.length() - 1))) {
      head.authority(host);
    }
  }

  /** Adds us to the proxies that a message has come through. */
  static void via(Head head, String name) {
    String before = String.join(", ", head.all(VIA));
    head.set(VIA, before.isEmpty() ? name : before + ", " + name);
  }

  /** What the client speaks here, whatever scheme it asks for. */
  private static String protocol(ConnectionInfo info) {
    return info.secure() ? "https" : "http";
  }

  private static void append(RequestHead head, InetSocketAddress peer) {
    String own = text(peer);
    if (!head.contains(XFF)) {
      head.set(XFF, own);
      return;
    }
    List<String> all = head.all(XFF);
    String before = all.size() == 1 ? all.getFirst() : String.join(",", all);
    head.set(XFF, before + "," + own);
  }

  private static @Nullable InetSocketAddress fromForwarded(RequestHead head, int hops) {
    if (!head.contains(XFF)) {
      return null;
    }
    String[] entries = String.join(",", head.all(XFF)).split(",", -1);
    int at = entries.length - 1 - hops;
    if (at < 0) {
      return null;
    }
    byte[] ip = NetUtil.createByteArrayFromIpAddressString(entries[at].strip());
    if (ip == null) {
      return null;
    }
    try {
      return new InetSocketAddress(InetAddress.getByAddress(ip), 0);
    } catch (UnknownHostException impossible) {
      return null;
    }
  }

  private static boolean internal(InetSocketAddress address, ClientAddress config) {
    if (config.internalRanges().isEmpty() || address.getAddress() == null) {
      return false;
    }
    byte[] ip = address.getAddress().getAddress();
    for (CidrRange range : config.internalRanges()) {
      if (range.contains(ip)) {
        return true;
      }
    }
    return false;
  }

  private static String text(InetSocketAddress address) {
    return address.getAddress() == null
        ? address.getHostString()
        : address.getAddress().getHostAddress();
  }

  /** A random UUID of version 4 in its usual form. */
  static String newRequestId(Worker worker) {
    long high = (worker.random().nextLong() & ~0xf000L) | 0x4000L;
    long low = (worker.random().nextLong() & 0x3fffffffffffffffL) | 0x8000000000000000L;
    byte[] text = new byte[36];
    int at = 0;
    for (int shift = 60; shift >= 0; shift -= 4) {
      if (at == 8 || at == 13) {
        text[at++] = '-';
      }
      text[at++] = (byte) HEX[(int) (high >>> shift) & 15];
    }
    text[at++] = '-';
    for (int shift = 60; shift >= 0; shift -= 4) {
      if (at == 23) {
        text[at++] = '-';
      }
      text[at++] = (byte) HEX[(int) (low >>> shift) & 15];
    }
    return new String(text, java.nio.charset.StandardCharsets.ISO_8859_1);
  }
}
