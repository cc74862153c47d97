package io.heddle.proxy.filters;

import static org.assertj.core.api.Assertions.assertThat;

import io.heddle.proxy.api.GrpcClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Expressions in one process, from a bootstrap to the lines of a file. */
final class CelAccessLogTest {
  @TempDir Path folder;

  private String lines(String expression, String format, String... paths) throws Exception {
    Path file = folder.resolve("access.log");
    String manager =
        """
        - name: http
          typed_config:
            "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
            stat_prefix: in
            access_log:
            - name: envoy.access_loggers.file
              filter:
                extension_filter:
                  name: envoy.access_loggers.extension_filters.cel
                  typed_config:
                    "@type": type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter
                    expression: EXPRESSION
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog
                path: FILE
                log_format: {text_format_source: {inline_string: "FORMAT\\n"}}
            http_filters:
            - name: router
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router
            route_config:
              name: local
              virtual_hosts:
              - name: all
                domains: ["*"]
                routes:
                - {name: gone, match: {prefix: /gone}, direct_response: {status: 410}}
                - {name: up, match: {prefix: /}, route: {cluster: up}}
        """
            .replace("EXPRESSION", expression)
            .replace("FILE", file.toString())
            .replace("FORMAT", format);
    try (ProxyOverSockets proxy =
        new ProxyOverSockets(
            new ProxyOverSockets.Setup(
                List.of(),
                List.of(),
                List.of(),
                GrpcClient.NONE,
                ProxyOverSockets.bootstrap(manager)))) {
      for (String path : paths) {
        assertThat(proxy.get(path, "x-env: " + path.substring(1) + "\r\n")).startsWith("HTTP/1.1 ");
      }
      withoutValue = proxy.engine().stats().counter("expressions.without_value").orElse(0L);
    }
    return Files.readString(file);
  }

  private long withoutValue;

  @Test
  void whatTheExpressionHoldsForIsWritten() throws Exception {
    assertThat(
            lines(
                "response.code == 410 || request.headers['x-env'].startsWith('lo')",
                "%CEL(request.path)% %CEL(xds.route_name)% %CEL(response.code)%"
                    + " %CEL(upstream.address == '')%",
                "/quiet",
                "/loud",
                "/gone"))
        .isEqualTo("/loud up 200 false\n/gone gone 410 -\n");
    assertThat(withoutValue).isOne();
  }

  @Test
  void whatHasNoValueDoesNotHold() throws Exception {
    assertThat(lines("request.headers['x-none'] == 'a'", "line", "/a", "/gone")).isEmpty();
    assertThat(withoutValue).isEqualTo(2);
    assertThat(lines("request.path", "line", "/a")).isEmpty();
    assertThat(lines("1 + 1", "line", "/a")).isEmpty();
    assertThat(lines("request.size / 0 == 1", "line", "/a")).isEmpty();
  }
}
