package io.heddle.proxy.engine.exchange;

import io.heddle.xds.model.HttpConnectionManagerConfig.PathNormalization;
import java.util.ArrayDeque;
import java.util.Deque;

/** Brings a path to its normal form (RFC 3986, 6.2.2), as far as the connection manager asks. */
final class PathNormalizer {
  private PathNormalizer() {}

  /** What came of it. */
  sealed interface Result {
    /** Go on with this path. */
    record Path(String path) implements Result {}

    /** Send the client to this path. */
    record Redirect(String path) implements Result {}

    /** Refuse the request. */
    enum Refused implements Result {
      REFUSED
    }
  }

  static Result normalize(String target, PathNormalization config) {
    if (!target.startsWith("/")) {
      return new Result.Path(target);
    }
    int query = target.indexOf('?');
    String path = query < 0 ? target : target.substring(0, query);
    String rest = query < 0 ? "" : target.substring(query);
    boolean redirect = false;
    if (hasEscapedSlash(path)) {
      switch (config.escapedSlashes()) {
        case KEEP_UNCHANGED -> {}
        case REJECT_REQUEST -> {
          return Result.Refused.REFUSED;
        }
        case UNESCAPE_AND_REDIRECT -> {
          path = unescapeSlashes(path);
          redirect = true;
        }
        case UNESCAPE_AND_FORWARD -> path = unescapeSlashes(path);
      }
    }
    if (config.normalize()) {
      String decoded = decodeUnreserved(path);
      if (decoded.isEmpty()) {
        return Result.Refused.REFUSED;
      }
      path = removeDotSegments(decoded.replace('\\', '/'));
    }
    if (config.mergeSlashes()) {
      path = mergeSlashes(path);
    }
    return redirect ? new Result.Redirect(path + rest) : new Result.Path(path + rest);
  }

  private static boolean hasEscapedSlash(String path) {
    for (int i = path.indexOf('%'); i >= 0; i = path.indexOf('%', i + 1)) {
      if (path.regionMatches(true, i, "%2f", 0, 3) || path.regionMatches(true, i, "%5c", 0, 3)) {
        return true;
      }
    }
    return false;
  }

  private static String unescapeSlashes(String path) {
    return path.replaceAll("%2[fF]", "/").replaceAll("%5[cC]", "\\\\");
  }

  /** Decodes what needs no escape; empty where an escape is malformed. */
  private static String decodeUnreserved(String path) {
    if (path.indexOf('%') < 0) {
      return path;
    }
    StringBuilder out = new StringBuilder(path.length());
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      if (c != '%') {
        out.append(c);
        continue;
      }
      if (i + 2 >= path.length()) {
        return "";
      }
      int high = Character.digit(path.charAt(i + 1), 16);
      int low = Character.digit(path.charAt(i + 2), 16);
      if (high < 0 || low < 0) {
        return "";
      }
      char decoded = (char) (high * 16 + low);
      if (decoded == 0) {
        return "";
      }
      if (decoded < 128 && (Character.isLetterOrDigit(decoded) || "-._~".indexOf(decoded) >= 0)) {
        out.append(decoded);
      } else {
        out.append(path, i, i + 3);
      }
      i += 2;
    }
    return out.toString();
  }

  private static String removeDotSegments(String path) {
    if (!path.contains("/.")) {
      return path;
    }
    Deque<String> kept = new ArrayDeque<>();
    String[] segments = path.substring(1).split("/", -1);
    for (int i = 0; i < segments.length; i++) {
      boolean last = i == segments.length - 1;
      switch (segments[i]) {
        case "." -> {
          if (last) {
            kept.addLast("");
          }
        }
        case ".." -> {
          kept.pollLast();
          if (last) {
            kept.addLast("");
          }
        }
        default -> kept.addLast(segments[i]);
      }
    }
    return "/" + String.join("/", kept);
  }

  private static String mergeSlashes(String path) {
    if (!path.contains("//")) {
      return path;
    }
    StringBuilder out = new StringBuilder(path.length());
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      if (c != '/' || out.isEmpty() || out.charAt(out.length() - 1) != '/') {
        out.append(c);
      }
    }
    return out.toString();
  }
}
