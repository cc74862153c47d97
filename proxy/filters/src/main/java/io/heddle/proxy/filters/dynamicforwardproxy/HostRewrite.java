package io.heddle.proxy.filters.dynamicforwardproxy;

import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.HeaderName;
import io.heddle.proxy.api.HttpFilterFactory.RouteFilterConfig;
import io.heddle.proxy.api.RequestHeaders;
import java.util.Optional;

/**
 * What a route puts in the place of the host that the client names.
 *
 * @param literal the host; empty where a header has it, or nothing changes
 * @param header whose first value is the host, if it is there
 */
record HostRewrite(String literal, Optional<HeaderName> header) implements RouteFilterConfig {
  static final HostRewrite NONE = new HostRewrite("", Optional.empty());

  static HostRewrite literal(String host) throws FilterConfigException {
    for (int i = 0; i < host.length(); i++) {
      char c = host.charAt(i);
      if (c <= ' ' || c >= 127) {
        throw new FilterConfigException("host_rewrite_literal", host, "a host and maybe a port");
      }
    }
    return new HostRewrite(host, Optional.empty());
  }

  static HostRewrite header(HeaderName name) {
    return new HostRewrite("", Optional.of(name));
  }

  /** Changes the request; a header that holds no host changes nothing. */
  void apply(RequestHeaders request) {
    String host = header.flatMap(request::first).orElse(literal);
    if (!host.isEmpty()) {
      try {
        request.authority(host);
      } catch (IllegalArgumentException notHost) {
        // A client wrote the header: it gets what it asked for with its own host.
      }
    }
  }
}
