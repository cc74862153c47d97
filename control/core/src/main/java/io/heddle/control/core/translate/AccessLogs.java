package io.heddle.control.core.translate;

import com.google.protobuf.Any;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.accesslog.v3.AccessLog;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.SubstitutionFormatString;
import io.envoyproxy.envoy.extensions.access_loggers.stream.v3.StdoutAccessLog;
import io.heddle.control.api.resource.TelemetryPolicySpec;
import java.util.List;

/** Writes access logs: one on standard output, or none. */
final class AccessLogs {
  private static final String STDOUT = "envoy.access_loggers.stdout";

  private AccessLogs() {}

  static List<AccessLog> of(TelemetryPolicySpec.AccessLog log) {
    if (log.disabled()) {
      return List.of();
    }
    StdoutAccessLog.Builder out = StdoutAccessLog.newBuilder();
    if (!log.text().isEmpty()) {
      out.setLogFormat(
          SubstitutionFormatString.newBuilder()
              .setTextFormatSource(DataSource.newBuilder().setInlineString(log.text())));
    } else if (!log.json().isEmpty()) {
      Struct.Builder json = Struct.newBuilder();
      log.json()
          .forEach((name, value) ->
              json.putFields(name, Value.newBuilder().setStringValue(value).build()));
      out.setLogFormat(SubstitutionFormatString.newBuilder().setJsonFormat(json));
    }
    return List.of(
        AccessLog.newBuilder().setName(STDOUT).setTypedConfig(Any.pack(out.build())).build());
  }
}
