package io.heddle.xds.model.parse;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.Message;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Finds the descriptors of messages of the API, and of extensions on the class path, by name: in
 * the generated class, or where that was left out of the distribution in that of the message's
 * file. Thread-safe; loads nothing but what is asked for.
 */
public final class GeneratedTypes {
  /** Lines of a message's class and its file's; written by distribution/StripGenerated. */
  private static final String LEFT_OUT = "META-INF/heddle/messages.txt";

  private GeneratedTypes() {}

  /**
   * The message of this full name, such as {@code envoy.config.core.v3.Address}; empty where it is
   * of another package than {@code envoy}, {@code xds} or {@code udpa}, or there is none.
   */
  public static Optional<Descriptor> descriptor(String name) {
    String className = className(name);
    if (className.isEmpty()) {
      return Optional.empty();
    }
    Descriptor found;
    try {
      found = ofClass(className);
    } catch (ClassNotFoundException _) {
      found = leftOut(className);
    } catch (ReflectiveOperationException | LinkageError _) {
      found = null;
    }
    return Optional.ofNullable(found).filter(d -> d.getFullName().equals(name));
  }

  /** A name can lead to no class but a message. */
  private static @Nullable Descriptor ofClass(String className)
      throws ReflectiveOperationException {
    Class<?> found = Class.forName(className, false, GeneratedTypes.class.getClassLoader());
    if (!Message.class.isAssignableFrom(found)) {
      return null;
    }
    return (Descriptor) found.getMethod("getDescriptor").invoke(null);
  }

  private static @Nullable Descriptor leftOut(String className) {
    String file = fileOf(className);
    if (file == null) {
      return null;
    }
    try {
      FileDescriptor descriptors =
          (FileDescriptor)
              Class.forName(file, false, GeneratedTypes.class.getClassLoader())
                  .getMethod("getDescriptor")
                  .invoke(null);
      String[] names = className.substring(className.lastIndexOf('.') + 1).split("\\$", -1);
      Descriptor found = descriptors.findMessageTypeByName(names[0]);
      for (int i = 1; i < names.length && found != null; i++) {
        found = found.findNestedTypeByName(names[i]);
      }
      return found;
    } catch (ReflectiveOperationException | LinkageError _) {
      return null;
    }
  }

  private static @Nullable String fileOf(String className) {
    String start = className + ' ';
    try (InputStream in = GeneratedTypes.class.getClassLoader().getResourceAsStream(LEFT_OUT)) {
      if (in == null) {
        return null;
      }
      BufferedReader lines = new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
      for (String line = lines.readLine(); line != null; line = lines.readLine()) {
        if (line.startsWith(start)) {
          return line.substring(start.length());
        }
      }
      return null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** {@code envoy.a.v3.B.C} is {@code io.envoyproxy.envoy.a.v3.B$C}; empty for other roots. */
  private static String className(String name) {
    String root;
    if (name.startsWith("envoy.")) {
      root = "io.envoyproxy.";
    } else if (name.startsWith("xds.")) {
      root = "com.github.";
    } else if (name.startsWith("udpa.")) {
      root = "com.github.udpa.";
    } else {
      return "";
    }
    StringBuilder out = new StringBuilder(root);
    boolean withinClass = false;
    for (String part : name.split("\\.", -1)) {
      if (part.isEmpty() || !HeaderReader.isToken(part)) {
        return "";
      }
      if (out.length() > root.length()) {
        out.append(withinClass ? '$' : '.');
      }
      withinClass |= Character.isUpperCase(part.charAt(0));
      out.append(part);
    }
    return out.toString();
  }
}
