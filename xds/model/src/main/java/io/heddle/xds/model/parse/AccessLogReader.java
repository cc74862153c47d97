package io.heddle.xds.model.parse;

import com.google.protobuf.Any;
import io.envoyproxy.envoy.config.accesslog.v3.AccessLog;
import io.envoyproxy.envoy.config.core.v3.SubstitutionFormatString;
import io.envoyproxy.envoy.config.core.v3.TypedExtensionConfig;
import io.envoyproxy.envoy.extensions.access_loggers.file.v3.FileAccessLog;
import io.envoyproxy.envoy.extensions.access_loggers.stream.v3.StderrAccessLog;
import io.envoyproxy.envoy.extensions.access_loggers.stream.v3.StdoutAccessLog;
import io.heddle.xds.model.AccessLogConfig;
import io.heddle.xds.model.AccessLogConfig.Format;
import io.heddle.xds.model.AccessLogConfig.Sink;
import io.heddle.xds.model.AccessLogFilter;
import io.heddle.xds.model.StructValue;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Reads access logs. */
@SuppressWarnings("deprecation") // Envoy still reads these fields, and so others write them.
final class AccessLogReader {

  private static final String FILE = "envoy.extensions.access_loggers.file.v3.FileAccessLog";
  private static final String STDOUT = "envoy.extensions.access_loggers.stream.v3.StdoutAccessLog";
  private static final String STDERR = "envoy.extensions.access_loggers.stream.v3.StderrAccessLog";

  /** Their operators are always there, as in Envoy. */
  private static final Set<String> FORMATTERS =
      Set.of(
          "envoy.extensions.formatter.req_without_query.v3.ReqWithoutQuery",
          "envoy.extensions.formatter.metadata.v3.Metadata",
          "envoy.extensions.formatter.cel.v3.Cel");

  private AccessLogReader() {}

  static List<AccessLogConfig> read(List<AccessLog> logs, Path path, Findings findings) {
    List<AccessLogConfig> read = new ArrayList<>();
    for (int i = 0; i < logs.size(); i++) {
      AccessLog log = logs.get(i);
      Path here = path.at("access_log", i);
      Optional<AccessLogConfig> target =
          one(log.getName(), log.getTypedConfig(), here.field("typed_config"), findings);
      if (log.hasFilter()) {
        Optional<AccessLogFilter> filter =
            new AccessLogFilterReader(findings).read(log.getFilter(), here.field("filter"));
        target = target.flatMap(to -> filter.map(f -> new AccessLogConfig.Filtered(f, to)));
      }
      target.ifPresent(read::add);
    }
    return read;
  }

  private static Optional<AccessLogConfig> one(String name, Any any, Path path, Findings findings) {
    return switch (ExtensionReader.typeName(any)) {
      case FILE ->
          findings
              .unpack(any, FILE, FileAccessLog.parser(), path)
              .map(log -> file(log, path, findings));
      case STDOUT ->
          findings
              .unpack(any, STDOUT, StdoutAccessLog.parser(), path)
              .map(log ->
                  standard(
                      Sink.Standard.STDOUT,
                      log.hasLogFormat(),
                      log.getLogFormat(),
                      path,
                      findings));
      case STDERR ->
          findings
              .unpack(any, STDERR, StderrAccessLog.parser(), path)
              .map(log ->
                  standard(
                      Sink.Standard.STDERR,
                      log.hasLogFormat(),
                      log.getLogFormat(),
                      path,
                      findings));
      default -> Optional.of(ExtensionReader.read(name, any, false, false, path, findings));
    };
  }

  private static AccessLogConfig file(FileAccessLog log, Path path, Findings findings) {
    findings.required(log.getPath(), path.field("path"));
    Format format =
        switch (log.getAccessLogFormatCase()) {
          case FORMAT -> text(log.getFormat(), false);
          case TYPED_JSON_FORMAT ->
              new Format.Json(StructValue.of(log.getTypedJsonFormat()), false);
          case LOG_FORMAT -> format(log.getLogFormat(), path.field("log_format"), findings);
          case JSON_FORMAT, ACCESSLOGFORMAT_NOT_SET -> Format.Default.DEFAULT;
        };
    return new AccessLogConfig.Lines(new Sink.File(log.getPath()), format);
  }

  private static AccessLogConfig standard(
      Sink sink, boolean set, SubstitutionFormatString format, Path path, Findings findings) {
    return new AccessLogConfig.Lines(
        sink, set ? format(format, path.field("log_format"), findings) : Format.Default.DEFAULT);
  }

  /** What a line, or a body, looks like. */
  static Format format(SubstitutionFormatString format, Path path, Findings findings) {
    for (int i = 0; i < format.getFormattersCount(); i++) {
      TypedExtensionConfig formatter = format.getFormatters(i);
      if (!FORMATTERS.contains(ExtensionReader.typeName(formatter.getTypedConfig()))) {
        findings.error(
            path.at("formatters", i).field("typed_config"),
            formatter.getTypedConfig().getTypeUrl(),
            "req_without_query, metadata or cel");
      }
    }
    boolean omit = format.getOmitEmptyValues();
    return switch (format.getFormatCase()) {
      case TEXT_FORMAT -> text(format.getTextFormat(), omit);
      case TEXT_FORMAT_SOURCE ->
          text(
              DataReader.inline(
                  format.getTextFormatSource(), path.field("text_format_source"), findings),
              omit);
      case JSON_FORMAT -> new Format.Json(StructValue.of(format.getJsonFormat()), omit);
      case FORMAT_NOT_SET -> {
        findings.error(path, "no format", "text_format, text_format_source or json_format");
        yield Format.Default.DEFAULT;
      }
    };
  }

  /** An empty text means the default line, as with Envoy. */
  private static Format text(String pattern, boolean omitEmptyValues) {
    return pattern.isEmpty() ? Format.Default.DEFAULT : new Format.Text(pattern, omitEmptyValues);
  }

  /** How often entries are written in between, of the field of that name there; zero for never. */
  static Duration interval(
      boolean set, com.google.protobuf.Duration every, Path path, Findings findings) {
    Path field = path.field("access_log_flush_interval");
    Duration interval = findings.duration(set, every, Duration.ZERO, field);
    if (set && interval.compareTo(Duration.ofMillis(1)) < 0) {
      findings.error(field, interval.toString(), "at least 1 ms");
    }
    return interval;
  }
}
