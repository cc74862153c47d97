package io.heddle.xds.model.parse;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/**
 * The messages that are read here, and what is done with each of their fields.
 *
 * <p>Kept in a file of our own, because protobuf's descriptors take a tenth of a second to
 * initialise, which would be most of a proxy's start. A test holds the file against them.
 */
final class Schema {

  private static final String MESSAGE = "message ";
  private static final String ENUM = "enum ";

  /** What happens to a field that is set. */
  enum Support {
    HONOURED,
    /** Nothing that a request could show depends on it here. */
    NO_OP,
    /** Accepted because common configurations set it, although what it asks for is not done. */
    MISSED,
    REFUSED
  }

  /** How often a field occurs, and whether its zero is told from its absence. */
  enum Label {
    PLAIN,
    PRESENT,
    REPEATED,
    MAP
  }

  /** What a field holds; a map's kind is that of its values, its keys are strings. */
  enum Kind {
    STRING,
    BYTES,
    BOOL,
    INT32,
    INT64,
    UINT32,
    UINT64,
    SINT32,
    SINT64,
    FIXED32,
    FIXED64,
    SFIXED32,
    SFIXED64,
    FLOAT,
    DOUBLE,
    ENUM,
    MESSAGE
  }

  /** One field; {@code type} is the full name of its enum or message, and otherwise empty. */
  record Field(int number, String name, Label label, Kind kind, String type, Support support) {

    static Field of(int number, String name, Label label, String type, Support support) {
      if (type.startsWith("enum ")) {
        return new Field(number, name, label, Kind.ENUM, type.substring(5), support);
      }
      if (type.indexOf('.') >= 0) {
        return new Field(number, name, label, Kind.MESSAGE, type, support);
      }
      return new Field(
          number, name, label, Kind.valueOf(type.toUpperCase(Locale.ROOT)), "", support);
    }
  }

  /** One message. */
  static final class MessageType {
    private final String name;
    private final Map<String, Field> byName = new LinkedHashMap<>();
    private @Nullable Field[] byNumber = new @Nullable Field[16];

    MessageType(String name) {
      this.name = name;
    }

    void add(Field field) {
      byName.put(field.name(), field);
      if (field.number() >= byNumber.length) {
        byNumber = Arrays.copyOf(byNumber, field.number() + 16);
      }
      byNumber[field.number()] = field;
    }

    String name() {
      return name;
    }

    @Nullable Field field(int number) {
      return number < byNumber.length ? byNumber[number] : null;
    }

    /** By the name in the proto or by its lower-camel form in JSON. */
    @Nullable Field field(String key) {
      Field exact = byName.get(key);
      return exact != null ? exact : byName.get(snakeCase(key));
    }

    Iterable<Field> fields() {
      return byName.values();
    }

    private static String snakeCase(String camelCase) {
      StringBuilder out = new StringBuilder(camelCase.length() + 4);
      for (int i = 0; i < camelCase.length(); i++) {
        char c = camelCase.charAt(i);
        if (c >= 'A' && c <= 'Z') {
          out.append('_').append((char) (c + 32));
        } else if (c == '_') {
          return "";
        } else {
          out.append(c);
        }
      }
      return out.toString();
    }
  }

  private static final Schema CLAIMED = new Schema(text());

  private final String text;

  /** Where the lines of a message, and of an enum, begin. */
  private final Map<String, Integer> starts = new LinkedHashMap<>();

  private final Map<String, MessageType> messages = new ConcurrentHashMap<>();

  private Schema(String text) {
    this.text = text;
    for (int at = 0; at < text.length(); at = text.indexOf('\n', at) + 1) {
      if (text.startsWith(MESSAGE, at) || text.startsWith(ENUM, at)) {
        int end = text.indexOf('\n', at);
        starts.put(text.substring(at, end), end + 1);
      }
    }
  }

  /** A message that is read here; asking for another is a bug. */
  static MessageType claimed(String name) {
    MessageType message = find(name);
    if (message == null) {
      throw new IllegalArgumentException(name + ", expected a message of supported-fields.txt");
    }
    return message;
  }

  /** The message if it is read here. */
  static @Nullable MessageType find(String name) {
    MessageType known = CLAIMED.messages.get(name);
    return known != null ? known : CLAIMED.read(name);
  }

  /** An enum's numbers by name, if it occurs in an honoured field. */
  static @Nullable Map<String, Integer> findEnum(String name) {
    Integer start = CLAIMED.starts.get(ENUM + name);
    if (start == null) {
      return null;
    }
    Map<String, Integer> values = new LinkedHashMap<>();
    for (String line : CLAIMED.lines(start)) {
      int gap = line.indexOf(' ', 2);
      values.put(line.substring(gap + 1), Integer.valueOf(line.substring(2, gap)));
    }
    return values;
  }

  /** All messages that are read here. */
  static Iterable<MessageType> all() {
    List<MessageType> all = new ArrayList<>();
    for (String line : CLAIMED.starts.keySet()) {
      if (line.startsWith(MESSAGE)) {
        all.add(claimed(line.substring(MESSAGE.length())));
      }
    }
    return all;
  }

  /** A message's fields are only read when it is asked for: a proxy needs few of three hundred. */
  private @Nullable MessageType read(String name) {
    Integer start = starts.get(MESSAGE + name);
    if (start == null) {
      return null;
    }
    MessageType message = new MessageType(name);
    for (String line : lines(start)) {
      message.add(field(line));
    }
    MessageType earlier = messages.putIfAbsent(name, message);
    return earlier != null ? earlier : message;
  }

  /** The lines up to the next message or enum. */
  private List<String> lines(int start) {
    List<String> lines = new ArrayList<>();
    for (int at = start; at < text.length(); at = text.indexOf('\n', at) + 1) {
      char first = text.charAt(at);
      if (first == 'm' || first == 'e') {
        break;
      }
      if (first != '#' && first != '\n') {
        lines.add(text.substring(at, text.indexOf('\n', at)));
      }
    }
    return lines;
  }

  private static String text() {
    try (InputStream in = Schema.class.getResourceAsStream("supported-fields.txt")) {
      if (in == null) {
        throw new IllegalStateException("supported-fields.txt is missing from the jar");
      }
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII) + '\n';
    } catch (IOException e) {
      throw new UncheckedIOException("supported-fields.txt cannot be read", e);
    }
  }

  private static Field field(String line) {
    int number = line.indexOf(' ', 2);
    int name = line.indexOf(' ', number + 1);
    int label = line.indexOf(' ', name + 1);
    Support support =
        switch (line.charAt(0)) {
          case '+' -> Support.HONOURED;
          case '~' -> Support.NO_OP;
          case '!' -> Support.MISSED;
          case '-' -> Support.REFUSED;
          default -> throw new IllegalStateException(line + ", expected +, ~, ! or -");
        };
    return Field.of(
        Integer.parseInt(line, 2, number, 10),
        line.substring(number + 1, name),
        Label.valueOf(line.substring(name + 1, label).toUpperCase(Locale.ROOT)),
        line.substring(label + 1),
        support);
  }
}
