package io.heddle.xds.model.parse;

import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.core.v3.DataSource;

/** Reads data written within the configuration. */
final class DataReader {

  private DataReader() {}

  /** The inline text; files and environment variables have been refused by the guard. */
  static String inline(DataSource source, Path path, Findings findings) {
    return switch (source.getSpecifierCase()) {
      case INLINE_STRING -> source.getInlineString();
      case INLINE_BYTES -> {
        ByteString bytes = source.getInlineBytes();
        if (!bytes.isValidUtf8()) {
          findings.error(path.field("inline_bytes"), "bytes that are not UTF-8", "UTF-8");
        }
        yield bytes.toStringUtf8();
      }
      case SPECIFIER_NOT_SET -> {
        findings.error(path, "no data", "inline_string or inline_bytes");
        yield "";
      }
      case FILENAME, ENVIRONMENT_VARIABLE -> "";
    };
  }
}
