package io.heddle.proxy.filters.config;

import com.google.protobuf.ByteString;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.heddle.proxy.api.FilterConfigException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Set;

/** Reads {@code envoy.config.core.v3.DataSource}, once, when configuration is parsed. */
public final class Data {
  private static final int MAX_BYTES = 1 << 20;

  private Data() {}

  /** The bytes, 1 MiB at most. */
  public static ByteString read(DataSource source, String path) throws FilterConfigException {
    SetFields.allow(
        source, path, Set.of("filename", "inline_bytes", "inline_string", "environment_variable"));
    return switch (source.getSpecifierCase()) {
      case INLINE_STRING -> bounded(ByteString.copyFromUtf8(source.getInlineString()), path);
      case INLINE_BYTES -> bounded(source.getInlineBytes(), path);
      case FILENAME -> file(source.getFilename(), SetFields.at(path, "filename"));
      case ENVIRONMENT_VARIABLE -> {
        String value = System.getenv(source.getEnvironmentVariable());
        if (value == null) {
          throw new FilterConfigException(
              SetFields.at(path, "environment_variable"),
              source.getEnvironmentVariable(),
              "a variable of the proxy's environment");
        }
        yield bounded(ByteString.copyFromUtf8(value), path);
      }
      case SPECIFIER_NOT_SET ->
          throw new FilterConfigException(
              path, "no data", "filename, inline_string, inline_bytes or environment_variable");
    };
  }

  private static ByteString bounded(ByteString data, String path) throws FilterConfigException {
    if (data.size() > MAX_BYTES) {
      throw new FilterConfigException(path, data.size() + " bytes", "at most " + MAX_BYTES);
    }
    return data;
  }

  private static ByteString file(String name, String path) throws FilterConfigException {
    try (InputStream in = Files.newInputStream(Path.of(name))) {
      return bounded(ByteString.copyFrom(in.readNBytes(MAX_BYTES + 1)), path);
    } catch (IOException | InvalidPathException unreadable) {
      FilterConfigException refused =
          new FilterConfigException(path, name, "a file that can be read");
      refused.initCause(unreadable);
      throw refused;
    }
  }
}
