package io.heddle.xds.model.parse;

import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.heddle.xds.model.DataRef;

/** Reads data written within the configuration, and where other data is. */
final class DataReader {

  private DataReader() {}

  /** The inline text; files and environment variables are refused. */
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
      case FILENAME -> {
        findings.refuse(path.field("filename"), "a value");
        yield "";
      }
      case ENVIRONMENT_VARIABLE -> {
        findings.refuse(path.field("environment_variable"), "a value");
        yield "";
      }
    };
  }

  /** Data wherever it is; none where the field is not set. */
  static DataRef ref(boolean set, DataSource source, Path path, Findings findings) {
    if (!set) {
      return DataRef.none();
    }
    String watched = source.getWatchedDirectory().getPath();
    return switch (source.getSpecifierCase()) {
      case INLINE_STRING -> new DataRef.Inline(ByteString.copyFromUtf8(source.getInlineString()));
      case INLINE_BYTES -> new DataRef.Inline(source.getInlineBytes());
      case FILENAME ->
          new DataRef.File(
              findings.required(source.getFilename(), path.field("filename")), watched);
      case ENVIRONMENT_VARIABLE ->
          new DataRef.Environment(
              findings.required(
                  source.getEnvironmentVariable(), path.field("environment_variable")));
      case SPECIFIER_NOT_SET -> {
        findings.error(
            path, "no data", "filename, inline_string, inline_bytes or environment_variable");
        yield DataRef.none();
      }
    };
  }
}
