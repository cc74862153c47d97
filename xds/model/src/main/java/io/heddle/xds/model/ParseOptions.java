package io.heddle.xds.model;

/**
 * How strictly configuration is read.
 *
 * @param rejectUnknownFields whether a field that our descriptors do not know refuses the resource;
 *     otherwise it is counted and ignored
 */
public record ParseOptions(boolean rejectUnknownFields) {
  /** For what comes by xDS: unknown fields are counted and ignored. */
  public static final ParseOptions LENIENT = new ParseOptions(false);

  /** For what stands in a file: unknown fields are refused. */
  public static final ParseOptions STRICT = new ParseOptions(true);
}
