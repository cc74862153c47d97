package io.heddle.proxy.engine.balance;

import io.heddle.proxy.api.HeaderMap;
import io.heddle.proxy.api.HeaderName;
import io.heddle.xds.model.LbPolicy.ClientSideWeighted;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/**
 * What a host says of its own load in a response ({@code xds.data.orca.v3.OrcaLoadReport}): in the
 * header or trailer {@code endpoint-load-metrics} as {@code TEXT}, {@code JSON} or {@code BIN}, or
 * in {@code endpoint-load-metrics-bin}. Used within one call.
 */
public final class LoadReport {
  private static final HeaderName TEXT = HeaderName.of("endpoint-load-metrics");
  private static final HeaderName BINARY = HeaderName.of("endpoint-load-metrics-bin");
  private static final int MOST = 16 << 10;
  private static final int FIXED64 = 1;
  private static final int DELIMITED = 2;

  private final ClientSideWeighted policy;
  private double cpu;
  private double application;
  private double requests;
  private double errors;
  private double named;

  private LoadReport(ClientSideWeighted policy) {
    this.policy = policy;
  }

  /** The weight that these headers or trailers give a host; zero where they give none. */
  public static double weightIn(HeaderMap fields, ClientSideWeighted policy) {
    Optional<String> binary = fields.first(BINARY);
    if (binary.isPresent()) {
      return weightOfBinary(binary.get(), policy);
    }
    Optional<String> text = fields.first(TEXT);
    return text.isPresent() ? weight(text.get(), policy) : 0;
  }

  /** The weight by the value of {@code endpoint-load-metrics}; 0 where it cannot be understood. */
  public static double weight(String value, ClientSideWeighted policy) {
    if (value.length() > MOST || value.length() < 5) {
      return 0;
    }
    LoadReport report = new LoadReport(policy);
    String body = value.substring(value.indexOf(' ') + 1);
    try {
      if (value.startsWith("TEXT ")) {
        report.text(body);
      } else if (value.startsWith("JSON ")) {
        new Json(body, report).read();
      } else if (value.startsWith("BIN ")) {
        report.binary(Base64.getDecoder().decode(body.strip()));
      } else {
        return 0;
      }
    } catch (RuntimeException malformed) {
      return 0;
    }
    return report.weight();
  }

  /** The weight by the value of {@code endpoint-load-metrics-bin}; 0 where it is not one. */
  public static double weightOfBinary(String base64, ClientSideWeighted policy) {
    return base64.length() > MOST ? 0 : weight("BIN " + base64, policy);
  }

  /** Requests a second for each unit of utilisation, which errors add to. */
  private double weight() {
    if (!(requests > 0)) {
      return 0;
    }
    double utilisation = application > 0 ? application : named > 0 ? named : cpu;
    utilisation += policy.errorPenalty() * Math.max(0, errors) / requests;
    if (!(utilisation > 0)) {
      return 0;
    }
    double weight = requests / utilisation;
    return weight >= 1 ? Math.min(weight, 0xffff_ffffL) : 1;
  }

  private void field(String name, double value) {
    switch (name) {
      case "cpu_utilization" -> cpu = value;
      case "application_utilization" -> application = value;
      case "rps_fractional" -> requests = value;
      case "eps" -> errors = value;
      default -> {}
    }
    if (policy.metricNames().contains(name)) {
      named = Math.max(named, value);
    }
  }

  private void text(String body) {
    for (int from = 0; from < body.length(); ) {
      int comma = body.indexOf(',', from);
      int to = comma < 0 ? body.length() : comma;
      int equals = body.indexOf('=', from);
      if (equals < 0 || equals >= to) {
        throw new IllegalArgumentException("no value");
      }
      field(
          body.substring(from, equals).strip(),
          Double.parseDouble(body.substring(equals + 1, to).strip()));
      from = to + 1;
    }
  }

  private void binary(byte[] bytes) {
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    while (in.hasRemaining()) {
      int tag = (int) varint(in);
      int number = tag >>> 3;
      switch (tag & 7) {
        case 0 -> varint(in);
        case FIXED64 -> {
          double value = in.getDouble();
          switch (number) {
            case 1 -> field("cpu_utilization", value);
            case 2 -> field("mem_utilization", value);
            case 6 -> field("rps_fractional", value);
            case 7 -> field("eps", value);
            case 9 -> field("application_utilization", value);
            default -> {}
          }
        }
        case DELIMITED -> {
          byte[] entry = new byte[length(in)];
          in.get(entry);
          if (number == 5 || number == 8) {
            entry(entry, number == 5 ? "utilization." : "named_metrics.");
          }
        }
        case 5 -> in.getInt();
        default -> throw new IllegalArgumentException("wire type");
      }
    }
  }

  /** One entry of a map from string to double. */
  private void entry(byte[] bytes, String prefix) {
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    String key = "";
    double value = 0;
    while (in.hasRemaining()) {
      int tag = (int) varint(in);
      if (tag == (1 << 3 | DELIMITED)) {
        byte[] text = new byte[length(in)];
        in.get(text);
        key = new String(text, StandardCharsets.UTF_8);
      } else if (tag == (2 << 3 | FIXED64)) {
        value = in.getDouble();
      } else {
        throw new IllegalArgumentException("entry");
      }
    }
    field(prefix + key, value);
  }

  private static int length(ByteBuffer in) {
    long length = varint(in);
    if (length < 0 || length > in.remaining()) {
      throw new IllegalArgumentException("length");
    }
    return (int) length;
  }

  private static long varint(ByteBuffer in) {
    long value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      byte next = in.get();
      value |= (long) (next & 0x7f) << shift;
      if (next >= 0) {
        return value;
      }
    }
    throw new IllegalArgumentException("varint");
  }

  /** Reads the numbers of an object and of the objects in it. */
  private static final class Json {
    private final String text;
    private final LoadReport report;
    private int at;

    Json(String text, LoadReport report) {
      this.text = text;
      this.report = report;
    }

    void read() {
      object("");
      skip();
      if (at != text.length()) {
        throw new IllegalArgumentException("more than an object");
      }
    }

    private void object(String prefix) {
      expect('{');
      if (peek() == '}') {
        at++;
        return;
      }
      while (true) {
        String key = string();
        expect(':');
        if (peek() == '{') {
          if (!prefix.isEmpty()) {
            throw new IllegalArgumentException("too deep");
          }
          object(snake(key) + ".");
        } else {
          report.field(prefix + (prefix.isEmpty() ? snake(key) : key), number());
        }
        if (peek() == ',') {
          at++;
        } else {
          expect('}');
          return;
        }
      }
    }

    private static String snake(String key) {
      StringBuilder out = new StringBuilder(key.length() + 4);
      for (int i = 0; i < key.length(); i++) {
        char c = key.charAt(i);
        if (c >= 'A' && c <= 'Z') {
          out.append('_').append((char) (c + 32));
        } else {
          out.append(c);
        }
      }
      return out.toString();
    }

    private String string() {
      expect('"');
      int end = text.indexOf('"', at);
      if (end < 0 || text.substring(at, end).indexOf('\\') >= 0) {
        throw new IllegalArgumentException("a key");
      }
      String key = text.substring(at, end);
      at = end + 1;
      return key;
    }

    private double number() {
      skip();
      int from = at;
      while (at < text.length() && "+-.0123456789eE".indexOf(text.charAt(at)) >= 0) {
        at++;
      }
      return Double.parseDouble(text.substring(from, at));
    }

    private char peek() {
      skip();
      if (at == text.length()) {
        throw new IllegalArgumentException("end");
      }
      return text.charAt(at);
    }

    private void expect(char wanted) {
      if (peek() != wanted) {
        throw new IllegalArgumentException("expected " + wanted);
      }
      at++;
    }

    private void skip() {
      while (at < text.length() && text.charAt(at) <= ' ') {
        at++;
      }
    }
  }
}
