package io.heddle.proxy.codec;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A slow parser of what a client or a server sends, written from the grammar with regular
 * expressions and only for whole input; the fast one must see the same messages with the same
 * bodies.
 */
final class Reference {
  private static final String TOKEN = "[!#$%&'*+.^_`|~0-9A-Za-z-]+";
  private static final Pattern REQUEST_LINE =
      Pattern.compile("(" + TOKEN + ") ([\\x21\\x22\\x24-\\x7e]+) HTTP/1\\.([01])");
  private static final Pattern STATUS_LINE =
      Pattern.compile("HTTP/1\\.([01]) ([1-5][0-9][0-9])(?: [\\t\\x20-\\x7e\\x80-\\xff]*)?");
  private static final Pattern FIELD =
      Pattern.compile("(" + TOKEN + "):[ \\t]*([\\t\\x20-\\x7e\\x80-\\xff]*?)[ \\t]*");
  private static final Pattern HOST =
      Pattern.compile(
          "((?:[A-Za-z0-9._~%!$&'()*+;=-]+)|(?:\\[[0-9A-Fa-f:.]{2,}\\]))(?::([0-9]{1,5}))?");
  private static final Pattern ABSOLUTE = Pattern.compile("(?i)(https?)://([^/?]*)(?:[/?].*)?");
  private static final Pattern BARE = Pattern.compile("(?s).*(?:(?<!\r)\n|\r(?!\n)).*");
  private static final Pattern CHUNK =
      Pattern.compile("([0-9A-Fa-f]{1,16})((?:;[\\t\\x20-\\x7e\\x80-\\xff]*)?)");
  private static final BigInteger MAX = BigInteger.valueOf(Long.MAX_VALUE);

  /** How the last message stands. */
  enum End {
    /** Nothing follows the last whole message. */
    CLEAN,
    /** A message has begun and is well as far as it goes. */
    INCOMPLETE,
    /** A message that must be refused. */
    REFUSED
  }

  /** Whole messages, each as its body; and, if one is under way, the body it has so far. */
  record Verdict(List<String> bodies, End end, String partial) {}

  private final String text;
  private final Limits limits;
  private int at;
  private boolean incomplete;
  private final StringBuilder body = new StringBuilder();

  private Reference(String text, Limits limits) {
    this.text = text;
    this.limits = limits;
  }

  static Verdict requests(String text, Limits limits) {
    return new Reference(text, limits).messages("");
  }

  /** Responses to any number of requests of one method. */
  static Verdict responses(String text, Limits limits, String method) {
    return new Reference(text, limits).messages(method);
  }

  private Verdict messages(String method) {
    List<String> bodies = new ArrayList<>();
    while (at < text.length()) {
      body.setLength(0);
      boolean good = method.isEmpty() ? request() : response(method);
      if (incomplete || !good) {
        return new Verdict(bodies, incomplete ? End.INCOMPLETE : End.REFUSED, body.toString());
      }
      bodies.add(body.toString());
    }
    return new Verdict(bodies, End.CLEAN, "");
  }

  /** The lines up to the empty one, or null where there is none or one breaks off wrongly. */
  private String[] head(boolean blankAllowed) {
    int start = at;
    if (blankAllowed && text.startsWith("\r\n", start)) {
      start += 2;
    }
    if (start == text.length() || (text.length() == start + 1 && text.charAt(start) == '\r')) {
      incomplete = true;
      return new String[0];
    }
    int end = text.startsWith("\r\n", start) ? start : text.indexOf("\r\n\r\n", start);
    if (end < 0) {
      incomplete = true;
      return new String[0];
    }
    String head = text.substring(start, end);
    int bytes = end + 4 - at;
    at = end + 4;
    if (head.isEmpty() || BARE.matcher(head + "\r\n").matches() || bytes > limits.headBytes()) {
      return new String[0];
    }
    return head.split("\r\n", -1);
  }

  private record Fields(
      List<String> lengths,
      List<String> codings,
      List<String> hosts,
      List<String> options,
      List<String> expectations) {}

  private static boolean fields(String[] lines, Fields into, int max) {
    for (int i = 1; i < lines.length; i++) {
      Matcher field = FIELD.matcher(lines[i]);
      if (!field.matches() || i > max) {
        return false;
      }
      String value = field.group(2);
      switch (field.group(1).toLowerCase(Locale.ROOT)) {
        case "content-length" -> into.lengths.add(value);
        case "transfer-encoding" -> into.codings.add(value);
        case "host" -> into.hosts.add(value);
        case "connection" -> into.options.add(value);
        case "expect" -> into.expectations.add(value);
        default -> {}
      }
    }
    return true;
  }

  private boolean request() {
    String[] lines = head(true);
    Fields fields = none();
    Matcher line = REQUEST_LINE.matcher(lines.length == 0 ? "" : lines[0]);
    if (incomplete
        || !line.matches()
        || lines[0].length() + 2 > limits.requestLineBytes()
        || !fields(lines, fields, limits.headers())) {
      return false;
    }
    boolean old = line.group(3).equals("0");
    return host(line.group(1), line.group(2), fields, old)
        && options(fields)
        && fields.expectations.size() < 2
        && fields.expectations.stream().allMatch("100-continue"::equalsIgnoreCase)
        && framing(fields, old)
        && (fields.codings.isEmpty() ? fields.lengths.isEmpty() || sized(fields) : chunked());
  }

  private boolean response(String method) {
    return response(method, 0);
  }

  private boolean response(String method, int interim) {
    String[] lines = head(false);
    Fields fields = none();
    Matcher line = STATUS_LINE.matcher(lines.length == 0 ? "" : lines[0]);
    if (incomplete || !line.matches() || !fields(lines, fields, limits.headers())) {
      return false;
    }
    int status = Integer.parseInt(line.group(2));
    if (status == 101 || !options(fields) || !framing(fields, line.group(1).equals("0"))) {
      return false;
    }
    if (status < 200 || status == 204) {
      boolean bare =
          fields.codings.isEmpty() && fields.lengths.stream().allMatch(l -> l.matches("0+"));
      if (bare && status < 200) {
        if (interim == limits.interimResponses()) {
          return false;
        }
        if (at == text.length()) {
          incomplete = true;
          return false;
        }
        return response(method, interim + 1);
      }
      return bare;
    }
    if (method.equals("HEAD") || status == 304) {
      return true;
    }
    if (!fields.codings.isEmpty()) {
      return chunked();
    }
    if (!fields.lengths.isEmpty()) {
      return sized(fields);
    }
    body.append(text, at, text.length());
    at = text.length();
    return true;
  }

  private static Fields none() {
    return new Fields(
        new ArrayList<>(),
        new ArrayList<>(),
        new ArrayList<>(),
        new ArrayList<>(),
        new ArrayList<>());
  }

  private static boolean host(String method, String target, Fields fields, boolean old) {
    if (fields.hosts.size() > 1 || (fields.hosts.isEmpty() && !old)) {
      return false;
    }
    String named = "";
    int port = 80;
    if (method.equals("CONNECT")) {
      if (!validHost(target) || !target.matches(".*:[0-9]+")) {
        return false;
      }
      named = target;
    } else if (!target.startsWith("/") && !(target.equals("*") && method.equals("OPTIONS"))) {
      Matcher absolute = ABSOLUTE.matcher(target);
      if (!absolute.matches() || !validHost(absolute.group(2))) {
        return false;
      }
      named = absolute.group(2);
      port = absolute.group(1).equalsIgnoreCase("https") ? 443 : 80;
    }
    if (fields.hosts.isEmpty()) {
      return true;
    }
    String host = fields.hosts.getFirst();
    return validHost(host) && (named.isEmpty() || full(named, port).equals(full(host, port)));
  }

  private static boolean validHost(String host) {
    Matcher matcher = HOST.matcher(host);
    return matcher.matches()
        && (matcher.group(2) == null || Integer.parseInt(matcher.group(2)) <= 65_535);
  }

  private static String full(String host, int port) {
    Matcher matcher = HOST.matcher(host.toLowerCase(Locale.ROOT));
    return matcher.matches()
        ? matcher.group(1)
            + ':'
            + (matcher.group(2) == null ? port : Integer.parseInt(matcher.group(2)))
        : host;
  }

  private static boolean options(Fields fields) {
    int count = 0;
    for (String line : fields.options) {
      if (line.equalsIgnoreCase("keep-alive")) {
        continue;
      }
      for (String option : line.split(",", -1)) {
        String name = option.replaceAll("^[ \\t]+|[ \\t]+$", "").toLowerCase(Locale.ROOT);
        if (name.isEmpty()) {
          continue;
        }
        if (!name.matches(TOKEN)
            || ++count > 32
            || name.matches(
                "host|content-length|transfer-encoding|authorization|cookie|set-cookie|cache-control"
                    + "|content-type|content-encoding|forwarded|via|x-real-ip|x-request-id|traceparent"
                    + "|x-forwarded-.*|x-envoy-.*")) {
          return false;
        }
      }
    }
    return true;
  }

  private static boolean framing(Fields fields, boolean old) {
    if (!fields.codings.isEmpty()) {
      return fields.lengths.isEmpty()
          && fields.codings.size() == 1
          && fields.codings.getFirst().equalsIgnoreCase("chunked")
          && !old;
    }
    return fields.lengths.isEmpty()
        || (fields.lengths.size() == 1
            && fields.lengths.getFirst().matches("[0-9]+")
            && new BigInteger(fields.lengths.getFirst()).compareTo(MAX) <= 0);
  }

  private boolean sized(Fields fields) {
    return take(new BigInteger(fields.lengths.getFirst()));
  }

  private boolean take(BigInteger length) {
    BigInteger there = BigInteger.valueOf(text.length() - at);
    incomplete = length.compareTo(there) > 0;
    int n = length.min(there).intValue();
    body.append(text, at, at + n);
    at += n;
    return !incomplete;
  }

  private boolean chunked() {
    int extensions = 0;
    while (true) {
      int end = text.indexOf("\r\n", at);
      if (end < 0) {
        incomplete = true;
        return false;
      }
      Matcher chunk = CHUNK.matcher(text.substring(at, end));
      if (!chunk.matches()) {
        return false;
      }
      BigInteger size = new BigInteger(chunk.group(1), 16);
      extensions += chunk.group(2).length();
      if (size.compareTo(MAX) > 0 || extensions > limits.chunkExtensionBytes()) {
        return false;
      }
      at = end + 2;
      if (size.signum() == 0) {
        return trailers();
      }
      if (!take(size)) {
        return false;
      }
      if (!text.startsWith("\r\n", at)) {
        incomplete = "\r\n".startsWith(text.substring(at, Math.min(at + 2, text.length())));
        return false;
      }
      at += 2;
    }
  }

  private boolean trailers() {
    if (text.startsWith("\r\n", at)) {
      at += 2;
      return true;
    }
    int end = text.indexOf("\r\n\r\n", at);
    if (end < 0) {
      incomplete = true;
      return false;
    }
    String section = text.substring(at, end);
    int bytes = end + 4 - at;
    at = end + 4;
    if (BARE.matcher(section + "\r\n").matches() || bytes > limits.trailerBytes()) {
      return false;
    }
    for (String name : ("\r\n" + section).split("\r\n", -1)) {
      if (name.matches(
          "(?i)(te|host|expect|upgrade|trailer|connection|keep-alive|content-length|http2-settings"
              + "|proxy-connection|transfer-encoding):.*")) {
        return false;
      }
    }
    return fields(("\r\n" + section).split("\r\n", -1), none(), limits.trailers());
  }
}
