package io.heddle.control.core.explain;

import io.heddle.xds.model.HttpConnectionManagerConfig.PathNormalization;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Does to a path what the listener does before routes are asked (RFC 3986, section 6). */
final class NormalPath {
  private static final String UNRESERVED = "-._~";

  private NormalPath() {}

  static String of(String path, PathNormalization rules) {
    int query = path.indexOf('?');
    String bare = query < 0 ? path : path.substring(0, query);
    String rest = query < 0 ? "" : path.substring(query);
    if (rules.normalize()) {
      bare = withoutDots(decoded(bare.replace('\\', '/')));
    }
    if (rules.mergeSlashes()) {
      bare = bare.replaceAll("/{2,}", "/");
    }
    return bare + rest;
  }

  /** Whether it holds a slash that is written as an escape. */
  static boolean hasEscapedSlash(String path) {
    int query = path.indexOf('?');
    String bare = (query < 0 ? path : path.substring(0, query)).toLowerCase(Locale.ROOT);
    return bare.contains("%2f") || bare.contains("%5c");
  }

  static String withoutEscapedSlashes(String path) {
    int query = path.indexOf('?');
    String bare = query < 0 ? path : path.substring(0, query);
    return bare.replaceAll("(?i)%2f|%5c", "/") + (query < 0 ? "" : path.substring(query));
  }

  /** Escapes of what needs none are taken away. */
  private static String decoded(String path) {
    StringBuilder out = new StringBuilder(path.length());
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      if (c == '%' && i + 2 < path.length()) {
        int high = Character.digit(path.charAt(i + 1), 16);
        int low = Character.digit(path.charAt(i + 2), 16);
        char plain = (char) (high * 16 + low);
        boolean needless =
            high >= 0
                && low >= 0
                && plain < 128
                && (Character.isLetterOrDigit(plain) || UNRESERVED.indexOf(plain) >= 0);
        if (needless) {
          out.append(plain);
          i += 2;
          continue;
        }
      }
      out.append(c);
    }
    return out.toString();
  }

  private static String withoutDots(String path) {
    List<String> kept = new ArrayList<>();
    String[] parts = path.split("/", -1);
    for (int i = 1; i < parts.length; i++) {
      boolean last = i == parts.length - 1;
      switch (parts[i]) {
        case "." -> {
          if (last) {
            kept.add("");
          }
        }
        case ".." -> {
          if (!kept.isEmpty()) {
            kept.removeLast();
          }
          if (last) {
            kept.add("");
          }
        }
        default -> kept.add(parts[i]);
      }
    }
    return "/" + String.join("/", kept);
  }
}
