package io.heddle.proxy.engine.tls;

import io.heddle.xds.model.DataRef;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;

/** Reads what configuration points to. Stateless. */
final class Material {
  private static final int LARGEST = 4 << 20;

  private Material() {}

  static byte[] read(DataRef data, String field) throws BadMaterialException {
    return switch (data) {
      case DataRef.Inline inline -> inline.bytes().toByteArray();
      case DataRef.Environment environment -> {
        String value = System.getenv(environment.name());
        if (value == null) {
          throw new BadMaterialException(
              field + ".environment_variable", environment.name(), "a variable that is set");
        }
        yield value.getBytes(StandardCharsets.UTF_8);
      }
      case DataRef.File file -> {
        try (InputStream in = Files.newInputStream(Path.of(file.path()))) {
          byte[] read = in.readNBytes(LARGEST + 1);
          if (read.length > LARGEST) {
            throw new BadMaterialException(
                field + ".filename", file.path(), "a file of at most 4 MiB");
          }
          yield read;
        } catch (IOException | InvalidPathException _) {
          throw new BadMaterialException(
              field + ".filename", file.path(), "a file that can be read");
        }
      }
    };
  }
}
