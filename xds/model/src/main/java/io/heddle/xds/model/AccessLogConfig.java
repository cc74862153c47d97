package io.heddle.xds.model;

/**
 * One access log: where its lines go and how they look, or an extension that knows by itself.
 *
 * <p>Sources: {@code envoy.extensions.access_loggers.file.v3.FileAccessLog}, {@code
 * …stream.v3.StdoutAccessLog} and {@code StderrAccessLog}.
 */
public sealed interface AccessLogConfig
    permits AccessLogConfig.Lines, AccessLogConfig.Filtered, ExtensionConfig {
  /** Lines, which the engine writes itself. */
  record Lines(Sink sink, Format format) implements AccessLogConfig {}

  /** A log of those that pass a filter. */
  record Filtered(AccessLogFilter filter, AccessLogConfig log) implements AccessLogConfig {}

  /** Where lines are written. */
  sealed interface Sink {
    /** Appended to a file. */
    record File(String path) implements Sink {}

    /** A standard stream of the process. */
    enum Standard implements Sink {
      STDOUT,
      STDERR
    }
  }

  /** What a line looks like. */
  sealed interface Format {
    /** Envoy's default line. */
    enum Default implements Format {
      DEFAULT
    }

    /**
     * Text with command operators.
     *
     * @param pattern written as it stands: it ends in a line feed only if it contains one
     * @param omitEmptyValues whether an absent value is the empty string and not {@code -}
     */
    record Text(String pattern, boolean omitEmptyValues) implements Format {}

    /**
     * One JSON object a line, its string values holding command operators.
     *
     * @param omitEmptyValues whether an absent value is left out and not {@code null}
     */
    record Json(StructValue.Fields fields, boolean omitEmptyValues) implements Format {}
  }
}
