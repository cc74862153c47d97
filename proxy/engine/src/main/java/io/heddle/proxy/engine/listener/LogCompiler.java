package io.heddle.proxy.engine.listener;

import io.heddle.proxy.api.AccessLogger;
import io.heddle.proxy.api.AccessLoggerFactory;
import io.heddle.proxy.api.FilterConfigException;
import io.heddle.proxy.api.FilterFactoryContext;
import io.heddle.proxy.engine.accesslog.AccessLog;
import io.heddle.proxy.engine.accesslog.FilteredLogger;
import io.heddle.proxy.engine.accesslog.LogFilter;
import io.heddle.proxy.engine.accesslog.LogWriter;
import io.heddle.proxy.engine.route.FactoryCall;
import io.heddle.xds.model.AccessLogConfig;
import io.heddle.xds.model.AccessLogFilter;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.ExtensionConfig;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Makes access logs out of configuration, or says what is wrong with them. Stateless. */
final class LogCompiler {
  private final LogWriter logs;
  private final List<AccessLoggerFactory> accessLoggers;
  private final FilterFactoryContext context;

  /** Loggers know this context. */
  LogCompiler(
      LogWriter logs, List<AccessLoggerFactory> accessLoggers, FilterFactoryContext context) {
    this.logs = logs;
    this.accessLoggers = List.copyOf(accessLoggers);
    this.context = context;
  }

  /** Says what would be refused; {@code http} of logs of exchanges, and not of connections. */
  void check(
      List<AccessLogConfig> logs,
      boolean http,
      String resource,
      String at,
      List<ConfigError> errors) {
    for (int i = 0; i < logs.size(); i++) {
      String here = (at.isEmpty() ? "" : at + ".") + "access_log[" + i + "]";
      switch (target(logs.get(i))) {
        case AccessLogConfig.Filtered _ ->
            throw new IllegalStateException("a filter within a filter");
        case AccessLogConfig.Lines lines -> format(lines, resource, here, errors);
        case ExtensionConfig extension ->
            // Only to see whether it is accepted.
            logger(extension, http, resource, here, errors).ifPresent(AccessLogger::close);
      }
    }
  }

  /** Opens what the engine writes by itself. */
  List<AccessLog> open(List<AccessLogConfig> configs, String resource, List<ConfigError> errors) {
    List<AccessLog> opened = new ArrayList<>();
    for (AccessLogConfig config : configs) {
      if (!(target(config) instanceof AccessLogConfig.Lines lines)) {
        continue;
      }
      try {
        opened.add(logs.open(lines, filter(config)));
      } catch (IOException failure) {
        errors.add(
            new ConfigError(
                resource,
                "access_log",
                String.valueOf(failure.getMessage()),
                "a file that can be written"));
      }
    }
    return opened;
  }

  /** Makes what extensions write. */
  List<FilteredLogger> loggers(
      List<AccessLogConfig> configs, boolean http, String resource, List<ConfigError> errors) {
    List<FilteredLogger> made = new ArrayList<>();
    for (AccessLogConfig config : configs) {
      if (target(config) instanceof ExtensionConfig extension) {
        logger(extension, http, resource, "access_log", errors)
            .ifPresent(logger -> made.add(new FilteredLogger(filter(config), logger)));
      }
    }
    return made;
  }

  private Optional<AccessLogger> logger(
      ExtensionConfig extension,
      boolean http,
      String resource,
      String at,
      List<ConfigError> errors) {
    for (AccessLoggerFactory factory : accessLoggers) {
      if (factory.typeUrls().contains(extension.typeUrl())) {
        if (!(http ? factory.logsExchanges() : factory.logsConnections())) {
          errors.add(
              new ConfigError(
                  resource,
                  at + ".typed_config",
                  extension.typeUrl(),
                  "an access logger of " + (http ? "HTTP exchanges" : "TCP connections")));
          return Optional.empty();
        }
        try {
          return Optional.of(
              FactoryCall.guarded(
                  extension.name(), () -> factory.parse(extension.config(), context)));
        } catch (FilterConfigException refused) {
          errors.add(FilterCompiler.refusal(refused, resource, at));
          return Optional.empty();
        }
      }
    }
    FilterCompiler.unknown(extension, "an extension that is known here", resource, at, errors);
    return Optional.empty();
  }

  private static void format(
      AccessLogConfig.Lines log, String resource, String at, List<ConfigError> errors) {
    try {
      var _ = LogWriter.format(log.format());
    } catch (IllegalArgumentException unsupported) {
      errors.add(
          new ConfigError(
              resource, at, String.valueOf(unsupported.getMessage()), "a supported operator"));
    }
  }

  private static AccessLogConfig target(AccessLogConfig config) {
    return config instanceof AccessLogConfig.Filtered(_, AccessLogConfig log) ? log : config;
  }

  private LogFilter filter(AccessLogConfig config) {
    return config instanceof AccessLogConfig.Filtered(AccessLogFilter filter, _)
        ? LogFilter.of(filter, context.runtime())
        : LogFilter.ALL;
  }
}
