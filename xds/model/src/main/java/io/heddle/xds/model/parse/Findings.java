package io.heddle.xds.model.parse;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Parser;
import io.heddle.xds.model.ConfigError;
import io.heddle.xds.model.ConfigWarning;
import io.heddle.xds.model.ParseOptions;
import io.heddle.xds.model.Parsed;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/**
 * What has been found out about one resource while it is read.
 *
 * <p>Readers note an error and go on with a harmless value, so that all errors come out at once;
 * the record made on the way is thrown away if there was any. Owned by the thread that reads.
 */
final class Findings {

  /** How many errors and how many warnings a resource lists at most. */
  static final int MOST = 100;

  static final String TYPE_PREFIX = "type.googleapis.com/";
  private static final String XDSTP = "xdstp:";
  static final String UNSUPPORTED = "nothing, as this is not supported";

  private final String resource;
  private final ParseOptions options;
  private final boolean guarded;
  private final List<ConfigError> errors = new ArrayList<>();
  private final List<ConfigWarning> warnings = new ArrayList<>();
  private final Set<String> maps = new HashSet<>();
  private int unknownFields;

  Findings(String resource, ParseOptions options) {
    this(resource, options, false);
  }

  /** {@code guarded} says that every field has been looked at before it was encoded. */
  Findings(String resource, ParseOptions options, boolean guarded) {
    this.resource = resource;
    this.options = options;
    this.guarded = guarded;
  }

  void error(Path path, String offending, String expected) {
    if (errors.size() < MOST) {
      errors.add(new ConfigError(resource, path.toString(), offending, expected));
    }
  }

  /** The value is valid in Envoy, and not supported here. */
  void refuse(Path path, String offending) {
    error(path, offending, UNSUPPORTED);
  }

  /** The field is accepted and changes nothing here. */
  void noOp(Path path) {
    warn(path, false);
  }

  /** The field is accepted, and what it asks for is not done. */
  void missed(Path path) {
    warn(path, true);
  }

  private void warn(Path path, boolean missed) {
    if (warnings.size() < MOST) {
      warnings.add(new ConfigWarning(resource, path.toString(), missed));
    }
  }

  /** A field that the schema does not know. */
  void unknown(Path path) {
    unknownFields++;
    if (options.rejectUnknownFields()) {
      error(path, "an unknown field", "a field of the message");
    }
  }

  /** Notes that a map field of this name is set somewhere in the resource. */
  void sawMap(String name) {
    maps.add(name);
  }

  /**
   * A map field, empty without a look at it where no field of that name is set: even asking how
   * many entries an absent map has makes protobuf initialise the descriptors of a hundred files.
   */
  <V> Map<String, V> map(String name, Supplier<Map<String, V>> getter) {
    return maps.contains(name) ? getter.get() : Map.of();
  }

  boolean failed() {
    return !errors.isEmpty();
  }

  <T> Parsed<T> conclude(T value) {
    return conclude(value, UnaryOperator.identity());
  }

  <T> Parsed<T> conclude(T value, UnaryOperator<ConfigError> locate) {
    return failed()
        ? new Parsed.Refused<>(errors.stream().map(locate).toList())
        : new Parsed.Ok<>(value, warnings, unknownFields);
  }

  <T> Parsed<T> refused(UnaryOperator<ConfigError> locate) {
    return new Parsed.Refused<>(errors.stream().map(locate).toList());
  }

  /** Guards and parses a message that the engine itself understands. */
  <M extends Message> Optional<M> unpack(Any any, String typeName, Parser<M> parser, Path path) {
    if (!guarded) {
      WireGuard.check(any.getValue(), Schema.claimed(typeName), path, this);
    }
    try {
      return Optional.of(parser.parseFrom(any.getValue()));
    } catch (InvalidProtocolBufferException e) {
      error(path, "bytes that are not a message", "a " + typeName);
      return Optional.empty();
    }
  }

  /** Looks at every field of a value of a map, which the guard of the whole has passed by. */
  void guard(Message message, String typeName, Path path) {
    if (!guarded) {
      WireGuard.check(message.toByteString(), Schema.claimed(typeName), path, this);
    }
  }

  /** The time, or {@code absent} where the field is not set. */
  Duration duration(boolean set, com.google.protobuf.Duration value, Duration absent, Path path) {
    if (!set) {
      return absent;
    }
    // A hundred years are enough for a timeout, and keep nanoseconds within a long.
    if (value.getSeconds() < 0
        || value.getSeconds() > 3_155_760_000L
        || value.getNanos() < 0
        || value.getNanos() > 999_999_999) {
      error(
          path,
          value.getSeconds() + " s and " + value.getNanos() + " ns",
          "a duration from 0 s to 100 years");
      return absent;
    }
    return Duration.ofSeconds(value.getSeconds(), value.getNanos());
  }

  /** The same for a time that must not be zero. */
  Duration positive(boolean set, com.google.protobuf.Duration value, Duration absent, Path path) {
    Duration read = duration(set, value, absent, path);
    if (read.isZero() && set) {
      error(path, "0s", "a duration above zero");
      return absent;
    }
    return read;
  }

  /** An unsigned 32-bit number within bounds, or {@code absent} where the field is not set. */
  int bounded(boolean set, int value, int absent, int least, int most, Path path) {
    if (!set) {
      return absent;
    }
    long unsigned = Integer.toUnsignedLong(value);
    if (unsigned < least || unsigned > most) {
      error(path, Long.toString(unsigned), least + " to " + most);
      return absent;
    }
    return (int) unsigned;
  }

  /** A string that must be there. */
  String required(String value, Path path) {
    if (value.isEmpty()) {
      error(path, "an empty string", "a non-empty string");
    }
    return value;
  }

  /** The name of something to be fetched. */
  String fetched(String name, Path path) {
    if (name.startsWith(XDSTP)) {
      error(path, name, "a plain name, as xdstp names are not supported");
    }
    return name;
  }
}
