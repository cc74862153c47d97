package io.heddle.proxy.engine.tcp;

import io.heddle.proxy.api.ExpressionLanguage;
import io.heddle.proxy.codec.RequestHead;
import io.heddle.proxy.engine.format.Format;
import io.heddle.proxy.engine.format.Subject;
import io.heddle.proxy.engine.route.HeaderEdits;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.TunnelConfig;
import java.util.List;
import java.util.function.Supplier;

/** The requests that carry a TCP proxy's connections, compiled. Immutable. */
final class Tunnel {
  private final Format hostname;
  private final String postPath;
  private final HeaderEdits headers;

  /** Says which operators would be refused. */
  static void check(
      TunnelConfig config,
      ExpressionLanguage language,
      String resource,
      String at,
      List<ConfigError> errors) {
    check(() -> Format.text(config.hostname(), true, language), resource, at + ".hostname", errors);
    check(
        () -> HeaderEdits.of(List.of(config.headers()), language),
        resource,
        at + ".headers_to_add",
        errors);
  }

  private static void check(
      Supplier<?> compiled, String resource, String at, List<ConfigError> errors) {
    try {
      var _ = compiled.get();
    } catch (IllegalArgumentException unsupported) {
      errors.add(
          new ConfigError(
              resource, at, String.valueOf(unsupported.getMessage()), "a supported operator"));
    }
  }

  /** Compiles what was checked before. */
  Tunnel(TunnelConfig config, ExpressionLanguage language) {
    hostname = Format.text(config.hostname(), true, language);
    postPath = config.postPath();
    headers = HeaderEdits.of(List.of(config.headers()), language);
  }

  /**
   * Makes the request of this connection.
   *
   * @throws IllegalArgumentException where what the operators say is no host
   */
  void request(RequestHead head, Subject connection) {
    head.method(postPath.isEmpty() ? "CONNECT" : "POST");
    if (!postPath.isEmpty()) {
      head.path(postPath);
    }
    head.authority(hostname.render(connection));
    headers.apply(head, connection);
  }
}
