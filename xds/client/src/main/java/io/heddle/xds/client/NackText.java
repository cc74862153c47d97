package io.heddle.xds.client;

import io.heddle.xds.model.ResourceType;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.TreeMap;

/**
 * Words a refusal for the control plane: every refused resource by name, at most 4 KiB of UTF-8.
 */
final class NackText {
  static final int MAX_BYTES = 4096;
  private static final int ROOM_FOR_REST = 64;
  private static final int MAX_PER_RESOURCE = 1024;

  private NackText() {}

  static String of(ResourceType type, Map<String, String> refused) {
    StringBuilder out = new StringBuilder();
    int bytes = 0;
    int told = 0;
    for (Map.Entry<String, String> entry : new TreeMap<>(refused).entrySet()) {
      String one = oneLine(type, entry.getKey(), entry.getValue());
      int size = one.getBytes(StandardCharsets.UTF_8).length + 2;
      if (bytes + size > MAX_BYTES - ROOM_FOR_REST) {
        break;
      }
      out.append(told == 0 ? "" : "; ").append(one);
      bytes += size;
      told++;
    }
    if (told < refused.size()) {
      out.append("; and ").append(refused.size() - told).append(" more");
    }
    return out.toString();
  }

  /** A resource as it is called in words. */
  static String subject(ResourceType type, String name) {
    return noun(type) + " " + cut(name, 256);
  }

  /** The sink's words usually begin with the resource's own name; it is not said twice. */
  private static String oneLine(ResourceType type, String name, String message) {
    String shown = cut(name, 256);
    String subject = subject(type, shown);
    return cut(message.startsWith(subject) ? message : subject + ": " + message, MAX_PER_RESOURCE);
  }

  /** Cuts to a number of UTF-8 bytes, between characters, and frees of control characters. */
  static String cut(String text, int maxBytes) {
    StringBuilder out = new StringBuilder(Math.min(text.length(), maxBytes));
    int bytes = 0;
    for (int i = 0; i < text.length(); ) {
      int point = text.codePointAt(i);
      i += Character.charCount(point);
      int clean = printable(point);
      int size = clean < 0x80 ? 1 : clean < 0x800 ? 2 : clean < 0x10000 ? 3 : 4;
      if (bytes + size > maxBytes - 3 && i < text.length()) {
        return out.append("...").toString();
      }
      out.appendCodePoint(clean);
      bytes += size;
    }
    return out.toString();
  }

  private static int printable(int point) {
    boolean surrogate = point >= Character.MIN_SURROGATE && point <= Character.MAX_SURROGATE;
    return Character.isISOControl(point) || surrogate ? '?' : point;
  }

  private static String noun(ResourceType type) {
    return switch (type) {
      case CLUSTER -> "Cluster";
      case ENDPOINTS -> "ClusterLoadAssignment";
      case LISTENER -> "Listener";
      case ROUTES -> "RouteConfiguration";
      case SCOPED_ROUTES -> "ScopedRouteConfiguration";
      case VIRTUAL_HOSTS -> "VirtualHost";
      case SECRET -> "Secret";
      case EXTENSION_CONFIG -> "TypedExtensionConfig";
      case RUNTIME -> "Runtime";
    };
  }
}
