package io.heddle.xds.model.parse;

import io.envoyproxy.envoy.config.core.v3.SubstitutionFormatString;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.LocalReplyConfig;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.ResponseMapper;
import io.heddle.xds.model.AccessLogConfig.Format;
import io.heddle.xds.model.AccessLogFilter;
import io.heddle.xds.model.HeaderMutations;
import io.heddle.xds.model.LocalReplies;
import io.heddle.xds.model.LocalReplies.Body;
import io.heddle.xds.model.LocalReplies.Mapper;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Reads what becomes of the proxy's own responses. */
final class LocalReplyReader {
  private static final int MOST_HEADERS = 1000;

  private final Findings findings;

  LocalReplyReader(Findings findings) {
    this.findings = findings;
  }

  LocalReplies read(LocalReplyConfig config, Path path) {
    List<Mapper> mappers = new ArrayList<>();
    for (int i = 0; i < config.getMappersCount(); i++) {
      mapper(config.getMappers(i), path.at("mappers", i)).ifPresent(mappers::add);
    }
    Optional<Body> body =
        config.hasBodyFormat()
            ? Optional.of(body(config.getBodyFormat(), path.field("body_format")))
            : Optional.empty();
    return mappers.isEmpty() && body.isEmpty()
        ? LocalReplies.NONE
        : new LocalReplies(mappers, body);
  }

  private Optional<Mapper> mapper(ResponseMapper mapper, Path path) {
    if (!mapper.hasFilter()) {
      findings.error(path.field("filter"), "no filter", "an access log's filter");
      return Optional.empty();
    }
    int headers = mapper.getHeadersToAddCount();
    if (headers > MOST_HEADERS) {
      findings.error(path.field("headers_to_add"), headers + " headers", "at most " + MOST_HEADERS);
      return Optional.empty();
    }
    Optional<AccessLogFilter> filter =
        new AccessLogFilterReader(findings).read(mapper.getFilter(), path.field("filter"));
    int status =
        findings.bounded(
            mapper.hasStatusCode(),
            mapper.getStatusCode().getValue(),
            0,
            200,
            599,
            path.field("status_code"));
    Optional<String> text =
        mapper.hasBody()
            ? Optional.of(DataReader.inline(mapper.getBody(), path.field("body"), findings))
            : Optional.empty();
    Optional<Body> body =
        mapper.hasBodyFormatOverride()
            ? Optional.of(body(mapper.getBodyFormatOverride(), path.field("body_format_override")))
            : Optional.empty();
    HeaderMutations additions =
        new HeaderMutations(
            HeaderReader.additions(mapper.getHeadersToAddList(), "headers_to_add", path, findings),
            List.of());
    return filter.map(passing -> new Mapper(passing, status, text, body, additions));
  }

  private Body body(SubstitutionFormatString format, Path path) {
    Format read = AccessLogReader.format(format, path, findings);
    if (read == Format.Default.DEFAULT) {
      // An empty text is a line of an access log, but an empty body.
      read = new Format.Text("", format.getOmitEmptyValues());
    }
    String type = format.getContentType();
    if (type.isEmpty()) {
      type = read instanceof Format.Json ? "application/json" : "text/plain";
    }
    for (int i = 0; i < type.length(); i++) {
      if (type.charAt(i) < ' ' || type.charAt(i) > '~') {
        findings.error(
            path.field("content_type"), "character " + (int) type.charAt(i), "printable ASCII");
        return new Body(read, "text/plain");
      }
    }
    return new Body(read, type);
  }
}
